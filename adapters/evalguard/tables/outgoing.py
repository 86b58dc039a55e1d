"""What we ask the vendor ourselves: only what its documentation or its clients say, nothing that it might drop unseen."""

from adapters.evalguard.quirks import saying
from adapters.evalguard.quirks.saying import AnyText, Project
from adapters.evalguard.tables import evals, runs
from adapters.evalguard.tables.common import DATASET_ID, FIGURE
from adapters.evalguard.tables.unsaid import REASONS, without
from adapters.mapping import Each, Fold, Preset, Row, Shape

_CASE_ROWS = (Row("input", "input", AnyText(), default=""), Row("metadata", "metadata"))
_CASE_HIDDEN = {
    **runs.CASE.hidden,
    "id": "the vendor gives the ids",
    "dataset_id": "named by the dataset",
    "position": "their order",
    "created_at": "cases have no times",
    "updated_at": "cases have no times",
}
NEW_DATASET = Shape(
    (
        Row("projectId", "project", Project()),
        Row("name", "name"),
        Row("description", "description", FIGURE, default=""),
        Row("cases", "examples", Each(Shape((*_CASE_ROWS, Row("expectedOutput", "reference", AnyText())), hidden=_CASE_HIDDEN))),
    ),
    hidden={"alias": "the vendor gives the ids", "metadata": "datasets have no metadata", "tags": "no source shows tags in a request"},
)
"""`POST /datasets` (documented)."""

DATASET_PATCH = Shape(
    (Row("name", "name"), Row("description", "description")), hidden={"metadata": "datasets have no metadata", "tags": "not told"}
)
"""`PUT /datasets/{datasetId}` (the index names the route, nothing its body)."""

NEW_CASES = Shape((Row("cases", "examples", Each(Shape((*_CASE_ROWS, Row("expected", "reference", AnyText())), hidden=_CASE_HIDDEN))),))
"""`POST /datasets/{datasetId}/cases`: here the answer is `expected` (documented)."""

NEW_VERSION = Shape((Row("description", "description"),), hidden={"label": "only a description is documented"})
"""`POST /datasets/{datasetId}/versions` (documented)."""

NEW_EVAL = Shape(
    (
        Row("projectId", "project", Project()),
        Row("name", "name", FIGURE, default="Experiment"),
        Fold(("model", "prompt", "external"), ("variants",), None, saying.say_run),
        Fold(("cases",), ("examples",), None, saying.say_cases),
        Fold(("scorers",), ("evaluators", "variants"), None, saying.say_scorers),
        Fold((), ("dataset_id", "dataset_version_id", "extensions/crosswalk"), None, saying.kept),
        Preset("threshold", lambda scope: scope.options.threshold, "a run passes from the vendor's own threshold on"),
    ),
    hidden=without(
        REASONS,
        "project",
        "dataset_version_id",
        form="the route tells it",
        metric="a run has no variants to compare",
        alpha="a run has no variants to compare",
        examples="cases stand in a dataset first",
    ),
)
"""`POST /evals` (documented, seen in clients)."""

_NEW_GROUP = without(
    REASONS,
    name="no source shows a name",
    project="no source shows a project",
    form="the route tells it",
    examples="cases stand in a dataset",
    threshold="the vendor's own threshold",
    metric="no source shows how to name one",
    alpha="no source shows how to say it",
)
NEW_GROUP = Shape(
    (
        Row("dataset_id", "dataset_id", DATASET_ID),
        Fold(("variants",), ("variants",), None, saying.say_variants),
        Fold(("scorers",), ("evaluators", "variants"), None, saying.say_scorers),
    ),
    hidden=_NEW_GROUP,
)
"""`POST /prompts/experiments` and `/prompts/ab-experiments` (documented for the first, inferred for the second)."""

NEW_GROUP_CAMEL = Shape(
    (
        Row("datasetId", "dataset_id", DATASET_ID),
        Row("name", "name", FIGURE, default="Experiment"),
        *NEW_GROUP.rows[1:],
    ),
    hidden=without(_NEW_GROUP, "name"),
)
"""The same in the spelling of the vendor's other routes, for when the documented one is refused (reference section 15)."""

EVAL_PATCH = Shape(
    (*evals.EVAL_PATCH.rows, Fold((), ("extensions/crosswalk",), None, saying.kept)),
    hidden=evals.EVAL_PATCH.hidden,
)
"""`PATCH /evals/{runId}` (documented)."""

_NEW_RESULT_ROWS = (
    Row("test_case_index", "example_position"),
    Row("input", "input", AnyText(), default=""),
    Row("expected", "reference", AnyText()),
    Row("output", "output", AnyText(), default=""),
    runs.SCORES,
    Fold(("score", "passed"), ("score", "passed", "error", "scores", "status"), None, saying.say_outcome),
    Fold(("latency_ms",), ("latency_ms", "started_at", "ended_at"), None, runs.encode_latency),
    Row("cost", "cost", FIGURE),
)
NEW_RESULT = Shape(_NEW_RESULT_ROWS, hidden=runs.NEW_RESULT.hidden)
"""A row as clients upload it (seen in client, reference section 6.5)."""

NEW_RESULTS = Shape((Row("results", "runs", Each(NEW_RESULT)),))
