"""Every public method of evalguardai 2.2.3's client, and what each ends in that is not named in the second argument; the first is the base URL.

Arguments are made up from the signatures: what is not served has to be refused before anything is read.
"""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any

from evalguard.client import EvalGuardClient, EvalGuardError
from evalguard.tool_config import ToolConfig
from support import connect, tell

UUID = "11111111-1111-4111-8111-111111111111"
MADE_UP = {"str": UUID, "int": 1, "float": 0.5, "bool": True, "bytes": b"x"}
SPECIAL: dict[str, Any] = {
    "purls": ["pkg:x/y"],
    "messages": [{"role": "user", "content": "x"}],
    "documents": [{"text": "x"}],
    "config": {"model": "m", "prompt": "p", "attackTypes": ["x"]},
    "variable": {"name": "x", "value": "y"},
    "candidates": [{"model": "m", "content": "x"}],
    "requests": [{"messages": [{"role": "user", "content": "x"}]}],
    "findings": [{"title": "x"}],
    "provider": "github",
    "sample_rate": 16000,
}
# What these methods want although their signatures do not say so.
WANTED: dict[str, dict[str, Any]] = {
    "create_tool": {"config": ToolConfig(source_code="x")},
    "detect_deepfake": {"image_url": "http://127.0.0.1/x"},
    "moderate_image": {"image_url": "http://127.0.0.1/x"},
    "remember_memory": {"facts": ["x"]},
    "scan_secrets": {"content": "x"},
    "upsert_guardrail_config": {"secret_ref": "x"},
}


def value(parameter: inspect.Parameter) -> Any:
    if parameter.name in SPECIAL:
        return SPECIAL[parameter.name]
    text = str(parameter.annotation)
    if "List" in text or "list" in text:
        return ["x"]
    if "Dict" in text or "dict" in text:
        return {"x": 1}
    return next((made for name, made in MADE_UP.items() if name in text), UUID)


def ends_in(method: Any) -> dict[str, Any]:
    given = {
        name: value(parameter)
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is inspect.Parameter.empty and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }
    try:
        method(**given | WANTED.get(method.__name__, {}))
    except EvalGuardError as error:
        return {"status": error.status_code, "code": error.code, "message": str(error)}
    except Exception as error:
        return {"status": None, "code": type(error).__name__, "message": str(error)}
    return {"status": 0, "code": None, "message": "it answered"}


def main() -> None:
    covered = set(json.loads(sys.argv[2]))
    client = connect(sys.argv[1])
    names = [name for name, _ in inspect.getmembers(EvalGuardClient, callable) if not name.startswith("_")]
    tell({"names": names, "ends": {name: ends_in(getattr(client, name)) for name in names if name not in covered}})


main()
