"""What the scripts here share: the receipts of what they were answered, and one JSON object at the end. Imports nothing but the standard library and `client`.

A result is `{input, reference, output, failed, repetition, scores}`, the scores by evaluator.
"""

from __future__ import annotations

import json
import sys
from typing import Any

RECEIPTS: list[str] = []


def collect(session: Any) -> None:
    """Notes the receipt of every answer that a session class (`httpx.Client`, `requests.Session`) gets from now on."""
    send = session.send

    def noting(self: Any, *args: Any, **more: Any) -> Any:
        answer = send(self, *args, **more)
        if "crosswalk-receipt" in answer.headers:
            RECEIPTS.append(answer.headers["crosswalk-receipt"])
        return answer

    session.send = noting


def result(input: Any, reference: Any, output: Any, *, failed: bool = False, repetition: int = 1, **scores: Any) -> dict[str, Any]:
    """One run; scores whose names are no Python names hold `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in scores.items()}
    return {"input": input, "reference": reference, "output": output, "failed": failed, "repetition": repetition, "scores": named}


def tell(made: list[dict[str, Any]], read: list[dict[str, Any]]) -> None:
    """What the client made, what it read back, and the receipts."""
    json.dump({"made": made, "read": read, "receipts": RECEIPTS}, sys.stdout)
    sys.stdout.write("\n")
