"""Labels of datasets: documents with the label's name as key; that a dataset has a label is a document of its own, `DATASET/LABEL`."""

from adapters.base import Plan
from adapters.phoenix.quirks.ids import NodeOnly, NodeOrName
from adapters.phoenix.quirks.located import Steps, dataset_id, document, optional, said
from adapters.scope import Scope
from schemas.document import DocumentPatch, NewDocument
from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.json import JsonObject
from schemas.operations import Call, Op, UpdateDocumentArgs

LABEL = "dataset_label"
USE = "dataset_label_use"
_DATASET, _LABEL = NodeOrName(Kind.DATASET), NodeOnly(Kind.LABEL)


def read_prefix(given: JsonObject, scope: Scope) -> JsonObject:
    """The beginning of the keys of a dataset's labels."""
    return {"prefix": f"{_DATASET.decode(given['dataset_identifier'], scope)}/"}


def read_dataset(given: JsonObject, scope: Scope) -> JsonObject:
    """The same as a key."""
    return {"key": read_prefix(given, scope)["prefix"]}


def read_use(given: JsonObject, scope: Scope) -> JsonObject:
    """The key of one label of a dataset."""
    label = _LABEL.decode(given["label_id"], scope)
    return {"key": f"{read_prefix(given, scope)['prefix']}{label}"}


def changing(call: Call, scope: Scope) -> Plan:
    """Changes a label; nothing to change is an error here."""
    assert isinstance(call.args, UpdateDocumentArgs)
    assert isinstance(call.body, DocumentPatch)
    if call.args.rename is None and not call.body.body:
        raise CrosswalkError(Code.INVALID_REQUEST, "Nothing to change.", Reason.NOTHING_TO_CHANGE, Kind.LABEL)
    return (yield from document(call, Kind.LABEL))


def deleting(call: Call, scope: Scope) -> Plan:
    """Deletes a label, and takes it from every dataset."""
    known = yield from document(call.then(Op.GET_DOCUMENT, kind=LABEL, key=said(call, "key")), Kind.LABEL)
    where = {"field": "body.label", "operator": "eq", "value": known["id"]}
    for use in (yield call.then(Op.LIST_DOCUMENTS, kind=USE, where=where))["items"]:
        yield call.then(Op.DELETE_DOCUMENT, kind=USE, key=use["key"])
    return (yield from document(call, Kind.LABEL))


def of_dataset(call: Call, scope: Scope) -> Plan:
    """The labels of a dataset, newest first."""
    reference, _ = _parts(said(call, "prefix"))
    return (yield from _listed(call, (yield from dataset_id(call, reference, scope))))


def applying(call: Call, scope: Scope) -> Plan:
    """Gives a dataset a label, which it may have already; the label is answered."""
    dataset, label = yield from _located(call, scope)
    known = yield from document(call.then(Op.GET_DOCUMENT, kind=LABEL, key=label), Kind.LABEL)
    yield _use(call, dataset, label)
    return known


def removing(call: Call, scope: Scope) -> Plan:
    """Takes a label from a dataset, whether or not it has it."""
    dataset, label = yield from _located(call, scope)
    yield from optional(call.then(Op.DELETE_DOCUMENT, kind=USE, key=f"{dataset}/{label}"))
    return {}


def setting(call: Call, scope: Scope) -> Plan:
    """Gives a dataset these labels and no others. Raises NOT_FOUND before anything changes when one is none."""
    assert isinstance(call.body, NewDocument)
    reference, _ = _parts(said(call, "key"))
    dataset = yield from dataset_id(call, reference, scope)
    wanted = list(dict.fromkeys(call.body.body.get("labels", ())))
    known = {label["id"] for label in (yield call.then(Op.LIST_DOCUMENTS, kind=LABEL))["items"]}
    if not known.issuperset(wanted):
        raise CrosswalkError(Code.NOT_FOUND, "One or more dataset labels not found")
    present = {use["body"]["label"] for use in (yield from _uses(call, dataset))}
    for label in present.difference(wanted):
        yield from optional(call.then(Op.DELETE_DOCUMENT, kind=USE, key=f"{dataset}/{label}"))
    for label in wanted:
        yield _use(call, dataset, label)
    return (yield from _listed(call, dataset))


def deleting_dataset(call: Call, scope: Scope) -> Plan:
    """Deletes a dataset, and what says which labels it has."""
    reply = yield call
    prefix = f"{said(call, 'dataset_id')}/"
    for use in (yield call.then(Op.LIST_DOCUMENTS, kind=USE, prefix=prefix))["items"]:
        yield from optional(call.then(Op.DELETE_DOCUMENT, kind=USE, key=use["key"]))
    return reply


def _parts(key: str) -> tuple[str, str]:
    dataset, _, label = key.rpartition("/")
    return dataset, label


def _located(call: Call, scope: Scope) -> Steps:
    reference, label = _parts(said(call, "key"))
    return (yield from dataset_id(call, reference, scope)), label


def _use(call: Call, dataset: str, label: str) -> Call:
    body = NewDocument(body={"dataset": dataset, "label": label})
    return call.then(Op.PUT_DOCUMENT, body, kind=USE, key=f"{dataset}/{label}", version=1)


def _uses(call: Call, dataset: str) -> Steps:
    yield call.then(Op.GET_DATASET, dataset_id=dataset)
    return (yield call.then(Op.LIST_DOCUMENTS, kind=USE, prefix=f"{dataset}/"))["items"]


def _listed(call: Call, dataset: str) -> Steps:
    wanted = {use["body"]["label"] for use in (yield from _uses(call, dataset))}
    labels = (yield call.then(Op.LIST_DOCUMENTS, kind=LABEL))["items"] if wanted else []
    return {"items": [label for label in labels if label["id"] in wanted], "next_cursor": None}
