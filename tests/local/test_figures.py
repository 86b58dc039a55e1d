"""Summary, histogram, comparison and export over kept experiments."""

from typing import Any

import pytest

from schemas.errors import Code, CrosswalkError, Reason
from schemas.operations import Op
from tests.local.conftest import Ask

pytestmark = pytest.mark.anyio

WAIT = {"steps": [{"kind": "wait"}]}
FIRST = [0.90, 0.80, 0.85, 0.95, 0.70]
SECOND = [0.60, 0.65, 0.55, 0.70, 0.50]


async def dataset(ask: Ask, size: int = 5, start: int = 0) -> str:
    rows = [{"input": {"q": number}, "reference": {"a": number}, "metadata": {"n": number}} for number in range(start, start + size)]
    return str((await ask(Op.CREATE_DATASET, {"name": "d", "examples": rows}))["id"])


async def experiment(ask: Ask, of: str, *variants: str, **more: Any) -> dict[str, Any]:
    chains = [{"name": name, **WAIT} for name in variants or ("",)]
    return await ask(Op.CREATE_EXPERIMENT, {"name": "e", "dataset_id": of, "variants": chains, **more})


async def record(ask: Ask, to: str, values: list[Any], evaluator: str = "quality", **more: Any) -> None:
    """One run for each value, in reverse order, scored with it; None: not scored."""
    runs = [
        {
            "example_position": place,
            "output": f"o{place}",
            "scores": [] if value is None else [{"evaluator": evaluator, "value": value, "value_type": _type(value)}],
            **more,
        }
        for place, value in enumerate(values)
    ]
    await ask(Op.ADD_RUNS, {"runs": runs[::-1]}, experiment_id=to)


def _type(value: Any) -> str:
    return "boolean" if isinstance(value, bool) else "label" if isinstance(value, str) else "number"


async def fails(awaitable: Any) -> CrosswalkError:
    with pytest.raises(CrosswalkError) as caught:
        await awaitable
    return caught.value


async def two(ask: Ask, first: list[Any], second: list[Any], **more: Any) -> tuple[str, str]:
    of = await dataset(ask, max(len(first), len(second)))
    ids = [(await experiment(ask, of, name=name, **more))["id"] for name in ("a", "b")]
    for one, values in zip(ids, (first, second), strict=True):
        await record(ask, one, values)
    return ids[0], ids[1]


async def test_a_summary_counts_runs_and_scores(ask: Ask, stranger: Ask) -> None:
    made = (await experiment(ask, await dataset(ask)))["id"]
    await record(ask, made, FIRST, prompt_tokens=3, completion_tokens=4, cost=0.25, latency_ms=100)
    summary = await ask(Op.SUMMARIZE, experiment_id=made)
    assert (summary["experiment_id"], summary["runs"], summary["succeeded"]) == (made, 5, 5)
    assert (summary["total_cost"], summary["total_tokens"], summary["total_latency_ms"]) == (1.25, 35, 500)
    [quality] = summary["evaluators"]
    assert (quality["evaluator"], quality["variant_id"], quality["count"], quality["value_type"]) == ("quality", None, 5, "number")
    assert quality["mean"] == pytest.approx(0.84)
    assert (await fails(stranger(Op.SUMMARIZE, experiment_id=made))).reason is Reason.UNKNOWN_RECORD


async def test_a_summary_folds_only_the_runs_that_meet_the_condition(ask: Ask) -> None:
    made = (await experiment(ask, await dataset(ask)))["id"]
    await record(ask, made, FIRST)
    where = {"field": "scores.quality", "operator": "gte", "value": 0.85}
    assert (await ask(Op.SUMMARIZE, experiment_id=made, where=where))["runs"] == 3
    assert (await ask(Op.SUMMARIZE, experiment_id=made, end_time="2000-01-01T00:00:00Z"))["runs"] == 0


async def test_a_groups_summary_has_each_arm(ask: Ask) -> None:
    group = await experiment(ask, await dataset(ask), "short", "long")
    short, long = (variant["id"] for variant in group["variants"])
    await record(ask, short, [True, True])
    await record(ask, long, [True, False])
    summary = await ask(Op.SUMMARIZE, experiment_id=group["id"])
    assert [(entry["variant_id"], entry["mean"]) for entry in summary["evaluators"]] == [(None, 0.75), (short, 1.0), (long, 0.5)]
    assert len((await ask(Op.SUMMARIZE, experiment_id=short))["evaluators"]) == 1


async def test_a_histogram_by_any_name_of_a_kept_evaluator(ask: Ask) -> None:
    kept = await ask(Op.CREATE_EVALUATOR, {"name": "Quality", "slug": "quality", "alias": "q-1"})
    made = (await experiment(ask, await dataset(ask)))["id"]
    await record(ask, made, [0, 1, 2, 3, 4])
    for name in ("quality", "q-1", kept["id"]):
        found = await ask(Op.HISTOGRAM, experiment_id=made, evaluator=name, bins=2)
        assert [(bar["lower"], bar["upper"], bar["count"]) for bar in found["bins"]] == [(0, 2, 2), (2, 4, 3)]
    assert (await ask(Op.HISTOGRAM, experiment_id=made, evaluator="nobody"))["bins"] == []


async def test_a_histogram_of_booleans(ask: Ask) -> None:
    made = (await experiment(ask, await dataset(ask)))["id"]
    await record(ask, made, [True, False, True, None, True], evaluator="exact-match")
    found = await ask(Op.HISTOGRAM, experiment_id=made, evaluator="exact-match")
    assert [(bar["label"], bar["count"]) for bar in found["bins"]] == [("false", 1), ("true", 3)]


async def test_a_comparison_of_two_experiments(ask: Ask) -> None:
    first, second = await two(ask, FIRST, SECOND)
    found = await ask(Op.COMPARE, experiment_ids=[first, second])
    assert (found["metric"], found["alpha"]) == ("quality", 0.05)
    assert [side["name"] for side in found["sides"]] == ["a", "b"]
    assert (found["winner"]["variant_id"], found["winner"]["compared_to"]) == (first, "b")
    assert found["winner"]["p_value"] == pytest.approx(0.00280981, abs=1e-8)
    assert [row["position"] for row in found["rows"]] == [0, 1, 2, 3, 4]
    assert [cell["score"] for cell in found["rows"][1]["cells"]] == [0.8, 0.65]
    assert found["rows"][1]["input"] == {"q": 1}
    assert found["rows"][1]["cells"][0]["output"] == "o1"


async def test_a_comparison_of_a_groups_variants_in_pages(ask: Ask) -> None:
    group = await experiment(ask, await dataset(ask), "short", "long", alpha=0.001, metric="quality")
    for variant, values in zip(group["variants"], (FIRST, SECOND), strict=True):
        await record(ask, variant["id"], values)
    whole = await ask(Op.COMPARE, experiment_ids=[group["id"]])
    assert (whole["alpha"], whole["winner"]) == (0.001, None)
    assert (await ask(Op.COMPARE, experiment_ids=[group["id"]], alpha=0.05))["winner"]["name"] == "short"
    seen, cursor = [], None
    while cursor is not None or not seen:
        page = await ask(Op.COMPARE, experiment_ids=[group["id"]], limit=2, cursor=cursor)
        assert page["tests"] == whole["tests"]
        seen += page["rows"]
        cursor = page["next_cursor"]
    assert seen == whole["rows"]
    assert (await fails(ask(Op.COMPARE, experiment_ids=[group["id"]], cursor="x"))).reason is Reason.BAD_CURSOR


async def test_rows_of_two_datasets_meet_by_input(ask: Ask) -> None:
    first = (await experiment(ask, await dataset(ask, 3)))["id"]
    second = (await experiment(ask, await dataset(ask, 3, start=1)))["id"]
    await record(ask, first, [0.0, 0.1, 0.2])
    await record(ask, second, [0.3, 0.4, 0.5])
    rows = (await ask(Op.COMPARE, experiment_ids=[first, second]))["rows"]
    assert [(row["input"]["q"], [cell["score"] for cell in row["cells"]]) for row in rows] == [
        (0, [0.0, None]),
        (1, [0.1, 0.3]),
        (2, [0.2, 0.4]),
        (3, [None, 0.5]),
    ]


async def test_the_metric_is_the_first_planned_one_that_scored_every_side(ask: Ask) -> None:
    uses = [{"evaluator": "unused"}, {"evaluator": "quality"}, {"evaluator": "extra"}]
    first, second = await two(ask, FIRST, SECOND, evaluators=uses)
    for one in (first, second):
        run = (await ask(Op.LIST_RUNS, experiment_id=one))["items"][0]["id"]
        await ask(Op.PUT_SCORE, {"evaluator": "extra", "value": 1.0, "value_type": "number"}, run_id=run)
    run = (await ask(Op.LIST_RUNS, experiment_id=first))["items"][0]["id"]
    await ask(Op.PUT_SCORE, {"evaluator": "unused", "value": 1.0, "value_type": "number"}, run_id=run)
    assert (await ask(Op.COMPARE, experiment_ids=[first, second]))["metric"] == "quality"
    extra = await ask(Op.COMPARE, experiment_ids=[first, second], metric="extra")
    assert (extra["metric"], [side["scored"] for side in extra["sides"]], extra["winner"]) == ("extra", [1, 1], None)


async def test_one_evaluator_called_by_slug_here_and_by_id_there_is_one_metric(ask: Ask) -> None:
    kept = await ask(Op.CREATE_EVALUATOR, {"name": "Q", "slug": "quality"})
    of = await dataset(ask)
    first, second = [(await experiment(ask, of, name=name))["id"] for name in ("a", "b")]
    await record(ask, first, FIRST, evaluator="quality")
    await record(ask, second, SECOND, evaluator=kept["id"])
    found = await ask(Op.COMPARE, experiment_ids=[first, second])
    assert (found["metric"], found["winner"]["name"]) == ("quality", "a")


async def test_without_a_shared_metric_the_overall_score_is_compared(ask: Ask) -> None:
    of = await dataset(ask)
    first, second = [(await experiment(ask, of, name=name))["id"] for name in ("a", "b")]
    await record(ask, first, FIRST, evaluator="one")
    await record(ask, second, SECOND, evaluator="two")
    found = await ask(Op.COMPARE, experiment_ids=[first, second])
    assert found["metric"] is None
    assert found["winner"]["metric"] == "overall score"


async def test_one_side_is_no_comparison(ask: Ask) -> None:
    made = (await experiment(ask, await dataset(ask)))["id"]
    for ids in ([made], [made, made]):
        assert (await fails(ask(Op.COMPARE, experiment_ids=ids))).code is Code.INVALID_REQUEST


async def test_scores_too_far_apart_are_refused(ask: Ask) -> None:
    first, second = await two(ask, [1e308, -1e308], [1.0, 2.0])
    assert (await fails(ask(Op.COMPARE, experiment_ids=[first, second]))).code is Code.INVALID_REQUEST


async def test_an_export_is_by_example_then_repetition_with_everything_joined(ask: Ask) -> None:
    of = await dataset(ask, 3)
    made = (await experiment(ask, of, repetitions=2))["id"]
    for repetition in (2, 1):
        await record(ask, made, [0.1, 0.2, 0.3], repetition=repetition)
    first = (await ask(Op.LIST_EXAMPLES, dataset_id=of))["items"][0]["id"]
    await ask(Op.UPDATE_EXAMPLE, {"reference": {"a": "later"}}, dataset_id=of, example_id=first)
    items = (await ask(Op.EXPORT, experiment_id=made))["items"]
    assert [(item["example_position"], item["repetition"]) for item in items] == [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2)]
    assert [item["scores"][0]["value"] for item in items] == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3]
    assert items[0]["example"]["reference"] == {"a": 0}
    assert [item["example"]["metadata"]["n"] for item in items] == [0, 0, 1, 1, 2, 2]


async def test_an_export_comes_in_pages(ask: Ask, stranger: Ask) -> None:
    made = (await experiment(ask, await dataset(ask)))["id"]
    await record(ask, made, FIRST)
    whole = await ask(Op.EXPORT, experiment_id=made, total=True)
    assert whole["total"] == 5
    seen, cursor = [], None
    while cursor is not None or not seen:
        page = await ask(Op.EXPORT, experiment_id=made, limit=2, cursor=cursor, total=True)
        assert page["total"] == 5
        seen += page["items"]
        cursor = page["next_cursor"]
    assert seen == whole["items"]
    assert [item["example_position"] for item in (await ask(Op.EXPORT, experiment_id=made, offset=3))["items"]] == [3, 4]
    where = {"field": "scores.quality", "operator": "lt", "value": 0.85}
    assert [item["example_position"] for item in (await ask(Op.EXPORT, experiment_id=made, where=where))["items"]] == [1, 4]
    best = await ask(Op.EXPORT, experiment_id=made, sort=["-scores.quality"], limit=1)
    assert [(item["example_position"], item["example"]["position"]) for item in best["items"]] == [(3, 3)]
    assert (await fails(ask(Op.EXPORT, experiment_id=made, cursor="x"))).reason is Reason.BAD_CURSOR
    assert (await fails(stranger(Op.EXPORT, experiment_id=made))).reason is Reason.UNKNOWN_RECORD


async def test_an_export_shows_the_figures_of_the_runs_traces(ask: Ask) -> None:
    made = (await experiment(ask, await dataset(ask, 2)))["id"]
    await record(ask, made, [None], trace_id="t1")
    spans = [{"trace_id": "t1", "span_id": name, "prompt_tokens": 2, "completion_tokens": 3, "cost": 0.5} for name in "ab"]
    await ask(Op.ADD_SPANS, {"spans": spans})
    [item] = (await ask(Op.EXPORT, experiment_id=made))["items"]
    assert (item["prompt_tokens"], item["completion_tokens"], item["cost"]) == (4, 6, 1.0)
    assert (await ask(Op.SUMMARIZE, experiment_id=made))["total_tokens"] == 10


async def test_a_groups_export_holds_every_variant(ask: Ask) -> None:
    group = await experiment(ask, await dataset(ask, 2), "x", "y")
    for variant in group["variants"]:
        await record(ask, variant["id"], [0.5, 0.5])
    items = (await ask(Op.EXPORT, experiment_id=group["id"]))["items"]
    assert [(item["example_position"], item["variant"]) for item in items] == [(0, "x"), (0, "y"), (1, "x"), (1, "y")]
