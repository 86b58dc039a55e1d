"""One row through a chain of steps.

Each step takes the value that reaches it, first the example's input, and gives the value for the next. The run's `output` is what left the last
step: of a plain completion the assistant's message object (`{"role": "assistant", "content": …}`, as it came), of a completion with a `template`
its text, of a prompt the messages, of `duplicate` the example's own output. `condition` and `eval` let the value through unchanged.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from time import perf_counter

from gateway.execution.models import Completion
from gateway.execution.scorers import Sample
from schemas.errors import CrosswalkError
from schemas.json import Json, JsonObject
from schemas.run import NewRun, NewScore, StepRecord
from schemas.status import RunStatus

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """One run to be made: an example and which repetition of it."""

    example_id: str
    repetition: int
    input: Json
    reference: Json = None
    output: Json = None
    metadata: Mapping[str, Json] = field(default_factory=dict)


class Flow(Enum):
    """What happens after a step: the next one, the end of the chain for this row, or the end until the caller completes the run."""

    ON = "on"
    STOP = "stop"
    WAIT = "wait"


@dataclass(slots=True)
class Passage:
    """A row on its way. `value` is what reaches the next step; `made` says that a step made it, and not the example."""

    row: Row
    value: Json
    made: bool = False
    completion: Completion | None = None
    completions: list[Completion] = field(default_factory=list)
    scores: dict[str, NewScore] = field(default_factory=dict)

    def give(self, value: Json) -> Flow:
        """Hands `value` on to the next step."""
        self.value, self.made = value, True
        return Flow.ON


@dataclass(frozen=True, slots=True)
class Link:
    """A step made ready. `act` may raise CrosswalkError and ValueError: they fail the row."""

    kind: str
    name: str
    act: Callable[[Passage], Awaitable[Flow]]


@dataclass(slots=True)
class Outcome:
    """How a row ended. `scored` is false where no evaluator is to judge it: it failed, waits, or a condition stopped it."""

    passage: Passage
    started_at: datetime
    status: RunStatus = RunStatus.SUCCEEDED
    error: str | None = None
    steps: list[StepRecord] = field(default_factory=list)
    stopped: bool = False
    ended_at: datetime | None = None
    latency_ms: float = 0.0

    @property
    def scored(self) -> bool:
        """Whether evaluators are to judge the output."""
        return self.status is RunStatus.SUCCEEDED and not self.stopped

    def sample(self) -> Sample:
        """What evaluators judge."""
        row = self.passage.row
        return Sample(row.input, self.passage.value, row.reference, row.metadata)

    def unrecordable(self, reason: str) -> NewRun:
        """The run to record when the target refuses what the row made."""
        row, error = self.passage.row, f"The result could not be recorded: {reason}"
        times: JsonObject = {"started_at": self.started_at, "ended_at": self.ended_at, "latency_ms": self.latency_ms}
        return NewRun(example_id=row.example_id, repetition=row.repetition, status=RunStatus.FAILED, error=error, **times)

    def new_run(self, scores: Sequence[NewScore] = ()) -> NewRun:
        """The run to record, with the scores given and those of the chain's own `eval` steps."""
        said: JsonObject = {"steps": self.steps, "started_at": self.started_at}
        if self.stopped:
            said["metadata"] = dict(STOPPED)
        if self.status is RunStatus.SUCCEEDED:
            said["output"] = self.passage.value
        if self.status is not RunStatus.WAITING:
            said |= {"ended_at": self.ended_at, "latency_ms": self.latency_ms}
        return NewRun(
            example_id=self.passage.row.example_id,
            repetition=self.passage.row.repetition,
            status=self.status,
            error=self.error,
            scores=list({**self.passage.scores, **{score.evaluator: score for score in scores}}.values()),
            **figures(self.passage.completions),
            **said,
        )


STOPPED: JsonObject = {"stopped_by": "condition"}
"""The metadata of a run that a condition stopped."""


class Chain:
    """The steps of one variant, ready for any number of rows."""

    def __init__(self, links: Sequence[Link]) -> None:
        self._links = tuple(links)

    async def run(self, row: Row) -> Outcome:
        """Takes the row through. A step's failure is the outcome's `error`; nothing but cancellation is raised."""
        outcome = Outcome(Passage(row, row.input), datetime.now(UTC))
        started = perf_counter()
        for link in self._links:
            flow = await _pass(link, outcome)
            if flow is not Flow.ON:
                break
        outcome.ended_at = datetime.now(UTC)
        outcome.latency_ms = (perf_counter() - started) * 1000
        return outcome


async def _pass(link: Link, outcome: Outcome) -> Flow:
    passage = outcome.passage
    reached, started = passage.value, datetime.now(UTC)
    passage.completion = None
    flow, error = await _act(link, passage)
    if error is not None:
        outcome.status, outcome.error = RunStatus.FAILED, error
    elif flow is Flow.WAIT:
        outcome.status = RunStatus.WAITING
    elif flow is Flow.STOP:
        outcome.stopped = True
    outcome.steps.append(_record(link, passage, reached, started, error))
    return flow


async def _act(link: Link, passage: Passage) -> tuple[Flow, str | None]:
    try:
        return await link.act(passage), None
    except CrosswalkError as error:
        return Flow.STOP, error.message
    except ValueError as error:
        return Flow.STOP, str(error)
    except Exception as error:  # a fault in one step must not take the experiment down
        _log.exception("The step %s failed", link.name)
        return Flow.STOP, f"The step {link.name!r} failed: {type(error).__name__}"


def _record(link: Link, passage: Passage, reached: Json, started: datetime, error: str | None) -> StepRecord:
    said: JsonObject = {} if error is not None else {"output": passage.value}
    completion = passage.completion
    if completion is not None:
        said |= {"model": completion.model, "prompt_tokens": completion.prompt_tokens}
        said |= {"completion_tokens": completion.completion_tokens, "cost": completion.cost}
    return StepRecord(kind=link.kind, name=link.name, input=reached, error=error, started_at=started, ended_at=datetime.now(UTC), **said)


def figures(completions: Sequence[Completion]) -> JsonObject:
    """Model, tokens and cost (USD) of a run: the last model, and sums; a sum with an unknown part is unknown. Without a completion: nothing."""
    if not completions:
        return {}
    prompt = _sum([one.prompt_tokens for one in completions])
    completion = _sum([one.completion_tokens for one in completions])
    return {
        "model": completions[-1].model,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": _sum([prompt, completion]),
        "cost": _sum([one.cost for one in completions]),
    }


def _sum(parts: Sequence[Json]) -> Json:
    return None if any(part is None for part in parts) else sum(parts)
