"""Evaluator versions, deployments and the client policy."""

from adapters.base import Plan
from adapters.evalguard.quirks.eval_recipes import Steps
from adapters.http import Request, Response, json_response
from adapters.scope import Scope
from schemas.document import NewDocument
from schemas.errors import Code, CrosswalkError
from schemas.evaluator import EvaluatorPatch, NewEvaluator
from schemas.json import JsonObject
from schemas.operations import Call, ListEvaluatorsArgs, Op

DIALECT = "evalguard"
DEPLOYMENT = "prompt_deployment"


def create_evaluator(call: Call, scope: Scope) -> Plan:
    """Keeps a new version under its name; equal content is the latest version again (seen in client). The active version answers to the name."""
    assert isinstance(call.body, NewEvaluator)
    earlier = (yield call.then(Op.LIST_EVALUATORS, name=call.body.name))["items"]
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
    """The evaluator under its slug, or under a free one when another dialect's evaluator has that."""
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


def list_evaluators(call: Call, scope: Scope) -> Plan:
    """Versions newest first, counted by name."""
    assert isinstance(call.args, ListEvaluatorsArgs)
    page = yield call
    counted: dict[str, int] = {}
    items = []
    for one in reversed(page["items"]):
        counted[one["name"]] = counted.get(one["name"], 0) + 1
        items.append({**one, "version": counted[one["name"]]})
    return {**page, "items": items[::-1]}


def deploy(call: Call, scope: Scope) -> Plan:
    """Keeps which version of a prompt an environment has; every deployment is a version of that document. Raises `CrosswalkError` (not found)."""
    assert isinstance(call.body, NewDocument)
    body = call.body.body
    yield call.then(Op.GET_PROMPT, prompt_id=body["name"], version=body["version"])
    reply = yield call.then(Op.PUT_DOCUMENT, call.body, kind=DEPLOYMENT, key=f"{body['env']}/{body['name']}")
    return reply


def deployments(call: Call, scope: Scope) -> Plan:
    """What each environment has now, and everything it had, newest first (seen in client: current and history)."""
    current = (yield call)["items"]
    history = []
    for one in current:
        history.append(one)
        for version in range(one["version"] - 1, 0, -1):
            earlier = yield call.then(Op.GET_DOCUMENT, kind=DEPLOYMENT, key=one["key"], version=version)
            history.append(earlier)
    return {"current": current, "history": sorted(history, key=lambda one: str(one["created_at"]), reverse=True)}


def of_prompt(fields: JsonObject, scope: Scope) -> JsonObject:
    """The condition that a deployment is of the prompt named."""
    return {"where": {"field": "body.name", "operator": "eq", "value": fields["name"]}}


def policy(request: Request, scope: Scope) -> Response:
    """No client version is pinned here (reference section 10)."""
    content: JsonObject = {"requiredMinimumVersion": None, "requiredMaximumVersion": None}
    if request.values("version"):
        content["versionCheck"] = {"allowed": True, "status": "unpinned", "reason": "No version is required."}
    return json_response(200, {"success": True, "data": content})
