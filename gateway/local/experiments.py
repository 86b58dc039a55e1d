"""Experiments: creating, listing, reading and deleting."""

import secrets
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, bindparam

from gateway.local import datasets, experiment_documents, freezing, listing, lookup, tags
from gateway.local.freezing import Source
from gateway.local.handler import Reply
from gateway.local.projects import TRACE, holds
from gateway.store import Change, Transaction, drop_aliases
from gateway.store.tables import experiments, projects, spans
from schemas.dataset import Example, NewDataset
from schemas.errors import Code, CrosswalkError, Issue, Reason, invalid
from schemas.experiment import ExperimentDefinition, ExperimentForm, StepKind, Variant
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import Caller, CreateExperimentArgs, DeleteExperimentArgs, ExperimentArgs, ListExperimentsArgs, Op
from schemas.status import ExperimentStatus

_NEW = experiments.insert()
_NEW_PROJECT = projects.insert()
_NAME = experiments.update().where(experiments.c.id == bindparam("number")).values(name=bindparam("new_name"))
_DESCRIBED = (
    "description", "form", "pipelines", "repetitions", "concurrency", "batch_size", "generation_method", "metric", "alpha",
    "threshold", "project", "tags", "metadata", "tracing", "workflow_name", "starred", "extensions", "splits",
)  # fmt: skip


def caller_runs(variant: Variant | None) -> bool:
    """Whether the chain does nothing but wait: somebody else runs it."""
    return variant is not None and bool(variant.steps) and all(step.kind is StepKind.WAIT for step in variant.steps)


def create(tx: Transaction, args: CreateExperimentArgs, body: ExperimentDefinition, caller: Caller) -> Reply:
    """Makes an experiment (with several variants: a group and its arms) and freezes its examples. Raises CrosswalkError (unsupported) for pipelines."""
    refuse_pipelines(body.pipelines)
    origin = _source(tx, body, caller)
    draft = args.draft or origin is None or not body.variants
    shared = _shared(body, origin, caller, tx)
    if len(body.variants) <= 1:
        number = _insert_arm(tx, {**shared, "alias": body.alias}, next(iter(body.variants), None), body.name, draft)
        _freeze(tx, [number], origin)
    else:
        number = _insert_group(tx, shared, body, draft, origin)
    datasets.claim(tx, Kind.EXPERIMENT, body.alias, number, caller)
    return experiment_documents.one(tx, number)


def refuse_pipelines(named: Sequence[str] | None) -> None:
    """An experiment judged by pipelines would end without a score here, and nobody would know why."""
    if named:
        raise CrosswalkError(Code.UNSUPPORTED, "Evaluation pipelines are not run here: name evaluators instead.")


def _source(tx: Transaction, body: ExperimentDefinition, caller: Caller) -> Source | None:
    dataset = body.dataset_id
    if body.examples is not None:
        if dataset is not None:
            raise invalid("An experiment has its examples from a dataset or in its definition, not from both.", "examples")
        # Dialects whose cases stand in the experiment do not list this dataset; those that know datasets only do.
        mark: dict[str, JsonObject] = {"canonical": {"inline": True}}
        new = NewDataset(name=body.name or "Experiment", description=None, project=body.project, extensions=mark)
        dataset = tx.ids.make(Kind.DATASET, datasets.make(tx, new, inline(body.examples), caller))
    if dataset is None:
        return None
    return freezing.source(tx, dataset, body.dataset_version_id, body.splits, caller)


def inline(given: Sequence[Json]) -> list[Example]:
    """Examples written into a definition; what is no object is an input. Raises CrosswalkError (invalid_request)."""
    made: list[Example] = []
    for index, item in enumerate(given):
        try:
            made.append(Example.model_validate(item) if isinstance(item, dict) else Example(input=item))
        except ValidationError as error:
            found = [Issue(("examples", index, *one["loc"]), one["msg"], one["type"]) for one in error.errors()]
            raise CrosswalkError(Code.INVALID_REQUEST, f"Example {index} is not valid.", Reason.VALIDATION, issues=tuple(found)) from error
    return made


def _shared(body: ExperimentDefinition, origin: Source | None, caller: Caller, tx: Transaction) -> dict[str, Any]:
    """What all rows of one experiment have in common."""
    return {
        **{name: getattr(body, name) for name in _DESCRIBED},
        "evaluators": [use.model_dump() for use in body.evaluators],
        "scope": caller.scope,
        "created_by": caller.name,
        "dataset_id": origin.dataset.id if origin else None,
        "dataset_version_id": origin.version if origin else None,
        "created_at": tx.now,
        "updated_at": tx.now,
    }


def _insert_arm(tx: Transaction, shared: dict[str, Any], variant: Variant | None, name: str | None, draft: bool) -> int:
    """Adds the row of a single experiment or an arm, with its trace project, and says that it is to be run."""
    by_caller = caller_runs(variant)
    status = ExperimentStatus.DRAFT if draft else ExperimentStatus.WAITING if by_caller else ExperimentStatus.PENDING
    row = {
        **shared,
        "name": name or "",
        "variant": variant.name if variant else None,
        "steps": steps(variant) if variant else None,
        "caller_runs": by_caller,
        # How many rows an evaluation gets from its caller is not known before the caller says that it is over.
        "stated": by_caller and shared["form"] == ExperimentForm.EVALUATION,
        "status": status.value,
        "trace_project": _trace_project(tx, shared),
    }
    number = tx.insert(_NEW, row)
    if name is None:
        tx.execute(_NAME, {"number": number, "new_name": _default_name(tx, number)})
    if not draft:
        tx.changes.append(Change(status.value, number))
    return number


def steps(variant: Variant) -> list[dict[str, Any]]:
    """A variant's chain as stored."""
    return [step.model_dump(mode="json") for step in variant.steps]


def _default_name(tx: Transaction, number: int) -> str:
    """The end of the id: its beginning is the store's and equal for all."""
    return f"Experiment {tx.ids.make(Kind.EXPERIMENT, number)[-8:]}"


def _trace_project(tx: Transaction, shared: dict[str, Any]) -> str:
    name = f"Experiment-{secrets.token_hex(12)}"
    dataset, version = tx.id(Kind.DATASET, shared["dataset_id"]), tx.id(Kind.DATASET_VERSION, shared["dataset_version_id"])
    row = {
        "scope": shared["scope"],
        "kind": TRACE,
        "name": name,
        "description": f"dataset_id: {dataset}\ndataset_version_id: {version}",
        "extensions": {},
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    tx.execute(_NEW_PROJECT, row)
    return name


def _insert_group(tx: Transaction, shared: dict[str, Any], body: ExperimentDefinition, draft: bool, origin: Source | None) -> int:
    row = {**shared, "alias": body.alias, "name": body.name or "", "is_group": True, "status": ExperimentStatus.DRAFT.value}
    group = tx.insert(_NEW, row)
    name = body.name or _default_name(tx, group)
    tx.execute(_NAME, {"number": group, "new_name": name})
    arms = add_arms(tx, {**shared, "group_id": group}, body.variants, name, draft)
    _freeze(tx, arms, origin, group)
    return group


def add_arms(tx: Transaction, shared: dict[str, Any], variants: Sequence[Variant], name: str, draft: bool, first: int = 0) -> list[int]:
    """Adds an arm for each variant, counted from `first`; one without a name is called by its place."""
    made: list[int] = []
    for position, variant in enumerate(variants, first):
        named = variant if variant.name else variant.model_copy(update={"name": f"variant {position + 1}"})
        made.append(_insert_arm(tx, {**shared, "variant_position": position}, named, arm_name(name, named.name), draft))
    return made


def arm_name(group: str, variant: str) -> str:
    """What an arm is called where there are no variants."""
    return f"{group} · {variant}"


def _freeze(tx: Transaction, arms: Sequence[int], origin: Source | None, group: int | None = None) -> None:
    if origin is None:
        return
    count = freezing.freeze(tx, arms[0], origin)
    for arm in arms[1:]:
        freezing.copy(tx, arms[0], arm)
    numbers = [*arms, *([group] if group else [])]
    tx.execute(experiments.update().where(experiments.c.id.in_(numbers)).values(example_count=count))


def refreeze(tx: Transaction, row: Row[Any], origin: Source) -> None:
    """Gives an experiment and its arms another dataset. Runs stay; tags go along, but for those whose name another experiment there has."""
    arms = lookup.arm_numbers(tx, row)
    tags.move(tx, [row.id, *arms], origin.dataset.id)
    values = {"dataset_id": origin.dataset.id, "dataset_version_id": origin.version}
    tx.execute(experiments.update().where(experiments.c.id.in_([row.id, *arms])).values(**values))
    _freeze(tx, arms, origin, row.id)
    for arm in arms:
        freezing.place(tx, arm)


def list_experiments(tx: Transaction, args: ListExperimentsArgs, _body: None, caller: Caller) -> Reply:
    """Experiments, newest first: variants one by one when `flat`, else groups as one."""
    table = experiments.c
    query = experiment_documents.QUERY.where(table.scope == caller.scope)
    query = query.where(table.is_group.is_(False) if args.flat else table.group_id.is_(None))
    if args.dataset_id is not None:
        query = query.where(table.dataset_id == lookup.dataset(tx, args.dataset_id, caller.scope).id)
    if args.project is not None:
        query = query.where(holds(tx, table.project, args.project, caller.scope))
    if args.forms:
        query = query.where(table.form.in_([form.value for form in args.forms]))
    if args.variants is not None:
        many = table.group_id.is_not(None) if args.flat else table.is_group.is_(True)
        query = query.where(many if args.variants == "many" else ~many)
    return listing.page(tx, listing.Listing(Kind.EXPERIMENT, query, table.id, lambda rows: experiment_documents.many(tx, rows)), args)


def get(tx: Transaction, args: ExperimentArgs, _body: None, caller: Caller) -> Reply:
    """One experiment: a single one, a group, or an arm."""
    return experiment_documents.one(tx, lookup.experiment(tx, args.experiment_id, caller.scope).id)


def delete(tx: Transaction, args: DeleteExperimentArgs, _body: None, caller: Caller) -> Reply:
    """Deletes an experiment with its runs and scores; a group with its arms, and the last arm with its group."""
    row = lookup.experiment(tx, args.experiment_id, caller.scope)
    arms = lookup.arms(tx, row)
    remove(tx, arms, caller, args.delete_traces)
    head = row.id if row.is_group else row.group_id
    if head is not None and not lookup.arm_numbers(tx, lookup.number(tx, head)):
        _drop(tx, head)
    return {"id": tx.ids.make(Kind.EXPERIMENT, row.id)}


def remove(tx: Transaction, arms: Sequence[Row[Any]], caller: Caller, traces: bool = False) -> None:
    """Deletes single experiments or arms."""
    for arm in arms:
        _drop(tx, arm.id)
        tx.changes.append(Change("deleted", arm.id))
        if traces:
            named = projects.delete().where(projects.c.scope == caller.scope, projects.c.kind == TRACE)
            tx.execute(named.where(projects.c.name == arm.trace_project))
            tx.execute(spans.delete().where(spans.c.scope == caller.scope, spans.c.project == arm.trace_project))


def _drop(tx: Transaction, number: int) -> None:
    drop_aliases(tx, Kind.EXPERIMENT, number)
    tx.execute(experiments.delete().where(experiments.c.id == number))


HANDLERS = {
    Op.CREATE_EXPERIMENT: create,
    Op.LIST_EXPERIMENTS: list_experiments,
    Op.GET_EXPERIMENT: get,
    Op.DELETE_EXPERIMENT: delete,
}
