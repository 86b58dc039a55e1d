"""What Phoenix's clients write, read through `/v1`; and what only this surface knows."""

import gzip
import zlib
from typing import Any

import httpx
import pytest

from tests.replay import otlp

pytestmark = pytest.mark.anyio

START, END = "2026-01-02T03:04:05.678901+00:00", "2026-01-02T03:04:06.5Z"
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Phoenix:
    """A few calls of a client."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(self, path: str, body: Any) -> Any:
        answer = await self.client.post(f"/phoenix/v1{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def get(self, path: str) -> Any:
        answer = await self.client.get(f"/phoenix/v1{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def experiment(self, name: str = "e", **more: Any) -> str:
        dataset = (await self.post("/datasets/upload?sync=true", {"name": f"of {name}", "inputs": [{"q": 1}, {"q": 2}]}))["dataset_id"]
        created = await self.post(f"/datasets/{dataset}/experiments", {"name": name, **more})
        return str(created["id"])

    async def run(self, experiment: str, **more: Any) -> str:
        example = (await self.get(f"/experiments/{experiment}/incomplete-runs"))["data"][0]["dataset_example"]["node_id"]
        body = {"dataset_example_id": example, "output": "o", "repetition_number": 1, "start_time": START, "end_time": END, **more}
        return str((await self.post(f"/experiments/{experiment}/runs", body))["id"])

    async def evaluate(self, run: str, name: str, **more: Any) -> str:
        body = {"experiment_run_id": run, "name": name, "annotator_kind": "CODE", "start_time": START, "end_time": END, **more}
        return str((await self.post("/experiment_evaluations", body))["id"])


@pytest.fixture
def phoenix(client: httpx.AsyncClient) -> Phoenix:
    return Phoenix(client)


async def test_an_experiment_is_run_by_the_client(phoenix: Phoenix) -> None:
    await phoenix.experiment("mine", repetitions=3, description="d", metadata={"k": [1]})
    shown = (await phoenix.client.get("/v1/experiments")).json()["items"][0]
    assert (shown["name"], shown["description"], shown["metadata"], shown["repetitions"]) == ("mine", "d", {"k": [1]}, 3)
    assert [step["kind"] for step in shown["variants"][0]["steps"]] == ["wait"]
    assert shown["status"] == "waiting"


@pytest.mark.parametrize(
    ("result", "value", "value_type", "label"),
    [
        ({"score": 0.5, "label": "half", "explanation": "e"}, 0.5, "number", "half"),
        ({"score": None, "label": "good"}, "good", "label", None),
        ({"score": True}, 1.0, "number", None),
        ({}, None, None, None),
    ],
)
async def test_evaluations_become_typed_scores_and_come_back(
    phoenix: Phoenix, result: dict[str, Any], value: Any, value_type: str | None, label: str | None
) -> None:
    experiment = await phoenix.experiment()
    run = await phoenix.run(experiment)
    await phoenix.evaluate(run, "judge", result=result, metadata={"m": 1}, trace_id=TRACE)
    listed = (await phoenix.client.get("/v1/experiments")).json()["items"][0]["id"]
    score = (await phoenix.client.get(f"/v1/experiments/{listed}/runs")).json()["items"][0]["scores"][0]
    assert (score["evaluator"], score["value"], score["value_type"], score["label"]) == ("judge", value, value_type, label)
    annotation = (await phoenix.get(f"/experiments/{experiment}/json"))[0]["annotations"][0]
    wanted = {name: result.get(name) for name in ("label", "score", "explanation")}
    assert {name: annotation[name] for name in wanted} == {**wanted, "score": None if wanted["score"] is None else float(wanted["score"])}
    assert (annotation["metadata"], annotation["trace_id"]) == ({"m": 1}, TRACE)


def _spans(trace: str) -> bytes:
    attributes = {"llm.token_count.prompt": 7, "llm.token_count.completion": 5, "openinference.span.kind": "LLM"}
    span = {"name": "Task", "trace_id": trace, "span_id": "b7ad6b7169203331", "status": {"code": "STATUS_CODE_OK"}}
    return otlp.request([{"resource": {"openinference.project.name": "mine"}, "spans": [{**span, "attributes": attributes, "events": []}]}])


@pytest.mark.parametrize(("encoding", "packed"), [("", bytes), ("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_token_counts_of_traces_are_shown_in_exports(phoenix: Phoenix, encoding: str, packed: Any) -> None:
    headers = {"content-type": "application/x-protobuf", **({"content-encoding": encoding} if encoding else {})}
    taken = await phoenix.client.post("/phoenix/v1/traces", content=packed(_spans(TRACE)), headers=headers)
    assert (taken.status_code, taken.content, taken.headers["content-type"]) == (200, b"", "application/x-protobuf")
    experiment = await phoenix.experiment()
    await phoenix.run(experiment, trace_id=TRACE)
    record = (await phoenix.get(f"/experiments/{experiment}/json"))[0]
    assert (record["prompt_token_count"], record["completion_token_count"]) == (7, 5)
    assert (await phoenix.get("/projects/mine"))["data"]["name"] == "mine"


@pytest.mark.parametrize(
    ("headers", "body", "status", "text"),
    [
        ({"content-type": "application/json"}, b"{}", 415, "Unsupported content type: application/json"),
        ({"content-type": "application/x-protobuf", "content-encoding": "br"}, b"", 415, "Unsupported content encoding: br"),
        ({"content-type": "application/x-protobuf"}, b"\xff\xff", 422, "Request body is invalid ExportTraceServiceRequest"),
    ],
)
async def test_traces_are_refused_in_the_servers_words(
    client: httpx.AsyncClient, headers: dict[str, str], body: bytes, status: int, text: str
) -> None:
    answer = await client.post("/phoenix/v1/traces", content=body, headers=headers)
    assert (answer.status_code, answer.text) == (status, text)


async def test_a_small_body_does_not_become_a_large_one(client: httpx.AsyncClient) -> None:
    bomb = gzip.compress(bytes(80 * 1024 * 1024))
    headers = {"content-type": "application/x-protobuf", "content-encoding": "gzip"}
    answer = await client.post("/phoenix/v1/traces", content=bomb, headers=headers)
    assert answer.status_code == 422
    assert "larger than" in answer.text


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("plain", 'attachment; filename="plain.json"'),
        ("emoji 🎉", "attachment; filename=\"emoji _.json\"; filename*=UTF-8''emoji%20%F0%9F%8E%89.json"),
        ('quo"te', "attachment; filename=\"quo_te.json\"; filename*=UTF-8''quo%22te.json"),
        ("new\nline", "attachment; filename=\"new_line.json\"; filename*=UTF-8''new%0Aline.json"),
    ],
)
async def test_no_name_makes_results_unreachable(phoenix: Phoenix, name: str, disposition: str) -> None:
    experiment = await phoenix.experiment(name)
    await phoenix.run(experiment)
    exported = await phoenix.client.get(f"/phoenix/v1/experiments/{experiment}/json")
    assert (exported.status_code, exported.headers["content-disposition"]) == (200, disposition)


async def test_what_would_poison_a_list_is_refused(phoenix: Phoenix) -> None:
    experiment = await phoenix.experiment("good")
    dataset = (await phoenix.get(f"/experiments/{experiment}"))["data"]["dataset_id"]
    for repetitions in (0, -1, 10**20):
        answer = await phoenix.client.post(f"/phoenix/v1/datasets/{dataset}/experiments", json={"repetitions": repetitions})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "repetitions"]
    assert [item["name"] for item in (await phoenix.get(f"/datasets/{dataset}/experiments"))["data"]] == ["good"]


async def test_every_wrong_field_is_named_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post("/phoenix/v1/experiments/zz!/runs?foo=1", json={"output": 1, "repetition_number": 0, "start_time": "noon"})
    assert answer.status_code == 422
    located = [(entry["type"], entry["loc"]) for entry in answer.json()["detail"]]
    assert located == [
        ("missing", ["body", "dataset_example_id"]),
        ("greater_than", ["body", "repetition_number"]),
        ("datetime_from_date_parsing", ["body", "start_time"]),
        ("missing", ["body", "end_time"]),
    ]


async def test_infinite_scores_and_numeric_times_are_refused(phoenix: Phoenix) -> None:
    run = await phoenix.run(await phoenix.experiment())
    body = '{"experiment_run_id": "RUN", "name": "n", "annotator_kind": "CODE", "start_time": START, "end_time": START, "result": {"score": SCORE}}'
    for start, score, loc in (
        ('"2026-01-02"', "Infinity", ["body", "result", "score"]),
        ('"2026-01-02"', "-1e999", ["body", "result", "score"]),
        ("1767323045", "1", ["body", "start_time"]),
        ('"1767323045"', "1", ["body", "start_time"]),
    ):
        content = body.replace("RUN", run).replace("START", start).replace("SCORE", score)
        answer = await phoenix.client.post(
            "/phoenix/v1/experiment_evaluations", content=content, headers={"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, loc)


async def test_an_experiment_without_a_name_is_named_after_its_dataset(phoenix: Phoenix) -> None:
    dataset = (await phoenix.post("/datasets/upload?sync=true", {"name": "two words and more", "inputs": []}))["dataset_id"]
    name = (await phoenix.post(f"/datasets/{dataset}/experiments", {}))["name"]
    start, _, digits = name.rpartition("-")
    assert (start, len(digits), int(digits, 16) >= 0) == ("two-word", 8, True)


async def test_a_dataset_id_comes_back_as_it_was_sent(phoenix: Phoenix) -> None:
    await phoenix.post("/datasets/upload?sync=true", {"name": "first", "inputs": [{}]})
    for sent in ("RGF0YXNldDox", "RGF0YXNldDowMQ==", "RGF0YXNldDogMSA="):
        assert (await phoenix.post(f"/datasets/{sent}/experiments", {}))["dataset_id"] == sent


async def test_the_version_can_be_configured(serve: Any) -> None:
    async with serve(surfaces={"phoenix": {"version": "21.0.0"}}) as client:
        probe = await client.get("/phoenix/arize_phoenix_version")
        assert (probe.text, probe.headers["x-phoenix-server-version"]) == ("21.0.0", "21.0.0")
        assert probe.headers["content-type"] == "text/plain; charset=utf-8"


async def test_probes_need_no_key_and_everything_else_does(serve: Any) -> None:
    keys = [{"name": "viewer", "sha256": "8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a", "role": "viewer"}]
    async with serve(auth={"mode": "keys", "keys": keys}) as client:
        for path in ("/arize_phoenix_version", "/healthz", "/readyz"):
            assert (await client.get(f"/phoenix{path}")).status_code == 200
        refused = await client.get("/phoenix/v1/datasets")
        assert (refused.status_code, refused.text) == (401, "Invalid token")
        headers = {"authorization": "Bearer k"}
        assert (await client.get("/phoenix/v1/datasets", headers=headers)).status_code == 200
        forbidden = await client.post("/phoenix/v1/datasets/upload", json={"name": "n", "inputs": []}, headers=headers)
        assert (forbidden.status_code, forbidden.text) == (403, "Viewers cannot perform this action.")
