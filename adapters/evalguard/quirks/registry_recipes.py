"""The scorers, evaluator versions, calibration, and the client policy."""

from dataclasses import replace

from adapters.base import Plan, Route
from adapters.body import read_json
from adapters.evalguard.quirks import agreement
from adapters.evalguard.quirks.eval_recipes import Steps
from adapters.evalguard.quirks.values import given
from adapters.evalguard.tables.registry import EVALUATOR
from adapters.evalguard.tables.scorers import ABSENT, Absent
from adapters.http import Request, Response, json_response
from adapters.scope import Scope
from schemas.document import NewDocument
from schemas.errors import Code, CrosswalkError, unknown
from schemas.evaluator import EvaluatorKind, EvaluatorPatch, NewEvaluator
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.json_values import same
from schemas.operations import Call, ListEvaluatorsArgs, Op
from schemas.query import Condition

DIALECT = "evalguard"
CALIBRATION = "scorer_calibration"
PROJECT = f"extensions.{DIALECT}.project"
_RUN = frozenset({EvaluatorKind.BUILTIN, EvaluatorKind.LLM})


def scorers(call: Call, scope: Scope) -> Plan:
    """Every scorer: those that run here, and the vendor's others with why they do not. An evaluator kept under the name of one of these runs."""
    page = yield call
    kept = yield call.then(Op.LIST_EVALUATORS)
    running = {one["slug"]: one for one in kept["items"] if one["kind"] in _RUN}
    known = {one["slug"] for one in page["items"]}
    here = [{**one, "metadata": {**one["metadata"], "available": True}} for one in page["items"]]
    items = [*here, *(_absent(one, running.get(one.name)) for one in ABSENT if one.name not in known)]
    return {"items": items, "next_cursor": None, "total": len(items)}


def _absent(one: Absent, kept: JsonObject | None) -> JsonObject:
    scorer: JsonObject = {"slug": one.name, "name": one.title}
    if kept is not None:
        told = {"category": one.category, "available": True}
        return {**scorer, "description": kept["description"] or "The evaluator kept under this name.", "metadata": told}
    told = {"category": one.category, "available": False, "unavailable_because": one.why}
    return {**scorer, "description": f"Does not run here: {one.why}.", "metadata": told}


def create_evaluator(call: Call, scope: Scope) -> Plan:
    """Keeps a new version under its name; equal content is the latest version again (seen in client). The active version answers to the name."""
    assert isinstance(call.body, NewEvaluator)
    where = yield from _of_project(call, Condition(field=PROJECT, operator="eq", value=_said(call.body.extensions).get("project")))
    earlier = (yield call.then(Op.LIST_EVALUATORS, name=call.body.name, where=where))["items"]
    if earlier and _same(earlier[0], call.body):
        return {**earlier[0], "version": len(earlier)}
    active = _said(call.body.extensions).get("active", True) is not False
    if active:
        yield from _retire(call, earlier)
    version = len(earlier) + 1
    slug = call.body.name if active else f"{call.body.name}@{version}"
    extensions = {**call.body.extensions, DIALECT: {**_said(call.body.extensions), "active": active}}
    made = yield from _kept(call, call.body.model_copy(update={"slug": slug, "extensions": extensions}))
    return {**made, "version": version}


def _kept(call: Call, body: NewEvaluator) -> Steps:
    """The evaluator under its slug, or under a free one when another dialect's or project's evaluator has that."""
    try:
        return (yield call.then(Op.CREATE_EVALUATOR, body))
    except CrosswalkError as error:
        if error.code is not Code.CONFLICT:
            raise
    return (yield call.then(Op.CREATE_EVALUATOR, body.model_copy(update={"slug": None})))


def _retire(call: Call, versions: list[JsonObject]) -> Steps:
    for place, one in enumerate(versions):
        said = _said(one.get("extensions") or {})
        if said.get("active", True):
            number = len(versions) - place
            patch = EvaluatorPatch(slug=f"{one['name']}@{number}", extensions={DIALECT: {**said, "active": False}})
            yield call.then(Op.UPDATE_EVALUATOR, patch, evaluator_id=one["id"])


def _same(latest: JsonObject, body: NewEvaluator) -> bool:
    return (latest["kind"], latest["definition"], latest["threshold"]) == (body.kind, body.definition, body.threshold)


def _said(extensions: JsonObject) -> JsonObject:
    found: JsonObject = extensions.get(DIALECT) or {}
    return found


def of_project(fields: JsonObject, scope: Scope) -> JsonObject:
    """The condition that an evaluator is of the project named."""
    return {"where": {"field": PROJECT, "operator": "eq", "value": fields["projectId"].replace("-", "").lower()}}


def _of_project(call: Call, where: Condition) -> Steps:
    """The condition, to which evaluators that no project is named for belong to the key's own."""
    own = (yield call.then(Op.CURRENT_PROJECT))["id"]
    return Condition(any=[where, Condition(field=PROJECT, operator="isnull")]) if where.value == own else where


def list_evaluators(call: Call, scope: Scope) -> Plan:
    """The versions of a project's evaluators, newest first, counted by name."""
    args = call.args
    assert isinstance(args, ListEvaluatorsArgs)
    assert args.where is not None
    where = yield from _of_project(call, args.where)
    page = yield replace(call, args=args.model_copy(update={"where": where}))
    counted: dict[str, int] = {}
    items = []
    for one in reversed(page["items"]):
        counted[one["name"]] = counted.get(one["name"], 0) + 1
        items.append({**one, "version": counted[one["name"]]})
    return {**page, "items": items[::-1]}


def differ(route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
    """What changed in an evaluator's definition from one version to another, field by field (seen in client: changed, added, removed, modified)."""
    asked = read_json(request.body)
    versions = {one["version"]: EVALUATOR.encode(one, scope)["definition"] for one in reply["items"]}
    for name in ("fromVersion", "toVersion"):
        if asked[name] not in versions:
            raise unknown(Kind.EVALUATOR, f"{asked['name']}@{asked[name]}")
    before, after = _flat(versions[asked["fromVersion"]]), _flat(versions[asked["toVersion"]])
    diff: JsonObject = {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "modified": sorted(name for name in before.keys() & after.keys() if not same(before[name], after[name])),
    }
    told = {name: asked[name] for name in ("name", "fromVersion", "toVersion")}
    content = {**told, "diff": {"changed": any(diff.values()), **diff}}
    return json_response(route.ok, route.wrap.encode(content, scope))


def _flat(definition: JsonObject, prefix: str = "") -> JsonObject:
    """The fields of an object by their paths: `config.prompt`."""
    fields: JsonObject = {}
    for name, value in definition.items():
        path = f"{prefix}{name}"
        fields.update(_flat(value, f"{path}.") if isinstance(value, dict) and value else {path: value})
    return fields


def calibrate(call: Call, scope: Scope) -> Plan:
    """Keeps how far people and a scorer agree on what both judged, and the threshold at which they would agree best."""
    assert isinstance(call.body, NewDocument)
    asked = call.body.body
    current = given(asked, "currentThreshold", scope.options.threshold)
    scored = [(one["humanPass"], float(one["machineScore"])) for one in asked.get("scored") or ()]
    pairs = [(one["human"], one["machine"]) for one in asked.get("pairs") or ()]
    counts = agreement.confusion(pairs or ((person, score >= current) for person, score in scored))
    record: JsonObject = {**asked, "agreement": {**agreement.told(counts), "count": counts.total}}
    if scored:
        threshold, best = agreement.best_threshold(scored, current)
        record["recommendation"] = {"threshold": threshold, "currentThreshold": current, **agreement.told(best)}
    reply = yield call.then(call.op, NewDocument(body=record), kind=CALIBRATION)
    return reply


def policy(request: Request, scope: Scope) -> Response:
    """No client version is pinned here (reference section 10)."""
    content: JsonObject = {"requiredMinimumVersion": None, "requiredMaximumVersion": None}
    if request.values("version"):
        content["versionCheck"] = {"allowed": True, "status": "unpinned", "reason": "No version is required."}
    return json_response(200, {"success": True, "data": content})
