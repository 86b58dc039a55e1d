"""What a vendor's API has and this gateway does not: known by name, and refused by name."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class NotServed:
    """One operation of the vendor that is not here.

    `path` is a Starlette path below the dialect's mount, `name` the vendor's own word for the operation (a label of the metric that counts who asks),
    `why` ends the sentence "… is not served here: ". `evidence` says how the operation is known.
    """

    method: str
    path: str
    name: str
    why: str
    evidence: str = ""


def rows(why: str, evidence: str, *operations: str) -> Iterable[NotServed]:
    """Rows that share a reason, each written `METHOD /path name`."""
    for operation in operations:
        method, path, name = operation.split()
        yield NotServed(method, path, name, why, evidence)
