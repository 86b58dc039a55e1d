"""Experiments: what is tried (variants, their steps), on what (a frozen dataset version), judged by whom (evaluators)."""

from enum import StrEnum

from pydantic import Field

from schemas.base import Model, Moment, Record
from schemas.json import Json, JsonObject
from schemas.status import Delivery, ExperimentStatus, Verdict


class StepKind(StrEnum):
    """What a step does with the value that reaches it.

    `prompt` renders a template or stored prompt into messages, `completion` asks a model, `condition` lets a row pass or stops it,
    `duplicate` takes the output the example already has, `eval` scores in the middle of the chain, `wait` leaves the row to the caller.
    """

    PROMPT = "prompt"
    COMPLETION = "completion"
    CONDITION = "condition"
    DUPLICATE = "duplicate"
    WAIT = "wait"
    EVAL = "eval"


class Step(Model):
    """One link of a chain.

    `config` by kind: prompt `{template | messages | prompt_id | prompt_slug, version?, variables?}`; completion `{model?, template?, temperature?, …}` (OpenAI chat
    names; `template` is rendered first when given); condition `{condition_policy}`; duplicate `{name?}`; eval `{evaluator, parameters?}`; wait `{}`.
    """

    kind: StepKind
    config: JsonObject = Field(default_factory=dict)


class Variant(Model):
    """One thing that is tried. `id` is the id of the experiment that runs this variant alone."""

    id: str = ""
    name: str = ""
    steps: list[Step] = Field(default_factory=list)


class EvaluatorUse(Model):
    """An evaluator as an experiment names it: an id, slug or built-in scorer name, with parameters for this use.

    `generation_method` is how it is to judge where the experiment does not say; `pipeline` the id of the document whose task this use is.
    """

    evaluator: str
    parameters: JsonObject = Field(default_factory=dict)
    generation_method: str | None = None
    pipeline: str | None = None


class RunCounts(Model):
    """Runs of an experiment by state. `expected` = examples × repetitions × variants; `missing` may be negative when more was recorded than expected."""

    examples: int = 0
    expected: int = 0
    succeeded: int = 0
    failed: int = 0
    waiting: int = 0
    missing: int = 0


class ExperimentForm(StrEnum):
    """The form an experiment was asked for in, where dialects keep families apart.

    `experiment` is the plain one, `evaluation` one templated model call judged by thresholds, `comparison` variants without a test,
    `ab` variants with a significance test, `report` a judgement of the outputs that a dataset holds already.
    """

    EXPERIMENT = "experiment"
    EVALUATION = "evaluation"
    COMPARISON = "comparison"
    AB = "ab"
    REPORT = "report"


class ExperimentDefinition(Model):
    """What a caller may say about an experiment."""

    alias: str | None = None
    name: str | None = None
    description: str | None = None
    form: ExperimentForm = ExperimentForm.EXPERIMENT
    dataset_id: str | None = None
    dataset_version_id: str | None = None
    splits: list[str] | None = None
    examples: list[Json] | None = Field(default=None, description="inline examples ({input, reference, metadata, …}) instead of a dataset")
    variants: list[Variant] = Field(default_factory=list)
    evaluators: list[EvaluatorUse] = Field(default_factory=list)
    pipelines: list[str] = Field(default_factory=list)
    repetitions: int = Field(default=1, ge=1, le=1_000_000)
    concurrency: int | None = Field(default=None, ge=1)
    batch_size: int | None = Field(default=None, ge=1)
    generation_method: str | None = None
    metric: str | None = None
    alpha: float | None = Field(default=None, gt=0, lt=1)
    threshold: float | None = None
    project: str | None = None
    tags: list[Json] = Field(default_factory=list)
    metadata: JsonObject = Field(default_factory=dict)
    tracing: bool | None = None
    workflow_name: str | None = None
    starred: bool | None = None
    extensions: dict[str, JsonObject] = Field(default_factory=dict)


class ExperimentPatch(Model):
    """What to change of an experiment; absent fields stay, null clears where the field may be null."""

    name: str | None = None
    description: str | None = None
    dataset_id: str | None = None
    variants: list[Variant] | None = None
    evaluators: list[EvaluatorUse] | None = None
    pipelines: list[str] | None = None
    repetitions: int | None = Field(default=None, ge=1, le=1_000_000)
    concurrency: int | None = Field(default=None, ge=1)
    batch_size: int | None = Field(default=None, ge=1)
    generation_method: str | None = None
    tags: list[Json] | None = None
    metadata: JsonObject | None = None
    tracing: bool | None = None
    workflow_name: str | None = None
    starred: bool | None = None
    status: ExperimentStatus | None = None
    native_status: str | None = None
    verdict: Verdict | None = None
    reported: JsonObject | None = Field(
        default=None, description="figures a caller states about the whole, e.g. {score, pass_rate, total_latency_ms}"
    )
    error: str | None = None
    extensions: dict[str, JsonObject] | None = None


class Winner(Model):
    """The decision of a comparison: which variant is best on `metric`, against whom, by which test."""

    variant_id: str
    name: str
    metric: str
    test: str
    statistic: float | None = None
    degrees_of_freedom: float | None = None
    p_value: float | None = None
    alpha: float
    compared_to: str
    effect: float
    significant: bool


class Experiment(Record):
    """An experiment as it stands. `progress` is a fraction 0 … 1. An experiment of several variants is a group: each variant has an id of its own."""

    name: str = ""
    description: str | None = None
    form: ExperimentForm = ExperimentForm.EXPERIMENT
    dataset_id: str | None = None
    dataset_version_id: str | None = None
    dataset_name: str | None = None
    splits: list[str] | None = None
    variants: list[Variant] = Field(default_factory=list)
    group_id: str | None = None
    evaluators: list[EvaluatorUse] = Field(default_factory=list)
    pipelines: list[str] = Field(default_factory=list)
    repetitions: int = 1
    concurrency: int | None = None
    batch_size: int | None = None
    generation_method: str | None = None
    metric: str | None = None
    alpha: float | None = None
    threshold: float | None = None
    status: ExperimentStatus = ExperimentStatus.UNKNOWN
    native_status: str | None = None
    verdict: Verdict | None = None
    reported: JsonObject | None = None
    progress: float = 0.0
    counts: RunCounts = Field(default_factory=RunCounts)
    started_at: Moment | None = None
    completed_at: Moment | None = None
    error: str | None = None
    project: str | None = None
    trace_project: str | None = None
    tags: list[Json] = Field(default_factory=list)
    metadata: JsonObject = Field(default_factory=dict)
    tracing: bool | None = None
    workflow_name: str | None = None
    starred: bool | None = None
    created_by: str | None = None
    delivery: Delivery | None = None


class Tag(Record):
    """A name that points at one experiment of a dataset."""

    name: str = ""
    description: str | None = None
    experiment_id: str = ""
    dataset_id: str = ""


class NewTag(Model):
    """A tag to set or move."""

    name: str
    description: str | None = None
