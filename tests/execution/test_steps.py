"""What each kind of step does to a row, and what an experiment records of it."""

from typing import Any

import pytest

from schemas.operations import Op
from tests.execution.conftest import Laboratory, scores

pytestmark = pytest.mark.anyio

COMPLETION = {"kind": "completion"}
ANSWER = {"role": "assistant", "content": "hello"}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("hello", "hello"),
        ([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hello"}], "hello"),
        ({"messages": [{"role": "user", "content": "hello"}]}, "hello"),
        ({"role": "user", "content": "hello"}, "hello"),
        ({"input": "hello"}, "hello"),
        ({"question": "hello", "n": 1}, '{"question":"hello","n":1}'),
        ({"input": {"question": "hello"}}, '{"question":"hello"}'),
        (["a", 1], '["a",1]'),
        (7, "7"),
        (None, ""),
    ],
)
async def test_a_completion_asks_with_the_input_and_gives_the_assistants_message(lab: Laboratory, given: Any, sent: str) -> None:
    done, runs = await lab.ran([{"input": given}], steps=[COMPLETION])
    assert done["status"] == "completed"
    assert runs[0]["output"] == {"role": "assistant", "content": sent}
    assert (runs[0]["model"], runs[0]["cost"]) == ("echo", 0.0)
    assert runs[0]["total_tokens"] == runs[0]["prompt_tokens"] + runs[0]["completion_tokens"]
    assert runs[0]["started_at"] <= runs[0]["ended_at"]
    assert runs[0]["latency_ms"] > 0


async def test_a_templated_completion_gives_its_text(lab: Laboratory) -> None:
    steps = [{"kind": "completion", "config": {"template": "Say {{ word }} to {{who}}, not {{nobody}}, in {{team}}; {{input}}"}}]
    example = {"input": {"word": "hello", "who": "me"}, "reference": "secret", "metadata": {"team": "blue", "reference": "x"}}
    _, runs = await lab.ran([example], steps=steps)
    assert runs[0]["output"] == 'Say hello to me, not {{nobody}}, in blue; {"word":"hello","who":"me"}'


async def test_a_template_reaches_into_a_wrapped_input(lab: Laboratory) -> None:
    steps = [{"kind": "completion", "config": {"template": "{{word}} / {{input.word}}"}}]
    _, runs = await lab.ran([{"input": {"input": {"word": "hello"}}}], steps=steps)
    assert runs[0]["output"] == "hello / hello"


async def test_prompt_then_completion_then_completion(lab: Laboratory) -> None:
    prompt = {
        "kind": "prompt",
        "config": {"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Say {{word}}{{mark}}"}]},
    }
    prompt["config"]["variables"] = {"mark": "!"}  # type: ignore[index]
    _, runs = await lab.ran(
        [{"input": {"word": "hello"}}], steps=[prompt, COMPLETION, {"kind": "completion", "config": {"template": "<{{input}}>"}}]
    )
    assert runs[0]["output"] == "<Say hello!>"
    rendered = [{"role": "system", "content": "S"}, {"role": "user", "content": "Say hello!"}]
    answered = {"role": "assistant", "content": "Say hello!"}
    said = [(step["kind"], step["input"], step["output"], step["error"]) for step in runs[0]["steps"]]
    assert said == [
        ("prompt", {"word": "hello"}, rendered, None),
        ("completion", rendered, answered, None),
        ("completion", answered, "<Say hello!>", None),
    ]
    assert runs[0]["prompt_tokens"] == sum(step["prompt_tokens"] or 0 for step in runs[0]["steps"])


async def test_an_answer_is_asked_on_as_the_users(lab: Laboratory) -> None:
    _, runs = await lab.ran([{"input": "hello"}], steps=[COMPLETION, COMPLETION])
    assert runs[0]["output"] == ANSWER


async def test_a_prompt_alone_gives_its_messages(lab: Laboratory) -> None:
    _, runs = await lab.ran([{"input": "hello"}], steps=[{"kind": "prompt", "config": {"template": "Say {{input}}"}}])
    assert runs[0]["output"] == [{"role": "user", "content": "Say hello"}]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"prompt_slug": "greeting"}, "second hello"),
        ({"prompt_slug": "greeting", "version": "1"}, "first hello"),
        ({"prompt_id": "Greeting", "version": 1}, "first hello"),
    ],
)
async def test_a_kept_prompt_is_used_in_the_version_asked_for(lab: Laboratory, config: dict[str, Any], said: str) -> None:
    await lab.ask(Op.CREATE_PROMPT, {"name": "Greeting", "slug": "greeting", "template": "first {{input}}"})
    await lab.ask(Op.CREATE_PROMPT, {"name": "Greeting", "messages": [{"role": "user", "content": "second {{input}}"}]})
    _, runs = await lab.ran([{"input": "hello"}], steps=[{"kind": "prompt", "config": config}, COMPLETION])
    assert runs[0]["output"]["content"] == said


async def test_duplicate_takes_the_examples_output(lab: Laboratory) -> None:
    examples = [
        {"input": "q", "output": "kept", "reference": "kept"},
        {"input": "r", "output": {"role": "assistant", "content": "x"}},
        {"input": "s"},
    ]
    done, runs = await lab.ran(examples, steps=[{"kind": "duplicate"}], evaluators=["exact-match"])
    assert done["status"] == "completed"
    assert [run["output"] for run in runs] == ["kept", {"role": "assistant", "content": "x"}, None]
    assert scores(runs[0]) == {"exact-match": True}
    assert "no reference" in scores(runs[1])["exact-match"]


async def test_a_condition_stops_a_row_which_is_then_not_scored(lab: Laboratory) -> None:
    steps = [
        {"kind": "condition", "config": {"condition_policy": {"event.input": {"operator": "contains", "value": "go"}}}},
        COMPLETION,
        {"kind": "condition", "config": {"condition_policy": {"event.output": {"operator": "endswith", "value": "on"}}}},
    ]
    done, runs = await lab.ran([{"input": "go on"}, {"input": "go"}, {"input": "stay"}], steps=steps, evaluators=["not-empty"])
    assert done["status"] == "completed"
    assert [run["status"] for run in runs] == ["succeeded"] * 3
    assert [run["output"] for run in runs] == [{"role": "assistant", "content": "go on"}, {"role": "assistant", "content": "go"}, "stay"]
    assert [run["metadata"] for run in runs] == [{}, {"stopped_by": "condition"}, {"stopped_by": "condition"}]
    assert [scores(run) for run in runs] == [{"not-empty": True}, {}, {}]
    assert len(runs[2]["steps"]) == 1


async def test_an_evaluator_in_the_chain_scores_what_passes_there(lab: Laboratory) -> None:
    steps = [
        {"kind": "prompt", "config": {"template": "{{input}}!"}},
        {"kind": "eval", "config": {"evaluator": "ends-with", "parameters": {"value": "!"}}},
        {"kind": "eval", "config": {"evaluator": "no-such"}},
        {"kind": "completion", "config": {"template": "other"}},
    ]
    done, runs = await lab.ran(
        [{"input": "hello"}], steps=steps, evaluators=["contains-other", {"evaluator": "contains", "parameters": {"value": "other"}}]
    )
    assert done["status"] == "completed"
    found = scores(runs[0])
    assert found["ends-with"] is True
    assert found["contains"] is True
    assert "not known" in found["no-such"]
    assert "not known" in found["contains-other"]


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([{"kind": "prompt", "config": {"prompt_id": "nowhere"}}], "Step 1 (prompt): No prompt has the id 'nowhere'."),
        ([{"kind": "prompt", "config": {}}], "prompt_id, prompt_slug, template or messages"),
        ([{"kind": "prompt", "config": {"prompt_id": "x", "version": "latest"}}], "the version 'latest' is not a number"),
        ([COMPLETION, {"kind": "condition", "config": {}}], "Step 2 (condition): condition_policy"),
        ([{"kind": "completion", "config": {"model": ["x"]}}], "model must be a text"),
        ([{"kind": "completion", "config": {"template": 1}}], "template must be a text"),
        ([{"kind": "eval", "config": {}}], "evaluator must be a text"),
        ([], "The variant has no steps."),
    ],
)
async def test_a_chain_that_no_row_could_take_fails_the_experiment(lab: Laboratory, steps: Any, reason: str) -> None:
    done, runs = await lab.ran([{"input": "hello"}], steps=steps)
    assert done["status"] == "failed"
    assert reason in done["error"]
    assert runs == []


async def test_a_step_that_fails_fails_its_row_and_says_where(lab: Laboratory) -> None:
    steps = [{"kind": "prompt", "config": {"template": "{{input}}"}}, {"kind": "completion", "config": {"model": "unheard-of"}}]
    done, runs = await lab.ran([{"input": "hello"}], steps=steps, evaluators=["not-empty"])
    assert runs[0]["status"] == "failed"
    assert "unheard-of" in runs[0]["error"]
    assert (runs[0]["output"], runs[0]["scores"]) == (None, [])
    assert [step["error"] for step in runs[0]["steps"]] == [None, runs[0]["error"]]
    assert done["status"] == "failed"
    assert runs[0]["error"] in done["error"]


async def test_a_fault_in_a_model_is_the_rows_error_not_the_experiments(idle: Laboratory) -> None:
    async def break_down(request: Any) -> None:
        if "two" in request.messages[-1]["content"]:
            raise ZeroDivisionError

    idle.model.before = break_down
    idle.start()
    done, runs = await idle.ran([{"input": "one"}, {"input": "two"}])
    assert done["status"] == "completed_with_errors"
    assert [run["error"] for run in runs] == [None, "The step 'completion' failed: ZeroDivisionError"]


async def test_an_output_the_store_cannot_hold_is_a_failed_row(idle: Laboratory) -> None:
    done_steps = [{"kind": "completion", "config": {"template": "{{input}}"}}]

    class Odd:
        async def complete(self, request: Any) -> Any:
            from gateway.execution.models import Completion

            text = "\ud800" if request.messages[-1]["content"] == "odd" else "fine"
            return Completion({"role": "assistant", "content": text}, text, "odd", 1, None, None, 1.0)

    idle.start(Odd())
    done, runs = await idle.ran([{"input": "odd"}, {"input": "even"}], steps=done_steps)
    assert done["status"] == "completed_with_errors"
    assert [run["status"] for run in runs] == ["failed", "succeeded"]
    assert "could not be recorded" in runs[0]["error"]
    assert (runs[1]["prompt_tokens"], runs[1]["total_tokens"], runs[1]["cost"]) == (1, None, None)
