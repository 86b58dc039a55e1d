"""The public methods of what a client has: a JSON object of names by resource. Arguments: which client (`api` or `ai`)."""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any


def resources() -> dict[str, Any]:
    if sys.argv[1] == "api":
        from respan import RespanClient

        client = RespanClient(base_url="http://127.0.0.1", authorization="Bearer local", respan_api_key="local")
        names = ("datasets", "evaluators", "workflows", "scores", "experiments")
        return {name: getattr(client, name) for name in names}
    from respan.datasets.api import DatasetAPI
    from respan.evaluators.api import EvaluatorAPI
    from respan.experiments.api import ExperimentAPI
    from respan.logs.api import LogAPI
    from respan.prompts.api import PromptAPI

    made = (DatasetAPI, EvaluatorAPI, ExperimentAPI, LogAPI, PromptAPI)
    return {one.__name__: one(api_key="local", base_url="http://127.0.0.1") for one in made}


def methods(resource: Any) -> list[str]:
    return [name for name, member in inspect.getmembers(type(resource), callable) if not name.startswith("_")]


json.dump({name: methods(resource) for name, resource in resources().items()}, sys.stdout)
sys.stdout.write("\n")
