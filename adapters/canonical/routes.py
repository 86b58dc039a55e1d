"""The canonical API's routes."""

from adapters.base import Route
from adapters.canonical import wire
from adapters.canonical.quirks import page
from adapters.mapping import SAME, Row, Shape
from schemas.operations import Op


def arguments(*names: str) -> Shape:
    """Path and query parameters that are called as the operation's arguments are."""
    return Shape(tuple(Row(name, name) for name in names), keep=False)


_LIST = ("cursor", "offset", "limit", "sort", "total")

ROUTES = (
    Route(
        Op.CREATE_EXPERIMENT,
        "POST",
        "/experiments",
        args=arguments("draft"),
        query=wire.CreateExperimentQuery,
        request=SAME,
        ok=201,
        summary="Define an experiment and start it",
    ),
    Route(Op.GET_EXPERIMENT, "GET", "/experiments/{experiment_id}", args=arguments("experiment_id"), summary="One experiment"),
    Route(
        Op.LIST_RUNS,
        "GET",
        "/experiments/{experiment_id}/runs",
        args=arguments("experiment_id", *_LIST, "scores", "steps", "waiting"),
        query=wire.RunsQuery,
        present=page,
        summary="The runs of an experiment, newest first",
    ),
)
