"""Respan's experiments API, version 2, with its datasets, evaluators and scores.

Facts come from the public documentation, the published clients (`respan-api` 0.1.27 … 0.1.47) and recorded notebooks; every route says which.

What nobody documents is decided like this:

- a create answers 201, a start (`runs/`) 200 with the experiment; starting a finished experiment runs everything anew;
- an experiment that waits for its caller is `waiting_for_annotations`, one with failed runs `completed` with a count in `error_message`;
- a workflow that only waits has a pending trace for every row at once; only a waiting trace can be resumed, once (400 afterwards);
- conflicts are 400, because the clients repeat 409; what an upstream got wrong is 424, because they repeat every 5xx;
- a page past the end is empty, `page_size` beyond 100 and unknown filter fields are 400, an unknown sort key changes nothing;
- a PUT sets back the optional settings it leaves out, never name, dataset or workflow;
- a report on a dataset judges the rows' outputs as an experiment of its own form, which the lists of experiments leave out here;
- requests are not limited unless `[surfaces.respan] requests_per_minute` says so; 429 then tells after how many seconds there is room again;
- there are no request logs: what is imported into a dataset are traces of experiments that are done, chosen by filters, times and a percentage; a
  new dataset for which nothing was chosen is empty, whatever it says of `is_empty`;
- an experiment is judged by the evaluators of its pipelines' tasks, drafts of pipelines included; tasks of other types are refused by name,
  and so is the deployment of a workflow that waits for events;
- an unnamed experiment is named after the last eight characters of its id: the first eight, which the vendor takes, are the same for all of ours.
"""

from adapters.base import Adapter
from adapters.respan.checked import CHECKED
from adapters.respan.demo import demo
from adapters.respan.not_served import NOT_SERVED
from adapters.respan.quirks.definition import STEP_TYPES
from adapters.respan.quirks.errors import read_error, render_error
from adapters.respan.quirks.evaluators import KINDS
from adapters.respan.quirks.pages import LARGEST
from adapters.respan.quirks.values import VALUE_TYPES
from adapters.respan.routes import ROUTES
from adapters.respan.tables.common import EXPERIMENT_STATUS, STATUS_CODES, TRACE_STATUS
from adapters.respan.tables.datasets import TASK_STATUS
from adapters.respan.tables.scores import ANNOTATORS
from adapters.respan.wire.errors import ErrorBody
from schemas.ids import Kind
from schemas.operations import Op

ADAPTER = Adapter(
    name="respan",
    title="Respan",
    routes=ROUTES,
    checked=CHECKED,
    not_served=NOT_SERVED,
    render_error=render_error,
    read_error=read_error,
    largest_page=LARGEST,
    # A row has one trace, and rows that come later have none.
    repeats=False,
    grows=False,
    slots={Kind.EXAMPLE: "metadata"},
    # Documented for everything that is neither logging nor the model gateway.
    per_minute=60,
    deferred=frozenset({Op.ADD_RUN, Op.UPDATE_RUN, Op.PUT_SCORE}),
    slash=True,
    statuses=STATUS_CODES,
    error_bodies={"application/json": ErrorBody},
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
