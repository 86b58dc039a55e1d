"""Every evaluator call of respan-api 0.1.47, against the base URL given as the only argument."""

from __future__ import annotations

import sys
from typing import Any

from respan.evaluators import (
    CreateEvaluatorRequestCategoricalChoicesItem,
    CreateEvaluatorRequestCodeConfig,
    CreateEvaluatorRequestLlmConfig,
    CreateEvaluatorRequestScoreConfig,
    CreateEvaluatorRequestScoreConfigChoicesItem,
    RunEvaluatorRequestInputs,
)
from support import ONCE, connect, plain, refused, tell, unique

evaluators = connect(sys.argv[1]).evaluators
LLM = CreateEvaluatorRequestLlmConfig(
    model="gpt-4o-mini",
    evaluator_definition="Rate {{output}} for {{input}}",
    scoring_rubric="1=poor 5=excellent",
    temperature=0.1,
)


def created(name: str, slug: str) -> dict[str, Any]:
    llm = evaluators.create_evaluator(
        name=f"{name} llm",
        evaluator_slug=slug,
        type="llm",
        score_value_type="numerical",
        description="1-5 quality",
        score_config=CreateEvaluatorRequestScoreConfig(min_score=1.0, max_score=5.0),
        passing_conditions={"primary_score": {"operator": "gte", "value": 3}},
        llm_config=LLM,
        request_options=ONCE,
    )
    code = evaluators.create_evaluator(
        name=f"{name} code",
        type="code",
        score_value_type="boolean",
        code_config=CreateEvaluatorRequestCodeConfig(eval_code_snippet="def main(eval_inputs):\n    return True\n"),
        request_options=ONCE,
    )
    human = evaluators.create_evaluator(
        name=f"{name} human",
        type="human",
        score_value_type="single_select",
        score_config=CreateEvaluatorRequestScoreConfig(
            choices=[
                CreateEvaluatorRequestScoreConfigChoicesItem(name="good", value=1),
                CreateEvaluatorRequestScoreConfigChoicesItem(name="bad", value=0),
            ]
        ),
        request_options=ONCE,
    )
    legacy = evaluators.create_evaluator(
        name=f"{name} legacy",
        type="human",
        score_value_type="categorical",
        categorical_choices=[CreateEvaluatorRequestCategoricalChoicesItem(name="tone", value=1)],
        request_options=ONCE,
    )
    return {"llm": plain(llm), "code": plain(code), "human": plain(human), "legacy": plain(legacy)}


def named(name: str, **query: Any) -> Any:
    wanted = {"name": {"operator": "icontains", "value": [name]}}
    return plain(evaluators.list_evaluators(filters=wanted, request_options=ONCE, **query))


def counted(name: str) -> Any:
    wanted = {"name": {"operator": "icontains", "value": [name]}}
    return plain(evaluators.get_filtered_evaluators_summary(filters=wanted, request_options=ONCE))


def read(identifier: str) -> Any:
    return plain(evaluators.retrieve_evaluator(identifier, request_options=ONCE))


def edits(identifier: str, name: str) -> dict[str, Any]:
    patched = evaluators.update_evaluator(identifier, description="patched", request_options=ONCE)
    after_patch = read(identifier)
    replaced = evaluators.replace_evaluator(
        identifier,
        name=f"{name} llm replaced",
        type="llm",
        score_value_type="numerical",
        description="replaced",
        request_options=ONCE,
    )
    return {
        "patched": plain(patched),
        "after_patch": after_patch,
        "replaced": plain(replaced),
        "after_replace": read(identifier),
    }


def versions(identifier: str) -> dict[str, Any]:
    before = plain(evaluators.list_evaluator_versions(identifier, page=1, page_size=10, request_options=ONCE))
    draft = evaluators.create_evaluator_version(
        identifier, description="second draft", version_description="first release", request_options=ONCE
    )
    listed = evaluators.list_evaluator_versions(identifier, request_options=ONCE)
    committed = next(item for item in listed.results if item.is_read_only)
    patched = evaluators.update_evaluator_version(identifier, draft.version, description="patched draft", request_options=ONCE)
    replaced = evaluators.replace_evaluator_version(
        identifier, draft.version, name="replaced draft", type="llm", score_value_type="numerical", request_options=ONCE
    )
    return {
        "before": before,
        "draft": plain(draft),
        "listed": plain(listed),
        "patched": plain(patched),
        "replaced": plain(replaced),
        "retrieved": plain(evaluators.retrieve_evaluator_version(identifier, draft.version, request_options=ONCE)),
        "committed": plain(evaluators.retrieve_evaluator_version(identifier, committed.version, request_options=ONCE)),
        "edit_of_committed": refused(
            lambda: evaluators.update_evaluator_version(identifier, committed.version, description="never", request_options=ONCE)
        ),
        "past_the_end": plain(evaluators.list_evaluator_versions(identifier, page=9, request_options=ONCE)),
    }


def run(evaluator: str, **inputs: Any) -> Any:
    return plain(evaluators.run_evaluator(evaluator, inputs=RunEvaluatorRequestInputs(**inputs), request_options=ONCE))


def runs(code_id: str) -> dict[str, Any]:
    unknown = RunEvaluatorRequestInputs(input="a", output="b")
    return {
        "equal": run("exact-match", input="q", output="Paris", expected_output="Paris"),
        "unequal": run("exact-match", input="q", output="Rome", expected_output="Paris"),
        "contained": run("contains", input="q", output="It is Paris.", expected_output="Paris"),
        "half": run("levenshtein", input="q", output="abcd", expected_output="abxy"),
        "json": run("json-valid", input="q", output='{"a": [1, 2]}'),
        "not_json": run("json-valid", input="q", output="{a: 1"),
        "code": refused(lambda: evaluators.run_evaluator(code_id, inputs=unknown, request_options=ONCE)),
        "unknown": refused(lambda: evaluators.run_evaluator("no-such-scorer", inputs=unknown, request_options=ONCE)),
    }


def main() -> None:
    name = unique("Judge")
    slug = name.lower().replace(" ", "_")
    made = created(name, slug)
    identifier = made["llm"]["id"]
    seen: dict[str, Any] = {
        "name": name,
        "slug": slug,
        "created": made,
        "retrieved": {kind: read(reply["id"]) for kind, reply in made.items()},
        "listed": named(name),
        "pages": [named(name, page=page, page_size=3, sort_by="created_at") for page in (1, 2, 3)],
        "sorted": [named(name, sort_by=key) for key in ("created_at", "-created_at")],
        "counted": counted(name),
        "same_slug": refused(
            lambda: evaluators.create_evaluator(
                name=f"{name} twice", evaluator_slug=slug, type="llm", score_value_type="boolean", request_options=ONCE
            )
        ),
        "edits": edits(identifier, name),
        "versions": versions(identifier),
        "runs": runs(made["code"]["id"]),
        "deleted": evaluators.delete_evaluator(identifier, request_options=ONCE),
        "gone": refused(lambda: read(identifier)),
        "unknown": refused(lambda: read("00000000-0000-4000-8000-00000000dead")),
        "counted_after": counted(name),
    }
    tell(seen)


main()
