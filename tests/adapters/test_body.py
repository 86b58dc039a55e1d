"""Bodies from strangers: read exactly, refused clearly."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.body import read_json
from schemas.errors import Code, CrosswalkError


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)
    )
)
def test_what_was_written_is_read(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) == value


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", Code.INVALID_REQUEST),
        (b"", Code.INVALID_REQUEST),
        (b'{"a": 1, "a": 2}', Code.INVALID_REQUEST),
        (b'{"a": NaN}', Code.INVALID_REQUEST),
        (b'{"a": 1e999}', Code.INVALID_REQUEST),
        (b"\xff\xfe", Code.UNREADABLE_BODY),
        (b'{"a": "\xff"}', Code.UNREADABLE_BODY),
        (b"[" * 1000 + b"]" * 1000, Code.UNREADABLE_BODY),
        (b"[" * 100_000 + b"]" * 100_000, Code.UNREADABLE_BODY),
        (b'{"a":' * 500 + b"1" + b"}" * 500, Code.UNREADABLE_BODY),
        (b"9" * 10_000, Code.UNREADABLE_BODY),
    ],
)
def test_bad_bodies_are_refused(body: bytes, code: Code) -> None:
    with pytest.raises(CrosswalkError) as refused:
        read_json(body)
    assert refused.value.code is code


def test_leniency_is_chosen() -> None:
    assert read_json(b'{"a": NaN, "b": -Infinity}', allow_nan=True) == {"a": None, "b": None}
    assert read_json(b'{"a": 1, "a": 2}', allow_duplicates=True) == {"a": 2}


def test_wide_is_not_deep() -> None:
    assert len(read_json(b"[" + b",".join([b"[]"] * 5000) + b"]")) == 5000


def test_the_error_names_the_place() -> None:
    with pytest.raises(CrosswalkError) as refused:
        read_json(b'{"a": }')
    (issue,) = refused.value.issues
    assert (issue.path, issue.type) == (("body", 6), "json_invalid")
