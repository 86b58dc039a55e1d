"""Uploads of datasets, and the detectors of data quality, of the EvalGuard surface."""

import json
from typing import Any

import httpx
import pytest

from tests.surfaces.evalguard import EvalGuard, connected

pytestmark = pytest.mark.anyio

ROWS = [
    {"input": "red", "expected": "warm", "topic": "colours", "metadata": {"n": 1}},
    {"input": "blue, green", "expectedOutput": "cold"},
    {"input": "grey"},
]
CSV = 'input,expected,topic,metadata\nred,warm,colours,"{""n"": 1}"\n"blue, green",cold,,\ngrey,,,\n'
FILES = {
    "colours.csv": CSV,
    "colours.json": json.dumps(ROWS),
    "wrapped.json": json.dumps({"cases": ROWS}),
    "colours.jsonl": "\n".join(map(json.dumps, ROWS)) + "\n",
}


@pytest.fixture
async def evalguard(client: httpx.AsyncClient) -> EvalGuard:
    return await connected(client)


async def cases(evalguard: EvalGuard, identifier: str) -> list[tuple[Any, ...]]:
    path = f"/datasets/{identifier}/versions"
    taken = await evalguard.data("POST", path)
    version = (await evalguard.data("GET", f"{path}/{taken['version']['id']}"))["version"]
    return [(case["input"], case["expected_output"], case["metadata"]) for case in version["cases"]]


async def form(evalguard: EvalGuard, name: str, content: str, **fields: str) -> httpx.Response:
    return await evalguard.http.post(f"{evalguard.base}/datasets/upload", data=fields, files={"file": (name, content.encode())})


@pytest.mark.parametrize("name", FILES)
async def test_a_file_becomes_a_dataset(evalguard: EvalGuard, name: str) -> None:
    reply = await form(evalguard, name, FILES[name], projectId=evalguard.project, description="by file")
    assert reply.status_code == 201, reply.text
    made = reply.json()["data"]
    assert (made["name"], made["description"], made["source"]) == (name.partition(".")[0], "by file", "upload")
    assert (made["project_id"], made["item_count"]) == (evalguard.project, 3)
    assert await cases(evalguard, made["id"]) == [
        ("red", "warm", {"n": 1, "topic": "colours"}),
        ("blue, green", "cold", {}),
        ("grey", None, {}),
    ]


async def test_a_file_may_stand_inside_json(evalguard: EvalGuard) -> None:
    body = {"projectId": evalguard.project, "name": "own", "format": "csv", "content": CSV}
    made = await evalguard.data("POST", "/datasets/upload", body, status=201)
    assert (made["name"], made["item_count"]) == ("own", 3)
    assert (await evalguard.data("GET", f"/datasets/{made['id']}"))["source"] == "upload"


async def test_what_is_no_dataset_is_refused_whole(evalguard: EvalGuard) -> None:
    known = {"projectId": evalguard.project}
    wrong = {
        "x.csv": "expected\nwarm\n",
        "y.csv": "input\nred,more\n",
        "z.csv": "input,input\na,b\n",
        "x.jsonl": '{"input": "red"}\nnot json\n',
        "y.jsonl": '"red"\n',
        "x.json": '{"rows": []}',
        "y.json": '[{"input": 1}]',
    }
    for name, content in wrong.items():
        reply = await form(evalguard, name, content, **known)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "VALIDATION_ERROR"), name
    reply = await form(evalguard, "x.parquet", "", **known)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "INVALID_FORMAT")
    reply = await form(evalguard, "x.csv", "input\nred\n")
    assert "projectId" in reply.json()["error"]["message"]
    broken = {"content-type": "multipart/form-data; boundary=x"}
    reply = await evalguard.http.post(f"{evalguard.base}/datasets/upload", content=b"--y", headers=broken)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    bodies: tuple[Any, ...] = ({}, {"content": 1}, [], {**known, "name": "n", "content": "input"})
    for body in bodies:
        assert (await evalguard.send("POST", "/datasets/upload", body)).status_code == 400, body
    assert await evalguard.data("GET", "/datasets", projectId=evalguard.project) == []


async def test_what_looks_wrong_in_a_dataset_is_found(client: httpx.AsyncClient, evalguard: EvalGuard) -> None:
    embeddings = [[1, 0], [0.99, 0.01], [0.98, 0], [0, 1]]
    report = await evalguard.data("POST", "/datasets/health", {"labels": [0, 0, 0, 1], "embeddings": embeddings})
    found = report["health"]
    assert found["rowCount"] == 4
    assert found["imbalance"] == {"counts": [3, 1], "fractions": [0.75, 0.25], "imbalanceRatio": 3, "minorityClasses": []}
    assert found["outlierRows"] == [3]
    assert [(pair["i"], pair["j"]) for pair in found["nearDuplicates"]] == [(0, 2), (0, 1), (1, 2)]
    assert "labelQuality" not in report
    (kept,) = (await client.get("/v1/documents/dataset_health")).json()["items"]
    assert kept["body"] == report


async def test_features_labels_and_order_are_looked_at(evalguard: EvalGuard) -> None:
    labels = [row % 2 for row in range(40)]
    features = [[label * 2 + 1, (row * 7) % 5] for row, label in enumerate(labels)]
    probabilities = [[0.9, 0.1] if label == 0 else [0.2, 0.8] for label in labels]
    probabilities[3] = [0.95, 0.05]
    report = await evalguard.data("POST", "/datasets/health", {"labels": labels, "features": features, "predProbs": probabilities})
    assert [(one["feature"], round(one["correlation"], 9)) for one in report["health"]["spuriousFeatures"]] == [(0, 1)]
    assert report["labelQuality"] == {
        "estimatedNoiseRate": 1 / 40,
        "numClasses": 2,
        "issueCount": 1,
        "topIssues": [{"index": 3, "givenLabel": 1, "suggestedLabel": 0, "qualityScore": 0.05}],
    }
    ordered = [[1, row / 40] for row in range(40)]
    shuffled = [ordered[row * 17 % 40] for row in range(40)]
    verdicts = [(await evalguard.data("POST", "/datasets/health", {"embeddings": one}))["health"]["nonIid"] for one in (ordered, shuffled)]
    assert [one["nonIid"] for one in verdicts] == [True, False]
    assert verdicts[0]["score"] < 0.001 < verdicts[1]["score"]


async def test_questions_that_do_not_fit_together_are_refused(evalguard: EvalGuard) -> None:
    questions: tuple[dict[str, Any], ...] = (
        {},
        {"labels": []},
        {"labels": [0], "features": [[1], [2]]},
        {"embeddings": [[1, 2], [1]]},
        {"embeddings": [[]]},
        {"labels": [0, 5], "numClasses": 2},
        {"labels": [0, 1], "predProbs": [[1], [1]]},
        {"labels": ["a"]},
        {"labels": [-1]},
    )
    for wrong in questions:
        assert await evalguard.refusal("POST", "/datasets/health", wrong) == (400, "VALIDATION_ERROR"), wrong
    assert await evalguard.refusal("POST", "/datasets/health", {"embeddings": [[1.0]] * 301}) == (413, "PAYLOAD_TOO_LARGE")
    assert await evalguard.refusal("POST", "/datasets/health", {"embeddings": [[1.0] * 100] * 300}) == (413, "PAYLOAD_TOO_LARGE")
