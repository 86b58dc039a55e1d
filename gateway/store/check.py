"""Whether the store agrees with itself: every reference leads to a record, every counter counts what is there.

For tests, and for somebody who has moved a database about (`crosswalk store check`). It reads everything once and changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, null, select, true

from gateway.store.tables import (
    aliases,
    dataset_versions,
    datasets,
    evaluators,
    example_revisions,
    examples,
    experiment_examples,
    experiments,
    metadata,
    runs,
    scores,
    tags,
)
from gateway.store.transaction import Transaction
from schemas.ids import Kind
from schemas.status import RunStatus

MOST = 20
"""Findings shown of one rule; the number of all is always told."""

_ALIASED = {Kind.DATASET: datasets, Kind.EXPERIMENT: experiments, Kind.EVALUATOR: evaluators}


@dataclass(frozen=True)
class Rule:
    """What must never be; `wrong` selects the offenders: a number that names the record, then whatever explains."""

    name: str
    wrong: Select[Any]


def check(tx: Transaction) -> list[str]:
    """Everything that is inconsistent, one sentence each; empty when all is well."""
    return [sentence for rule in rules() for sentence in _broken(tx, rule)]


def _broken(tx: Transaction, rule: Rule) -> Iterator[str]:
    found = tx.rows(rule.wrong.limit(MOST + 1))
    for row in found[:MOST]:
        yield f"{rule.name}: {', '.join(f'{name} {value}' for name, value in row._asdict().items())}"
    if len(found) > MOST:
        yield f"{rule.name}: and more"


def rules() -> list[Rule]:
    """Every rule of the store."""
    return [*_references(), *_datasets(), *_experiments(), *_runs(), *_names()]


def _references() -> Iterator[Rule]:
    """Foreign keys, on databases too that were written with enforcement off."""
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            child, other = key.parent, key.column.table.alias("other")
            wrong = select(child).where(child.is_not(None), ~_exists(other, other.c[key.column.name] == child))
            yield Rule(f"{table.name}.{child.name} names no record of {key.column.table.name}", wrong)


def _datasets() -> Iterator[Rule]:
    newer, latest = dataset_versions.alias("newer"), dataset_versions
    mine = latest.c.id == datasets.c.version_id
    newest = ~_exists(newer, newer.c.dataset_id == datasets.c.id, newer.c.number > latest.c.number)
    yield Rule(
        "a dataset's version_id is not its latest version",
        select(datasets.c.id).where(~_exists(latest, mine, latest.c.dataset_id == datasets.c.id, newest)),
    )
    yield _counted(
        "a dataset's example_count",
        datasets,
        datasets.c.example_count,
        examples,
        examples.c.dataset_id == datasets.c.id,
        examples.c.deleted.is_(False),
    )
    yield Rule(
        "a dataset's next_position is taken",
        select(datasets.c.id, datasets.c.next_position).where(
            _exists(examples, examples.c.dataset_id == datasets.c.id, examples.c.position >= datasets.c.next_position)
        ),
    )
    yield _version_counts()
    yield from _revisions()


def _version_counts() -> Rule:
    """A version's examples are the latest revisions up to it that are not deletions."""
    revision, later = example_revisions.alias("revision"), example_revisions.alias("later")
    superseded = _exists(
        later, later.c.example_id == revision.c.example_id, later.c.version_id <= dataset_versions.c.id, later.c.id > revision.c.id
    )
    living = (
        revision.c.dataset_id == dataset_versions.c.dataset_id,
        revision.c.version_id <= dataset_versions.c.id,
        revision.c.deleted.is_(False),
        ~superseded,
    )
    return _counted("a version's example_count", dataset_versions, dataset_versions.c.example_count, revision, *living)


def _revisions() -> Iterator[Rule]:
    current, newer = example_revisions.alias("current"), example_revisions.alias("newer")
    held = (
        current.c.id == examples.c.revision_id,
        current.c.example_id == examples.c.id,
        current.c.deleted == examples.c.deleted,
        ~_exists(newer, newer.c.example_id == examples.c.id, newer.c.id > current.c.id),
    )
    yield Rule(
        "an example's revision_id or deleted is not that of its latest revision", select(examples.c.id).where(~_exists(current, *held))
    )
    owner, version = examples.alias("owner"), dataset_versions.alias("version")
    revision = example_revisions
    right = and_(
        _exists(owner, owner.c.id == revision.c.example_id, owner.c.dataset_id == revision.c.dataset_id),
        _exists(version, version.c.id == revision.c.version_id, version.c.dataset_id == revision.c.dataset_id),
    )
    yield Rule("a revision's example or version is of another dataset", select(revision.c.id).where(~right))


def _experiments() -> Iterator[Rule]:
    experiment, group, arm = experiments, experiments.alias("parent"), experiments.alias("arm")
    same = and_(
        group.c.scope == experiment.c.scope,
        group.c.dataset_id.is_not_distinct_from(experiment.c.dataset_id),
        group.c.is_group.is_(True),
    )
    belongs = _exists(group, group.c.id == experiment.c.group_id, same)
    yield Rule(
        "an arm's group is no group of its scope and dataset", select(experiment.c.id).where(experiment.c.group_id.is_not(None), ~belongs)
    )
    arms = _exists(arm, arm.c.group_id == experiment.c.id)
    yield Rule(
        "a group has no arms, or an experiment that is no group has some", select(experiment.c.id).where(experiment.c.is_group != arms)
    )
    frozen = experiment_examples
    single = experiment.c.is_group.is_(False)
    yield _counted(
        "an experiment's example_count",
        experiment,
        experiment.c.example_count,
        frozen,
        frozen.c.experiment_id == experiment.c.id,
        only=single,
    )
    for status, column in _COUNTERS.items():
        yield _counted(
            f"an experiment's {column.name}",
            experiment,
            column,
            runs,
            runs.c.experiment_id == experiment.c.id,
            runs.c.status == status,
            only=single,
        )
    yield from _frozen()


_COUNTERS: dict[RunStatus, ColumnElement[int]] = {
    RunStatus.SUCCEEDED: experiments.c.succeeded,
    RunStatus.FAILED: experiments.c.failed,
    RunStatus.WAITING: experiments.c.waiting,
}


def _frozen() -> Iterator[Rule]:
    frozen = experiment_examples
    named = select(frozen.c.experiment_id, frozen.c.example_id)
    revision = example_revisions
    owned = _exists(examples, examples.c.id == frozen.c.example_id, examples.c.dataset_id == experiments.c.dataset_id)
    yield Rule(
        "a frozen revision is of another example",
        named.where(~_exists(revision, revision.c.id == frozen.c.revision_id, revision.c.example_id == frozen.c.example_id)),
    )
    yield Rule(
        "an experiment's example is of another dataset",
        named.where(~_exists(experiments, experiments.c.id == frozen.c.experiment_id, owned)),
    )
    twice = select(frozen.c.experiment_id, frozen.c.position).group_by(frozen.c.experiment_id, frozen.c.position).having(func.count() > 1)
    yield Rule("two frozen examples have one position", twice)


def _runs() -> Iterator[Rule]:
    frozen = experiment_examples
    # A caller may record runs of examples that its experiment does not hold; those it holds have their place there.
    other = (frozen.c.experiment_id == runs.c.experiment_id, frozen.c.example_id == runs.c.example_id, frozen.c.position != runs.c.position)
    yield Rule("a run's position is not its example's in the experiment's frozen set", select(runs.c.id).where(_exists(frozen, *other)))
    revision = example_revisions
    yield Rule(
        "a run's revision is of another example",
        select(runs.c.id).where(~_exists(revision, revision.c.id == runs.c.revision_id, revision.c.example_id == runs.c.example_id)),
    )
    yield Rule(
        "a group holds runs itself",
        select(runs.c.id).where(_exists(experiments, experiments.c.id == runs.c.experiment_id, experiments.c.is_group.is_(True))),
    )
    yield Rule(
        "a score's experiment is not its run's",
        select(scores.c.id).where(~_exists(runs, runs.c.id == scores.c.run_id, runs.c.experiment_id == scores.c.experiment_id)),
    )


def _names() -> Iterator[Rule]:
    tagged = _exists(experiments, experiments.c.id == tags.c.experiment_id, experiments.c.dataset_id == tags.c.dataset_id)
    yield Rule("a tag's dataset is not its experiment's", select(tags.c.id).where(~tagged))
    for kind, table in _ALIASED.items():
        named = and_(aliases.c.kind == int(kind), aliases.c.scope == table.c.scope, aliases.c.number == table.c.id)
        wrong = select(aliases.c.alias).where(aliases.c.kind == int(kind), ~_exists(table, named))
        yield Rule(f"an alias names no {kind.title}", wrong)
        lost = table.c.alias.is_not(None) & ~_exists(aliases, named, aliases.c.alias == table.c.alias)
        yield Rule(f"a {kind.title}'s alias does not lead to it", select(table.c.id).where(lost))
    others = aliases.c.kind.not_in([int(kind) for kind in _ALIASED])
    yield Rule("an alias is of a kind that has none", select(aliases.c.alias).where(others))


def _exists(source: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    # Everything but the source itself means the records outside, however deep this stands.
    return select(null()).select_from(source).where(*conditions).correlate_except(source).exists()


def _counted(
    what: str,
    table: FromClause,
    counter: ColumnElement[Any],
    source: FromClause,
    *conditions: ColumnElement[bool],
    only: ColumnElement[bool] | None = None,
) -> Rule:
    """A counter that must equal the number of rows of `source` that meet the conditions."""
    counted = select(func.count()).select_from(source).where(*conditions).correlate_except(source).scalar_subquery()
    wrong = select(table.c.id, counter.label("says"), counted.label("counted")).where(
        counter != counted, only if only is not None else true()
    )
    return Rule(f"{what} does not count what is there", wrong)
