"""What a user of a gateway does from datasets to deletes on a target that only stores; every step is checked through the gateway."""

from dataclasses import dataclass
from typing import Any

import httpx

Document = dict[str, Any]


@dataclass
class Face:
    """One dialect of a gateway, sent to one target."""

    client: httpx.AsyncClient
    at: str

    async def ask(self, method: str, path: str, status: int = 200, **more: Any) -> httpx.Response:
        response = await self.client.request(method, self.at + path, **more)
        assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text[:1000]}"
        return response

    async def get(self, path: str, **query: Any) -> Any:
        return (await self.ask("GET", path, params=query)).json()

    async def post(self, path: str, body: Any, status: int = 201) -> Any:
        return (await self.ask("POST", path, status, json=body)).json()


EXAMPLES = [
    {"input": "France", "reference": "Paris", "metadata": {"continent": "Europe"}, "output": "Paris, I think"},
    {"input": {"country": "Japan"}, "reference": {"capital": "Tokyo"}},
    {"input": "Peru", "reference": "Lima"},
]
WAITS = [{"name": "by hand", "steps": [{"kind": "wait"}]}]


async def made(face: Face, name: str) -> tuple[Document, Document]:
    """A dataset of three examples and an experiment that its caller runs."""
    dataset = await face.post("/datasets", {"name": name, "description": "d", "tags": ["geo"], "examples": EXAMPLES})
    body = {
        "name": f"{name} try",
        "dataset_id": dataset["id"],
        "variants": WAITS,
        "tags": ["x"],
        "metadata": {"team": "t"},
        "metric": "right",
    }
    return dataset, await face.post("/experiments", body)


async def ran(face: Face, experiment: Document, values: list[Any]) -> list[Document]:
    """A run for every value, which scores it as well."""
    return [
        await face.post(
            f"/experiments/{experiment['id']}/runs",
            {
                "example_position": place,
                "output": {"answer": place},
                "model": "m",
                "prompt_tokens": 3,
                "cost": 0.25,
                "metadata": {"seed": place},
                "started_at": "2026-01-01T00:00:00Z",
                "ended_at": "2026-01-01T00:00:02Z",
                "scores": [{"evaluator": "right", "value": value, "value_type": "boolean" if isinstance(value, bool) else "number"}],
            },
        )
        for place, value in enumerate(values)
    ]


async def lived(face: Face, name: str) -> Document:
    """The whole life; what the target holds in the end."""
    dataset, experiment = await made(face, name)
    assert (dataset["example_count"], dataset["tags"]) == (3, ["geo"])
    assert dataset["version_id"]
    assert (experiment["status"], experiment["tags"], experiment["metric"]) == ("waiting", ["x"], "right")
    assert experiment["variants"] == [{"id": experiment["id"], **WAITS[0], "steps": [{"kind": "wait", "config": {}}]}]
    assert experiment["metadata"] == {"team": "t"}
    await _examples(face, dataset)
    one = f"/experiments/{experiment['id']}"
    assert len((await face.get(f"{one}/runs/incomplete"))["items"]) == 3
    runs = await ran(face, experiment, [True, False])
    await _runs(face, experiment, runs)
    await _figures(face, one)
    other = await face.post(
        "/experiments", {"name": f"{name} again", "dataset_id": dataset["id"], "variants": [{"steps": [{"kind": "wait"}]}]}
    )
    await ran(face, other, [1.0, 0.5, 0.0])
    compared = await face.get("/compare", experiment_ids=[experiment["id"], other["id"]], metric="right")
    assert [(side["runs"], side["mean"]) for side in compared["sides"]] == [(2, 0.5), (3, 0.5)]
    assert [row["input"] for row in compared["rows"]] == [example["input"] for example in EXAMPLES]
    await _experiments(face, dataset, experiment, other)
    return {"dataset": dataset, "experiment": experiment, "other": other, "runs": runs}


async def _examples(face: Face, dataset: Document) -> None:
    seen, cursor = [], None
    while True:
        page = await face.get(f"/datasets/{dataset['id']}/examples", limit=1, **({"cursor": cursor} if cursor else {}))
        seen.extend(page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [(item["input"], item["reference"], item["output"]) for item in seen] == [
        (example["input"], example["reference"], example.get("output")) for example in EXAMPLES
    ]
    assert seen[0]["metadata"] == {"continent": "Europe"}
    alone = await face.get(f"/datasets/{dataset['id']}/examples/{seen[2]['id']}")
    assert alone == seen[2]


async def _runs(face: Face, experiment: Document, runs: list[Document]) -> None:
    one = f"/experiments/{experiment['id']}"
    page = await face.get(f"{one}/runs", limit=1)
    assert [run["id"] for run in page["items"]] == [runs[1]["id"]]
    rest = await face.get(f"{one}/runs", limit=5, cursor=page["next_cursor"])
    assert [run["id"] for run in rest["items"]] == [runs[0]["id"]]
    run = await face.get(f"{one}/runs/{runs[0]['id']}")
    assert (run["input"], run["reference"], run["output"], run["status"]) == ("France", "Paris", {"answer": 0}, "succeeded")
    assert (run["model"], run["cost"], run["metadata"], run["latency_ms"]) == ("m", 0.25, {"seed": 0}, 2000.0)
    (score,) = run["scores"]
    assert (score["evaluator"], score["value"], score["value_type"]) == ("right", True, "boolean")
    assert (await face.get(f"{one}/runs/{run['id']}/scores"))["items"] == [score]
    assert await face.get(f"{one}/runs/{run['id']}/scores/{score['id']}") == score
    failed = await face.get(f"{one}/runs", where='{"field": "scores.right", "operator": "eq", "value": false}', total=True)
    assert ([item["id"] for item in failed["items"]], failed["total"]) == ([runs[1]["id"]], 1)
    again = await face.ask("POST", f"{one}/runs", 409, json={"example_id": run["example_id"], "output": "other"})
    assert again.json()["code"] == "conflict"
    lacking = await face.get(f"{one}/scores/incomplete", evaluators=["right", "tone"])
    assert [item["evaluators"] for item in lacking["items"]] == [["tone"], ["tone"]]


async def _figures(face: Face, one: str) -> None:
    summary = await face.get(f"{one}/summary")
    assert (summary["runs"], summary["succeeded"], summary["total_cost"], summary["prompt_tokens"]) == (2, 2, 0.5, 6)
    (right,) = summary["evaluators"]
    assert (right["mean"], right["true_count"], right["false_count"]) == (0.5, 1, 1)
    bars = await face.get(f"{one}/histogram", evaluator="right")
    assert [(bar["label"], bar["count"]) for bar in bars["bins"]] == [("false", 1), ("true", 1)]
    export = await face.get(f"{one}/export")
    assert [(run["example"]["input"], run["scores"][0]["value"]) for run in export] == [("France", True), ({"country": "Japan"}, False)]


async def _experiments(face: Face, dataset: Document, experiment: Document, other: Document) -> None:
    within = await face.get("/experiments", dataset_id=dataset["id"])
    assert [item["id"] for item in within["items"]] == [other["id"], experiment["id"]]
    first = await face.get("/experiments", limit=1)
    second = await face.get("/experiments", limit=1, cursor=first["next_cursor"])
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [other["id"], experiment["id"]]
    one = f"/experiments/{experiment['id']}"
    changed = (await face.ask("PATCH", one, json={"name": "renamed", "status": "cancelled", "metadata": {"team": "u"}})).json()
    assert (changed["name"], changed["status"], changed["metadata"], changed["tags"]) == ("renamed", "cancelled", {"team": "u"}, ["x"])
    assert await face.get(one) == changed
    assert (await face.get(f"/experiments/{other['id']}"))["status"] == "completed"
