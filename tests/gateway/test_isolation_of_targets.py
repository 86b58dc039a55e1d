"""Two keys, two targets of one vendor with credentials of their own: neither sees anything of the other's, whatever was made through the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.registry import discover
from gateway.compose import gateway_app
from gateway.settings import Settings
from tests.gateway.upstream.stub import serving
from tests.remote.faulty import root

pytestmark = pytest.mark.anyio

VENDORS = [name for name, adapter in discover().items() if not adapter.prefix]
WAITS = [{"name": "by hand", "steps": [{"kind": "wait"}]}]


def _key(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "sha256": sha256(name.encode()).hexdigest(), "role": "editor", **more}


def _who(name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {name}"}


@dataclass
class Team:
    """One key, and the target it uses."""

    client: httpx.AsyncClient
    name: str
    target: str

    async def ask(self, method: str, path: str, target: str | None = None, **more: Any) -> httpx.Response:
        headers = {**_who(self.name), **more.pop("headers", {})}
        return await self.client.request(method, f"/v1@{target or self.target}{path}", headers=headers, **more)

    async def made(self, path: str, body: Any, **more: Any) -> Any:
        answer = await self.ask("POST", path, json=body, **more)
        assert answer.status_code == 201, answer.text
        return answer.json()


@asynccontextmanager
async def teams(folder: Path, vendor: str, *, shared: bool) -> AsyncIterator[tuple[Team, Team]]:
    """Ann's and Bob's: the vendor keeps their accounts apart by credential. With `shared` both keys may reach both targets, in one scope; else each its own."""
    accounts = {"mode": "keys", "keys": [_key("account-a", scope="a"), _key("account-b", scope="b")]}
    played = Settings.model_validate({"store": {"url": f"sqlite:///{folder / 'vendor.db'}"}, "auth": accounts})
    async with serving(gateway_app(played), "on") as base:
        limits = {"requests_per_minute": 60_000, "cache_ttl": 60}
        targets = {
            name: {"adapter": vendor, "base_url": base + root(vendor), "api_key": f"account-{name}", **limits} for name in ("a", "b")
        }
        own = [{} if shared else {"targets": [name], "scope": name} for name in ("a", "b")]
        auth = {"mode": "keys", "keys": [_key("ann", **own[0]), _key("bob", **own[1])]}
        settings = {"store": {"url": f"sqlite:///{folder / 'front.db'}"}, "targets": targets, "auth": auth}
        async with (
            serving(gateway_app(Settings.model_validate(settings)), "on") as url,
            httpx.AsyncClient(base_url=url, timeout=30) as client,
        ):
            yield Team(client, "ann", "a"), Team(client, "bob", "b")


async def worked(team: Team) -> dict[str, Any]:
    """A dataset, an experiment with something kept aside, a run and a score, each bearing the team's name; receipts and ids of it all."""
    label = f"of {team.name}"
    answers: list[httpx.Response] = []

    async def made(path: str, body: Any) -> Any:
        answer = await team.ask("POST", path, json=body)
        assert answer.status_code == 201, answer.text
        answers.append(answer)
        return answer.json()

    dataset = await made("/datasets", {"name": label, "tags": [label], "examples": [{"input": label}, {"input": "b"}]})
    body = {"name": label, "dataset_id": dataset["id"], "variants": WAITS, "tags": [label], "metadata": {"who": label}}
    experiment = await made("/experiments", body)
    score = {"evaluator": "right", "value": 1.0, "value_type": "number", "explanation": label}
    run = await made(f"/experiments/{experiment['id']}/runs", {"example_position": 0, "output": label, "scores": [score]})
    await made("/prompts", {"name": label, "template": label})
    receipts = [answer.headers["crosswalk-receipt"] for answer in answers if "crosswalk-receipt" in answer.headers]
    return {"dataset": dataset["id"], "experiment": experiment["id"], "run": run["id"], "receipts": receipts}


def places(ids: dict[str, Any]) -> list[str]:
    one = f"/experiments/{ids['experiment']}"
    within = [one, *(f"{one}/{part}" for part in ("runs", f"runs/{ids['run']}", "summary", "export"))]
    return [*within, f"/datasets/{ids['dataset']}", f"/datasets/{ids['dataset']}/examples"]


LISTS = ("/datasets", "/experiments", "/experiments?flat=true", "/prompts", "/evaluators")


@pytest.mark.parametrize("shared", [False, True], ids=["own scopes", "one scope"])
@pytest.mark.parametrize("vendor", VENDORS)
async def test_records_of_one_target_are_not_seen_through_another(tmp_path: Path, vendor: str, shared: bool) -> None:
    async with teams(tmp_path, vendor, shared=shared) as (ann, bob):
        held = await worked(ann)
        for path in LISTS:
            mine = await ann.ask("GET", path)
            assert mine.status_code == 200, mine.text
            theirs = await bob.ask("GET", path)
            assert theirs.status_code == 200, theirs.text
            assert "of ann" not in theirs.text, path
            assert theirs.headers["crosswalk-origin"] != "cached" or not shared, path
        for path in places(held):
            mine = await ann.ask("GET", path)
            assert mine.status_code == 200, mine.text
            theirs = await bob.ask("GET", path)
            assert theirs.status_code == 404, f"{path}: {theirs.status_code} {theirs.text[:300]}"
            assert "of ann" not in theirs.text
        for method, path, body in (
            ("PATCH", f"/experiments/{held['experiment']}", {"name": "taken"}),
            ("DELETE", f"/experiments/{held['experiment']}", None),
            ("DELETE", f"/datasets/{held['dataset']}", None),
            ("POST", f"/experiments/{held['experiment']}/runs", {"example_position": 1, "output": "x"}),
        ):
            assert (await bob.ask(method, path, json=body)).status_code == 404, f"{method} {path}"
        assert (await ann.ask("GET", f"/experiments/{held['experiment']}")).json()["name"] == "of ann"


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_key_reaches_no_target_but_its_own(tmp_path: Path, vendor: str) -> None:
    async with teams(tmp_path, vendor, shared=False) as (ann, bob):
        held = await worked(ann)
        for path in (*LISTS, *places(held)):
            assert (await bob.ask("GET", path, target="a")).status_code == 403
            header = await bob.client.get(f"/v1{path}", headers={**_who("bob"), "crosswalk-target": "a"})
            assert header.status_code == 403
        for receipt in held["receipts"]:
            assert (await ann.client.get(f"/v1/receipts/{receipt}", headers=_who("ann"))).status_code == 200
            assert (await ann.client.get(f"/v1/receipts/{receipt}", headers=_who("bob"))).status_code == 404


@pytest.mark.parametrize("vendor", VENDORS)
async def test_cached_answers_and_flights_of_one_target_are_not_anothers(tmp_path: Path, vendor: str) -> None:
    """Both in one scope: the same question to two targets has two answers, forwarded and translated."""
    own = {"phoenix": "/v1/datasets", "respan": "/api/datasets/list/", "evalguard": "/api/v1/project/current"}[vendor]
    async with teams(tmp_path, vendor, shared=True) as (ann, bob):
        await worked(ann)
        for _ in range(2):
            asked = [await one.client.get(f"{root(vendor)}@{one.target}{own}", headers=_who(one.name)) for one in (ann, bob)]
            assert [answer.status_code for answer in asked] == [200, 200]
            assert asked[0].content != asked[1].content
        # What the outbox of ann's target delivers meanwhile drops the answers of that target, and of no other.
        assert asked[1].headers["crosswalk-origin"] == "cached"


@pytest.mark.parametrize("vendor", VENDORS)
async def test_idempotency_results_and_chosen_ids_of_one_target_are_not_anothers(tmp_path: Path, vendor: str) -> None:
    async with teams(tmp_path, vendor, shared=True) as (ann, bob):
        once = {"headers": {"idempotency-key": "the same"}}
        body = {"name": "the same", "examples": [{"input": "x"}]}
        first, second = [await one.made("/datasets", body, **once) for one in (ann, bob)]
        assert first["id"] != second["id"]
        again = await ann.ask("POST", "/datasets", json=body, **once)
        assert (again.headers["crosswalk-origin"], again.json()["id"]) == ("replayed", first["id"])
        chosen = {"alias": "nightly", "name": "n", "variants": WAITS}
        made = [
            await one.ask("POST", "/experiments", json={**chosen, "dataset_id": held["id"]}) for one, held in ((ann, first), (bob, second))
        ]
        assert {answer.status_code for answer in made} <= {201, 409}, [answer.text for answer in made]
        for one, other in ((ann, made[1]), (bob, made[0])):
            if other.status_code == 201:
                assert (await one.ask("GET", f"/experiments/{other.json()['id']}")).status_code == 404
