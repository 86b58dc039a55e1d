"""Prompt and A/B experiments of the EvalGuard surface, and what it shows of experiments made elsewhere."""

from typing import Any

import httpx
import pytest

from tests.conftest import Serve
from tests.surfaces.evalguard import CASES, NOWHERE, EvalGuard, connected

pytestmark = pytest.mark.anyio

TWO = [{"name": "plain", "template": "{{input}}"}, {"name": "polite", "template": "Kindly {{ input }}, {{ unknown }}"}]
WAIT = {"steps": [{"kind": "wait"}]}


@pytest.fixture
async def evalguard(client: httpx.AsyncClient) -> EvalGuard:
    return await connected(client)


async def dataset(evalguard: EvalGuard, cases: list[dict[str, Any]] = CASES) -> str:
    made = await evalguard.data("POST", "/datasets", {"projectId": evalguard.project, "name": "colours", "cases": cases}, status=201)
    return str(made["id"])


async def test_three_ways_of_reading_agree(evalguard: EvalGuard) -> None:
    body = {"dataset_id": await dataset(evalguard), "variants": TWO, "scorers": ["exact-match"]}
    created = await evalguard.data("POST", "/prompts/experiments", body)
    assert [(one["name"], one["template"]) for one in created["variants"]] == [(one["name"], one["template"]) for one in TWO]
    assert (created["dataset_id"], created["scorers"], created["model"]) == (body["dataset_id"], ["exact-match"], "echo")
    read = await evalguard.finished(f"/prompts/experiments/{created['id']}")
    assert await evalguard.data("GET", "/prompts/experiments", id=created["id"]) == read
    assert await evalguard.data("GET", "/prompts/ab-experiments", id=created["id"]) == read
    (row,) = await evalguard.data("GET", "/prompts/experiments")
    assert row == {name: value for name, value in read.items() if name not in ("variants", "winner")} | {"variants": created["variants"]}
    assert read["winner"] is None, "a comparison without a test"
    assert [one["output"] for one in read["variants"][1]["results"]] == ["Kindly red, {{ unknown }}", "Kindly blue, {{ unknown }}"]


async def test_a_variant_needs_neither_name_nor_template(evalguard: EvalGuard) -> None:
    body = {"dataset_id": await dataset(evalguard), "variants": [{}, {"name": "b"}]}
    created = await evalguard.data("POST", "/prompts/experiments", body)
    assert [(one["name"], one["template"]) for one in created["variants"]] == [("variant 1", "{{input}}"), ("b", "{{input}}")]
    assert created["scorers"] == []


async def test_the_list_is_bounded_filtered_and_clamped(evalguard: EvalGuard) -> None:
    first, second = await dataset(evalguard), await dataset(evalguard)
    ids: list[str] = []
    for number in range(3):
        body = {"dataset_id": first if number else second, "variants": TWO, "scorers": ["exact-match"]}
        ids.insert(0, (await evalguard.data("POST", "/prompts/experiments", body))["id"])
    for one in ids:
        await evalguard.finished(f"/prompts/experiments/{one}")

    async def listed(**params: Any) -> list[str]:
        query = httpx.QueryParams(params)
        return [row["id"] for row in await evalguard.data("GET", f"/prompts/experiments?{query}")]

    assert await listed() == await listed(limit=1000) == await listed(projectId=evalguard.project) == ids
    assert await listed(limit=0) == ids[:1]
    assert await listed(limit=1, offset=1) == ids[1:2]
    assert await listed(dataset_id=second) == ids[2:]
    assert await listed(status="completed") == ids
    assert await listed(status="failed") == []
    assert await evalguard.refusal("GET", "/prompts/experiments?status=done") == (400, "VALIDATION_ERROR")
    assert await evalguard.refusal("GET", "/prompts/experiments", dataset_id=NOWHERE) == (404, "NOT_FOUND")
    assert await evalguard.data("GET", "/prompts/ab-experiments") == []
    assert await evalguard.data("GET", "/evals", projectId=evalguard.project) == [], "groups are no eval runs"
    assert await evalguard.refusal("GET", f"/evals/{ids[0]}") == (404, "NOT_FOUND")
    assert await evalguard.refusal("DELETE", f"/evals/{ids[0]}") == (404, "NOT_FOUND")


async def test_a_winner_needs_enough_cases(evalguard: EvalGuard) -> None:
    variants = [{"name": "right", "template": "{{input}}"}, {"name": "wrong", "template": "no"}]

    async def decided(size: int, **more: Any) -> Any:
        cases = [{"input": f"case {number}", "expectedOutput": f"case {number}"} for number in range(size)]
        body = {"dataset_id": await dataset(evalguard, cases), "variants": variants, "scorers": ["not-empty", "exact-match"], **more}
        created = await evalguard.data("POST", "/prompts/ab-experiments", body, status=201)
        return (await evalguard.finished(f"/prompts/ab-experiments/{created['id']}"))["winner"]

    assert await decided(1, metric="exact-match") is None
    winner = await decided(20, metric="exact-match", alpha=0.01)
    assert (winner["name"], winner["metric"], winner["test"], winner["alpha"]) == ("right", "exact-match", "two_proportion_z", 0.01)
    assert (winner["compared_to"], winner["effect"], winner["significant"]) == ("wrong", 1, True)
    assert await decided(20) is None, "the first scorer, which tells no difference, is the metric"


async def test_a_metric_is_one_of_the_scorers(evalguard: EvalGuard) -> None:
    body = {"dataset_id": await dataset(evalguard), "variants": TWO, "scorers": ["exact-match"], "metric": "levenshtein"}
    refused = await evalguard.send("POST", "/prompts/ab-experiments", body)
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "metric: Must be one of the scorers")
    assert await evalguard.data("GET", "/prompts/experiments") == []


async def test_bare_creates_tell_no_id(serve: Serve) -> None:
    async with serve(surfaces={"evalguard": {"bare_create": True}}) as client:
        evalguard = await connected(client)
        body = {"dataset_id": await dataset(evalguard), "variants": TWO}
        for path, status in (("/prompts/experiments", 200), ("/prompts/ab-experiments", 201)):
            reply = await evalguard.send("POST", path, body)
            assert (reply.status_code, reply.json()) == (status, {"success": True})
        assert len(await evalguard.data("GET", "/prompts/experiments")) == 2
        assert (await evalguard.data("POST", "/evals", evalguard.definition(), status=201))["id"]


async def canonical(client: httpx.AsyncClient, method: str, path: str, body: Any) -> Any:
    reply = await client.request(method, f"/v1{path}", json=body)
    assert reply.status_code < 300, reply.text
    return reply.json()


async def made_elsewhere(client: httpx.AsyncClient) -> str:
    """An experiment that somebody else runs, over inputs that are no texts, with a score of every kind."""
    examples = [{"input": {"question": "2+2?"}, "reference": 4}, {"input": "fails"}, {"input": None, "reference": ["a"]}]
    definition = {"name": "elsewhere", "examples": examples, "variants": [WAIT]}
    experiment = await canonical(client, "POST", "/experiments", definition)
    scores = [
        {"evaluator": "number", "value": 0.75, "value_type": "number"},
        {"evaluator": "boolean", "value": True, "value_type": "boolean"},
        {"evaluator": "label", "value": "dry", "value_type": "label", "label": "dry", "explanation": "no joke in it"},
        {"evaluator": "labels", "value": ["a", "b"], "value_type": "labels"},
        {"evaluator": "text", "value": "well said", "value_type": "text"},
        {"evaluator": "json", "value": {"a": 1}, "value_type": "json"},
        {"evaluator": "scaled", "value": 4, "value_type": "number", "scale": {"minimum": 1, "maximum": 5}},
        {"evaluator": "broken", "error": "the judge is away"},
    ]
    runs = f"/experiments/{experiment['id']}/runs"
    await canonical(client, "POST", runs, {"example_position": 0, "output": {"answer": 4}, "scores": scores})
    await canonical(client, "POST", runs, {"example_position": 1, "error": "it broke"})
    await canonical(client, "POST", runs, {"example_position": 2, "output": None})
    return str(experiment["id"])


async def test_what_was_made_elsewhere_is_said_in_texts_numbers_and_verdicts(client: httpx.AsyncClient, evalguard: EvalGuard) -> None:
    await made_elsewhere(client)
    (listed,) = await evalguard.data("GET", "/evals", projectId=evalguard.project)
    read = await evalguard.data("GET", f"/evals/{listed['id']}")
    assert (read["status"], read["model"], read["run"]["config"]["prompt"]) == ("failed", "", "")
    first, failed, empty = read["results"]
    assert (first["input"], first["expected"], first["output"]) == ('{"question":"2+2?"}', "4", '{"answer":4}')
    assert {name: (entry["score"], entry["passed"]) for name, entry in first["scores"].items()} == {
        "number": (0.75, False),
        "boolean": (1, True),
        "label": (0, False),
        "labels": (0, False),
        "text": (0, False),
        "json": (0, False),
        "scaled": (4, False),
        "broken": (0, False),
    }
    assert [first["scores"][name].get("reason") for name in ("label", "labels", "text", "json", "broken", "number")] == [
        "dry: no joke in it",
        '["a","b"]',
        "well said",
        '{"a":1}',
        "the judge is away",
        None,
    ]
    assert (first["score"], first["passed"]) == (pytest.approx((0.75 + 1 + 4) / 3), False)
    assert (failed["output"], failed["error"], failed["passed"], failed["score"]) == (None, "it broke", False, 0)
    assert (empty["input"], empty["expected"], empty["output"], empty["passed"]) == ("", '["a"]', None, True)
    assert (read["summary"]["totalCases"], read["summary"]["passedCases"], read["summary"]["failedCases"]) == (3, 1, 2)
    assert all(isinstance(one[name], int | float) for one in read["results"] for name in ("score", "latency_ms", "cost"))


async def test_what_was_coerced_is_in_the_receipt(client: httpx.AsyncClient, evalguard: EvalGuard) -> None:
    experiment = await made_elsewhere(client)
    dashed = f"{experiment[:8]}-{experiment[8:12]}-{experiment[12:16]}-{experiment[16:20]}-{experiment[20:]}"
    reply = await evalguard.send("GET", f"/evals/{dashed}")
    receipt = (await client.get(f"/v1/receipts/{reply.headers['crosswalk-receipt']}")).json()
    coerced = {note["canonical"] for note in receipt["coerced"]}
    assert {"/runs/*/input", "/runs/*/scores/*/value", "/runs/*/scores/*/label", "/verdict"} <= coerced
    assert "crosswalk-lost" not in reply.headers


async def test_an_experiment_nobody_judged_has_passed_and_one_still_waiting_is_running(
    client: httpx.AsyncClient, evalguard: EvalGuard
) -> None:
    definition = {"name": "waits", "examples": [{"input": "a"}, {"input": "b"}], "variants": [WAIT]}
    experiment = await canonical(client, "POST", "/experiments", definition)
    (row,) = await evalguard.data("GET", "/evals", projectId=evalguard.project)
    assert (row["status"], row["score"], row["completed_at"], row["duration"]) == ("running", None, None, None)
    for position in (0, 1):
        run = {"example_position": position, "output": "o"}
        await canonical(client, "POST", f"/experiments/{experiment['id']}/runs", run)
    (row,) = await evalguard.data("GET", "/evals", projectId=evalguard.project)
    assert (row["status"], row["score"]) == ("passed", None)


async def test_a_variant_of_a_group_is_read_by_its_own_id(evalguard: EvalGuard) -> None:
    created = await evalguard.data(
        "POST", "/prompts/experiments", {"dataset_id": await dataset(evalguard), "variants": TWO, "scorers": ["exact-match"]}
    )
    read = await evalguard.finished(f"/prompts/experiments/{created['id']}")
    alone = await evalguard.data("GET", f"/evals/{created['variants'][0]['id']}")
    assert alone["results"] == read["variants"][0]["results"]
    assert alone["run"]["config"]["prompt"] == "{{input}}"
