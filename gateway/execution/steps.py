"""The kinds of steps: each made ready once for an experiment, then taken by every row.

A `completion` asks with the messages that reach it: a conversation or `{"messages": […]}` as it is, a text as one user message, anything else as
one user message of its compact JSON (out of a wrapper such as `{"input": x}`). An earlier completion's answer becomes a user message. With a
`template` it asks with that instead, filled from the value that reaches it and the example's metadata.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway.execution.chain import Chain, Flow, Link, Passage
from gateway.execution.conditions import holds, parse_condition
from gateway.execution.evaluators import Judges
from gateway.execution.models import ChatRequest, Model
from gateway.execution.operations import Operations
from gateway.execution.scorers import Sample
from gateway.execution.templates import render, render_messages
from gateway.execution.values import is_message, is_messages, unwrap, whole_text
from schemas.errors import CrosswalkError
from schemas.experiment import EvaluatorUse, Step, StepKind
from schemas.json import Json, JsonObject
from schemas.operations import Op

_NOT_PARAMETERS = frozenset({"model", "template", "name"})

Act = Callable[[Passage], Awaitable[Flow]]


class Unrunnable(Exception):
    """The experiment cannot be run at all; the text says why."""


@dataclass(frozen=True)
class Workshop:
    """What steps are made with."""

    operations: Operations
    model: Model
    default_model: str
    judges: Judges


async def make_chain(steps: Sequence[Step], workshop: Workshop) -> Chain:
    """A chain from its definition. Raises Unrunnable for a step that no row could take, CrosswalkError when the target cannot be asked now."""
    if not steps:
        raise Unrunnable("The variant has no steps.")
    return Chain([await _link(number, step, workshop) for number, step in enumerate(steps, 1)])


async def _link(number: int, step: Step, workshop: Workshop) -> Link:
    name = step.config.get("name")
    try:
        act = await _MAKERS[step.kind](step.config, workshop)
    except ValueError as error:
        raise Unrunnable(f"Step {number} ({step.kind}): {error}") from error
    except CrosswalkError as error:
        if error.retryable:
            raise
        raise Unrunnable(f"Step {number} ({step.kind}): {error.message}") from error
    return Link(step.kind.value, name if isinstance(name, str) and name else step.kind.value, act)


async def _prompt(config: Mapping[str, Json], workshop: Workshop) -> Act:
    variables = config.get("variables")
    variables = variables if isinstance(variables, dict) else {}
    messages = _messages(config) or _messages(await _stored(config, workshop.operations))
    if not messages:
        raise ValueError("there is neither a template nor messages")

    async def act(passage: Passage) -> Flow:
        return passage.give(render_messages(messages, _fields(passage.value), passage.row.metadata, variables))

    return act


def _messages(said: Mapping[str, Json]) -> list[JsonObject]:
    if isinstance(said.get("messages"), list):
        return list(said["messages"])
    return [{"role": "user", "content": said["template"]}] if isinstance(said.get("template"), str) else []


async def _stored(config: Mapping[str, Json], operations: Operations) -> JsonObject:
    """A kept prompt, read once for the whole experiment, so that every row has the same version."""
    reference = next((config[name] for name in ("prompt_id", "prompt_slug") if config.get(name)), None)
    if not isinstance(reference, str):
        raise ValueError("prompt_id, prompt_slug, template or messages is needed")  # noqa: TRY004 (one error for a bad definition)
    prompt: JsonObject = await operations.ask(Op.GET_PROMPT, prompt_id=reference, version=_version(config.get("version")))
    return prompt


def _version(given: Json) -> int | None:
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, (int, str)):
        raise ValueError(f"the version {str(given)[:40]!r} is not a number")  # noqa: TRY004
    try:
        return int(given)
    except ValueError:
        raise ValueError(f"the version {str(given)[:40]!r} is not a number") from None


async def _completion(config: Mapping[str, Json], workshop: Workshop) -> Act:
    model = config.get("model") or workshop.default_model
    template = config.get("template")
    parameters = {name: value for name, value in config.items() if name not in _NOT_PARAMETERS}

    async def act(passage: Passage) -> Flow:
        messages = conversation(passage) if template is None else _filled(template, passage)
        completion = await workshop.model.complete(ChatRequest(model, messages, parameters))
        passage.completion = completion
        passage.completions.append(completion)
        return passage.give(completion.message if template is None else completion.text)

    if not isinstance(model, str):
        raise ValueError("model must be a text")  # noqa: TRY004
    if template is not None and not isinstance(template, str):
        raise ValueError("template must be a text")
    return act


def _filled(template: str, passage: Passage) -> list[JsonObject]:
    return [{"role": "user", "content": render(template, _fields(passage.value), passage.row.metadata)}]


def _fields(value: Json) -> Json:
    """What a template may name: the value's own fields, and those of an object inside a wrapper."""
    inner = unwrap(value)
    return {**inner, **value} if isinstance(inner, dict) and inner is not value else value


def conversation(passage: Passage) -> list[JsonObject]:
    """The messages a completion asks with, from the value that reaches it."""
    value = unwrap(passage.value)
    if isinstance(value, dict) and is_messages(value.get("messages")):
        return list(value["messages"])
    if is_messages(value):
        return value
    if is_message(value) and not passage.made:
        return [value]
    return [{"role": "user", "content": whole_text(value)}]


async def _condition(config: Mapping[str, Json], _workshop: Workshop) -> Act:
    clauses = parse_condition(config)

    async def act(passage: Passage) -> Flow:
        row = passage.row
        output = passage.value if passage.made else row.output
        return Flow.ON if holds(clauses, input=row.input, output=output, metadata=row.metadata) else Flow.STOP

    return act


async def _duplicate(_config: Mapping[str, Json], _workshop: Workshop) -> Act:
    async def act(passage: Passage) -> Flow:
        return passage.give(passage.row.output)

    return act


async def _wait(_config: Mapping[str, Json], _workshop: Workshop) -> Act:
    async def act(_passage: Passage) -> Flow:
        return Flow.WAIT

    return act


async def _eval(config: Mapping[str, Json], workshop: Workshop) -> Act:
    reference, parameters = config.get("evaluator"), config.get("parameters") or {}
    if not isinstance(reference, str) or not isinstance(parameters, dict):
        raise ValueError("evaluator must be a text, parameters an object")  # noqa: TRY004
    judge = await workshop.judges.resolve(EvaluatorUse(evaluator=reference, parameters=parameters))

    async def act(passage: Passage) -> Flow:
        row = passage.row
        score = await judge.score(Sample(row.input, passage.value, row.reference, row.metadata))
        if score is not None:
            passage.scores[score.evaluator] = score
        return Flow.ON

    return act


_MAKERS: Mapping[StepKind, Callable[[Mapping[str, Json], Workshop], Awaitable[Act]]] = {
    StepKind.PROMPT: _prompt,
    StepKind.COMPLETION: _completion,
    StepKind.CONDITION: _condition,
    StepKind.DUPLICATE: _duplicate,
    StepKind.WAIT: _wait,
    StepKind.EVAL: _eval,
}
