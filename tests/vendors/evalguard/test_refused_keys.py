"""What evalguardai 2.2.3 shows of a wrong key and of a role that is too low, against a gateway that asks for keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.vendors.environments import EVALGUARD, run_script
from tests.vendors.servers import gateway as started

VIEWER, EDITOR = "eg_test_viewer", "eg_test_editor"


def key(secret: str, role: str) -> dict[str, str]:
    return {"name": role, "role": role, "sha256": hashlib.sha256(secret.encode()).hexdigest()}


@pytest.fixture(scope="module")
def asking() -> Iterator[str]:
    keys = [key(VIEWER, "viewer"), key(EDITOR, "editor")]
    with started({"CROSSWALK__AUTH__MODE": "keys", "CROSSWALK__AUTH__KEYS": json.dumps(keys)}) as url:
        yield url


@pytest.fixture(scope="module")
def seen(asking: str) -> dict[str, Any]:
    script = Path(__file__).with_name("script_refused_key.py")
    result: dict[str, Any] = run_script(EVALGUARD, script, f"{asking}/evalguard/api", VIEWER, EDITOR)
    return result


def test_wrong_key(seen: dict[str, Any]) -> None:
    refusal = seen["wrong_key"]
    assert (refusal["status"], refusal["code"]) == (401, "INVALID_API_KEY")
    assert refusal["request_id"]


def test_viewers_read_and_do_not_write(seen: dict[str, Any]) -> None:
    assert seen["viewer_reads"] == []
    assert (seen["viewer_writes"]["status"], seen["viewer_writes"]["code"]) == (403, "FORBIDDEN")


def test_editors_write(seen: dict[str, Any]) -> None:
    assert seen["editor_writes"]["name"].startswith("editor-")
