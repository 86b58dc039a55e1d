"""Datasets, their versions and their examples."""

from collections.abc import Iterator

from adapters.base import Route
from adapters.mapping import Row, Shape
from adapters.phoenix.quirks import downloads, labels, located, plans, uploads
from adapters.phoenix.quirks.examples import Taken
from adapters.phoenix.quirks.values import Given, Splits
from adapters.phoenix.routes.base import AFTER_11_38, DATA, EMPTY_JSON, TESTED, page_of
from adapters.phoenix.tables.common import DATASET_ID, VERSION_ID, place
from adapters.phoenix.tables.datasets import (
    ACTION,
    ACTION_BEFORE_UPDATE,
    DATASET,
    DATASET_ARGS,
    DOWNLOAD_ARGS,
    EXAMPLES,
    EXAMPLES_UNNAMED,
    IDENTIFIER,
    NEW_SPLIT,
    OF_DATASET,
    SPLIT,
    SPLIT_ARGS,
    SPLIT_PATCH,
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


_SPLITS = "/v1/datasets/{dataset_identifier}/splits"
_SPLIT = f"{_SPLITS}/{{split_id}}"
_DOWNLOADS: tuple[tuple[str, downloads.Render, str], ...] = (
    ("csv", downloads.as_csv, "The examples as a CSV file"),
    ("jsonl", downloads.lines(downloads.whole), "The examples as JSON lines"),
    ("jsonl/openai_ft", downloads.lines(downloads.fine_tuning), "The examples as OpenAI's fine-tuning takes them"),
    ("jsonl/openai_evals", downloads.lines(downloads.evals), "The examples as OpenAI's evals take them"),
)


def _downloads() -> Iterator[Route]:
    for form, render, summary in _DOWNLOADS:
        yield Route(
            Op.LIST_EXAMPLES,
            "GET",
            f"{_ONE}/{form}",
            args=DOWNLOAD_ARGS,
            query=datasets_wire.DownloadQuery,
            plan=downloads.download,
            present=render,
            calls=False,
            answer="text/csv" if form == "csv" else "text/plain",
            evidence=TESTED,
            summary=summary,
            since=AFTER_11_38 if form == "jsonl" else "",
        )


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
        form=datasets_wire.UploadForm,
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
        way=located.read_dataset,
        answer=base_wire.DataOf[datasets_wire.Dataset],
        evidence=TESTED,
        summary="One dataset",
    ),
    Route(
        Op.DELETE_DATASET,
        "DELETE",
        _ONE,
        args=DATASET_ARGS,
        plan=labels.deleting_dataset,
        calls=True,
        ok=204,
        headers=EMPTY_JSON,
        evidence=TESTED,
        summary="Delete a dataset with its experiments",
    ),
    Route(
        Op.LIST_EXAMPLES,
        "GET",
        f"{_ONE}/examples",
        args=Shape(
            (_ID, Row("version_id", "version_id", Given(VERSION_ID)), Row("split", "splits", Splits())),
            keep=False,
            since={"12.6.1": ("split",)},
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
    *_downloads(),
    Route(
        Op.LIST_SPLITS,
        "GET",
        _SPLITS,
        args=Shape((IDENTIFIER, place(Kind.SPLIT)), keep=False),
        query=datasets_wire.SplitsPaging,
        reply=page_of(SPLIT, Kind.SPLIT),
        plan=located.in_dataset,
        calls=True,
        answer=base_wire.PageOf[datasets_wire.Split],
        evidence=TESTED,
        summary="The splits that have examples of a dataset, newest first",
        since=AFTER_11_38,
    ),
    Route(
        Op.CREATE_SPLIT,
        "POST",
        _SPLITS,
        args=OF_DATASET,
        body=datasets_wire.CreateSplit,
        request=NEW_SPLIT,
        reply=SPLIT,
        wrap=DATA,
        plan=plans.coloured,
        calls=True,
        ok=201,
        answer=base_wire.DataOf[datasets_wire.Split],
        evidence=TESTED,
        summary="Make a split of examples of a dataset",
        since=AFTER_11_38,
    ),
    Route(
        Op.UPDATE_SPLIT,
        "PATCH",
        _SPLIT,
        args=SPLIT_ARGS,
        body=datasets_wire.UpdateSplit,
        request=SPLIT_PATCH,
        reply=SPLIT,
        wrap=DATA,
        plan=located.in_dataset,
        calls=True,
        answer=base_wire.DataOf[datasets_wire.Split],
        evidence=TESTED,
        summary="Change a split, add and remove examples",
        since=AFTER_11_38,
    ),
    Route(
        Op.DELETE_SPLIT,
        "DELETE",
        _SPLIT,
        args=SPLIT_ARGS,
        plan=located.in_dataset,
        calls=True,
        ok=204,
        headers=EMPTY_JSON,
        evidence=TESTED,
        summary="Delete a split; its examples stay",
        since=AFTER_11_38,
    ),
)
