"""Whole experiments: variants, repetitions, concurrency, errors of rows, verdicts, waiting, cancelling, restarting."""

import asyncio
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from gateway.execution.executor import MAX_EXPERIMENTS
from schemas.errors import Code, CrosswalkError, Reason
from schemas.operations import Op
from tests.execution.conftest import ECHO, Laboratory, Provider, scores

pytestmark = pytest.mark.anyio

STUB = [{"kind": "completion", "config": {"model": "stub", "template": "{{input}}", "temperature": 0.1, "stream": True}}]
WAIT = [{"kind": "wait"}]


def rows(count: int) -> list[dict[str, Any]]:
    return [{"input": f"q{number}", "reference": f"q{number}"} for number in range(count)]


async def test_every_variant_example_and_repetition_is_run_once(lab: Laboratory) -> None:
    loud = [{"kind": "completion", "config": {"template": "{{input}}!"}}]
    variants = [{"name": "plain", "steps": ECHO}, {"name": "loud", "steps": loud}, {"name": "kept", "steps": [{"kind": "duplicate"}]}]
    made = await lab.create(rows(5), variants=variants, repetitions=3, evaluators=["exact-match"])
    done = await lab.until(made["id"])
    assert done["status"] == "completed"
    assert done["progress"] == 1.0
    assert done["counts"] == {"examples": 5, "expected": 45, "succeeded": 45, "failed": 0, "waiting": 0, "missing": 0}
    runs = await lab.runs(made["id"])
    assert [(run["variant"], run["example_position"], run["repetition"]) for run in runs] == [
        (variant, place, repetition) for variant in ("kept", "loud", "plain") for place in range(5) for repetition in (1, 2, 3)
    ]
    for run in runs:
        kept, loud_one = run["variant"] == "kept", run["variant"] == "loud"
        assert run["output"] == (None if kept else run["input"] + "!" * loud_one)
        assert scores(run) == {"exact-match": run["variant"] == "plain"}
    for arm in done["variants"]:
        found = await lab.get(arm["id"])
        assert (found["status"], found["counts"]["succeeded"]) == ("completed", 15)
        assert found["started_at"] <= found["completed_at"]


async def test_an_experiment_without_examples_is_completed(lab: Laboratory) -> None:
    dataset = await lab.ask(Op.CREATE_DATASET, {"name": "empty"})
    made = await lab.ask(
        Op.CREATE_EXPERIMENT, {"dataset_id": dataset["id"], "variants": [{"steps": ECHO}], "evaluators": [{"evaluator": "contains"}]}
    )
    done = await lab.until(made["id"])
    assert (done["status"], done["progress"], done["counts"]["expected"]) == ("completed", 1.0, 0)


async def test_no_more_rows_than_asked_for_are_under_way(idle: Laboratory) -> None:
    idle.model.delay = 0.01
    idle.start(concurrency=4, per_experiment=6, rows=8)
    usual = await idle.create(rows(20))
    await idle.until(usual["id"])
    assert idle.model.busiest == 4
    idle.model.busiest = 0
    greedy = await idle.create(rows(30), concurrency=50)
    await idle.until(greedy["id"])
    assert idle.model.busiest == 6
    idle.model.busiest = 0
    several = [await idle.create(rows(15), concurrency=50) for _ in range(3)]
    for one in several:
        await idle.until(one["id"])
    assert idle.model.busiest == 8


async def test_a_small_experiment_need_not_wait_for_a_large_one(idle: Laboratory) -> None:
    idle.model.delay = 0.005
    idle.start(rows=4)
    large = await idle.create(rows(300), concurrency=100)
    await idle.until(large["id"], "running")
    small = await idle.create(rows(4))
    await idle.until(small["id"])
    assert (await idle.get(large["id"]))["status"] == "running"


async def test_more_experiments_than_are_taken_up_at_once(idle: Laboratory) -> None:
    made = [await idle.create(rows(1)) for _ in range(MAX_EXPERIMENTS + 10)]
    idle.start()
    for one in made:
        assert (await idle.until(one["id"]))["status"] == "completed"


async def test_progress_is_true_meanwhile(idle: Laboratory) -> None:
    idle.model.delay = 0.01
    idle.start()
    made = await idle.create(rows(20), concurrency=2)
    seen = []
    while (found := await idle.get(made["id"]))["status"] in ("pending", "running"):
        counts = found["counts"]
        assert found["progress"] == pytest.approx((counts["succeeded"] + counts["failed"]) / 20)
        seen.append(found["progress"])
        await asyncio.sleep(0.01)
    assert seen == sorted(seen)
    assert len(set(seen)) > 3


async def test_a_provider_is_asked_and_what_it_costs_is_recorded(provided: Laboratory, provider: Provider) -> None:
    done, runs = await provided.ran([{"input": "hello"}], steps=STUB)
    assert done["status"] == "completed"
    assert runs[0]["output"] == "heard: hello"
    assert (runs[0]["model"], runs[0]["prompt_tokens"], runs[0]["completion_tokens"], runs[0]["total_tokens"]) == ("stub-1", 10, 5, 15)
    assert runs[0]["cost"] == pytest.approx(20 / 1e6)
    assert provider.requests[0]["temperature"] == 0.1
    assert "stream" not in provider.requests[0]


async def test_what_a_provider_does_to_a_row_stays_with_the_row(provided: Laboratory, provider: Provider) -> None:
    tries: dict[str, int] = {}

    async def answer(body: dict[str, Any], number: int) -> Response:
        text = body["messages"][-1]["content"]
        tries[text] = tries.get(text, 0) + 1
        if text == "busy" and tries[text] == 1:
            return JSONResponse({"error": {"message": "slow down"}}, 429, {"retry-after": "0"})
        if text == "refused":
            return JSONResponse({"error": {"message": "no such model"}}, 400)
        if text == "late":
            await asyncio.sleep(2)
        return await provider.well(body, number)

    provider.answer = answer
    done, runs = await provided.ran([{"input": one} for one in ("busy", "refused", "late", "fine")], steps=STUB, evaluators=["not-empty"])
    assert done["status"] == "completed_with_errors"
    assert done["counts"]["failed"] == 2
    assert [run["status"] for run in runs] == ["succeeded", "failed", "failed", "succeeded"]
    assert "answered 400: no such model" in runs[1]["error"]
    assert "no answer within 0.5 s" in runs[2]["error"]
    assert [scores(run) for run in runs] == [{"not-empty": True}, {}, {}, {"not-empty": True}]
    assert tries == {"busy": 2, "refused": 1, "late": 1, "fine": 1}


async def test_an_experiment_all_of_whose_rows_fail_has_failed(lab: Laboratory) -> None:
    done, runs = await lab.ran(rows(3), steps=[{"kind": "completion", "config": {"model": "unheard-of"}}])
    assert done["status"] == "failed"
    assert "All 3 rows failed" in done["error"]
    assert "unheard-of" in done["error"]
    assert [run["status"] for run in runs] == ["failed"] * 3


@pytest.mark.parametrize(
    ("definition", "outputs", "verdict"),
    [
        ({"form": "evaluation"}, ["a", "a"], "passed"),
        ({"form": "evaluation"}, ["a", "b"], "failed"),
        ({"form": "evaluation", "evaluators": []}, ["a", "a"], None),
        ({"form": "evaluation", "evaluators": ["exact-match", "nobody"]}, ["a", "a"], "failed"),
        ({"threshold": 0.5, "evaluators": ["levenshtein"]}, ["a", "a"], "passed"),
        ({"threshold": 0.5, "evaluators": ["levenshtein"]}, ["b", "a"], "failed"),
        ({}, ["a", "b"], None),
    ],
)
async def test_verdicts(lab: Laboratory, definition: dict[str, Any], outputs: list[str], verdict: str | None) -> None:
    examples = [{"input": "q", "output": output, "reference": "a"} for output in outputs]
    done, _ = await lab.ran(examples, steps=[{"kind": "duplicate"}], **{"evaluators": ["exact-match"], **definition})
    assert (done["status"], done["verdict"]) == ("completed", verdict)


async def test_failed_rows_are_run_again_when_started_again(idle: Laboratory) -> None:
    async def fail(request: Any) -> None:
        if request.messages[-1]["content"] in ("q1", "q2"):
            raise CrosswalkError(Code.UPSTREAM_INVALID, "not today")

    idle.model.before = fail
    idle.start()
    done, runs = await idle.ran(rows(4))
    assert (done["status"], done["counts"]["failed"]) == ("completed_with_errors", 2)
    idle.model.before = None
    idle.model.calls.clear()
    await idle.ask(Op.START_EXPERIMENT, experiment_id=done["id"])
    again = await idle.until(done["id"])
    assert (again["status"], again["counts"]["succeeded"], again["counts"]["failed"]) == ("completed", 4, 0)
    assert sorted(idle.model.calls) == ["q1", "q2"]
    kept = {run["id"] for run in runs if run["status"] == "succeeded"}
    assert kept < {run["id"] for run in await idle.runs(done["id"])}
    await idle.ask(Op.START_EXPERIMENT, experiment_id=done["id"], again=True)
    await idle.until(done["id"])
    assert len(idle.model.calls) == 6


async def test_an_evaluator_added_later_scores_what_is_there(lab: Laboratory) -> None:
    done, _ = await lab.ran(rows(2), evaluators=["exact-match"])
    await lab.ask(
        Op.UPDATE_EXPERIMENT, {"evaluators": [{"evaluator": "exact-match"}, {"evaluator": "not-empty"}]}, experiment_id=done["id"]
    )
    lab.model.calls.clear()
    await lab.ask(Op.START_EXPERIMENT, experiment_id=done["id"])
    await lab.until(done["id"])
    assert [scores(run) for run in await lab.runs(done["id"])] == [{"exact-match": True, "not-empty": True}] * 2
    assert lab.model.calls == []


async def test_a_draft_runs_once_it_is_started(lab: Laboratory) -> None:
    made = await lab.ask(Op.CREATE_EXPERIMENT, {"name": "later", "examples": rows(2), "variants": [{"steps": ECHO}]}, draft=True)
    await asyncio.sleep(0.05)
    assert (await lab.get(made["id"]))["status"] == "draft"
    await lab.ask(Op.START_EXPERIMENT, experiment_id=made["id"])
    assert (await lab.until(made["id"]))["counts"]["succeeded"] == 2


async def test_cancel_stops_at_once_and_for_good(idle: Laboratory) -> None:
    idle.model.delay = 0.02
    idle.start()
    made = await idle.create(rows(200), concurrency=3)
    await idle.until(made["id"], "running")
    while not idle.model.calls:
        await asyncio.sleep(0.005)
    await idle.ask(Op.CANCEL_EXPERIMENT, experiment_id=made["id"])
    begun = len(idle.model.calls)
    await asyncio.sleep(0.1)
    assert len(idle.model.calls) <= begun + 3
    found = await idle.get(made["id"])
    assert found["status"] == "cancelled"
    assert found["counts"]["succeeded"] == len(await idle.runs(made["id"])) < 100
    assert idle.executor is not None
    assert idle.executor.active == 0
    await idle.ask(Op.START_EXPERIMENT, experiment_id=made["id"])
    idle.model.delay = 0
    done = await idle.until(made["id"])
    assert (done["status"], done["counts"]["succeeded"]) == ("completed", 200)


async def test_a_deleted_experiment_is_let_go(idle: Laboratory) -> None:
    idle.model.delay = 0.02
    executor = idle.start()
    made = await idle.create(rows(50), concurrency=2)
    await idle.until(made["id"], "running")
    await idle.ask(Op.DELETE_EXPERIMENT, experiment_id=made["id"])
    async with asyncio.timeout(5):
        while executor.active:
            await asyncio.sleep(0.01)
    assert (await idle.until((await idle.create(rows(1)))["id"]))["status"] == "completed"


async def complete(lab: Laboratory, run: dict[str, Any], output: Any) -> None:
    await lab.ask(Op.UPDATE_RUN, {"output": output}, run_id=run["id"])


async def until_scored(lab: Laboratory, experiment: str, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(10):
        while True:
            runs = await lab.runs(experiment)
            if sum(len(run["scores"]) for run in runs) >= count:
                return runs
            await asyncio.sleep(0.01)


async def test_rows_that_wait_are_scored_as_their_callers_complete_them(lab: Laboratory) -> None:
    steps = [{"kind": "prompt", "config": {"template": "Say {{input}}"}}, *WAIT]
    made = await lab.create(rows(3), steps=steps, evaluators=["exact-match"])
    waiting = await lab.until(made["id"], "waiting")
    assert (waiting["counts"]["waiting"], waiting["progress"]) == (3, 0.0)
    runs = await lab.runs(made["id"])
    assert [(run["status"], run["output"], run["ended_at"]) for run in runs] == [("waiting", None, None)] * 3
    assert runs[0]["steps"][0]["output"] == [{"role": "user", "content": "Say q0"}]
    await complete(lab, runs[0], "q0")
    runs = await until_scored(lab, made["id"], 1)
    assert scores(runs[0]) == {"exact-match": True}
    assert (await lab.get(made["id"]))["status"] == "waiting"
    await complete(lab, runs[1], "wrong")
    await complete(lab, runs[2], "q2")
    done = await lab.until(made["id"])
    assert done["status"] == "completed"
    assert [scores(run)["exact-match"] for run in await lab.runs(made["id"])] == [True, False, True]


async def test_a_started_chain_that_only_waits_gets_its_placeholders(lab: Laboratory) -> None:
    body = {
        "examples": rows(2),
        "variants": [{"steps": WAIT}],
        "repetitions": 2,
        "evaluators": [{"evaluator": "exact-match"}],
        "threshold": 0.5,
    }
    made = await lab.ask(Op.CREATE_EXPERIMENT, body, draft=True)
    await lab.ask(Op.START_EXPERIMENT, experiment_id=made["id"])
    await lab.until(made["id"], "waiting")
    runs = await lab.runs(made["id"])
    assert [(run["status"], run["repetition"]) for run in runs] == [("waiting", 1), ("waiting", 2)] * 2
    for run in runs:
        await complete(lab, run, run["input"])
    done = await lab.until(made["id"])
    assert (done["status"], done["verdict"]) == ("completed", "passed")
    assert [scores(run) for run in await lab.runs(made["id"])] == [{"exact-match": True}] * 4


async def test_runs_that_callers_record_are_scored_by_whoever_has_not_yet(lab: Laboratory) -> None:
    made = await lab.create(rows(3), steps=WAIT, evaluators=["exact-match", "not-empty"], threshold=0.5)
    examples = (await lab.ask(Op.LIST_INCOMPLETE_RUNS, experiment_id=made["id"]))["items"]
    own = {"evaluator": "exact-match", "value": True, "passed": True, "explanation": "said so"}
    for item, output in zip(examples, ("q0", "wrong", None), strict=True):
        run = {"example_id": item["example"]["id"], "output": output, "scores": [own] if output == "wrong" else []}
        if output is None:
            run = {"example_id": item["example"]["id"], "error": "crashed"}
        await lab.ask(Op.ADD_RUN, run, experiment_id=made["id"])
    done = await lab.until(made["id"])
    assert (done["status"], done["verdict"]) == ("completed_with_errors", "failed")
    runs = await lab.runs(made["id"])
    assert [scores(run) for run in runs] == [{"exact-match": True, "not-empty": True}] * 2 + [{}]
    assert {score["explanation"] for score in runs[1]["scores"] if score["evaluator"] == "exact-match"} == {"said so"}
    # Whoever runs an experiment may state how it ended, also after the scores are there; then nothing changes that any more.
    await lab.ask(Op.UPDATE_EXPERIMENT, {"status": "completed", "verdict": "passed"}, experiment_id=made["id"])
    with pytest.raises(CrosswalkError) as caught:
        await lab.ask(Op.UPDATE_EXPERIMENT, {"status": "failed"}, experiment_id=made["id"])
    assert caught.value.reason is Reason.TERMINAL
    await lab.ask(Op.DELETE_SCORE, score_id=runs[0]["scores"][0]["id"])
    await lab.stop()
    lab.start()
    await asyncio.sleep(0.1)
    assert (await lab.get(made["id"]))["verdict"] == "passed"


async def test_runs_recorded_after_the_end_change_it(lab: Laboratory) -> None:
    made = await lab.create(rows(1), steps=WAIT, evaluators=["exact-match"], threshold=0.5)
    (item,) = (await lab.ask(Op.LIST_INCOMPLETE_RUNS, experiment_id=made["id"]))["items"]
    await lab.ask(Op.ADD_RUN, {"example_id": item["example"]["id"], "output": "q0"}, experiment_id=made["id"])
    assert (await lab.until(made["id"]))["verdict"] == "passed"
    await lab.ask(Op.ADD_RUN, {"example_position": 1, "input": "q", "reference": "r", "output": "s"}, experiment_id=made["id"])
    async with asyncio.timeout(10):
        while (await lab.get(made["id"]))["verdict"] == "passed":
            await asyncio.sleep(0.01)
    assert [scores(run) for run in await lab.runs(made["id"])] == [{"exact-match": True}, {"exact-match": False}]


async def test_an_evaluation_whose_rows_come_from_outside_is_scored_and_left_open(lab: Laboratory) -> None:
    definition = {"steps": WAIT, "evaluators": ["exact-match"], "form": "evaluation"}
    made = await lab.create(rows(1), **definition)
    body = {"variants": [{"steps": WAIT}], "examples": rows(1), "form": "evaluation", "evaluators": [{"evaluator": "exact-match"}]}
    started = await lab.ask(Op.CREATE_EXPERIMENT, body, draft=True)
    await lab.ask(Op.START_EXPERIMENT, experiment_id=started["id"])
    await lab.until(started["id"], "waiting")
    for experiment in (made, started):
        (item,) = (await lab.ask(Op.LIST_INCOMPLETE_RUNS, experiment_id=experiment["id"]))["items"]
        await lab.ask(Op.ADD_RUN, {"example_id": item["example"]["id"], "output": "q0"}, experiment_id=experiment["id"])
        await until_scored(lab, experiment["id"], 1)
        await asyncio.sleep(0.05)
        assert (await lab.get(experiment["id"]))["status"] == "waiting"
        await lab.ask(Op.UPDATE_EXPERIMENT, {"status": "completed", "verdict": "failed"}, experiment_id=experiment["id"])


async def test_what_its_caller_runs_and_nobody_judges_is_left_alone(lab: Laboratory) -> None:
    made = await lab.create(rows(2), steps=WAIT)
    (first, second) = (await lab.ask(Op.LIST_INCOMPLETE_RUNS, experiment_id=made["id"]))["items"]
    await lab.ask(Op.ADD_RUN, {"example_id": first["example"]["id"], "output": "x"}, experiment_id=made["id"])
    await lab.ask(Op.UPDATE_EXPERIMENT, {"status": "running"}, experiment_id=made["id"])
    await lab.stop()
    lab.start()
    await asyncio.sleep(0.1)
    found = await lab.get(made["id"])
    assert (found["status"], found["counts"]["succeeded"], found["counts"]["waiting"]) == ("running", 1, 0)
    await lab.ask(Op.ADD_RUN, {"example_id": second["example"]["id"], "output": "x"}, experiment_id=made["id"])
    assert (await lab.get(made["id"]))["counts"]["succeeded"] == 2


async def test_experiments_of_every_scope_are_run(lab: Laboratory) -> None:
    made = [(await lab.create(rows(2), scope=scope), scope) for scope in ("default", "one", "two")]
    for one, scope in made:
        assert (await lab.until(one["id"], scope=scope))["counts"]["succeeded"] == 2
