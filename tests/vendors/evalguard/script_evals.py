"""Eval runs through evalguardai 2.2.3; the argument is the base URL.

Upload, patch and delete have no method of their own: they go through the client's transport, as its
own test plugin does.
"""

from __future__ import annotations

import sys
from typing import Any

from support import connect, finished, refused, tell, unique

client = connect(sys.argv[1])
NOWHERE = "00000000-0000-4000-8000-00000000dead"
CASES = [
    {"input": "red", "expectedOutput": "Answer: red"},
    {"input": "blue", "expectedOutput": "blue"},
]


def ran(name: str, prompt: str, scorers: list[str]) -> dict[str, Any]:
    config = {"model": "echo", "prompt": prompt, "cases": CASES, "scorers": scorers}
    created = client.run_eval(config, name=name)
    return {"created": created, "read": finished(client, created["id"]), "again": client.get_eval_run(created["id"])}


def idempotent(name: str) -> dict[str, Any]:
    """The same create twice under one key, as the client sends it again after a lost answer."""
    body = {
        "projectId": client._resolve_project_id(),
        "name": name,
        "model": "echo",
        "prompt": "{{input}}",
        "cases": CASES,
        "scorers": ["contains"],
    }
    key = {"Idempotency-Key": unique("key")}
    replies = [client._request("POST", "/v1/evals", json=body, headers=key) for _ in range(2)]
    return {"replies": replies, "named": [run["id"] for run in client.list_evals() if run["name"] == name]}


def external(name: str) -> dict[str, Any]:
    config = {"model": "own-runner", "prompt": "{{input}}", "cases": [], "scorers": [], "external": True}
    created = client.run_eval(config, name=name)
    path = f"/v1/evals/{created['id']}"
    rows = [
        {
            "test_case_index": index,
            "input": f"question {index}",
            "expected": "yes",
            "output": output,
            "scores": {"judge": {"score": score, "passed": score >= 0.5, "reason": f"said {output}"}},
            "score": score,
            "latency_ms": 12.5,
            "cost": 0.25,
            "passed": score >= 0.5,
        }
        for index, (output, score) in enumerate((("yes", 1.0), ("maybe", 0.5), ("no", 0.0)))
    ]
    uploaded = client._post(f"{path}/results", json={"results": rows})
    replaced = client._post(f"{path}/results", json={"results": [rows[2] | {"output": "never"}]})
    patched = client._patch(path, json={"status": "failed", "summary": {"score": 0.5, "passRate": 0.75}})
    return {
        "created": created,
        "uploaded": uploaded,
        "replaced": replaced,
        "patched": patched,
        "read": client.get_eval(created["id"]),
        "patched_again": refused(lambda: client._patch(path, json={"status": "running"})),
        "results": client._get(f"{path}/results"),
    }


def removed(run_id: str) -> dict[str, Any]:
    return {
        "reply": client._delete(f"/v1/evals/{run_id}"),
        "gone": refused(lambda: client.get_eval(run_id)),
        "listed": [run["id"] for run in client.list_evals()],
    }


def refusals(run_id: str, project: str) -> dict[str, Any]:
    complete = {"name": "n", "model": "echo", "prompt": "{{input}}", "cases": CASES, "scorers": ["contains"]}

    def create(**changes: Any) -> dict[str, Any]:
        config = {key: value for key, value in (complete | changes).items() if value is not None}
        return refused(lambda: client.run_eval(config, name="n"))

    return {
        "unknown": refused(lambda: client.get_eval(NOWHERE)),
        "no_uuid": refused(lambda: client.get_eval("run-1")),
        "no_model": create(model=None),
        "no_cases": create(cases=[]),
        "no_scorers": create(scorers=[]),
        "cases_of_wrong_type": create(cases="all"),
        "case_without_input": create(cases=[{"expectedOutput": "x"}]),
        "unknown_scorer": create(scorers=["no-such-scorer"]),
        "no_project": refused(lambda: client._get("/v1/evals")),
        "compare_with_unknown": refused(lambda: client.compare_evals(run_id, NOWHERE, project)),
        "unknown_route": refused(lambda: client._get("/v1/no/such/route")),
        "delete_unknown": refused(lambda: client._delete(f"/v1/evals/{NOWHERE}")),
    }


def main() -> None:
    name = unique("colours")
    project = client._resolve_project_id()
    mixed = ran(f"{name}-mixed", "Answer: {{input}}", ["exact-match", "contains"])
    good = ran(f"{name}-good", "Answer: {{input}}", ["contains"])
    seen: dict[str, Any] = {
        "name": name,
        "project": project,
        "project_again": connect(sys.argv[1])._resolve_project_id(),
        "org": client._resolve_org_id(),
        "policy": client._get("/v1/client/policy", params={"version": "2.2.3"}),
        "version_policy": client.check_version_policy(),
        "version_allowed": client.assert_version_allowed(),
        "as_subject": client.with_subject(email="ann@example.org").list_evals(project) == client.list_evals(project),
        "mixed": mixed,
        "good": good,
        "listed": client.list_evals(),
        "listed_by_project": client.list_evals(project),
        "compared": client.compare_evals(mixed["created"]["id"], good["created"]["id"], project),
        "compared_back": client.compare_evals(good["created"]["id"], mixed["created"]["id"], project),
        "idempotent": idempotent(f"{name}-once"),
        "external": external(f"{name}-external"),
        "refusals": refusals(mixed["created"]["id"], project),
        "removed": removed(good["created"]["id"]),
    }
    tell(seen)


main()
