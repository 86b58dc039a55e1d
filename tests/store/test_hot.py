"""Prepared statements bind what the columns' types would bind, and nothing that has no fixed text."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from gateway.store import Store, Transaction
from gateway.store.hot import Hot
from gateway.store.tables import datasets
from gateway.store.types import JSON_NULL
from schemas.errors import Code, CrosswalkError

pytestmark = pytest.mark.anyio

NAMES = ("scope", "name", "metadata", "tags", "extensions", "created_at", "updated_at", "project")
NEW = Hot(datasets.insert().returning(datasets.c.id), *NAMES)
RENAME = Hot(datasets.update().where(datasets.c.id == bindparam("number"), datasets.c.scope == "s"), "name")


def row(**more: Any) -> dict[str, Any]:
    time = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    said = {"metadata": {"é": [1]}, "tags": JSON_NULL, "extensions": {}}
    return {"scope": "s", "name": "n", "created_at": time, "updated_at": time, "project": None, **said, **more}


async def test_it_stores_what_an_ordinary_insert_stores(store: Store) -> None:
    def both(tx: Transaction) -> list[tuple[Any, ...]]:
        made = NEW.row(tx, row())
        assert made is not None
        tx.insert(datasets.insert(), row())
        RENAME.run(tx, {"number": made[0], "name": "n"})
        return [tuple(one)[1:] for one in tx.connection.exec_driver_sql("SELECT * FROM datasets ORDER BY id")]

    hot, ordinary = await store.write(both)
    assert hot == ordinary


async def test_a_constant_in_the_statement_holds(store: Store) -> None:
    def rename(tx: Transaction) -> Any:
        number = tx.insert(datasets.insert(), row(scope="other"))
        RENAME.run(tx, {"number": number, "name": "changed"})
        return tx.value(select(datasets.c.name))

    assert await store.write(rename) == "n"


async def test_values_no_column_can_hold_are_the_callers_mistake(store: Store) -> None:
    for bad in ({"project": "\ud800"}, {"metadata": {"n": 1 << 70}}):
        with pytest.raises(CrosswalkError) as caught:
            await store.write(NEW.row, row(**bad))
        assert caught.value.code is Code.INVALID_REQUEST
    found = Hot(select(datasets.c.id).where(datasets.c.id == bindparam("number")))
    with pytest.raises(CrosswalkError):
        await store.read(found.row, {"number": 1 << 70})


async def test_a_list_of_unknown_length_is_refused(store: Store) -> None:
    statement = Hot(select(datasets.c.id).where(datasets.c.id.in_([1, 2])))
    with pytest.raises(ValueError, match="length"):
        await store.read(statement.row, {})
