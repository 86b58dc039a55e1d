"""Every route of the dialect. Literal paths stand before those with placeholders: `list` and `summary` are reserved words."""

from adapters.respan.routes import datasets, evaluators, experiments, scores, spreadsheets, traces, workflows

ROUTES = (
    *experiments.ROUTES,
    *traces.ROUTES,
    *datasets.ROUTES,
    *evaluators.ROUTES,
    *scores.ROUTES,
    *workflows.ROUTES,
    *spreadsheets.ROUTES,
)
