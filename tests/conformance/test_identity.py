"""Within one dialect, decoding and encoding again gives what came."""

import pytest

from adapters.base import split
from adapters.mapping import SAME, Shape
from tests.conformance.examples import Example, examples, scope_of


@pytest.mark.parametrize("example", [e for e in examples("request") if not e.older], ids=str)
def test_a_request_comes_back_as_it_was(example: Example) -> None:
    scope = scope_of(example.adapter)
    shape = example.route.request or SAME
    ignored = shape.ignored if isinstance(shape, Shape) else {}
    body = {name: value for name, value in split(example.body, example.route.body_args or SAME)[1].items() if name not in ignored}
    assert shape.encode(shape.decode(body, scope), scope) == body


@pytest.mark.parametrize("example", [e for e in examples("request") if e.older], ids=str)
def test_an_older_spelling_means_the_same_as_the_current_one(example: Example) -> None:
    scope = scope_of(example.adapter)
    shape = example.route.request or SAME
    once = shape.decode(split(example.body, example.route.body_args or SAME)[1], scope)
    assert shape.decode(shape.encode(once, scope), scope) == once


@pytest.mark.parametrize("example", [e for e in examples("reply") if not e.one_way], ids=str)
def test_a_reply_comes_back_as_it_was(example: Example) -> None:
    scope, route = scope_of(example.adapter), example.route
    canonical = route.reply.decode(route.wrap.decode(example.body, scope), scope)
    assert route.wrap.encode(route.reply.encode(canonical, scope), scope) == example.body


def test_every_example_says_where_it_comes_from() -> None:
    assert all(example.source for example in examples())
