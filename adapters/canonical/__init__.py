"""The gateway's own API: the canonical model as it is, errors as RFC 9457 problem documents."""

from adapters.base import Adapter
from adapters.canonical import quirks
from adapters.canonical.checked import CHECKED
from adapters.canonical.demo import demo
from adapters.canonical.routes import ROUTES
from adapters.canonical.wire import Problem
from schemas.statuses import STATUSES

ADAPTER = Adapter(
    name="canonical",
    title="Canonical",
    prefix="v1",
    routes=ROUTES,
    checked=CHECKED,
    render_error=quirks.render_error,
    statuses=STATUSES,
    error_bodies={"application/problem+json": Problem},
    id_example="00000000000080048000000000000001",
    demo=demo,
)
