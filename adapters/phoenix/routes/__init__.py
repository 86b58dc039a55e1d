"""Every path of the dialect."""

from adapters.phoenix.routes import datasets, experiments, library

ROUTES = (*experiments.ROUTES, *datasets.ROUTES, *library.ROUTES)
PAGES = library.PAGES
