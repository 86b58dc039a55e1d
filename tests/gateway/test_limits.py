"""Requests per minute: a setting of every surface."""

import httpx
import pytest

from gateway.limits import Limits
from schemas.errors import Code, CrosswalkError
from tests.conftest import Serve

pytestmark = pytest.mark.anyio

DATASETS = "/respan/api/datasets/"


def test_a_window_slides_and_a_refusal_does_not_count() -> None:
    now = 0.0
    limits = Limits(lambda: now)
    limits.enter(2, 1, "a")
    now = 10.0
    limits.enter(2, 1, "a")
    with pytest.raises(CrosswalkError):
        limits.enter(2, 1, "a")
    now = 59.0
    with pytest.raises(CrosswalkError) as refused:
        limits.enter(2, 1, "a")
    assert (refused.value.code, refused.value.retry_after) == (Code.RATE_LIMITED, 1.0)
    limits.enter(2, 1, "b")
    now = 60.0
    limits.enter(2, 1, "a")
    with pytest.raises(CrosswalkError) as refused:
        limits.enter(2, 1, "a")
    assert refused.value.retry_after == 10.0


def test_a_share_is_rounded_down_to_at_least_one() -> None:
    limits = Limits(lambda: 0.0)
    limits.enter(1, 0.5, "a")
    with pytest.raises(CrosswalkError):
        limits.enter(1, 0.5, "a")
    for _ in range(100):
        limits.enter(None, 1, "a")


async def test_respan_says_after_how_many_seconds_there_is_room(serve: Serve) -> None:
    async with serve(surfaces={"respan": {"requests_per_minute": 3}}) as client:
        answers = [await client.get(f"{DATASETS}list/") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        said = answers[-1].json()
        assert (said["detail"], set(said)) == ("Rate limit exceeded", {"detail", "retry_after"})
        assert 1 <= said["retry_after"] <= 60
        assert answers[-1].headers["retry-after"] == str(said["retry_after"])
        assert (await client.get("/v1/datasets")).status_code == 200


async def test_bulk_rows_are_allowed_half_as_often_and_counted_apart(serve: Serve) -> None:
    async with serve(surfaces={"respan": {"requests_per_minute": 4}}) as client:
        made = (await client.post(DATASETS, json={"name": "rows", "is_empty": True})).json()
        bulk = f"{DATASETS}{made['id']}/logs/bulk/"
        answers = [await client.post(bulk, json={"logs": [{"input": "x"}]}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert (await client.get(f"{DATASETS}{made['id']}/")).json()["log_count"] == 2


async def test_scopes_are_counted_apart_and_strangers_not_at_all(serve: Serve) -> None:
    keys = [
        {"name": name, "sha256": digest, "role": "admin", "scope": name}
        for name, digest in (
            ("a", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
            ("b", "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"),
        )
    ]
    async with serve(auth={"mode": "keys", "keys": keys}, surfaces={"phoenix": {"requests_per_minute": 1}}) as client:

        async def ask(key: str) -> httpx.Response:
            return await client.get("/phoenix/v1/datasets", headers={"Authorization": f"Bearer {key}"})

        assert [(await ask(key)).status_code for key in ("wrong", "a", "a", "b")] == [401, 200, 429, 200]
