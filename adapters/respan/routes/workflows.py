"""Workflows (evaluation pipelines among them): families, versions, commits, deployments, validation."""

from typing import Any

from adapters.base import Route
from adapters.codecs import Function
from adapters.mapping import Row, Shape
from adapters.respan.quirks import workflows as quirks
from adapters.respan.quirks.pages import page
from adapters.respan.quirks.pipelines import KIND
from adapters.respan.routes.experiments import PLACE
from adapters.respan.tables import workflows as tables
from adapters.respan.wire import common
from adapters.respan.wire import workflows as wire
from schemas.operations import Op

_ROOT = "/api/workflows/"
_ONE = _ROOT + "{workflow_id}/"
_VERSIONS = _ONE + "versions/"
_VERSION = _VERSIONS + "{version:int}/"
_CURRENT = "documented; client code 0.1.47"

_KEY = Row("workflow_id", "key")
# Ten digits are more versions than anybody has; the rest of a longer number would only make it unreadable.
_NUMBER = Row("version", "version", Function(lambda text: int(text[:10]), str))
_SORTED = Row("sort_by", "sort", tables.SORT)
_FAMILY = Shape((_KEY,), ignored=dict.fromkeys(("is_exporting", "is_including_secrets"), "changes the answer"), keep=False)
_NUMBERED = Shape((_KEY, _NUMBER), keep=False)
_LIST = Shape((PLACE, _SORTED, tables.NARROWED), ignored={"is_including_public_workflows": "there are no public ones"}, keep=False)
_LIST_VERSIONS = Shape((_KEY, PLACE, _SORTED), keep=False)

_COMMON: dict[str, Any] = {"calls": False, "evidence": _CURRENT}
_ONE_KIND: dict[str, Any] = {**_COMMON, "fixed": {"kind": KIND}}
_LISTED: dict[str, Any] = {
    **_ONE_KIND,
    "args": _LIST,
    "query": wire.WorkflowsQuery,
    "plan": quirks.listed,
    "reply": tables.PAGE,
    "present": page,
    "answer": common.PageReply,
}
_SHOWN: dict[str, Any] = {**_ONE_KIND, "reply": tables.VERSION, "answer": wire.WorkflowReply}
_CHANGE: dict[str, Any] = {"body": wire.WorkflowBody, "body_required": False, "request": tables.BODY, **_SHOWN}

ROUTES = (
    Route(
        Op.PUT_DOCUMENT,
        "POST",
        _ROOT,
        body=wire.NewWorkflowBody,
        body_required=False,
        request=tables.BODY,
        plan=quirks.create,
        ok=201,
        summary="Keep a workflow with an editable draft",
        **_SHOWN,
    ),
    Route(Op.LIST_DOCUMENTS, "GET", _ROOT, summary="A page of workflows", **_LISTED),
    Route(
        Op.LIST_DOCUMENTS,
        "POST",
        _ROOT + "list/",
        body=common.FilterBody,
        body_required=False,
        body_args=tables.FILTERS,
        summary="A page of the workflows that meet the filters",
        **_LISTED,
    ),
    Route(
        Op.GET_DOCUMENT,
        "GET",
        _ONE,
        args=_FAMILY,
        query=wire.OneQuery,
        plan=quirks.one,
        present=quirks.shown,
        reply=tables.VERSION,
        answer=wire.WorkflowReply | wire.ExportReply,
        summary="A workflow's draft, or its latest version, or its export",
        **_ONE_KIND,
    ),
    Route(Op.UPDATE_DOCUMENT, "PATCH", _ONE, args=_FAMILY, plan=quirks.update, summary="Change a workflow and its draft", **_CHANGE),
    Route(Op.DELETE_DOCUMENT, "DELETE", _ONE, args=_FAMILY, plan=quirks.delete, ok=204, summary="Delete a workflow", **_ONE_KIND),
    Route(
        Op.LIST_DOCUMENTS,
        "GET",
        _VERSIONS,
        args=_LIST_VERSIONS,
        fixed={"kind": KIND, "versions": True},
        query=common.PageQuery,
        plan=quirks.versions_page,
        reply=tables.VERSIONS_PAGE,
        present=page,
        answer=common.PageReply,
        summary="A page of a workflow's versions, newest first",
        **_COMMON,
    ),
    Route(
        Op.PUT_DOCUMENT,
        "POST",
        _VERSIONS,
        args=_FAMILY,
        body=wire.NewWorkflowBody,
        body_required=False,
        request=tables.BODY,
        plan=quirks.new_version,
        ok=201,
        summary="Open another draft",
        **_SHOWN,
    ),
    Route(Op.GET_DOCUMENT, "GET", _VERSION, args=_NUMBERED, plan=quirks.one_version, summary="One version of a workflow", **_SHOWN),
    Route(Op.UPDATE_DOCUMENT, "PATCH", _VERSION, args=_NUMBERED, plan=quirks.update_version, summary="Change a draft", **_CHANGE),
    Route(
        Op.UPDATE_DOCUMENT,
        "POST",
        _ONE + "commits/",
        args=_FAMILY,
        body=wire.CommitBody,
        body_required=False,
        request=tables.BODY,
        plan=quirks.commit,
        summary="Commit the latest draft",
        **_SHOWN,
    ),
    Route(
        Op.UPDATE_DOCUMENT,
        "POST",
        _ONE + "deployments/",
        args=_FAMILY,
        body=wire.DeployBody,
        body_required=False,
        request=tables.BODY,
        plan=quirks.deploy,
        reply=tables.DEPLOYMENT,
        answer=wire.DeploymentReply,
        summary="Deploy a committed version",
        **_ONE_KIND,
    ),
    Route(
        Op.DELETE_DOCUMENT,
        "DELETE",
        _ONE + "deployments/",
        args=_FAMILY,
        plan=quirks.undeploy,
        ok=204,
        summary="Deploy no version",
        **_ONE_KIND,
    ),
    Route(
        Op.GET_DOCUMENT,
        "POST",
        _ONE + "validations/",
        args=_FAMILY,
        plan=quirks.validate,
        answer=wire.ValidationReply,
        summary="Check the latest draft without running it",
        **_ONE_KIND,
    ),
)
