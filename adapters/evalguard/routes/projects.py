"""Projects: what datasets, runs and prompts belong to."""

from typing import Any

from adapters.base import Route
from adapters.evalguard.quirks.values import asked
from adapters.evalguard.tables import projects as tables
from adapters.evalguard.tables.common import ENVELOPE, PROJECT_ID
from adapters.evalguard.wire import base
from adapters.evalguard.wire import projects as wire
from adapters.mapping import Row, Shape
from schemas.operations import Op

ONE = Shape((Row("id", "project_id", asked(PROJECT_ID)),), keep=False)
_SEEN = "seen in the Terraform provider; the answer is its row"
_ROW: dict[str, Any] = {"reply": tables.PROJECT, "wrap": ENVELOPE, "answer": wire.ProjectAnswer, "evidence": _SEEN}

ROUTES = (
    Route(
        Op.CURRENT_PROJECT,
        "GET",
        "/project/current",
        reply=tables.CURRENT_PROJECT,
        answer=wire.CurrentProject,
        evidence="seen in clients; verified",
        summary="The default project, without the envelope",
    ),
    Route(
        Op.CREATE_PROJECT,
        "POST",
        "/projects",
        fixed={"account": True},
        body=wire.NewProject,
        request=tables.NEW_PROJECT,
        ok=201,
        summary="Make a project",
        **_ROW,
    ),
    Route(Op.GET_PROJECT, "GET", "/projects/{id}", args=ONE, summary="One project", **_ROW),
    Route(
        Op.UPDATE_PROJECT,
        "PATCH",
        "/projects/{id}",
        args=ONE,
        body=wire.ProjectPatch,
        request=tables.PROJECT_PATCH,
        summary="Change the given fields of a project",
        **_ROW,
    ),
    Route(
        Op.DELETE_PROJECT,
        "DELETE",
        "/projects/{id}",
        args=ONE,
        reply=tables.PROJECT_DELETED,
        wrap=ENVELOPE,
        answer=base.Answer,
        evidence=_SEEN,
        summary="Delete a project with its runs, datasets and prompts; needs the role admin",
    ),
)
