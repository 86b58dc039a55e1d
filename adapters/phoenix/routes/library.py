"""Traces, projects and the fixed pages: what a client touches around its datasets and experiments."""

from adapters.base import Plain, Route
from adapters.mapping import SAME
from adapters.phoenix.quirks import pages
from adapters.phoenix.routes.base import DATA, EMPTY_JSON, TESTED, page_of
from adapters.phoenix.tables.library import NEW_PROJECT, PROJECT, PROJECT_ARGS, PROJECT_PATCH, PROJECTS_ARGS
from adapters.phoenix.wire import base as base_wire
from adapters.phoenix.wire import library as library_wire
from schemas.ids import Kind
from schemas.operations import Op

ROUTES = (
    Route(
        Op.ADD_SPANS,
        "POST",
        "/v1/traces",
        read=pages.read_spans,
        request=SAME,
        present=pages.spans_taken,
        described=pages.PROTOBUF,
        calls=False,
        evidence=TESTED,
        summary="Take spans of tasks and evaluators (OTLP protobuf)",
    ),
    Route(
        Op.LIST_PROJECTS,
        "GET",
        "/v1/projects",
        args=PROJECTS_ARGS,
        query=library_wire.ProjectsPaging,
        reply=page_of(PROJECT, Kind.PROJECT),
        answer=base_wire.PageOf[library_wire.Project],
        evidence=TESTED,
        summary="Trace projects, newest first; those of experiments only when asked for",
    ),
    Route(
        Op.GET_PROJECT,
        "GET",
        "/v1/projects/{project_identifier}",
        args=PROJECT_ARGS,
        reply=PROJECT,
        wrap=DATA,
        answer=base_wire.DataOf[library_wire.Project],
        evidence=TESTED,
        summary="One trace project, by id or name",
    ),
    Route(
        Op.CREATE_PROJECT,
        "POST",
        "/v1/projects",
        body=library_wire.CreateProject,
        request=NEW_PROJECT,
        reply=PROJECT,
        wrap=DATA,
        answer=base_wire.DataOf[library_wire.Project],
        evidence=TESTED,
        summary="Make a trace project",
    ),
    Route(
        Op.UPDATE_PROJECT,
        "PUT",
        "/v1/projects/{project_identifier}",
        args=PROJECT_ARGS,
        body=library_wire.UpdateProject,
        request=PROJECT_PATCH,
        reply=PROJECT,
        wrap=DATA,
        answer=base_wire.DataOf[library_wire.Project],
        evidence=TESTED,
        summary="Change a trace project's description",
    ),
    Route(
        Op.DELETE_PROJECT,
        "DELETE",
        "/v1/projects/{project_identifier}",
        args=PROJECT_ARGS,
        ok=204,
        headers=EMPTY_JSON,
        evidence=TESTED,
        summary="Delete a trace project",
    ),
)

PAGES = (
    Plain("GET", "/arize_phoenix_version", pages.version, open=True, summary="The version probe of the clients", evidence="T"),
    Plain("GET", "/healthz", pages.alive, open=True, summary="Liveness", evidence="T"),
    Plain("GET", "/readyz", pages.ready, open=True, summary="Readiness", evidence="T"),
)
