"""A vendor with very many experiments, in each vendor's own form: pages are cut from a list of numbers, records are made as they are asked for."""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
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
    """`numbers` are the experiments there are, ascending: the newest is the last. `calls` counts what was asked, `largest` the records of one answer."""

    numbers: list[int] = field(default_factory=list)
    datasets: int = 3
    calls: list[str] = field(default_factory=list)
    largest: int = 0

    def made(self, number: int) -> str:
        return (BEGIN + timedelta(minutes=number)).isoformat()

    def newest_first(self) -> list[int]:
        return self.numbers[::-1]

    def shown(self, items: list[Document]) -> list[Document]:
        self.largest = max(self.largest, len(items))
        return items

    def noted(self, act: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[JSONResponse]]:
        async def answer(request: Request) -> JSONResponse:
            self.calls.append(f"{request.method} {request.url.path}")
            return JSONResponse(await act(request))

        return answer


class Storing(Crowd):
    """Pages by cursor, experiments by dataset: number n is one of dataset n mod `datasets`."""

    adapter, root = "phoenix", ""

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/datasets", self.noted(self._datasets)),
                Route("/v1/datasets/{dataset}/experiments", self.noted(self._experiments)),
                Route("/v1/experiments/{experiment}", self.noted(self._one)),
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
        return {"data": self.shown([make(number) for number in numbers[:limit]]), "next_cursor": following}

    async def _datasets(self, request: Request) -> Document:
        return self._page(request, list(range(self.datasets, 0, -1)), "Dataset", self._dataset, 10)

    def _dataset(self, number: int) -> Document:
        made = self.made(-number)
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

    def _experiment(self, number: int) -> Document:
        dataset = number % self.datasets or self.datasets
        counts = {"example_count": 1, "successful_run_count": 0, "failed_run_count": 0, "missing_run_count": 1}
        named = {"dataset_id": self.node("Dataset", dataset), "dataset_version_id": self.node("DatasetVersion", dataset)}
        times = {"created_at": self.made(number), "updated_at": self.made(number)}
        about = {"name": f"try {number}", "description": None, "repetitions": 1, "metadata": {}, "project_name": None}
        return {"id": self.node("Experiment", number), **named, **about, **times, **counts}


class Serving(Crowd):
    """Numbered pages that shift, of 100 at most, with a total."""

    adapter, root = "respan", ""

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
        return {"count": len(numbers), "next": None, "previous": None, "results": self.shown([self._experiment(number) for number in part])}

    async def _one(self, request: Request) -> Document:
        return self._experiment(int(request.path_params["experiment"].removeprefix("e-")))

    def _experiment(self, number: int) -> Document:
        about = {"name": f"try {number}", "dataset_id": "d-1", "dataset": "d-1", "workflow": [{"type": "custom", "config": {}}]}
        return {"id": f"e-{number}", **about, "status": "completed", "progress": 100, "created_at": self.made(number), "tags": []}


class Evaluating(Crowd):
    """No pages at all."""

    adapter, root = "evalguard", ""

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
        return {"success": True, "data": self.shown([self._experiment(number) for number in self.newest_first()])}

    async def _groups(self, request: Request) -> Document:
        return {"success": True, "data": []}

    def _experiment(self, number: int) -> Document:
        about = {"name": f"try {number}", "model": "m", "config": {"scorers": ["exact-match"]}, "status": "completed"}
        return {"id": str(UUID(int=1000 + number)), **about, "created_at": self.made(number)}


CROWDS: dict[str, type[Crowd]] = {"phoenix": Storing, "respan": Serving, "evalguard": Evaluating}


def where(field: str, operator: str, value: Any) -> str:
    """A condition in a query."""
    return json.dumps({"field": field, "operator": operator, "value": value})
