"""Records that carry no id of their example are put to the examples of equal input."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.remote.outbox_places import joined


def example(number: int, value: Any, reference: Any = None) -> dict[str, Any]:
    return {"id": f"e{number}", "position": number, "input": value, "reference": reference}


def record(number: int, value: Any, reference: Any = None) -> dict[str, Any]:
    return {"id": f"t{number}", "created_at": datetime(2026, 1, 1, 0, 0, number, tzinfo=UTC), "input": value, "reference": reference}


def paired(*arguments: Any) -> list[tuple[str, str | None]]:
    places, _ = joined(*arguments)
    return [(place.example["id"], place.record["id"] if place.record else None) for place in places]


def test_the_kth_example_of_an_input_gets_its_kth_record() -> None:
    examples = [example(0, {"a": 1, "b": 2}), example(1, "x"), example(2, {"b": 2, "a": 1.0})]
    records = [record(5, "x"), record(4, {"a": 1, "b": 2}), record(3, {"b": 2, "a": 1})]
    assert paired(examples, records, {}) == [("e0", "t3"), ("e1", "t5"), ("e2", "t4")]


def test_an_equal_reference_decides_between_equal_inputs() -> None:
    examples = [example(0, "x", "one"), example(1, "x", "two")]
    assert paired(examples, [record(1, "x", "two")], {}) == [("e0", None), ("e1", "t1")]
    assert paired(examples, [record(1, "x", "two"), record(2, "x", "one")], {}) == [("e0", "t2"), ("e1", "t1")]


def test_what_is_known_stays() -> None:
    examples = [example(0, "x"), example(1, "x")]
    records = [record(1, "x"), record(2, "x")]
    assert paired(examples, records, {"e0": "t2"}) == [("e0", "t2"), ("e1", "t1")]


def test_a_record_of_no_example_is_told() -> None:
    places, loose = joined([example(0, "x")], [record(1, "y")], {})
    assert (places[0].record, [item["id"] for item in loose]) == (None, ["t1"])


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)))
def test_nothing_is_used_twice_or_lost(inputs: list[int], outputs: list[int]) -> None:
    examples = [example(number, value) for number, value in enumerate(inputs)]
    records = [record(number % 60, value) | {"id": f"t{number}"} for number, value in enumerate(outputs)]
    places, loose = joined(examples, records, {})
    used = [place.record["id"] for place in places if place.record]
    assert sorted([*used, *(item["id"] for item in loose)]) == sorted(item["id"] for item in records)
    assert len(used) == sum(min(inputs.count(value), outputs.count(value)) for value in set(inputs))
    assert all(place.record is None or place.record["input"] == place.example["input"] for place in places)
