"""The migrations make exactly the tables, and a current database starts without Alembic."""

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Integer

from gateway.store import engine
from gateway.store.migrate import FOLDER, HEAD, prepare
from gateway.store.tables import metadata


def test_the_migrated_database_equals_the_tables(tmp_path: Path) -> None:
    writer = engine.writer(engine.parse(f"sqlite:///{tmp_path / 'store.db'}"))
    prepare(writer)
    with writer.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
    writer.dispose()


def test_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_numbers_are_never_used_twice() -> None:
    for table in metadata.tables.values():
        if "id" in table.c:
            assert table.dialect_options["sqlite"]["autoincrement"], table.name
            assert isinstance(table.c.id.type.dialect_impl(_sqlite()), Integer)


def _sqlite():  # type: ignore[no-untyped-def]
    from sqlalchemy.dialects import sqlite

    return sqlite.dialect()


def test_a_warm_start_leaves_alembic_alone(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from gateway.store import Store\n"
        "async def main():\n"
        f"    store = Store('sqlite:///{tmp_path / 'store.db'}')\n"
        "    await store.start(); await store.stop()\n"
        "asyncio.run(main()); print('alembic' in sys.modules)\n"
    )
    answers = [subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip() for _ in range(2)]
    assert answers == ["True", "False"]
