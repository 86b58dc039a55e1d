"""Prompts: every version a record of its own, counted per project and name."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, or_, select

from gateway.local import listing, slugs
from gateway.local.handler import Reply
from gateway.local.projects import holds
from gateway.store import Transaction
from gateway.store.tables import prompts
from schemas.errors import unknown, wrong_kind
from schemas.evaluator import NewPrompt, Prompt
from schemas.ids import Kind
from schemas.operations import Caller, ListPromptsArgs, Op, PromptArgs
from schemas.query import Args

NO_PROJECT = ""

_NEW = prompts.insert()
_LATEST = (
    select(prompts)
    .where(
        prompts.c.scope == bindparam("scope"),
        prompts.c.project == bindparam("project"),
        prompts.c.name == bindparam("name"),
    )
    .order_by(prompts.c.version.desc())
    .limit(1)
)
_BY_NUMBER = select(prompts).where(prompts.c.id == bindparam("number"), prompts.c.scope == bindparam("scope"))


def document(tx: Transaction, row: Row[Any]) -> Reply:
    """A prompt version's row as a document."""
    said = row._asdict()
    base = {name: said[name] for name in Prompt.model_fields if name in said}
    return {**base, "id": tx.ids.make(Kind.PROMPT, row.id), "project": row.project or None}


def create(tx: Transaction, _args: Args, body: NewPrompt, caller: Caller) -> Reply:
    """Keeps the next version of the prompt of that project and name; without a slug it has the one before it had."""
    place = {"scope": caller.scope, "project": body.project or NO_PROJECT, "name": body.name}
    before = tx.first(_LATEST, place)
    known = {"slug": body.slug or (before.slug if before else slugs.slug(body.name)), "version": before.version + 1 if before else 1}
    number = tx.insert(_NEW, {**body.model_dump(), **place, **known, "created_at": tx.now, "updated_at": tx.now})
    return _read(tx, number, caller)


def list_prompts(tx: Transaction, args: ListPromptsArgs, _body: None, caller: Caller) -> Reply:
    """Prompt versions, newest first."""
    query = select(prompts).where(prompts.c.scope == caller.scope)
    if args.name is not None:
        query = query.where(prompts.c.name == args.name)
    if args.project is not None:
        query = query.where(holds(tx, prompts.c.project, args.project, caller.scope))

    def render(rows: Sequence[Row[Any]]) -> list[Reply]:
        return [document(tx, row) for row in rows]

    return listing.page(tx, listing.Listing(Kind.PROMPT, query, prompts.c.id, render), args)


def get(tx: Transaction, args: PromptArgs, _body: None, caller: Caller) -> Reply:
    """One version: by id; by name or slug the latest one, or that of a number."""
    return document(tx, find(tx, args.prompt_id, args.version, caller.scope))


def find(tx: Transaction, reference: str, version: int | None, scope: str) -> Row[Any]:
    """The row of a prompt version. An id with another `version` means that version of the same prompt. Raises CrosswalkError (not_found)."""
    row = tx.first(_versions(tx, reference, version, scope).order_by(prompts.c.id.desc()).limit(1))
    if row is not None:
        return row
    identity = tx.ids.parse(reference)
    raise unknown(Kind.PROMPT, reference) if identity is None or identity.kind is Kind.PROMPT else wrong_kind(Kind.PROMPT, reference)


def _versions(tx: Transaction, reference: str, version: int | None, scope: str) -> Any:
    """The versions that a reference means."""
    query = select(prompts).where(prompts.c.scope == scope, _named(tx, reference, version, scope))
    return query if version is None else query.where(prompts.c.version == version)


def _named(tx: Transaction, reference: str, version: int | None, scope: str) -> ColumnElement[bool]:
    number = tx.ids.number(reference, Kind.PROMPT)
    row = None if number is None else tx.first(_BY_NUMBER, {"number": number, "scope": scope})
    if row is None:
        return or_(prompts.c.name == reference, prompts.c.slug == reference)
    if version is None:
        return and_(prompts.c.id == row.id)
    return and_(prompts.c.project == row.project, prompts.c.name == row.name)


def delete(tx: Transaction, args: PromptArgs, _body: None, caller: Caller) -> Reply:
    """Deletes the version an id names, or every version (or the one of a number) of the prompt a name or slug names."""
    row = find(tx, args.prompt_id, args.version, caller.scope)
    chosen = [found.id for found in tx.rows(_versions(tx, args.prompt_id, args.version, caller.scope))]
    same = and_(prompts.c.project == row.project, prompts.c.name == row.name)
    gone = tx.execute(prompts.delete().where(prompts.c.id.in_(chosen), same))
    return {"id": tx.ids.make(Kind.PROMPT, row.id), "count": gone.rowcount}


def _read(tx: Transaction, number: int, caller: Caller) -> Reply:
    row = tx.first(_BY_NUMBER, {"number": number, "scope": caller.scope})
    assert row is not None, "just written"
    return document(tx, row)


HANDLERS = {
    Op.CREATE_PROMPT: create,
    Op.LIST_PROMPTS: list_prompts,
    Op.GET_PROMPT: get,
    Op.DELETE_PROMPT: delete,
}
