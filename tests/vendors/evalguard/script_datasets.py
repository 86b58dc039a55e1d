"""Datasets and their versions through evalguardai 2.2.3; the argument is the base URL. Health and upload go through the client's transport."""

from __future__ import annotations

import sys
from typing import Any

from support import connect, refused, tell, unique

client = connect(sys.argv[1])
NOWHERE = "00000000-0000-4000-8000-00000000dead"


def dataset(project: str, name: str) -> dict[str, Any]:
    cases: list[dict[str, Any]] = [
        {"input": "2+2?", "expectedOutput": "4", "metadata": {"topic": "sums"}},
        {"input": "3+3?", "expectedOutput": "6"},
    ]
    created = client.create_dataset(project, name, cases=cases, description="sums")
    return {
        "created": created,
        "listed": [row for row in client.list_datasets(project) if row["name"] == name],
        "empty": client.create_dataset(project, f"{name}-empty"),
    }


def versions(identifier: str) -> dict[str, Any]:
    first = client.snapshot_dataset(identifier, description="as uploaded")
    unchanged = client.snapshot_dataset(identifier)
    more = {"cases": [{"input": "5+5?", "expected": "10"}]}
    appended = client._post(f"/v1/datasets/{identifier}/cases", json=more)
    second = client.snapshot_dataset(identifier, description="one more")
    first_id, second_id = first["version"]["id"], second["version"]["id"]
    seen = {
        "first": first,
        "unchanged": unchanged,
        "appended": appended,
        "second": second,
        "listed": client.list_dataset_versions(identifier),
        "first_cases": client.get_dataset_version(identifier, first_id),
        "second_cases": client.get_dataset_version(identifier, second_id),
        "diff": client.diff_dataset_versions(identifier, first_id, second_id),
        "diff_back": client.diff_dataset_versions(identifier, second_id, first_id),
        "export": client._get_text(f"/v1/datasets/{identifier}/versions/{second_id}/export", params={"format": "jsonl"}),
        "restored": client.restore_dataset_version(identifier, first_id),
    }
    after = client.snapshot_dataset(identifier)
    return seen | {
        "after_restore": client.get_dataset_version(identifier, after["version"]["id"]),
        "listed_after": client.list_dataset_versions(identifier),
        "unknown_version": refused(lambda: client.get_dataset_version(identifier, NOWHERE)),
        "unknown_dataset": refused(lambda: client.list_dataset_versions(NOWHERE)),
        "wrong_id": refused(lambda: client.list_dataset_versions("sums")),
    }


def main() -> None:
    name = unique("sums")
    project = client._resolve_project_id()
    seen: dict[str, Any] = {"name": name, "project": project, "dataset": dataset(project, name)}
    identifier = seen["dataset"]["created"]["id"]
    seen["versions"] = versions(identifier)
    seen["health"] = client._post("/v1/datasets/health", json={"labels": [0, 0, 0, 1]})
    upload = {"projectId": project, "name": f"{name}-file", "format": "jsonl", "content": '{"input": "2+2?", "expected": "4"}'}
    seen["uploaded"] = client._post("/v1/datasets/upload", json=upload)
    seen["deleted"] = client._delete(f"/v1/datasets/{identifier}")
    seen["gone"] = refused(lambda: client.list_dataset_versions(identifier))
    seen["listed_after"] = [row["id"] for row in client.list_datasets(project)]
    tell(seen)


main()
