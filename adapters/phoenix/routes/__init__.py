"""Every path of the dialect."""

from adapters.phoenix.routes import datasets, experiments

ROUTES = (*experiments.ROUTES, *datasets.ROUTES)
PAGES = datasets.PAGES
