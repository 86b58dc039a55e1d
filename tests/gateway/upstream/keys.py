"""A gateway with keys: two teams, each with its own scope."""

from hashlib import sha256
from typing import Any

ANN, BOB = {"authorization": "Bearer ann"}, {"authorization": "Bearer bob"}


def keys(**targets: tuple[str, ...]) -> dict[str, Any]:
    """The `auth` section: an editor's key for ann and one for bob; the targets of each where not all."""
    known = [
        {
            "name": name,
            "sha256": sha256(name.encode()).hexdigest(),
            "role": "editor",
            "scope": name,
            **({"targets": targets[name]} if name in targets else {}),
        }
        for name in ("ann", "bob")
    ]
    return {"mode": "keys", "keys": known}
