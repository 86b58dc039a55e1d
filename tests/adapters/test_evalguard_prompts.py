"""What EvalGuard's recipes do when others change the same prompts meanwhile."""

import pytest

from adapters.evalguard.quirks.prompt_recipes import change
from adapters.registry import discover
from schemas.errors import Code, CrosswalkError
from schemas.evaluator import NewPrompt
from schemas.operations import SPECS, Call, Op
from tests.conformance.examples import scope_of


def test_a_prompt_deleted_between_two_looks_is_not_found() -> None:
    adapter = discover()["evalguard"]
    spec = SPECS[Op.CREATE_PROMPT]
    plan = change(Call(Op.CREATE_PROMPT, spec.args(), NewPrompt(name="gone", template="t")), scope_of(adapter))
    assert next(plan).op is Op.GET_PROMPT
    assert plan.send({"name": "greet", "project": None}).op is Op.LIST_PROMPTS
    with pytest.raises(CrosswalkError) as refused:
        plan.send({"items": []})
    assert refused.value.code is Code.NOT_FOUND
