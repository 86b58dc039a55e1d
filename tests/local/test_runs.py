"""Runs and scores: recording, replacing, counting, listing, what is still missing."""

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.local.target import LocalTarget
from gateway.store.tables import spans
from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.operations import Op
from tests.local.conftest import Ask
from tests.local.test_experiments import ASK, dataset, example_ids, fails, make, two

pytestmark = pytest.mark.anyio


async def counts(ask: Ask, experiment: str) -> tuple[int, int, int, int]:
    found = (await ask(Op.GET_EXPERIMENT, experiment_id=experiment))["counts"]
    return found["succeeded"], found["failed"], found["waiting"], found["missing"]


async def setup(ask: Ask, count: int = 3, **more: Any) -> tuple[str, list[str]]:
    data = (await dataset(ask, count))["id"]
    made = (await make(ask, dataset_id=data, **more))["id"]
    return made, await example_ids(ask, made)


async def add(ask: Ask, experiment: str, example: str | None = None, replace: bool = False, **body: Any) -> dict[str, Any]:
    given = body if example is None else {"example_id": example, **body}
    return await ask(Op.ADD_RUN, given, experiment_id=experiment, replace=replace)


async def test_a_run_takes_input_and_reference_from_its_frozen_example(ask: Ask) -> None:
    made, (first, second, _) = await setup(ask)
    run = await add(ask, made, first, output="o", metadata={"m": 1}, trace_id="t")
    own = await add(ask, made, second, input="mine", reference=None)
    data = (await ask(Op.GET_EXPERIMENT, experiment_id=made))["dataset_id"]
    await ask(Op.UPDATE_EXAMPLE, {"input": "changed"}, dataset_id=data, example_id=first)
    read = await ask(Op.GET_RUN, run_id=run["id"], experiment_id=made)
    assert (read["input"], read["reference"], read["output"], read["example_position"]) == ({"q": 0}, 0, "o", 0)
    read = await ask(Op.GET_RUN, run_id=own["id"])
    assert (read["input"], read["reference"], read["status"]) == ("mine", None, "succeeded")


async def test_what_is_recorded_twice(ask: Ask) -> None:
    made, (first, *_) = await setup(ask)
    failed = await add(ask, made, first, error="")
    assert (failed["status"], await counts(ask, made)) == ("failed", (0, 1, 0, 2))
    for kind in ("code", "llm", "human"):
        await ask(Op.PUT_SCORE, {"evaluator": kind, "annotator_kind": kind}, run_id=failed["id"])
    again = await add(ask, made, first, output=1)
    assert (again["id"], await counts(ask, made)) == (failed["id"], (1, 0, 0, 2))
    assert [s["evaluator"] for s in (await ask(Op.GET_RUN, run_id=again["id"]))["scores"]] == ["human"]
    error = await fails(add(ask, made, first, output=2))
    assert (error.code, error.reason, error.reference) == (Code.CONFLICT, Reason.DUPLICATE, again["id"])
    replaced = await add(ask, made, first, replace=True, output=3, status="waiting")
    assert (replaced["id"], await counts(ask, made)) == (again["id"], (0, 0, 1, 3))
    read = await ask(Op.GET_RUN, run_id=again["id"])
    assert (read["output"], read["error"], read["created_at"] <= read["updated_at"]) == (3, None, True)


async def test_one_of_many_at_once_wins(ask: Ask) -> None:
    made, (first, *_) = await setup(ask)
    outcomes = await asyncio.gather(*(add(ask, made, first, output=n) for n in range(20)), return_exceptions=True)
    won = [one for one in outcomes if isinstance(one, dict)]
    lost = [one for one in outcomes if isinstance(one, CrosswalkError)]
    assert (len(won), len(lost)) == (1, 19)
    assert {one.reference for one in lost} == {won[0]["id"]}
    assert await counts(ask, made) == (1, 0, 0, 2)


async def test_the_status_follows_the_counts_when_the_caller_runs(ask: Ask) -> None:
    made, (first, second, third) = await setup(ask)

    async def status() -> str:
        return str((await ask(Op.GET_EXPERIMENT, experiment_id=made))["status"])

    await add(ask, made, first)
    await add(ask, made, second, error="x")
    assert await status() == "waiting"
    await add(ask, made, third)
    assert await status() == "completed_with_errors"
    await add(ask, made, second)
    done = await ask(Op.GET_EXPERIMENT, experiment_id=made)
    assert (done["status"], done["progress"]) == ("completed", 1.0)
    assert done["started_at"] <= done["completed_at"]
    await add(ask, made, second, repetition=7, error="more")
    assert (await status(), (await counts(ask, made))[3]) == ("completed_with_errors", -1)
    stated = await ask(Op.UPDATE_EXPERIMENT, {"status": "completed"}, experiment_id=made)
    assert stated["status"] == "completed"
    assert (await fails(ask(Op.UPDATE_EXPERIMENT, {"status": "failed"}, experiment_id=made))).reason is Reason.TERMINAL
    await add(ask, made, first, repetition=7, error="more")
    assert await status() == "completed"


async def test_examples_outside_the_frozen_set(ask: Ask) -> None:
    made, _ = await setup(ask)
    other = (await dataset(ask, 1))["id"]
    outside = (await ask(Op.LIST_EXAMPLES, dataset_id=other))["items"][0]
    run = await add(ask, made, outside["id"], repetition=5)
    assert (await ask(Op.GET_RUN, run_id=run["id"]))["input"] == {"q": 0}
    missing = outside["id"][:-4] + "ffff"
    assert (await fails(add(ask, made, missing))).kind is Kind.EXAMPLE
    assert (await fails(add(ask, made, "no such"))).code is Code.NOT_FOUND
    assert (await fails(add(ask, made, made))).reason is Reason.WRONG_KIND
    assert (await fails(add(ask, missing, outside["id"]))).code is Code.NOT_FOUND
    assert (await fails(add(ask, made))).code is Code.INVALID_REQUEST


async def test_places_without_an_example_get_one(ask: Ask) -> None:
    made, examples = await setup(ask)
    body = {"runs": [{"example_position": n, "input": f"i{n}", "reference": n, "output": n} for n in (1, 3, 4)]}
    ids = (await ask(Op.ADD_RUNS, body, experiment_id=made))["ids"]
    runs = [await ask(Op.GET_RUN, run_id=one) for one in ids]
    assert [(r["example_position"], r["input"]) for r in runs] == [(1, "i1"), (3, "i3"), (4, "i4")]
    assert runs[0]["example_id"] == examples[1]
    experiment = await ask(Op.GET_EXPERIMENT, experiment_id=made)
    assert experiment["counts"]["expected"] == 5
    items = (await ask(Op.LIST_EXAMPLES, dataset_id=experiment["dataset_id"], version_id=experiment["dataset_version_id"]))["items"]
    assert [item["input"] for item in items][3:] == ["i3", "i4"]
    versions = (await ask(Op.LIST_DATASET_VERSIONS, dataset_id=experiment["dataset_id"]))["items"]
    assert len(versions) == 2


async def test_runs_are_added_all_or_none(ask: Ask) -> None:
    made, (first, second, third) = await setup(ask)
    await add(ask, made, second)
    body = {"runs": [{"example_id": first}, {"example_id": second}, {"example_id": third}]}
    assert (await fails(ask(Op.ADD_RUNS, body, experiment_id=made))).reason is Reason.DUPLICATE
    assert await counts(ask, made) == (1, 0, 0, 2)
    assert len((await ask(Op.ADD_RUNS, body, experiment_id=made, replace=True))["ids"]) == 3
    assert await counts(ask, made) == (3, 0, 0, 0)


async def test_a_group_needs_the_variant_and_shows_the_runs_of_all(ask: Ask) -> None:
    group = await make(ask, two())
    examples = await example_ids(ask, group["id"])
    assert (await fails(add(ask, group["id"], examples[0]))).code is Code.INVALID_REQUEST
    assert (await fails(add(ask, group["id"], examples[0], variant_id="no"))).code is Code.NOT_FOUND
    runs = [await add(ask, group["id"], examples[0], variant_id=v["id"], output=v["name"]) for v in group["variants"]]
    listed = (await ask(Op.LIST_RUNS, experiment_id=group["id"]))["items"]
    assert [(r["id"], r["variant"], r["variant_id"]) for r in listed] == [
        (runs[1]["id"], "y", group["variants"][1]["id"]),
        (runs[0]["id"], "x", group["variants"][0]["id"]),
    ]
    assert len((await ask(Op.LIST_RUNS, experiment_id=group["variants"][0]["id"]))["items"]) == 1
    assert (await counts(ask, group["id"]))[0] == 2
    assert await example_ids(ask, group["id"]) == examples[1:]
    assert await example_ids(ask, group["variants"][0]["id"]) == examples[1:]
    assert (await ask(Op.GET_RUN, run_id=runs[0]["id"], experiment_id=group["id"]))["id"] == runs[0]["id"]
    wrong = ask(Op.GET_RUN, run_id=runs[0]["id"], experiment_id=group["variants"][1]["id"])
    assert (await fails(wrong)).code is Code.NOT_FOUND


async def test_embedded_scores_and_steps(ask: Ask) -> None:
    made, (first, *_) = await setup(ask)
    scores = [{"evaluator": "b", "value": 0.5, "value_type": "number"}, {"evaluator": "a", "value": None, "label": "x"}]
    steps = [{"kind": "completion", "name": "s", "output": "o", "started_at": "2026-01-02T03:04:05Z"}]
    run = await add(ask, made, first, scores=scores, steps=steps)
    assert [s["run_id"] for s in run["scores"]] == [run["id"]] * 2
    read = await ask(Op.GET_RUN, run_id=run["id"])
    assert [(s["evaluator"], s["value"], s["label"]) for s in read["scores"]] == [("a", None, "x"), ("b", 0.5, None)]
    assert read["steps"][0]["output"] == "o"
    assert "steps" not in (await ask(Op.LIST_RUNS, experiment_id=made))["items"][0]
    assert (await ask(Op.LIST_RUNS, experiment_id=made, steps=True))["items"][0]["steps"] == read["steps"]
    assert "scores" not in (await ask(Op.LIST_RUNS, experiment_id=made, scores=False))["items"][0]


async def test_a_second_score_overwrites_every_column_and_keeps_the_id(ask: Ask) -> None:
    made, (first, *_) = await setup(ask)
    run = (await add(ask, made, first))["id"]
    scale = {"minimum": 0, "maximum": 1}
    old = await ask(Op.PUT_SCORE, {"evaluator": "e", "value": 1, "explanation": "x", "metadata": {"a": 1}, "scale": scale}, run_id=run)
    refused = ask(Op.PUT_SCORE, {"evaluator": "e"}, run_id=run, create=True)
    error = await fails(refused)
    assert (error.code, error.reason, error.reference) == (Code.CONFLICT, Reason.DUPLICATE, old["id"])
    new = await ask(Op.PUT_SCORE, {"evaluator": "e", "error": "bad", "annotator_kind": "human"}, run_id=run)
    read = await ask(Op.GET_SCORE, score_id=old["id"], run_id=run)
    assert new["id"] == old["id"]
    assert (read["value"], read["explanation"], read["metadata"], read["scale"], read["error"]) == (None, None, {}, None, "bad")
    assert (await ask(Op.LIST_SCORES, experiment_id=made))["items"] == [read]
    assert (await fails(ask(Op.PUT_SCORE, {"evaluator": "e"}, run_id=made))).reason is Reason.WRONG_KIND
    await ask(Op.DELETE_SCORE, score_id=old["id"])
    assert (await fails(ask(Op.GET_SCORE, score_id=old["id"]))).code is Code.NOT_FOUND


async def test_an_update_merges_and_completes_a_waiting_run(ask: Ask, target: LocalTarget) -> None:
    made, (first, *_) = await setup(ask, variants=ASK)
    run = await add(ask, made, first, status="waiting", metadata={"a": 1})
    heard: list[Any] = []
    target.subscribe(heard.append)
    assert (await ask(Op.UPDATE_RUN, {}, run_id=run["id"]))["status"] == "waiting"
    named = await ask(Op.UPDATE_RUN, {"model": "m"}, run_id=run["id"])
    assert (named["status"], named["ended_at"], heard) == ("waiting", None, [])
    done = await ask(Op.UPDATE_RUN, {"output": {"o": 1}}, run_id=run["id"], experiment_id=made)
    assert (done["status"], done["model"], done["metadata"], done["ended_at"] is not None) == ("succeeded", "m", {"a": 1}, True)
    assert [(one.what, one.run) for one in heard] == [("run", target.store.ids.number(run["id"], Kind.RUN))]
    assert await counts(ask, made) == (1, 0, 0, 2)
    failed = await ask(Op.UPDATE_RUN, {"error": "late", "metadata": {"b": 2}}, run_id=run["id"])
    assert (failed["status"], failed["output"], failed["metadata"]) == ("failed", {"o": 1}, {"b": 2})
    assert await counts(ask, made) == (0, 1, 0, 2)


async def test_runs_are_listed_newest_first_from_their_cursor(ask: Ask) -> None:
    made, examples = await setup(ask, 5)
    ids = [(await add(ask, made, example, status="waiting" if n == 0 else "succeeded"))["id"] for n, example in enumerate(examples)]
    page = await ask(Op.LIST_RUNS, experiment_id=made, limit=2, total=True)
    assert ([r["id"] for r in page["items"]], page["next_cursor"], page["total"]) == ([ids[4], ids[3]], ids[2], 5)
    rest = await ask(Op.LIST_RUNS, experiment_id=made, cursor=page["next_cursor"])
    assert ([r["id"] for r in rest["items"]], rest["next_cursor"]) == ([ids[2], ids[1], ids[0]], None)
    assert len((await ask(Op.LIST_RUNS, experiment_id=made, waiting=False))["items"]) == 4
    assert (await fails(ask(Op.LIST_RUNS, experiment_id=made, cursor="x"))).reason is Reason.BAD_CURSOR


async def test_runs_are_filtered_and_sorted_by_what_they_say(ask: Ask) -> None:
    made, examples = await setup(ask, 6)
    for n, example in enumerate(examples):
        scores = [{"evaluator": "acc", "value": n / 10}]
        await add(ask, made, example, output=n, cost=float(-n), error="x" if n == 5 else None, scores=scores, metadata={"t": {"n": n % 2}})

    async def outputs(*conditions: dict[str, Any], sort: list[str] | None = None, limit: int | None = None) -> list[Any]:
        where = {"all": list(conditions)} if conditions else None
        page = await ask(Op.LIST_RUNS, experiment_id=made, where=where, sort=sort or [], limit=limit, scores=False)
        return [run["output"] for run in page["items"]]

    assert await outputs({"field": "status", "value": ["failed"]}) == [5]
    assert await outputs({"field": "scores.acc", "operator": "gte", "value": 0.3}, {"field": "metadata.t.n", "value": 1}) == [5, 3]
    assert await outputs({"any": [{"field": "output", "value": 0}, {"field": "output", "value": 2}]}) == [2, 0]
    assert await outputs(sort=["cost"], limit=2) == [5, 4]
    assert await outputs(sort=["-scores.acc"], limit=2) == [5, 4]
    assert await outputs({"field": "status", "operator": "not", "value": "failed"}, sort=["-cost"], limit=2) == [0, 1]


async def test_what_is_still_to_run(ask: Ask) -> None:
    made, (first, second, third) = await setup(ask, repetitions=2)
    await add(ask, made, first)
    await add(ask, made, first, repetition=2)
    await add(ask, made, second, repetition=2, error="x")
    await add(ask, made, third, status="waiting")
    await add(ask, made, third, repetition=9)

    async def lacking(**args: Any) -> list[tuple[str, list[int]]]:
        page = await ask(Op.LIST_INCOMPLETE_RUNS, experiment_id=made, **args)
        return [(item["example"]["id"], item["repetitions"]) for item in page["items"]]

    assert await lacking() == [(second, [1, 2]), (third, [1, 2])]
    assert await lacking(failed=False, waiting=False) == [(second, [1]), (third, [2])]
    page = await ask(Op.LIST_INCOMPLETE_RUNS, experiment_id=made, limit=1)
    assert page["next_cursor"] == third
    assert await lacking(cursor=third) == [(third, [1, 2])]


async def test_what_is_still_to_score(ask: Ask) -> None:
    made, (first, second, third) = await setup(ask)
    runs = [(await add(ask, made, one, error=error))["id"] for one, error in ((first, None), (second, None), (third, "x"))]
    await ask(Op.PUT_SCORE, {"evaluator": "a"}, run_id=runs[0])
    await ask(Op.PUT_SCORE, {"evaluator": "b", "error": ""}, run_id=runs[0])
    await ask(Op.PUT_SCORE, {"evaluator": "a"}, run_id=runs[2])
    other = (await ask(Op.LIST_EXAMPLES, dataset_id=(await dataset(ask, 1))["id"]))["items"][0]["id"]
    await add(ask, made, other)

    async def lacking(*names: str, **args: Any) -> list[tuple[str, str, list[str]]]:
        page = await ask(Op.LIST_INCOMPLETE_SCORES, experiment_id=made, evaluators=list(names), **args)
        return [(item["run"]["id"], item["example"]["id"], item["evaluators"]) for item in page["items"]]

    assert await lacking("b", " a", "a") == [(runs[0], first, ["b"]), (runs[1], second, ["a", "b"])]
    assert await lacking("a", "b", errors=False) == [(runs[1], second, ["a", "b"])]
    assert (await fails(lacking(" "))).code is Code.INVALID_REQUEST


async def test_a_trace_lends_its_figures(ask: Ask, target: LocalTarget) -> None:
    made, (first, second, _) = await setup(ask)
    row = {"scope": "default", "trace_id": "t1", "name": "s", "project": "p", "prompt_tokens": 2, "completion_tokens": 3, "cost": 0.5}

    def ingest(tx: Any) -> None:
        tx.execute(spans.insert(), [{**row, "span_id": span, "created_at": tx.now} for span in ("1", "2")])
        tx.execute(spans.insert(), [{**row, "scope": "elsewhere", "span_id": "3", "created_at": tx.now}])

    await target.store.write(ingest)
    lent = await add(ask, made, first, trace_id="t1")
    own = await add(ask, made, second, trace_id="t1", prompt_tokens=7, total_tokens=9)
    figures = ("prompt_tokens", "completion_tokens", "total_tokens", "cost")
    read = [await ask(Op.GET_RUN, run_id=one["id"]) for one in (lent, own)]
    assert [tuple(run[name] for name in figures) for run in read] == [(4, 6, 10, 1.0), (7, 6, 9, 1.0)]


ACTIONS = st.tuples(st.integers(0, 2), st.integers(1, 2), st.sampled_from(["succeeded", "failed", "waiting", "pending"]), st.booleans())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(ACTIONS, max_size=12))
async def test_the_counts_are_those_of_the_runs_whatever_happens(ask: Ask, actions: list[tuple[int, int, str, bool]]) -> None:
    made, examples = await setup(ask, repetitions=2)
    for place, repetition, status, patch in actions:
        if patch and (runs := (await ask(Op.LIST_RUNS, experiment_id=made))["items"]):
            await ask(Op.UPDATE_RUN, {"status": status}, run_id=runs[place % len(runs)]["id"])
        else:
            with contextlib.suppress(CrosswalkError):  # a successful run is there already
                await add(ask, made, examples[place], repetition=repetition, status=status)
    found = [run["status"] for run in (await ask(Op.LIST_RUNS, experiment_id=made))["items"]]
    succeeded, failed = found.count("succeeded"), found.count("failed")
    assert await counts(ask, made) == (succeeded, failed, found.count("waiting"), 6 - succeeded - failed)
