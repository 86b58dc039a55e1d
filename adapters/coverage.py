"""Every operation known of a dialect's API: served or not, how it is known, who checked it here and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapters.base import Adapter, Plain, Route
from schemas.json import JsonObject

_NAMED = 5
"""Operations that a line names."""
_PREFIXES = frozenset({"", "api", "v1", "v2"})


@dataclass(frozen=True)
class Known:
    """One operation. `name` is the canonical operation of what is served, the vendor's own word for what is not, and for that `note` is the reason.

    `checked` maps who asked and was answered rightly (a client, a recording, the OpenAPI document) to the day, as ISO 8601 text.
    """

    method: str
    path: str
    name: str
    served: bool
    evidence: str
    note: str
    checked: Mapping[str, str]

    @property
    def resource(self) -> str:
        """The collection the path is about: its first word."""
        return next((part for part in self.path.split("/") if part not in _PREFIXES), "")

    def document(self) -> JsonObject:
        """The operation as JSON."""
        said = {
            "operation": self.name,
            "method": self.method,
            "path": self.path,
            "served": self.served,
            "evidence": self.evidence,
            "note": self.note,
        }
        return {**said, "checked": [{"by": who, "on": day} for who, day in self.checked.items()]}


def known(adapter: Adapter) -> list[Known]:
    """The operations of one dialect: what is served in the order of its routes, then what is not."""
    entries: tuple[Route | Plain, ...] = (*adapter.routes, *adapter.pages)
    served = [
        Known(
            entry.method,
            entry.path,
            entry.op.value if isinstance(entry, Route) else "page",
            True,
            entry.evidence,
            entry.summary,
            adapter.checked.get(f"{entry.method} {entry.path}", {}),
        )
        for entry in entries
        if not isinstance(entry, Route) or entry.documented
    ]
    lacking = [Known(row.method, row.path, row.name, False, row.evidence, row.why, {}) for row in adapter.not_served]
    return [*served, *lacking]


def document(adapters: Iterable[Adapter]) -> JsonObject:
    """Every dialect's operations as JSON, with the counts."""
    found = {adapter.name: known(adapter) for adapter in adapters}
    return {"dialects": {name: {**counts(rows), "operations": [row.document() for row in rows]} for name, rows in found.items()}}


def counts(rows: Iterable[Known]) -> dict[str, int]:
    """How many operations there are, how many are served, and how many of those somebody checked."""
    rows = list(rows)
    return {"known": len(rows), "served": sum(row.served for row in rows), "checked": sum(bool(row.checked) for row in rows)}


def markdown(adapters: Iterable[Adapter]) -> str:
    """The counts by resource, who checked how many operations, and what is not served with the reason, as README shows it."""
    found = [(adapter, known(adapter)) for adapter in adapters]
    table = ["| dialect | resource | known | served | checked |", "|---|---|--:|--:|--:|"]
    table += [line for adapter, rows in found for line in _lines(adapter, rows)]
    checks = [f"- {adapter.title} is checked by {', '.join(_checkers(rows))}." for adapter, rows in found if _checkers(rows)]
    lacking = [line for adapter, rows in found for line in _reasons(adapter, rows)]
    return "\n".join([*table, "", *checks, *lacking])


def _lines(adapter: Adapter, rows: list[Known]) -> list[str]:
    """A line for each resource of which anything is served, and one for all others."""
    resources = dict.fromkeys(row.resource for row in rows if row.served)
    others = [row for row in rows if row.resource not in resources]
    lines = [_line(adapter, resource, [row for row in rows if row.resource == resource]) for resource in resources]
    return [*lines, _line(adapter, "all others", others)] if others else lines


def _line(adapter: Adapter, resource: str, rows: list[Known]) -> str:
    counted = counts(rows)
    return f"| {adapter.name} | {resource} | {counted['known']} | {counted['served']} | {counted['checked']} |"


def _checkers(rows: list[Known]) -> list[str]:
    """Who was answered rightly, in how many operations, and on which day at last."""
    names = sorted({name for row in rows for name in row.checked})
    days = {name: [row.checked[name] for row in rows if name in row.checked] for name in names}
    return [f"{name} ({len(on)} operations, last on {max(on)})" for name, on in days.items()]


def _reasons(adapter: Adapter, rows: list[Known]) -> list[str]:
    """One line for each reason, with some of the operations that are not served for it."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if not row.served:
            reasons.setdefault(row.note, []).append(f"`{row.name}`")
    return [f"- Not served of {adapter.title}: {_some(names)}: {reason}." for reason, names in reasons.items()]


def _some(names: list[str]) -> str:
    more = [f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *more])
