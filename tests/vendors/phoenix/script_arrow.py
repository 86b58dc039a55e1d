"""The client inside arize-phoenix 11.38.0 uploads tables; prints what it has of them afterwards. Arguments: the server's URL, a suffix for names."""

import json
import sys
import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd
from phoenix import Client

warnings.simplefilter("ignore")


def table(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["question", "count", "share", "right", "context", "messages", "answer", "source", "unused"])


FIRST = table(
    ("Capital of France?", 1, 0.5, True, {"page": 1, "of": None}, [{"role": "user"}], "Paris", "atlas", pd.Timestamp("2026-01-01")),
    ("Ünïcode \U0001f600?", 2**53 + 1, None, False, {"page": 2, "of": "x"}, [], None, "", pd.Timestamp("2026-01-02")),
)
SECOND = table(("And Japan?", 3, 1e300, True, {"page": 3, "of": "y"}, [], "Tokyo", "atlas", None))
KEYS = {
    "input_keys": ["question", "count", "share", "right", "context", "messages"],
    "output_keys": ["answer"],
    "metadata_keys": ["source"],
}


def held(dataset: Any) -> list[Any]:
    """The examples without their ids, in order of their questions."""
    examples = [[dict(example.input), dict(example.output), dict(example.metadata)] for example in dataset.examples.values()]
    return sorted(examples, key=lambda example: str(example[0]["question"]))


def plain(frozen: Any) -> Any:
    """The client's own frozen lists and mappings, for JSON."""
    return dict(frozen) if isinstance(frozen, Mapping) else list(frozen)


def main(url: str, suffix: str) -> None:
    client, name = Client(endpoint=url, warn_if_server_not_running=False), f"tables {suffix}"
    made = client.upload_dataset(dataset_name=name, dataframe=FIRST, dataset_description="first", **KEYS)
    filtered = pd.concat([SECOND, SECOND])[1:].set_index(pd.Index(["an index of its own"]))
    grown = client.append_to_dataset(dataset_name=name, dataframe=filtered, **KEYS)
    read = client.get_dataset(name=name)
    print(
        json.dumps(
            {
                "made": held(made),
                "grown": held(grown),
                "read": held(read),
                "one dataset": made.id == grown.id == read.id,
                "versions": len(client.get_dataset_versions(made.id)),
                "again": refused(client, name),
            },
            default=plain,
        )
    )


def refused(client: Client, name: str) -> str:
    try:
        client.upload_dataset(dataset_name=name, dataframe=FIRST, **KEYS)
    except Exception as error:
        return type(error).__name__
    return ""


main(*sys.argv[1:])
