"""Recipes: what the server answers from more than one thing."""

from dataclasses import replace

from adapters.base import Plan, Route
from adapters.http import Request, Response, json_response
from adapters.phoenix.quirks import located
from adapters.phoenix.quirks.values import generated_name
from adapters.phoenix.wire.datasets import UploadQuery
from adapters.scope import Scope
from schemas.dataset import NewSplit, UploadMode
from schemas.errors import Code, CrosswalkError, Reason
from schemas.experiment import ExperimentDefinition
from schemas.ids import Kind
from schemas.json import Json
from schemas.operations import Call, DatasetArgs, ListExamplesArgs, ListIncompleteScoresArgs, ListSplitsArgs, Op

SPLIT_COLOR = "#33c5e8"


def named(call: Call, scope: Scope) -> Plan:
    """Creates an experiment; one without a name is named after its dataset."""
    definition = call.body
    assert isinstance(definition, ExperimentDefinition)
    if definition.name is None and definition.dataset_id is not None:
        dataset = yield Call(Op.GET_DATASET, DatasetArgs(dataset_id=definition.dataset_id), None, call.caller)
        call = Call(call.op, call.args, definition.model_copy(update={"name": generated_name(dataset["name"])}), call.caller)
    reply = yield call
    return reply


def changing(call: Call, scope: Scope) -> Plan:
    """Changes an experiment; nothing to change is an error here."""
    assert call.body is not None
    if not call.body.model_fields_set:
        raise CrosswalkError(Code.INVALID_REQUEST, "Nothing to change.", Reason.NOTHING_TO_CHANGE, Kind.EXPERIMENT)
    reply = yield call
    return reply


def or_empty(call: Call, scope: Scope) -> Plan:
    """A page; of what does not exist it is an empty one."""
    try:
        reply = yield call
    except CrosswalkError as error:
        if error.reason is not Reason.UNKNOWN_RECORD:
            raise
        return {"items": [], "next_cursor": None}
    return reply


def examples_of_version(call: Call, scope: Scope) -> Plan:
    """The examples with the ids of dataset and version, and the names of the splits asked for."""
    args = call.args
    assert isinstance(args, ListExamplesArgs)
    version = args.version_id
    if version is None:
        dataset = yield Call(Op.GET_DATASET, DatasetArgs(dataset_id=args.dataset_id), None, call.caller)
        version = dataset["version_id"]
    page = yield Call(call.op, args.model_copy(update={"version_id": version}), None, call.caller)
    names: dict[str, str] = {}
    if args.splits:
        splits = yield Call(Op.LIST_SPLITS, ListSplitsArgs(dataset_id=args.dataset_id), None, call.caller)
        names = {split["id"]: split["name"] for split in splits["items"]}
    filtered = list(dict.fromkeys(names.get(split, split) for split in args.splits))
    return {"dataset_id": args.dataset_id, "version_id": version, "filtered_splits": filtered, "examples": {"items": page["items"]}}


def coloured(call: Call, scope: Scope) -> Plan:
    """Makes a split; one without a colour gets the server's own."""
    assert isinstance(call.body, NewSplit)
    if call.body.color is None:
        call = replace(call, body=call.body.model_copy(update={"color": SPLIT_COLOR}))
    return (yield from located.in_dataset(call, scope))


def with_names(call: Call, scope: Scope) -> Plan:
    """What is still to evaluate; the names are trimmed, and there has to be one."""
    args = call.args
    assert isinstance(args, ListIncompleteScoresArgs)
    names = list(dict.fromkeys(name.strip() for name in args.evaluators if name.strip()))
    if not names:
        raise CrosswalkError(Code.INVALID_REQUEST, "No evaluation is named.", Reason.EMPTY)
    if any("\0" in name for name in names):
        raise CrosswalkError(Code.INVALID_REQUEST, "A name holds a null byte.", Reason.VALIDATION)
    reply = yield Call(call.op, args.model_copy(update={"evaluators": names}), None, call.caller)
    return reply


def adds(call: Call) -> bool:
    """Whether an upload only adds: servers before 14.17.0 cannot make a dataset equal to what is sent."""
    return getattr(call.args, "mode", None) is not UploadMode.REPLACE


def created(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
    """A new experiment. The dataset's id comes back as it was sent, however it was spelled."""
    content = route.reply.encode(reply, scope)
    return json_response(route.ok, {"data": {**content, "dataset_id": request.path_params["dataset_id"]}})


def uploaded(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
    """What an upload did, when the client waits for it; else null."""
    waits = UploadQuery.model_validate(dict(request.query)).sync
    return json_response(route.ok, {"data": route.reply.encode(reply, scope)} if waits else None)
