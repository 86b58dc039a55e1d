"""Questions about any JSON value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.json_values import fingerprint, same

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(_JSON, _JSON)
def test_equal_values_have_equal_fingerprints_and_no_others(one: object, other: object) -> None:
    assert (fingerprint(one) == fingerprint(other)) is same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1, "b": [2.0]}, {"b": [2], "a": 1.0}), ("x", "x"), (None, None), ([True], [True])],
)
def test_spelling_does_not_matter(one: object, other: object) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(("one", "other"), [("1", 1), (True, 1), (None, ""), ([], {}), ({"a": None}, {})])
def test_kinds_do(one: object, other: object) -> None:
    assert fingerprint(one) != fingerprint(other)
