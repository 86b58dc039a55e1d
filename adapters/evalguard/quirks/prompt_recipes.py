"""The prompt registry, whose versions go by hashes, and what refers to them: deployments and traffic tests."""

from collections.abc import Generator
from hashlib import sha256
from typing import Any

from adapters.base import Plan
from adapters.evalguard.quirks.values import compact
from adapters.scope import Scope
from schemas.document import NewDocument
from schemas.errors import Code, CrosswalkError, invalid, unknown
from schemas.evaluator import NewPrompt
from schemas.ids import Kind
from schemas.json import JsonObject
from schemas.operations import Call, DocumentArgs, Op

DEPLOYMENT = "prompt_deployment"
TRAFFIC_TEST = "prompt_traffic_test"

_KEPT = ("description", "variables", "model", "parameters", "tags", "metadata")
"""What a new version takes over from the one before."""

Steps = Generator[Call, Any, Any]


def content(prompt: JsonObject) -> str:
    """The one text that a prompt is here."""
    template, messages = prompt.get("template"), prompt.get("messages")
    return compact(messages) if template is None and messages is not None else template or ""


def hash_of(prompt: JsonObject) -> str:
    """The version's name in the registry: the SHA-256 of its text (documented), so that equal texts are one version."""
    return sha256(content(prompt).encode(errors="surrogatepass")).hexdigest()


def register(call: Call, scope: Scope) -> Plan:
    """Keeps the next version under a name, in the key's own project; the text that is there already is the latest version again."""
    assert isinstance(call.body, NewPrompt)
    project = (yield call.then(Op.CURRENT_PROJECT))["id"]
    before = yield from _named(call, call.body.name, project)
    return (yield from _next(call, before, call.body.model_copy(update={"project": project})))


def change(call: Call, scope: Scope) -> Plan:
    """Keeps the next version of the prompt an id names."""
    assert isinstance(call.body, NewPrompt)
    before = yield from _versions(call, call.body.name)
    latest = before[0]
    taken = {name: latest[name] for name in _KEPT if latest.get(name) is not None}
    body = call.body.model_copy(update={**taken, "name": latest["name"], "project": latest["project"]})
    return (yield from _next(call, before, body))


def _next(call: Call, before: list[JsonObject], body: NewPrompt) -> Steps:
    if before and hash_of(before[0]) == hash_of(body.model_dump()):
        return _registered(before)
    made = yield call.then(Op.CREATE_PROMPT, body)
    return _registered([made, *before])


def _registered(versions: list[JsonObject]) -> JsonObject:
    """A prompt from its versions, newest first."""
    told = [{**version, "hash": hash_of(version)} for version in versions]
    return {**told[0], "prompt_id": versions[-1]["id"], "versions": told}


def registry(call: Call, scope: Scope) -> Plan:
    """The prompts by name, each with its versions, newest first."""
    page = yield call
    prompts: dict[tuple[Any, ...], list[JsonObject]] = {}
    for version in page["items"]:
        prompts.setdefault((version["project"], version["name"]), []).append(version)
    return {"items": [_registered(versions) for versions in prompts.values()], "next_cursor": None}


def _named(call: Call, name: str, project: str | None) -> Steps:
    page = yield call.then(Op.LIST_PROMPTS, name=name, project=project)
    return page["items"]


def _versions(call: Call, prompt_id: str) -> Steps:
    """Every version of the prompt that one of them names, newest first. Raises `CrosswalkError` (not found)."""
    one = yield call.then(Op.GET_PROMPT, prompt_id=prompt_id)
    versions = yield from _named(call, one["name"], one["project"])
    if not versions:  # deleted since
        raise unknown(Kind.PROMPT, prompt_id)
    return versions


def deploy(call: Call, scope: Scope) -> Plan:
    """Keeps which version of a prompt an environment has; every deployment is a version of that document. Raises `CrosswalkError` (not found)."""
    assert isinstance(call.body, NewDocument)
    body = call.body.body
    prompt = yield call.then(Op.GET_PROMPT, prompt_id=body["name"], version=body["version"])
    return (yield from _deployed(call, f"{body['env']}/{body['name']}", {**body, "hash": hash_of(prompt)}))


def _deployed(call: Call, key: str, body: JsonObject) -> Steps:
    reply = yield call.then(Op.PUT_DOCUMENT, NewDocument(body=body), kind=DEPLOYMENT, key=key)
    return reply


def roll_back(call: Call, scope: Scope) -> Plan:
    """Deploys an earlier version again: that of a hash, else the one before. Raises `CrosswalkError`: for no such deployment or hash, or nothing earlier."""
    assert isinstance(call.body, NewDocument)
    asked = call.body.body
    key = asked.get("deployment_id") or f"{asked['env']}/{asked['name']}"
    current = yield call.then(Op.GET_DOCUMENT, kind=DEPLOYMENT, key=key)
    wanted = asked.get("rollback_to_hash")
    target = yield from (_before(call, current) if wanted is None else _of_hash(call, current["body"]["name"], wanted))
    return (yield from _deployed(call, current["key"], {**current["body"], **target}))


def _before(call: Call, current: JsonObject) -> Steps:
    page = yield call.then(Op.LIST_DOCUMENTS, kind=DEPLOYMENT, key=current["key"], versions=True)
    now = current["body"]["version"]
    earlier = next((one["body"] for one in page["items"] if one["body"]["version"] != now), None)
    if earlier is None:
        raise CrosswalkError(Code.CONFLICT, "The environment had no other version before.")
    return {"version": earlier["version"], "hash": earlier.get("hash")}


def _of_hash(call: Call, name: str, wanted: str) -> Steps:
    versions = yield from _named(call, name, None)
    found = next((version for version in versions if hash_of(version) == wanted), None)
    if found is None:
        raise unknown(Kind.PROMPT, wanted)
    return {"version": found["version"], "hash": wanted}


def deployments(call: Call, scope: Scope) -> Plan:
    """What each environment has now, and everything it had, newest first (seen in client: current and history)."""
    current = yield call
    history = yield Call(call.op, call.args.model_copy(update={"versions": True}), None, call.caller)
    return {"current": current["items"], "history": history["items"]}


def of_prompt(fields: JsonObject, scope: Scope) -> JsonObject:
    """The condition that a deployment is of the prompt named."""
    return {"where": {"field": "body.name", "operator": "eq", "value": fields["name"]}}


def split_traffic(call: Call, scope: Scope) -> Plan:
    """Keeps how traffic is to be split between two versions of one prompt. Raises `CrosswalkError`: for versions that are not there or are one."""
    assert isinstance(call.body, NewDocument)
    assert isinstance(call.args, DocumentArgs)
    body = call.body.body
    versions = yield from _versions(call, body["prompt_id"])
    known = {hash_of(version) for version in versions}
    for name in ("control_hash", "variant_hash"):
        if body[name] not in known:
            raise unknown(Kind.PROMPT, body[name])
    if body["control_hash"] == body["variant_hash"]:
        raise invalid("Must be another version than control_hash", "body", "variant_hash", input=body["variant_hash"])
    reply = yield call
    return reply
