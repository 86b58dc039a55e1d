"""Splits and trace projects from make to delete on a target that has them, looked at through the gateway and at the vendor."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.remote.life import Face

EXAMPLES = [{"input": f"q{place}", "reference": "r", "alias": f"own-{place}"} for place in range(3)]
At = Callable[[str], Awaitable[Any]]
"""What the vendor itself says at a path below its `/v1`."""


def at(url: str) -> At:
    """The vendor at a URL."""

    async def said(path: str) -> Any:
        async with httpx.AsyncClient(base_url=f"{url}/v1") as client:
            return (await client.get(path)).json()["data"]

    return said


async def splits_lived(face: Face, at: At, name: str) -> None:
    """Made, changed, read, refused and deleted."""
    dataset = await face.post("/datasets", {"name": name, "examples": EXAMPLES})
    place = f"/datasets/{dataset['id']}/splits"
    first, second, third = (example["id"] for example in (await face.get(f"/datasets/{dataset['id']}/examples"))["items"])
    made = await face.post(place, {"name": f"train {name}", "metadata": {"k": 1}, "example_ids": [first, "own-1"]})
    assert (made["example_count"], made["metadata"], made["description"]) == (2, {"k": 1}, None)

    patch = {"description": "for training", "add_example_ids": [third], "remove_example_ids": [first]}
    changed = (await face.ask("PATCH", f"{place}/{made['id']}", json=patch)).json()
    assert (changed["id"], changed["description"], changed["example_count"]) == (made["id"], "for training", 2)
    assert [split["name"] for split in (await face.get(place))["items"]] == [f"train {name}"]
    listed = await face.get(f"/datasets/{dataset['id']}/examples", splits=made["id"])
    assert [example["id"] for example in listed["items"]] == [second, third]
    [there] = await at(f"/datasets/{name}/splits")
    assert (there["name"], there["description"], there["example_count"], there["metadata"]) == (
        f"train {name}",
        "for training",
        2,
        {"k": 1},
    )

    taken = (await face.ask("POST", place, 409, json={"name": f"train {name}"})).json()
    assert (taken["code"], taken["vendor_status"]) == ("conflict", 409)
    gone = (await face.ask("POST", place, 404, json={"name": f"other {name}", "example_ids": ["nobody"]})).json()
    assert gone["code"] == "not_found"
    assert "nobody" in gone["detail"]

    await face.ask("DELETE", f"{place}/{made['id']}")
    assert (await face.get(place))["items"] == []
    assert await at(f"/datasets/{name}/splits") == []
    again = (await face.ask("DELETE", f"{place}/{made['id']}", 404)).json()
    assert again["reference"] == made["id"]


async def projects_lived(face: Face, at: At, name: str) -> None:
    """Made, changed and deleted."""

    async def there() -> list[tuple[str, str | None]]:
        return [(project["name"], project["description"]) for project in await at("/projects") if project["name"] in (name, "default")]

    made = await face.post("/projects", {"name": name, "description": "d"})
    assert await there() == [(name, "d"), ("default", "Default project")]
    changed = (await face.ask("PATCH", f"/projects/{made['id']}", json={"description": "e"})).json()
    assert (changed["id"], changed["name"], changed["description"]) == (made["id"], name, "e")
    assert (await there())[0] == (name, "e")
    await face.ask("DELETE", f"/projects/{made['id']}")
    assert await there() == [("default", "Default project")]
    await face.ask("GET", f"/projects/{made['id']}", 404)
