"""Datasets and their versions."""

from typing import Any

from adapters.base import Listing, Route
from adapters.evalguard.quirks import dataset_recipes as recipes
from adapters.evalguard.quirks.data_quality import HEALTH, examine
from adapters.evalguard.quirks.uploads import MULTIPART, read_upload
from adapters.evalguard.quirks.values import asked
from adapters.evalguard.routes.evals import LIST
from adapters.evalguard.tables import datasets as tables
from adapters.evalguard.tables.common import DATASET_ID, ENVELOPE, VERSION_ID, WHOLE
from adapters.evalguard.wire import base, health
from adapters.evalguard.wire import datasets as wire
from adapters.mapping import Row, Shape
from schemas.operations import Op

_DATASET = Row("datasetId", "dataset_id", asked(DATASET_ID))
_VERSION = Row("versionId", "version_id", asked(VERSION_ID))
ONE = Shape((_DATASET,), keep=False)
ONE_VERSION = Shape((_DATASET, _VERSION), keep=False)
DIFF = Shape((_DATASET, _VERSION, Row("to", "to", asked(VERSION_ID))), keep=False)
EXPORT = Shape((_DATASET, _VERSION), ignored={"format": "read where the text is written"}, keep=False)
INDEX = "documented in the index; body and answer are inferred"
VERSIONS = "/datasets/{datasetId}/versions"
VERSION = VERSIONS + "/{versionId}"
_ROW: dict[str, Any] = {"args": ONE, "reply": tables.DATASET, "wrap": ENVELOPE, "answer": wire.DatasetAnswer, "evidence": INDEX}
_SEEN: dict[str, Any] = {"wrap": ENVELOPE, "answer": base.Answer, "evidence": "documented; seen in clients"}

ROUTES = (
    Route(
        Op.CREATE_DATASET,
        "POST",
        "/datasets",
        body=wire.NewDataset,
        request=tables.NEW_DATASET,
        reply=tables.DATASET,
        wrap=ENVELOPE,
        answer=wire.DatasetAnswer,
        ok=201,
        evidence="documented; seen in clients; verified",
        summary="Make a dataset with its cases",
    ),
    Route(
        Op.CREATE_DATASET,
        "POST",
        "/datasets/upload",
        read=read_upload,
        body=wire.NewDataset,
        request=tables.NEW_DATASET,
        reply=tables.DATASET,
        wrap=ENVELOPE,
        answer=wire.DatasetAnswer,
        described=MULTIPART,
        calls=False,
        ok=201,
        evidence=INDEX,
        summary="Make a dataset of a CSV, JSON or JSON lines file, sent as a form or inside JSON",
    ),
    Route(
        Op.PUT_DOCUMENT,
        "POST",
        "/datasets/health",
        fixed={"kind": HEALTH},
        body=health.Question,
        request=WHOLE,
        plan=examine,
        reply=tables.HEALTH,
        wrap=ENVELOPE,
        answer=health.ReportAnswer,
        evidence="seen in clients; the formulas are this project's own",
        summary="Imbalance, outliers, near duplicates, spurious features, order and doubtful labels of numbers sent along; the report is kept",
    ),
    Route(
        Op.LIST_DATASETS,
        "GET",
        "/datasets",
        args=LIST,
        fixed={"where": {"field": "extensions.canonical.inline", "operator": "isnull"}},
        query=base.ProjectQuery,
        reply=Listing(tables.DATASET, items=""),
        wrap=ENVELOPE,
        answer=wire.DatasetsAnswer,
        evidence="seen in clients",
        summary="The datasets of a project, newest first, without those that only hold the cases of a run",
    ),
    Route(Op.GET_DATASET, "GET", "/datasets/{datasetId}", summary="One dataset", **_ROW),
    Route(
        Op.UPDATE_DATASET,
        "PUT",
        "/datasets/{datasetId}",
        body=wire.DatasetPatch,
        request=tables.DATASET_PATCH,
        summary="Change the given fields of a dataset",
        **_ROW,
    ),
    Route(
        Op.DELETE_DATASET,
        "DELETE",
        "/datasets/{datasetId}",
        args=ONE,
        reply=tables.DATASET_DELETED,
        wrap=ENVELOPE,
        answer=base.Answer,
        evidence=INDEX,
        summary="Delete a dataset with its versions and experiments",
    ),
    Route(
        Op.ADD_EXAMPLES,
        "POST",
        "/datasets/{datasetId}/cases",
        args=ONE,
        body=wire.NewCases,
        request=tables.NEW_CASES,
        reply=tables.ADDED,
        wrap=ENVELOPE,
        answer=base.Answer,
        ok=201,
        evidence="documented; the answer is inferred",
        summary="Append cases",
    ),
    Route(
        Op.LIST_DATASET_VERSIONS,
        "GET",
        VERSIONS,
        args=ONE,
        fixed={"explicit": True},
        plan=recipes.list_versions,
        reply=tables.VERSIONS,
        summary="The snapshots somebody took, newest first",
        **_SEEN,
    ),
    Route(
        Op.CREATE_DATASET_VERSION,
        "POST",
        VERSIONS,
        args=ONE,
        body=wire.NewVersion,
        body_required=False,
        request=tables.NEW_VERSION,
        reply=tables.VERSION_TAKEN,
        summary="Take a snapshot; equal content is the last one again",
        **_SEEN,
    ),
    Route(
        Op.GET_DATASET_VERSION,
        "GET",
        VERSION,
        args=ONE_VERSION,
        plan=recipes.read_version,
        reply=tables.VERSION_READ,
        summary="A snapshot with its cases",
        **_SEEN,
    ),
    Route(
        Op.RESTORE_DATASET_VERSION,
        "POST",
        VERSION + "/restore",
        args=ONE_VERSION,
        plan=recipes.restore,
        reply=tables.RESTORED,
        summary="Bring the cases of a snapshot back; what was there is kept as a snapshot",
        **_SEEN,
    ),
    Route(
        Op.COMPARE_DATASET_VERSIONS,
        "GET",
        VERSION + "/diff",
        args=DIFF,
        query=wire.DiffQuery,
        reply=tables.DIFFERENCE,
        summary="What changed from one snapshot to another, or to the cases as they are",
        **_SEEN,
    ),
    Route(
        Op.LIST_EXAMPLES,
        "GET",
        VERSION + "/export",
        args=EXPORT,
        query=wire.ExportQuery,
        plan=recipes.export_cases,
        present=recipes.export,
        evidence="seen in client",
        summary="The cases of a snapshot as OpenAI messages, JSON lines or CSV",
    ),
)
