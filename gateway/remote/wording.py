"""What a write says to the vendor: its request, what rides in the record's metadata, and what is kept beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.base import Route
from adapters.calling import unshown
from adapters.http import Request
from adapters.mapping import Shape
from adapters.notes import Fate, Notes
from gateway.remote import intent, loss
from schemas.ids import Kind
from schemas.json import JsonObject
from schemas.operations import SPECS, Call, Op
from schemas.references import kind_of

if TYPE_CHECKING:
    from gateway.remote.account import Account
    from gateway.remote.talk import Talk
    from gateway.remote.target import RemoteTarget


class Wording:
    """Words the calls of one exchange; what the vendor's dialect cannot say goes into the account."""

    def __init__(self, target: RemoteTarget, account: Account, talk: Talk) -> None:
        self._target = target
        self._adapter = target.adapter
        self._account = account
        self._talk = talk

    def executes(self, call: Call) -> bool:
        """Whether this creates an experiment that the gateway is to run."""
        return self._target.undertaker is not None and intent.runs_here(self._adapter, call)

    def runs(self, call: Call) -> bool:
        """Whether this creates an experiment that the gateway is to run at once."""
        return self.executes(call) and not getattr(call.args, "draft", False)

    def judges(self, call: Call) -> bool:
        """Whether this creates an experiment whose caller brings the runs, which the gateway is to judge because the vendor does not."""
        return self._target.undertaker is not None and intent.judged_here(self._adapter, call)

    async def encoded(self, route: Route, call: Call, token: str | None = None) -> tuple[Call, Request, JsonObject]:
        """The vendor's request; the call as it was said in the end; and what has to be kept beside the record.

        `token` is noted in an experiment that the gateway is to run. Raises CrosswalkError (loss_refused) before anything is sent.
        """
        call = await self._with_slot(replace(call, body=loss.escaped(call.body, self._adapter.slots, kind_of(call.op))))
        notes = Notes()
        request = await self._talk.said(route, call, notes)
        self._unshown(route, call, notes)
        _taken_back(route, call, notes)
        self._foreign(route, call, notes)
        notes = loss.saying_nothing(call.op, call.body, notes)
        if not SPECS[call.op].writes:
            return call, request, {}
        lost = loss.consequential(call.op, notes)
        if self.executes(call):
            lost = [pointer for pointer in lost if pointer.split("/")[1] not in intent.OURS]
        if self.judges(call):
            lost = await self._unjudged(call, lost)
        if lost and self._target.loss.get(call.op.value, "refuse") == "refuse":
            raise loss.refused(self._adapter.title, call.op, lost)
        held: frozenset[str] = frozenset()
        said = call
        if call.body is not None and (notes.of(Fate.LOST) or notes.of(Fate.COERCED)):
            body, held = loss.packed(call.body, notes, self._adapter.slots, kind_of(call.op))
            if self.executes(call):
                draft = bool(getattr(call.args, "draft", False))
                body = intent.noted(body, self._adapter.slots[Kind.EXPERIMENT], draft=draft, token=token)
                self._account.notes.add(Fate.EMULATED, "", "/variants", "the gateway runs the experiment")
                self._account.emulated = True
            if held:
                said = replace(call, body=body)
                request = await self._talk.said(route, said, Notes())
        beside = loss.unkept(call.body, notes, held)
        self._report(notes, held, beside, lost)
        return call, request, beside

    def kept(self, call: Call) -> JsonObject:
        """The fields of a change that the vendor cannot make, for the gateway's own store. Raises CrosswalkError (loss_refused)."""
        notes = Notes()
        for name in sorted(call.body.model_fields_set if call.body is not None else ()):
            notes.add(Fate.LOST, "", f"/{name}", "the target has no call for it")
        lost = loss.consequential(call.op, notes)
        if lost and self._target.loss.get(call.op.value, "refuse") == "refuse":
            raise loss.refused(self._adapter.title, call.op, lost)
        fields = loss.unkept(call.body, notes, frozenset())
        self._report(notes, frozenset(), fields, lost)
        return fields

    def _unshown(self, route: Route, call: Call, notes: Notes) -> None:
        """Note what is said and would not be told again."""
        said = call.body.model_fields_set if call.body is not None else set()
        for name in sorted(unshown(route) & said):
            notes.add(Fate.LOST, "", f"/{name}", "this version of the server does not show it")

    def _foreign(self, route: Route, call: Call, notes: Notes) -> None:
        """Note what other dialects say that no canonical field claims: this one has no words for it."""
        shape = route.request if isinstance(route.request, Shape) else Shape()
        own = {self._adapter.name} if shape.extends(self._adapter.name) else set()
        document = call.body.model_dump(exclude_unset=True) if call.body is not None else {}
        for pointer, dialects in loss.extended(document):
            if dialects - own - {loss.KEY}:
                notes.add(Fate.LOST, "", pointer, "another dialect's own")

    async def _unjudged(self, call: Call, lost: list[str]) -> list[str]:
        """What is lost although the gateway judges. Raises CrosswalkError (loss_refused) naming evaluators that cannot."""
        assert self._target.undertaker is not None
        wrong = await self._target.undertaker.unusable(call.caller.scope, getattr(call.body, "evaluators", ()))
        if wrong and self._target.loss.get(call.op.value, "refuse") == "refuse":
            raise loss.nobody(call.op, wrong)
        self._account.notes.add(Fate.EMULATED, "", "/evaluators", "the gateway judges the runs that are brought")
        return [pointer for pointer in lost if wrong or pointer.split("/")[1] != "evaluators"]

    def _report(self, notes: Notes, held: frozenset[str], beside: JsonObject, lost: list[str]) -> None:
        """The notes of a write as they turned out: what comes back on reading is not lost."""
        for note in notes.all():
            comes_back = note.canonical in held or note.canonical.strip("/").split("/")[0] in beside
            if note.canonical == "/draft" and "/draft" not in lost:
                continue
            if note.fate is Fate.LOST and comes_back and note.canonical not in lost:
                where = "in the record's metadata" if note.canonical in held else "by the gateway"
                self._account.notes.add(Fate.KEPT_ASIDE, note.wire, note.canonical, f"{note.reason}; kept {where}")
            elif note.fate is not Fate.HIDDEN:
                self._account.notes.add(note.fate, note.wire, note.canonical, note.reason)

    async def _with_slot(self, call: Call) -> Call:
        """A change of a record whose metadata hold something of ours: it stays, whatever is said of the metadata."""
        kind = kind_of(call.op)
        slot = self._adapter.slots.get(kind) if kind is not None and call.op is Op.UPDATE_EXPERIMENT else None
        if slot is None or call.body is None:
            return call
        said = call.body.model_dump(exclude_unset=True)
        if slot not in said and not said.keys() - {"name", "description"}:
            return call
        before = await self._talk.read_raw(Op.GET_EXPERIMENT, call)
        held: JsonObject = (before.get(slot) if isinstance(before, dict) else None) or {}
        ours: JsonObject = {}
        if isinstance(held.get(loss.KEY), dict):
            ours = held[loss.KEY]
        if slot in said:
            # What was kept of the caller's own metadata goes with them; what was said now may have to be kept there in its turn.
            theirs: JsonObject = said[slot] or {}
            ours = {**{name: value for name, value in ours.items() if name != slot}, **(theirs.get(loss.KEY) or {})}
        else:
            theirs = held
        rest = {name: value for name, value in theirs.items() if name != loss.KEY}
        content = {**rest, loss.KEY: ours} if ours else rest
        return replace(call, body=type(call.body).model_validate({**said, slot: content}))


def _taken_back(route: Route, call: Call, notes: Notes) -> None:
    """Note what a change says by null or by nothing, and the vendor cannot be told."""
    if call.op not in loss.CHANGES or call.body is None or not isinstance(route.request, Shape):
        return
    known = {note.canonical for note in notes.all()}
    for name, reason in route.request.unsaid(call.body.model_dump(exclude_unset=True)).items():
        if f"/{name}" not in known:
            notes.add(Fate.LOST, "", f"/{name}", reason)
