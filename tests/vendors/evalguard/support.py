"""What every EvalGuard script uses: the client, polling, refusals as values, one JSON object at the end.

Runs inside the client's environment, so it imports nothing but the client and the standard library.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from evalguard.client import EvalGuardClient, EvalGuardError

DEADLINE_SECONDS = 20.0
TERMINAL = ("passed", "failed", "error")


def connect(base_url: str, api_key: str = "eg_test_local") -> EvalGuardClient:
    return EvalGuardClient(api_key=api_key, base_url=base_url, timeout=30.0)


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    """Status, code, message and request id of the error a call ends in; status 0 when it did not fail."""
    try:
        reply = call()
    except EvalGuardError as error:
        return {
            "status": error.status_code,
            "code": error.code,
            "message": str(error),
            "request_id": error.request_id,
        }
    return {"status": 0, "code": None, "message": json.dumps(reply), "request_id": None}


def finished(client: EvalGuardClient, run_id: str) -> dict[str, Any]:
    """The eval run once its status is terminal; after 20 s as it then is."""
    end = time.monotonic() + DEADLINE_SECONDS
    run = client.get_eval(run_id)
    while run.get("status") not in TERMINAL and time.monotonic() < end:
        time.sleep(0.1)
        run = client.get_eval(run_id)
    return run


def tell(seen: dict[str, Any]) -> None:
    json.dump(seen, sys.stdout)
    sys.stdout.write("\n")
