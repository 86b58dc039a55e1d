"""Running experiments on a real store: a laboratory with an executor that can be stopped, killed and started again, and a stub of a model provider."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.execution.executor import Executor, Plant
from gateway.execution.lock import ExecutionLock
from gateway.execution.models import ChatRequest, Completion, Model, Models
from gateway.local.target import LocalTarget
from gateway.settings.sections import Model as ModelSettings
from gateway.store import Store
from schemas.operations import SPECS, Call, Caller, Op

TERMINAL = {"completed", "completed_with_errors", "failed", "cancelled"}
ECHO = [{"kind": "completion", "config": {"template": "{{input}}"}}]


class Watched:
    """Models, watched: `calls` are the texts they were asked last with; `delay` in seconds and `before` come before each answer."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.calls: list[str] = []
        self.busy = self.busiest = 0
        self.delay = 0.0
        self.before: Callable[[ChatRequest], Awaitable[None]] | None = None

    async def complete(self, request: ChatRequest) -> Completion:
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        try:
            await asyncio.sleep(self.delay)
            self.calls.append(str(request.messages[-1].get("content")))
            if self.before is not None:
                await self.before(request)
            return await self.models.complete(request)
        finally:
            self.busy -= 1


class Laboratory:
    """A store, its target, and at most one executor on it."""

    def __init__(self, store: Store, url: str, models: Models) -> None:
        self.store = store
        self.url = url
        self.target = LocalTarget(store)
        self.model = Watched(models)
        self.executor: Executor | None = None

    async def ask(self, op: Op, body: dict[str, Any] | None = None, /, *, scope: str = "default", **args: Any) -> Any:
        spec = SPECS[op]
        given = spec.body.model_validate(body or {}) if spec.body else None
        reply = await self.target.perform(Call(op, spec.args.model_validate(args), given, Caller("tester", scope)))
        spec.reply.model_validate(reply)
        return reply

    def start(self, model: Model | None = None, **plant: Any) -> Executor:
        # As after a restart: whoever was told of changes before is told no more.
        self.target = LocalTarget(self.store)
        self.executor = Executor(self.target, Plant(model or self.model, "echo", **plant), ExecutionLock(self.url))
        self.executor.start()
        return self.executor

    async def stop(self, grace: float = 5) -> None:
        if self.executor is not None:
            await self.executor.stop(grace)
            self.executor = None

    async def kill(self) -> None:
        """Ends the executor in the middle of whatever it does."""
        await self.stop(grace=0)

    async def create(self, examples: list[Any], *, steps: Any = ECHO, variants: Any = None, **definition: Any) -> dict[str, Any]:
        scope = definition.pop("scope", "default")
        tried = variants or [{"name": "only", "steps": steps}]
        body = {"name": "experiment", "examples": examples, "variants": tried, **definition}
        body["evaluators"] = [{"evaluator": one} if isinstance(one, str) else one for one in body.get("evaluators", [])]
        return await self.ask(Op.CREATE_EXPERIMENT, body, scope=scope)

    async def get(self, experiment: str, scope: str = "default") -> dict[str, Any]:
        return await self.ask(Op.GET_EXPERIMENT, experiment_id=experiment, scope=scope)

    async def until(self, experiment: str, *statuses: str, scope: str = "default", seconds: float = 20) -> dict[str, Any]:
        """The experiment once it has one of these statuses (any final one, unless told)."""
        wanted = set(statuses) or TERMINAL
        async with asyncio.timeout(seconds):
            while (found := await self.get(experiment, scope))["status"] not in wanted:
                await asyncio.sleep(0.01)
        return found

    async def runs(self, experiment: str, **args: Any) -> list[dict[str, Any]]:
        """All runs, by variant, example and repetition."""
        items = (await self.ask(Op.LIST_RUNS, experiment_id=experiment, steps=True, **args))["items"]
        return sorted(items, key=lambda run: (run["variant"], run["example_position"], run["repetition"]))

    async def ran(self, examples: list[Any], **definition: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Creates an experiment, waits for its end, and gives it with its runs."""
        made = await self.create(examples, **definition)
        return await self.until(made["id"], *TERMINAL, "waiting"), await self.runs(made["id"])


def scores(run: dict[str, Any]) -> dict[str, Any]:
    """The values of a run's scores by evaluator; of one that could not be given its error."""
    return {score["evaluator"]: score["error"] or score["value"] for score in run["scores"]}


class Provider:
    """A provider of models in the OpenAI chat format on 127.0.0.1: answers what `answer` says, counts `requests`."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any], int], Awaitable[Response]] = self.well
        self.url = ""

    async def well(self, body: dict[str, Any], number: int) -> Response:
        message = {"role": "assistant", "content": f"heard: {body['messages'][-1]['content']}"}
        usage = {"prompt_tokens": 10, "completion_tokens": 5}
        return JSONResponse({"model": "stub-1", "choices": [{"message": message, "finish_reason": "stop"}], "usage": usage})

    async def complete(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        return await self.answer(body, len(self.requests))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Provider"]:
        app = Starlette(routes=[Route("/v1/chat/completions", self.complete, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none"))
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.005)
        self.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
        try:
            yield self
        finally:
            server.should_exit = True
            await task


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider().serving() as serving:
        yield serving


@pytest.fixture
def address(tmp_path: Path) -> str:
    """The address of a store of this test's own."""
    return f"sqlite:///{tmp_path / 'laboratory.db'}"


@asynccontextmanager
async def laboratory(url: str, **models: ModelSettings) -> AsyncIterator[Laboratory]:
    store = Store(url)
    await store.start()
    async with Models(models) as known:
        lab = Laboratory(store, url, known)
        try:
            yield lab
        finally:
            await lab.stop()
            await store.stop()


@pytest.fixture
async def idle(address: str) -> AsyncIterator[Laboratory]:
    """A laboratory whose executor is not started."""
    async with laboratory(address) as lab:
        yield lab


@pytest.fixture
async def lab(idle: Laboratory) -> Laboratory:
    """A laboratory at work."""
    idle.start()
    return idle


@pytest.fixture
async def provided(address: str, provider: Provider) -> AsyncIterator[Laboratory]:
    """A laboratory at work whose model `stub` is the provider's, with prices, and gives up after half a second."""
    settings = ModelSettings(base_url=provider.url, timeout=0.5, prompt_price=1.0, completion_price=2.0)
    async with laboratory(address, stub=settings) as lab:
        lab.start()
        yield lab
