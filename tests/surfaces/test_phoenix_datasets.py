"""Datasets of the Phoenix surface beyond its recordings: hostile files, calls at once, and what the other dialects make of it all."""

import asyncio
import gzip
import hashlib
import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.forms import MAX_PARTS, Part, read_form
from adapters.phoenix import ADAPTER
from adapters.phoenix.quirks.files import Columns, Fields, columns
from schemas.errors import Code, CrosswalkError
from tests.conftest import Serve

pytestmark = pytest.mark.anyio

FORM = {"content-type": "multipart/form-data; boundary=B"}


def part(name: str, content: bytes, *headers: str, file: str | None = None) -> bytes:
    where = f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{file}"' if file else "")
    return "\r\n".join(("--B", where, *headers, "", "")).encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--B--\r\n"


def csv_form(content: bytes, *headers: str, name: str = "d") -> bytes:
    keys = (part("input_keys[]", b"q"), part("output_keys[]", b"a"))
    return form(part("name", name.encode()), *keys, part("file", content, "Content-Type: text/csv", *headers, file="d.csv"))


class Surface:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def ask(self, method: str, path: str, status: int = 200, **more: Any) -> httpx.Response:
        answer = await self.client.request(method, f"/phoenix/v1{path}", **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer

    async def data(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        return (await self.ask(method, path, status, **more)).json()["data"]

    async def dataset(self, **more: Any) -> str:
        body = {"name": "d", "inputs": [{"q": 1}, {"q": 2}], **more}
        return str((await self.data("POST", "/datasets/upload?sync=true", json=body))["dataset_id"])


@pytest.fixture
def surface(client: httpx.AsyncClient) -> Surface:
    return Surface(client)


@pytest.mark.parametrize(
    ("body", "headers", "status", "says"),
    [
        (b"no form at all", FORM, 400, "parsing the body"),
        (b"", FORM, 422, "Dataset name must not be empty"),
        (form(part("name", b"d")), {"content-type": "multipart/form-data"}, 400, "parsing the body"),
        (form(part("name", b"\xff\xfe")), FORM, 422, "utf-8"),
        (form(part("name", b"d")), FORM, 422, "Malformed file in form data."),
        (csv_form(b"q,a\n1,2\n", "Content-Encoding: gzip"), FORM, 422, "cannot be decompressed"),
        (csv_form(gzip.compress(b"q,a\n" + b"1,2\n" * 20_000_000), "Content-Encoding: gzip"), FORM, 422, "larger than"),
        (csv_form(b"q,a\n" + b'"' + b"x" * 200_000 + b'",1\n'), FORM, 422, "cannot be read"),
        (form(*(part("x", b"") for _ in range(MAX_PARTS + 1))), FORM, 400, "parsing the body"),
    ],
    ids=["no form", "nothing", "no boundary", "not utf-8", "no file", "no gzip", "bomb", "huge cell", "many parts"],
)
async def test_hostile_forms_are_refused_in_words_and_leave_nothing(
    surface: Surface, body: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    started = time.monotonic()
    answer = await surface.ask("POST", "/datasets/upload?sync=true", status, content=body, headers=headers)
    assert says in answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert time.monotonic() - started < 10
    assert await surface.data("GET", "/datasets") == []


async def test_json_lines_nest_no_deeper_than_bodies(surface: Surface) -> None:
    line = b'{"q": ' + b"[" * 5000 + b"]" * 5000 + b"}\n"
    file = part("file", line, "Content-Type: application/jsonl", file="d.jsonl")
    await surface.ask("POST", "/datasets/upload", 400, content=form(part("name", b"d"), part("input_keys[]", b"q"), file), headers=FORM)


async def test_an_upload_without_sync_is_stored_when_it_is_answered(surface: Surface) -> None:
    answer = await surface.ask("POST", "/datasets/upload", json={"name": "later", "inputs": [{"q": 1}]})
    assert answer.json() is None
    assert [dataset["name"] for dataset in await surface.data("GET", "/datasets")] == ["later"]
    taken = await surface.ask("POST", "/datasets/upload", 409, json={"name": "later", "inputs": []})
    assert taken.text == 'A dataset named "later" already exists.'


async def test_of_two_splits_or_labels_of_one_name_made_at_once_one_is_made(surface: Surface) -> None:
    await surface.dataset()

    async def both(path: str, body: dict[str, Any]) -> list[int]:
        answers = await asyncio.gather(*(surface.client.post(f"/phoenix/v1{path}", json=body) for _ in range(8)))
        return sorted(answer.status_code for answer in answers)

    assert await both("/datasets/d/splits", {"name": "train"}) == [201] + [409] * 7
    assert await both("/dataset_labels", {"name": "golden", "color": "#00cc88"}) == [201] + [409] * 7
    assert [label["name"] for label in await surface.data("GET", "/dataset_labels")] == ["golden"]


async def test_a_label_keeps_its_id_and_its_datasets_when_it_is_renamed(surface: Surface) -> None:
    dataset = await surface.dataset()
    label = await surface.data("POST", "/dataset_labels", 201, json={"name": "golden", "color": "#00cc88"})
    await surface.ask("PUT", f"/datasets/{dataset}/labels/{label['id']}")
    renamed = await surface.data("PATCH", f"/dataset_labels/{label['id']}", json={"name": "gold"})
    assert renamed == {**label, "name": "gold"}
    assert await surface.data("GET", "/datasets/d/labels") == [renamed]
    again = await surface.data("POST", "/dataset_labels", 201, json={"name": "golden", "color": "#00cc88"})
    assert again["id"] != label["id"]
    assert await surface.data("GET", "/datasets/d/labels") == [renamed]


async def test_a_deleted_dataset_leaves_nothing_of_its_labels(surface: Surface) -> None:
    dataset = await surface.dataset()
    label = await surface.data("POST", "/dataset_labels", 201, json={"name": "golden", "color": "#00cc88"})
    await surface.ask("PUT", f"/datasets/{dataset}/labels/{label['id']}")
    await surface.ask("DELETE", f"/datasets/{dataset}", 204)
    documents = (await surface.client.get("/v1/documents")).json()["items"]
    assert [document["kind"] for document in documents] == ["dataset_label"]


async def test_labels_and_prompts_are_documents_of_the_canonical_api(surface: Surface) -> None:
    await surface.data("POST", "/dataset_labels", 201, json={"name": "golden", "color": "#00cc88", "description": "d"})
    [document] = (await surface.client.get("/v1/documents/dataset_label")).json()["items"]
    assert (document["key"], document["body"]) == ("golden", {"color": "#00cc88", "description": "d"})
    await surface.client.patch("/v1/documents/dataset_label/golden?version=1", json={"body": {"color": "#111111"}})
    [label] = await surface.data("GET", "/dataset_labels")
    assert (label["name"], label["color"], label["description"]) == ("golden", "#111111", "d")


async def test_a_split_of_this_dialect_restricts_an_experiment(surface: Surface) -> None:
    dataset = await surface.dataset(example_ids=["one", "two"])
    split = await surface.data("POST", "/datasets/d/splits", 201, json={"name": "second", "example_ids": ["two"]})
    for reference in (split["id"], "second"):
        experiment = await surface.data("POST", f"/datasets/{dataset}/experiments", json={"splits": [reference]})
        assert experiment["example_count"] == 1
    [shown] = (await surface.client.get(f"/v1/datasets/{await canonical(surface)}/splits")).json()["items"]
    assert (shown["name"], shown["example_count"], shown["color"]) == ("second", 1, "#33c5e8")


async def test_what_another_dialect_wrote_is_downloaded(surface: Surface) -> None:
    examples = [{"input": "plain", "reference": "text"}, {"input": {"a": {"b": [1]}}, "reference": None, "splits": ["s"]}]
    made = (await surface.client.post("/v1/datasets", json={"name": "d", "examples": examples})).json()
    dataset = (await surface.data("GET", "/datasets"))[0]["id"]
    lines = (await surface.ask("GET", f"/datasets/{dataset}/jsonl")).text.splitlines()
    first, second = map(json.loads, lines)
    assert (first["input"], first["output"], first["splits"]) == ({"input": "plain"}, {"output": "text"}, [])
    assert (second["input"], second["output"], second["splits"]) == ({"a": {"b": [1]}}, {"output": None}, ["s"])
    table = (await surface.ask("GET", f"/datasets/{dataset}/csv")).text.splitlines()
    assert table[0] == "id,node_id,input.input,output.output,splits,input.a.b"
    assert table[2].endswith(',,,"[""s""]",[1]')
    assert made["example_count"] == 2


async def test_a_download_is_an_upload_again(surface: Surface) -> None:
    body = {"inputs": [{"q": {"a": "x", "b": "y"}}, {"q": {"a": 'quoted "z", ü'}}], "outputs": [{"a": "1"}, {"a": "two"}]}
    dataset = await surface.dataset(**body, splits=["train", ["test", "train"]], example_ids=["one", "two"])
    table = (await surface.ask("GET", f"/datasets/{dataset}/csv")).content
    keys = [("name", "copy"), ("split_key", "splits"), ("example_id_key", "id"), ("output_keys[]", "output.a")]
    keys += [("input_keys[]", "input.q.a"), ("input_keys[]", "input.q.b")]
    file = part("file", table, "Content-Type: text/csv", file="d.csv")
    await surface.ask("POST", "/datasets/upload", content=form(*(part(name, value.encode()) for name, value in keys), file), headers=FORM)
    [copy] = [one["id"] for one in await surface.data("GET", "/datasets") if one["name"] == "copy"]

    def content(text: str) -> list[Any]:
        return [{name: value for name, value in json.loads(line).items() if name != "node_id"} for line in text.splitlines()]

    original, copied = [content((await surface.ask("GET", f"/datasets/{one}/jsonl")).text) for one in (dataset, copy)]
    assert original == copied


async def test_every_write_asks_for_a_key_and_for_more_than_a_viewers(serve: Serve) -> None:
    """Before the body and the ids are looked at, as the server does."""
    key = {"name": "v", "sha256": hashlib.sha256(b"secret").hexdigest(), "role": "viewer"}
    async with serve(auth={"mode": "keys", "keys": [key]}) as client:
        for route in (route for route in ADAPTER.routes if route.writes):
            path = "/phoenix" + re.sub(r"\{\w+\}", "zz!", route.path)
            nobody = await client.request(route.method, path, content=b"{")
            assert (nobody.status_code, nobody.text) == (401, "Invalid token"), path
            assert nobody.headers["www-authenticate"] == 'Bearer realm="Arize Phoenix"'
            viewer = await client.request(route.method, path, content=b"{", headers={"authorization": "Bearer secret"})
            assert (viewer.status_code, viewer.text) == (403, "Viewers cannot perform this action."), path


async def canonical(surface: Surface) -> str:
    return str((await surface.client.get("/v1/datasets")).json()["items"][0]["id"])


@given(st.binary(max_size=200), st.sampled_from(["text/csv", "application/jsonl"]), st.sampled_from([None, "q", "q.a"]))
def test_any_bytes_are_a_table_or_refused(content: bytes, kind: str, key: str | None) -> None:
    file = Part({"content-type": kind}, bytearray(content), "file", "f")
    fields = Fields([("name", "d"), *([("input_keys[]", key), ("flatten_keys[]", key)] if key else [])])
    lists, refusal = attempt(lambda: columns(file, fields))
    assert refusal in (None, Code.INVALID_REQUEST, Code.UNREADABLE_BODY)
    if lists is not None:
        assert len(lists["inputs"]) == len(lists["outputs"]) == len(lists["splits"])


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    parts, refusal = attempt(lambda: read_form(b"--B\r\n" + body, FORM["content-type"]))
    assert refusal in (None, Code.UNREADABLE_BODY)
    assert all(isinstance(part.name, str) for part in parts or ())


def attempt(read: Callable[[], Any]) -> tuple[Any, Code | None]:
    """What was read, or why it was not."""
    try:
        return read(), None
    except CrosswalkError as error:
        return None, error.code


def test_two_ways_to_name_splits_exclude_one_another() -> None:
    with pytest.raises(CrosswalkError, match="Cannot specify both"):
        Columns(Fields([("split_keys[]", "a"), ("split_key", "b")]))
