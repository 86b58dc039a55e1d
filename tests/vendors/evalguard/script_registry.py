"""Prompts, the registry, scorers, evaluators and projects through evalguardai 2.2.3; the argument is the base URL."""

from __future__ import annotations

import sys
from typing import Any

from support import connect, refused, tell, unique

client = connect(sys.argv[1])


def prompts(project: str, name: str) -> dict[str, Any]:
    first = client.create_prompt(project, name, "Answer: {{input}}", model="echo", tags=["a", "b"])
    second = client.create_prompt(project, name, "Please answer: {{input}}")
    other = client.create_prompt(project, f"{name}-other", "{{input}}")
    return {
        "first": first,
        "second": second,
        "other": other,
        "listed": [row for row in client.list_prompts(project) if row["name"].startswith(name)],
        "deployed": client.set_prompt_deployment(project, name, "production", 1),
        "environments": client.list_prompt_environments(project, name),
        "moved": client.set_prompt_deployment(project, name, "production", 2),
        "no_such_version": refused(lambda: client.set_prompt_deployment(project, name, "production", 9)),
        "environments_after": client.list_prompt_environments(project, name),
        "no_content": refused(lambda: client._post("/v1/prompts", json={"projectId": project, "name": name})),
    }


def evaluators(project: str, name: str) -> dict[str, Any]:
    definition = {"kind": "llm-judge", "config": {"prompt": "Rate it."}, "threshold": 0.7}
    first = client.create_evaluator(project, name, definition, notes="first")
    second = client.create_evaluator(project, name, definition | {"threshold": 0.9})
    return {
        "first": first,
        "second": second,
        "listed": client.list_evaluators(project, name),
        "listed_all": [row["name"] for row in client.list_evaluators(project)],
        "diff": client.diff_evaluator_versions(project, name, 1, 2),
        "no_such_version": refused(lambda: client.diff_evaluator_versions(project, name, 1, 3)),
    }


def calibration(project: str) -> dict[str, Any]:
    pairs = [{"human": True, "machine": True}, {"human": False, "machine": False}, {"human": True, "machine": False}]
    scored = [{"humanPass": True, "machineScore": 0.6}, {"humanPass": False, "machineScore": 0.2}]
    return {
        "pairs": client.calibrate_scorer(pairs=pairs),
        "scored": client.calibrate_scorer(scored=scored, project_id=project, scorer_id="tone", current_threshold=0.9),
    }


def registry(name: str) -> dict[str, Any]:
    """The hash-versioned registry and what refers to it have no methods: they go through the client's transport."""
    first = client._post("/v1/prompts/registry", json={"name": name, "template": "Hi {who}", "variables": ["who"]})
    second = client._put("/v1/prompts/registry", json={"prompt_id": first["id"], "template": "Hello {who}"})
    for version in (1, 2):
        deployed = client.set_prompt_deployment("", name, "production", version)
    test = {"prompt_id": first["id"], "control_hash": first["hash"], "variant_hash": second["hash"], "traffic_split": 0.1}
    return {
        "first": first,
        "second": second,
        "listed": client._get("/v1/prompts/registry", params={"name": name}),
        "rolled_back": client._put("/v1/prompts/deployments", json={"deployment_id": deployed["id"], "rollback_to_hash": first["hash"]}),
        "traffic": client._post("/v1/prompts/ab-tests", json=test),
    }


def projects(slug: str) -> dict[str, Any]:
    made = client._post("/v1/projects", json={"orgId": client._resolve_org_id(), "name": slug, "slug": slug})
    client.create_dataset(made["id"], "inside")
    path = f"/v1/projects/{made['id']}"
    return {
        "made": made,
        "read": client._get(path),
        "changed": client._patch(path, json={"name": f"{slug} too"}),
        "inside": [row["name"] for row in client.list_datasets(made["id"])],
        "deleted": client._delete(path),
        "gone": refused(lambda: client._get(path)),
        "inside_after": client.list_datasets(made["id"]),
    }


def main() -> None:
    name = unique("greet")
    project = client._resolve_project_id()
    tell(
        {
            "name": name,
            "prompts": prompts(project, name),
            "scorers": client.list_scorers(),
            "evaluators": evaluators(project, unique("judge")),
            "calibration": calibration(project),
            "registry": registry(unique("registered")),
            "projects": projects(unique("team")),
        }
    )


main()
