"""EvalGuard's v1 API: eval runs, prompt and A/B experiments, datasets with versions, prompts, scorers.

Served under `/api/v1` and under `/v1`, because the Python client drops the `/api` of a bare origin (reference section 14, verified).
"""

from adapters.base import Adapter
from adapters.evalguard.checked import CHECKED
from adapters.evalguard.demo import demo
from adapters.evalguard.not_served import NOT_SERVED
from adapters.evalguard.quirks.errors import headers, read_error, render_error
from adapters.evalguard.quirks.reading import denied
from adapters.evalguard.quirks.run_ways import owner
from adapters.evalguard.routes import PAGES, ROUTES
from adapters.evalguard.routes.outgoing import OUTGOING, together
from adapters.evalguard.tables.common import STATUS_CODES
from adapters.evalguard.tables.experiments import EXPERIMENT_STATUS
from adapters.evalguard.tables.registry import EVALUATOR_KIND
from adapters.evalguard.wire.base import EvalGuardOptions
from adapters.evalguard.wire.errors import ErrorBody
from schemas.ids import Kind

ADAPTER = Adapter(
    name="evalguard",
    title="EvalGuard",
    mounts=("/api/v1", "/v1"),
    routes=ROUTES,
    checked=CHECKED,
    not_served=NOT_SERVED,
    pages=PAGES,
    render_error=render_error,
    read_error=read_error,
    outgoing=OUTGOING,
    together=together,
    snapshots=True,
    # A case has one result, which goes by its index.
    repeats=False,
    # The rows of an external run come with their scores.
    judges=False,
    slots={Kind.EXAMPLE: "metadata"},
    owners={Kind.RUN: owner},
    write_headers={"x-requested-with": "crosswalk"},
    denied=denied,
    headers=headers,
    options=EvalGuardOptions,
    statuses=STATUS_CODES,
    error_bodies={"application/json": ErrorBody},
    vocabularies={"experiment status": EXPERIMENT_STATUS, "evaluator kind": EVALUATOR_KIND},
    id_example="b3a3c1b8-55c1-4b4e-9d5b-0d3d2f5a7e01",
    demo=demo,
)
