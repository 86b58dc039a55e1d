"""Errors: most are bare text, validation is JSON. The texts are the server's own, by operation, cause and kind of record."""

import json
from collections.abc import Mapping
from typing import Any

from adapters.base import Route
from adapters.errors import read_plainly
from adapters.http import Request, Response, json_response, text_response
from adapters.phoenix.quirks import uploads
from adapters.phoenix.quirks.ids import TYPE_NAMES, IdsInText, refers_to, write_node
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Issue, Reason
from schemas.ids import Kind
from schemas.json import Json
from schemas.operations import Op

_BY_IDENTIFIER = (
    *(Op.CREATE_SPLIT, Op.LIST_SPLITS, Op.UPDATE_SPLIT, Op.DELETE_SPLIT),
    *(Op.PUT_DOCUMENT, Op.LIST_DOCUMENTS, Op.DELETE_DOCUMENT),
)
"""What is asked of a dataset that may be given by its name."""

_BAD, _TYPE, _GONE = Reason.MALFORMED_ID, Reason.WRONG_KIND, Reason.UNKNOWN_RECORD

_SUBMITTED = "This experiment run has already been submitted"
Cause = tuple[Op | None, Reason, Kind | None]
"""Where, why, about what: None stands for anywhere and for whatever kind."""

TEXTS: Mapping[Cause, tuple[int, str]] = {
    (None, _BAD, Kind.DATASET): (422, "Invalid dataset ID format: {id}"),
    (None, _TYPE, Kind.DATASET): (404, "Dataset with ID {id} does not exist"),
    (None, _GONE, Kind.DATASET): (404, "Dataset with ID {id} does not exist"),
    (None, _BAD, Kind.DATASET_VERSION): (422, "Invalid dataset version ID format: {id}"),
    (None, _TYPE, Kind.DATASET_VERSION): (404, "DatasetVersion with ID {id} does not exist"),
    (None, _GONE, Kind.DATASET_VERSION): (404, "DatasetVersion with ID {id} does not exist"),
    (None, _BAD, Kind.EXPERIMENT): (422, "Invalid experiment ID format: {id}"),
    (None, _TYPE, Kind.EXPERIMENT): (404, "Experiment with ID {id} does not exist"),
    (None, _GONE, Kind.EXPERIMENT): (404, "Experiment with ID {id} does not exist"),
    (None, _BAD, Kind.EXAMPLE): (422, "Invalid dataset example ID format: {id}"),
    (None, _TYPE, Kind.EXAMPLE): (404, "DatasetExample with ID {id} does not exist"),
    (None, _GONE, Kind.EXAMPLE): (404, "DatasetExample with ID {id} does not exist"),
    (None, _BAD, Kind.RUN): (422, "Invalid experiment run ID format: {id}"),
    (None, _TYPE, Kind.RUN): (404, "ExperimentRun with ID {id} does not exist"),
    (None, _GONE, Kind.RUN): (404, "ExperimentRun with ID {id} does not exist"),
    (None, _BAD, Kind.SPLIT): (422, "Invalid split identifier"),
    (None, _GONE, Kind.SPLIT): (404, "Dataset splits not found: {reference}"),
    (None, Reason.BAD_CURSOR, None): (422, "Invalid cursor format: {reference}"),
    (None, Reason.NOTHING_TO_CHANGE, None): (422, "No fields to update"),
    (Op.DELETE_EXPERIMENT, _GONE, Kind.EXPERIMENT): (404, "Experiment does not exist"),
    (Op.ADD_RUN, Reason.DUPLICATE, Kind.RUN): (
        409,
        "Experiment run {reference} already exists with a successful result and cannot be updated",
    ),
    (Op.EXPORT, _TYPE, Kind.EXPERIMENT): (422, "Invalid experiment ID: {id}"),
    (Op.EXPORT, _GONE, Kind.EXPERIMENT): (404, "Experiment not found"),
    (Op.EXPORT, Reason.EMPTY, None): (404, "Experiment has no runs"),
    **{
        (op, cause, Kind.EXPERIMENT): (422, "Invalid experiment ID: {id}")
        for op in (Op.SET_TAG, Op.LIST_TAGS, Op.DELETE_TAG)
        for cause in (_BAD, _TYPE)
    },
    **{(op, _GONE, Kind.EXPERIMENT): (404, "Experiment not found") for op in (Op.SET_TAG, Op.LIST_TAGS, Op.DELETE_TAG)},
    (Op.DELETE_TAG, _BAD, Kind.TAG): (422, "Invalid tag identifier: {id}"),
    (Op.CREATE_DATASET, Reason.DUPLICATE, Kind.DATASET): (409, 'A dataset named "{name}" already exists.'),
    (Op.GET_DATASET, _TYPE, Kind.DATASET): (404, "ID {id} refers to a f{type}"),
    (Op.GET_DATASET, _GONE, Kind.DATASET): (404, "Dataset with ID {id} not found"),
    (Op.LIST_EXAMPLES, _TYPE, Kind.DATASET): (404, "ID {id} refers to a {type}"),
    (Op.LIST_EXAMPLES, _GONE, Kind.DATASET): (404, "No dataset with id {id} can be found."),
    (Op.LIST_EXAMPLES, _TYPE, Kind.DATASET_VERSION): (404, "ID {id} refers to a {type}"),
    (Op.LIST_EXAMPLES, _GONE, Kind.DATASET_VERSION): (404, "No dataset version with id {id} can be found."),
    **{
        (op, cause, Kind.DATASET): (422, "Invalid Dataset ID: {id}")
        for op in (Op.LIST_DATASET_VERSIONS, Op.DELETE_DATASET)
        for cause in (_BAD, _TYPE)
    },
    (Op.DELETE_DATASET, _GONE, Kind.DATASET): (404, "Dataset does not exist"),
    (Op.CREATE_DATASET, Reason.EMPTY, None): (400, "Missing content-type header"),
    (Op.LIST_INCOMPLETE_SCORES, Reason.EMPTY, None): (400, "At least one evaluation_name must be provided"),
    (Op.LIST_INCOMPLETE_SCORES, Reason.VALIDATION, None): (400, "Invalid evaluation name: null bytes are not allowed"),
    (None, _GONE, Kind.PROJECT): (404, "Project with {named} {id} not found"),
    (Op.UPDATE_PROJECT, Reason.RESERVED, Kind.PROJECT): (403, "The default project cannot be changed"),
    (Op.DELETE_PROJECT, Reason.RESERVED, Kind.PROJECT): (403, "The default project cannot be deleted"),
    **{(op, _GONE, Kind.DATASET): (404, "Dataset with {named} {id} not found") for op in _BY_IDENTIFIER},
    **{
        (op, cause, Kind.SPLIT): (422, "Invalid dataset split ID: {id}")
        for op in (Op.UPDATE_SPLIT, Op.DELETE_SPLIT)
        for cause in (_BAD, _TYPE)
    },
    **{(op, _GONE, Kind.SPLIT): (404, "Dataset split with ID {id} not found") for op in (Op.UPDATE_SPLIT, Op.DELETE_SPLIT)},
    **{
        (op, _GONE, Kind.EXAMPLE): (404, "Dataset examples not found in this dataset: {references}")
        for op in (Op.CREATE_SPLIT, Op.UPDATE_SPLIT)
    },
    (Op.CREATE_SPLIT, Reason.DUPLICATE, Kind.SPLIT): (409, "A dataset split named '{reference}' already exists"),
    (Op.UPDATE_SPLIT, Reason.DUPLICATE, Kind.SPLIT): (409, "A dataset split with this name already exists"),
    (None, _BAD, Kind.LABEL): (422, "Invalid dataset label ID: {id}"),
    (None, _GONE, Kind.LABEL): (404, "Dataset label not found"),
    (None, Reason.DUPLICATE, Kind.LABEL): (409, "A dataset label named '{reference}' already exists"),
    (None, Reason.BAD_CURSOR, Kind.LABEL): (422, "Invalid cursor: {reference}"),
}

_UNFILLED: Mapping[Cause, tuple[int, str]] = {
    **TEXTS,
    (Op.CREATE_EXPERIMENT, _TYPE, Kind.DATASET): (404, "Dataset with ID {{dataset_globalid}} does not exist"),
}
"""Some texts of older servers name a variable that nobody filled in."""

_2025: Mapping[Cause, tuple[int, str]] = {
    **_UNFILLED,
    (None, _BAD, Kind.DATASET_VERSION): (404, "DatasetVersion with ID {id} does not exist"),
    (Op.GET_EXPERIMENT, _TYPE, Kind.EXPERIMENT): (404, "Experiment with ID {{experiment_globalid}} does not exist"),
    (Op.ADD_RUN, Reason.DUPLICATE, Kind.RUN): (409, _SUBMITTED),
    (Op.CREATE_DATASET, Reason.DUPLICATE, Kind.DATASET): (409, "Dataset with the same name already exists: name='{name}'"),
}
BY_CODE: Mapping[Code, str] = {
    Code.UNREADABLE_BODY: "There was an error parsing the body",
    Code.UNAUTHENTICATED: "Invalid token",
    Code.FORBIDDEN: "Viewers cannot perform this action.",
    Code.NO_ROUTE: "Not Found",
    Code.METHOD_NOT_ALLOWED: "Method Not Allowed",
    Code.INTERNAL: "Internal Server Error",
}

_READING = ("GET", "HEAD")
SENT_AS = {
    Kind.DATASET: ("dataset_id", "dataset_identifier"),
    Kind.EXPERIMENT: ("experiment_id",),
    Kind.DATASET_VERSION: ("version_id",),
    Kind.EXAMPLE: ("dataset_example_id",),
    Kind.RUN: ("experiment_run_id",),
    Kind.TAG: ("tag_identifier",),
    Kind.PROJECT: ("project_identifier",),
    Kind.SPLIT: ("split_id",),
    Kind.LABEL: ("label_id",),
}
"""The names under which the id of each kind of record is sent, in path, query or body."""


def render_error(error: CrosswalkError, request: Request | None, route: Route | None, scope: Scope) -> Response:
    """The answer the server gives for an error, in one of its two shapes."""
    return _rendered(TEXTS, error, request, route, scope)


def render_unfilled(error: CrosswalkError, request: Request | None, route: Route | None, scope: Scope) -> Response:
    """As `render_error`, with the texts of servers up to 20.3.0."""
    return _rendered(_UNFILLED, error, request, route, scope)


def render_2025(error: CrosswalkError, request: Request | None, route: Route | None, scope: Scope) -> Response:
    """As `render_error`, with the texts of servers before 12.9.0."""
    return _rendered(_2025, error, request, route, scope)


def _rendered(
    texts: Mapping[Cause, tuple[int, str]], error: CrosswalkError, request: Request | None, route: Route | None, scope: Scope
) -> Response:
    from adapters.phoenix.tables.common import STATUS_CODES

    if error.reason is Reason.VALIDATION and error.issues:
        return json_response(STATUS_CODES[error.code], {"detail": [_detail(issue) for issue in error.issues]}, _headers(error))
    if error.code is Code.NO_ROUTE and request is not None and request.method not in _READING:
        # Whatever the server does not know it takes for a page of its web interface, which can only be read.
        return text_response(405, BY_CODE[Code.METHOD_NOT_ALLOWED], {"Allow": ""})
    said = _text(texts, error, route)
    if said is None:
        return text_response(STATUS_CODES[error.code], _fallback(error), _headers(error))
    status, template = said
    return text_response(status, template.format_map(_Words(error, request, scope)), _headers(error))


def statuses(op: Op) -> set[int]:
    """The statuses of the texts that an operation's errors may get."""
    return {status for (where, _, _), (status, _) in TEXTS.items() if where in (None, op)}


def _text(texts: Mapping[Cause, tuple[int, str]], error: CrosswalkError, route: Route | None) -> tuple[int, str] | None:
    if error.reason is None:
        return None
    op = route.op if route else None
    reason = error.reason
    if reason is Reason.WRONG_KIND and op in (Op.GET_DATASET, Op.LIST_EXAMPLES) and error.kind and error.reference:
        # The right type with a row that is no integer: the server crashes; it names nothing.
        reason = _GONE if refers_to(error.reference) == TYPE_NAMES.get(error.kind) else reason
    for cause in ((op, reason, error.kind), (op, reason, None), (None, reason, error.kind), (None, reason, None)):
        if cause in texts:
            return texts[cause]
    return None


def _fallback(error: CrosswalkError) -> str:
    return BY_CODE.get(error.code, error.message)


class _Words(dict[str, str]):
    """The words of a text, found when it names them."""

    def __init__(self, error: CrosswalkError, request: Request | None, scope: Scope) -> None:
        super().__init__()
        self._error, self._request, self._scope = error, request, scope

    def __missing__(self, name: str) -> str:
        return str(_WORDS[name](self))

    def id(self) -> str:
        """The id as it was sent, which need not be how the server would write it."""
        names = SENT_AS.get(self._error.kind, ()) if self._error.kind else ()
        return next((sent for name in names if (sent := self._sent(name)) is not None), self.reference())

    def reference(self) -> str:
        """The record the error names, as a node id when it is a canonical one."""
        reference = self._error.reference or ""
        identity = self._scope.ids.parse(reference)
        return reference if identity is None else write_node(TYPE_NAMES.get(identity.kind, ""), identity.number)

    def references(self) -> str:
        """Several records in one text, each as a node id when it is a canonical one."""
        return IdsInText().encode(self._error.reference or "", self._scope)

    def type(self) -> str:
        return refers_to(self.id())

    def named(self) -> str:
        return "ID" if refers_to(self.id()) == TYPE_NAMES[self._error.kind or Kind.PROJECT] else "name"

    def name(self) -> str:
        return self._sent("name") or (uploads.name_in_form(self._request) if self._request else "")

    def _sent(self, name: str) -> str | None:
        if self._request is None:
            return None
        if name in self._request.path_params:
            return self._request.path_params[name]
        given = self._request.values(name)
        return given[-1] if given else _in_body(self._request, name)


_WORDS: Mapping[str, Any] = {
    "id": _Words.id,
    "reference": _Words.reference,
    "references": _Words.references,
    "type": _Words.type,
    "named": _Words.named,
    "name": _Words.name,
}


def _in_body(request: Request, name: str) -> str | None:
    try:
        value = json.loads(request.body)[name]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return value if isinstance(value, str) else None


def _detail(issue: Issue) -> Json:
    """One entry of FastAPI's `detail`."""
    kind, message, context = issue.type, issue.message, dict(issue.context)
    if kind in ("model_type", "dict_type") and issue.path == ("body",):
        # FastAPI reads bodies by attribute, too, and words the refusal accordingly.
        kind, message, context = "model_attributes_type", "Input should be a valid dictionary or object to extract fields from", {}
    detail: dict[str, Json] = {"type": kind, "loc": list(_location(issue.path)), "msg": message, "input": issue.input}
    if context:
        detail["ctx"] = {name: {} if isinstance(value, Exception) else value for name, value in context.items()}
    return detail


def _location(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return path if path and path[0] in ("body", "query", "path") else ("body", *path)


def _headers(error: CrosswalkError) -> dict[str, str]:
    headers = {}
    if error.code is Code.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = 'Bearer realm="Arize Phoenix"'
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if error.allow:
        headers["Allow"] = ", ".join(error.allow)
    return headers


_WORDS_FOR_KINDS = (
    ("DatasetVersion", Kind.DATASET_VERSION),
    ("DatasetExample", Kind.EXAMPLE),
    ("ExperimentRun", Kind.RUN),
    ("Experiment run", Kind.RUN),
    ("Dataset examples", Kind.EXAMPLE),
    ("Dataset label", Kind.LABEL),
    ("Dataset split", Kind.SPLIT),
    ("dataset label", Kind.LABEL),
    ("dataset split", Kind.SPLIT),
    ("dataset version", Kind.DATASET_VERSION),
    ("Dataset", Kind.DATASET),
    ("dataset", Kind.DATASET),
    ("Experiment", Kind.EXPERIMENT),
    ("Project", Kind.PROJECT),
)


def _about(said: str) -> Kind | None:
    return next((kind for word, kind in _WORDS_FOR_KINDS if word in said), None)


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> CrosswalkError:
    """The canonical error in the server's answer: bare text mostly, `{"detail": [...]}` from validation, `Internal Server Error` from a crash."""
    error = read_plainly(status, headers, body)
    said = error.message
    if error.code is Code.NOT_FOUND and said == "Experiment has no runs":
        error.reason, error.kind = Reason.EMPTY, Kind.EXPERIMENT
    elif error.code is Code.NOT_FOUND:
        error.reason, error.kind = Reason.UNKNOWN_RECORD, _about(said)
    elif error.code is Code.CONFLICT:
        # What conflicts: a successful run that is there already, and names of datasets, splits and labels.
        error.reason, error.kind = Reason.DUPLICATE, Kind.RUN if said.startswith(_SUBMITTED) else _about(said)
    elif error.code is Code.INVALID_REQUEST and said.startswith("Invalid cursor format"):
        error.reason = Reason.BAD_CURSOR
    return error
