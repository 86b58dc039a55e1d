"""A vendor with very many experiments, in each vendor's own form: pages are cut from a list of numbers, records are made as they are asked for."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Document = dict[str, Any]
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
PROJECT = str(UUID(int=1))


@dataclass
class Crowd:
    """`numbers` are the experiments there are, ascending: the newest is the last. `calls` counts what was asked, `meanwhile` happens at each call, and
    `fault` answers in place of the call it is given the number of, when it answers at all.
    """

    numbers: list[int] = field(default_factory=list)
    datasets: int = 3
    calls: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None
    fault: Callable[[int], JSONResponse | None] = lambda number: None
    delay: float = 0.0
    names: dict[int, str] = field(default_factory=dict)
    adapter: ClassVar[str] = ""

    @property
    def app(self) -> Starlette:
        raise NotImplementedError

    def made(self, number: int) -> str:
        return (BEGIN + timedelta(minutes=number)).isoformat()

    def name(self, number: int) -> str:
        return self.names.get(number, f"try {number}")

    def newest_first(self) -> list[int]:
        return self.numbers[::-1]

    def noted(self, act: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[JSONResponse]]:
        async def answer(request: Request) -> JSONResponse:
            self.calls.append(f"{request.method} {request.url.path}")
            await asyncio.sleep(self.delay)
            if (wrong := self.fault(len(self.calls))) is not None:
                return wrong
            self.meanwhile()
            return JSONResponse(await act(request))

        return answer


class Storing(Crowd):
    """Pages by cursor, experiments by dataset: number n is one of dataset n mod `datasets`."""

    adapter = "phoenix"

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/datasets", self.noted(self._datasets)),
                Route("/v1/datasets/{dataset}/experiments", self.noted(self._experiments)),
                Route("/v1/experiments/{experiment}", self.noted(self._one)),
                Route("/v1/datasets/{dataset}/experiments", self.noted(self._create), methods=["POST"]),
                Route("/v1/experiments/{experiment}", self.noted(self._delete), methods=["DELETE"]),
                Route("/v1/experiments/{experiment}", self.noted(self._rename), methods=["PATCH"]),
            ]
        )

    @staticmethod
    def node(kind: str, number: int) -> str:
        return base64.b64encode(f"{kind}:{number}".encode()).decode()

    @staticmethod
    def number(node: str) -> int:
        return int(base64.b64decode(node).decode().partition(":")[2])

    def _page(self, request: Request, numbers: list[int], kind: str, make: Callable[[int], Document], usual: int) -> Document:
        limit = int(request.query_params.get("limit", usual))
        if request.query_params.get("cursor"):
            start = self.number(request.query_params["cursor"])
            numbers = [number for number in numbers if number <= start]
        following = self.node(kind, numbers[limit]) if len(numbers) > limit else None
        return {"data": ([make(number) for number in numbers[:limit]]), "next_cursor": following}

    async def _datasets(self, request: Request) -> Document:
        return self._page(request, list(range(self.datasets, 0, -1)), "Dataset", self._dataset, 10)

    def _dataset(self, number: int) -> Document:
        made = self.made(number - 10)
        return {"id": self.node("Dataset", number), "name": f"set {number}", "description": None, "metadata": {}, "example_count": 1} | {
            "created_at": made,
            "updated_at": made,
        }

    async def _experiments(self, request: Request) -> Document:
        dataset = self.number(request.path_params["dataset"])
        own = [number for number in self.newest_first() if number % self.datasets == dataset % self.datasets]
        return self._page(request, own, "Experiment", self._experiment, 50)

    async def _one(self, request: Request) -> Document:
        return {"data": self._experiment(self.number(request.path_params["experiment"]))}

    async def _create(self, request: Request) -> Document:
        dataset = self.number(request.path_params["dataset"]) % self.datasets
        self.numbers.append(next(number for number in range(max(self.numbers) + 1, 1 << 40) if number % self.datasets == dataset))
        self.names[self.numbers[-1]] = (await request.json())["name"]
        return {"data": self._experiment(self.numbers[-1])}

    async def _delete(self, request: Request) -> None:
        self.numbers.remove(self.number(request.path_params["experiment"]))

    async def _rename(self, request: Request) -> Document:
        number = self.number(request.path_params["experiment"])
        self.names[number] = (await request.json())["name"]
        return {"data": self._experiment(number)}

    def _experiment(self, number: int) -> Document:
        dataset = number % self.datasets or self.datasets
        counts = {"example_count": 1, "successful_run_count": 0, "failed_run_count": 0, "missing_run_count": 1}
        named = {"dataset_id": self.node("Dataset", dataset), "dataset_version_id": self.node("DatasetVersion", dataset)}
        times = {"created_at": self.made(number), "updated_at": self.made(number)}
        about: Document = {"name": self.name(number), "description": None, "repetitions": 1, "metadata": {}, "project_name": None}
        return {"id": self.node("Experiment", number), **named, **about, **times, **counts}


class Serving(Crowd):
    """Numbered pages that shift, of 100 at most, with a total."""

    adapter = "respan"

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/v2/experiments/list/", self.noted(self._list), methods=["POST"]),
                Route("/api/v2/experiments/{experiment}/", self.noted(self._one)),
            ]
        )

    async def _list(self, request: Request) -> Document:
        size, page = int(request.query_params["page_size"]), int(request.query_params["page"])
        assert 1 <= size <= 100
        numbers = self.newest_first()
        part = numbers[(page - 1) * size : page * size]
        return {"count": len(numbers), "next": None, "previous": None, "results": ([self._experiment(number) for number in part])}

    async def _one(self, request: Request) -> Document:
        return self._experiment(int(request.path_params["experiment"].removeprefix("e-")))

    def _experiment(self, number: int) -> Document:
        about = {"name": self.name(number), "dataset_id": "d-1", "dataset": "d-1", "workflow": [{"type": "custom", "config": {}}]}
        return {"id": f"e-{number}", **about, "status": "completed", "progress": 100, "created_at": self.made(number), "tags": []}


class Evaluating(Crowd):
    """No pages at all."""

    adapter = "evalguard"

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/v1/project/current", self.noted(self._project)),
                Route("/api/v1/evals", self.noted(self._evals)),
                Route("/api/v1/prompts/experiments", self.noted(self._groups)),
            ]
        )

    async def _project(self, request: Request) -> Document:
        return {"projectId": PROJECT, "orgId": PROJECT}

    async def _evals(self, request: Request) -> Document:
        return {"success": True, "data": ([self._experiment(number) for number in self.newest_first()])}

    async def _groups(self, request: Request) -> Document:
        return {"success": True, "data": []}

    def _experiment(self, number: int) -> Document:
        about = {"name": self.name(number), "model": "m", "config": {"scorers": ["exact-match"]}, "status": "completed"}
        return {"id": str(UUID(int=1000 + number)), **about, "created_at": self.made(number)}


CROWDS: dict[str, type[Crowd]] = {"phoenix": Storing, "respan": Serving, "evalguard": Evaluating}


def where(field: str, operator: str, value: Any) -> str:
    """A condition in a query."""
    return json.dumps({"field": field, "operator": operator, "value": value})
