"""Examples: two ids, the span they were taken from, and the parallel lists an upload is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import repeat

from adapters.codecs import Wrapped
from adapters.mapping import ABSENT, Codec, says_something
from adapters.notes import Fate
from adapters.phoenix.quirks.ids import NodeId
from adapters.scope import Scope
from schemas.ids import Kind
from schemas.json import Json, JsonObject

COLUMNS = ("inputs", "outputs", "metadata", "splits", "span_ids", "example_ids")
_FIELDS = {
    "inputs": "input",
    "outputs": "reference",
    "metadata": "metadata",
    "splits": "splits",
    "span_ids": "source",
    "example_ids": "alias",
}
NODE_ID = NodeId(Kind.EXAMPLE)
_INPUT, _OUTPUT = Wrapped("input"), Wrapped("output")


def read_ids(given: JsonObject, scope: Scope) -> JsonObject:
    """`id` is the caller's own where it differs from `node_id`."""
    node_id = given.get("node_id", given.get("id"))
    alias = given.get("id", node_id)
    return {"id": NODE_ID.decode(node_id, scope), "alias": alias if alias != node_id else ABSENT}


def show_ids(given: JsonObject, scope: Scope) -> JsonObject:
    """The caller's own id, else the node id; and the node id."""
    if "id" not in given:
        return {}
    node_id = NODE_ID.encode(given["id"], scope)
    return {"id": given.get("alias") or node_id, "node_id": node_id}


def show_node_id(given: JsonObject, scope: Scope) -> JsonObject:
    """The node id twice, as lists of what is incomplete have it."""
    return show_ids({name: value for name, value in given.items() if name == "id"}, scope)


@dataclass(frozen=True)
class Taken:
    """The answer that lists a dataset's examples, which come all at once, oldest first."""

    composite: Codec

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        document = self.composite.decode(value["data"], scope)
        examples = document["examples"]["items"]
        return {
            "items": [{**example, "dataset_id": document["dataset_id"], "position": place} for place, example in enumerate(examples)],
            "next_cursor": None,
        }

    def encode(self, value: Json, scope: Scope) -> Json:
        return {"data": self.composite.encode(value, scope)}


def read_source(given: JsonObject, scope: Scope) -> JsonObject:
    """The span an example was made from."""
    return {"source": given["source"]}


def show_source(given: JsonObject, scope: Scope) -> JsonObject:
    """The span with both of its ids; a span that was never ingested has no node id."""
    source = given.get("source") or {}
    if not source.get("span_id"):
        return {"source": None}
    return {"source": {"span_id": source["span_id"], "span_node_id": source.get("span_node_id") or ""}}


def no_source(given: JsonObject, scope: Scope) -> JsonObject:
    """Lists of what is incomplete never show it."""
    return {"source": None}


def read_examples(given: JsonObject, scope: Scope) -> JsonObject:
    """The examples of an upload, whose fields come as lists of the same length."""
    count = len(given.get("inputs", ()))
    columns = zip(*(given.get(name) or repeat(ABSENT, count) for name in COLUMNS), strict=True)
    return {"examples": [_example(fields, scope) for fields in columns]}


def _example(fields: tuple[Json, ...], scope: Scope) -> JsonObject:
    content, output, metadata, split, span, alias = fields
    example: JsonObject = {"input": _INPUT.decode(content, scope)}
    example["reference"] = {} if output is ABSENT else _OUTPUT.decode(output, scope)
    if metadata is not ABSENT:
        example["metadata"] = metadata
    if split is not ABSENT:
        example["splits"] = [split] if isinstance(split, str) else split or []
    if span:
        example["source"] = {"span_id": span}
    if alias not in (ABSENT, None):
        example["alias"] = alias
    return example


def writer(columns: tuple[str, ...]) -> Callable[[JsonObject, Scope], JsonObject]:
    """Writes the examples of an upload into those lists that the server knows."""
    return partial(_write, columns)


def _write(known: tuple[str, ...], given: JsonObject, scope: Scope) -> JsonObject:
    """The lists of an upload; a list in which nothing was said is left out."""
    examples = given.get("examples", [])
    columns: JsonObject = {
        "inputs": [_INPUT.encode(example.get("input"), scope) for example in examples],
        "outputs": [_OUTPUT.encode(example.get("reference"), scope) for example in examples],
    }
    optional = {
        "metadata": [example.get("metadata", {}) for example in examples],
        "splits": [_split(example.get("splits", [])) for example in examples],
        "span_ids": [(example.get("source") or {}).get("span_id") for example in examples],
        "example_ids": [example.get("alias") for example in examples],
    }
    said = {name for example in examples for name, value in example.items() if says_something(name, value)}
    for name in sorted(said - {_FIELDS[column] for column in known}):
        scope.note(Fate.LOST, "", f"examples/*/{name}", "an upload has no list for it")
    if "splits" in said and "splits" in known:
        scope.note(Fate.LOST, "splits", "examples/*/splits", "lists of examples do not show them")
    columns.update({name: optional[name] for name in ("metadata", "splits") if any(name in example for example in examples)})
    columns.update({name: optional[name] for name in ("span_ids", "example_ids") if any(optional[name])})
    return {name: column for name, column in columns.items() if name in known}


def _split(names: list[str]) -> Json:
    return names if len(names) > 1 else names[0] if names else None
