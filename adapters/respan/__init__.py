"""Respan's experiments API, version 2, with its datasets, evaluators and scores.

Facts come from the public documentation, the published clients (`respan-api` 0.1.27 … 0.1.47) and recorded notebooks; every route says which.
"""

from adapters.base import Adapter
from adapters.respan.demo import demo
from adapters.respan.quirks.definition import STEP_TYPES
from adapters.respan.quirks.errors import render_error
from adapters.respan.quirks.evaluators import KINDS
from adapters.respan.quirks.values import VALUE_TYPES
from adapters.respan.routes import ROUTES
from adapters.respan.tables.common import EXPERIMENT_STATUS, STATUS_CODES, TRACE_STATUS
from adapters.respan.tables.datasets import TASK_STATUS
from adapters.respan.tables.scores import ANNOTATORS

ADAPTER = Adapter(
    name="respan",
    title="Respan",
    routes=ROUTES,
    render_error=render_error,
    slash=True,
    statuses=STATUS_CODES,
    vocabularies={
        "experiment status": EXPERIMENT_STATUS,
        "trace status": TRACE_STATUS,
        "report status": TASK_STATUS,
        "step type": STEP_TYPES,
        "score value type": VALUE_TYPES,
        "evaluator type": KINDS,
        "annotator": ANNOTATORS,
    },
    id_example="00000000000080048000000000000001",
    demo=demo,
)
