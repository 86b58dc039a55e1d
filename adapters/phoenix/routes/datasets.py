"""Datasets, traces, projects and the fixed pages: what a client touches around its experiments."""

from adapters.base import Envelope, Listing, Plain, Route
from adapters.mapping import SAME, Row, Shape
from adapters.phoenix import wire
from adapters.phoenix.quirks import pages, plans, uploads
from adapters.phoenix.quirks.examples import Taken
from adapters.phoenix.quirks.ids import NodeId
from adapters.phoenix.quirks.values import Splits
from adapters.phoenix.tables import (
    ACTION,
    DATASET,
    DATASET_ARGS,
    DATASET_ID,
    EXAMPLES,
    PROJECT,
    PROJECT_ARGS,
    UPLOAD,
    UPLOADED,
    VERSION,
    VERSION_ID,
    place,
)
from schemas.ids import Kind
from schemas.operations import Op

DATA = Envelope("data")
TESTED = "T"
_ONE = "/v1/datasets/{dataset_id}"
_ID = Row("dataset_id", "dataset_id", DATASET_ID)


def _page(item: Shape, kind: Kind) -> Listing:
    return Listing(item, items="data", next_cursor="next_cursor", cursor=NodeId(kind))


ROUTES = (
    Route(
        Op.CREATE_DATASET,
        "POST",
        "/v1/datasets/upload",
        args=Shape(ignored={"sync": "the work is done when the answer comes, whether or not the client waits"}, keep=False),
        query=wire.UploadQuery,
        read=uploads.read_upload,
        body_args=Shape((Row("action", "mode", ACTION),), keep=False),
        request=UPLOAD,
        reply=UPLOADED,
        wrap=DATA,
        present=plans.uploaded,
        described=wire.UploadDataset,
        calls=True,
        sent={"sync": "true"},
        answer=wire.DataOf[wire.Uploaded],
        evidence=TESTED,
        summary="Create a dataset, append to it, or make it equal to what is sent",
    ),
    Route(
        Op.LIST_DATASETS,
        "GET",
        "/v1/datasets",
        args=Shape((Row("name", "name"), place(Kind.DATASET)), keep=False),
        query=wire.DatasetsPaging,
        reply=_page(DATASET, Kind.DATASET),
        answer=wire.PageOf[wire.Dataset],
        evidence=TESTED,
        summary="Datasets, newest first",
    ),
    Route(
        Op.GET_DATASET,
        "GET",
        _ONE,
        args=DATASET_ARGS,
        reply=DATASET,
        wrap=DATA,
        answer=wire.DataOf[wire.Dataset],
        evidence=TESTED,
        summary="One dataset",
    ),
    Route(
        Op.DELETE_DATASET,
        "DELETE",
        _ONE,
        args=DATASET_ARGS,
        ok=204,
        headers={"content-type": "application/json"},
        evidence=TESTED,
        summary="Delete a dataset with its experiments",
    ),
    Route(
        Op.LIST_EXAMPLES,
        "GET",
        f"{_ONE}/examples",
        args=Shape((_ID, Row("version_id", "version_id", VERSION_ID), Row("split", "splits", Splits())), keep=False),
        query=wire.ExamplesQuery,
        reply=EXAMPLES,
        wrap=DATA,
        plan=plans.examples_of_version,
        calls=True,
        taken=Taken(EXAMPLES),
        answer=wire.DataOf[wire.Examples],
        evidence=TESTED,
        summary="The examples of one version, oldest first",
    ),
    Route(
        Op.LIST_DATASET_VERSIONS,
        "GET",
        f"{_ONE}/versions",
        args=Shape((_ID, place(Kind.DATASET_VERSION)), keep=False),
        query=wire.VersionsPaging,
        reply=_page(VERSION, Kind.DATASET_VERSION),
        plan=plans.or_empty,
        calls=True,
        answer=wire.PageOf[wire.Version],
        evidence=TESTED,
        summary="A dataset's versions, newest first",
    ),
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
        args=Shape(
            (Row("include_experiment_projects", "experiments"), place(Kind.PROJECT)),
            ignored={"include_dataset_evaluator_projects": "there are none here"},
            keep=False,
        ),
        query=wire.ProjectsPaging,
        reply=_page(PROJECT, Kind.PROJECT),
        answer=wire.PageOf[wire.Project],
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
        answer=wire.DataOf[wire.Project],
        evidence=TESTED,
        summary="One trace project, by id or name",
    ),
)

PAGES = (
    Plain("GET", "/arize_phoenix_version", pages.version, open=True, summary="The version probe of the clients"),
    Plain("GET", "/healthz", pages.alive, open=True, summary="Liveness"),
    Plain("GET", "/readyz", pages.ready, open=True, summary="Readiness"),
)
