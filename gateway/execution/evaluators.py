"""Who judges a run: an evaluator as an experiment names it, made ready to score.

A name is looked for among the kept evaluators, those of the configuration, and the gateway's own scorers. Whatever is wrong with an evaluator (there
is none of that name, its definition is unusable, it is of a kind that is never executed) is the error of its scores, never of the experiment. A
human evaluator gives no score: it stays open until a person gives it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.execution import scorers
from gateway.execution.judge import JudgeDefinition, judge, unsupported
from gateway.execution.models import Model
from gateway.execution.operations import Operations
from gateway.execution.scorers import Sample, ScoreResult, failure
from gateway.execution.values import text_of
from gateway.local.evaluators import Configured, builtin, from_configuration
from schemas.errors import Code, CrosswalkError
from schemas.evaluator import Evaluator, EvaluatorKind, Trial
from schemas.experiment import EvaluatorUse
from schemas.json import JsonObject
from schemas.operations import Call, EvaluatorArgs, Op
from schemas.run import AnnotatorKind, NewScore, Scale, Score

MAX_INLINE = 4096
"""Characters of output and reference up to which a scorer runs on the event loop; longer ones go to a thread."""

Judging = Callable[[Sample], Awaitable[ScoreResult]]

_ANNOTATORS = {EvaluatorKind.LLM: AnnotatorKind.LLM, EvaluatorKind.HUMAN: AnnotatorKind.HUMAN}
_ABSENT = frozenset({Code.NOT_FOUND, Code.UNSUPPORTED})
_OWN_WAY = frozenset({"", "auto"})
_NO_SCORE = frozenset({"human", "noop", "predefined"})


@dataclass(frozen=True)
class Judge:
    """An evaluator ready to score. `key` is the name its scores go by; `judging` None: a person has to judge."""

    key: str
    judging: Judging | None
    evaluator_id: str | None = None
    evaluator_name: str | None = None
    kind: AnnotatorKind = AnnotatorKind.CODE
    scale: Scale | None = None

    async def score(self, sample: Sample) -> NewScore | None:
        """The score to record, None when it is left to a person. Errors are in the score."""
        if self.judging is None:
            return None
        started = datetime.now(UTC)
        result = await self.judging(sample)
        return NewScore(
            evaluator=self.key,
            evaluator_id=self.evaluator_id,
            evaluator_name=self.evaluator_name,
            annotator_kind=self.kind,
            scale=self.scale,
            value=result.value,
            value_type=result.value_type,
            passed=result.passed,
            threshold=result.threshold,
            label=result.label,
            explanation=result.explanation,
            error=result.error,
            metadata=dict(result.metadata),
            started_at=started,
            ended_at=datetime.now(UTC),
        )


@dataclass(frozen=True)
class Judges:
    """Finds evaluators and makes them ready.

    `method` is the experiment's `generation_method` and overrides how evaluators judge: `llm` and `code` demand that way, `human`, `noop` and
    `predefined` leave the scores to others; none takes that of the use, none or `auto` each evaluator's own. `threshold` (0 … 1) is the experiment's: scorers that name
    none pass from there on.
    """

    operations: Operations
    model: Model
    default_model: str
    configured: Mapping[str, Configured]
    method: str | None = None
    threshold: float | None = None

    async def all(self, uses: Iterable[EvaluatorUse]) -> list[Judge]:
        """A judge for each use, in order. A name used again gets a number, so that no score overwrites another."""
        judges: dict[str, Judge] = {}
        for use in uses:
            key, number = use.evaluator, 1
            while key in judges:
                number += 1
                key = f"{use.evaluator} ({number})"
            judges[key] = await self.resolve(use, key)
        return list(judges.values())

    async def resolve(self, use: EvaluatorUse, key: str | None = None) -> Judge:
        """The judge for one use; its scores go by `key`, else by the name it was used by. Raises CrosswalkError when the target cannot be asked now."""
        try:
            return self.ready(use, await self.find(use.evaluator), key)
        except CrosswalkError as error:
            if error.retryable:
                raise
            return Judge(key or use.evaluator, _always(failure(f"The evaluator {use.evaluator!r} is not known.")))

    async def unusable(self, uses: Iterable[EvaluatorUse]) -> list[str]:
        """The names among `uses` that are no evaluator's, or one's that cannot judge here. Raises CrosswalkError when the target cannot be asked now."""
        return [use.evaluator for use in uses if not await self._usable(use)]

    async def _usable(self, use: EvaluatorUse) -> bool:
        try:
            evaluator = await self.find(use.evaluator)
        except CrosswalkError as error:
            if error.retryable:
                raise
            return False
        if evaluator.kind is EvaluatorKind.BUILTIN:
            return scorers.find(str(evaluator.definition.get("scorer", ""))) is not None
        if evaluator.kind is EvaluatorKind.LLM:
            try:
                JudgeDefinition.of(evaluator.model_copy(update={"definition": {**evaluator.definition, **use.parameters}}))
            except ValueError:
                return False
        return evaluator.kind in (EvaluatorKind.LLM, EvaluatorKind.HUMAN)

    async def find(self, reference: str) -> Evaluator:
        """The evaluator of that id, slug or name. Raises CrosswalkError (not_found)."""
        try:
            return Evaluator.model_validate(await self.operations.ask(Op.GET_EVALUATOR, evaluator_id=reference))
        except CrosswalkError as error:
            found = self._fixed(reference) if error.code in _ABSENT else None
            if found is None:
                raise
            return found

    def _fixed(self, reference: str) -> Evaluator | None:
        """What this gateway has under a name without the target's help."""
        entry, spec = self.configured.get(reference), scorers.find(reference)
        document = from_configuration(entry) if entry else builtin(spec) if spec else None
        return None if document is None else Evaluator.model_validate(document)

    def ready(self, use: EvaluatorUse, evaluator: Evaluator, key: str | None = None) -> Judge:
        """The judge for an evaluator that was found."""
        return Judge(
            key=key or use.evaluator,
            judging=self._judging(use, evaluator),
            evaluator_id=evaluator.id,
            evaluator_name=evaluator.name,
            kind=_ANNOTATORS.get(evaluator.kind, AnnotatorKind.CODE),
            scale=evaluator.scale,
        )

    def _judging(self, use: EvaluatorUse, evaluator: Evaluator) -> Judging | None:
        method = (self.method or use.generation_method or "").lower()
        kind = evaluator.kind
        if method in _NO_SCORE or (method in _OWN_WAY and kind is EvaluatorKind.HUMAN):
            return None
        if method == "llm" and kind is not EvaluatorKind.BUILTIN and _asks_a_model(evaluator):
            kind = EvaluatorKind.LLM
        if method == "llm" and kind is not EvaluatorKind.LLM:
            return _always(failure(f"unsupported: the evaluator {evaluator.name!r} has no question for a model"))
        if method == "code" and kind is not EvaluatorKind.BUILTIN:
            return _always(unsupported("code"))
        if method not in {*_OWN_WAY, "llm", "code"}:
            return _always(failure(f"unsupported: the generation method {method[:40]!r} is not known"))
        make = {EvaluatorKind.BUILTIN: self._scorer, EvaluatorKind.LLM: self._llm}.get(kind)
        return make(use, evaluator) if make else _always(unsupported(kind.value))

    def _scorer(self, use: EvaluatorUse, evaluator: Evaluator) -> Judging:
        name = str(evaluator.definition.get("scorer", ""))
        spec = scorers.find(name)
        if spec is None:
            return _always(failure(f"No scorer is named {name[:80]!r}."))
        parameters = self._parameters(use, evaluator)

        async def judging(sample: Sample) -> ScoreResult:
            if _long(sample):
                return await asyncio.to_thread(scorers.run, spec, sample, parameters)
            return scorers.run(spec, sample, parameters)

        return judging

    def _parameters(self, use: EvaluatorUse, evaluator: Evaluator) -> JsonObject:
        """What this use says, over what the evaluator says, over the threshold of the evaluator, over that of the experiment."""
        usual = evaluator.threshold if evaluator.threshold is not None else self.threshold
        given = evaluator.definition.get("parameters")
        known = given if isinstance(given, dict) else {}
        return ({} if usual is None or not 0 <= usual <= 1 else {"threshold": usual}) | known | use.parameters

    def _llm(self, use: EvaluatorUse, evaluator: Evaluator) -> Judging:
        definition = {**evaluator.definition, **use.parameters}
        try:
            asked = JudgeDefinition.of(evaluator.model_copy(update={"definition": definition}))
        except ValueError as error:
            return _always(
                failure(f"The evaluator {evaluator.name!r} has an unusable definition: {_first_line(error)}", evaluator.value_type)
            )

        async def judging(sample: Sample) -> ScoreResult:
            return await judge(asked, sample, self.model, self.default_model)

        return judging


async def run_evaluator(judges: Judges, call: Call) -> JsonObject:
    """Performs `RUN_EVALUATOR`: a score document for one trial. Raises CrosswalkError (not_found) when there is no such evaluator."""
    args, trial = call.args, call.body
    assert isinstance(args, EvaluatorArgs)
    assert isinstance(trial, Trial)
    use = EvaluatorUse(evaluator=args.evaluator_id, parameters=trial.parameters)
    ready = judges.ready(use, await judges.find(args.evaluator_id))
    sample = Sample(trial.input, trial.output, trial.reference, {**trial.metrics, **trial.metadata})
    score = await ready.score(sample)
    if score is None:
        score = NewScore(evaluator=ready.key, annotator_kind=AnnotatorKind.HUMAN, error=unsupported(EvaluatorKind.HUMAN.value).error)
    return Score(**dict(score)).model_dump()


def _always(result: ScoreResult) -> Judging:
    async def judging(_sample: Sample) -> ScoreResult:
        return result

    return judging


def _asks_a_model(evaluator: Evaluator) -> bool:
    return bool(evaluator.definition.get("template") or evaluator.definition.get("rubric"))


def _long(sample: Sample) -> bool:
    return sum(len(value if isinstance(value, str) else text_of(value)) for value in (sample.output, sample.reference)) > MAX_INLINE


def _first_line(error: ValueError) -> str:
    return " ".join(str(error).split())[:300]
