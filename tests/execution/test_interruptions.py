"""Whatever ends an executor, and whenever: the next one finishes, and every row is there exactly once."""

import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.execution.lock import ExecutionLock
from schemas.errors import Code, CrosswalkError, Reason
from schemas.operations import Call, Op
from tests.execution.conftest import ECHO, Laboratory, laboratory, scores

CONCURRENCY = 4
VARIANTS = [{"name": "a", "steps": ECHO}, {"name": "b", "steps": [*ECHO, {"kind": "completion", "config": {"template": "{{input}}!"}}]}]

Interruption = tuple[str, int]


async def after(lab: Laboratory, calls: int) -> None:
    """Waits until the models have been asked that often more, or nothing is asked any more."""
    goal, idle = len(lab.model.calls) + calls, 0
    while len(lab.model.calls) < goal and idle < 20:
        before = len(lab.model.calls)
        await asyncio.sleep(0.002)
        idle = idle + 1 if len(lab.model.calls) == before else 0


async def interrupt(lab: Laboratory, experiment: str, how: str) -> None:
    if how == "kill":
        await lab.kill()
        lab.start(concurrency=CONCURRENCY)
    elif how == "stop":
        await lab.stop()
        lab.start(concurrency=CONCURRENCY)
    else:
        try:
            await lab.ask(Op.CANCEL_EXPERIMENT, experiment_id=experiment)
            await lab.ask(Op.START_EXPERIMENT, experiment_id=experiment)
        except CrosswalkError as error:
            if error.reason is not Reason.TERMINAL:  # it was over already
                raise


async def survive(interruptions: list[Interruption], rows: int, repetitions: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with laboratory(f"sqlite:///{folder}/store.db") as lab:
            lab.model.delay = 0.001
            lab.start(concurrency=CONCURRENCY)
            examples = [{"input": f"q{number}", "reference": f"q{number}"} for number in range(rows)]
            made = await lab.create(examples, variants=VARIANTS, repetitions=repetitions, evaluators=["exact-match", "not-empty"])
            for how, calls in interruptions:
                await after(lab, calls)
                await interrupt(lab, made["id"], how)
            done = await lab.until(made["id"])
            expected = len(VARIANTS) * rows * repetitions
            assert done["status"] == "completed"
            assert (done["counts"]["succeeded"], done["counts"]["missing"]) == (expected, 0)
            runs = await lab.runs(made["id"])
            keys = Counter((run["variant"], run["example_id"], run["repetition"]) for run in runs)
            assert len(keys) == expected
            assert set(keys.values()) == {1}
            assert all(run["output"] == run["input"] + "!" * (run["variant"] == "b") for run in runs)
            assert all(scores(run) == {"exact-match": run["variant"] == "a", "not-empty": True} for run in runs)
            # Of each variant only what was in flight has been run again.
            most = rows * repetitions * 3 + len(interruptions) * CONCURRENCY * 3
            assert len(lab.model.calls) <= most


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    interruptions=st.lists(st.tuples(st.sampled_from(["kill", "stop", "cancel"]), st.integers(0, 25)), max_size=5),
    rows=st.integers(1, 12),
    repetitions=st.integers(1, 3),
)
def test_every_row_is_there_exactly_once(interruptions: list[Interruption], rows: int, repetitions: int) -> None:
    asyncio.run(survive(interruptions, rows, repetitions))


@pytest.mark.anyio
async def test_a_kill_costs_the_rows_in_flight_and_no_more(idle: Laboratory) -> None:
    idle.model.delay = 0.003
    idle.start(concurrency=5)
    made = await idle.create([{"input": f"q{number}"} for number in range(60)], evaluators=["not-empty"])
    await after(idle, 20)
    await idle.kill()
    recorded = (await idle.get(made["id"]))["counts"]["succeeded"]
    assert 0 < recorded < 60
    assert (await idle.get(made["id"]))["status"] == "running"
    idle.start(concurrency=5)
    done = await idle.until(made["id"])
    assert done["counts"]["succeeded"] == 60
    assert 60 <= len(idle.model.calls) <= 65
    assert all(scores(run) == {"not-empty": True} for run in await idle.runs(made["id"]))


@pytest.mark.anyio
async def test_a_graceful_stop_lets_rows_in_flight_finish(idle: Laboratory) -> None:
    idle.model.delay = 0.02
    idle.start(concurrency=5)
    made = await idle.create([{"input": f"q{number}"} for number in range(60)])
    await after(idle, 10)
    await idle.stop()
    asked = len(idle.model.calls)
    assert (await idle.get(made["id"]))["counts"]["succeeded"] == asked < 60
    idle.start(concurrency=5)
    await idle.until(made["id"])
    assert len(idle.model.calls) == 60


@pytest.mark.anyio
async def test_runs_completed_while_nobody_executes_are_scored_at_the_next_start(idle: Laboratory) -> None:
    steps = [{"kind": "prompt", "config": {"template": "{{input}}"}}, {"kind": "wait"}]
    idle.start()
    started = await idle.create([{"input": "q", "reference": "q"}] * 2, steps=steps, evaluators=["exact-match"])
    callers = await idle.create([{"input": "q", "reference": "q"}], steps=[{"kind": "wait"}], evaluators=["exact-match"])
    silent = await idle.create([{"input": "q"}], steps=steps)
    await idle.until(started["id"], "waiting")
    await idle.until(silent["id"], "waiting")
    await idle.kill()
    for run in [*await idle.runs(started["id"]), *await idle.runs(silent["id"])]:
        await idle.ask(Op.UPDATE_RUN, {"output": "q"}, run_id=run["id"])
    (item,) = (await idle.ask(Op.LIST_INCOMPLETE_RUNS, experiment_id=callers["id"]))["items"]
    await idle.ask(Op.ADD_RUN, {"example_id": item["example"]["id"], "output": "r"}, experiment_id=callers["id"])
    assert (await idle.get(callers["id"]))["status"] == "waiting"
    idle.start()
    for experiment in (started, silent, callers):
        assert (await idle.until(experiment["id"]))["status"] == "completed"
    assert [scores(run) for run in await idle.runs(started["id"])] == [{"exact-match": True}] * 2
    assert [scores(run) for run in await idle.runs(callers["id"])] == [{"exact-match": False}]


@pytest.mark.anyio
async def test_a_store_that_is_busy_delays_and_harms_nothing(idle: Laboratory) -> None:
    perform, refused = idle.target.perform, Counter[Op]()

    async def moody(call: Call) -> Any:
        refused[call.op] += 1
        if call.op in (Op.ADD_RUN, Op.LIST_INCOMPLETE_RUNS, Op.UPDATE_EXPERIMENT) and refused[call.op] % 3 == 1:
            raise CrosswalkError(Code.UPSTREAM_UNAVAILABLE, "The store is busy.", retry_after=0.0)
        return await perform(call)

    executor = idle.start()
    executor._target.perform = moody  # type: ignore[method-assign]
    made = await idle.create([{"input": f"q{number}"} for number in range(10)])
    done = await idle.until(made["id"])
    assert (done["status"], done["counts"]["succeeded"]) == ("completed", 10)
    assert refused[Op.ADD_RUN] > 10


@pytest.mark.anyio
async def test_a_row_whose_answer_was_lost_is_there_all_the_same(idle: Laboratory) -> None:
    asked = Counter[str]()

    async def forgetful(call: Call) -> Any:
        reply = await perform(call)
        if call.op is Op.ADD_RUN:
            example = call.body.example_id  # type: ignore[union-attr]
            asked[example] += 1
            if asked[example] == 1:
                raise CrosswalkError(Code.TIMEOUT, "too late", retry_after=0.0)
        return reply

    executor = idle.start()
    perform = executor._target.perform
    executor._target.perform = forgetful  # type: ignore[method-assign]
    done = await idle.until((await idle.create([{"input": f"q{number}"} for number in range(5)]))["id"])
    assert (done["status"], done["counts"]["succeeded"]) == ("completed", 5)
    assert len(idle.model.calls) == 5


@pytest.mark.anyio
async def test_a_store_that_is_away_for_long_is_asked_again_later(idle: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.execution.executor.SWEEP", 0.05)
    monkeypatch.setattr("gateway.execution.executor._FIRST_PAUSE", 0.1)
    monkeypatch.setattr("gateway.execution.operations.BUDGET", 0.1)
    away = True

    async def absent(call: Call) -> Any:
        if away and call.op is Op.LIST_INCOMPLETE_RUNS:
            raise CrosswalkError(Code.UPSTREAM_UNAVAILABLE, "away")
        return await perform(call)

    executor = idle.start()
    perform = executor._target.perform
    executor._target.perform = absent  # type: ignore[method-assign]
    made = await idle.create([{"input": "q"}])
    await asyncio.sleep(0.5)
    assert (await idle.get(made["id"]))["status"] == "running"
    away = False
    assert (await idle.until(made["id"]))["status"] == "completed"


@pytest.mark.anyio
async def test_a_fault_of_the_gateway_fails_the_experiment_and_not_the_executor(idle: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.execution.runner.make_chain", lambda *_: 1 / 0)
    idle.start()
    done = await idle.until((await idle.create([{"input": "q"}]))["id"])
    assert (done["status"], done["error"]) == ("failed", "The gateway could not run the experiment: see its log.")
    monkeypatch.undo()
    assert (await idle.until((await idle.create([{"input": "q"}]))["id"]))["status"] == "completed"


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    first, second = ExecutionLock(url), ExecutionLock(url)
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    assert not first.acquire()
    second.release()
    assert ExecutionLock("postgresql://somewhere/else").acquire()


HOLD = "import sys; from gateway.execution.lock import ExecutionLock; print(ExecutionLock(sys.argv[1]).acquire(), flush=True); sys.stdin.read()"


@pytest.mark.anyio
async def test_a_second_process_serves_and_takes_over_when_the_first_is_killed(idle: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.execution.executor.SWEEP", 0.05)
    pipe = asyncio.subprocess.PIPE
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLD, idle.url, stdin=pipe, stdout=pipe)
    assert other.stdout is not None
    try:
        assert await other.stdout.readline() == b"True\n"
        executor = idle.start()
        made = await idle.create([{"input": "q"}])
        await asyncio.sleep(0.2)
        assert not executor.executes
        assert (await idle.get(made["id"]))["status"] == "pending"
        score = await idle.ask(Op.RUN_EVALUATOR, {"output": "x"}, evaluator_id="not-empty")
        assert score["value"] is True
    finally:
        other.kill()
        await other.communicate()
    assert (await idle.until(made["id"]))["status"] == "completed"
    assert executor.executes


@pytest.mark.anyio
async def test_what_another_process_does_to_an_experiment_is_noticed(idle: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.execution.executor.SWEEP", 0.05)
    idle.model.delay = 0.02
    executor = idle.start(concurrency=2)
    async with laboratory(idle.url) as elsewhere:
        made = await elsewhere.create([{"input": f"q{number}"} for number in range(500)])
        await elsewhere.until(made["id"], "running")
        await elsewhere.ask(Op.CANCEL_EXPERIMENT, experiment_id=made["id"])
        async with asyncio.timeout(5):
            while executor.active:
                await asyncio.sleep(0.01)
        assert (await elsewhere.get(made["id"]))["status"] == "cancelled"
