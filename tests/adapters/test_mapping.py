"""The translation engine: rows work in both directions, nothing goes missing without a note."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.codecs import HexId, Time, Vocabulary, Wrapped, keyed, scaled
from adapters.mapping import ABSENT, Const, Each, Fold, Row, Shape, merge, pick, put, unclaimed
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.errors import CrosswalkError, Reason
from schemas.ids import Kind
from schemas.run import AnnotatorKind
from schemas.status import RunStatus

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(min_size=1), JSON, max_size=5)


def scope() -> Scope:
    return Scope(dialect="test")


def test_a_row_serves_both_directions() -> None:
    shape = Shape((Row("run/config/prompt", "variants/0/steps/0/config/template"),))
    wire = {"run": {"config": {"prompt": "hi"}}}
    doc = shape.decode(wire, scope())
    assert doc == {"variants": [{"steps": [{"config": {"template": "hi"}}]}]}
    assert shape.encode(doc, scope()) == wire


@pytest.mark.parametrize("value", [ABSENT, None, "", {}, [], 0, False])
def test_absent_null_and_empty_stay_what_they_are(value: Any) -> None:
    shape = Shape((Row("a", "b"),))
    wire = {} if value is ABSENT else {"a": value}
    assert shape.encode(shape.decode(wire, scope()), scope()) == wire


def test_a_default_is_written_for_what_is_absent_and_a_null_stays_null() -> None:
    shape = Shape((Row("a", "a", default=7), Row("b", "b", default=list)))
    assert shape.encode({}, scope()) == {"a": 7, "b": []}
    assert shape.encode({"a": None}, scope())["a"] is None


def test_where_rows_overlap_the_first_wins_in_both_directions() -> None:
    shape = Shape((Row("id", "id"), Row("experiment_id", "id", way="in")))
    assert shape.decode({"id": "a", "experiment_id": "b"}, scope()) == {"id": "a"}
    assert shape.decode({"experiment_id": "b"}, scope()) == {"id": "b"}
    assert shape.encode({"id": "a"}, scope()) == {"id": "a"}


def test_a_written_row_is_claimed_but_tells_nothing_on_the_way_in() -> None:
    where = scope()
    assert Shape((Row("n", "count", way="out"),)).decode({"n": 3}, where) == {}
    assert where.notes.all() == []


def test_what_no_row_claims_is_kept_aside_and_noted() -> None:
    where = scope()
    doc = Shape((Row("a/b", "x"),)).decode({"a": {"b": 1, "c": 2}, "d": 3}, where)
    assert doc == {"x": 1, "extensions": {"test": {"a": {"c": 2}, "d": 3}}}
    assert [(note.fate, note.wire) for note in where.notes.all()] == [(Fate.KEPT_ASIDE, "/a"), (Fate.KEPT_ASIDE, "/d")]


def test_what_was_kept_aside_comes_back_where_the_shape_echoes() -> None:
    shape = Shape((Row("a/b", "x"),), echo=True)
    wire = {"a": {"b": 1, "c": 2}, "d": 3}
    assert shape.encode(shape.decode(wire, scope()), scope()) == wire


def test_what_the_dialect_cannot_say_is_noted_as_lost_with_its_reason() -> None:
    where = scope()
    shape = Shape((Row("a", "a"),), hidden={"b": "no field for it"})
    shape.encode({"a": 1, "b": 2, "c": 3, "d": None}, where)
    assert [(note.canonical, note.reason) for note in where.notes.of(Fate.LOST)] == [
        ("/b", "no field for it"),
        ("/c", "no field in this dialect"),
    ]


def test_items_of_a_list_share_one_note() -> None:
    where = scope()
    Each(Shape((Row("a", "a"),))).encode([{"a": 1, "b": 2}, {"a": 1, "b": 3}], where)
    assert [note.canonical for note in where.notes.all()] == ["/*/b"]


def test_a_fold_gets_and_gives_only_what_is_there() -> None:
    fold = Fold(("s", "l"), ("value",), lambda wire, _: {"value": wire.get("s", wire.get("l"))}, lambda doc, _: {"s": doc.get("value")})
    shape = Shape((fold,))
    assert shape.decode({"l": "x"}, scope()) == {"value": "x"}
    assert shape.decode({}, scope()) == {}
    assert shape.encode({"value": 1}, scope()) == {"s": 1}


def test_a_constant_is_written_and_claimed() -> None:
    shape = Shape((Const("type", "gateway"), Row("a", "a")))
    assert shape.encode({"a": 1}, scope()) == {"type": "gateway", "a": 1}
    assert shape.decode({"type": "other", "a": 1}, scope()) == {"a": 1}


def test_fields_stand_on_the_wire_in_the_order_of_the_rows() -> None:
    shape = Shape((Row("z", "z"), Row("a", "a"), Row("m", "m")))
    assert list(shape.encode({"a": 1, "m": 2, "z": 3}, scope())) == ["z", "a", "m"]


@given(JSON)
def test_wrapping_is_undone_exactly(value: Any) -> None:
    codec = Wrapped("input")
    wire = codec.encode(value, scope())
    assert isinstance(wire, dict)
    assert codec.decode(wire, scope()) == value


@given(OBJECTS)
def test_every_object_survives_as_the_wire_gave_it(value: dict[str, Any]) -> None:
    codec = Wrapped("input")
    assert codec.encode(codec.decode(value, scope()), scope()) == value


@given(OBJECTS)
def test_every_field_is_claimed_kept_aside_or_both_directions_lose_nothing(wire: dict[str, Any]) -> None:
    shape = Shape((Row("name", "title"), Row("nested/value", "value")), echo=True)
    assert shape.encode(shape.decode(wire, scope()), scope()) == wire


def test_an_unknown_word_becomes_unknown_and_is_noted() -> None:
    words = Vocabulary({"ok": RunStatus.SUCCEEDED, "bad": RunStatus.FAILED}, unknown=RunStatus.UNKNOWN)
    where = scope()
    assert words.decode("odd", where) == "unknown"
    assert where.notes.of(Fate.COERCED)
    assert [words.decode(word, scope()) for word in ("ok", "bad")] == ["succeeded", "failed"]


def test_a_closed_vocabulary_refuses_other_words() -> None:
    with pytest.raises(CrosswalkError) as refused:
        Vocabulary({"CODE": AnnotatorKind.CODE}).decode("code", scope())
    assert refused.value.reason is Reason.VALIDATION


@given(st.datetimes(timezones=st.just(__import__("datetime").UTC)))
def test_times_come_back_to_the_microsecond(moment: Any) -> None:
    for codec in (Time("Z", 6), Time("+00:00", None)):
        assert codec.decode(codec.encode(moment, scope()), scope()) == moment


@given(st.integers(1, 2**48 - 1), st.sampled_from(list(Kind)))
def test_hex_ids_are_reversible_and_know_their_kind(number: int, kind: Kind) -> None:
    where = scope()
    canonical = where.ids.make(kind, number)
    for codec in (HexId(kind), HexId(kind, dashes=True)):
        assert codec.decode(codec.encode(canonical, where), where) == canonical
    other = next(k for k in Kind if k is not kind)
    with pytest.raises(CrosswalkError) as refused:
        HexId(other).decode(canonical, where)
    assert refused.value.reason is Reason.WRONG_KIND


def test_small_codecs() -> None:
    assert scaled(100).encode(0.45, scope()) == 45
    assert scaled(100).decode(45, scope()) == 0.45
    assert keyed("evaluator").decode("a", scope()) == {"evaluator": "a"}


def test_paths_make_objects_and_lists_on_the_way() -> None:
    document: dict[str, Any] = {"a": None}
    put(document, ("a", "0", "b"), 1)
    put(document, ("a", "1", "b"), 2)
    assert document == {"a": [{"b": 1}, {"b": 2}]}
    assert pick(document, ("a", "1", "b")) == 2
    assert pick(document, ("a", "2", "b")) is ABSENT
    assert unclaimed({"a": [{"b": 1, "c": 2}]}, {"a": {"0": {"b": {}}}}) == {"a": {"0": {"c": 2}}}
    merge(document, {"a": 3})
    assert document == {"a": 3}
