"""Workflows: families of versions, kept as documents of one kind whose key is the family. Drafts are edited, committed versions stay, one is deployed.

What nobody documents: a commit takes the latest draft; a version without a name takes its family's; the family's id and a version's are told apart
everywhere, so that one in place of the other is not found.
"""

from collections.abc import Generator
from secrets import token_hex
from typing import Any

from adapters.base import Plan, Route
from adapters.http import Request, Response, json_response
from adapters.respan.quirks.asking import ask, everything, optional
from adapters.respan.quirks.errors import bad_field
from adapters.respan.quirks.pipelines import EVALUATING, KIND, flaw
from adapters.scope import Scope
from schemas.document import DocumentPatch, NewDocument
from schemas.errors import Code, CrosswalkError, Reason, unknown
from schemas.ids import Kind
from schemas.json import JsonObject
from schemas.operations import Call, DocumentArgs, DocumentsArgs, EvaluatorArgs, Op, PutDocumentArgs, UpdateDocumentArgs
from schemas.query import Condition

_Steps = Generator[Call, Any, Any]
# These belong to the family: a change shows in every version (documented).
_FAMILY = ("name", "description", "is_starred")
# Said by the server alone (documented): what a body says of them is passed over.
_OWN = frozenset({"id", "workflow_id", "version", "version_description", "is_read_only", "is_enabled", "is_public", "deployed_version"})
_EXPORTED = ("name", "description", "trigger_event_type", "schedule_cron")
_SCHEMA_VERSION = "v1"
_TASK_ID_BYTES = 8
_DEPLOYED = "workflow_deployment"
"""The kind of document that says which version of a family is deployed: one fact, so that two can never be."""
_EDITABLE = Condition(field="body.is_read_only", operator="not", value=True)
_PASSED, _FAILED, _SKIPPED = "passed", "failed", "skipped"


def create(call: Call, scope: Scope) -> Plan:
    """A new family with an editable draft."""
    assert isinstance(call.body, NewDocument)
    body = {"type": "automations", "trigger_event_type": None, **_without_nulls(call.body.body)}
    made = yield ask(call, Op.PUT_DOCUMENT, PutDocumentArgs(kind=KIND), NewDocument(body=_drafted(body)))
    return (yield from _shown(call, made))


def _without_nulls(body: JsonObject) -> JsonObject:
    return {name: value for name, value in body.items() if value is not None}


def _drafted(body: JsonObject) -> JsonObject:
    return {**_sayable(body), "tasks": linked(body.get("tasks") or []), "is_read_only": False}


def _sayable(body: JsonObject) -> JsonObject:
    return {name: value for name, value in body.items() if name not in _OWN}


def linked(tasks: list[JsonObject]) -> list[JsonObject]:
    """Tasks with ids and links: those that are missing are made, one task after the other (documented)."""
    named = [{**task, "id": task.get("id") or token_hex(_TASK_ID_BYTES)} for task in tasks]
    if len({task["id"] for task in named}) < len(named):
        raise bad_field("tasks", "Every task needs an id of its own.")
    return [{"config": {}, **task, "next": task.get("next", after)} for task, after in zip(named, _following(named), strict=True)]


def _following(tasks: list[JsonObject]) -> list[str | None]:
    return [*(task["id"] for task in tasks[1:]), None][: len(tasks)]


def _versions(call: Call, key: str | None) -> _Steps:
    """Every version of a family, newest first. Raises CrosswalkError (not_found) for what is no family's id."""
    items = yield from everything(call, Op.LIST_DOCUMENTS, DocumentsArgs(kind=KIND, key=key, versions=True))
    if not items or items[0]["key"] != key:
        raise unknown(Kind.DOCUMENT, str(key))
    return sorted(items, key=lambda item: -int(item["version"]))


def _draft(versions: list[Any]) -> Any:
    """The latest draft, None when everything is committed."""
    return next((version for version in versions if not version["body"].get("is_read_only")), None)


def _shown(call: Call, version: Any) -> _Steps:
    """A version beside the number of the one that is deployed."""
    found = yield from optional(ask(call, Op.GET_DOCUMENT, DocumentArgs(kind=_DEPLOYED, key=version["key"])))
    number = found["body"].get("version") if found else None
    return {**version, "deployed": number, "enabled": number == version["version"]}


def _changed(call: Call, version: Any, where: Condition | None = None, **fields: Any) -> Call:
    """The call that changes a version in its place, where it is as it has to be."""
    place = UpdateDocumentArgs(kind=KIND, key=version["key"], version=version["version"], where=where)
    return ask(call, Op.UPDATE_DOCUMENT, place, DocumentPatch(body=fields))


def listed(call: Call, scope: Scope) -> Plan:
    """A page of families, each by its draft, or its latest committed version where there is none (documented)."""
    page = yield call
    items = []
    for item in page["items"]:
        versions = yield from _versions(call, item["key"])
        items.append((yield from _shown(call, _draft(versions) or versions[0])))
    return {**page, "items": items}


def one(call: Call, scope: Scope) -> Plan:
    """The draft of a family, or its latest committed version."""
    assert isinstance(call.args, DocumentArgs)
    versions = yield from _versions(call, call.args.key)
    return (yield from _shown(call, _draft(versions) or versions[0]))


def shown(route: Route, request: Request, call: Call, reply: JsonObject, scope: Scope) -> Response:
    """The answer: the version, or a portable export of it, which is never enabled (documented)."""
    assert route.query is not None
    query: Any = route.query.model_validate(dict(request.query))
    if not query.is_exporting:
        return json_response(route.ok, route.reply.encode(reply, scope))
    body = reply["body"]
    portable = {name: body.get(name) for name in _EXPORTED}
    tasks = body.get("tasks") or []
    return json_response(route.ok, {"schema_version": _SCHEMA_VERSION, "workflow": {**portable, "is_enabled": False, "tasks": tasks}})


def update(call: Call, scope: Scope) -> Plan:
    """PATCH of a family: what belongs to it goes to every version, everything else to the draft."""
    assert isinstance(call.args, DocumentArgs)
    assert isinstance(call.body, DocumentPatch)
    given = _patch(call.body.body)
    family = {name: given[name] for name in _FAMILY if name in given}
    versions = yield from _versions(call, call.args.key)
    draft = _draft(versions)
    if draft is None and given.keys() - family.keys():
        raise CrosswalkError(Code.CONFLICT, "Every version of this workflow is committed: create a new draft first.", Reason.TERMINAL)
    changed = []
    for version in versions:
        mine, where = (given, _EDITABLE) if version is draft else (family, None)
        changed.append((yield _changed(call, version, where, **mine)) if mine else version)
    return (yield from _shown(call, _draft(changed) or changed[0]))


def _patch(given: JsonObject) -> JsonObject:
    said = _sayable(given)
    return {**said, "tasks": linked(said["tasks"] or [])} if "tasks" in said else said


def versions_page(call: Call, scope: Scope) -> Plan:
    """A page of a family's versions; one that nobody knows has none (documented)."""
    assert isinstance(call.args, DocumentsArgs)
    page = yield call
    if any(item["key"] != call.args.key for item in page["items"]):
        return {"items": [], "total": 0}
    items = []
    for item in page["items"]:
        items.append((yield from _shown(call, item)))  # noqa: PERF401 (a generator cannot yield in a comprehension)
    return {**page, "items": items}


def new_version(call: Call, scope: Scope) -> Plan:
    """Another draft, from what the body says; nothing that is there changes (documented)."""
    assert isinstance(call.args, DocumentArgs)
    assert isinstance(call.body, NewDocument)
    versions = yield from _versions(call, call.args.key)
    before = versions[0]["body"]
    family = {name: before.get(name) for name in (*_FAMILY, "type", "trigger_event_type")}
    body = _drafted({**family, **_without_nulls(call.body.body)})
    made = yield ask(call, Op.PUT_DOCUMENT, PutDocumentArgs(kind=KIND, key=call.args.key), NewDocument(body=body))
    return (yield from _shown(call, made))


def one_version(call: Call, scope: Scope) -> Plan:
    """One version by its number."""
    assert isinstance(call.args, DocumentArgs)
    versions = yield from _versions(call, call.args.key)
    return (yield from _shown(call, _numbered(call.args, versions)))


def _numbered(args: DocumentArgs, versions: list[Any]) -> Any:
    found = next((version for version in versions if version["version"] == args.version), None)
    if found is None:
        raise unknown(Kind.DOCUMENT, f"{args.key}/{args.version}")
    return found


def update_version(call: Call, scope: Scope) -> Plan:
    """PATCH of one version, which must be a draft. Raises CrosswalkError (forbidden) for a committed one (documented)."""
    assert isinstance(call.args, DocumentArgs)
    assert isinstance(call.body, DocumentPatch)
    versions = yield from _versions(call, call.args.key)
    version = _numbered(call.args, versions)
    if version["body"].get("is_read_only"):
        raise CrosswalkError(Code.FORBIDDEN, "This version has been committed and is read-only: create a new draft instead.")
    changed = yield _changed(call, version, _EDITABLE, **_patch(call.body.body))
    return (yield from _shown(call, changed))


def commit(call: Call, scope: Scope) -> Plan:
    """Make the latest draft read-only. Raises CrosswalkError (conflict) when there is none."""
    assert isinstance(call.args, DocumentArgs)
    assert isinstance(call.body, DocumentPatch)
    versions = yield from _versions(call, call.args.key)
    draft = _draft(versions)
    if draft is None:
        raise CrosswalkError(Code.CONFLICT, "There is no draft to commit.", Reason.TERMINAL)
    said = call.body.body.get("version_description")
    changed = yield _changed(call, draft, _EDITABLE, is_read_only=True, version_description=said)
    return (yield from _shown(call, changed))


def deploy(call: Call, scope: Scope) -> Plan:
    """Make a committed version the deployed one. What waits for events is refused: none would ever reach it here."""
    assert isinstance(call.args, DocumentArgs)
    assert isinstance(call.body, DocumentPatch)
    versions = yield from _versions(call, call.args.key)
    chosen = _deployable(call.args, call.body.body.get("version"), versions)
    if chosen["body"].get("trigger_event_type") != EVALUATING["trigger_event_type"]:
        trigger = chosen["body"].get("trigger_event_type")
        raise CrosswalkError(Code.UNSUPPORTED, f"Only eval_only workflows are run here: nothing would trigger this one ({trigger}).")
    place = PutDocumentArgs(kind=_DEPLOYED, key=chosen["key"], version=1)
    yield ask(call, Op.PUT_DOCUMENT, place, NewDocument(body={"version": chosen["version"]}))
    return (yield from _shown(call, chosen))


def _deployable(args: DocumentArgs, number: int | None, versions: list[Any]) -> Any:
    if number is not None:
        found = _numbered(args.model_copy(update={"version": number}), versions)
        if not found["body"].get("is_read_only"):
            raise bad_field("version", "Only a committed version can be deployed.", number)
        return found
    latest = next((version for version in versions if version["body"].get("is_read_only")), None)
    if latest is None:
        raise bad_field("version", "There is no committed version to deploy.")
    return latest


def undeploy(call: Call, scope: Scope) -> Plan:
    """Deploy nothing; without a deployment this changes nothing (documented)."""
    assert isinstance(call.args, DocumentArgs)
    versions = yield from _versions(call, call.args.key)
    yield from optional(ask(call, Op.DELETE_DOCUMENT, DocumentArgs(kind=_DEPLOYED, key=call.args.key)))
    return versions[0]


def delete(call: Call, scope: Scope) -> Plan:
    """Delete every version of a family."""
    assert isinstance(call.args, DocumentArgs)
    yield from _versions(call, call.args.key)
    yield from optional(ask(call, Op.DELETE_DOCUMENT, DocumentArgs(kind=_DEPLOYED, key=call.args.key)))
    return (yield call)


def validate(call: Call, scope: Scope) -> Plan:
    """Whether the latest draft could be run: each task by its configuration. Nothing is sent, so that delivery tasks are skipped."""
    assert isinstance(call.args, DocumentArgs)
    versions = yield from _versions(call, call.args.key)
    draft = _draft(versions)
    if draft is None:
        raise unknown(Kind.DOCUMENT, str(call.args.key))
    tasks = draft["body"].get("tasks") or []
    results = []
    for task in tasks:
        results.append((yield from _tried(call, task, scope)))  # noqa: PERF401 (a generator cannot yield in a comprehension)
    wrong = _loose(tasks) or next((f"{one['task_id']}: {one['message']}" for one in results if one["status"] == _FAILED), None)
    return {
        "status": "validation_error" if wrong else "success",
        "validation": {"is_valid": wrong is None, "error": wrong},
        "task_results": results,
        "is_all_passed": wrong is None and all(one["status"] == _PASSED for one in results),
    }


def _tried(call: Call, task: JsonObject, scope: Scope) -> _Steps:
    said = {"task_id": task["id"], "task_type": task["type"]}
    if task["type"] != "eval":
        return {**said, "status": _SKIPPED, "message": f"Tasks of type {task['type']} are not run here."}
    reference, wrong = flaw(task, scope)
    if wrong is None:
        found = yield from optional(ask(call, Op.GET_EVALUATOR, EvaluatorArgs(evaluator_id=reference)))
        wrong = None if found else "There is no such evaluator."
    return {**said, "status": _FAILED if wrong else _PASSED, "message": wrong or "The evaluator is there."}


def _loose(tasks: list[JsonObject]) -> str | None:
    """What is wrong with the links between tasks."""
    known = {task["id"] for task in tasks}
    for task in tasks:
        following = task.get("next") or []
        for name in following if isinstance(following, list) else [following]:
            if name not in known:
                return f"{task['id']}: the next task {name!r} does not exist."
    return None
