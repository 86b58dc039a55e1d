"""Every path of the dialect."""

from adapters.phoenix.routes import datasets, experiments, labels, library

ROUTES = (*experiments.ROUTES, *datasets.ROUTES, *labels.ROUTES, *library.ROUTES)
PAGES = library.PAGES
