"""Prompts as documents: a prompt by its name, its versions under the prompt's id, tags under `PROMPT/TAG`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from adapters.base import Plan
from adapters.mapping import ABSENT
from adapters.phoenix.quirks.ids import NodeId, read_node
from adapters.phoenix.quirks.located import Steps, optional, said
from adapters.phoenix.wire.parameters import FAMILY
from adapters.phoenix.wire.prompts import NAME
from adapters.scope import Scope
from schemas.document import DocumentPatch, NewDocument
from schemas.errors import Code, CrosswalkError
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Call, Op

PROMPT, VERSION, TAG = "chat_prompt", "chat_prompt_version", "chat_prompt_tag"
NODES = {PROMPT: "Prompt", VERSION: "PromptVersion", TAG: "PromptVersionTag"}
"""What ids call each of them."""

FAMILIES: Mapping[str, str] = {"ANTHROPIC": "anthropic", "GOOGLE": "google", "AWS": "aws"}
"""The parameters of a provider; of any other one they are OpenAI's."""

GONE, NO_PROMPT, NO_VERSION = "Not Found", "Prompt not found", "Prompt version not found"


def refused(text: str) -> CrosswalkError:
    """A refusal that the client reads as this text."""
    return CrosswalkError(Code.INVALID_REQUEST, text)


def missing(text: str) -> CrosswalkError:
    """What is not there."""
    return CrosswalkError(Code.NOT_FOUND, text)


def node(kind: str) -> NodeId:
    """The ids of one kind of these documents."""
    return NodeId(Kind.DOCUMENT, NODES[kind])


@dataclass(frozen=True)
class Exactly:
    """A node id of one kind of these documents; anything else is refused with `refusal`."""

    kind: str
    refusal: str

    def decode(self, value: Json, scope: Scope) -> str:
        try:
            return node(self.kind).decode(value, scope)
        except CrosswalkError:
            raise refused(self.refusal) from None

    def encode(self, value: Json, scope: Scope) -> str:
        return node(self.kind).encode(value, scope)


@dataclass(frozen=True)
class Named:
    """A name of the server's form, or where `nodes` a prompt's node id; anything else is refused with `refusal`."""

    refusal: str
    nodes: bool = False

    def decode(self, value: Json, scope: Scope) -> str:
        text = str(value)
        known = read_node(text) if self.nodes else None
        if known is not None and known.type_name == NODES[PROMPT] and known.number is not None:
            return node(PROMPT).decode(text, scope)
        if not re.fullmatch(NAME, text):
            raise refused(self.refusal)
        return text

    def encode(self, value: Json, scope: Scope) -> str:
        return str(value)


class Said:
    """A value that is left out when there is none."""

    takes_null = True

    def decode(self, value: Json, scope: Scope) -> Json:
        return value

    def encode(self, value: Json, scope: Scope) -> Json:
        return value if value not in (None, {}) else ABSENT


VERSION_ID = Exactly(VERSION, "Invalid prompt version ID")
PROMPT_REFERENCE, TAG_NAME = Named("Invalid prompt name", nodes=True), Named("Invalid tag name")


def read_tag_of_prompt(given: JsonObject, scope: Scope) -> JsonObject:
    """The key of a tag, the prompt as it was given."""
    prompt, tag = PROMPT_REFERENCE.decode(given["prompt_identifier"], scope), TAG_NAME.decode(given["tag_name"], scope)
    return {"key": f"{prompt}/{tag}"}


def read_tag_of_version(given: JsonObject, scope: Scope) -> JsonObject:
    """A version and the name of a tag."""
    version, tag = VERSION_ID.decode(given["prompt_version_id"], scope), TAG_NAME.decode(given["tag_name"], scope)
    return {"key": f"{version}/{tag}"}


def creating(call: Call, scope: Scope) -> Plan:
    """Keeps a version of a prompt, which is made when there is none of that name; what else is said of a known prompt is not looked at."""
    assert isinstance(call.body, NewDocument)
    told = call.body.body
    _chat(told["version"])
    prompt = yield from _prompt(call, told["prompt"]["name"])
    if prompt is None:
        body = {name: told["prompt"].get(name) for name in ("description", "metadata")}
        new = NewDocument(key=told["prompt"]["name"], body=body)
        prompt = yield call.then(Op.PUT_DOCUMENT, new, kind=PROMPT, create=True)
    return (yield _version(call, prompt, told["version"]))


def adding(call: Call, scope: Scope) -> Plan:
    """Keeps the next version of a prompt, and points the tags at it."""
    assert isinstance(call.body, NewDocument)
    told = call.body.body
    _chat(told["version"])
    _fitting(told["version"])
    prompt = yield from _found(call, said(call, "key"), NO_PROMPT)
    made = yield _version(call, prompt, told["version"])
    for tag in told.get("tags") or ():
        yield _pointing(call, prompt, tag, made)
    return made


def changing(call: Call, scope: Scope) -> Plan:
    """Changes description and metadata, the latter as a whole."""
    assert isinstance(call.body, DocumentPatch)
    prompt = yield from _found(call, said(call, "key"), NO_PROMPT)
    told = dict(call.body.body)
    if isinstance(told.get("description"), str):
        told["description"] = told["description"].strip()
    body = NewDocument(body={**prompt["body"], **told})
    return (yield call.then(Op.PUT_DOCUMENT, body, kind=PROMPT, key=prompt["key"], version=1))


def deleting(call: Call, scope: Scope) -> Plan:
    """Deletes a prompt with its versions and tags."""
    prompt = yield from _found(call, said(call, "key"), NO_PROMPT)
    for tag in (yield call.then(Op.LIST_DOCUMENTS, kind=TAG, prefix=f"{prompt['id']}/"))["items"]:
        yield call.then(Op.DELETE_DOCUMENT, kind=TAG, key=tag["key"])
    yield from optional(call.then(Op.DELETE_DOCUMENT, kind=VERSION, key=prompt["id"]))
    return (yield call.then(Op.DELETE_DOCUMENT, kind=PROMPT, key=prompt["key"]))


def versions(call: Call, scope: Scope) -> Plan:
    """The versions of a prompt, newest first; of one that is not there, none."""
    prompt = yield from _prompt(call, said(call, "key"))
    if prompt is None:
        return {"items": [], "next_cursor": None}
    return (yield replace(call, args=call.args.model_copy(update={"key": prompt["id"], "versions": True})))


def latest(call: Call, scope: Scope) -> Plan:
    """The latest version of a prompt."""
    prompt = yield from _found(call, said(call, "key"), GONE)
    return (yield from _there(call.then(Op.GET_DOCUMENT, kind=VERSION, key=prompt["id"]), GONE))


def version(call: Call, scope: Scope) -> Plan:
    """One version."""
    return (yield from _there(call, GONE))


def tagged(call: Call, scope: Scope) -> Plan:
    """The version that a tag of a prompt points at."""
    reference, _, name = said(call, "key").rpartition("/")
    prompt = yield from _found(call, reference, GONE)
    tag = yield from _there(call.then(Op.GET_DOCUMENT, kind=TAG, key=f"{prompt['id']}/{name}"), GONE)
    return (yield from _there(call.then(Op.GET_DOCUMENT, kind=VERSION, key=tag["body"]["version"]), GONE))


def tags(call: Call, scope: Scope) -> Plan:
    """The tags that point at a version."""
    known = yield from _there(call.then(Op.GET_DOCUMENT, kind=VERSION, key=said(call, "key")), NO_VERSION)
    where = {"field": "body.version", "operator": "eq", "value": known["id"]}
    place = {name: value for name, value in call.args.model_dump(exclude_unset=True).items() if name in ("cursor", "limit")}
    return (yield call.then(Op.LIST_DOCUMENTS, kind=TAG, prefix=f"{known['key']}/", where=where, **place))


def tagging(call: Call, scope: Scope) -> Plan:
    """Points a tag of the version's prompt at the version."""
    assert isinstance(call.body, NewDocument)
    known = yield from _there(call.then(Op.GET_DOCUMENT, kind=VERSION, key=said(call, "key")), GONE)
    yield _pointing(call, {"id": known["key"]}, call.body.body, known)
    return {}


def untagging(call: Call, scope: Scope) -> Plan:
    """Removes a tag of the version's prompt, whichever version it points at."""
    reference, _, name = said(call, "key").rpartition("/")
    known = yield from _there(call.then(Op.GET_DOCUMENT, kind=VERSION, key=reference), GONE)
    yield from _there(call.then(Op.DELETE_DOCUMENT, kind=TAG, key=f"{known['key']}/{name}"), GONE)
    return {}


def _there(call: Call, text: str) -> Steps:
    reply = yield from optional(call)
    if reply is None:
        raise missing(text)
    return reply


def _prompt(call: Call, reference: str) -> Steps:
    return (yield from optional(call.then(Op.GET_DOCUMENT, kind=PROMPT, key=reference)))


def _found(call: Call, reference: str, text: str) -> Steps:
    return (yield from _there(call.then(Op.GET_DOCUMENT, kind=PROMPT, key=reference), text))


def _version(call: Call, prompt: JsonObject, said: JsonObject) -> Call:
    return call.then(Op.PUT_DOCUMENT, NewDocument(body=_normal(said)), kind=VERSION, key=prompt["id"])


def _pointing(call: Call, prompt: JsonObject, tag: JsonObject, to: JsonObject) -> Call:
    body = NewDocument(body={"name": tag["name"], "description": tag.get("description"), "version": to["id"]})
    return call.then(Op.PUT_DOCUMENT, body, kind=TAG, key=f"{prompt['id']}/{tag['name']}", version=1)


def _chat(said: JsonObject) -> None:
    if said["template_type"] != "CHAT":
        raise refused("Only CHAT template type is supported for prompts")


def _normal(said: JsonObject) -> JsonObject:
    """A version as it is kept: parameters of the OpenAI family are all called `openai`."""
    parameters = said["invocation_parameters"]
    if parameters["type"] not in FAMILY:
        return said
    return {**said, "invocation_parameters": {"type": "openai", "openai": parameters[parameters["type"]]}}


def _fitting(said: JsonObject) -> None:
    """Raises `refused` for parameters that are another provider's."""
    given, wanted = _normal(said)["invocation_parameters"]["type"], FAMILIES.get(said["model_provider"], "openai")
    if given != wanted:
        provider = said["model_provider"]
        raise refused(f"Invocation parameters variant '{given}' does not match model provider '{provider}' (expected '{wanted}').")
