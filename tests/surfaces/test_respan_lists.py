"""Lists, filters, sort orders, pages and figures as Respan's clients ask for them."""

from typing import Any

import httpx
import pytest

from tests.surfaces.respan import EXPERIMENTS, SCORES, ask, experiment, resume, traces

pytestmark = pytest.mark.anyio


def _is(operator: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"operator": operator, "value": value, **more}


@pytest.fixture
async def three(client: httpx.AsyncClient) -> list[str]:
    """Drafts named a, b and ab, oldest first; the second one is starred and has metadata."""
    more: dict[str, dict[str, Any]] = {"b": {"is_starred": True, "metadata": {"team": "x"}}}
    made = [await ask(client, "POST", EXPERIMENTS, {"name": name, **more.get(name, {})}, 201) for name in ("a", "b", "ab")]
    return [one["id"] for one in made]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"name": _is("", ["a"])}, "a"),
        ({"name": "a"}, "a"),
        ({"name": ["a", "b"]}, "a b"),
        ({"name": [_is("contains", ["a"]), _is("not", ["a"])]}, "ab"),
        ({"name": [_is("", "a"), _is("", "b", connector="OR")]}, "a b"),
        ({"name": _is("contains", "a"), "status": _is("in", ["running"], connector="OR")}, "a ab"),
        ({"name": _is("contains", "a"), "status": _is("in", ["draft"])}, "a ab"),
        ({"connector": "OR", "filter_params": {"name": _is("", "a"), "is_starred": _is("", True)}}, "a b"),
        ({"status": _is("", "draft"), "g": {"connector": "OR", "filter_params": {"name": [_is("", "a"), _is("", "ab")]}}}, "a ab"),
        ([{"field": "name", "operator": "startsWith", "value": "a"}, {"field": "name", "operator": "!=", "value": "a"}], "ab"),
        ({"metadata__team": _is("", ["x"])}, "b"),
        ({"metadata": {"operator_function": "mapContainsKey", "operator_args": ["team"]}}, "b"),
        ({"name": _is("regex", "^.b$")}, "ab"),
        ({"name": _is("ilike", "A%")}, "a ab"),
        ({"name": _is("trigram_word_similar", ["B"])}, "b ab"),
        ({"description": _is("isnull", [True])}, "a b ab"),
        ({"progress": _is("gte", [1])}, ""),
        ({"dataset": _is("", ["not an id"])}, ""),
        ({}, "a b ab"),
    ],
)
async def test_filters(client: httpx.AsyncClient, three: list[str], filters: Any, names: str) -> None:
    page = await ask(client, "POST", f"{EXPERIMENTS}list/?sort_by=created_at", {"filters": filters})
    assert [item["name"] for item in page["results"]] == names.split()
    assert page["count"] == len(names.split())
    assert await ask(client, "POST", f"{EXPERIMENTS}summary/", {"filters": filters}) == {"total_count": len(names.split())}


@pytest.mark.parametrize(
    "filters",
    [
        {"nothing_of_the_kind": _is("", [1])},
        {"name": _is("resembles", ["a"])},
        {"name": _is("regex", "(")},
        {"name": _is("", "a", connector="XOR")},
        {"name": {"operator_function": "explode", "operator_args": []}},
        {"filter_params": 7},
        [{"operator": "="}],
        "name",
        {"metadata__": _is("", 1)},
    ],
)
async def test_filters_that_cannot_be_meant(client: httpx.AsyncClient, three: list[str], filters: Any) -> None:
    refused = await ask(client, "POST", f"{EXPERIMENTS}list/", {"filters": filters}, 400)
    assert list(refused) == ["filters"]


async def test_bundles_deeper_than_anybody_means_are_refused(client: httpx.AsyncClient, three: list[str]) -> None:
    filters: Any = {"name": _is("", "a")}
    for _ in range(30):
        filters = {"name": _is("", "b"), "g": {"filter_params": {"name": _is("", "c"), "h": {"connector": "OR", "filter_params": filters}}}}
    assert await ask(client, "POST", f"{EXPERIMENTS}list/", {"filters": filters}, 400)


async def test_query_fields_narrow_a_list(client: httpx.AsyncClient, three: list[str]) -> None:
    found = await ask(client, "GET", f"{EXPERIMENTS}list/?name=B&status=draft&utm_source=x")
    assert [item["name"] for item in found["results"]] == ["ab", "b"]
    assert (await ask(client, "GET", f"{EXPERIMENTS}summary/?name=zz"))["total_count"] == 0
    assert [item["name"] for item in await ask(client, "GET", f"{EXPERIMENTS}?name=b&page_size=1")] == ["ab"]


async def test_pages_link_to_their_neighbours(client: httpx.AsyncClient, three: list[str]) -> None:
    first = await ask(client, "POST", f"{EXPERIMENTS}list/?page_size=2&sort_by=name")
    assert [item["name"] for item in first["results"]] == ["a", "ab"]
    assert (first["count"], first["previous"]) == (3, None)
    second = await ask(client, "POST", first["next"])
    assert ([item["name"] for item in second["results"]], second["next"]) == (["b"], None)
    assert (await ask(client, "POST", second["previous"]))["results"] == first["results"]
    past = await ask(client, "POST", f"{EXPERIMENTS}list/?page=9&page_size=2")
    assert (past["count"], past["results"], past["next"], past["previous"]) == (3, [], None, None)


@pytest.mark.parametrize("query", ["page=0", "page=x", "page_size=0", "page_size=101", "page_size=many"])
async def test_pages_that_cannot_be(client: httpx.AsyncClient, query: str) -> None:
    assert list(await ask(client, "GET", f"{EXPERIMENTS}list/?{query}", status=400)) == [query.partition("=")[0]]


async def test_an_unknown_sort_key_changes_nothing(client: httpx.AsyncClient, three: list[str]) -> None:
    page = await ask(client, "GET", f"{EXPERIMENTS}list/?sort_by=mood")
    assert [item["name"] for item in page["results"]] == ["ab", "b", "a"]


async def test_list_items_show_no_definition(client: httpx.AsyncClient) -> None:
    await experiment(client)
    (item,) = await ask(client, "GET", EXPERIMENTS)
    assert item["workflow_count"] == 1
    assert not {"workflow", "evaluator_ids", "batch_size"} & item.keys()


@pytest.fixture
async def scored(client: httpx.AsyncClient) -> dict[str, Any]:
    """Three rows a, b and c, resumed with growing cost, judged by exact-match; the input of each is its expected output but the last's."""
    rows = [{"input": text, "reference": text if text != "c" else "z"} for text in "abc"]
    made = await experiment(client, rows, evaluator_ids=["exact-match"], name="scored")
    for place, trace in enumerate(reversed(await traces(client, made["id"]))):
        await resume(
            client,
            made["id"],
            trace["id"],
            trace["input"],
            metrics={"cost": place + 1, "latency": place, "prompt_tokens": place},
            metadata={"place": place},
        )
        body = {"log_id": trace["id"], "evaluator_slug": "exact-match", "boolean_value": trace["input"] != "c"}
        await ask(client, "POST", SCORES, body, 201)
    return made


@pytest.mark.parametrize(
    ("filters", "inputs"),
    [
        ({"status": _is("", ["success"])}, "abc"),
        ({"status": _is("", ["pending"])}, ""),
        ({"status": _is("not", ["pending", "failed"])}, "abc"),
        ({"total_cost": _is("gt", [1])}, "bc"),
        ({"duration": _is("lte", [1])}, "ab"),
        ({"total_prompt_tokens": _is("lt", 1)}, "a"),
        ({"scores__exact-match": _is("", [True])}, "ab"),
        ({"scores__exact-match": _is("", [False])}, "c"),
        ({"scores__unknown": _is("isnull", [True])}, "abc"),
        ({"metadata__place": _is("in", [0, 2])}, "ac"),
        ({"input": _is("", ["b"])}, "b"),
        ({"expected_output": _is("", "z")}, "c"),
        ({"name": _is("icontains", ["EXPERIMENT"])}, "abc"),
        ({"name": _is("", ["another"])}, ""),
        ({"name": _is("not", ["another"])}, "abc"),
    ],
)
async def test_filters_of_traces(client: httpx.AsyncClient, scored: dict[str, Any], filters: Any, inputs: str) -> None:
    found = await traces(client, scored["id"], {"filters": filters}, "?sort_by=cost")
    assert "".join(trace["input"] for trace in found) == inputs
    summary = await ask(client, "POST", f"{EXPERIMENTS}{scored['id']}/logs/summary/", {"filters": filters})
    assert summary["number_of_requests"] == len(inputs)


async def test_comparison_keys_filter_across_experiments(client: httpx.AsyncClient, scored: dict[str, Any]) -> None:
    other = await experiment(client, [{"input": "b"}])
    key = (await traces(client, other["id"]))[0]["comparison_key"]
    (found,) = await traces(client, scored["id"], {"filters": {"comparison_key": _is("", [key])}})
    assert found["input"] == "b"


@pytest.mark.parametrize(
    ("sort", "inputs"),
    [("cost", "abc"), ("-cost", "cba"), ("-duration", "cba"), ("scores__exact-match", "cba"), ("input_tokens", "abc"), ("mood", "cba")],
)
async def test_sort_orders_of_traces(client: httpx.AsyncClient, scored: dict[str, Any], sort: str, inputs: str) -> None:
    found = "".join(trace["input"] for trace in await traces(client, scored["id"], query=f"?sort_by={sort}"))
    assert found == inputs if not sort.startswith("scores") else found[0] == "c"


async def test_figures_are_numbers_even_of_nothing(client: httpx.AsyncClient) -> None:
    made = await experiment(client, evaluator_ids=["exact-match"])
    summary = await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/logs/summary/?start_time=2999-01-01T00:00:00Z")
    assert summary == {
        **dict.fromkeys(("number_of_requests", "total_cost", "total_tokens", "total_prompt_tokens", "total_completion_tokens"), 0),
        **dict.fromkeys(("avg_latency", "avg_tps", "avg_ttft"), 0),
        "scores": {},
    }
    histogram = await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/histogram/?evaluator_id=exact-match")
    assert (histogram["evaluator_id"], histogram["bins"]) == ("exact-match", [])
    assert histogram["stats"] == {"min": 0, "max": 0, "mean": 0, "total": 0}


async def test_figures_of_booleans(client: httpx.AsyncClient, scored: dict[str, Any]) -> None:
    summary = await ask(client, "GET", f"{EXPERIMENTS}{scored['id']}/logs/summary/")
    assert (summary["number_of_requests"], summary["total_cost"], summary["avg_latency"]) == (3, 6, 1)
    entry = summary["scores"]["exact-match"]
    assert (entry["score_value_type"], entry["true_count"], entry["false_count"]) == ("boolean", 2, 1)
    assert entry["avg_score"] == pytest.approx(2 / 3)
    histogram = await ask(client, "GET", f"{EXPERIMENTS}{scored['id']}/histogram/?evaluator_id=exact-match")
    assert [(bar["label"], bar["count"]) for bar in histogram["bins"]] == [("false", 1), ("true", 2)]


@pytest.mark.parametrize(
    "query", ["", "?bins=5", "?evaluator_id=", "?evaluator_id=x&bins=0", "?evaluator_id=x&bins=51", "?evaluator_id=x&bins=a"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_histograms_need_an_evaluator_and_possible_bins(client: httpx.AsyncClient, method: str, query: str) -> None:
    made = await experiment(client)
    refused = await ask(client, method, f"{EXPERIMENTS}{made['id']}/histogram/{query}", status=400)
    assert list(refused) == (["bins"] if "x" in query else ["evaluator_id"])


async def test_previews_trees_and_export(client: httpx.AsyncClient, scored: dict[str, Any]) -> None:
    path = f"{EXPERIMENTS}{scored['id']}/logs/list/"
    cut = await ask(client, "POST", f"{path}?preview_length=0")
    assert [trace["input"] for trace in cut["results"]] == list("cba")
    other = await experiment(client, [{"input": {"question": "long"}, "reference": "expected"}])
    (short,) = await traces(client, other["id"], query="?preview_length=5")
    assert (short["input"], short["expected_output"], short["output"]) == ('{"que', "expec", None)
    (whole,) = await traces(client, other["id"], query="?preview_length=5&detail=true")
    assert whole["input"] == {"question": "long"}
    assert whole["span_tree"][0]["input"] == {"question": "long"}
    assert "span_tree" not in (await traces(client, other["id"], query="?detail=0"))[0]
    exported = await ask(client, "GET", f"{path}?export=true")
    assert exported == {"message": "Exporting experiment logs. Check your email for the download link."}
    assert (await ask(client, "POST", path, {"is_exporting": True}))["count"] == 3
    older = path.removesuffix("list/")
    assert await ask(client, "GET", f"{older}?export=1", status=202) == exported
    assert (await ask(client, "GET", f"{older}?page_size=2"))["results"] == (await ask(client, "GET", f"{path}?page_size=2"))["results"]


async def test_times_bound_a_list(client: httpx.AsyncClient) -> None:
    made = await experiment(client, [{"input": "x"}])
    assert await traces(client, made["id"], query="?end_time=2001-01-01T00:00:00%2B00:00") == []
    assert len(await traces(client, made["id"], query="?start_time=2001-01-01T00:00:00+00:00")) == 1
    refused = await ask(client, "GET", f"{EXPERIMENTS}{made['id']}/logs/list/?start_time=yesterday", status=400)
    assert refused["start_time"][0].startswith("Datetime has wrong format.")
