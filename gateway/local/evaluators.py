"""Evaluators: those that callers keep, those of the configuration, and the gateway's own scorers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.exc import IntegrityError

from gateway.execution.scorers import SCORERS, ScorerSpec
from gateway.execution.scorers import find as find_scorer
from gateway.local import fixed, listing, slugs
from gateway.local.extensions import joined
from gateway.local.handler import Handlers, Reply
from gateway.store import Transaction, add_alias, drop_aliases, resolve
from gateway.store.tables import evaluators
from schemas.errors import Code, CrosswalkError, Reason, invalid, unknown
from schemas.evaluator import Evaluator, EvaluatorKind, EvaluatorPatch, NewEvaluator
from schemas.ids import Kind
from schemas.json import JsonObject
from schemas.operations import Caller, EvaluatorArgs, ListEvaluatorsArgs, Op
from schemas.query import Args
from schemas.run import Scale

_NEW = evaluators.insert()
_BY_NUMBER = select(evaluators).where(evaluators.c.id == bindparam("number"), evaluators.c.scope == bindparam("scope"))
_BY_SLUG = select(evaluators).where(evaluators.c.slug == bindparam("slug"), evaluators.c.scope == bindparam("scope"))
_REQUIRED = ("name", "kind", "value_type")
_WHEN_NULL: dict[str, Any] = {"definition": {}, "choices": [], "tags": [], "metadata": {}, "extensions": {}}


@dataclass(frozen=True)
class Configured:
    """An evaluator that the configuration names: a scorer with parameters, and further ids it answers to."""

    name: str
    scorer: str
    parameters: JsonObject = field(default_factory=dict)
    ids: Sequence[str] = ()


def document(tx: Transaction, row: Row[Any]) -> Reply:
    """A kept evaluator's row as a document."""
    said = row._asdict()
    base = {name: said[name] for name in Evaluator.model_fields if name in said}
    return {**base, "id": tx.ids.make(Kind.EVALUATOR, row.id)}


def builtin(spec: ScorerSpec) -> Reply:
    """One of the gateway's own scorers as a document; its plain name is its id and slug. `metadata` tells its parameters as JSON Schema."""
    evaluator = Evaluator(
        id=spec.name,
        slug=spec.name,
        name=spec.title,
        kind=EvaluatorKind.BUILTIN,
        value_type=spec.value_type,
        description=spec.description,
        definition={"scorer": spec.name, "parameters": {}},
        scale=Scale(minimum=0, maximum=1, direction=spec.direction) if spec.value_type == "number" else None,
        metadata={
            "category": spec.category,
            "needs_reference": spec.needs_reference,
            "parameters": spec.parameters.model_json_schema(by_alias=False),
        },
    )
    return evaluator.model_dump()


def from_configuration(entry: Configured) -> Reply:
    """A configured evaluator as a document; its name is its id and slug. Raises ValueError when no scorer has that name."""
    spec = find_scorer(entry.scorer)
    if spec is None:
        raise ValueError(f"evaluators.{entry.name}.scorer: no scorer is named {entry.scorer!r}")
    definition = {"scorer": spec.name, "parameters": dict(entry.parameters)}
    return {**builtin(spec), "id": entry.name, "slug": entry.name, "name": entry.name, "definition": definition}


class Evaluators:
    """The evaluator operations, knowing the `configured` evaluators. Raises ValueError when one of them has an unknown scorer."""

    def __init__(self, configured: Iterable[Configured] = ()) -> None:
        documents = [(entry, from_configuration(entry)) for entry in configured]
        self._configured: Mapping[str, Reply] = {name: said for entry, said in documents for name in (entry.name, *entry.ids)}
        self._fixed = [*(said for _, said in documents), *map(builtin, SCORERS.values())]

    @property
    def handlers(self) -> Handlers:
        """The handlers of these operations."""
        return {
            Op.CREATE_EVALUATOR: create,
            Op.LIST_EVALUATORS: self.list_evaluators,
            Op.GET_EVALUATOR: self.get,
            Op.UPDATE_EVALUATOR: update,
            Op.DELETE_EVALUATOR: delete,
        }

    def get(self, tx: Transaction, args: EvaluatorArgs, _body: None, caller: Caller) -> Reply:
        """One evaluator: a kept one by id, alias or slug, else a configured one, else a scorer by its plain name."""
        try:
            return document(tx, find(tx, args.evaluator_id, caller.scope))
        except CrosswalkError as error:
            said = self._fixed_one(args.evaluator_id) if error.code is Code.NOT_FOUND else None
            if said is None:
                raise
            return said

    def list_evaluators(self, tx: Transaction, args: ListEvaluatorsArgs, _body: None, caller: Caller) -> Reply:
        """Kept evaluators, newest first; or, asked for built-in ones, the configured ones and then the scorers."""
        if args.builtin:
            named = (said for said in self._fixed if args.name is None or args.name in (said["name"], said["slug"]))
            return fixed.page(list(named), args)
        query = select(evaluators).where(evaluators.c.scope == caller.scope)
        if args.name is not None:
            query = query.where(evaluators.c.name == args.name)

        def render(rows: Sequence[Row[Any]]) -> list[Reply]:
            return [document(tx, row) for row in rows]

        return listing.page(tx, listing.Listing(Kind.EVALUATOR, query, evaluators.c.id, render), args)

    def _fixed_one(self, reference: str) -> Reply | None:
        spec = find_scorer(reference)
        return self._configured.get(reference) or (builtin(spec) if spec else None)


def find(tx: Transaction, reference: str, scope: str) -> Row[Any]:
    """The row of a kept evaluator, by id, alias or slug. Raises CrosswalkError (not_found)."""
    row = tx.first(_BY_SLUG, {"slug": reference, "scope": scope})
    if row is None:
        row = tx.first(_BY_NUMBER, {"number": resolve(tx, Kind.EVALUATOR, reference, scope), "scope": scope})
    if row is None:
        raise unknown(Kind.EVALUATOR, reference)
    return row


def names(tx: Transaction, reference: str, scope: str) -> frozenset[str]:
    """Everything scores may call the evaluator that `reference` names: id, alias, slug and name; the reference alone when it is not a kept one."""
    try:
        row = find(tx, reference, scope)
    except CrosswalkError:
        spec = find_scorer(reference)
        return frozenset({reference, *((spec.name, spec.title) if spec else ())})
    return frozenset(filter(None, (reference, tx.ids.make(Kind.EVALUATOR, row.id), row.alias, row.slug, row.name)))


def create(tx: Transaction, _args: Args, body: NewEvaluator, caller: Caller) -> Reply:
    """Keeps an evaluator. A slug that was asked for must be free (conflict); one made from the name becomes free by a number behind it."""
    slug = body.slug or slugs.free(body.name, lambda slug: tx.first(_BY_SLUG, {"slug": slug, "scope": caller.scope}) is not None)
    times = {"created_at": tx.now, "updated_at": tx.now}
    row = {**body.model_dump(), "slug": slug, "scope": caller.scope, "version": 1, **times}
    try:
        number = tx.insert(_NEW, row)
        add_alias(tx, Kind.EVALUATOR, body.alias, number, caller.scope)
    except IntegrityError as error:
        raise _taken(body.alias or slug if body.slug is None else slug) from error
    return _read(tx, number, caller)


def update(tx: Transaction, args: EvaluatorArgs, body: EvaluatorPatch, caller: Caller) -> Reply:
    """Changes the given fields and counts the version up; null clears. Raises CrosswalkError (conflict) for a slug in use."""
    row = _changeable(tx, args.evaluator_id, caller)
    values = _values(row, body)
    if values:
        statement = evaluators.update().where(evaluators.c.id == row.id)
        try:
            tx.execute(statement.values(**values, version=row.version + 1, updated_at=tx.now))
        except IntegrityError as error:
            raise _taken(str(values.get("slug"))) from error
    return _read(tx, row.id, caller)


def _values(row: Row[Any], body: EvaluatorPatch) -> JsonObject:
    """What to store: extensions join those of other dialects, a null slug leaves the slug as it is."""
    given = {name: value for name, value in body.model_dump(exclude_unset=True).items() if (name, value) != ("slug", None)}
    for name in _REQUIRED:
        if name in given and given[name] is None:
            raise invalid(f"{name} cannot be null.", name)
    if given.get("extensions"):
        given["extensions"] = joined(row.extensions, given["extensions"])
    return {name: _WHEN_NULL.get(name) if value is None else value for name, value in given.items()}


def delete(tx: Transaction, args: EvaluatorArgs, _body: None, caller: Caller) -> Reply:
    """Forgets a kept evaluator; scores it gave stay."""
    row = _changeable(tx, args.evaluator_id, caller)
    drop_aliases(tx, Kind.EVALUATOR, row.id)
    tx.execute(evaluators.delete().where(evaluators.c.id == row.id))
    return {"id": tx.ids.make(Kind.EVALUATOR, row.id)}


def _changeable(tx: Transaction, reference: str, caller: Caller) -> Row[Any]:
    try:
        return find(tx, reference, caller.scope)
    except CrosswalkError:
        if find_scorer(reference) is None:
            raise
        message = f"{reference!r} is a built-in scorer, which cannot be changed or deleted."
        raise CrosswalkError(Code.UNSUPPORTED, message, None, Kind.EVALUATOR, reference) from None


def _read(tx: Transaction, number: int, caller: Caller) -> Reply:
    row = tx.first(_BY_NUMBER, {"number": number, "scope": caller.scope})
    assert row is not None, "just written"
    return document(tx, row)


def _taken(reference: str) -> CrosswalkError:
    message = f"An evaluator with the slug or id {reference!r} already exists."
    return CrosswalkError(Code.CONFLICT, message, Reason.DUPLICATE, Kind.EVALUATOR, reference)


HANDLERS: Handlers = Evaluators().handlers
