"""Reading JSON bodies as the server reads them."""

import math
from dataclasses import replace

from adapters.body import read_json
from adapters.http import Request
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Issue, Reason
from schemas.json import Json


def read_body(request: Request, scope: Scope) -> Json:
    """The JSON value of a body: duplicate keys, a byte-order mark, NaN and Infinity (null) are accepted.

    With another content type, or none, the body counts as a string, which validation then refuses. Raises `CrosswalkError` as `read_json` does.
    """
    if not request.body:
        raise _missing()
    if not _is_json(request.headers.get("content-type", "")):
        return request.body.decode("utf-8", "replace")
    return read_json(request.body, allow_nan=True, allow_duplicates=True)


def read_2025(request: Request, scope: Scope) -> Json:
    """As `read_body`, as server 11.38.0 read it: what comes without a content type is JSON, and `null` is no body."""
    if "content-type" not in request.headers:
        request = replace(request, headers={**request.headers, "content-type": "application/json"})
    content = read_body(request, scope)
    if content is None:
        raise _missing()
    return content


def _missing() -> CrosswalkError:
    issue = Issue(("body",), "Field required", "missing")
    return CrosswalkError(Code.INVALID_REQUEST, "The body is missing.", Reason.VALIDATION, issues=(issue,))


def read_evaluation(request: Request, scope: Scope) -> Json:
    """As `read_body`, but an infinite score stays one, so that validation refuses it: no JSON could show it again."""
    content = read_body(request, scope)
    if _score(content) is None:
        exact = read_json(request.body, allow_duplicates=True, non_finite=_infinite) if isinstance(content, dict) else None
        score = _score(exact)
        if isinstance(score, float) and math.isinf(score):
            content["result"]["score"] = score
    return content


def _score(content: Json) -> Json:
    """`result.score`; 0 where there is no such place."""
    result = content.get("result") if isinstance(content, dict) else None
    return result.get("score", 0) if isinstance(result, dict) else 0


def _infinite(word: str) -> float | None:
    return None if word == "NaN" else float(word)


def _is_json(content_type: str) -> bool:
    kind, _, subtype = content_type.partition(";")[0].strip().lower().partition("/")
    return kind == "application" and (subtype == "json" or subtype.endswith("+json"))
