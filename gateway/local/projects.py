"""Projects: places traces are sent to, and the account's own project."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Row, Select, or_, select

from gateway.local import listing
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import EVERYONE, experiments, projects
from schemas.errors import unknown, wrong_kind
from schemas.ids import MAX_NUMBER, Kind
from schemas.operations import Caller, ListProjectsArgs, Op, ProjectArgs
from schemas.query import Args

TRACE = "trace"
ACCOUNT = "account"
ACCOUNT_NAME = "default project"

_NEW = projects.insert()
_OF_EXPERIMENTS = select(experiments.c.trace_project).where(experiments.c.trace_project.is_not(None))
_ACCOUNTS = UUID("6f0b3f8e-52c5-4b0e-9a55-c8a1f3a1f0d2")
_ORGANIZATIONS = UUID("0a3c62d7-4a0d-4a0c-8f2e-3b9d0f6f7c11")
_UPPER_HALF = (MAX_NUMBER >> 1) + 1  # numbers that no table reaches


def document(tx: Transaction, row: Row[Any]) -> Reply:
    """A trace project's row as a document."""
    return {
        "id": tx.ids.make(Kind.PROJECT, row.id),
        "name": row.name,
        "slug": row.slug,
        "description": row.description,
        "organization_id": row.organization_id,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "extensions": row.extensions,
    }


def account(tx: Transaction, scope: str) -> Reply:
    """The project of everything in a scope. Its ids follow from the scope alone, so that it needs no record and every replica gives the same ones."""
    number = _UPPER_HALF + uuid5(_ACCOUNTS, scope).int % _UPPER_HALF
    project = tx.ids.make(Kind.PROJECT, number)
    return {
        "id": project,
        "name": ACCOUNT_NAME,
        "slug": "default",
        "description": None,
        "organization_id": str(uuid5(_ORGANIZATIONS, project)),
    }


def holds(tx: Transaction, column: ColumnElement[Any], project: str, scope: str) -> ColumnElement[bool]:
    """The condition that a record belongs to a project: what names no project belongs to the account's own."""
    if project != account(tx, scope)["id"]:
        return column == project
    return or_(column == project, column.is_(None), column == "")


def ensure(tx: Transaction, name: str, scope: str, description: str | None = None) -> None:
    """Makes the trace project of that name unless the scope, or everyone, has it."""
    if tx.first(visible(scope, TRACE).where(projects.c.name == name)) is None:
        times = {"created_at": tx.now, "updated_at": tx.now}
        tx.execute(_NEW, {"scope": scope, "kind": TRACE, "name": name, "description": description, "extensions": {}, **times})


def current(tx: Transaction, _args: Args, _body: None, caller: Caller) -> Reply:
    """The account's project."""
    return account(tx, caller.scope)


def list_projects(tx: Transaction, args: ListProjectsArgs, _body: None, caller: Caller) -> Reply:
    """Projects of one sort, newest first."""
    query = visible(caller.scope, ACCOUNT if args.account else TRACE)
    if not args.experiments:
        query = query.where(projects.c.name.not_in(_OF_EXPERIMENTS))

    def render(rows: Sequence[Row[Any]]) -> list[Reply]:
        return [document(tx, row) for row in rows]

    return listing.page(tx, listing.Listing(Kind.PROJECT, query, projects.c.id, render), args)


def get(tx: Transaction, args: ProjectArgs, _body: None, caller: Caller) -> Reply:
    """One project by id or name, the account's included."""
    row = find(tx, args.project_id, caller.scope)
    if row is not None:
        return document(tx, row)
    if is_own(tx, args.project_id, caller.scope):
        return account(tx, caller.scope)
    raise unknown(Kind.PROJECT, args.project_id)


def find(tx: Transaction, reference: str, scope: str) -> Row[Any] | None:
    """The row of a project by id or name (of two with one name, the place of traces). Raises CrosswalkError for the id of something else."""
    identity = tx.ids.parse(reference)
    if identity is None:
        return tx.first(visible(scope, TRACE, ACCOUNT).where(projects.c.name == reference).order_by(projects.c.kind.desc()).limit(1))
    if identity.kind is not Kind.PROJECT:
        raise wrong_kind(Kind.PROJECT, reference)
    return tx.first(visible(scope, TRACE, ACCOUNT).where(projects.c.id == identity.number))


def is_own(tx: Transaction, reference: str, scope: str) -> bool:
    """Whether a reference means the account's own project, which has no record."""
    identity = tx.ids.parse(reference)
    return reference == ACCOUNT_NAME or (identity is not None and tx.ids.parse(account(tx, scope)["id"]) == identity)


def visible(scope: str, *kinds: str) -> Select[Any]:
    """The projects of these kinds that a scope sees."""
    return select(projects).where(projects.c.scope.in_((scope, EVERYONE)), projects.c.kind.in_(kinds))


HANDLERS = {Op.LIST_PROJECTS: list_projects, Op.GET_PROJECT: get, Op.CURRENT_PROJECT: current}
