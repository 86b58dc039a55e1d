"""What other dialects wrote, read as Phoenix shows it."""

from base64 import b64decode
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

WAIT = [{"name": "", "steps": [{"kind": "wait", "config": {}}]}]
EXAMPLES = [
    {"input": "plain text", "reference": "x", "metadata": {"m": 1}},
    {"input": {"q": 1}, "reference": {"a": 1}},
    {"input": [1, 2], "reference": None},
    {"input": {"input": 5}, "reference": True},
]


async def _made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _read(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(f"/phoenix/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _dataset(client: httpx.AsyncClient) -> tuple[str, str]:
    """A dataset as `/v1` and as this dialect name it."""
    made = await _made(client, "/v1/datasets", {"name": "mixed", "examples": EXAMPLES})
    return made["id"], (await _read(client, "/datasets?name=mixed"))["data"][0]["id"]


async def test_inputs_and_outputs_are_objects_and_come_back_as_they_were(client: httpx.AsyncClient) -> None:
    _, theirs = await _dataset(client)
    shown = (await _read(client, f"/datasets/{theirs}/examples"))["data"]["examples"]
    assert [example["input"] for example in shown] == [{"input": "plain text"}, {"q": 1}, {"input": [1, 2]}, {"input": {"input": 5}}]
    assert [example["output"] for example in shown] == [{"output": "x"}, {"a": 1}, {"output": None}, {"output": True}]
    again = {"name": "copy", **{part: [example[name] for example in shown] for part, name in (("inputs", "input"), ("outputs", "output"))}}
    uploaded = await client.post("/phoenix/v1/datasets/upload?sync=true", json=again)
    assert uploaded.status_code == 200
    copy = next(item for item in (await client.get("/v1/datasets")).json()["items"] if item["name"] == "copy")
    copied = (await client.get(f"/v1/datasets/{copy['id']}/examples")).json()["items"]
    assert [example["input"] for example in copied] == [example["input"] for example in EXAMPLES]
    assert [example["reference"] for example in copied] == [example.get("reference") for example in EXAMPLES]


async def test_variants_are_experiments_of_their_own(client: httpx.AsyncClient) -> None:
    ours, theirs = await _dataset(client)
    variants = [{"name": name, "steps": [{"kind": "completion", "config": {"template": name}}]} for name in ("one", "two")]
    body = {"name": "ab", "dataset_id": ours, "variants": variants, "repetitions": 2, "metadata": {"a": 1}}
    group = await _made(client, "/v1/experiments?draft=true", body)
    listed = (await _read(client, f"/datasets/{theirs}/experiments"))["data"]
    assert [experiment["name"] for experiment in listed] == ["ab · two", "ab · one"]
    assert len({experiment["id"] for experiment in listed}) == 2
    for experiment in listed:
        assert (experiment["dataset_id"], experiment["example_count"], experiment["missing_run_count"]) == (theirs, 4, 8)
        assert (await _read(client, f"/experiments/{experiment['id']}"))["data"] == experiment
        named = b64decode(experiment["metadata"].pop("group_id")).decode().removeprefix("Experiment:")
        assert (int(named), experiment["metadata"]) == (int(group["id"][-12:], 16), {"a": 1})


async def test_an_experiment_over_inline_examples_has_a_dataset(client: httpx.AsyncClient) -> None:
    await _made(client, "/v1/experiments", {"name": "inline", "examples": EXAMPLES, "variants": WAIT})
    dataset = (await _read(client, "/datasets"))["data"][0]
    experiment = (await _read(client, f"/datasets/{dataset['id']}/experiments"))["data"][0]
    assert experiment["dataset_id"] == dataset["id"]
    waiting = (await _read(client, f"/experiments/{experiment['id']}/incomplete-runs"))["data"]
    assert [entry["dataset_example"]["output"] for entry in waiting] == [{"output": "x"}, {"a": 1}, {"output": None}, {"output": True}]


async def _with_a_run(client: httpx.AsyncClient, run: dict[str, Any]) -> str:
    ours, theirs = await _dataset(client)
    made = await _made(client, "/v1/experiments", {"name": "odd", "dataset_id": ours, "variants": WAIT})
    example = (await client.get(f"/v1/datasets/{ours}/examples")).json()["items"][0]["id"]
    await _made(client, f"/v1/experiments/{made['id']}/runs", {"example_id": example, **run})
    experiment: str = (await _read(client, f"/datasets/{theirs}/experiments"))["data"][0]["id"]
    return experiment


async def test_every_kind_of_value_is_a_score_or_a_label(client: httpx.AsyncClient) -> None:
    values = {
        "boolean": {"value": True, "value_type": "boolean"},
        "error": {"error": "boom"},
        "json": {"value": {"a": [1, "ü"]}, "value_type": "json"},
        "label": {"value": "good", "value_type": "label"},
        "labels": {"value": ["x", "y"], "value_type": "labels"},
        "number": {"value": 0.5, "value_type": "number", "label": "half", "explanation": "why"},
        "text": {"value": "at length", "value_type": "text"},
    }
    scores = [{"evaluator": name, "annotator_kind": "llm", **value} for name, value in values.items()]
    experiment = await _with_a_run(client, {"output": "o", "scores": scores})
    record = (await _read(client, f"/experiments/{experiment}/json"))[0]
    shown = {entry["name"]: (entry["label"], entry["score"], entry["explanation"], entry["error"]) for entry in record["annotations"]}
    assert shown == {
        "boolean": (None, 1.0, None, None),
        "error": (None, None, None, "boom"),
        "json": ('{"a":[1,"ü"]}', None, None, None),
        "label": ("good", None, None, None),
        "labels": ("x, y", None, None, None),
        "number": ("half", 0.5, "why", None),
        "text": ("at length", None, None, None),
    }
    assert {entry["annotator_kind"] for entry in record["annotations"]} == {"LLM"}
    assert all(entry["start_time"] and entry["end_time"] for entry in record["annotations"])


async def test_a_run_without_times_has_them_here(client: httpx.AsyncClient) -> None:
    experiment = await _with_a_run(client, {"output": "o", "latency_ms": 250})
    run = (await _read(client, f"/experiments/{experiment}/runs"))["data"][0]
    assert run["start_time"] < run["end_time"]
    assert (await _read(client, f"/experiments/{experiment}/json"))[0]["latency_ms"] == 250.0


async def test_a_failed_run_without_a_text_is_no_success(client: httpx.AsyncClient) -> None:
    experiment = await _with_a_run(client, {"output": None, "status": "failed"})
    run = (await _read(client, f"/experiments/{experiment}/runs"))["data"][0]
    assert run["error"] == ""
    counted = (await _read(client, f"/experiments/{experiment}"))["data"]
    assert (counted["successful_run_count"], counted["failed_run_count"]) == (0, 1)


async def test_what_is_merely_not_shown_is_not_called_lost(client: httpx.AsyncClient) -> None:
    experiment = await _with_a_run(client, {"output": "o", "cost": 0.5, "metadata": {"k": 1}})
    answer = await client.get(f"/phoenix/v1/experiments/{experiment}/runs")
    assert "crosswalk-lost" not in answer.headers
