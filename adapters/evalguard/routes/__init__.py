"""Every route of the dialect, and the pages that are not emulated and say so."""

from adapters.base import Plain, Route
from adapters.evalguard.quirks.errors import unsupported
from adapters.evalguard.quirks.registry_recipes import policy
from adapters.evalguard.routes import datasets, evals, experiments, registry

ROUTES: tuple[Route, ...] = (*experiments.ROUTES, *evals.ROUTES, *datasets.ROUTES, *registry.ROUTES)

# Static segments stand as literal paths, which come before `/evals/{runId}` and its like.
_NOT_EMULATED = (
    ("POST", "/evals/safe-regenerate", "the evaluate-and-regenerate loop"),
    ("POST", "/evals/run", "the obsolete creation route of SDK 1.x"),
    ("POST", "/prompts/ab-tests", "splitting production traffic"),
    ("POST", "/prompts/optimize", "prompt optimisation"),
    ("GET", "/prompts/registry", "the hash-versioned prompt registry"),
    ("POST", "/prompts/registry", "the hash-versioned prompt registry"),
    ("PUT", "/prompts/registry", "the hash-versioned prompt registry"),
    ("PUT", "/prompts/deployments", "rolling a deployment back"),
    ("POST", "/datasets/upload", "file upload"),
    ("POST", "/datasets/health", "data-quality detection"),
    ("POST", "/scorers/calibrate", "scorer calibration"),
    ("POST", "/evaluators/diff", "comparing evaluator versions"),
    ("GET", "/experiments/rag-automl", "RAG studies"),
    ("POST", "/experiments/rag-automl", "RAG studies"),
    ("POST", "/projects", "managing projects"),
    ("GET", "/projects/{id}", "managing projects"),
    ("PATCH", "/projects/{id}", "managing projects"),
    ("DELETE", "/projects/{id}", "managing projects"),
)
PAGES: tuple[Plain, ...] = (
    Plain("GET", "/client/policy", policy, summary="Which client versions are required: none"),
    *(unsupported(method, path, what) for method, path, what in _NOT_EMULATED),
)
