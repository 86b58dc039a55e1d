"""Prompts, deployments, scorers and evaluators."""

from adapters.base import Listing, Route
from adapters.evalguard.quirks import registry_recipes as recipes
from adapters.evalguard.routes.evals import PROJECT
from adapters.evalguard.tables import registry as tables
from adapters.evalguard.tables.common import ENVELOPE
from adapters.evalguard.wire import base
from adapters.evalguard.wire import registry as wire
from adapters.mapping import Fold, Row, Shape
from schemas.operations import Op

PROMPTS = Shape((PROJECT, Row("name", "name"), Row("limit", "limit"), Row("offset", "offset")), keep=False)
OF_PROMPT = Shape((Fold(("name",), ("where",), recipes.of_prompt),), keep=False)
EVALUATORS = Shape((Row("name", "name"),), ignored={"projectId": "evaluators serve every project of the key"}, keep=False)

ROUTES = (
    Route(
        Op.CREATE_PROMPT,
        "POST",
        "/prompts",
        body=wire.NewPrompt,
        request=tables.NEW_PROMPT,
        reply=tables.PROMPT,
        wrap=ENVELOPE,
        answer=wire.PromptAnswer,
        ok=201,
        evidence="documented; seen in clients",
        summary="Keep the next version of a prompt",
    ),
    Route(
        Op.LIST_PROMPTS,
        "GET",
        "/prompts",
        args=PROMPTS,
        query=wire.PromptsQuery,
        reply=Listing(tables.PROMPT, items=""),
        wrap=ENVELOPE,
        answer=wire.PromptsAnswer,
        evidence="seen in clients",
        summary="Prompt versions, newest first",
    ),
    Route(
        Op.PUT_DOCUMENT,
        "POST",
        "/prompts/deployments",
        fixed={"kind": recipes.DEPLOYMENT},
        body=wire.NewDeployment,
        request=tables.WHOLE,
        plan=recipes.deploy,
        reply=tables.DEPLOYMENT,
        wrap=ENVELOPE,
        answer=base.Answer,
        evidence="seen in clients; the answer is inferred",
        summary="Put a prompt version into an environment",
    ),
    Route(
        Op.LIST_DOCUMENTS,
        "GET",
        "/prompts/deployments",
        args=OF_PROMPT,
        fixed={"kind": recipes.DEPLOYMENT},
        query=wire.DeploymentsQuery,
        plan=recipes.deployments,
        reply=tables.DEPLOYMENTS,
        wrap=ENVELOPE,
        answer=base.Answer,
        evidence="seen in clients; the answer is inferred",
        summary="Which version each environment has, and had",
    ),
    Route(
        Op.LIST_EVALUATORS,
        "GET",
        "/scorers",
        fixed={"builtin": True, "total": True},
        reply=Listing(tables.SCORER, items="scorers", total="total"),
        wrap=ENVELOPE,
        answer=base.Answer,
        evidence="seen in clients",
        summary="The scorers that run without any set-up",
    ),
    Route(
        Op.CREATE_EVALUATOR,
        "POST",
        "/evaluators",
        body=wire.NewEvaluator,
        request=tables.NEW_EVALUATOR,
        plan=recipes.create_evaluator,
        reply=tables.EVALUATOR,
        wrap=ENVELOPE,
        answer=base.Answer,
        ok=201,
        evidence="seen in clients; the answer is inferred",
        summary="Keep the next version of an evaluator",
    ),
    Route(
        Op.LIST_EVALUATORS,
        "GET",
        "/evaluators",
        args=EVALUATORS,
        query=wire.EvaluatorsQuery,
        plan=recipes.list_evaluators,
        reply=Listing(tables.EVALUATOR, items=""),
        wrap=ENVELOPE,
        answer=base.Answer,
        evidence="seen in clients",
        summary="Evaluator versions, newest first",
    ),
)
