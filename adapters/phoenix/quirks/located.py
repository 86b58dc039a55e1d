"""Records found by name, and documents that answer under the name of what they are."""

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from adapters.base import Plan
from adapters.scope import Scope
from schemas.errors import CrosswalkError, Reason, unknown
from schemas.ids import Kind
from schemas.operations import Call, Op

Steps = Generator[Call, Any, Any]
_CRASHED, _PAGE = 500, 100


def said(call: Call, name: str) -> str:
    """An argument of the call, "" where it has none of that name."""
    return str(getattr(call.args, name, None) or "")


def dataset_id(call: Call, reference: str, scope: Scope) -> Steps:
    """The id of a dataset given by id or by name, newest first. Raises NOT_FOUND for a name that no dataset has."""
    if scope.ids.parse(reference) is not None:
        return reference
    page = yield call.then(Op.LIST_DATASETS, name=reference, limit=1)
    if not page["items"]:
        raise unknown(Kind.DATASET, reference)
    return page["items"][0]["id"]


def read_dataset(call: Call, scope: Scope) -> Plan:
    """A dataset and its latest version. One without examples is found on the list: the server crashes when asked for it (500, seen with 20.26.1)."""
    try:
        found = yield call
    except CrosswalkError as error:
        if error.vendor_status != _CRASHED:
            raise
        found = yield from _listed(call, error)
    if found.get("version_id"):
        return found
    page = yield call.then(Op.LIST_DATASET_VERSIONS, dataset_id=found["id"], limit=1)
    return {**found, "version_id": page["items"][0]["id"] if page["items"] else ""}


def _listed(call: Call, error: CrosswalkError) -> Steps:
    wanted = getattr(call.args, "dataset_id", "")
    cursor: dict[str, Any] = {}
    while True:
        page = yield call.then(Op.LIST_DATASETS, limit=_PAGE, **cursor)
        for dataset in page["items"]:
            if dataset["id"] == wanted:
                return dataset
        if page.get("next_cursor") is None:
            raise error
        cursor = {"cursor": page["next_cursor"]}


def in_dataset(call: Call, scope: Scope) -> Plan:
    """The call about a dataset that may be given by its name."""
    known = yield from dataset_id(call, said(call, "dataset_id"), scope)
    return (yield replace(call, args=call.args.model_copy(update={"dataset_id": known})))


def about(kind: Kind) -> Callable[[Call, Scope], Plan]:
    """The call about a document; what goes wrong with it is said of a record of this kind."""

    def plan(call: Call, scope: Scope) -> Plan:
        return (yield from document(call, kind))

    return plan


def document(call: Call, kind: Kind) -> Steps:
    """The reply to a call about a document, whose errors name `kind`."""
    try:
        return (yield call)
    except CrosswalkError as error:
        if error.kind is Kind.DOCUMENT:
            error.kind = kind
        raise


def optional(call: Call) -> Steps:
    """The reply; None when there is no such record."""
    try:
        return (yield call)
    except CrosswalkError as error:
        if error.reason is not Reason.UNKNOWN_RECORD:
            raise
        return None
