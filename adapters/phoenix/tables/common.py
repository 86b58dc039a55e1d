"""Ids, status codes and the place of a list: what every noun needs."""

from collections.abc import Mapping

from adapters.mapping import Fold
from adapters.phoenix.quirks.ids import NodeId, Place
from schemas.errors import Code
from schemas.ids import Kind
from schemas.statuses import STATUSES

EXPERIMENT_ID, DATASET_ID, VERSION_ID = NodeId(Kind.EXPERIMENT), NodeId(Kind.DATASET), NodeId(Kind.DATASET_VERSION)
EXAMPLE_ID, RUN_ID, SCORE_ID = NodeId(Kind.EXAMPLE), NodeId(Kind.RUN), NodeId(Kind.SCORE)
TAG_ID, PROJECT_ID = NodeId(Kind.TAG), NodeId(Kind.PROJECT)
STATUS_CODES: Mapping[Code, int] = {
    **STATUSES,
    Code.INVALID_REQUEST: 422,
    # The Python client repeats the task on anything but 409: what can never succeed is said as 422.
    Code.UNSUPPORTED: 422,
}
NO_FIELD = "no field for it"


def place(kind: Kind, *, any_type: bool = False, ascending: bool = False, type_name: str = "") -> Fold:
    """The rows of a list's place and size."""
    where = Place(kind, any_type, ascending, type_name)
    return Fold(("cursor", "limit"), ("cursor", "limit"), where.decode, where.encode)
