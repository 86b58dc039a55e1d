"""The closed list of things one can ask, and what each takes and gives.

A dialect's route names one of these; a target performs it. `SPECS` is the contract between the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, Field

from schemas import analysis, dataset, document, evaluator, experiment, run
from schemas.base import Model
from schemas.query import Args, Condition, ListArgs, Window


class Op(StrEnum):
    """An operation's name."""

    CREATE_DATASET = "create_dataset"
    LIST_DATASETS = "list_datasets"
    GET_DATASET = "get_dataset"
    UPDATE_DATASET = "update_dataset"
    DELETE_DATASET = "delete_dataset"
    ADD_EXAMPLES = "add_examples"
    LIST_EXAMPLES = "list_examples"
    GET_EXAMPLE = "get_example"
    UPDATE_EXAMPLE = "update_example"
    DELETE_EXAMPLES = "delete_examples"
    CREATE_DATASET_VERSION = "create_dataset_version"
    LIST_DATASET_VERSIONS = "list_dataset_versions"
    GET_DATASET_VERSION = "get_dataset_version"
    COMPARE_DATASET_VERSIONS = "compare_dataset_versions"
    RESTORE_DATASET_VERSION = "restore_dataset_version"
    CREATE_SPLIT = "create_split"
    LIST_SPLITS = "list_splits"
    UPDATE_SPLIT = "update_split"
    DELETE_SPLIT = "delete_split"

    CREATE_EXPERIMENT = "create_experiment"
    LIST_EXPERIMENTS = "list_experiments"
    GET_EXPERIMENT = "get_experiment"
    UPDATE_EXPERIMENT = "update_experiment"
    DELETE_EXPERIMENT = "delete_experiment"
    START_EXPERIMENT = "start_experiment"
    CANCEL_EXPERIMENT = "cancel_experiment"
    SET_TAG = "set_tag"
    LIST_TAGS = "list_tags"
    DELETE_TAG = "delete_tag"

    ADD_RUN = "add_run"
    ADD_RUNS = "add_runs"
    LIST_RUNS = "list_runs"
    GET_RUN = "get_run"
    UPDATE_RUN = "update_run"
    LIST_INCOMPLETE_RUNS = "list_incomplete_runs"
    PUT_SCORE = "put_score"
    LIST_SCORES = "list_scores"
    GET_SCORE = "get_score"
    DELETE_SCORE = "delete_score"
    LIST_INCOMPLETE_SCORES = "list_incomplete_scores"

    SUMMARIZE = "summarize"
    HISTOGRAM = "histogram"
    COMPARE = "compare"
    EXPORT = "export"

    CREATE_EVALUATOR = "create_evaluator"
    LIST_EVALUATORS = "list_evaluators"
    GET_EVALUATOR = "get_evaluator"
    UPDATE_EVALUATOR = "update_evaluator"
    DELETE_EVALUATOR = "delete_evaluator"
    RUN_EVALUATOR = "run_evaluator"
    CREATE_PROMPT = "create_prompt"
    LIST_PROMPTS = "list_prompts"
    GET_PROMPT = "get_prompt"
    DELETE_PROMPT = "delete_prompt"

    PUT_DOCUMENT = "put_document"
    LIST_DOCUMENTS = "list_documents"
    GET_DOCUMENT = "get_document"
    UPDATE_DOCUMENT = "update_document"
    DELETE_DOCUMENT = "delete_document"

    ADD_SPANS = "add_spans"
    LIST_PROJECTS = "list_projects"
    GET_PROJECT = "get_project"
    CREATE_PROJECT = "create_project"
    UPDATE_PROJECT = "update_project"
    DELETE_PROJECT = "delete_project"
    CURRENT_PROJECT = "current_project"
    DESCRIBE = "describe"


class DatasetArgs(Args):
    """One dataset."""

    dataset_id: str


class CreateDatasetArgs(Args):
    """`mode` says what to do when the name is taken."""

    mode: dataset.UploadMode = dataset.UploadMode.NEW


class ListDatasetsArgs(ListArgs):
    """Datasets, newest first; `name` is an exact match."""

    name: str | None = None
    project: str | None = None


class ExampleArgs(DatasetArgs):
    """One example."""

    example_id: str


class ListExamplesArgs(DatasetArgs, ListArgs):
    """Examples of one version (latest by default), oldest first; `splits` are ids or names, several = union."""

    version_id: str | None = None
    splits: list[str] = Field(default_factory=list)


class DeleteExamplesArgs(DatasetArgs):
    """Which examples to delete: by id, by condition, or all."""

    example_ids: list[str] | None = None
    where: Condition | None = None
    everything: bool = False


class ListVersionsArgs(DatasetArgs, ListArgs):
    """Versions, newest first; `explicit` keeps only the snapshots somebody asked for."""

    explicit: bool = False


class ListSplitsArgs(DatasetArgs, ListArgs):
    """Splits that have examples of the dataset, newest first."""


class SplitArgs(DatasetArgs):
    """One split, seen from one dataset."""

    split_id: str


class VersionArgs(DatasetArgs):
    """One version of a dataset."""

    version_id: str


class CompareVersionsArgs(VersionArgs):
    """Two versions of a dataset: from `version_id` to `to` (None = as it is now)."""

    to: str | None = None


class ListExperimentsArgs(ListArgs):
    """Experiments, newest first.

    `flat` true lists every variant as an experiment of its own, as dialects without variants need it; false lists a group as one experiment.
    """

    dataset_id: str | None = None
    project: str | None = None
    forms: list[experiment.ExperimentForm] = Field(default_factory=list)
    variants: str | None = Field(default=None, description="'one' or 'many': only experiments with that many variants")
    flat: bool = False


class ExperimentArgs(Args):
    """One experiment: a single one, a group, or one variant of a group.

    `single` is for dialects without groups: there the group itself does not exist, only its variants do.
    """

    experiment_id: str
    single: bool = False


class CreateExperimentArgs(Args):
    """`draft` keeps the definition without starting it. A chain that is one `wait` step and nothing else is run by the caller."""

    draft: bool = False


class DeleteExperimentArgs(ExperimentArgs):
    """`delete_traces` removes the experiment's trace project, too."""

    delete_traces: bool = False


class StartArgs(ExperimentArgs):
    """Start or restart: `again` runs everything anew, otherwise only what is missing or failed."""

    again: bool = False


class TagArgs(ExperimentArgs):
    """One tag of an experiment, by id or name."""

    tag: str


class AddRunArgs(ExperimentArgs):
    """`replace` overwrites a recorded run; without it a successful one is a conflict and a failed or waiting one is replaced, keeping its id.

    With `once` a failed one is a conflict, too.
    """

    replace: bool = False
    once: bool = False


class RunArgs(Args):
    """One run; `experiment_id`, when given, must be the run's own."""

    run_id: str
    experiment_id: str | None = None


class UpdateRunArgs(RunArgs):
    """`waiting` true changes only a run that still waits for its caller; any other is a conflict."""

    waiting: bool = False


class ListRunsArgs(ListArgs, Window):
    """Runs of an experiment, newest first, with their scores when `scores`, their steps when `steps`. `waiting` false leaves placeholders out."""

    experiment_id: str
    scores: bool = True
    steps: bool = False
    waiting: bool = True


class ListIncompleteArgs(ExperimentArgs, ListArgs):
    """What is still to run, examples ascending; `failed` counts failed runs as still to do, `waiting` placeholders likewise."""

    failed: bool = True
    waiting: bool = True


class ListIncompleteScoresArgs(ExperimentArgs, ListArgs):
    """Successful runs lacking a score (or holding only an error) by any of `evaluators`; runs ascending. `errors` false takes an error as an answer."""

    evaluators: list[str]
    errors: bool = True


class PutScoreArgs(Args):
    """The run to score. `create` true refuses to replace a score of the same evaluator; `experiment_id`, when given, must be the run's own.

    `score_id` names a score to replace by the body, which keeps its id; `run_id` is then not needed.
    """

    run_id: str = ""
    experiment_id: str | None = None
    score_id: str | None = None
    create: bool = False


class ScoreArgs(Args):
    """One score by id; `run_id` and `experiment_id`, when given, must be its own."""

    score_id: str
    run_id: str | None = None
    experiment_id: str | None = None


class ListScoresArgs(ListArgs):
    """Scores of a run, of an experiment, or all."""

    run_id: str | None = None
    experiment_id: str | None = None


class SummarizeArgs(ExperimentArgs, Window):
    """Runs to fold into figures."""

    where: Condition | None = None


class HistogramArgs(ExperimentArgs):
    """The evaluator (name, slug or id) and the number of bars, 1 … 50."""

    evaluator: str
    bins: int = Field(default=20, ge=1, le=50)
    where: Condition | None = None


class CompareArgs(Args):
    """Two or more experiments, or one group. `metric` names an evaluator; None takes the first they share, `overall` the mean of all."""

    experiment_ids: list[str] = Field(min_length=1, max_length=16)
    metric: str | None = None
    overall: bool = False
    alpha: float = Field(default=0.05, gt=0, lt=1)
    cursor: str | None = None
    limit: int | None = Field(default=None, ge=0)


class EvaluatorArgs(Args):
    """One evaluator, by id, slug or built-in name."""

    evaluator_id: str


class ListEvaluatorsArgs(ListArgs):
    """Kept evaluators; `builtin` true lists the gateway's own scorers instead."""

    builtin: bool = False
    name: str | None = None


class PromptArgs(Args):
    """One prompt version by id; or by name or slug with `version` (None = latest)."""

    prompt_id: str
    version: int | None = None


class ListPromptsArgs(ListArgs):
    """Prompt versions, newest first."""

    name: str | None = None
    project: str | None = None


class DocumentsArgs(ListArgs):
    """Documents, newest first: of one kind or of all; of one key or all; the latest version of each, or with `versions` every one.

    `prefix` keeps those whose key begins with it.
    """

    kind: str | None = None
    key: str | None = None
    prefix: str | None = None
    versions: bool = False


class DocumentArgs(Args):
    """One document by key, `version` None = latest; or one version by its id."""

    kind: str
    key: str | None = None
    version: int | None = None


class PutDocumentArgs(DocumentArgs):
    """`create` refuses to touch a document that is there already."""

    create: bool = False


class UpdateDocumentArgs(DocumentArgs):
    """`rename` gives the document another key, which must be free. A change of a version that does not meet `where` is a conflict."""

    rename: str | None = None
    where: Condition | None = None


class ListProjectsArgs(ListArgs):
    """Projects, newest first: those traces are sent to, or with `account` those that records belong to.

    `experiments` false leaves out the trace projects of experiments that still exist.
    """

    account: bool = False
    experiments: bool = True


class CreateProjectArgs(Args):
    """`account` true makes a project that datasets, experiments and prompts belong to, otherwise a place traces are sent to."""

    account: bool = False


class ProjectArgs(Args):
    """One project, by id or name."""

    project_id: str


class Page(Model):
    """A page of a list. `next_cursor` is None on the last one; `total` is there when it was asked for."""

    items: list[object]
    next_cursor: str | None = None
    total: int | None = None


class Done(Model):
    """What was deleted, started or cancelled."""

    id: str
    count: int = 1


class Added(Model):
    """What an append made: ids in the order given, and the version that holds them."""

    ids: list[str]
    version_id: str | None = None


@dataclass(frozen=True)
class Spec:
    """One operation: its arguments, its body (None: has none), what it answers, whether it writes, whether it makes something new."""

    args: type[Args]
    reply: type[BaseModel]
    body: type[Model] | None = None
    item: type[BaseModel] | None = None
    writes: bool = False
    creates: bool = False


def _page(args: type[Args], item: type[BaseModel]) -> Spec:
    return Spec(args, Page, item=item)


def _write(args: type[Args], reply: type[BaseModel], body: type[Model] | None = None, creates: bool = False) -> Spec:
    return Spec(args, reply, body, writes=True, creates=creates)


SPECS: Mapping[Op, Spec] = {
    Op.CREATE_DATASET: _write(CreateDatasetArgs, dataset.Dataset, dataset.NewDataset, creates=True),
    Op.LIST_DATASETS: _page(ListDatasetsArgs, dataset.Dataset),
    Op.GET_DATASET: Spec(DatasetArgs, dataset.Dataset),
    Op.UPDATE_DATASET: _write(DatasetArgs, dataset.Dataset, dataset.DatasetPatch),
    Op.DELETE_DATASET: _write(DatasetArgs, Done),
    Op.ADD_EXAMPLES: _write(DatasetArgs, Added, dataset.NewExamples, creates=True),
    Op.LIST_EXAMPLES: _page(ListExamplesArgs, dataset.Example),
    Op.GET_EXAMPLE: Spec(ExampleArgs, dataset.Example),
    Op.UPDATE_EXAMPLE: _write(ExampleArgs, dataset.Example, dataset.ExamplePatch),
    Op.DELETE_EXAMPLES: _write(DeleteExamplesArgs, Done),
    Op.CREATE_DATASET_VERSION: _write(DatasetArgs, dataset.DatasetVersion, dataset.NewVersion, creates=True),
    Op.LIST_DATASET_VERSIONS: _page(ListVersionsArgs, dataset.DatasetVersion),
    Op.GET_DATASET_VERSION: Spec(VersionArgs, dataset.DatasetVersion),
    Op.COMPARE_DATASET_VERSIONS: Spec(CompareVersionsArgs, dataset.Difference),
    Op.RESTORE_DATASET_VERSION: _write(VersionArgs, dataset.DatasetVersion),
    Op.CREATE_SPLIT: _write(DatasetArgs, dataset.Split, dataset.NewSplit, creates=True),
    Op.LIST_SPLITS: _page(ListSplitsArgs, dataset.Split),
    Op.UPDATE_SPLIT: _write(SplitArgs, dataset.Split, dataset.SplitPatch),
    Op.DELETE_SPLIT: _write(SplitArgs, Done),
    Op.CREATE_EXPERIMENT: _write(CreateExperimentArgs, experiment.Experiment, experiment.ExperimentDefinition, creates=True),
    Op.LIST_EXPERIMENTS: _page(ListExperimentsArgs, experiment.Experiment),
    Op.GET_EXPERIMENT: Spec(ExperimentArgs, experiment.Experiment),
    Op.UPDATE_EXPERIMENT: _write(ExperimentArgs, experiment.Experiment, experiment.ExperimentPatch),
    Op.DELETE_EXPERIMENT: _write(DeleteExperimentArgs, Done),
    Op.START_EXPERIMENT: _write(StartArgs, experiment.Experiment),
    Op.CANCEL_EXPERIMENT: _write(ExperimentArgs, experiment.Experiment),
    Op.SET_TAG: _write(ExperimentArgs, experiment.Tag, experiment.NewTag),
    Op.LIST_TAGS: _page(ExperimentArgs, experiment.Tag),
    Op.DELETE_TAG: _write(TagArgs, Done),
    Op.ADD_RUN: _write(AddRunArgs, run.Run, run.NewRun, creates=True),
    Op.ADD_RUNS: _write(AddRunArgs, Added, run.NewRuns, creates=True),
    Op.LIST_RUNS: _page(ListRunsArgs, run.Run),
    Op.GET_RUN: Spec(RunArgs, run.Run),
    Op.UPDATE_RUN: _write(UpdateRunArgs, run.Run, run.RunPatch),
    Op.LIST_INCOMPLETE_RUNS: _page(ListIncompleteArgs, run.IncompleteRun),
    Op.PUT_SCORE: _write(PutScoreArgs, run.Score, run.NewScore),
    Op.LIST_SCORES: _page(ListScoresArgs, run.Score),
    Op.GET_SCORE: Spec(ScoreArgs, run.Score),
    Op.DELETE_SCORE: _write(ScoreArgs, Done),
    Op.LIST_INCOMPLETE_SCORES: _page(ListIncompleteScoresArgs, run.IncompleteScore),
    Op.SUMMARIZE: Spec(SummarizeArgs, analysis.Summary),
    Op.HISTOGRAM: Spec(HistogramArgs, analysis.Histogram),
    Op.COMPARE: Spec(CompareArgs, analysis.Comparison),
    Op.EXPORT: _page(ListRunsArgs, run.Run),
    Op.CREATE_EVALUATOR: _write(Args, evaluator.Evaluator, evaluator.NewEvaluator, creates=True),
    Op.LIST_EVALUATORS: _page(ListEvaluatorsArgs, evaluator.Evaluator),
    Op.GET_EVALUATOR: Spec(EvaluatorArgs, evaluator.Evaluator),
    Op.UPDATE_EVALUATOR: _write(EvaluatorArgs, evaluator.Evaluator, evaluator.EvaluatorPatch),
    Op.DELETE_EVALUATOR: _write(EvaluatorArgs, Done),
    Op.RUN_EVALUATOR: Spec(EvaluatorArgs, run.Score, evaluator.Trial),
    Op.CREATE_PROMPT: _write(Args, evaluator.Prompt, evaluator.NewPrompt, creates=True),
    Op.LIST_PROMPTS: _page(ListPromptsArgs, evaluator.Prompt),
    Op.GET_PROMPT: Spec(PromptArgs, evaluator.Prompt),
    Op.DELETE_PROMPT: _write(PromptArgs, Done),
    Op.PUT_DOCUMENT: _write(PutDocumentArgs, document.Document, document.NewDocument, creates=True),
    Op.LIST_DOCUMENTS: _page(DocumentsArgs, document.Document),
    Op.GET_DOCUMENT: Spec(DocumentArgs, document.Document),
    Op.UPDATE_DOCUMENT: _write(UpdateDocumentArgs, document.Document, document.DocumentPatch),
    Op.DELETE_DOCUMENT: _write(DocumentArgs, Done),
    Op.ADD_SPANS: _write(Args, Done, document.Spans),
    Op.LIST_PROJECTS: _page(ListProjectsArgs, document.Project),
    Op.GET_PROJECT: Spec(ProjectArgs, document.Project),
    Op.CREATE_PROJECT: _write(CreateProjectArgs, document.Project, document.NewProject, creates=True),
    Op.UPDATE_PROJECT: _write(ProjectArgs, document.Project, document.ProjectPatch),
    Op.DELETE_PROJECT: _write(ProjectArgs, Done),
    Op.CURRENT_PROJECT: Spec(Args, document.Project),
    Op.DESCRIBE: Spec(Args, document.Document),
}


EXECUTOR = "executor"
"""The role of whoever runs experiments for their callers. No key has it."""


@dataclass(frozen=True)
class Caller:
    """Who asks: the key's name, whose records it sees, and its role (`viewer`, `editor`, `admin`; `EXECUTOR` is the gateway itself at work)."""

    name: str = "anonymous"
    scope: str = "default"
    role: str = "admin"


@dataclass(frozen=True)
class Call:
    """One operation to perform: arguments and body already validated against `SPECS[op]`."""

    op: Op
    args: Args
    body: Model | None = None
    caller: Caller = Caller()

    def then(self, op: Op, body: Model | None = None, **args: object) -> "Call":
        """Another call by the same caller: a further step of a recipe."""
        return Call(op, SPECS[op].args.model_validate(args), body, self.caller)
