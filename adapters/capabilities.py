"""What each dialect can ask for, computed from its routes."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from adapters.base import Adapter
from schemas.operations import Op


class Support(StrEnum):
    """`native`: the dialect has a call for it. `emulated`: it has none, and the gateway puts the answer together from others. `unsupported`: neither."""

    NATIVE = "native"
    EMULATED = "emulated"
    UNSUPPORTED = "unsupported"


def support(adapter: Adapter, op: Op) -> Support:
    """How one dialect supports one operation."""
    return Support.NATIVE if op in adapter.by_operation else Support.UNSUPPORTED


def matrix(adapters: Iterable[Adapter]) -> Mapping[Op, Mapping[str, Support]]:
    """Every operation by every dialect, in the order of the operations."""
    chosen = list(adapters)
    return {op: {adapter.name: support(adapter, op) for adapter in chosen} for op in Op}


def document_kinds(adapter: Adapter) -> list[str]:
    """The kinds of documents that a dialect keeps: what it has that no experiment needs."""
    return sorted({str(route.fixed["kind"]) for route in adapter.routes if route.op in _DOCUMENTS and "kind" in route.fixed})


_DOCUMENTS = frozenset({Op.PUT_DOCUMENT, Op.LIST_DOCUMENTS, Op.GET_DOCUMENT, Op.UPDATE_DOCUMENT, Op.DELETE_DOCUMENT})

MARKS = {Support.NATIVE: "●", Support.EMULATED: "○", Support.UNSUPPORTED: "–"}


def markdown(adapters: Iterable[Adapter]) -> str:
    """The matrix as a Markdown table, as README shows it."""
    chosen = list(adapters)
    head = "| operation | " + " | ".join(adapter.name for adapter in chosen) + " |"
    rule = "|---|" + ":-:|" * len(chosen)
    rows = [
        f"| {op.replace('_', ' ')} | " + " | ".join(MARKS[cells[a.name]] for a in chosen) + " |" for op, cells in matrix(chosen).items()
    ]
    return "\n".join([head, rule, *rows])
