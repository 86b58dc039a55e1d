"""Making, changing and deleting projects."""

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.exc import IntegrityError

from gateway.local import datasets, experiments, projects, slugs
from gateway.local.extensions import joined
from gateway.local.handler import Reply
from gateway.store import Transaction, tables
from gateway.store.tables import EVERYONE
from schemas.document import NewProject, ProjectPatch
from schemas.errors import Code, CrosswalkError, Reason, unknown
from schemas.ids import Kind
from schemas.operations import Caller, CreateProjectArgs, DatasetArgs, DeleteExperimentArgs, Op, ProjectArgs

_ADMIN = "admin"


def create(tx: Transaction, args: CreateProjectArgs, body: NewProject, caller: Caller) -> Reply:
    """Makes a project. Raises CrosswalkError (conflict) when its name or slug is taken."""
    kind = projects.ACCOUNT if args.account else projects.TRACE
    slug = body.slug or slugs.free(body.name, lambda slug: _has_slug(tx, caller.scope, kind, slug))
    if body.slug is not None and _has_slug(tx, caller.scope, kind, slug):
        raise _taken(slug)
    if tx.first(projects.visible(caller.scope, kind).where(tables.projects.c.name == body.name)) is not None:
        raise _taken(body.name)
    owner = body.organization_id or projects.account(tx, caller.scope)["organization_id"]
    row = {**body.model_dump(), "scope": caller.scope, "kind": kind, "slug": slug, "organization_id": owner if args.account else None}
    return _read(tx, tx.insert(tables.projects.insert(), {**row, "created_at": tx.now, "updated_at": tx.now}))


def update(tx: Transaction, args: ProjectArgs, body: ProjectPatch, caller: Caller) -> Reply:
    """Changes the given fields. Raises CrosswalkError (conflict) when the name or slug is taken."""
    row = _changeable(tx, args.project_id, caller)
    given = {name: getattr(body, name) for name in body.model_fields_set}
    values = {name: value for name, value in given.items() if value is not None or name == "description"}
    if values.get("extensions"):
        values["extensions"] = joined(row.extensions, values["extensions"])
    if values.get("slug", row.slug) != row.slug and _has_slug(tx, caller.scope, row.kind, values["slug"]):
        raise _taken(values["slug"])
    try:
        tx.execute(tables.projects.update().where(tables.projects.c.id == row.id).values(**values, updated_at=tx.now))
    except IntegrityError as error:
        raise _taken(str(values.get("name"))) from error
    return _read(tx, row.id)


def delete(tx: Transaction, args: ProjectArgs, _body: None, caller: Caller) -> Reply:
    """Deletes a project with what belongs to it: the spans of a trace project; the datasets, experiments and prompts of an account's, by an admin."""
    row = _changeable(tx, args.project_id, caller)
    reference = tx.ids.make(Kind.PROJECT, row.id)
    if row.kind == projects.ACCOUNT:
        if caller.role != _ADMIN:
            raise CrosswalkError(Code.FORBIDDEN, f"Deleting a project needs the role {_ADMIN}.")
        _empty(tx, reference, caller)
    else:
        tx.execute(tables.spans.delete().where(tables.spans.c.scope == caller.scope, tables.spans.c.project == row.name))
    tx.execute(tables.projects.delete().where(tables.projects.c.id == row.id))
    return {"id": reference}


def _empty(tx: Transaction, project: str, caller: Caller) -> None:
    """Deletes every record of an account's project."""
    for number in _numbers(tx, tables.datasets, project, caller):
        datasets.delete(tx, DatasetArgs(dataset_id=tx.ids.make(Kind.DATASET, number)), None, caller)
    # Arms go with their groups, so each is looked for anew.
    while left := _numbers(tx, tables.experiments, project, caller):
        experiments.delete(tx, DeleteExperimentArgs(experiment_id=tx.ids.make(Kind.EXPERIMENT, left[0])), None, caller)
    tx.execute(tables.prompts.delete().where(tables.prompts.c.scope == caller.scope, tables.prompts.c.project == project))


def _numbers(tx: Transaction, table: Any, project: str, caller: Caller) -> list[int]:
    return [row.id for row in tx.rows(select(table.c.id).where(table.c.scope == caller.scope, table.c.project == project))]


def _changeable(tx: Transaction, reference: str, caller: Caller) -> Row[Any]:
    row = projects.find(tx, reference, caller.scope)
    if row is None and projects.is_own(tx, reference, caller.scope):
        raise CrosswalkError(Code.FORBIDDEN, "The account's own project follows from its keys: it cannot be changed or deleted.")
    if row is None:
        raise unknown(Kind.PROJECT, reference)
    if row.scope == EVERYONE:
        message = f"The project {row.name!r} is everybody's: it cannot be changed or deleted."
        raise CrosswalkError(Code.FORBIDDEN, message, Reason.RESERVED, Kind.PROJECT, tx.ids.make(Kind.PROJECT, row.id))
    return row


def _has_slug(tx: Transaction, scope: str, kind: str, slug: str) -> bool:
    return tx.first(projects.visible(scope, kind).where(tables.projects.c.slug == slug)) is not None


def _taken(name: str) -> CrosswalkError:
    message = f"A project with the name or slug {name!r} already exists."
    return CrosswalkError(Code.CONFLICT, message, Reason.DUPLICATE, Kind.PROJECT, name)


def _read(tx: Transaction, number: int) -> Reply:
    row = tx.first(select(tables.projects).where(tables.projects.c.id == number))
    assert row is not None, "just written"
    return projects.document(tx, row)


HANDLERS = {Op.CREATE_PROJECT: create, Op.UPDATE_PROJECT: update, Op.DELETE_PROJECT: delete}
