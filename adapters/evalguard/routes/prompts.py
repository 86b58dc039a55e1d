"""Prompts, the prompt registry, deployments and traffic tests."""

from typing import Any

from adapters.base import Listing, Route
from adapters.evalguard.quirks import prompt_recipes as recipes
from adapters.evalguard.routes.evals import PROJECT
from adapters.evalguard.tables import prompts as tables
from adapters.evalguard.tables.common import ENVELOPE, WHOLE
from adapters.evalguard.wire import base
from adapters.evalguard.wire import prompts as wire
from adapters.mapping import Fold, Row, Shape
from schemas.operations import Op

PROMPTS = Shape((PROJECT, Row("name", "name"), Row("limit", "limit"), Row("offset", "offset")), keep=False)
NAMED = Shape((Row("name", "name"),), keep=False)
OF_PROMPT = Shape((Fold(("name",), ("where",), recipes.of_prompt),), keep=False)
REGISTRY = "documented; the answer but for the hash is inferred"
_REGISTERED: dict[str, Any] = {"reply": tables.REGISTERED, "wrap": ENVELOPE, "answer": wire.RegisteredAnswer, "evidence": REGISTRY}
_DEPLOYED: dict[str, Any] = {
    "fixed": {"kind": recipes.DEPLOYMENT},
    "request": WHOLE,
    "reply": tables.DEPLOYMENT,
    "wrap": ENVELOPE,
    "answer": base.Answer,
}

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
        account="projectId",
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
        account="projectId",
        evidence="seen in clients",
        summary="Prompt versions, newest first",
    ),
    Route(
        Op.CREATE_PROMPT,
        "POST",
        "/prompts/registry",
        body=wire.Registration,
        request=tables.REGISTRATION,
        plan=recipes.register,
        ok=201,
        summary="Register a prompt, or its next version; versions go by the SHA-256 of their text",
        **_REGISTERED,
    ),
    Route(
        Op.CREATE_PROMPT,
        "PUT",
        "/prompts/registry",
        body=wire.RegisteredChange,
        request=tables.REGISTERED_CHANGE,
        plan=recipes.change,
        summary="Keep the next version of a registered prompt",
        **_REGISTERED,
    ),
    Route(
        Op.LIST_PROMPTS,
        "GET",
        "/prompts/registry",
        args=NAMED,
        query=wire.RegistryQuery,
        plan=recipes.registry,
        reply=Listing(tables.REGISTERED, items=""),
        wrap=ENVELOPE,
        answer=wire.RegistryAnswer,
        evidence=REGISTRY,
        summary="The registered prompts with the hashes of their versions",
    ),
    Route(
        Op.PUT_DOCUMENT,
        "POST",
        "/prompts/deployments",
        body=wire.NewDeployment,
        plan=recipes.deploy,
        evidence="seen in clients; the answer is inferred",
        summary="Put a prompt version into an environment",
        **_DEPLOYED,
    ),
    Route(
        Op.PUT_DOCUMENT,
        "PUT",
        "/prompts/deployments",
        body=wire.Rollback,
        plan=recipes.roll_back,
        evidence="documented, otherwise than the clients' comments say; both are taken, the answer is inferred",
        summary="Roll an environment back to the version of a hash, or to the one before",
        **_DEPLOYED,
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
        Op.PUT_DOCUMENT,
        "POST",
        "/prompts/ab-tests",
        fixed={"kind": recipes.TRAFFIC_TEST},
        body=wire.NewTrafficTest,
        request=WHOLE,
        plan=recipes.split_traffic,
        reply=tables.TRAFFIC_TEST,
        wrap=ENVELOPE,
        answer=wire.TrafficTestAnswer,
        evidence="documented; the answer is inferred",
        summary="Keep how production traffic is to be split between two prompt versions; none passes through here to be split",
    ),
)
