"""Experiments of the first version: spreadsheets of rows and columns, run and judged."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.surfaces.respan import DATASETS, EXPERIMENTS, ask

pytestmark = pytest.mark.anyio

SHEETS = "/respan/api/experiments/"
QUESTION = [{"role": "system", "content": "Say it again."}, {"role": "user", "content": "{{word}}"}]
PLAIN = {"id": "plain", "name": "plain", "model": "echo", "prompt_messages": QUESTION}
WARM = {"id": "warm", "name": "warm", "model": "echo", "temperature": 0.7, "prompt_messages": QUESTION}
ROWS = [{"id": "one", "input": {"word": "abc"}, "ideal_output": "abc"}, {"id": "two", "input": {"word": "xyz"}, "ideal_output": "abc"}]


async def sheet(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = await ask(
        client, "POST", f"{SHEETS}create", {"name": "words", "columns": [PLAIN, WARM], "rows": ROWS, **more}, 201
    )
    return made


async def settled(client: httpx.AsyncClient, identifier: str) -> dict[str, Any]:
    for _ in range(300):
        found: dict[str, Any] = await ask(client, "GET", f"{SHEETS}{identifier}")
        if found["status"] != "running":
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(found)


def cells(found: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["id"], result["column_id"]): result for row in found["rows"] for result in row["results"]}


async def test_a_new_spreadsheet_is_ready_and_complete(client: httpx.AsyncClient) -> None:
    made = await sheet(client)
    assert (made["status"], made["column_count"], made["row_count"], made["description"]) == ("ready", 2, 2, "")
    assert [column["id"] for column in made["columns"]] == ["plain", "warm"]
    assert (made["columns"][0]["temperature"], made["columns"][1]["temperature"]) == (1.0, 0.7)
    assert [(row["id"], row["input"], row["ideal_output"], row["status"], row["results"]) for row in made["rows"]] == [
        ("one", {"word": "abc"}, "abc", "ready", []),
        ("two", {"word": "xyz"}, "abc", "ready", []),
    ]
    assert made["variables"] == ["word"]
    assert await ask(client, "GET", f"{SHEETS}{made['id']}/") == made


async def test_a_run_fills_every_cell_and_is_an_experiment_elsewhere(client: httpx.AsyncClient) -> None:
    made = await sheet(client)
    said = await ask(client, "POST", f"{SHEETS}{made['id']}/run", {})
    assert (said["experiment_id"], said["status"]) == (made["id"], "running")
    found = await settled(client, made["id"])
    assert found["status"] == "completed"
    assert [row["status"] for row in found["rows"]] == ["completed", "completed"]
    results = cells(found)
    assert set(results) == {(row, column) for row in ("one", "two") for column in ("plain", "warm")}
    assert results["two", "warm"]["output"]["role"] == "assistant"
    assert "xyz" in results["two", "warm"]["output"]["content"]
    assert results["two", "warm"]["error"] is None
    group = await ask(client, "GET", f"/v1/experiments/{said['run_id']}")
    assert [variant["name"] for variant in group["variants"]] == ["plain", "warm"]
    assert [item["name"] for item in await ask(client, "GET", EXPERIMENTS)] == ["words · warm", "words · plain"]


async def test_single_columns_are_run_and_changed_ones_are_not_run_any_more(client: httpx.AsyncClient) -> None:
    made = await sheet(client)
    path = f"{SHEETS}{made['id']}"
    await ask(client, "POST", f"{path}/run", {"columns": [{**WARM}]})
    assert set(cells(await settled(client, made["id"]))) == {("one", "warm"), ("two", "warm")}
    assert (await ask(client, "GET", path))["rows"][0]["status"] == "ready"
    assert await ask(client, "POST", f"{path}/run", {"columns": [{"id": "nobody"}]}, 404) == {"detail": "Not found."}
    await ask(client, "POST", f"{path}/run", {"columns": [PLAIN]})
    assert len(cells(await settled(client, made["id"]))) == 4
    changed = await ask(
        client, "PATCH", f"{path}/columns", {"columns": [{**WARM, "temperature": 0, "response_format": {"type": "json_object"}}]}
    )
    assert changed["updated_columns"] == 1
    found = await ask(client, "GET", path)
    assert set(cells(found)) == {("one", "plain"), ("two", "plain")}
    assert (found["columns"][1]["temperature"], found["columns"][1]["response_format"]) == (0, {"type": "json_object"})


async def test_evaluators_judge_what_was_run(client: httpx.AsyncClient) -> None:
    made = await sheet(client)
    path = f"{SHEETS}{made['id']}"
    body = {"evaluator_slugs": ["icontains", "levenshtein"]}
    assert "evaluator_slugs" in await ask(client, "POST", f"{path}/run-evals", body, 400)
    await ask(client, "POST", f"{path}/run")
    before = cells(await settled(client, made["id"]))
    assert "evaluator_slugs" in await ask(client, "POST", f"{path}/run-evals", {"evaluator_slugs": ["nobody"]}, 400)
    said = await ask(client, "POST", f"{path}/run-evals", body)
    assert (said["evaluators"], said["status"]) == (["icontains", "levenshtein"], "running")
    after = cells(await settled(client, made["id"]))
    assert {place: cell["id"] for place, cell in after.items()} == {place: cell["id"] for place, cell in before.items()}
    judged = {place: cell["evaluation_result"] for place, cell in after.items()}
    assert all(set(one) == {"icontains", "levenshtein"} for one in judged.values())
    assert (judged["one", "plain"]["icontains"]["boolean_value"], judged["two", "plain"]["icontains"]["boolean_value"]) == (True, False)
    assert judged["one", "plain"]["icontains"]["primary_score"] == 1.0
    assert 0 <= judged["one", "plain"]["levenshtein"]["primary_score"] <= 1


async def test_a_model_nobody_knows_is_an_error_of_its_cells(client: httpx.AsyncClient) -> None:
    made = await sheet(client, columns=[PLAIN, {**WARM, "model": "no-such-model"}])
    await ask(client, "POST", f"{SHEETS}{made['id']}/run")
    found = await settled(client, made["id"])
    results = cells(found)
    assert (results["one", "plain"]["status"], results["one", "warm"]["status"]) == ("completed", "error")
    assert results["one", "warm"]["error"]
    assert results["one", "warm"]["output"] is None
    assert found["rows"][0]["status"] == "error"


async def test_rows_come_change_and_go(client: httpx.AsyncClient) -> None:
    made = await sheet(client)
    path = f"{SHEETS}{made['id']}/rows"
    assert (await ask(client, "POST", path, {"rows": [{"id": "three", "input": {"word": "def", "tone": "dry"}}]}))["added_rows"] == 1
    assert (await ask(client, "PATCH", path, {"rows": [{"id": "two", "input": {"word": "new"}}]}))["updated_rows"] == 1
    assert await ask(client, "PATCH", path, {"rows": [{"id": "one", "input": {}}, {"id": "nobody", "input": {}}]}, 404)
    found = await ask(client, "GET", f"{SHEETS}{made['id']}")
    assert [(row["id"], row["input"], row["ideal_output"]) for row in found["rows"]] == [
        ("one", {"word": "abc"}, "abc"),
        ("two", {"word": "new"}, "abc"),
        ("three", {"word": "def", "tone": "dry"}, None),
    ]
    assert found["variables"] == ["word", "tone"]
    assert (await ask(client, "DELETE", path, {"rows": ["one", "nobody"]}))["removed_rows"] == 1
    assert [row["id"] for row in (await ask(client, "GET", f"{SHEETS}{made['id']}"))["rows"]] == ["two", "three"]


async def test_columns_come_and_go(client: httpx.AsyncClient) -> None:
    made = await sheet(client, columns=[PLAIN])
    path = f"{SHEETS}{made['id']}/columns"
    assert (await ask(client, "POST", path, {"columns": [WARM]}))["added_columns"] == 1
    assert "columns" in await ask(client, "POST", path, {"columns": [WARM]}, 400)
    assert await ask(client, "PATCH", path, {"columns": [{**WARM, "id": "nobody"}]}, 404)
    assert (await ask(client, "DELETE", path, {"columns": ["plain"]}))["removed_columns"] == 1
    assert [column["id"] for column in (await ask(client, "GET", f"{SHEETS}{made['id']}"))["columns"]] == ["warm"]


async def test_columns_added_at_once_are_all_kept(client: httpx.AsyncClient) -> None:
    made = await sheet(client, columns=[])
    bodies = [{"columns": [{**PLAIN, "id": f"c{number}"}]} for number in range(8)]
    await asyncio.gather(*(ask(client, "POST", f"{SHEETS}{made['id']}/columns", body) for body in bodies))
    assert (await ask(client, "GET", f"{SHEETS}{made['id']}"))["column_count"] == 8


async def test_lists_names_and_the_end(client: httpx.AsyncClient) -> None:
    one, other = await sheet(client, name="Alpha"), await sheet(client, name="beta")
    path = f"{SHEETS}{one['id']}"
    assert (await ask(client, "PATCH", path, {"name": "Alphabet", "description": "letters"}))["name"] == "Alphabet"
    assert await ask(client, "PATCH", path, {}) == await ask(client, "GET", path)
    listed = await ask(client, "GET", f"{SHEETS}list?page=1&page_size=1")
    assert (listed["count"], [item["id"] for item in listed["results"]]) == (2, [other["id"]])
    assert [item["description"] for item in (await ask(client, "GET", f"{SHEETS}list?name=ALPHA"))["results"]] == ["letters"]
    assert "message" in await ask(client, "DELETE", path)
    assert await ask(client, "GET", path, status=404) == {"detail": "Not found."}
    assert await ask(client, "DELETE", path, status=404) == {"detail": "Not found."}
    assert (await ask(client, "GET", f"{SHEETS}list"))["count"] == 1
    assert (await ask(client, "POST", f"{DATASETS}list/"))["count"] == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"columns": [{"name": "without a model"}]}, "columns"),
        ({"columns": [PLAIN, PLAIN]}, "columns"),
        ({"rows": [{"input": "no object"}]}, "rows"),
    ],
)
async def test_a_wrong_spreadsheet_is_refused_and_leaves_nothing(client: httpx.AsyncClient, wrong: dict[str, Any], field: str) -> None:
    body = {"name": "words", "columns": [PLAIN], "rows": ROWS, **wrong}
    assert field in str(await ask(client, "POST", f"{SHEETS}create", body, 400))
    assert (await ask(client, "GET", f"{SHEETS}list"))["count"] == 0
    assert (await ask(client, "POST", f"{DATASETS}list/"))["count"] == 0


async def test_nothing_to_run_is_refused(client: httpx.AsyncClient) -> None:
    empty = await sheet(client, rows=[])
    assert "rows" in await ask(client, "POST", f"{SHEETS}{empty['id']}/run", {}, 400)
    bare = await sheet(client, columns=[])
    assert "columns" in await ask(client, "POST", f"{SHEETS}{bare['id']}/run", {}, 400)
