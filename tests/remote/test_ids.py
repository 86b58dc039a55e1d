"""Vendors' ids become ours and come back, for good, and each scope and target has its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.remote.ids import ForeignIds
from gateway.store import Store
from schemas.errors import CrosswalkError, Reason
from schemas.ids import Kind

pytestmark = pytest.mark.anyio

EXPERIMENT = {
    "id": "ccbd6c03",
    "dataset_id": "004b-07da",
    "variants": [{"id": "ccbd6c03", "name": "", "steps": [{"kind": "wait", "config": {"id": "mine", "dataset_id": "mine"}}]}],
    "metadata": {"run_id": "mine"},
    "name": "n",
}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    await store.start()
    yield store
    await store.stop()


async def test_ids_are_adopted_and_come_back(store: Store) -> None:
    ids = await ForeignIds.open(store, "vendor")
    ours = await ids.adopt(EXPERIMENT, Kind.EXPERIMENT, "default")
    assert ids.ids.number(ours["id"], Kind.EXPERIMENT)
    assert ids.ids.number(ours["dataset_id"], Kind.DATASET)
    assert ours["variants"][0]["id"] == ours["id"]
    assert await ids.native(ours, Kind.EXPERIMENT, "default") == EXPERIMENT


async def test_what_callers_put_into_records_is_left_alone(store: Store) -> None:
    ours = await (await ForeignIds.open(store, "vendor")).adopt(EXPERIMENT, Kind.EXPERIMENT, "default")
    assert ours["metadata"] == EXPERIMENT["metadata"]
    assert ours["variants"][0]["steps"] == EXPERIMENT["variants"][0]["steps"]


async def test_an_id_is_the_same_after_a_restart(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        store = Store(f"sqlite:///{tmp_path / 'store.db'}")
        await store.start()
        ids = await ForeignIds.open(store, "vendor")
        ours = await ids.adopt(EXPERIMENT, Kind.EXPERIMENT, "default")
        seen.append(ours)
        assert await (await ForeignIds.open(store, "vendor")).native(ours, Kind.EXPERIMENT, "default") == EXPERIMENT
        await store.stop()
    assert seen[0] == seen[1]


async def test_another_target_does_not_know_the_id(store: Store) -> None:
    one, other = await ForeignIds.open(store, "one"), await ForeignIds.open(store, "other")
    ours = await one.adopt(EXPERIMENT, Kind.EXPERIMENT, "default")
    assert (await other.adopt(EXPERIMENT, Kind.EXPERIMENT, "default"))["id"] != ours["id"]
    with pytest.raises(CrosswalkError) as refused:
        await other.native(ours, Kind.EXPERIMENT, "default")
    assert refused.value.reason is Reason.UNKNOWN_RECORD


async def test_another_scope_does_not_know_the_id(store: Store) -> None:
    ids = await ForeignIds.open(store, "vendor")
    ours = await ids.adopt(EXPERIMENT, Kind.EXPERIMENT, "ann")
    assert (await ids.native(ours, Kind.EXPERIMENT, "bob"))["id"] == ours["id"]
    assert (await ids.adopt(EXPERIMENT, Kind.EXPERIMENT, "bob"))["id"] != ours["id"]


async def test_a_canonical_id_made_by_arithmetic_passes(store: Store) -> None:
    ids = await ForeignIds.open(store, "vendor")
    made = ids.ids.make(Kind.EXPERIMENT, 7)
    assert (await ids.adopt({"id": made}, Kind.EXPERIMENT, "default"))["id"] == made
    assert (await ids.native({"experiment_id": made}, None, "default"))["experiment_id"] == made
