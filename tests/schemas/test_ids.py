"""Ids say what they are, survive every spelling, and never meet across stores."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import MAX_NUMBER, Identity, Ids, Kind, dashed

NUMBERS = st.integers(1, MAX_NUMBER)
SALTS = st.integers(0, 2**48 - 1)
KINDS = st.sampled_from(list(Kind))


@given(SALTS, st.integers(0, 2**14 - 1), KINDS, NUMBERS)
def test_an_id_is_read_as_it_was_made(salt: int, space: int, kind: Kind, number: int) -> None:
    ids = Ids(salt, space)
    made = ids.make(kind, number)
    for spelling in (made, made.upper(), dashed(made), str(UUID(made))):
        assert ids.parse(spelling) == Identity(kind, number, space)
        assert ids.number(spelling, kind) == number


@given(SALTS, KINDS, NUMBERS)
def test_an_id_is_a_uuid_of_version_8(salt: int, kind: Kind, number: int) -> None:
    made = UUID(Ids(salt).make(kind, number))
    assert made.version == 8
    assert made.variant == "specified in RFC 4122"


@given(SALTS, SALTS, KINDS, NUMBERS)
def test_another_store_does_not_know_it(one: int, other: int, kind: Kind, number: int) -> None:
    assert (Ids(other).parse(Ids(one).make(kind, number)) is None) == (one != other)


@given(KINDS, st.integers(1, MAX_NUMBER - 1))
def test_ids_grow_with_their_numbers(kind: Kind, number: int) -> None:
    ids = Ids(5)
    assert ids.make(kind, number) < ids.make(kind, number + 1)


@given(st.text())
def test_any_other_text_is_no_id(text: str) -> None:
    assert Ids(1).parse(text) is None


def test_the_numbers_of_kinds_are_fixed() -> None:
    assert {kind.name: kind.value for kind in list(Kind)[:6]} == {
        "DATASET": 1,
        "DATASET_VERSION": 2,
        "EXAMPLE": 3,
        "EXPERIMENT": 4,
        "RUN": 5,
        "SCORE": 6,
    }
