"""Runs inside the Phoenix client's environment: `scenario_library.py URL sync|async SUFFIX`.

What a user does around experiments: datasets from files and tables, projects, prompts. Prints one JSON object with what the client returned,
and the names of every public method that the client has for these.
"""

import asyncio
import json
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pandas as pd
from phoenix.client import AsyncClient, Client
from phoenix.client.resources.datasets import Dataset
from phoenix.client.types import PromptVersion
from scenario import Values, refused, settled

FACTS = "\n".join(
    (
        "question,answer,place,split,id",
        '"1, or 2?",one,0,train,first',
        '2?,"two ""2""",1,"[""train"", ""hard""]",second',
        "3?,,2,,third",
    )
)
MESSAGES = [{"role": "system", "content": "You greet in {{language}}."}, {"role": "user", "content": "Greet {{name}}, ü!"}]


def version(**more: Any) -> PromptVersion:
    """A version of the prompt."""
    return PromptVersion(MESSAGES, **{"model_name": "gpt-4o-mini", "description": "as first said", **more})


def shown(prompt: PromptVersion) -> Values:
    """A version as its user sees it."""
    formatted = prompt.format(variables={"name": "Ada", "language": "French"})
    return {"id": prompt.id, "messages": list(formatted.messages), "parameters": dict(formatted.kwargs)}


class Library:
    """The steps share one client."""

    def __init__(self, client: Any, suffix: str) -> None:
        self.client = client
        self.datasets = client.datasets
        self.projects = client.projects
        self.prompts = client.prompts
        self.suffix = suffix

    async def files(self) -> Values:
        """A CSV file makes a dataset with ids and splits; the same file again changes nothing; more rows are appended."""
        name, path = f"from a file {self.suffix}", Path("facts.csv")
        path.write_text(FACTS, encoding="utf-8")
        keys = {
            "input_keys": ["question"],
            "output_keys": ["answer"],
            "metadata_keys": ["place"],
            "split_key": "split",
            "example_id_key": "id",
        }
        made = await settled(self.datasets.create_dataset(name=name, csv_file_path=path, dataset_description="three facts", **keys))
        seen: Values = {"made": made.to_dict()}
        seen["hard"] = (await settled(self.datasets.get_dataset(dataset=name, splits=["hard"]))).to_dict()
        same = await settled(self.datasets.create_dataset(name=name, csv_file_path=path, **keys))
        seen["same_version"] = same.version_id == made.version_id
        path.write_text("question,answer,place,split,id\n4?,four,3,test,fourth\n", encoding="utf-8")
        grown = await settled(self.datasets.add_examples_to_dataset(dataset=made, csv_file_path=path, **keys))
        seen["grown"] = grown.to_dict()
        seen["versions"] = len(await settled(self.datasets.get_dataset_versions(dataset=made, limit=1)))
        seen["unknown_key"] = await refused(lambda: self.datasets.create_dataset(name=name, csv_file_path=path, input_keys=["nope"]))
        return seen

    async def tables(self) -> Values:
        """A DataFrame makes a dataset, which can be had as one again."""
        name = f"from a table {self.suffix}"
        table = pd.DataFrame({"question": ["1?", "2?"], "answer": ["one", None], "weight": [0.5, 2.0]})
        keys = {"input_keys": ["question"], "output_keys": ["answer"], "metadata_keys": ["weight"]}
        made = await settled(self.datasets.create_dataset(name=name, dataframe=table, **keys))
        more = pd.DataFrame({"question": ["3?"], "answer": ["three"], "weight": [1.0]})
        grown = await settled(self.datasets.add_examples_to_dataset(dataset=name, dataframe=more, **keys))
        back = Dataset.from_dict(grown.to_dict())
        return {
            "made": made.to_dict(),
            "frame": grown.to_dataframe().reset_index().to_dict("records"),
            "back": back.to_dict() == grown.to_dict(),
        }

    async def projects_(self) -> Values:
        """A project is made, found, changed and deleted."""
        name = f"project {self.suffix}"
        made = await settled(self.projects.create(name=name, description="for spans"))
        seen: Values = {"made": made}
        seen["by_id"] = await settled(self.projects.get(project_id=made["id"]))
        seen["changed"] = await settled(self.projects.update(project_name=name, description="changed"))
        seen["found"] = await settled(self.projects.list(name_contains=name.upper()))
        seen["listed"] = [project for project in await settled(self.projects.list()) if project["name"] in (name, "default")]
        seen["deleted"] = await refused(lambda: self.projects.delete(project_id=made["id"]))
        seen["gone"] = await refused(lambda: self.projects.get(project_name=name))
        seen["default"] = await refused(lambda: self.projects.delete(project_name="default"))
        return seen

    async def prompts_(self) -> Values:
        """A prompt gets versions and tags, and is read by name, tag and version."""
        name = f"greet-{self.suffix}"
        first = await settled(self.prompts.create(version=version(), name=name, prompt_description="greets", prompt_metadata={"team": "a"}))
        second = await settled(self.prompts.create(version=version(model_name="gpt-4o", description=None), name=name))
        tags = self.prompts.tags
        await settled(tags.create(prompt_version_id=first.id, name="production", description="live"))
        await settled(tags.create(prompt_version_id=first.id, name="old"))
        seen: Values = {"first": shown(first), "second": shown(second)}
        seen["latest"] = shown(await settled(self.prompts.get(prompt_identifier=name)))
        seen["tagged"] = shown(await settled(self.prompts.get(prompt_identifier=name, tag="production")))
        seen["by_id"] = shown(await settled(self.prompts.get(prompt_version_id=first.id)))
        listed = await settled(tags.list(prompt_version_id=first.id))
        seen["tags"] = sorted(([tag["name"], tag.get("description")] for tag in listed), key=str)
        await settled(tags.create(prompt_version_id=second.id, name="production"))
        seen["moved"] = shown(await settled(self.prompts.get(prompt_identifier=name, tag="production")))
        seen["changed"] = await settled(self.prompts.update(prompt_identifier=name, prompt_description=None, prompt_metadata={"team": "b"}))
        seen["deleted"] = await refused(lambda: self.prompts.delete(prompt_identifier=name))
        seen["gone"] = await refused(lambda: self.prompts.get(prompt_identifier=name))
        return seen

    async def addresses(self) -> Values:
        """Where the web interface would show an experiment: made by the client alone."""
        experiments = self.client.experiments
        whole = experiments.get_dataset_experiments_url("DATASET")
        one = experiments.get_experiment_url("DATASET", "EXPERIMENT")
        return {"dataset": whole.partition("/datasets")[2], "experiment": one.partition("/datasets")[2]}

    async def methods(self) -> Values:
        """Every public method of what is used here and in `scenario.py`."""
        resources = {name: getattr(self.client, name) for name in ("datasets", "experiments", "projects", "prompts")}
        resources["prompts.tags"] = self.prompts.tags
        return {
            name: sorted(word for word in dir(resource) if not word.startswith("_") and callable(getattr(resource, word)))
            for name, resource in resources.items()
        }


STEPS: tuple[Callable[[Library], Awaitable[Any]], ...] = (
    Library.files,
    Library.tables,
    Library.projects_,
    Library.prompts_,
    Library.addresses,
    Library.methods,
)


async def main(url: str, mode: str, suffix: str) -> None:
    logging.disable(logging.ERROR)
    library = Library(AsyncClient(base_url=url) if mode == "async" else Client(base_url=url), suffix)
    print(json.dumps({step.__name__.rstrip("_"): await step(library) for step in STEPS}, default=str))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
