"""Every error can be said in every dialect, in the dialect's own shape, with the status its table names."""

import json

import pytest

from adapters.base import Adapter
from adapters.registry import discover
from schemas.errors import Code, CrosswalkError, Issue, Reason
from schemas.ids import Kind
from tests.conformance.examples import scope_of

_DIALECTS = [pytest.param(a, id=a.name) for a in discover().values()]


@pytest.mark.parametrize("code", list(Code))
@pytest.mark.parametrize("adapter", _DIALECTS)
def test_every_code_renders(adapter: Adapter, code: Code) -> None:
    response = adapter.render_error(CrosswalkError(code, "the reason", retry_after=1.5, allow=("GET",)), None, None, scope_of(adapter))
    assert response.status == adapter.statuses[code] >= 400
    assert response.body
    if response.media_type and "json" in response.media_type:
        assert json.loads(response.body)


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("adapter", _DIALECTS)
def test_every_reason_renders(adapter: Adapter, reason: Reason) -> None:
    issue = Issue(("body", "name"), "is wrong", input={"a": 1})
    for kind in Kind:
        error = CrosswalkError(Code.INVALID_REQUEST, "the reason", reason, kind, "some-id", (issue,))
        assert adapter.render_error(error, None, None, scope_of(adapter)).status >= 400


@pytest.mark.parametrize("adapter", _DIALECTS)
def test_retry_after_is_whole_seconds(adapter: Adapter) -> None:
    response = adapter.render_error(CrosswalkError(Code.RATE_LIMITED, "slow down", retry_after=1.2), None, None, scope_of(adapter))
    assert response.headers["Retry-After"] in ("1", "2")
