"""Prompt experiments and A/B experiments over plain HTTP: no published client calls these routes.

The two statistics are the reference's test vectors, reached with real templates, cases and scorers:
a two-proportion z for 45 of 50 against 36 of 50, and Welch's t for two lists of five scores.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

DEADLINE_SECONDS = 20.0
NOWHERE = "00000000-0000-4000-8000-00000000dead"
TWO_VARIANTS = [
    {"name": "plain", "template": "{{input}}"},
    {"name": "polite", "template": "Kindly {{ input }}, {{ unknown }}"},
]


@pytest.fixture(scope="module")
def http(gateway: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": "Bearer eg_test_local"}
    with httpx.Client(base_url=f"{gateway}/evalguard/api/v1", headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def project(http: httpx.Client) -> str:
    return str(http.get("/project/current").raise_for_status().json()["projectId"])


def dataset(http: httpx.Client, project: str, cases: list[dict[str, Any]]) -> str:
    body = {"projectId": project, "name": f"cases-{uuid.uuid4().hex[:8]}", "cases": cases}
    reply = http.post("/datasets", json=body)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["data"]["id"])


@pytest.fixture(scope="module")
def colours(http: httpx.Client, project: str) -> str:
    return dataset(http, project, [{"input": "red", "expectedOutput": "red"}, {"input": "blue", "expectedOutput": "green"}])


def finished(http: httpx.Client, path: str) -> dict[str, Any]:
    """The experiment once it is finished and, for an A/B experiment, decided; after 20 s as it then is."""
    end = time.monotonic() + DEADLINE_SECONDS
    while True:
        body = http.get(path).raise_for_status().json()
        assert body["success"] is True
        experiment: dict[str, Any] = body["data"]
        if experiment["status"] in ("completed", "failed", "cancelled") or time.monotonic() > end:
            return experiment
        time.sleep(0.1)


@pytest.fixture(scope="module")
def created(http: httpx.Client, colours: str) -> dict[str, Any]:
    body = {"dataset_id": colours, "variants": TWO_VARIANTS, "scorers": ["exact-match", "contains"]}
    reply = http.post("/prompts/experiments", json=body)
    assert reply.status_code == 200, reply.text
    assert reply.json()["success"] is True
    data: dict[str, Any] = reply.json()["data"]
    return data


@pytest.fixture(scope="module")
def experiment(http: httpx.Client, created: dict[str, Any]) -> dict[str, Any]:
    return finished(http, f"/prompts/experiments/{created['id']}")


def test_create_answers_the_definition(created: dict[str, Any], colours: str) -> None:
    assert str(uuid.UUID(created["id"])) == created["id"]
    assert created["dataset_id"] == colours
    assert created["scorers"] == ["exact-match", "contains"]
    assert [(variant["name"], variant["template"]) for variant in created["variants"]] == [
        (variant["name"], variant["template"]) for variant in TWO_VARIANTS
    ]
    assert created["status"] in ("pending", "running")


def test_variants_keep_their_ids(created: dict[str, Any], experiment: dict[str, Any]) -> None:
    assert experiment["status"] == "completed"
    assert [variant["id"] for variant in experiment["variants"]] == [variant["id"] for variant in created["variants"]]
    assert len({variant["id"] for variant in experiment["variants"]}) == 2


def test_outputs_and_scores_by_value(experiment: dict[str, Any]) -> None:
    plain, polite = experiment["variants"]
    assert [row["output"] for row in plain["results"]] == ["red", "blue"]
    assert [row["output"] for row in polite["results"]] == [
        "Kindly red, {{ unknown }}",
        "Kindly blue, {{ unknown }}",
    ]
    assert [(row["input"], row["expected"]) for row in plain["results"]] == [("red", "red"), ("blue", "green")]
    assert [row["scores"]["exact-match"]["score"] for row in plain["results"]] == [1, 0]
    assert [row["scores"]["contains"]["score"] for row in polite["results"]] == [1, 0]
    assert [row["passed"] for row in plain["results"]] == [True, False]


def test_aggregates_add_up(experiment: dict[str, Any]) -> None:
    plain, polite = experiment["variants"]
    assert plain["scores"] == {
        "exact-match": {"avgScore": 0.5, "passRate": 0.5},
        "contains": {"avgScore": 0.5, "passRate": 0.5},
    }
    assert polite["scores"]["exact-match"] == {"avgScore": 0, "passRate": 0}
    assert (plain["summary"]["totalCases"], plain["summary"]["passedCases"]) == (2, 1)
    assert (plain["summary"]["avgScore"], polite["summary"]["avgScore"]) == (0.5, 0.25)


def test_all_three_ways_of_reading_agree(http: httpx.Client, experiment: dict[str, Any]) -> None:
    by_query = http.get("/prompts/experiments", params={"id": experiment["id"]}).json()["data"]
    if isinstance(by_query, list):
        (by_query,) = by_query
    assert by_query == experiment
    listed = http.get("/prompts/experiments").json()["data"]
    assert isinstance(listed, list)
    (row,) = [item for item in listed if item["id"] == experiment["id"]]
    for field in ("status", "dataset_id", "scorers", "created_at", "completed_at"):
        assert row[field] == experiment[field]


def test_list_is_filtered_and_bounded(http: httpx.Client, experiment: dict[str, Any]) -> None:
    mine = http.get("/prompts/experiments", params={"dataset_id": experiment["dataset_id"]}).json()["data"]
    assert experiment["id"] in [item["id"] for item in mine]
    assert {item["dataset_id"] for item in mine} == {experiment["dataset_id"]}
    assert len(http.get("/prompts/experiments", params={"limit": 1}).json()["data"]) == 1
    assert http.get("/prompts/experiments", params={"status": "cancelled"}).json()["data"] == []


def test_camel_case_is_accepted(http: httpx.Client, colours: str) -> None:
    body = {"datasetId": colours, "variants": TWO_VARIANTS, "name": "camel", "model": "echo"}
    reply = http.post("/prompts/experiments", json=body)
    assert reply.status_code == 200, reply.text
    assert reply.json()["data"]["dataset_id"] == colours


@pytest.mark.parametrize(
    "changes",
    [
        {"variants": TWO_VARIANTS[:1]},
        {"variants": []},
        {"variants": "all"},
        {"variants": [{"name": "a", "template": 1}, {"name": "b", "template": "{{input}}"}]},
        {"scorers": "exact-match"},
        {"scorers": [1]},
        {"dataset_id": "colours"},
        {"dataset_id": None},
    ],
)
@pytest.mark.parametrize("route", ["/prompts/experiments", "/prompts/ab-experiments"])
def test_wrong_bodies_are_refused(http: httpx.Client, colours: str, route: str, changes: dict[str, Any]) -> None:
    body = {"dataset_id": colours, "variants": TWO_VARIANTS, "scorers": ["exact-match"]} | changes
    reply = http.post(route, json=body)
    assert reply.status_code == 400, reply.text
    assert reply.json()["success"] is False
    assert reply.json()["error"]["code"] == "VALIDATION_ERROR"
    assert reply.json()["error"]["message"]


@pytest.mark.parametrize("route", ["/prompts/experiments", "/prompts/ab-experiments"])
@pytest.mark.parametrize("content", [b"[]", b'"x"', b"{", b"\xff\xfe"])
def test_bodies_that_are_no_objects_are_refused(http: httpx.Client, route: str, content: bytes) -> None:
    reply = http.post(route, content=content, headers={"Content-Type": "application/json"})
    assert reply.status_code == 400, reply.text
    assert reply.json()["error"]["code"] == "VALIDATION_ERROR"


def test_unknown_dataset_is_not_found(http: httpx.Client) -> None:
    body = {"dataset_id": NOWHERE, "variants": TWO_VARIANTS, "scorers": ["exact-match"]}
    for route in ("/prompts/experiments", "/prompts/ab-experiments"):
        reply = http.post(route, json=body)
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_unknown_experiment_is_not_found(http: httpx.Client) -> None:
    reply = http.get(f"/prompts/experiments/{NOWHERE}")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert http.get("/prompts/experiments/7").status_code == 400


def test_one_variant_too_many_or_too_few_for_an_ab_experiment(http: httpx.Client, colours: str) -> None:
    for number, status in ((1, 400), (2, 201), (8, 201), (9, 400)):
        variants = [{"name": f"v{index}", "template": "{{input}}"} for index in range(number)]
        body = {"dataset_id": colours, "variants": variants, "scorers": ["exact-match"]}
        assert http.post("/prompts/ab-experiments", json=body).status_code == status, number


def ab(http: httpx.Client, **body: Any) -> dict[str, Any]:
    reply = http.post("/prompts/ab-experiments", json=body)
    assert reply.status_code == 201, reply.text
    return finished(http, f"/prompts/ab-experiments/{reply.json()['data']['id']}")


def proportions(http: httpx.Client, project: str, alpha: float | None = None) -> dict[str, Any]:
    """Both variants say "common", only the first says "left": 45 of 50 cases pass against 36 of 50."""
    wanted = ["common"] * 36 + ["left"] * 9 + ["neither"] * 5
    cases = [{"input": f"case {index}", "expectedOutput": word} for index, word in enumerate(wanted)]
    variants = [
        {"name": "both", "template": "left and common {{input}}"},
        {"name": "one", "template": "common {{input}}"},
    ]
    body = {"dataset_id": dataset(http, project, cases), "variants": variants, "scorers": ["contains"]}
    return ab(http, **body, **({} if alpha is None else {"alpha": alpha}))


def test_two_proportions_decide_for_pass_or_fail(http: httpx.Client, project: str) -> None:
    decided = proportions(http, project)
    assert decided["status"] == "completed"
    both, one = decided["variants"]
    assert (both["summary"]["passedCases"], one["summary"]["passedCases"]) == (45, 36)
    winner = decided["winner"]
    assert (winner["variant_id"], winner["name"], winner["compared_to"]) == (both["id"], "both", "one")
    assert (winner["metric"], winner["test"], winner["alpha"]) == ("contains", "two_proportion_z", 0.05)
    assert winner["statistic"] == pytest.approx(2.294157, abs=1e-6)
    assert winner["p_value"] == pytest.approx(0.02178146, abs=1e-6)
    assert winner["effect"] == pytest.approx(0.18)
    assert winner["significant"] is True


def test_a_stricter_alpha_leaves_no_winner(http: httpx.Client, project: str) -> None:
    assert proportions(http, project, alpha=0.01)["winner"] is None


def test_welch_decides_for_scores(http: httpx.Client, project: str) -> None:
    """Texts of 20 characters: the input differs from the wanted text in 2, 4, 3, 1 and 6 of them (scores 0.90,
    0.80, 0.85, 0.95, 0.70), twenty times "c" in 8, 7, 9, 6 and 10 (0.60, 0.65, 0.55, 0.70, 0.50).
    """
    wanted = ["c" * kept + "abdefghijk"[: 20 - kept] for kept in (12, 13, 11, 14, 10)]
    inputs = ["q" * wrong + text[wrong:] for wrong, text in zip((2, 4, 3, 1, 6), wanted, strict=True)]
    cases = [{"input": text, "expectedOutput": goal} for text, goal in zip(inputs, wanted, strict=True)]
    variants = [{"name": "close", "template": "{{input}}"}, {"name": "fixed", "template": "c" * 20}]
    decided = ab(
        http,
        dataset_id=dataset(http, project, cases),
        variants=variants,
        scorers=["levenshtein"],
        metric="levenshtein",
    )
    close, fixed = decided["variants"]
    assert [row["scores"]["levenshtein"]["score"] for row in close["results"]] == pytest.approx([0.90, 0.80, 0.85, 0.95, 0.70])
    assert [row["scores"]["levenshtein"]["score"] for row in fixed["results"]] == pytest.approx([0.60, 0.65, 0.55, 0.70, 0.50])
    winner = decided["winner"]
    assert (winner["name"], winner["test"], winner["compared_to"]) == ("close", "welch", "fixed")
    assert winner["statistic"] == pytest.approx(4.310527, abs=1e-6)
    assert winner["p_value"] == pytest.approx(0.00280981, abs=1e-6)
    assert winner["effect"] == pytest.approx(0.24)


def test_equal_variants_have_no_winner(http: httpx.Client, colours: str) -> None:
    variants = [{"name": name, "template": "{{input}}"} for name in ("a", "b")]
    decided = ab(http, dataset_id=colours, variants=variants, scorers=["exact-match"])
    assert decided["status"] == "completed"
    assert decided["winner"] is None


def test_ab_experiments_are_listed(http: httpx.Client, colours: str) -> None:
    variants = [{"name": name, "template": "{{input}}"} for name in ("a", "b")]
    decided = ab(http, dataset_id=colours, variants=variants, scorers=["exact-match"])
    listed = http.get("/prompts/ab-experiments").json()["data"]
    assert decided["id"] in [item["id"] for item in listed]
