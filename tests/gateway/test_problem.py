"""Problem documents cover every code."""

import pytest

from gateway import context
from gateway.problem import render
from schemas.errors import Code
from schemas.statuses import STATUSES


@pytest.mark.parametrize("code", Code)
def test_every_code_has_a_status(code: Code) -> None:
    scope: dict[str, object] = {}
    context.put(scope, context.Context("r"))
    answer = render(scope, code, "m")
    assert answer.status == STATUSES[code] >= 400
    assert dict(answer.headers)[b"content-length"] == str(len(answer.body)).encode()
