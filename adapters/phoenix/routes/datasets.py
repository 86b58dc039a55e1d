"""Datasets, their versions and their examples."""

from adapters.base import Route
from adapters.mapping import Row, Shape
from adapters.phoenix.quirks import plans, uploads
from adapters.phoenix.quirks.examples import Taken
from adapters.phoenix.quirks.values import Splits
from adapters.phoenix.routes.base import DATA, TESTED, page_of
from adapters.phoenix.tables.common import DATASET_ID, VERSION_ID, place
from adapters.phoenix.tables.datasets import (
    ACTION,
    ACTION_BEFORE_UPDATE,
    DATASET,
    DATASET_ARGS,
    EXAMPLES,
    EXAMPLES_UNNAMED,
    UPLOAD,
    UPLOAD_UNNAMED,
    UPLOADED,
    VERSION,
)
from adapters.phoenix.wire import base as base_wire
from adapters.phoenix.wire import datasets as datasets_wire
from schemas.ids import Kind
from schemas.operations import Op

_ONE = "/v1/datasets/{dataset_id}"
_ID = Row("dataset_id", "dataset_id", DATASET_ID)


ROUTES = (
    Route(
        Op.CREATE_DATASET,
        "POST",
        "/v1/datasets/upload",
        args=Shape(ignored={"sync": "the work is done when the answer comes, whether or not the client waits"}, keep=False),
        query=datasets_wire.UploadQuery,
        read=uploads.read_upload,
        body_args=Shape((Row("action", "mode", ACTION),), keep=False),
        request=UPLOAD,
        reply=UPLOADED,
        wrap=DATA,
        present=plans.uploaded,
        described=datasets_wire.UploadDataset,
        calls=True,
        sent={"sync": "true"},
        answer=(base_wire.DataOf[datasets_wire.Uploaded], None),
        evidence=TESTED,
        summary="Create a dataset, append to it, or make it equal to what is sent",
        before={
            "14.17.0": {
                "read": uploads.read_before_update,
                "body_args": Shape((Row("action", "mode", ACTION_BEFORE_UPDATE),), keep=False),
                "request": UPLOAD_UNNAMED,
                "when": plans.adds,
            }
        },
    ),
    Route(
        Op.LIST_DATASETS,
        "GET",
        "/v1/datasets",
        args=Shape((Row("name", "name"), place(Kind.DATASET)), keep=False),
        query=datasets_wire.DatasetsPaging,
        reply=page_of(DATASET, Kind.DATASET),
        answer=base_wire.PageOf[datasets_wire.Dataset],
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
        answer=base_wire.DataOf[datasets_wire.Dataset],
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
        args=Shape(
            (_ID, Row("version_id", "version_id", VERSION_ID), Row("split", "splits", Splits())), keep=False, since={"12.6.1": ("split",)}
        ),
        query=datasets_wire.ExamplesQuery,
        reply=EXAMPLES,
        wrap=DATA,
        plan=plans.examples_of_version,
        calls=True,
        taken=Taken(EXAMPLES),
        answer=base_wire.DataOf[datasets_wire.Examples],
        evidence=TESTED,
        summary="The examples of one version, oldest first",
        before={"14.17.0": {"reply": EXAMPLES_UNNAMED, "taken": Taken(EXAMPLES_UNNAMED)}},
    ),
    Route(
        Op.LIST_DATASET_VERSIONS,
        "GET",
        f"{_ONE}/versions",
        args=Shape((_ID, place(Kind.DATASET_VERSION)), keep=False),
        query=datasets_wire.VersionsPaging,
        reply=page_of(VERSION, Kind.DATASET_VERSION),
        plan=plans.or_empty,
        calls=True,
        answer=base_wire.PageOf[datasets_wire.Version],
        evidence=TESTED,
        summary="A dataset's versions, newest first",
    ),
)
