"""Arize Phoenix: its experiments REST API, as server 20.26.1 speaks it, and what was otherwise down to 11.38.0 (2025-09)."""

from adapters.base import Adapter, Release
from adapters.phoenix.checked import CHECKED
from adapters.phoenix.demo import demo
from adapters.phoenix.not_served import NOT_SERVED
from adapters.phoenix.quirks import bodies, errors, pages
from adapters.phoenix.quirks.ids import TYPE_NAMES
from adapters.phoenix.routes import PAGES, ROUTES
from adapters.phoenix.routes.base import AFTER_11_38, AFTER_20_3
from adapters.phoenix.tables.common import STATUS_CODES
from adapters.phoenix.tables.datasets import ACTION
from adapters.phoenix.tables.experiments import ANNOTATOR
from adapters.phoenix.wire.errors import ValidationErrors
from schemas.ids import Kind

ADAPTER = Adapter(
    name="phoenix",
    title="Arize Phoenix",
    routes=ROUTES,
    checked=CHECKED,
    not_served=NOT_SERVED,
    pages=PAGES,
    render_error=errors.render_error,
    read_body=bodies.read_body,
    headers=pages.headers,
    options=pages.PhoenixOptions,
    statuses=STATUS_CODES,
    error_bodies={"text/plain": None, "application/json": ValidationErrors},
    finer_statuses=errors.statuses,
    vocabularies={"annotator": ANNOTATOR, "action": ACTION},
    id_example="RXhwZXJpbWVudDox",
    demo=demo,
    read_error=errors.read_error,
    numbered=frozenset(TYPE_NAMES),
    unlisted=frozenset({Kind.SCORE}),
    slots={Kind.EXPERIMENT: "metadata", Kind.EXAMPLE: "metadata", Kind.SCORE: "metadata"},
    stores=True,
    judges=False,
    waits=False,
    # Its exports and figures show the runs of the frozen version's examples alone.
    grows=False,
    # On SQLite the next row takes the highest number plus one: that of the newest record, when it has been deleted.
    incarnation={
        Kind.DATASET: ("created_at",),
        Kind.EXPERIMENT: ("trace_project", "created_at"),
        Kind.RUN: ("experiment_id", "example_id", "repetition", "started_at", "ended_at"),
    },
    release=Release("x-phoenix-server-version", "/arize_phoenix_version"),
    before={
        AFTER_20_3: {"render_error": errors.render_unfilled},
        "12.9.0": {"render_error": errors.render_2025},
        AFTER_11_38: {"read_body": bodies.read_2025},
    },
)
