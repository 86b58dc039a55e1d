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
    if tx.first(_visible(scope).where(projects.c.name == name)) is None:
        times = {"created_at": tx.now, "updated_at": tx.now}
        tx.execute(_NEW, {"scope": scope, "kind": TRACE, "name": name, "description": description, "extensions": {}, **times})


def current(tx: Transaction, _args: Args, _body: None, caller: Caller) -> Reply:
    """The account's project."""
    return account(tx, caller.scope)


def list_projects(tx: Transaction, args: ListProjectsArgs, _body: None, caller: Caller) -> Reply:
    """Trace projects, newest first."""
    query = _visible(caller.scope)
    if not args.experiments:
        query = query.where(projects.c.name.not_in(_OF_EXPERIMENTS))

    def render(rows: Sequence[Row[Any]]) -> list[Reply]:
        return [document(tx, row) for row in rows]

    return listing.page(tx, listing.Listing(Kind.PROJECT, query, projects.c.id, render), args)


def get(tx: Transaction, args: ProjectArgs, _body: None, caller: Caller) -> Reply:
    """One project by id or name, the account's included."""
    own = account(tx, caller.scope)
    identity = tx.ids.parse(args.project_id)
    if identity is None:
        row = tx.first(_visible(caller.scope).where(projects.c.name == args.project_id))
    elif identity.kind is not Kind.PROJECT:
        raise wrong_kind(Kind.PROJECT, args.project_id)
    else:
        row = tx.first(_visible(caller.scope).where(projects.c.id == identity.number))
    if row is not None:
        return document(tx, row)
    if args.project_id == ACCOUNT_NAME or tx.ids.parse(own["id"]) == identity:
        return own
    raise unknown(Kind.PROJECT, args.project_id)


def _visible(scope: str) -> Select[Any]:
    return select(projects).where(projects.c.scope.in_((scope, EVERYONE)), projects.c.kind == TRACE)


HANDLERS = {Op.LIST_PROJECTS: list_projects, Op.GET_PROJECT: get, Op.CURRENT_PROJECT: current}
