"""The queries of the canonical API. An unknown parameter is an error: ignoring it would answer another question."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.dataset import UploadMode
from schemas.errors import Code
from schemas.experiment import ExperimentForm
from schemas.json import Json

Limit = Annotated[int, Field(ge=1, le=1000)]


class Query(BaseModel):
    """A query that must be spelled right."""

    model_config = ConfigDict(extra="forbid")


class ListQuery(Query):
    """Where a page begins and how large it is; `sort` names fields, `-` in front for descending; `where` is a condition as JSON."""

    cursor: str | None = None
    offset: Annotated[int, Field(ge=0)] | None = None
    limit: Limit = 100
    sort: list[str] = []
    where: str | None = None
    total: bool = False


class MergedQuery(ListQuery):
    """A list of one target, or of several named with commas between: then every item says its `target`."""

    target: str | None = None


class CreateDatasetQuery(Query):
    """What to do when the name is taken."""

    mode: UploadMode = UploadMode.NEW


class DatasetsQuery(MergedQuery):
    """Datasets of one name or project."""

    name: str | None = None
    project: str | None = None


class ExamplesQuery(ListQuery):
    """Examples of one version, restricted to splits."""

    version_id: str | None = None
    splits: list[str] = []


class VersionsQuery(ListQuery):
    """Versions; `explicit` keeps only snapshots somebody asked for."""

    explicit: bool = False


class CompareVersionsQuery(Query):
    """The version to compare with; none is the dataset as it is now."""

    to: str | None = None


class CreateExperimentQuery(Query):
    """`draft` keeps the definition without starting it."""

    draft: bool = False


class ExperimentsQuery(MergedQuery):
    """Experiments; `flat` lists each variant as an experiment of its own."""

    dataset_id: str | None = None
    project: str | None = None
    forms: list[ExperimentForm] = []
    variants: Literal["one", "many"] | None = None
    flat: bool = False


class DeleteExperimentQuery(Query):
    """`delete_traces` removes the trace project, too."""

    delete_traces: bool = False


class StartQuery(Query):
    """`again` runs everything anew, otherwise only what is missing or failed."""

    again: bool = False


class AddRunQuery(Query):
    """`replace` overwrites a recorded run."""

    replace: bool = False


class WindowQuery(Query):
    """A span of time, both ends inclusive."""

    start_time: AwareDatetime | None = None
    end_time: AwareDatetime | None = None


class RunsQuery(ListQuery, WindowQuery):
    """Runs with their scores unless told otherwise, with their steps when asked, with waiting placeholders unless told otherwise."""

    scores: bool = True
    steps: bool = False
    waiting: bool = True


class IncompleteQuery(ListQuery):
    """What is still to run; failed runs and waiting placeholders count unless told otherwise."""

    failed: bool = True
    waiting: bool = True


class IncompleteScoresQuery(ListQuery):
    """The evaluators whose scores are looked for."""

    evaluators: Annotated[list[str], Field(min_length=1)]
    errors: bool = True


class SummaryQuery(WindowQuery):
    """Which runs to fold; `where` is a condition as JSON."""

    where: str | None = None


class HistogramQuery(Query):
    """The evaluator and the number of bars."""

    evaluator: str
    bins: Annotated[int, Field(ge=1, le=50)] = 20
    where: str | None = None


class ExportQuery(Query):
    """The format of an export."""

    format: Literal["json", "jsonl", "csv"] = "json"


class CompareQuery(Query):
    """What to compare, on which evaluator, at which level of significance."""

    experiment_ids: Annotated[list[str], Field(min_length=1, max_length=16)]
    metric: str | None = None
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    cursor: str | None = None
    limit: Limit = 100


class EvaluatorsQuery(MergedQuery):
    """Kept evaluators; `builtin` lists the gateway's own scorers instead."""

    builtin: bool = False
    name: str | None = None


class PromptsQuery(MergedQuery):
    """Prompt versions."""

    name: str | None = None
    project: str | None = None


class CreateProjectQuery(Query):
    """`account` makes a project that records belong to, otherwise one that traces are sent to."""

    account: bool = False


class ProjectsQuery(MergedQuery):
    """`account` lists the projects records belong to; `experiments` false leaves out the trace projects of experiments."""

    account: bool = False
    experiments: bool = True


class VersionQuery(Query):
    """The version of a prompt or document that is named instead of identified; the latest unless told."""

    version: Annotated[int, Field(ge=1)] | None = None


class PutDocumentQuery(VersionQuery):
    """`create` refuses to touch a document that is there already."""

    create: bool = False


class UpdateDocumentQuery(VersionQuery):
    """`rename` gives the document another key."""

    rename: Annotated[str, Field(min_length=1)] | None = None


class DocumentsQuery(MergedQuery):
    """Documents of one key, or of keys with one beginning; `versions` lists every version, otherwise the latest of each."""

    key: str | None = None
    prefix: str | None = None
    versions: bool = False


class ScoreQuery(Query):
    """`create` refuses to replace a score of the same evaluator."""

    create: bool = False


class Wrong(BaseModel):
    """One wrong field: a JSON Pointer into the request, what is wrong, and the validator's word for it."""

    pointer: str
    detail: str
    type: str


class Problem(BaseModel):
    """RFC 9457, with what programs need beside it."""

    type: str
    title: str
    status: int
    detail: str
    code: Code
    retryable: bool
    request_id: str
    errors: list[Wrong] = []
    reference: str = ""
    vendor: str = ""
    vendor_status: int = 0
    vendor_code: str = ""
    vendor_body: Json = None
