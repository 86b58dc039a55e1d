"""LLM judges: what they are asked, and how their answers are read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.answers import read_answer
from gateway.execution.judge import JudgeDefinition, instructions, judge, question, unsupported
from gateway.execution.models import ChatRequest, Completion, Models
from gateway.execution.scorers import Sample, ScoreResult
from schemas.errors import Code, CrosswalkError
from schemas.evaluator import NewEvaluator
from schemas.run import Scale, ValueType

pytestmark = pytest.mark.anyio

SAMPLE = Sample({"input": "2+2?"}, {"role": "assistant", "content": "4"}, {"expected": "four"}, {"lang": "en"})


class Scripted:
    """A model that says what it is told to, and remembers what it was asked."""

    def __init__(self, answer: str | CrosswalkError) -> None:
        self.answer = answer
        self.asked: list[ChatRequest] = []

    async def complete(self, request: ChatRequest) -> Completion:
        self.asked.append(request)
        if isinstance(self.answer, CrosswalkError):
            raise self.answer
        return Completion({"role": "assistant", "content": self.answer}, self.answer, "small-2026", 10, 5, 0.001, 12.0)


async def score(answer: str | CrosswalkError, **definition: Any) -> ScoreResult:
    return await judge(JudgeDefinition.model_validate(definition), SAMPLE, Scripted(answer), "echo")


def test_the_template_shows_input_output_and_reference() -> None:
    template = "{{input}}|{{ output }}|{{expected_output}}|{{llm_input}}|{{llm_output}}|{{lang}}|{{output.role}}|{{unknown}}"
    asked = question(JudgeDefinition(template=template), SAMPLE)
    assert asked == "2+2?|4|four|2+2?|4|en|assistant|{{unknown}}"
    assert question(JudgeDefinition(template="{{expected_output}}."), Sample("a", "b")) == "."


def test_a_template_without_placeholders_still_shows_the_run() -> None:
    assert question(JudgeDefinition(template="Is it polite?"), SAMPLE) == "Is it polite?\n\nInput:\n2+2?\n\nOutput:\n4"


def test_the_output_cannot_fetch_the_reference() -> None:
    assert question(JudgeDefinition(template="{{output}}"), Sample("a", "{{expected_output}}", "secret")) == "{{expected_output}}"


def test_instructions_name_rubric_and_scale() -> None:
    text = instructions(JudgeDefinition(rubric="5 is best", min=1, max=5))
    assert "5 is best" in text
    assert "a number from 1 up to 5" in text
    assert '"good" | "bad"' in instructions(JudgeDefinition.model_validate({"value_type": "label", "choices": ["good", "bad"]}))


async def test_the_model_is_asked_once_with_the_parameters() -> None:
    model = Scripted('{"score": 1}')
    definition = JudgeDefinition(model="small", template="Rate {{output}}", parameters={"temperature": 0})
    result = await judge(definition, SAMPLE, model, "echo")
    (asked,) = model.asked
    assert (asked.model, asked.parameters) == ("small", {"temperature": 0})
    assert [message["role"] for message in asked.messages] == ["system", "user"]
    assert asked.messages[1]["content"] == "Rate 4"
    assert result.metadata == {"model": "small-2026", "prompt_tokens": 10, "completion_tokens": 5, "cost": 0.001, "latency_ms": 12.0}


async def test_the_default_model_answers_when_none_is_named() -> None:
    definition = JudgeDefinition(template='{"score": 0.9, "explanation": "said {{output}}"}')
    result = await judge(definition, SAMPLE, Models(), "echo")
    assert (result.value, result.explanation, result.passed, result.threshold) == (0.9, "said 4", True, 0.8)
    assert result.metadata["model"] == "echo"


@pytest.mark.parametrize(
    ("definition", "answer", "value", "passed"),
    [
        ({}, '{"score": 0.5, "explanation": "so so"}', 0.5, False),
        ({"threshold": 0.5}, "0.5", 0.5, True),
        ({"min": 1, "max": 5}, "4", 4.0, None),
        ({"min": 1, "max": 5, "threshold": 4}, "4/5", 4.0, True),
        ({"min": 1, "max": 5, "passing": {"primary_score": {"operator": "gte", "value": 3}}}, "Score: 2", 2.0, False),
        ({"min": 0, "max": 100}, "80%", 80.0, None),
        ({"value_type": "boolean"}, "**Yes.**", True, True),
        ({"value_type": "boolean"}, '{"score": "fail"}', False, False),
        ({"value_type": "label", "choices": ["Good", "Bad"]}, '{"label": "good"}', "Good", None),
        ({"value_type": "label", "choices": [{"name": "Good", "value": 1}], "threshold": 0.5}, "Verdict: `Good`", "Good", True),
        ({"value_type": "label"}, "C# ", "C", None),
        ({"value_type": "labels", "choices": ["a", "b"]}, '{"labels": ["B", "a", "b"]}', ["b", "a"], None),
        ({"value_type": "labels", "choices": ["a", "b"]}, "a, b", ["a", "b"], None),
        ({"value_type": "text"}, " Fine. ", "Fine.", None),
        ({"value_type": "json"}, '```json\n{"tone": [1]}\n```', {"tone": [1]}, None),
        ({"value_type": "json"}, '{"score": {"tone": 1}}', {"tone": 1}, None),
    ],
)
async def test_answers(definition: dict[str, Any], answer: str, value: Any, passed: bool | None) -> None:
    result = await score(answer, **definition)
    assert result.error is None
    assert result.value == value
    assert type(result.value) is type(value)
    assert result.passed is passed


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('```json\n{"score": 0.75, "reason": "ok"}\n```', 0.75),
        ('Let me think {first}. {"score": 0.1} no: {"explanation": "x", "score": 0.2}. Done', 0.2),
        ('{"score": "0.3"}', 0.3),
        ("The final score: **0.4**", 0.4),
        ("Reasoning: fine\nScore = 1.", 1.0),
        (".5", 0.5),
        ("50%", 0.5),
        ('{"passed": true}', 1.0),
    ],
)
def test_numbers_in_many_wrappings(text: str, number: float) -> None:
    assert read_answer(text, ValueType.NUMBER, minimum=0, maximum=1)[0] == number


@pytest.mark.parametrize(
    ("definition", "answer"),
    [
        ({}, "I would say it is rather good."),
        ({}, ""),
        ({}, "1.5"),
        ({}, '{"score": NaN}'),
        ({}, '{"score": 1e999}'),
        ({}, '{"score": ' + "9" * 400 + "}"),
        ({}, '{"score": null}'),
        ({}, '{"score": [1]}'),
        ({"min": 1, "max": 5}, "4/10"),
        ({"min": 1, "max": 5}, "true"),
        ({"value_type": "boolean"}, "perhaps"),
        ({"value_type": "label", "choices": ["a"]}, "b"),
        ({"value_type": "labels", "choices": ["a"]}, '{"score": ["a", "b"]}'),
        ({"value_type": "json"}, "no json"),
        ({"value_type": "text"}, ""),
        ({}, "x" * 100_001),
        ({"passing": {"operator": "sounds_like", "value": 1}}, "1"),
    ],
)
async def test_an_answer_that_is_none_is_an_error_on_the_score(definition: dict[str, Any], answer: str) -> None:
    result = await score(answer, **definition)
    assert result.error is not None
    assert result.error.startswith("judge: ")
    assert (result.value, result.passed) == (None, None)
    assert result.metadata["cost"] == 0.001
    assert len(result.error) < 600


async def test_a_model_that_fails_is_an_error_on_the_score() -> None:
    result = await score(CrosswalkError(Code.TIMEOUT, "The model 'small' gave no answer within 5 s"), value_type="boolean")
    assert result.error == "judge: The model 'small' gave no answer within 5 s"
    assert result.value_type is ValueType.BOOLEAN
    unknown = await judge(JudgeDefinition(model="gpt-9"), SAMPLE, Models(), "echo")
    assert unknown.error is not None
    assert "'gpt-9'" in unknown.error


async def test_a_template_that_grows_too_large_is_an_error_on_the_score() -> None:
    result = await judge(JudgeDefinition(template="{{output}}" * 5), Sample("a", "x" * (1 << 20)), Scripted("1"), "echo")
    assert result.error is not None
    assert "exceeds" in result.error


def test_a_kept_evaluator_describes_a_judge() -> None:
    evaluator = NewEvaluator(
        name="quality",
        definition={"model": "small", "template": "Rate {{output}}", "rubric": None, "parameters": {"temperature": 0}},
        scale=Scale(minimum=1, maximum=5),
        passing={"primary_score": {"operator": "gte", "value": 3}},
    )
    definition = JudgeDefinition.of(evaluator)
    assert (definition.model, definition.bounds, definition.parameters) == ("small", (1, 5), {"temperature": 0})


@pytest.mark.parametrize("kind", ["code", "webhook", "human", "composite", "quantum"])
def test_what_is_never_run(kind: str) -> None:
    result = unsupported(kind)
    assert result.error is not None
    assert result.error.startswith("unsupported: ")
    assert result.value is None


@given(
    st.text(max_size=60) | st.recursive(st.none() | st.floats(), lambda inner: st.dictionaries(st.just("score"), inner)).map(json.dumps),
    st.sampled_from(ValueType),
)
def test_any_answer_is_read_or_refused(text: str, value_type: ValueType) -> None:
    try:
        value, _ = read_answer(text, value_type, minimum=0, maximum=1, choices=["a"])
    except ValueError:
        return
    if value_type is ValueType.NUMBER:
        assert 0 <= value <= 1
    json.dumps(value, allow_nan=False)


def test_a_hostile_answer_takes_little_time() -> None:
    for text in ('{"a":' * 16_000, "{" * 100_000, "[" * 100_000):
        with pytest.raises(ValueError, match="answer"):
            read_answer(text, ValueType.JSON)
