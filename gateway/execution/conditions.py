"""`condition` steps: does a row go on along its chain?"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.execution.templates import MISSING, reach
from gateway.execution.values import spoken
from schemas.filters import OPERATORS, matches
from schemas.json import Json

_PREFIX = "event."
_WRAPPED = ("input", "output")
_UNARY = frozenset({"isnull", "isNull", "empty", "not_empty", "notEmpty"})


@dataclass(frozen=True, slots=True)
class Clause:
    """One test of one field of the row, `input`, `output` or `metadata` and dots from there."""

    path: str
    operator: str
    value: Json


def parse_condition(config: Mapping[str, Json]) -> tuple[Clause, ...]:
    """Read `{"condition_policy": {"event.<field>": {"operator", "value"}}}`; a field may also have a list of such tests.

    Raises ValueError naming the field for anything else, an unknown operator included. No tests at all is an error, too.
    """
    policy = config.get("condition_policy")
    if not isinstance(policy, Mapping) or not policy:
        raise ValueError("condition_policy must be an object with at least one field")
    return tuple(_clause(field, test) for field, tests in policy.items() for test in (tests if isinstance(tests, list) else [tests]))


def holds(clauses: tuple[Clause, ...], *, input: Json, output: Json, metadata: Mapping[str, Json]) -> bool:
    """Do all tests hold? False stops the chain for this row. A field the row lacks is null.

    `event.input` and `event.output` are read out of a one-key wrapper and out of a chat message.
    """
    row = {"input": input, "output": output, "metadata": metadata}
    return all(matches(clause.operator, _value(row, clause.path), clause.value) for clause in clauses)


def _clause(field: str, test: Json) -> Clause:
    operator = test.get("operator", "") if isinstance(test, Mapping) else None
    if operator is None or ("value" not in test and operator not in _UNARY):
        raise ValueError(f"condition_policy: {field!r} needs an object with operator and value")
    if not isinstance(operator, str) or operator not in OPERATORS:
        raise ValueError(f"condition_policy: {field!r} has the unknown operator {str(operator)[:40]!r}")
    path = field.removeprefix(_PREFIX)
    if path.split(".")[0] not in {*_WRAPPED, "metadata"}:
        raise ValueError(f"condition_policy: {field!r} is not event.input, event.output, event.metadata or a field in one of them")
    return Clause(path, operator, test.get("value"))


def _value(row: Mapping[str, Json], path: str) -> Json:
    if path in _WRAPPED:
        return spoken(row[path])
    value = reach(row, path)
    return None if value is MISSING else value
