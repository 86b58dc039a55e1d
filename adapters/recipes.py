"""Recipes that more than one dialect uses."""

from collections.abc import Generator
from typing import Any

from adapters.base import Plan
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Issue, Reason
from schemas.experiment import ExperimentDefinition, StepKind
from schemas.operations import Call, Op

Steps = Generator[Call, Any, Any]


def unknown_evaluators(call: Call, definition: ExperimentDefinition) -> Steps:
    """The evaluators of a definition that the target does not know, each once."""
    wrong = []
    for name in dict.fromkeys(use.evaluator for use in definition.evaluators):
        try:
            yield call.then(Op.GET_EVALUATOR, evaluator_id=name)
        except CrosswalkError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            wrong.append(name)
    return wrong


def known_evaluators(call: Call, definition: ExperimentDefinition, field: str) -> Steps:
    """Refuse, before anything is made, an experiment that the target is to run with evaluators it does not know. `field` is what the dialect calls them.

    Who runs the experiment may bring scores under any name. Raises CrosswalkError (invalid_request).
    """
    kinds = {step.kind for variant in definition.variants for step in variant.steps}
    wrong = [] if kinds <= {StepKind.WAIT} else (yield from unknown_evaluators(call, definition))
    if wrong:
        issues = tuple(Issue(("body", field), f"no evaluator or scorer is named {name[:100]!r}", input=name[:100]) for name in wrong)
        message = "; ".join(f"{field}: {issue.message}" for issue in issues)
        raise CrosswalkError(Code.INVALID_REQUEST, message, Reason.VALIDATION, issues=issues)


def created(call: Call, scope: Scope) -> Plan:
    """Create an experiment whose evaluators exist."""
    assert isinstance(call.body, ExperimentDefinition)
    yield from known_evaluators(call, call.body, "evaluators")
    return (yield call)
