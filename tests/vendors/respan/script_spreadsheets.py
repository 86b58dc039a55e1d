"""Every experiment call of respan-ai 2.0.1, synchronous and asynchronous; the argument is the base URL.

Deletes never leave this client: it hands its HTTP library an argument that the library does not know. The script says so and sends them itself.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
from respan.experiments.api import ExperimentAPI
from respan.types.experiment_types import (
    AddExperimentColumnsRequest,
    AddExperimentRowsRequest,
    ExperimentColumnType,
    ExperimentCreate,
    ExperimentRowType,
    ExperimentUpdate,
    RemoveExperimentColumnsRequest,
    RemoveExperimentRowsRequest,
    RunExperimentEvalsRequest,
    RunExperimentRequest,
    UpdateExperimentColumnsRequest,
    UpdateExperimentRowsRequest,
)

BASE = sys.argv[1]
DEADLINE_SECONDS = 20.0
api = ExperimentAPI(api_key="local", base_url=BASE)


def column(name: str, **more: Any) -> ExperimentColumnType:
    usual = {
        "id": name,
        "model": "echo",
        "name": name,
        "temperature": 0.7,
        "max_completion_tokens": 64,
        "top_p": 1.0,
        "frequency_penalty": 0.0,
        "presence_penalty": 0.0,
        "prompt_messages": [{"role": "user", "content": "{{word}}"}],
    }
    return ExperimentColumnType(**{**usual, **more})


def row(name: str, word: str, wanted: str | None = None) -> ExperimentRowType:
    return ExperimentRowType(id=name, input={"word": word}, ideal_output=wanted)


def plain(model: Any) -> Any:
    return model.model_dump(mode="json") if hasattr(model, "model_dump") else model


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"status": 0, "body": plain(call())}
    except httpx.HTTPStatusError as error:
        return {"status": error.response.status_code, "body": error.response.json()}
    except TypeError as error:
        return {"status": -1, "body": str(error)}


def settled(identifier: str) -> Any:
    end = time.monotonic() + DEADLINE_SECONDS
    found = api.get(identifier)
    while found.status == "running" and time.monotonic() < end:
        time.sleep(0.1)
        found = api.get(identifier)
    return found


def sent(method: str, path: str, body: Any = None) -> Any:
    answer = httpx.request(method, f"{BASE}{path}", json=body, headers={"Authorization": "Bearer local"})
    return {"status": answer.status_code, "body": answer.json()}


def edits(identifier: str) -> dict[str, Any]:
    return {
        "add_rows": api.add_rows(identifier, AddExperimentRowsRequest(rows=[row("three", "def"), row("four", "ghi")])),
        "update_rows": api.update_rows(identifier, UpdateExperimentRowsRequest(rows=[row("three", "new", "new")])),
        "add_columns": api.add_columns(identifier, AddExperimentColumnsRequest(columns=[column("third"), column("fourth")])),
        "update_columns": api.update_columns(identifier, UpdateExperimentColumnsRequest(columns=[column("third", temperature=0.1)])),
        "remove_rows": refused(lambda: api.remove_rows(identifier, RemoveExperimentRowsRequest(rows=["four"]))),
        "remove_columns": refused(lambda: api.remove_columns(identifier, RemoveExperimentColumnsRequest(columns=["fourth"]))),
        "rows_removed": sent("DELETE", f"/api/experiments/{identifier}/rows", {"rows": ["four"]}),
        "columns_removed": sent("DELETE", f"/api/experiments/{identifier}/columns", {"columns": ["fourth"]}),
        "after": plain(api.get(identifier)),
    }


def ran(identifier: str) -> dict[str, Any]:
    some = api.run_experiment(identifier, RunExperimentRequest(columns=[column("first")]))
    after_some = settled(identifier)
    everything = api.run_experiment(identifier)
    after_all = settled(identifier)
    judged = api.run_experiment_evals(identifier, RunExperimentEvalsRequest(evaluator_slugs=["icontains"]))
    return {
        "some": some,
        "after_some": plain(after_some),
        "everything": everything,
        "after_all": plain(after_all),
        "judged": judged,
        "after_judging": plain(settled(identifier)),
        "unknown_evaluator": refused(lambda: api.run_experiment_evals(identifier, {"evaluator_slugs": ["nobody"]})),
    }


async def asynchronous() -> dict[str, Any]:
    made = await api.acreate({"name": "later words", "columns": [plain(column("only"))], "rows": [plain(row("one", "abc"))]})
    seen: dict[str, Any] = {
        "acreate": plain(made),
        "aget": plain(await api.aget(made.id)),
        "alist": plain(await api.alist(page=1, page_size=1)),
        "aupdate": plain(await api.aupdate(made.id, {"description": "changed"})),
        "aadd_rows": await api.aadd_rows(made.id, {"rows": [plain(row("two", "xyz"))]}),
        "aupdate_rows": await api.aupdate_rows(made.id, {"rows": [plain(row("two", "new"))]}),
        "aadd_columns": await api.aadd_columns(made.id, {"columns": [plain(column("other"))]}),
        "aupdate_columns": await api.aupdate_columns(made.id, {"columns": [plain(column("other", temperature=0.2))]}),
        "arun_experiment": await api.arun_experiment(made.id),
    }
    while (await api.aget(made.id)).status == "running":
        await asyncio.sleep(0.1)
    seen["arun_experiment_evals"] = await api.arun_experiment_evals(made.id, {"evaluator_slugs": ["icontains"]})
    for name, call in (
        ("adelete", lambda: api.adelete(made.id)),
        ("aremove_rows", lambda: api.aremove_rows(made.id, {"rows": ["two"]})),
        ("aremove_columns", lambda: api.aremove_columns(made.id, {"columns": ["other"]})),
    ):
        try:
            await call()
        except TypeError as error:
            seen[name] = str(error)
    return seen


def main() -> None:
    made = api.create(
        ExperimentCreate(
            name="words",
            description="said again",
            columns=[column("first"), column("second", model="no-such-model")],
            rows=[row("one", "abc", "abc"), row("two", "xyz", "abc")],
        )
    )
    seen: dict[str, Any] = {
        "created": plain(made),
        "retrieved": plain(api.get(made.id)),
        "listed": plain(api.list(page=1, page_size=10, name="word")),
        "past_the_end": plain(api.list(page=9, page_size=10)),
        "updated": plain(api.update(made.id, ExperimentUpdate(name="other words"))),
        "early_evals": refused(lambda: api.run_experiment_evals(made.id, {"evaluator_slugs": ["icontains"]})),
        "ran": ran(made.id),
        "edits": edits(made.id),
        "delete": refused(lambda: api.delete(made.id)),
        "deleted": sent("DELETE", f"/api/experiments/{made.id}"),
        "gone": refused(lambda: api.get(made.id)),
        "asynchronous": asyncio.run(asynchronous()),
    }
    json.dump(seen, sys.stdout)
    sys.stdout.write("\n")


main()
