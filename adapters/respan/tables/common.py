"""What every object shares: statuses of errors, ids, times, and the words for how far things are."""

from collections.abc import Mapping

from adapters.codecs import Function, HexId, Time, Vocabulary
from schemas.errors import Code
from schemas.ids import Kind
from schemas.status import ExperimentStatus, RunStatus
from schemas.statuses import STATUSES

STATUS_CODES: Mapping[Code, int] = {
    **STATUSES,
    # The generated clients repeat 408, 409, 429 and every 5xx. What must not be repeated gets another status:
    # a conflict is 400, and what an upstream did wrong is 424, a status their error types know and do not repeat.
    Code.CONFLICT: 400,
    Code.UNSUPPORTED: 400,
    Code.UPSTREAM_INVALID: 424,
    Code.OUTCOME_UNKNOWN: 424,
}

# Experiments, traces, rows, prompts and scores are bare hex; datasets and evaluators are dashed UUIDs (recorded).
EXPERIMENT_ID = HexId(Kind.EXPERIMENT)
TRACE_ID = HexId(Kind.RUN)
ROW_ID = HexId(Kind.EXAMPLE)
PROMPT_ID = HexId(Kind.PROMPT)
SCORE_ID = HexId(Kind.SCORE)
DATASET_ID = HexId(Kind.DATASET, dashes=True)
EVALUATOR_ID = HexId(Kind.EVALUATOR, dashes=True)
# One version of a workflow; what all versions share is a family, whose id is the key of their documents.
VERSION_ID = HexId(Kind.DOCUMENT)

TIME = Time()

# The backend's enum has no word for a cancelled experiment; the clients' older constants do, and treat it as the end.
# A waiting experiment is neither failed nor done, and nothing happens until somebody outside submits results: of the
# backend's words `waiting_for_annotations` says that, `running` would claim that the server is at work.
EXPERIMENT_STATUS = Vocabulary(
    {
        "draft": ExperimentStatus.DRAFT,
        "pending": ExperimentStatus.PENDING,
        "running": ExperimentStatus.RUNNING,
        "waiting_for_annotations": ExperimentStatus.WAITING,
        "paused": ExperimentStatus.WAITING,
        "completed": ExperimentStatus.COMPLETED,
        "failed": ExperimentStatus.FAILED,
        "cancelled": ExperimentStatus.CANCELLED,
    },
    unknown=ExperimentStatus.UNKNOWN,
    otherwise={ExperimentStatus.COMPLETED_WITH_ERRORS: "completed"},
)
TRACE_STATUS = Vocabulary(
    {
        "pending": RunStatus.WAITING,
        "pending_custom_submission": RunStatus.WAITING,
        "success": RunStatus.SUCCEEDED,
        "completed": RunStatus.SUCCEEDED,
        "failed": RunStatus.FAILED,
        "error": RunStatus.FAILED,
        "warning": RunStatus.FAILED,
    },
    unknown=RunStatus.UNKNOWN,
    otherwise={RunStatus.PENDING: "pending"},
)


def _percent(fraction: float) -> float:
    percent = round(fraction * 100, 4)
    return int(percent) if percent.is_integer() else percent


PERCENT = Function(lambda percent: percent / 100, lambda fraction: _percent(float(fraction)))

# A value that is the same on both sides; unlike a bare row it gives way to the row's default when there is none.
PLAIN = Function(lambda value: value, lambda value: value)

# The server's own settings where a caller named none (documented).
BATCH_SIZE = 100
CONCURRENCY = 15
