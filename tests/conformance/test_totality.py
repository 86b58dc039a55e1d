"""Every field, word and code has a row or a written excuse."""

from typing import Any

import pytest
from pydantic import BaseModel

from adapters.base import Adapter, Route
from adapters.codecs import Vocabulary
from adapters.mapping import Shape
from adapters.registry import discover
from schemas.errors import Code
from schemas.operations import SPECS
from tests.conformance.examples import examples, shapes

_ROUTES = [pytest.param(a, r, id=f"{a.name}-{r.method}-{r.path}") for a in discover().values() for r in a.routes]
_DIALECTS = [pytest.param(a, id=a.name) for a in discover().values()]


@pytest.mark.parametrize(("adapter", "route"), _ROUTES)
def test_every_wire_field_of_a_request_is_claimed(adapter: Adapter, route: Route) -> None:
    if isinstance(route.request, Shape) and route.body is not None:
        assert _names(route.body) <= _claimed_wire(route.request) | _claimed_by_args(route)


@pytest.mark.parametrize(("adapter", "route"), _ROUTES)
def test_every_query_and_path_parameter_is_claimed(adapter: Adapter, route: Route) -> None:
    if route.query is not None:
        assert _names(route.query) <= _claimed_wire(route.args) | {"page", "page_size"}


@pytest.mark.parametrize(("adapter", "route"), _ROUTES)
def test_every_canonical_field_of_a_request_is_said_or_excused(adapter: Adapter, route: Route) -> None:
    body = SPECS[route.op].body
    if isinstance(route.request, Shape) and body is not None:
        missing = set(body.model_fields) - _claimed_canonical(route.request) - set(route.request.hidden) - {"extensions"}
        assert not missing, f"no row and no excuse: {sorted(missing)}"


@pytest.mark.parametrize(("adapter", "route"), _ROUTES)
def test_every_canonical_field_of_a_reply_is_shown_or_excused(adapter: Adapter, route: Route) -> None:
    spec = SPECS[route.op]
    model = spec.item or spec.reply
    first = next(shapes(route.reply), None)
    if first is not None and route.plan is None and route.present is None:
        missing = set(model.model_fields) - _claimed_canonical(first) - set(first.hidden) - {"extensions"}
        assert not missing, f"no row and no excuse: {sorted(missing)}"


@pytest.mark.parametrize("adapter", _DIALECTS)
def test_every_code_has_a_status(adapter: Adapter) -> None:
    assert set(adapter.statuses) == set(Code)


@pytest.mark.parametrize("adapter", _DIALECTS)
def test_every_word_of_a_vocabulary_has_a_translation(adapter: Adapter) -> None:
    for name, vocabulary in adapter.vocabularies.items():
        assert isinstance(vocabulary, Vocabulary)
        said = {*vocabulary.words.values(), *(vocabulary.otherwise or {})}
        members: Any = type(next(iter(said)))
        assert said >= set(members) - {members.__members__.get("UNKNOWN")}, f"{name} lacks a word"


@pytest.mark.parametrize("adapter", _DIALECTS)
def test_every_route_says_what_it_does_and_how_that_is_known(adapter: Adapter) -> None:
    for route in adapter.routes:
        assert route.summary, route.path
        assert route.evidence or adapter.prefix, route.path


@pytest.mark.parametrize("adapter", _DIALECTS)
def test_a_dialect_ships_examples(adapter: Adapter) -> None:
    assert adapter.prefix or any(example.adapter.name == adapter.name for example in examples())


def _names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _claimed_by_args(route: Route) -> set[str]:
    return _claimed_wire(route.body_args) if isinstance(route.body_args, Shape) else set()


def _claimed_wire(shape: Shape) -> set[str]:
    return {path[0] for row in shape.rows for path in row.claims_wire} | set(shape.ignored)


def _claimed_canonical(shape: Shape) -> set[str]:
    return {path[0] for row in shape.rows for path in row.claims_canonical}
