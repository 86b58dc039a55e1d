"""`crosswalk store check`: its exit codes, and that it changes nothing."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.store import Store


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["store", "check", *arguments])


def made(path: str = "crosswalk.db") -> None:
    """A store without records, closed again."""

    async def start() -> None:
        store = Store(f"sqlite:///{path}")
        await store.start()
        await store.stop()

    asyncio.run(start())


def changed(statement: str) -> None:
    """What a person did to the database with other tools."""
    with sqlite3.connect("crosswalk.db") as connection:
        connection.execute(statement)
    connection.close()


def test_a_consistent_store_ends_with_0() -> None:
    made()
    before = Path("crosswalk.db").read_bytes()
    done = run("--json")
    assert (done.exit_code, orjson.loads(done.stdout)) == (0, {"ok": True, "findings": []})
    assert run().stdout == "The store is consistent.\n"
    assert Path("crosswalk.db").read_bytes() == before


def test_findings_end_with_1_and_are_named() -> None:
    made()
    changed("INSERT INTO tags (dataset_id, experiment_id, name, extensions, created_at, updated_at) VALUES (7, 9, 'best', '{}', 0, 0)")
    done = run("--json")
    assert done.exit_code == 1
    found = orjson.loads(done.stdout)
    assert found["ok"] is False
    assert [sentence for sentence in found["findings"] if sentence.startswith("tags.experiment_id names no record of experiments")]
    assert run().stdout.splitlines() == found["findings"]


def test_no_store_ends_with_2_and_none_is_made() -> None:
    done = run()
    assert (done.exit_code, done.stdout) == (2, "")
    assert "there is no file" in done.stderr
    assert list(Path().iterdir()) == []


def test_another_database_ends_with_2() -> None:
    changed("CREATE TABLE other (id INTEGER)")
    assert "no store of this gateway" in run().stderr
    Path("crosswalk.db").write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    done = run()
    assert done.exit_code == 2
    assert "not a database" in done.stderr


def test_an_older_schema_ends_with_2_and_stays_as_it_is() -> None:
    made()
    changed("UPDATE alembic_version SET version_num = '0001'")
    done = run()
    assert done.exit_code == 2
    assert "its schema is 0001" in done.stderr
    assert run().exit_code == 2
