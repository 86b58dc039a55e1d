"""Looking for what a write made although no answer told of it: among the target's newest records of the kind, by what was said of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.remote.recipes.base import Step, equal
from schemas.dataset import NewDataset, NewExamples, UploadMode
from schemas.json import Json, JsonObject
from schemas.json_values import same
from schemas.operations import Call, CreateDatasetArgs, Op

NEWEST = 50
"""Records that are looked through: what has just been made is among the newest."""

Looking = Generator[Step, Any, Json]

_ROUGHLY = timedelta(seconds=2)
"""Times may be told in whole seconds, ours of the target's clock as well."""


@dataclass(frozen=True)
class Trace:
    """What is known of a write without an answer: the `call`, and when it had `begun`. `ahead` is by how much the target's clock is ahead of ours.

    `made` are records whose makers were told of them: they are nobody else's.
    """

    call: Call
    begun: datetime
    ahead: Callable[[], timedelta]
    made: Collection[str]

    def new(self, item: JsonObject) -> bool:
        """Whether a record can be what was made: told to nobody yet, and not older."""
        created = item.get("created_at")
        return item.get("id") not in self.made and created is not None and created >= self.begun + self.ahead() - _ROUGHLY

    def said(self, name: str) -> Json:
        """A field of what was said; None when it was not."""
        return getattr(self.call.body, name, None) if self.call.body is not None else None

    def agrees(self, item: JsonObject, *names: str) -> bool:
        """Whether a record has what was said of these fields."""
        told = self.call.body.model_fields_set if self.call.body is not None else ()
        return all(same(_plain(item.get(name)), _plain(self.said(name))) for name in names if name in told and self.said(name) is not None)


def look(trace: Trace) -> Looking:
    """The canonical reply that the write would have had; None when nothing shows beyond doubt what it made.

    Raises CrosswalkError where the target cannot be asked.
    """
    found = yield from FINDERS[trace.call.op](trace)
    return found


def _only(items: list[JsonObject]) -> JsonObject | None:
    """The one record that fits: of two, nobody knows which."""
    return items[0] if len(items) == 1 else None


def _newest(op: Op, trace: Trace, **args: Any) -> Generator[Step, Any, list[JsonObject]]:
    page = yield trace.call.then(op, **args)
    items: list[JsonObject] = page["items"]
    return items


def _dataset(trace: Trace) -> Looking:
    args, body = trace.call.args, trace.call.body
    assert isinstance(args, CreateDatasetArgs)
    assert isinstance(body, NewDataset)
    items = yield from _newest(Op.LIST_DATASETS, trace, limit=NEWEST)
    named = [item for item in items if item.get("name") == body.name]
    fresh = _only([item for item in named if trace.new(item) and item.get("example_count") in (None, len(body.examples))])
    if fresh is not None or args.mode in (UploadMode.NEW, UploadMode.CREATE) or not named:
        return fresh
    return (yield from _uploaded(trace, named[0]["id"], body, whole=args.mode is UploadMode.REPLACE))


def _uploaded(trace: Trace, dataset_id: str, body: NewDataset, *, whole: bool) -> Looking:
    """A dataset that was there before: its newest version was made just now, and holds what was sent."""
    versions = yield from _newest(Op.LIST_DATASET_VERSIONS, trace, dataset_id=dataset_id, limit=2)
    if _only([version for version in versions if trace.new(version)]) is None:
        return None
    examples = yield from _newest(Op.LIST_EXAMPLES, trace, dataset_id=dataset_id)
    last = examples if whole else examples[len(examples) - len(body.examples) :]
    if not equal(last, body.examples):
        return None
    return {"id": dataset_id, "version_id": versions[0]["id"]}


def _examples(trace: Trace) -> Looking:
    """The last rows, as many as were sent: they are newer than the question and hold what was sent."""
    body = trace.call.body
    assert isinstance(body, NewExamples)
    items = yield from _newest(Op.LIST_EXAMPLES, trace, dataset_id=getattr(trace.call.args, "dataset_id", ""))
    last = items[len(items) - len(body.examples) :]
    if not last or not all(trace.new(item) for item in last) or not equal(last, body.examples):
        return None
    return {"ids": [item["id"] for item in last], "version_id": None}


def _version(trace: Trace) -> Looking:
    items = yield from _newest(Op.LIST_DATASET_VERSIONS, trace, dataset_id=getattr(trace.call.args, "dataset_id", ""), limit=2)
    return _only([item for item in items if trace.new(item) and trace.agrees(item, "label", "description")])


def _experiment(trace: Trace) -> Looking:
    dataset = trace.said("dataset_id")
    narrowed = {"dataset_id": dataset} if dataset else {}
    items = yield from _newest(Op.LIST_EXPERIMENTS, trace, flat=True, limit=NEWEST, **narrowed)
    return _only([item for item in items if trace.new(item) and trace.agrees(item, "name", "dataset_id", "repetitions")])


def _run(trace: Trace) -> Looking:
    """The run of this example and repetition, of which there is one at most: it is ours when it says what was said."""
    items = yield from _newest(
        Op.LIST_RUNS, trace, experiment_id=getattr(trace.call.args, "experiment_id", ""), scores=False, waiting=False
    )
    place = [
        item
        for item in items
        if item.get("example_id") == trace.said("example_id") and item.get("repetition", 1) == (trace.said("repetition") or 1)
    ]
    found = _only(place)
    agrees = found is not None and same(found.get("output"), trace.said("output")) and found.get("error") == trace.said("error")
    return found if agrees else None


def _score(trace: Trace) -> Looking:
    """The score of this run by this evaluator, of which there is one at most: it is ours when it says what was said."""
    run, experiment = getattr(trace.call.args, "run_id", ""), getattr(trace.call.args, "experiment_id", None)
    within = {"experiment_id": experiment} if experiment else {}
    items = yield from _newest(Op.LIST_SCORES, trace, run_id=run, **within)
    found = _only([item for item in items if item.get("evaluator") == trace.said("evaluator")])
    return found if found is not None and trace.agrees(found, "value", "label", "explanation", "error") else None


def _evaluator(trace: Trace) -> Looking:
    items = yield from _newest(Op.LIST_EVALUATORS, trace, limit=NEWEST)
    return _only([item for item in items if trace.new(item) and trace.agrees(item, "name", "slug")])


def _prompt(trace: Trace) -> Looking:
    items = yield from _newest(Op.LIST_PROMPTS, trace, limit=NEWEST)
    return _only([item for item in items if trace.new(item) and trace.agrees(item, "name", "slug")])


def _project(trace: Trace) -> Looking:
    items = yield from _newest(Op.LIST_PROJECTS, trace, limit=NEWEST)
    return _only([item for item in items if trace.new(item) and trace.agrees(item, "name", "slug")])


def _tag(trace: Trace) -> Looking:
    items = yield from _newest(Op.LIST_TAGS, trace, experiment_id=getattr(trace.call.args, "experiment_id", ""))
    return _only([item for item in items if trace.agrees(item, "name")])


FINDERS: Mapping[Op, Callable[[Trace], Looking]] = {
    Op.CREATE_DATASET: _dataset,
    Op.ADD_EXAMPLES: _examples,
    Op.CREATE_DATASET_VERSION: _version,
    Op.CREATE_EXPERIMENT: _experiment,
    Op.ADD_RUN: _run,
    Op.PUT_SCORE: _score,
    Op.CREATE_EVALUATOR: _evaluator,
    Op.CREATE_PROMPT: _prompt,
    Op.CREATE_PROJECT: _project,
    Op.SET_TAG: _tag,
}
"""How what an operation makes is found. What is not here cannot be told from what was there before: its outcome stays unknown."""


def names(reply: Json) -> list[str]:
    """The ids of what a create made, as its reply tells them."""
    if not isinstance(reply, dict):
        return []
    return [*(reply[name] for name in ("id", "version_id") if reply.get(name)), *(reply.get("ids") or ())]


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else getattr(value, "value", value)
