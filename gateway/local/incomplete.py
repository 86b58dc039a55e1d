"""What an experiment still lacks: runs, and scores of its runs."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from gateway.local import examples, listing, lookup, run_documents
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import example_revisions, experiment_examples, runs, scores
from gateway.store.tables import examples as example_table
from schemas.errors import invalid
from schemas.ids import Kind
from schemas.operations import Caller, ListIncompleteArgs, ListIncompleteScoresArgs, Op
from schemas.status import RunStatus

_F = experiment_examples.c
_FROZEN = (
    select(*examples.COLUMNS)
    .select_from(example_table)
    .join(experiment_examples, _F.example_id == example_table.c.id)
    .join(example_revisions, example_revisions.c.id == _F.revision_id)
)
_MOST = 100_000
"""Repetitions on a page that was asked for with a limit: it ends early, after one example at least, rather than hold more."""

_DONE = select(runs.c.example_id, runs.c.experiment_id, runs.c.repetition).where(
    runs.c.experiment_id.in_(bindparam("experiments", expanding=True)),
    runs.c.example_id.in_(bindparam("examples", expanding=True)),
    runs.c.status.in_(bindparam("statuses", expanding=True)),
)


def incomplete_runs(tx: Transaction, args: ListIncompleteArgs, _body: None, caller: Caller) -> Reply:
    """Examples of the frozen set, ascending, with the repetitions that are still to run (of a group: in any of its arms).

    A page may hold fewer examples than asked for where there are many repetitions.
    """
    experiment = lookup.experiment(tx, args.experiment_id, caller.scope)
    arms, settled = lookup.arm_numbers(tx, experiment), _settled(args)
    done = (
        select(func.count())
        .select_from(runs)
        .where(
            runs.c.experiment_id.in_(arms),
            runs.c.example_id == _F.example_id,
            runs.c.repetition <= experiment.repetitions,
            runs.c.status.in_(settled),
        )
    )
    query = _FROZEN.where(_F.experiment_id == (arms[0] if arms else 0), done.scalar_subquery() < experiment.repetitions * len(arms))

    def render(rows: Sequence[Row[Any]]) -> list[Reply]:
        return _with_repetitions(tx, rows, arms, settled, experiment.repetitions)

    if args.limit is not None:
        args = args.model_copy(update={"limit": min(args.limit, max(1, _MOST // experiment.repetitions))})
    return listing.page(tx, listing.Listing(Kind.EXAMPLE, query, example_table.c.id, render, newest_first=False), args)


def _settled(args: ListIncompleteArgs) -> list[str]:
    """The states that leave nothing to do."""
    more = [RunStatus.FAILED.value] * (not args.failed) + [RunStatus.WAITING.value] * (not args.waiting)
    return [RunStatus.SUCCEEDED.value, *more]


def _with_repetitions(tx: Transaction, rows: Sequence[Row[Any]], arms: list[int], settled: list[str], repetitions: int) -> list[Reply]:
    done: dict[int, Counter[int]] = defaultdict(Counter)
    for start in range(0, len(rows), run_documents.CHUNK):
        numbers = [row.id for row in rows[start : start + run_documents.CHUNK]]
        for run in tx.rows(_DONE, {"experiments": arms, "examples": numbers, "statuses": settled}):
            done[run.example_id][run.repetition] += 1
    return [
        {"example": document, "repetitions": [n for n in range(1, repetitions + 1) if done[row.id][n] < len(arms)]}
        for row, document in zip(rows, examples.documents(tx, rows), strict=True)
    ]


def incomplete_scores(tx: Transaction, args: ListIncompleteScoresArgs, _body: None, caller: Caller) -> Reply:
    """Successful runs of the frozen set, ascending, that lack a score by any of the evaluators."""
    names = sorted({name.strip() for name in args.evaluators} - {""})
    if not names:
        raise invalid("Name at least one evaluator.", "evaluators", type="missing")
    experiment = lookup.experiment(tx, args.experiment_id, caller.scope)
    answered = select(func.count()).select_from(scores).where(scores.c.run_id == runs.c.id, scores.c.evaluator.in_(names))
    if args.errors:
        answered = answered.where(scores.c.error.is_(None))
    query = (
        run_documents.query()
        .join(experiment_examples, (_F.experiment_id == runs.c.experiment_id) & (_F.example_id == runs.c.example_id))
        .where(
            runs.c.experiment_id.in_(lookup.arm_numbers(tx, experiment)),
            runs.c.status == RunStatus.SUCCEEDED.value,
            runs.c.error.is_(None),
            answered.scalar_subquery() < len(names),
        )
    )

    def render(rows: Sequence[Row[Any]]) -> list[Reply]:
        return _with_examples(tx, rows, names, args.errors)

    return listing.page(tx, listing.Listing(Kind.RUN, query, runs.c.id, render, newest_first=False), args)


_OF_RUNS = (
    select(*examples.COLUMNS, runs.c.id.label("run_id"))
    .select_from(runs)
    .join(example_table, example_table.c.id == runs.c.example_id)
    .join(example_revisions, example_revisions.c.id == runs.c.revision_id)
    .where(runs.c.id.in_(bindparam("runs", expanding=True)))
)


def _with_examples(tx: Transaction, rows: Sequence[Row[Any]], names: list[str], errors: bool) -> list[Reply]:
    found: dict[int, Reply] = {}
    for start in range(0, len(rows), run_documents.CHUNK):
        part = tx.rows(_OF_RUNS, {"runs": [row.id for row in rows[start : start + run_documents.CHUNK]]})
        found.update(zip([row.run_id for row in part], examples.documents(tx, part), strict=True))
    return [
        {"run": run, "example": found[row.id], "evaluators": _lacking(run, names, errors)}
        for row, run in zip(rows, run_documents.many(tx, rows), strict=True)
    ]


def _lacking(run: Reply, names: list[str], errors: bool) -> list[str]:
    answered = {score["evaluator"] for score in run["scores"] if not errors or score["error"] is None}
    return [name for name in names if name not in answered]


HANDLERS = {Op.LIST_INCOMPLETE_RUNS: incomplete_runs, Op.LIST_INCOMPLETE_SCORES: incomplete_scores}
