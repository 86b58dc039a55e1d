"""An external run with uploaded rows, with evalguardai. Arguments: the base URL and the run's name.

Uploads and the final status have no method of their own: they go through the client's transport, as its own test plugin does.
"""

from __future__ import annotations

import sys
from typing import Any

import requests
from evalguard.client import EvalGuardClient
from telling import collect, result, tell

ROWS = [
    ("2+2?", "4", "4", {"exact-match": 1.0, "closeness": 0.5}),
    ("capital of Peru?", "Lima", "Cusco", {"exact-match": 0.0, "closeness": 0.25}),
]


def main(url: str, name: str) -> None:
    collect(requests.Session)
    client = EvalGuardClient(api_key="eg_test_local", base_url=url, timeout=60.0)
    config = {"model": "mine", "prompt": "", "cases": [], "scorers": [], "external": True}
    created = client.run_eval(config, name=name)
    path = f"/v1/evals/{created['id']}"
    rows: list[dict[str, Any]] = [
        {
            "test_case_index": place,
            "input": given,
            "expected": wanted,
            "output": output,
            "scores": {scorer: {"score": value, "passed": value > 0.8, "reason": "so"} for scorer, value in scores.items()},
            "latency_ms": 12.5,
            "passed": given == "2+2?",
        }
        for place, (given, wanted, output, scores) in enumerate(ROWS)
    ]
    client._post(f"{path}/results", json={"results": rows})
    client._patch(path, json={"status": "failed", "summary": {"score": 0.4}})
    found = client.get_eval(created["id"])
    assert (found["status"], found["name"]) == ("failed", name), found
    assert name in [run["name"] for run in client.list_evals()]
    made = [{**result(given, wanted, output), "scores": scores} for given, wanted, output, scores in ROWS]
    tell(made, [read(row) for row in found["results"]])


def read(row: dict[str, Any]) -> dict[str, Any]:
    scores = {name: entry["score"] for name, entry in row["scores"].items() if name != "_metadata"}
    return {**result(row["input"], row["expected"], row["output"], failed=not row["passed"] and not scores), "scores": scores}


main(*sys.argv[1:])
