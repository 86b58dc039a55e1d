"""Logs: one JSON line each, and no secret in any of them."""

import io
import logging
from collections.abc import Iterator

import orjson
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gateway import logs

SECRET = 'sk-"very\\secret'


@pytest.fixture
def stream() -> Iterator[io.BytesIO]:
    """Where the log of this test goes."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    stream = io.BytesIO()
    logs.configure("info", [SECRET], stream)
    yield stream
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, level


def lines(stream: io.BytesIO) -> list[dict[str, object]]:
    assert SECRET.encode() not in stream.getvalue()
    assert orjson.dumps(SECRET)[1:-1] not in stream.getvalue()
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_one_json_line(stream: io.BytesIO) -> None:
    logs.get("part").info("happened", count=2)
    (line,) = lines(stream)
    assert line.pop("timestamp")
    assert line == {"component": "part", "event": "happened", "count": 2, "level": "info"}


def test_below_the_level_nothing_is_written(stream: io.BytesIO) -> None:
    logs.get("part").debug("detail")
    assert lines(stream) == []


@pytest.mark.parametrize(
    "name", ["authorization", "Authorization", "x-api-key", "api_key", "phoenix_api_key", "set-cookie", "password", "access_token"]
)
def test_a_telling_name_masks_its_value(name: str, stream: io.BytesIO) -> None:
    logs.get("part").info("call", **{name: "hidden"}, headers={name: "hidden", "deep": [{name: ["hidden"]}]})
    (line,) = lines(stream)
    assert line[name] == "***"
    assert b"hidden" not in stream.getvalue()


def test_counts_of_tokens_are_no_secret(stream: io.BytesIO) -> None:
    logs.get("part").info("call", prompt_tokens=3, token=4)
    (line,) = lines(stream)
    assert (line["prompt_tokens"], line["token"]) == (3, 4)


def test_a_known_secret_is_masked_anywhere(stream: io.BytesIO) -> None:
    log = logs.get("part")
    log.info("event " + SECRET, text=f"a {SECRET} b", nested=[{"x": SECRET, SECRET: 1}], raw=SECRET.encode())
    try:
        int(f"bad {SECRET}")
    except ValueError as error:
        error.add_note(f"noted {SECRET}")
        log.exception("failed")
    first, second = lines(stream)
    assert first["text"] == "a *** b"
    assert "noted ***" in str(second["exception"])


def test_credentials_in_text_are_masked(stream: io.BytesIO) -> None:
    logs.get("part").info("call", text="sent Authorization: bearer abc.def-123, then Basic dXNlcjpwYXNz")
    (line,) = lines(stream)
    assert line["text"] == "sent Authorization: bearer ***, then Basic ***"


def test_libraries_write_the_same_lines(stream: io.BytesIO) -> None:
    logging.getLogger("library").warning("used %s", SECRET)
    (line,) = lines(stream)
    assert (line["component"], line["event"], line["level"]) == ("library", "used ***", "warning")


def test_depth_is_bounded(stream: io.BytesIO) -> None:
    deep: object = "end"
    for _ in range(200):
        deep = {"a": deep}
    logs.get("part").info("deep", value=deep)
    (line,) = lines(stream)
    assert "***" in str(line["value"])


def test_whatever_is_logged_the_line_is_written(stream: io.BytesIO) -> None:
    logs.get("part").info("odd", text="a\ud800b", number=2**64, deep={"\ud800": {2**70, "b"}}, thing=object())
    (line,) = lines(stream)
    assert (line["text"], line["number"]) == ("a?b", str(2**64))


PARTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(secret=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*"), min_size=4), before=PARTS, after=PARTS)
def test_no_secret_survives(secret: str, before: str, after: str) -> None:
    render = logs.Renderer([secret])
    flat = orjson.loads(render(None, "info", {"text": before + secret + after}))
    deep = orjson.loads(render(None, "info", {"inner": [{secret: secret.encode()}]}))
    ((key, value),) = deep["inner"][0].items()
    assert all(secret not in part for part in (flat["text"], key, value))


def test_a_short_secret_is_masked_only_as_a_whole(stream: io.BytesIO) -> None:
    mask = logs.Mask(["k"])
    assert [mask.text(text) for text in ("k", "talk")] == ["***", "talk"]


def test_calls_to_others_are_not_told_by_the_client_library(stream: io.BytesIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET https://vendor.test/v1/datasets?name=private")
    logging.getLogger("httpx").warning("odd")
    assert [line["event"] for line in lines(stream)] == ["odd"]
