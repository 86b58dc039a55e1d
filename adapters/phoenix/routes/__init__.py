"""Every path of the dialect."""

from adapters.phoenix.routes import datasets, experiments, labels, library, prompts

ROUTES = (*experiments.ROUTES, *datasets.ROUTES, *labels.ROUTES, *library.ROUTES, *prompts.ROUTES)
PAGES = library.PAGES
