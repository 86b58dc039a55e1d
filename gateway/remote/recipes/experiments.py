"""Experiments and datasets where a vendor keeps them by dataset, without inline examples, or without a route for one."""

import heapq
from collections.abc import Generator
from secrets import token_hex
from typing import Any

from gateway.keyset import bad_cursor
from gateway.local.experiments import inline
from gateway.remote.recipes.base import PAGE, Cooking, Recipe, Step, added_to, everything, open_ended
from gateway.remote.recipes.lists import listed, unsaid
from schemas.dataset import Example, NewDataset, NewExamples, UploadMode
from schemas.errors import Code, CrosswalkError, Reason, unknown
from schemas.experiment import ExperimentDefinition
from schemas.ids import Kind
from schemas.json import JsonObject
from schemas.operations import (
    Call,
    CreateDatasetArgs,
    DatasetArgs,
    ExampleArgs,
    ListDatasetsArgs,
    ListExamplesArgs,
    ListExperimentsArgs,
    ListVersionsArgs,
    Op,
    VersionArgs,
)


class _Stream:
    """The experiments of one dataset, newest first, a page at a time."""

    def __init__(self, call: Call, dataset_id: str) -> None:
        self._call, self._dataset = call, dataset_id
        self._cursor: str | None = None
        self._begun = False
        self.items: list[JsonObject] = []

    def fill(self) -> Generator[Step, Any, bool]:
        """Whether there is another one, read if need be."""
        while not self.items and not (self._begun and self._cursor is None):
            args = ListExperimentsArgs(dataset_id=self._dataset, limit=PAGE, flat=True, cursor=self._cursor)
            page = yield Call(Op.LIST_EXPERIMENTS, args, None, self._call.caller)
            self.items, self._cursor, self._begun = list(page["items"]), page.get("next_cursor"), True
        return bool(self.items)


def across_datasets(call: Call) -> Cooking:
    """Experiments of every dataset, newest first: the lists of the datasets merged, never more of each held than a page."""
    args = call.args
    assert isinstance(args, ListExperimentsArgs)
    if unsaid(call, frozenset({"limit", "cursor"})):
        return (yield from listed(call, frozenset({"limit", "cursor"})))
    datasets: list[str] = []
    yield from everything(Op.LIST_DATASETS, call.caller, lambda dataset: datasets.append(dataset["id"]))
    heap: list[tuple[_Newest, int, _Stream]] = []
    for place, dataset in enumerate(datasets):
        stream = _Stream(call, dataset)
        if (yield from stream.fill()):
            heapq.heappush(heap, (_Newest(stream.items[0]), place, stream))
    found: list[JsonObject] = []
    begun = args.cursor is None
    while heap:
        _, place, stream = heapq.heappop(heap)
        item = stream.items.pop(0)
        if (yield from stream.fill()):
            heapq.heappush(heap, (_Newest(stream.items[0]), place, stream))
        begun = begun or item["id"] == args.cursor
        if begun and args.limit is not None and len(found) == args.limit:
            return {"items": found, "next_cursor": item["id"] if args.limit else None}
        if begun:
            found.append(item)
    if not begun:
        raise bad_cursor(str(args.cursor))
    return {"items": found, "next_cursor": None}


class _Newest:
    """Orders experiments by when they were made, newest first, then by id."""

    def __init__(self, experiment: JsonObject) -> None:
        created = experiment.get("created_at")
        self._key = (created.timestamp() if created else 0.0, experiment["id"])

    def __lt__(self, other: "_Newest") -> bool:
        return self._key > other._key


def create(call: Call) -> Cooking:
    """An experiment with its examples written into it: a dataset of their own first."""
    body = call.body
    assert isinstance(body, ExperimentDefinition)
    # Vendors refuse a dataset's name twice; the experiment's own may come again.
    new = NewDataset(name=f"{body.name or 'Experiment'} · {token_hex(4)}", examples=inline(body.examples or []))
    dataset = yield Call(Op.CREATE_DATASET, CreateDatasetArgs(mode=UploadMode.CREATE), new, call.caller)
    said = body.model_dump(exclude_unset=True, exclude={"examples"})
    definition = ExperimentDefinition.model_validate({**said, "dataset_id": dataset["id"]})
    try:
        return (yield Call(call.op, call.args, definition, call.caller))
    except CrosswalkError as error:
        if not open_ended(error):
            yield from _removed(call, dataset, error)
        raise


def _removed(call: Call, dataset: JsonObject, error: CrosswalkError) -> Cooking:
    """Takes the dataset away that was made for nothing; one that cannot be is named in the error."""
    try:
        yield Call(Op.DELETE_DATASET, DatasetArgs(dataset_id=dataset["id"]), None, call.caller)
    except CrosswalkError:
        error.message = f"{error.message} Left behind at the target: the dataset {dataset['name']!r} ({dataset['id']})."


def one_example(call: Call) -> Cooking:
    """An example by itself, found on its dataset's list."""
    args = call.args
    assert isinstance(args, ExampleArgs)
    page = yield Call(Op.LIST_EXAMPLES, ListExamplesArgs(dataset_id=args.dataset_id), None, call.caller)
    for example in page["items"]:
        if args.example_id in (example["id"], example.get("alias")):
            return example
    raise unknown(Kind.EXAMPLE, args.example_id)


def one_version(call: Call) -> Cooking:
    """A version by itself, found on its dataset's list."""
    args = call.args
    assert isinstance(args, VersionArgs)
    found: list[JsonObject] = []
    yield from everything(Op.LIST_DATASET_VERSIONS, call.caller, found.append, dataset_id=args.dataset_id)
    for version in found:
        if version["id"] == args.version_id:
            return version
    raise unknown(Kind.DATASET_VERSION, args.version_id)


def create_dataset(call: Call) -> Cooking:
    """A dataset first, its examples afterwards; what to do when its name is taken is decided by looking."""
    args, body = call.args, call.body
    assert isinstance(args, CreateDatasetArgs)
    assert isinstance(body, NewDataset)
    if args.mode is not UploadMode.NEW:
        found = yield Call(Op.LIST_DATASETS, ListDatasetsArgs(name=body.name, limit=1), None, call.caller)
        if found["items"]:
            return (yield from _taken(call, args.mode, body, found["items"][0]))
    said = body.model_dump(exclude_unset=True, exclude={"examples"})
    made = yield Call(call.op, CreateDatasetArgs(), NewDataset.model_validate(said), call.caller)
    try:
        return (yield from _filled(call, made, body.examples))
    except CrosswalkError as error:
        # Half a dataset under this name would be in the way of the next try.
        yield from _removed(call, made, error)
        raise


def _taken(call: Call, mode: UploadMode, body: NewDataset, dataset: JsonObject) -> Cooking:
    """What an upload does to the dataset that has its name already."""
    if mode is UploadMode.CREATE:
        message = f"A dataset named {body.name!r} already exists."
        raise CrosswalkError(Code.CONFLICT, message, Reason.DUPLICATE, Kind.DATASET, dataset["id"])
    if mode is UploadMode.APPEND:
        return (yield from _filled(call, dataset, body.examples))
    held: list[JsonObject] = []
    yield from everything(Op.LIST_EXAMPLES, call.caller, held.append, dataset_id=dataset["id"])
    if [(item["input"], item["reference"]) for item in held] != [(item.input, item.reference) for item in body.examples]:
        raise CrosswalkError(
            Code.UNSUPPORTED, f"The dataset {body.name!r} holds other examples, and this target cannot replace them in one."
        )
    whole = yield Call(Op.GET_DATASET, DatasetArgs(dataset_id=dataset["id"]), None, call.caller)
    return {**whole, "changes": {"created": 0, "updated": 0, "deleted": 0}}


def _filled(call: Call, dataset: JsonObject, examples: list[Example]) -> Cooking:
    """The dataset with these examples added."""
    if examples:
        yield Call(Op.ADD_EXAMPLES, DatasetArgs(dataset_id=dataset["id"]), NewExamples(examples=examples), call.caller)
    whole = yield Call(Op.GET_DATASET, DatasetArgs(dataset_id=dataset["id"]), None, call.caller)
    return {**whole, "changes": {"created": len(examples), "updated": 0, "deleted": 0}}


def _singly(call: Call, body: NewExamples) -> Cooking:
    """One call for each example. What was added before one is refused stays, and the error says how many."""
    made: list[str] = []
    for example in body.examples:
        try:
            reply = yield Call(call.op, call.args, NewExamples(examples=[example]), call.caller)
        except CrosswalkError as error:
            if made:
                error.message = f"{len(made)} of {len(body.examples)} examples were added; then: {error.message}"
            raise
        made.extend(reply["ids"])
    return {"ids": made, "version_id": None}


def add_examples(call: Call, *, one_by_one: bool = False) -> Cooking:
    """Examples appended to a dataset by its name, as uploads do."""
    args, body = call.args, call.body
    assert isinstance(args, DatasetArgs)
    assert isinstance(body, NewExamples)
    if one_by_one:
        return (yield from _singly(call, body))
    before = yield Call(Op.GET_DATASET, args, None, call.caller)
    known = yield Call(Op.LIST_EXAMPLES, ListExamplesArgs(dataset_id=args.dataset_id), None, call.caller)
    new = NewDataset(name=before["name"], examples=body.examples)
    doubt: CrosswalkError | None = None
    after: JsonObject = {}
    try:
        after = yield Call(Op.CREATE_DATASET, CreateDatasetArgs(mode=UploadMode.APPEND), new, call.caller)
    except CrosswalkError as error:
        if not open_ended(error):
            raise
        doubt = error
    added = yield from added_to(call, args.dataset_id, known["items"], body.examples, doubt)
    return {"ids": [example["id"] for example in added], "version_id": after.get("version_id") or None}


def latest_version(call: Call, dataset_id: str) -> Generator[Step, Any, str]:
    """The id of a dataset's latest version, "" when it has none."""
    page = yield Call(Op.LIST_DATASET_VERSIONS, ListVersionsArgs(dataset_id=dataset_id, limit=1), None, call.caller)
    return str(page["items"][0]["id"]) if page["items"] else ""


def one_dataset(call: Call) -> Cooking:
    """A dataset by itself, found on the list."""
    args = call.args
    assert isinstance(args, DatasetArgs)
    found: list[JsonObject] = []

    def take(dataset: JsonObject) -> bool:
        if dataset["id"] == args.dataset_id:
            found.append(dataset)
        return not found

    yield from everything(Op.LIST_DATASETS, call.caller, take)
    if not found:
        raise unknown(Kind.DATASET, args.dataset_id)
    return found[0]


RECIPES: dict[Op, Recipe] = {
    Op.GET_DATASET: one_dataset,
    Op.LIST_EXPERIMENTS: across_datasets,
    Op.CREATE_EXPERIMENT: create,
    Op.GET_EXAMPLE: one_example,
    Op.GET_DATASET_VERSION: one_version,
    Op.ADD_EXAMPLES: add_examples,
    Op.CREATE_DATASET: create_dataset,
}
