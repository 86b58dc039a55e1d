"""The scorers by name, and the one way to run one."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from gateway.execution.scorers import measures, structured, text
from gateway.execution.scorers.base import Sample, ScoreResult, ScorerSpec, failure
from schemas.json import Json
from schemas.run import ValueType

_NEGATION = "not-"
_ALIASES = {"equals": "exact-match", "not-exact-match": "not-equals", "not-is-empty": "not-empty"}


def negated(spec: ScorerSpec, name: str, title: str) -> ScorerSpec:
    """The opposite of a boolean scorer: true where it is false. An error stays an error."""

    def function(sample: Sample, parameters: Any) -> ScoreResult:
        result = spec.function(sample, parameters)
        return replace(result, value=not result.value, passed=not result.value)

    return replace(spec, name=name, title=title, description=f"Not: {spec.description}", function=function)


def _registry() -> Mapping[str, ScorerSpec]:
    specs = {spec.name: spec for spec in (*text.SPECS, *structured.SPECS, *measures.SPECS)}
    for name, title, opposite in (
        ("not-equals", "Not equal", "exact-match"),
        ("not-contains", "Does not contain", "contains"),
        ("not-empty", "Not empty", "is-empty"),
    ):
        specs[name] = negated(specs[opposite], name, title)
    return MappingProxyType(specs)


SCORERS: Mapping[str, ScorerSpec] = _registry()


def find(name: str) -> ScorerSpec | None:
    """The scorer of that name, None where there is none.

    Case does not matter, `_` is `-`, `equals` is `exact-match`, and `not-<name>` is the opposite of any boolean scorer.
    """
    plain = name.strip().casefold().replace("_", "-")
    plain = _ALIASES.get(plain, plain)
    return SCORERS.get(plain) or _opposites().get(plain)


@cache
def _opposites() -> Mapping[str, ScorerSpec]:
    boolean = [spec for spec in SCORERS.values() if spec.value_type is ValueType.BOOLEAN and not spec.name.startswith(_NEGATION)]
    return {name: negated(spec, name, f"Not: {spec.title}") for spec in boolean if (name := _NEGATION + spec.name) not in SCORERS}


def run(spec: ScorerSpec, sample: Sample, parameters: Mapping[str, Json] | None = None) -> ScoreResult:
    """Score one sample. Never raises: wrong parameters and whatever the scorer stumbles over are the `error` of the result."""
    try:
        return spec.function(sample, spec.parameters.model_validate(parameters or {}))
    except ValidationError as error:
        return failure(f"{spec.name}: {_complaints(error)}", spec.value_type)
    except ValueError as error:
        return failure(f"{spec.name}: {error}", spec.value_type)
    except Exception as error:  # a fault in one scorer must not take the experiment down
        return failure(f"{spec.name}: {type(error).__name__}", spec.value_type)


def _complaints(error: ValidationError) -> str:
    issues = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"parameter {'.'.join(map(str, issue['loc']))}: {issue['msg']}" for issue in issues[:5])
