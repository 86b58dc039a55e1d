"""Every route of the dialect."""

from adapters.base import Plain, Route
from adapters.evalguard.quirks.registry_recipes import policy
from adapters.evalguard.routes import datasets, evals, experiments, projects, prompts, registry

ROUTES: tuple[Route, ...] = (*experiments.ROUTES, *evals.ROUTES, *datasets.ROUTES, *prompts.ROUTES, *registry.ROUTES, *projects.ROUTES)

PAGES: tuple[Plain, ...] = (
    Plain("GET", "/client/policy", policy, summary="Which client versions are required: none", evidence="seen in clients"),
)
