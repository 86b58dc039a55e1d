"""Datasets by the vendor's calls: their cases are read through a snapshot, the only typed way (reference section 7.3)."""

from collections.abc import Generator
from typing import Any

from adapters.base import Plan
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.dataset import NewVersion
from schemas.errors import Code, CrosswalkError
from schemas.json import Json, JsonObject
from schemas.operations import Call, Caller, DatasetArgs, ListExamplesArgs, Op

Steps = Generator[Call, Any, Any]


def create(call: Call, scope: Scope) -> Plan:
    """The dataset with the version that holds what it was made with."""
    made = yield call
    version = yield from snapshot(call, made["id"])
    count = len(getattr(call.body, "examples", ()))
    return {**made, "version_id": version, "example_count": made.get("example_count") or count}


def snapshot(call: Call, dataset_id: str, scope: Scope | None = None) -> Generator[Call, Any, str]:
    """The id of a version of the cases as they are; where none may be taken, of the last one, which is noted; "" without any."""
    try:
        taken = yield call.then(Op.CREATE_DATASET_VERSION, NewVersion(), dataset_id=dataset_id)
    except CrosswalkError as error:
        if error.code is not Code.FORBIDDEN:
            raise
        if scope is not None:
            scope.note(Fate.COERCED, "", "items", "as of the last snapshot: this key may not take one of the cases as they are")
        page = yield call.then(Op.LIST_DATASET_VERSIONS, dataset_id=dataset_id)
        return str(page["items"][0]["id"]) if page["items"] else ""
    return str(taken["id"])


def examples(call: Call, scope: Scope) -> Plan:
    """The cases of a version, by default of the dataset as it is now."""
    args = call.args
    assert isinstance(args, ListExamplesArgs)
    version = args.version_id or (yield from snapshot(call, args.dataset_id, scope))
    page: JsonObject = yield call.then(call.op, **{**args.model_dump(exclude_unset=True), "version_id": version})
    items = [{**item, "dataset_id": args.dataset_id, "position": place} for place, item in enumerate(page["items"])]
    return {"items": items, "next_cursor": None}


def add(call: Call, scope: Scope) -> Plan:
    """The ids of what was added, which the answer need not tell: the last cases are the new ones."""
    args = call.args
    assert isinstance(args, DatasetArgs)
    added = yield call
    version = yield from snapshot(call, args.dataset_id)
    count = len(getattr(call.body, "examples", ()))
    if len(added["ids"]) != count:
        page = yield call.then(Op.LIST_EXAMPLES, dataset_id=args.dataset_id, version_id=version)
        added = {"ids": [item["id"] for item in page["items"][-count:]] if count else []}
    return {**added, "version_id": version}


def restore(call: Call, scope: Scope) -> Plan:
    """The version that was brought back."""
    yield call
    reply = yield call.then(Op.GET_DATASET_VERSION, **call.args.model_dump(exclude_unset=True))
    return reply


def cases_of(dataset_id: str, version_id: Json, caller: Caller) -> Call:
    """The call for the cases an experiment was made of."""
    said = {"dataset_id": dataset_id, **({"version_id": version_id} if version_id else {})}
    return Call(Op.LIST_EXAMPLES, ListExamplesArgs.model_validate(said), None, caller)
