"""Translation without side effects: what a target of another dialect would be asked, and what would become of each field."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from adapters.base import Adapter, Route
from adapters.calling import ACCOUNT, encode_call, route_for
from adapters.http import Request, dump_json
from adapters.notes import Fate, Notes
from adapters.scope import Scope
from gateway.remote import intent, loss
from schemas.errors import Code, CrosswalkError
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call, Op
from schemas.references import kind_of, renamed


@dataclass(frozen=True)
class Translation:
    """`request` is what the target would be sent; `notes` what became of the fields, said by the source and by the target; `refused` the consequential losses."""

    operation: Op
    canonical: JsonObject
    request: Request
    source_notes: Notes
    target_notes: Notes
    refused: tuple[str, ...] = ()

    def document(self) -> JsonObject:
        """All of it as JSON values."""
        return {
            "operation": self.operation.value,
            "canonical": self.canonical,
            "request": {
                "method": self.request.method,
                "path": self.request.path,
                "query": [list(pair) for pair in self.request.query],
                "body": _json(self.request.body),
            },
            "receipt": {"source": _fates(self.source_notes), "target": _fates(self.target_notes)},
            "refused": list(self.refused),
        }


@dataclass(frozen=True)
class Question:
    """What a client of the source dialect would send: `params` fill the path, `query` and `body` are as on the wire."""

    params: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    body: Json = None


def translate(source: Adapter, target: Adapter, op: Op, question: Question, defaults: Mapping[str, Any] | None = None) -> Translation:
    """What `target` would be asked for `op` said in `source`'s words.

    Raises CrosswalkError: invalid_request for what the source dialect itself would refuse, unsupported where one of the two has no call for it.
    """
    scope = Scope(dialect=source.name, options=source.options(), defaults=defaults or {})
    call = _asked(source, op, question, scope)
    call = _numbered(call, scope)
    route = route_for(target, call)
    if route is None:
        raise CrosswalkError(Code.UNSUPPORTED, f"{target.title} has no single call for {op.replace('_', ' ')}.")
    request, notes = _said(target, route, call, defaults or {})
    body, held = _packed(call, notes, target)
    supplied = _supplied(target, call)
    refused = [pointer for pointer in loss.consequential(op, notes) if pointer.split("/")[1] not in supplied] if SPECS[op].writes else []
    if held:
        request, _ = _said(target, route, replace(call, body=body), defaults or {})
    canonical = {"args": call.args.model_dump(mode="json", exclude_unset=True), "body": _dumped(call.body)}
    return Translation(op, canonical, request, scope.notes, _settled(notes, held, supplied), tuple(refused))


def _supplied(target: Adapter, call: Call) -> dict[str, str]:
    """The fields of which the gateway itself makes what the target cannot, with what it does."""
    if intent.runs_here(target, call):
        return dict.fromkeys(intent.OURS, "the gateway runs the experiment")
    supplied = {"evaluators": "the gateway judges the runs that are brought"} if intent.judged_here(target, call) else {}
    repeated = call.op is Op.CREATE_EXPERIMENT and not target.repeats and getattr(call.body, "repetitions", 1) > 1
    return {**supplied, "repetitions": "one experiment for each repetition"} if repeated else supplied


def _asked(source: Adapter, op: Op, question: Question, scope: Scope) -> Call:
    for route in source.by_operation.get(op, ()):
        if (SPECS[op].body is None) is (route.request is None):
            content = b"" if question.body is None else dump_json(question.body)
            headers = {"content-type": "application/json"}
            return source.decode(route, Request(route.method, route.path, question.params, question.query, headers, content), scope)
    raise CrosswalkError(Code.UNSUPPORTED, f"{source.title} has no call for {op.replace('_', ' ')}.")


def _numbered(call: Call, scope: Scope) -> Call:
    """The call with a canonical id for every id that is none: 1, 2, … of each kind. A gateway with a store keeps such numbers; here they are examples."""
    given: dict[tuple[Kind, str], str] = {}

    def number(kind: Kind, text: str) -> str:
        if scope.ids.parse(text) is None and (kind, text) not in given:
            given[kind, text] = scope.ids.make(kind, 1 + sum(kind is known for known, _ in given))
        return given.get((kind, text), text)

    args = renamed(call.args.model_dump(exclude_unset=True), number)
    body = call.body
    if body is not None:
        body = type(body).model_validate(renamed(body.model_dump(exclude_unset=True), number))
    return replace(call, args=SPECS[call.op].args.model_validate(args), body=body)


def _said(target: Adapter, route: Route, call: Call, defaults: Mapping[str, Any]) -> tuple[Request, Notes]:
    scope = Scope(dialect=target.name, options=target.options(), defaults={ACCOUNT: "(the project of the key)", **defaults})
    return encode_call(target, route, call, scope), scope.notes


def _packed(call: Call, notes: Notes, target: Adapter) -> tuple[Any, frozenset[str]]:
    if call.body is None or not (notes.of(Fate.LOST) or notes.of(Fate.COERCED)):
        return call.body, frozenset()
    return loss.packed(call.body, notes, target.slots, kind_of(call.op))


def _settled(notes: Notes, held: frozenset[str], supplied: Mapping[str, str]) -> Notes:
    """What the gateway supplies is emulated; what rides in the target's metadata comes back on reading: it is kept, not lost."""
    settled = Notes()
    for note in notes.all():
        rides = note.fate is Fate.LOST and note.canonical in held
        reason = f"{note.reason}; kept in the record's metadata" if rides else note.reason
        done = supplied.get(note.canonical.split("/")[1]) if note.fate is Fate.LOST and note.canonical else None
        if done is not None:
            settled.add(Fate.EMULATED, note.wire, note.canonical, f"{reason}; {done}")
        else:
            settled.add(Fate.KEPT_ASIDE if rides else note.fate, note.wire, note.canonical, reason)
    return settled


def _fates(notes: Notes) -> JsonObject:
    fates: JsonObject = {}
    for note in notes.all():
        fates.setdefault(note.fate.value, []).append({"wire": note.wire, "canonical": note.canonical, "reason": note.reason})
    return fates


def _dumped(body: Any) -> Json:
    return None if body is None else body.model_dump(mode="json", exclude_unset=True)


def _json(body: bytes) -> Json:
    return orjson.loads(body) if body else None
