"""Experiments, or a group's variants, compared on one metric."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, or_, select

from gateway.analysis.comparison import ComparisonFold, Metric
from gateway.local import evaluators, fixed, lookup, ordered_runs, run_lists
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import runs, scores
from schemas.analysis import ComparisonSide
from schemas.errors import invalid
from schemas.experiment import StepKind
from schemas.ids import Kind
from schemas.operations import Caller, CompareArgs, Op
from schemas.run import ValueType
from schemas.status import RunStatus

_JUDGED = (
    select(scores.c.evaluator, scores.c.evaluator_id, scores.c.evaluator_name)
    .where(
        scores.c.experiment_id == bindparam("experiment"),
        scores.c.error.is_(None),
        or_(scores.c.value_type.is_(None), scores.c.value_type.in_((ValueType.NUMBER.value, ValueType.BOOLEAN.value))),
    )
    .group_by(scores.c.evaluator, scores.c.evaluator_id, scores.c.evaluator_name)
    .order_by(func.min(scores.c.id))
)


def compare(tx: Transaction, args: CompareArgs, _body: None, caller: Caller) -> Reply:
    """The sides row by row, their figures, the tests between them and what these allow to say."""
    given = [lookup.experiment(tx, reference, caller.scope) for reference in dict.fromkeys(args.experiment_ids)]
    arms = {arm.id: arm for row in given for arm in lookup.arms(tx, row)}
    if len(arms) < 2:
        raise invalid("A comparison needs two experiments, or one with several variants.", "experiment_ids")
    offset = fixed.position(args.cursor)
    metric = Metric() if args.overall else _metric(tx, args.metric or _own(given, "metric"), list(arms.values()), caller.scope)
    fold = ComparisonFold([_side(tx, arm) for arm in arms.values()], metric, _alpha(args, given), offset, args.limit)
    for index, arm in enumerate(arms.values()):
        query = run_lists.listed(tx, arm).where(runs.c.status != RunStatus.WAITING.value)
        for run in ordered_runs.stream(tx, query):
            fold.add(index, run)
    return _result(fold, offset + args.limit if args.limit else None)


def _result(fold: ComparisonFold, following: int | None) -> Reply:
    try:
        comparison = fold.result().model_dump()
    except ValueError as error:
        raise invalid(f"The scores cannot be compared: {error}.", "metric") from error
    return {**comparison, "next_cursor": fixed.cursor(following) if following and fold.more else None}


def _alpha(args: CompareArgs, given: Sequence[Row[Any]]) -> float:
    """What was asked for, else what the experiments were made with, else the default."""
    own = None if "alpha" in args.model_fields_set else _own(given, "alpha")
    return args.alpha if own is None else float(own)


def _own(given: Iterable[Row[Any]], name: str) -> Any:
    return next((value for row in given if (value := getattr(row, name)) is not None), None)


def _side(tx: Transaction, arm: Row[Any]) -> ComparisonSide:
    return ComparisonSide(
        experiment_id=tx.ids.make(Kind.EXPERIMENT, arm.id),
        name=arm.name,
        variant=arm.variant or "",
        model=_model(arm.steps or ()),
        dataset_id=tx.id(Kind.DATASET, arm.dataset_id),
        created_at=arm.created_at.isoformat(),
    )


def _model(steps: Iterable[dict[str, Any]]) -> str | None:
    """The model of the last completion of a chain, when it names one."""
    models = [step["config"].get("model") for step in steps if step["kind"] == StepKind.COMPLETION]
    return next((model for model in reversed(models) if isinstance(model, str)), None)


def _metric(tx: Transaction, wanted: str | None, arms: Sequence[Row[Any]], scope: str) -> Metric:
    """The evaluator that was asked for; else the first, in the order of the experiment, that has scored every side; else the mean of all."""
    if wanted is not None:
        return Metric(wanted, evaluators.names(tx, wanted, scope))
    first, *others = [_judges(tx, arm, scope) for arm in arms]
    for label, names in first.items():
        shared = [next((found for found in other.values() if names & found), None) for other in others]
        if None not in shared:
            return Metric(label, names.union(*filter(None, shared)))
    return Metric()


def _judges(tx: Transaction, arm: Row[Any], scope: str) -> dict[str, frozenset[str]]:
    """The evaluators whose figures an experiment has, by their key with all their names: first those it names itself, in its order."""
    rows = tx.rows(_JUDGED, {"experiment": arm.id})
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        said = filter(None, (row.evaluator_id, row.evaluator_name))
        found[row.evaluator] = found.get(row.evaluator, evaluators.names(tx, row.evaluator, scope)).union(said)
    planned = [use["evaluator"] for use in arm.evaluators]
    return dict(sorted(found.items(), key=lambda item: _place(planned, item[1])))


def _place(planned: Sequence[str], names: frozenset[str]) -> int:
    return next((place for place, one in enumerate(planned) if one in names), len(planned))


HANDLERS = {Op.COMPARE: compare}
