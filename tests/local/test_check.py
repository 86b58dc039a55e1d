"""The store's check finds nothing in a store that was only used, and everything that somebody broke."""

from typing import Any

import pytest
from sqlalchemy import text

from gateway.local.target import LocalTarget
from gateway.store import Transaction
from gateway.store.check import check
from schemas.operations import Op
from tests.local.conftest import Ask
from tests.local.test_figures import WAIT, dataset, experiment, record

pytestmark = pytest.mark.anyio


async def busy(ask: Ask) -> None:
    """A store where something of everything has happened."""
    of = await dataset(ask, 4)
    rows = (await ask(Op.LIST_EXAMPLES, dataset_id=of))["items"]
    await ask(Op.UPDATE_EXAMPLE, {"input": {"q": "new"}, "splits": ["dev"]}, dataset_id=of, example_id=rows[0]["id"])
    await ask(Op.DELETE_EXAMPLES, dataset_id=of, example_ids=[rows[1]["id"]])
    group = await experiment(ask, of, "x", "y", alias="group-1")
    single = await experiment(ask, of, alias="single-1", repetitions=2)
    for one in (group["variants"][0]["id"], single["id"]):
        await record(ask, one, [0.5, 1.0, None])
    await ask(Op.ADD_RUN, {"example_position": 1, "repetition": 2, "status": "failed", "error": "x"}, experiment_id=single["id"])
    await ask(Op.ADD_EXAMPLES, {"examples": [{"input": 9}]}, dataset_id=of)
    await ask(Op.RESTORE_DATASET_VERSION, dataset_id=of, version_id=(await ask(Op.LIST_DATASET_VERSIONS, dataset_id=of))["items"][-1]["id"])
    await ask(Op.SET_TAG, {"name": "best"}, experiment_id=single["id"])
    await ask(Op.CREATE_EVALUATOR, {"name": "E", "alias": "ev-1"})
    gone = await ask(Op.CREATE_DATASET, {"name": "gone", "alias": "gone-1", "examples": [{"input": 1}]})
    await ask(Op.CREATE_EXPERIMENT, {"dataset_id": gone["id"], "variants": [WAIT], "alias": "gone-2"})
    await ask(Op.DELETE_DATASET, dataset_id=gone["id"])


async def test_a_used_store_is_consistent(ask: Ask, target: LocalTarget) -> None:
    assert await target.store.read(check) == []
    await busy(ask)
    assert await target.store.read(check) == []


DAMAGE = {
    "a dataset's version_id": "UPDATE datasets SET version_id = 1, example_count = example_count WHERE version_id > 1",
    "a dataset's example_count": "UPDATE datasets SET example_count = example_count + 1",
    "next_position": "UPDATE datasets SET next_position = 0",
    "a version's example_count": "UPDATE dataset_versions SET example_count = 99 WHERE number = 2",
    "latest revision": "UPDATE examples SET revision_id = (SELECT max(id) FROM example_revisions)",
    "another dataset": "UPDATE example_revisions SET dataset_id = dataset_id + 1 WHERE id = 1",
    "no group of its scope": "UPDATE experiments SET scope = 'other' WHERE group_id IS NOT NULL",
    "a group has no arms": "UPDATE experiments SET is_group = 1 WHERE group_id IS NULL AND is_group = 0",
    "an experiment's example_count": "UPDATE experiments SET example_count = 7 WHERE is_group = 0",
    "an experiment's succeeded": "UPDATE experiments SET succeeded = succeeded + 1",
    "an experiment's failed": "UPDATE experiments SET failed = 5 WHERE is_group = 0",
    "an experiment's waiting": "UPDATE experiments SET waiting = 5 WHERE is_group = 0",
    "a frozen revision": "UPDATE experiment_examples SET revision_id = 999",
    "two frozen examples": "UPDATE experiment_examples SET position = 0",
    "frozen set": "UPDATE runs SET position = position + 50",
    "a run's revision": "UPDATE runs SET revision_id = 999",
    "a score's experiment": "UPDATE scores SET experiment_id = 999",
    "a tag's dataset": "UPDATE tags SET dataset_id = 999",
    "names no record": "UPDATE scores SET run_id = 999 WHERE id = 1",
    "names no experiment": "UPDATE aliases SET number = 999 WHERE alias = 'single-1'",
    "does not lead to it": "DELETE FROM aliases",
    "a kind that has none": "INSERT INTO aliases (scope, kind, alias, number) VALUES ('default', 99, 'a', 1)",
}


@pytest.mark.parametrize("finding", DAMAGE)
async def test_damage_is_found(ask: Ask, target: LocalTarget, finding: str) -> None:
    await busy(ask)

    def damage_and_check(tx: Transaction) -> list[str]:
        tx.execute(text("PRAGMA defer_foreign_keys = ON"))
        tx.execute(text(DAMAGE[finding]))
        found = check(tx)
        raise _Found(found)

    with pytest.raises(_Found) as caught:
        await target.store.write(damage_and_check)
    assert any(finding in sentence for sentence in caught.value.findings), caught.value.findings
    assert await target.store.read(check) == []


class _Found(Exception):
    def __init__(self, findings: Any) -> None:
        self.findings = findings
