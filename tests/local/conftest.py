"""The embedded target over a store on a real file; every reply is checked against the model it should have."""

from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from gateway.local.target import LocalTarget
from gateway.store import Store
from schemas.operations import SPECS, Call, Caller, Op

Ask = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[LocalTarget]:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    await store.start()
    yield LocalTarget(store)
    await store.stop()


def asker(target: LocalTarget, caller: Caller = Caller()) -> Ask:  # noqa: B008 (frozen)
    async def ask(op: Op, body: dict[str, Any] | None = None, /, **args: Any) -> dict[str, Any]:
        spec = SPECS[op]
        given = spec.body.model_validate(body or {}) if spec.body else None
        reply = await target.perform(Call(op, spec.args.model_validate(args), given, caller))
        spec.reply.model_validate(reply)
        if spec.item is not None:
            for item in reply["items"]:
                spec.item.model_validate(item)
        return reply

    return ask


@pytest.fixture
def ask(target: LocalTarget) -> Ask:
    """`await ask(Op.X, body, **args)`: the reply, after validation against its model."""
    return asker(target)


@pytest.fixture
def stranger(target: LocalTarget) -> Ask:
    """The same for a caller of another scope."""
    return asker(target, Caller("other", "elsewhere"))
