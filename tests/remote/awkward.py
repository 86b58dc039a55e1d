"""A vendor with everything that is awkward about it: answers that say little, places that come one by one, values as texts, faults on request."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

VALUES = {"numerical_value": "numerical", "boolean_value": "boolean", "string_value": "text", "categorical_value": "categorical"}
Document = dict[str, Any]
Fault = Callable[[], Awaitable[Response]]


def says(status: int, body: Any, **headers: str) -> Fault:
    """An answer in place of the vendor's own."""

    async def answer() -> Response:
        return JSONResponse(body, status, headers)

    return answer


async def silent() -> Response:
    """No answer, for longer than anybody waits."""
    await asyncio.sleep(30)
    return Response()


@dataclass
class Awkward:
    """`shown` says how many traces there are at each look (the last number stays). `before` and `after` hold faults by what is asked: those of `before`
    come instead of the write, those of `after` once it is done. `calls` counts what was asked. `slashless` sends whoever asks with a slash at the end to
    the same path without (308).
    """

    shown: list[int] = field(default_factory=lambda: [100])
    ticket: bool = False
    first_form: bool = False
    texts: bool = False
    bare: bool = False
    slashless: bool = False
    before: dict[str, list[Fault]] = field(default_factory=dict)
    after: dict[str, list[Fault]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    rows: list[Document] = field(default_factory=list)
    experiments: dict[str, Document] = field(default_factory=dict)
    traces: list[Document] = field(default_factory=list)
    patches: list[tuple[str, Document]] = field(default_factory=list)
    scores: list[tuple[str, Document]] = field(default_factory=list)
    evaluators: set[str] | None = None

    @property
    def app(self) -> Starlette:
        one = "/api/v2/experiments/{experiment}/"
        return self._both(
            [
                Route("/api/datasets/", self._asked("dataset", self._dataset), methods=["POST"]),
                Route("/api/datasets/list/", self._asked("datasets", self._datasets), methods=["POST"]),
                Route("/api/datasets/{dataset}/", self._asked("dataset", self._dataset), methods=["GET"]),
                Route("/api/datasets/{dataset}/logs/bulk/", self._asked("bulk", self._bulk), methods=["POST"]),
                Route("/api/datasets/{dataset}/logs/", self._asked("row", self._row), methods=["POST"]),
                Route("/api/datasets/{dataset}/logs/list/", self._asked("rows", self._list_rows), methods=["POST"]),
                Route("/api/v2/experiments/", self._asked("create", self._create), methods=["POST"]),
                Route("/api/v2/experiments/list/", self._asked("experiments", self._list), methods=["POST"]),
                Route(one, self._asked("experiment", self._one), methods=["GET"]),
                Route(one + "logs/list/", self._asked("traces", self._list_traces), methods=["POST"]),
                Route(one + "logs/{log}/", self._asked("resume", self._resume), methods=["PATCH"]),
                Route("/api/logs/{log}/scores/", self._asked("score", self._score), methods=["POST"]),
                Route("/api/logs/{log}/scores/", self._asked("scores", self._list_scores), methods=["GET"]),
                Route("/api/logs/{log}/scores/{score}/", self._asked("rescore", self._rescore), methods=["PATCH"]),
                Route("/api/evaluators/", self._asked("evaluator", self._evaluator), methods=["POST"]),
            ]
        )

    def _both(self, routes: list[Route]) -> Starlette:
        """The routes with and without the slash at their end."""
        without = [Route(route.path.rstrip("/"), route.endpoint, methods=list(route.methods or ())) for route in routes]
        app = Starlette(routes=[*routes, *without])
        app.router.redirect_slashes = False
        return app

    def _asked(self, what: str, act: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if self.slashless and request.url.path.endswith("/"):
                query = f"?{request.url.query}" if request.url.query else ""
                return Response(status_code=308, headers={"location": f"{request.url.path.rstrip('/')}{query}"})
            self.calls.append(what)
            self.paths.append(request.url.path)
            if self.before.get(what):
                return await self.before[what].pop(0)()
            made = await act(request)
            if self.after.get(what):
                return await self.after[what].pop(0)()
            return made if isinstance(made, Response) else JSONResponse(made)

        return answer

    def _value(self, value: Any) -> Any:
        return json.dumps(value) if self.texts else value

    def _page(self, request: Request, items: list[Document]) -> Any:
        size, page = int(request.query_params["page_size"]), int(request.query_params["page"])
        assert 1 <= size <= 100
        part = items[(page - 1) * size : page * size]
        return part if self.bare else {"count": len(items), "next": None, "previous": None, "results": part}

    async def _dataset(self, request: Request) -> Document:
        if request.method == "POST":
            assert (await request.json())["is_empty"] is True
        return {"id": "d-1", "name": "set", "created_at": "2026-01-01T00:00:00Z"}

    async def _datasets(self, request: Request) -> Any:
        return self._page(request, [{"id": "d-1", "name": "set", "created_at": "2026-01-01T00:00:00Z"}] if self.rows else [])

    async def _bulk(self, request: Request) -> Document:
        logs = (await request.json())["logs"]
        assert len(logs) <= 500
        self.rows += [{"id": f"r-{len(self.rows) + place}", **log} for place, log in enumerate(logs)]
        return {"success_count": len(logs), "error_count": 0, "errors": [], "total_errors": 0}

    async def _row(self, request: Request) -> Document:
        self.rows.append({"id": f"r-{len(self.rows)}", **await request.json()})
        return {"message": "made", "unique_id": self.rows[-1]["id"]}

    async def _list_rows(self, request: Request) -> Any:
        shown = [{**row, "input": self._value(row["input"]), "dataset_id": "d-1"} for row in self.rows]
        return self._page(request, shown)

    async def _create(self, request: Request) -> Any:
        body = await request.json()
        if self.first_form and "workflows" not in body:
            return JSONResponse({"workflows": ["This field is required."]}, 400)
        named = body["experiment_id"]
        assert named not in self.experiments
        steps = body.get("workflow") or body["workflows"]
        self.experiments[named] = {"id": named, "name": body.get("name", ""), "dataset": "d-1", "dataset_id": "d-1", "workflow": steps}
        self.experiments[named] |= {"status": "some_new_word", "progress": 0, "created_at": "2026-01-01T00:00:00Z", "tags": []}
        self.traces += [{**self._trace(place, row), "experiment": named} for place, row in enumerate(self.rows)]
        if self.ticket:
            return {"task_id": "t", "task_tracker_id": "tt", "status": "pending", "message": "started", "experiment_id": named}
        return body

    def _trace(self, place: int, row: Document) -> Document:
        return {"id": uuid4().hex, "status": "pending", "input": row["input"], "start_time": f"2026-01-01T00:00:{place:02d}Z", "scores": {}}

    async def _list(self, request: Request) -> Any:
        return self._page(request, list(self.experiments.values()))

    async def _one(self, request: Request) -> Any:
        found = self.experiments.get(request.path_params["experiment"])
        return JSONResponse({"detail": "Not found."}, 404) if found is None else found

    async def _list_traces(self, request: Request) -> Any:
        number = self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]
        shown = []
        for trace in [trace for trace in self.traces if trace["experiment"] == request.path_params["experiment"]][:number]:
            whole = {name: self._value(trace[name]) for name in ("input", "output") if name in trace}
            cut = {name: text[:10] if isinstance(text, str) else text for name, text in whole.items()} if self.texts else whole
            shown.append({**trace, **cut, "span_tree": [{"id": "s", **whole}]})
        return self._page(request, shown)

    async def _resume(self, request: Request) -> Any:
        body = await request.json()
        trace = next(trace for trace in self.traces if trace["id"] == request.path_params["log"])
        assert "input" in body
        self.patches.append((trace["id"], body))
        if trace["status"] != "pending":
            return JSONResponse({"detail": "This trace is not waiting."}, 400)
        trace |= {"status": "success", "output": body["output"]}
        return {"id": trace["id"], "trace_unique_id": trace["id"], "status": "success"}

    async def _score(self, request: Request) -> Any:
        body = await request.json()
        name = body["evaluator_slug"]
        if self.evaluators is not None and name not in self.evaluators:
            return JSONResponse({"evaluator_slug": [f"No evaluator with slug {name}."]}, 400)
        trace = next(trace for trace in self.traces if trace["id"] == request.path_params["log"])
        self.scores.append((trace["id"], body))
        if name in trace["scores"]:
            return JSONResponse({"error": "A score already exists for this evaluator in this log."}, 409)
        value = {name: body[name] for name in VALUES if name in body}
        kind = VALUES[next(iter(value))]
        kinds = {"evaluator_slug": name, "score_value_type": kind, "explanation": body.get("explanation")}
        trace["scores"][name] = {**kinds, "id": uuid4().hex, **value}
        return JSONResponse({"log_id": trace["id"], **trace["scores"][name]}, 201)

    async def _list_scores(self, request: Request) -> Any:
        trace = next(trace for trace in self.traces if trace["id"] == request.path_params["log"])
        return self._page(request, list(trace["scores"].values()))

    async def _rescore(self, request: Request) -> Any:
        body = await request.json()
        trace = next(trace for trace in self.traces if trace["id"] == request.path_params["log"])
        score = next(score for score in trace["scores"].values() if score["id"] == request.path_params["score"])
        score.update({name: body[name] for name in VALUES if name in body})
        return {"log_id": trace["id"], **score}

    async def _evaluator(self, request: Request) -> Any:
        body = await request.json()
        assert self.evaluators is not None
        self.evaluators.add(body["evaluator_slug"])
        kinds = {"type": body["type"], "score_value_type": body["score_value_type"]}
        return JSONResponse({"id": uuid4().hex, "name": body["name"], "evaluator_slug": body["evaluator_slug"], **kinds}, 201)
