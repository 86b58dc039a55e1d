"""Labels, and the labels of a dataset."""

from adapters.base import Listing, Route
from adapters.mapping import Shape
from adapters.phoenix.quirks import labels
from adapters.phoenix.quirks.located import about
from adapters.phoenix.routes.base import AFTER_11_38, DATA, TESTED, page_of
from adapters.phoenix.tables import library as tables
from adapters.phoenix.tables.common import place
from adapters.phoenix.wire import base as base_wire
from adapters.phoenix.wire import library as library_wire
from schemas.ids import Kind
from schemas.operations import Op

_ALL = "/v1/dataset_labels"
_ONE = f"{_ALL}/{{label_id}}"
_OF_DATASET = "/v1/datasets/{dataset_identifier}/labels"
_KIND = {"kind": labels.LABEL}
_USE = {"kind": labels.USE}
_LABELS = Listing(tables.LABEL, items="data")

ROUTES = (
    Route(
        Op.LIST_DOCUMENTS,
        "GET",
        _ALL,
        args=Shape((place(Kind.LABEL),), keep=False),
        fixed=_KIND,
        query=library_wire.LabelsPaging,
        reply=page_of(tables.LABEL, Kind.LABEL),
        calls=False,
        answer=base_wire.PageOf[library_wire.Label],
        evidence=TESTED,
        summary="Labels, newest first",
        since=AFTER_11_38,
    ),
    Route(
        Op.PUT_DOCUMENT,
        "POST",
        _ALL,
        fixed={**_KIND, "create": True},
        body=library_wire.CreateLabel,
        request=tables.NEW_LABEL,
        reply=tables.LABEL,
        wrap=DATA,
        plan=about(Kind.LABEL),
        ok=201,
        answer=base_wire.DataOf[library_wire.Label],
        evidence=TESTED,
        summary="Make a label",
        since=AFTER_11_38,
    ),
    Route(
        Op.GET_DOCUMENT,
        "GET",
        _ONE,
        args=tables.LABEL_ARGS,
        fixed=_KIND,
        reply=tables.LABEL,
        wrap=DATA,
        plan=about(Kind.LABEL),
        answer=base_wire.DataOf[library_wire.Label],
        evidence=TESTED,
        summary="One label",
        since=AFTER_11_38,
    ),
    Route(
        Op.UPDATE_DOCUMENT,
        "PATCH",
        _ONE,
        args=tables.LABEL_ARGS,
        fixed={**_KIND, "version": 1},
        body=library_wire.UpdateLabel,
        body_args=tables.LABEL_NAME,
        request=tables.LABEL_PATCH,
        reply=tables.LABEL,
        wrap=DATA,
        plan=labels.changing,
        answer=base_wire.DataOf[library_wire.Label],
        evidence=TESTED,
        summary="Change a label's name, colour or description",
        since=AFTER_11_38,
    ),
    Route(
        Op.DELETE_DOCUMENT,
        "DELETE",
        _ONE,
        args=tables.LABEL_ARGS,
        fixed=_KIND,
        plan=labels.deleting,
        ok=204,
        evidence=TESTED,
        summary="Delete a label, and take it from every dataset",
        since=AFTER_11_38,
    ),
    Route(
        Op.LIST_DOCUMENTS,
        "GET",
        _OF_DATASET,
        args=tables.LABELS_OF,
        fixed=_USE,
        reply=_LABELS,
        plan=labels.of_dataset,
        answer=base_wire.DataOf[list[library_wire.Label]],
        evidence=TESTED,
        summary="The labels of a dataset, newest first",
        since=AFTER_11_38,
    ),
    Route(
        Op.PUT_DOCUMENT,
        "PUT",
        _OF_DATASET,
        args=tables.DATASET_OF_LABELS,
        fixed=_USE,
        body=library_wire.SetLabels,
        request=tables.SET_LABELS,
        reply=_LABELS,
        plan=labels.setting,
        answer=base_wire.DataOf[list[library_wire.Label]],
        evidence=TESTED,
        summary="Give a dataset these labels and no others",
        since=AFTER_11_38,
    ),
    Route(
        Op.PUT_DOCUMENT,
        "PUT",
        f"{_OF_DATASET}/{{label_id}}",
        args=tables.LABEL_OF,
        fixed=_USE,
        reply=tables.LABEL,
        wrap=DATA,
        plan=labels.applying,
        answer=base_wire.DataOf[library_wire.Label],
        evidence=TESTED,
        summary="Give a dataset a label",
        since=AFTER_11_38,
    ),
    Route(
        Op.DELETE_DOCUMENT,
        "DELETE",
        f"{_OF_DATASET}/{{label_id}}",
        args=tables.LABEL_OF,
        fixed=_USE,
        plan=labels.removing,
        ok=204,
        evidence=TESTED,
        summary="Take a label from a dataset",
        since=AFTER_11_38,
    ),
)
