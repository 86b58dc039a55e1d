"""Arize Phoenix: its experiments REST API, as server 20.26.1 speaks it."""

from adapters.base import Adapter
from adapters.phoenix.demo import demo
from adapters.phoenix.quirks import bodies, errors, pages
from adapters.phoenix.routes import PAGES, ROUTES
from adapters.phoenix.tables import ACTION, ANNOTATOR, STATUS_CODES

ADAPTER = Adapter(
    name="phoenix",
    title="Arize Phoenix",
    routes=ROUTES,
    pages=PAGES,
    render_error=errors.render_error,
    read_body=bodies.read_body,
    headers=pages.headers,
    options=pages.PhoenixOptions,
    statuses=STATUS_CODES,
    vocabularies={"annotator": ANNOTATOR, "action": ACTION},
    id_example="RXhwZXJpbWVudDox",
    demo=demo,
)
