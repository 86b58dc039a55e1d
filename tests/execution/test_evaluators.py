"""Evaluators as experiments name them: where they are found, how they judge, and what their scores say."""

from typing import Any

import pytest

from gateway.local.evaluators import Configured
from schemas.errors import Code, CrosswalkError
from schemas.operations import Op
from tests.execution.conftest import Laboratory, Provider, scores

pytestmark = pytest.mark.anyio

ROW = {"input": "q", "reference": "Paris", "output": "paris"}
COPY = [{"kind": "duplicate"}]


async def judged(lab: Laboratory, *evaluators: Any, **definition: Any) -> dict[str, Any]:
    """The only run's scores, by evaluator, of an experiment that copies `ROW`."""
    done, runs = await lab.ran([ROW], steps=COPY, evaluators=list(evaluators), **definition)
    assert done["status"] == "completed"
    return {score["evaluator"]: score for score in runs[0]["scores"]}


async def test_scorers_are_found_by_their_plain_names(lab: Laboratory) -> None:
    found = await judged(lab, "exact_match", "Levenshtein", {"evaluator": "icontains", "parameters": {"value": "ARI"}})
    assert {key: score["value"] for key, score in found.items()} == {"exact_match": False, "Levenshtein": 0.8, "icontains": True}
    exact = found["exact_match"]
    assert (exact["evaluator_id"], exact["evaluator_name"], exact["annotator_kind"]) == ("exact-match", "Exact match", "code")
    assert (exact["passed"], exact["value_type"], exact["error"]) == (False, "boolean", None)
    assert exact["explanation"]
    assert exact["started_at"] <= exact["ended_at"]
    near = found["Levenshtein"]
    assert (near["passed"], near["threshold"], near["scale"]["maximum"]) == (True, 0.8, 1.0)


async def test_kept_and_configured_evaluators(idle: Laboratory) -> None:
    idle.start(configured={name: Configured("capital", "icontains", {"value": "PARIS"}, ["ev_1"]) for name in ("capital", "ev_1")})
    definition = {"scorer": "levenshtein", "parameters": {"ignore_case": True}}
    kept = await idle.ask(
        Op.CREATE_EVALUATOR, {"name": "Near", "slug": "near", "kind": "builtin", "definition": definition, "threshold": 0.9}
    )
    found = await judged(idle, kept["id"], "near", "capital", "ev_1", {"evaluator": "levenshtein", "parameters": {"threshold": 0.5}})
    assert {key: (score["value"], score["passed"], score["threshold"]) for key, score in found.items()} == {
        kept["id"]: (1.0, True, 0.9),
        "near": (1.0, True, 0.9),
        "capital": (True, True, None),
        "ev_1": (True, True, None),
        "levenshtein": (0.8, True, 0.5),
    }
    assert (found["near"]["evaluator_id"], found["near"]["evaluator_name"]) == (kept["id"], "Near")


async def test_a_kept_evaluator_goes_before_a_scorer_of_its_name(lab: Laboratory) -> None:
    await lab.ask(Op.CREATE_EVALUATOR, {"name": "Mine", "slug": "exact-match", "kind": "builtin", "definition": {"scorer": "not-empty"}})
    assert (await judged(lab, "exact-match"))["exact-match"]["value"] is True


async def test_a_name_used_twice_gives_two_scores(lab: Laboratory) -> None:
    uses = [{"evaluator": "contains", "parameters": {"value": value}} for value in ("par", "Par")]
    found = await judged(lab, *uses)
    assert {key: score["value"] for key, score in found.items()} == {"contains": True, "contains (2)": False}


async def test_an_llm_judges_and_its_figures_are_kept(provided: Laboratory, provider: Provider) -> None:
    from starlette.responses import JSONResponse

    async def verdict(body: dict[str, Any], number: int) -> JSONResponse:
        message = {"role": "assistant", "content": '{"score": 4, "explanation": "near enough"}'}
        return JSONResponse(
            {"model": "stub-1", "choices": [{"message": message}], "usage": {"prompt_tokens": 100, "completion_tokens": 10}}
        )

    provider.answer = verdict
    definition = {"model": "stub", "template": "Q {{input}} A {{output}} E {{expected_output}}", "rubric": "Be strict."}
    scale = {"minimum": 1, "maximum": 5}
    await provided.ask(Op.CREATE_EVALUATOR, {"name": "Tone", "kind": "llm", "definition": definition, "scale": scale, "threshold": 3})
    score = (await judged(provided, "tone"))["tone"]
    assert (score["value"], score["passed"], score["explanation"], score["annotator_kind"]) == (4.0, True, "near enough", "llm")
    assert score["metadata"]["cost"] == pytest.approx(120 / 1e6)
    assert "Q q A paris E Paris" in provider.requests[0]["messages"][-1]["content"]


async def test_what_cannot_judge_is_an_error_on_the_score_and_people_are_waited_for(lab: Laboratory) -> None:
    for kind, definition in (("code", {"snippet": "1/0"}), ("composite", {}), ("human", {}), ("builtin", {"scorer": "nonsense"})):
        await lab.ask(Op.CREATE_EVALUATOR, {"name": f"my {kind}", "kind": kind, "definition": definition})
    await lab.ask(Op.CREATE_EVALUATOR, {"name": "my judge", "kind": "llm", "definition": {"min": "low"}})
    found = await judged(
        lab, "my_code", "my_composite", "my_human", "my_builtin", "my_judge", "nobody", {"evaluator": "regex-match", "parameters": {"x": 1}}
    )
    assert "never executed" in found["my_code"]["error"]
    assert "not evaluated" in found["my_composite"]["error"]
    assert "'nonsense'" in found["my_builtin"]["error"]
    assert "unusable definition" in found["my_judge"]["error"]
    assert "'nobody' is not known" in found["nobody"]["error"]
    assert "parameter x" in found["regex-match"]["error"]
    assert "my_human" not in found
    assert all(score["value"] is None and score["passed"] is None for score in found.values())


@pytest.mark.parametrize(
    ("method", "scorer", "judge", "code"),
    [
        (None, True, "score", "never executed"),
        ("auto", True, "score", "never executed"),
        ("code", True, "never executed", "never executed"),
        ("llm", "no question for a model", "score", "score"),
        ("human", None, None, None),
        ("noop", None, None, None),
        ("predefined", None, None, None),
        ("magic", "not known", "not known", "not known"),
    ],
)
async def test_the_generation_method_overrides_how_evaluators_judge(
    lab: Laboratory, method: str | None, scorer: Any, judge: Any, code: Any
) -> None:
    question = {"template": '{"score": 1}', "model": "echo"}
    await lab.ask(Op.CREATE_EVALUATOR, {"name": "judge", "kind": "llm", "definition": question})
    await lab.ask(Op.CREATE_EVALUATOR, {"name": "code", "kind": "code", "definition": {"snippet": "1", **question}})
    found = await judged(lab, "not-empty", "judge", "code", generation_method=method)
    wanted = {"not-empty": scorer, "judge": judge, "code": code}
    assert found.keys() == {name for name, value in wanted.items() if value is not None}
    for name, score in found.items():
        if wanted[name] is True:
            assert score["value"] is True
        elif wanted[name] == "score":  # echo repeats the question, which holds the answer
            assert score["value"] == 1.0
        else:
            assert wanted[name] in score["error"]


async def test_the_experiments_threshold_is_that_of_scorers_that_name_none(lab: Laboratory) -> None:
    strict = {"evaluator": "levenshtein", "parameters": {"threshold": 0.95}}
    found = await judged(lab, "levenshtein", strict, threshold=0.7)
    assert [(score["passed"], score["threshold"]) for score in found.values()] == [(True, 0.7), (False, 0.95)]


async def test_long_texts_are_scored_beside_the_event_loop(lab: Laboratory) -> None:
    long = "ab" * 5000
    _, runs = await lab.ran([{"input": "q", "output": long, "reference": long + "c"}], steps=COPY, evaluators=["levenshtein"])
    assert 0.999 < scores(runs[0])["levenshtein"] < 1


async def test_an_evaluator_may_be_tried_alone(lab: Laboratory) -> None:
    trial = {"input": "q", "output": "Paris", "reference": "Paris"}
    score = await lab.ask(Op.RUN_EVALUATOR, trial, evaluator_id="exact-match")
    assert (score["evaluator"], score["value"], score["passed"]) == ("exact-match", True, True)
    score = await lab.ask(Op.RUN_EVALUATOR, {**trial, "parameters": {"value": "x"}}, evaluator_id="contains")
    assert score["value"] is False
    await lab.ask(Op.CREATE_EVALUATOR, {"name": "person", "kind": "human"})
    assert "person has to give" in (await lab.ask(Op.RUN_EVALUATOR, trial, evaluator_id="person"))["error"]
    with pytest.raises(CrosswalkError) as caught:
        await lab.ask(Op.RUN_EVALUATOR, trial, evaluator_id="nobody")
    assert caught.value.code is Code.NOT_FOUND


async def test_an_evaluator_is_its_owners(lab: Laboratory) -> None:
    await lab.ask(Op.CREATE_EVALUATOR, {"name": "Mine", "kind": "builtin", "definition": {"scorer": "not-empty"}})
    made = await lab.create([ROW], steps=COPY, evaluators=["mine", "not-empty"], scope="elsewhere")
    await lab.until(made["id"], scope="elsewhere")
    (run,) = await lab.runs(made["id"], scope="elsewhere")
    assert "not known" in scores(run)["mine"]
    assert scores(run)["not-empty"] is True
