"""Properties of Respan's codecs: what cannot be meant is refused by name, and nothing changes on the way there and back."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.body import read_json
from adapters.http import dump_json
from adapters.respan.quirks.filters import condition
from adapters.respan.tables import datasets, evaluators, experiments, scores, traces
from adapters.scope import Scope
from schemas.errors import CrosswalkError
from schemas.query import Condition

_SCOPE = Scope(dialect="respan")
_TEXT = st.text(max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.floats(-5, 5) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_WORDS = st.sampled_from(
    ["operator", "value", "connector", "filter_params", "operator_function", "operator_args", "field", "name", "status"]
)
_SAID = st.sampled_from(["", "in", "not", "AND", "or", "icontains", "regex", "mapContainsKey", "isnull", 3, None])
_FILTERS = st.recursive(
    _SAID | _JSON, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS | _TEXT, inner, max_size=4), max_leaves=15
)
_VALUES = (
    st.tuples(st.just("number"), st.floats(-1e6, 1e6) | st.integers(-5, 5))
    | st.tuples(st.just("boolean"), st.booleans())
    | st.tuples(st.sampled_from(["label", "text"]), _TEXT)
    | st.tuples(st.just("labels"), st.lists(_TEXT, min_size=1, max_size=3))
    | st.tuples(st.just("json"), _JSON.filter(lambda value: value is not None))
)


@given(_FILTERS)
def test_filters_become_a_condition_or_are_refused(filters: Any) -> None:
    for fields in (experiments.FIELDS, traces.FIELDS, datasets.ROW_FIELDS, evaluators.FIELDS, scores.FIELDS):
        where, refused = None, None
        try:
            where = condition(filters, fields, _SCOPE)
        except CrosswalkError as error:
            refused = error
        assert refused is None or refused.code == "invalid_request"
        assert where is None or Condition.model_validate(where)


@given(_VALUES, st.none() | _TEXT)
def test_a_score_comes_back_as_it_was(kind_and_value: tuple[str, Any], explanation: str | None) -> None:
    kind, value = kind_and_value
    score = {"evaluator": "q", "evaluator_name": "q", "value": value, "value_type": kind, "explanation": explanation}
    wire = read_json(dump_json(scores.SCORES.encode([score], _SCOPE)))
    (back,) = scores.SCORES.decode(wire, _SCOPE)
    assert {name: back.get(name) for name in score} == score


@given(st.dictionaries(_TEXT, _JSON, max_size=3), st.sampled_from(["completion", "wait", "duplicate", "condition"]))
def test_a_step_comes_back_as_it_was(config: dict[str, Any], kind: str) -> None:
    step = {"type": kind, "config": config}
    assert experiments.NEW_EXPERIMENT.encode(experiments.NEW_EXPERIMENT.decode({"workflow": [step]}, _SCOPE), _SCOPE)["workflow"] == [step]


@given(_JSON, _JSON, _JSON)
def test_a_trace_keeps_its_values(given: Any, output: Any, reference: Any) -> None:
    run = {"id": "a" * 32, "input": given, "output": output, "reference": reference, "status": "succeeded"}
    back = traces.TRACE.decode(traces.TRACE.encode(run, _SCOPE), _SCOPE)
    assert {name: back[name] for name in run} == run
