"""Writes a migration for what `gateway/store/tables.py` has and the newest revision has not.

    .venv/bin/python -m gateway.store.new_revision 0002 "Evaluators have an owner"

`gateway.store.migrate.HEAD` is then set by hand to the new revision.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config

from gateway.store import engine
from gateway.store.migrate import FOLDER


def main(revision: str, message: str) -> None:
    """Upgrades an empty database to the newest revision and lets Alembic compare it with the tables."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "r%%(rev)s")
    with tempfile.TemporaryDirectory() as folder:
        writer = engine.writer(engine.parse(f"sqlite:///{Path(folder) / 'empty.db'}"))
        with writer.begin() as connection:
            config.attributes["connection"] = connection
            if any((FOLDER / "versions").glob("r*.py")):
                command.upgrade(config, "head")
            command.revision(config, message, autogenerate=True, rev_id=revision)


if __name__ == "__main__":
    main(*sys.argv[1:])
