"""Arrow files on the Phoenix surface: what becomes of a table's values, and that a hostile file is refused before it costs anything."""

import struct
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import httpx
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import ipc

import adapters.phoenix.quirks
from adapters.forms import Part
from adapters.phoenix.quirks import arrow
from adapters.phoenix.quirks.files import Fields, columns
from schemas.errors import CrosswalkError
from tests.conftest import Serve

pytestmark = pytest.mark.anyio

KIND = "application/x-pandas-pyarrow"
TABLE = pyarrow.table({"q": ["a", None], "n": [1, None], "l": [[1], None], "s": [{"x": "y"}, None]})


def stream(table: pyarrow.Table, compression: str | None = "lz4", batches: int = 1) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with ipc.new_stream(sink, table.schema, options=ipc.IpcWriteOptions(compression=compression)) as writer:
        for _ in range(batches):
            writer.write_table(table)
    return bytes(sink.getvalue())


def of(*values: Any, kind: pyarrow.DataType | None = None, **options: Any) -> bytes:
    return stream(pyarrow.table({"q": pyarrow.array(list(values), kind)}), **options)


def read(content: bytes, *fields: tuple[str, str], keys: Sequence[str] = ("q",)) -> Any:
    named = [*(("input_keys[]", key) for key in keys), *fields]
    return columns(Part({"content-type": KIND}, bytearray(content)), Fields(named))


def refusal(content: bytes, **more: Any) -> str:
    with pytest.raises(CrosswalkError) as caught:
        read(content, **more)
    return caught.value.message


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
@pytest.mark.parametrize(
    ("values", "kind", "meant"),
    [
        (["a", None, ""], None, ["a", None, ""]),
        ([2**53 + 1, None], None, [2**53 + 1, None]),
        ([2**64 - 1], pyarrow.uint64(), [2**64 - 1]),
        ([1.5, float("nan"), float("inf")], None, [1.5, None, None]),
        ([True, None], None, [True, None]),
        ([None, None], None, [None, None]),
        ([{"x": 1, "y": [float("nan")]}, None], None, [{"x": 1, "y": [None]}, None]),
        ([[{"role": "user"}], [], None], None, [[{"role": "user"}], [], None]),
        ([[1, 2]], pyarrow.list_(pyarrow.int8(), 2), [[1, 2]]),
        ([date(2026, 1, 2), None], None, ["2026-01-02", None]),
        (["a"], pyarrow.large_string(), ["a"]),
    ],
    ids=["text", "integers", "unsigned", "floats", "booleans", "nothing", "objects", "lists", "fixed lists", "days", "large text"],
)
def test_values_are_those_that_server_11_38_makes_of_them(compression: str | None, values: list[Any], kind: Any, meant: list[Any]) -> None:
    assert read(of(*values, kind=kind, compression=compression))["inputs"] == [{"q": value} for value in meant]


def test_every_batch_is_read_and_columns_are_what_the_form_says() -> None:
    table = pyarrow.table({"q": ["a", "b"], "a": [1, 2], "s": [["t", "u"], None], "at": [datetime(2026, 1, 1)] * 2, "i": ["x", None]})
    fields = (("output_keys[]", "a"), ("split_key", "s"), ("example_id_key", "i"))
    lists = read(stream(table, batches=2), *fields)
    assert lists["inputs"] == [{"q": "a"}, {"q": "b"}] * 2
    assert lists["outputs"] == [{"a": 1}, {"a": 2}] * 2
    assert lists["metadata"] == [{}] * 4
    assert lists["splits"] == [["t", "u"], []] * 2
    assert lists["example_ids"] == ["x", None] * 2
    assert read(pyarrow.schema([("q", pyarrow.string())]).serialize().to_pybytes())["inputs"] == []
    assert refusal(stream(table), keys=("z",)) == "input keys not found in column headers: frozenset({'z'})"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (of(datetime(2026, 1, 1)), "Column 'q' holds timestamp[us], which is not taken here"),
        (of(b"x"), "Column 'q' holds binary, which"),
        (of("x", kind=pyarrow.dictionary(pyarrow.int8(), pyarrow.string())), "Column 'q' holds dictionary<"),
        (of("x", kind=pyarrow.string_view()), "Column 'q' holds string_view, which"),
        (of([b"x"]), "Column 'q' holds list<"),
        (
            stream(
                pyarrow.table({"q": pyarrow.ExtensionArray.from_storage(pyarrow.uuid(), pyarrow.array([bytes(16)], pyarrow.binary(16)))})
            ),
            "extension<",
        ),
        (of("x" * 70_000_000), "larger than 67108864 bytes"),
        (stream(pyarrow.table({"q": pyarrow.nulls(4_000_000)})), "larger than 4000000 values"),
        (of([None] * 4_000_000), "larger than 4000000 values"),
        (of("x", batches=10_001), "larger than 10000 batches"),
        (b"", "File is not valid pyarrow"),
        (b"nope", "File is not valid pyarrow"),
        (b"ARROW1\0\0" + of("x"), "File is not valid pyarrow"),
        (of("x")[:-60], "File is not valid pyarrow"),
        (of("x")[len(pyarrow.schema([("q", pyarrow.string())]).serialize()) :], "File is not valid pyarrow"),
        (of("x", compression=None).replace(struct.pack("<ii", 0, 1), struct.pack("<ii", 0, 1 << 30)), "File is not valid pyarrow"),
    ],
)
def test_what_cannot_be_said_in_json_or_costs_too_much_is_refused_in_words(content: bytes, says: str) -> None:
    started = time.monotonic()
    assert says in refusal(content)
    assert time.monotonic() - started < 5


def test_a_compressed_buffer_is_measured_before_it_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    _, batch = ipc.MessageReader.open_stream(of("x" * 60_000_000))
    assert batch.body.size < 1_000_000
    assert arrow.declared(batch.metadata.to_pybytes(), batch.body) == (2, 60_000_008)
    bomb = of("x" * 70_000_000)
    assert len(bomb) < 1_000_000
    monkeypatch.setattr(arrow.ipc, "read_record_batch", lambda *_: pytest.fail("it was decompressed"))
    assert "larger than" in refusal(bomb)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([None, "lz4"]), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_stream_is_read_or_refused(compression: str | None, damage: list[tuple[int, int]]) -> None:
    content = bytearray(stream(TABLE, compression))
    for place, byte in damage:
        content[place % len(content)] = byte
    try:
        table = arrow.Table(bytes(content))
        rows = table.rows(table.names)
    except CrosswalkError:
        return
    assert all(row.keys() == set(table.names) for row in rows)


def form(content: bytes, name: str = "d") -> dict[str, Any]:
    fields = [("name", (None, name)), ("action", (None, "create")), ("input_keys[]", (None, "q")), ("output_keys[]", (None, "n"))]
    return {"files": [*fields, ("file", ("pandas", content, KIND))]}


@pytest.mark.parametrize("version", ["20.26.1", "11.38.0"])
async def test_an_upload_is_stored_and_a_broken_one_leaves_nothing(serve: Serve, version: str) -> None:
    async with serve(surfaces={"phoenix": {"version": version}}) as client:
        at = "/phoenix/v1/datasets"
        broken = await client.post(f"{at}/upload?sync=true", **form(stream(TABLE)[:-60]))
        assert (broken.status_code, broken.text) == (422, "File is not valid pyarrow")
        assert (await client.get(at)).json()["data"] == []
        made = (await client.post(f"{at}/upload?sync=true", **form(stream(TABLE)))).json()["data"]
        examples = (await client.get(f"{at}/{made['dataset_id']}/examples")).json()["data"]["examples"]
        assert [(example["input"], example["output"]) for example in examples] == [({"q": "a"}, {"n": 1}), ({"q": None}, {"n": None})]


async def test_without_the_extra_the_refusal_names_it(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(adapters.phoenix.quirks, "arrow")
    monkeypatch.delitem(sys.modules, "adapters.phoenix.quirks.arrow")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    answer = await client.post("/phoenix/v1/datasets/upload", **form(stream(TABLE)))
    assert answer.status_code == 422
    assert "the extra `arrow` of crosswalk-gateway, which is not installed here" in answer.text


async def test_the_form_is_described(client: httpx.AsyncClient) -> None:
    described = (await client.get("/phoenix/openapi.json")).json()
    (path,) = (path for path in described["paths"] if path.endswith("/datasets/upload"))
    content = described["paths"][path]["post"]["requestBody"]["content"]
    assert content.keys() == {"application/json", "multipart/form-data"}
    model = described["components"]["schemas"][content["multipart/form-data"]["schema"]["$ref"].rsplit("/", 1)[1]]
    assert model["required"] == ["name", "file"]
    assert model["properties"]["input_keys[]"]["type"] == "array"
    assert model["properties"]["file"]["format"] == "binary"
