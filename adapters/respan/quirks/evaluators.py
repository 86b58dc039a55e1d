"""Evaluators: how they judge, what their scores are, their versions."""

import hashlib
from collections.abc import Mapping
from typing import Any

from adapters.base import Plan, Route
from adapters.codecs import Vocabulary
from adapters.http import Request, Response, json_response
from adapters.mapping import ABSENT
from adapters.respan.quirks.asking import ask, joined, optional
from adapters.respan.quirks.fields import extension
from adapters.respan.quirks.values import VALUE_TYPES
from adapters.respan.tables.common import EVALUATOR_ID
from adapters.scope import Scope
from schemas.document import NewDocument
from schemas.errors import Code, CrosswalkError, Reason
from schemas.evaluator import EvaluatorKind, EvaluatorPatch
from schemas.ids import Kind, dashed
from schemas.json import Json, JsonObject
from schemas.operations import Call, DocumentArgs, EvaluatorArgs, Op, PutDocumentArgs

# A scorer of the gateway's own is a rule; nothing here stands nearer to it than code.
KINDS = Vocabulary(
    {"llm": EvaluatorKind.LLM, "code": EvaluatorKind.CODE, "human": EvaluatorKind.HUMAN},
    otherwise={EvaluatorKind.BUILTIN: "code", EvaluatorKind.COMPOSITE: "code"},
)
VERSIONS = "evaluator_version"
"""The kind of document that keeps a committed version."""

# Code is never executed and people are not asked: a run of these is refused, where the same in an experiment is an error of its score.
_NOT_RUN = (EvaluatorKind.CODE, EvaluatorKind.HUMAN)
_CLASSES: Mapping[str, EvaluatorKind] = {"keywordsai_custom_llm": EvaluatorKind.LLM, "custom_code": EvaluatorKind.CODE}
_LLM_NAMES = {"model": "model", "evaluator_definition": "template", "scoring_rubric": "rubric"}
_LEGACY_NAMES = {"llm_engine": "model", "evaluator_definition": "template", "scoring_rubric": "rubric"}
_LEGACY_SCORES = ("min_score", "max_score", "passing_score")
_NOT_COMMITTED = ("created_at", "updated_at", "extensions")
_REPLACED: JsonObject = {
    **dict.fromkeys(("description", "scale", "threshold", "passing")),
    "definition": {},
    "choices": [],
}
CATEGORICAL = "categorical"
_AT_LEAST = ("gte", "gt", ">=", ">")


def read_definition(given: JsonObject, scope: Scope) -> JsonObject:
    """Type and definition. Without a type the class or the kind of definition tells."""
    found: JsonObject = {}
    kind = _kind(given, scope)
    if kind is not None:
        found["kind"] = kind.value
    if given.get("llm_config"):
        found["definition"] = _taken(given["llm_config"], _LLM_NAMES)
    elif given.get("code_config"):
        code = given["code_config"]
        found["definition"] = {
            **{name: code[name] for name in code if name != "eval_code_snippet"},
            "snippet": code.get("eval_code_snippet"),
        }
    elif given.get("configurations"):
        legacy = {name: value for name, value in given["configurations"].items() if name not in _LEGACY_SCORES}
        options = legacy.pop("model_options", None) or {}
        found["definition"] = _taken({**legacy, **options}, _LEGACY_NAMES)
    if given.get("configurations"):
        found[f"extensions/{scope.dialect}/configurations"] = given["configurations"]
    if given.get("eval_class"):
        found[f"extensions/{scope.dialect}/eval_class"] = given["eval_class"]
    return found


def _kind(given: JsonObject, scope: Scope) -> EvaluatorKind | None:
    if given.get("type"):
        return EvaluatorKind(KINDS.decode(given["type"], scope.at("type", "kind")))
    if given.get("eval_class") in _CLASSES:
        return _CLASSES[given["eval_class"]]
    if given.get("code_config"):
        return EvaluatorKind.CODE
    return EvaluatorKind.LLM if given.get("llm_config") or given.get("configurations") else None


def _taken(config: JsonObject, names: Mapping[str, str]) -> JsonObject:
    said = {names[name]: value for name, value in config.items() if name in names}
    parameters = {name: value for name, value in config.items() if name not in names}
    return {**said, "parameters": parameters} if parameters else said


def show_definition(doc: JsonObject, scope: Scope) -> JsonObject:
    """The configuration that belongs to the type."""
    if "kind" not in doc:
        return {}
    kind, definition = EvaluatorKind(doc["kind"]), doc.get("definition") or {}
    said: JsonObject = {"type": KINDS.encode(kind.value, scope.at("type", "kind"))}
    if kind is EvaluatorKind.LLM and definition:
        names = {canonical: wire for wire, canonical in _LLM_NAMES.items()}
        config = {names[name]: value for name, value in definition.items() if name in names and value is not None}
        said["llm_config"] = {**config, **(definition.get("parameters") or {})}
    elif kind is EvaluatorKind.CODE and definition:
        rest = {name: value for name, value in definition.items() if name != "snippet"}
        said["code_config"] = {"eval_code_snippet": definition.get("snippet"), **rest}
    for name in ("configurations", "eval_class"):
        kept = extension(doc, scope, name)
        if kept is not ABSENT:
            said[name] = kept
    return said


def read_type(given: JsonObject, scope: Scope) -> JsonObject:
    """What kind of value the scores are; the older words are kept beside the meaning."""
    word = given.get("score_value_type")
    if word is None:
        return {}
    meaning = VALUE_TYPES.decode(word, scope.at("score_value_type", "value_type"))
    return {"value_type": meaning, "native_value_type": word if VALUE_TYPES.encode(meaning, scope) != word else None}


def show_type(doc: JsonObject, scope: Scope) -> JsonObject:
    """The word it came with, where that is one of this dialect's and still true."""
    if "value_type" not in doc:
        return {}
    native, meaning = doc.get("native_value_type"), doc["value_type"]
    known = VALUE_TYPES.words.get(native) if isinstance(native, str) else None
    return {"score_value_type": native if known == meaning else VALUE_TYPES.encode(meaning, scope)}


def read_scale(given: JsonObject, scope: Scope) -> JsonObject:
    """Bounds and choices, from either of the two places choices stand in."""
    config = given.get("score_config") or given.get("configurations") or {}
    found: JsonObject = {}
    if "min_score" in config or "max_score" in config:
        found["scale"] = {"minimum": config.get("min_score"), "maximum": config.get("max_score")}
    choices = config.get("choices") or given.get("categorical_choices")
    if choices is not None or "choices" in config:
        found["choices"] = choices or []
    return found


def show_scale(doc: JsonObject, scope: Scope) -> JsonObject:
    """Bounds and choices; categorical evaluators show the choices in their older place, too."""
    if "scale" not in doc and "choices" not in doc:
        return {}
    scale, choices = doc.get("scale"), doc.get("choices") or []
    bounds = {"min_score": (scale or {}).get("minimum"), "max_score": (scale or {}).get("maximum")}
    said: JsonObject = {"score_config": {**bounds, "choices": choices} if scale or choices else None}
    if doc.get("native_value_type") == CATEGORICAL:
        said["categorical_choices"] = choices
    return said


def read_passing(given: JsonObject, scope: Scope) -> JsonObject:
    """When a score passes; a lower bound of the primary score is a threshold. The legacy form says it as a number."""
    found: JsonObject = {}
    if "passing_conditions" in given:
        found["passing"] = given["passing_conditions"]
        primary = (given["passing_conditions"] or {}).get("primary_score")
        bound = primary.get("value") if isinstance(primary, dict) and primary.get("operator") in _AT_LEAST else None
        found["threshold"] = bound if isinstance(bound, int | float) and not isinstance(bound, bool) else None
    elif isinstance((given.get("configurations") or {}).get("passing_score"), int | float):
        found["threshold"] = given["configurations"]["passing_score"]
    return found


def show_passing(doc: JsonObject, scope: Scope) -> JsonObject:
    """The conditions as they were said, or the threshold as one."""
    if "passing" not in doc and "threshold" not in doc:
        return {}
    passing = doc.get("passing")
    if passing is None and doc.get("threshold") is not None:
        passing = {"primary_score": {"operator": "gte", "value": doc["threshold"]}}
    return {"passing_conditions": passing}


def version(doc: JsonObject, scope: Scope) -> Json:
    """The number of the version in hand; the first draft is 1."""
    return 1


def version_id(doc: JsonObject, scope: Scope) -> Json:
    """An id of the version, made from the evaluator's and the number."""
    number = extension(doc, scope, "version")
    text = f"{doc.get('id')}/{1 if number is ABSENT else number}"
    return dashed(hashlib.blake2b(text.encode(), digest_size=16).hexdigest())


def not_read_only(doc: JsonObject, scope: Scope) -> Json:
    """The draft can be edited."""
    return False


def no_description(doc: JsonObject, scope: Scope) -> Json:
    """A draft has no description of its version; documented replies leave the field out, too."""
    return ABSENT if "kind" not in doc or "version" not in doc else None


def update(call: Call, scope: Scope) -> Plan:
    """Change what the body names; what this dialect alone says joins what it said before."""
    assert isinstance(call.args, EvaluatorArgs)
    assert isinstance(call.body, EvaluatorPatch)
    known = yield ask(call, Op.GET_EVALUATOR, call.args)
    return (yield _patched(call, known, call.body))


def _patched(call: Call, known: Any, patch: EvaluatorPatch) -> Call:
    if patch.extensions:
        patch = patch.model_copy(update={"extensions": joined(known, patch.extensions)})
    return ask(call, Op.UPDATE_EVALUATOR, EvaluatorArgs(evaluator_id=known["id"]), patch)


def replace(call: Call, scope: Scope) -> Plan:
    """PUT: what the body leaves out is set back; name, slug and kinds stay, an evaluator cannot do without them."""
    assert isinstance(call.body, EvaluatorPatch)
    absent = {name: value for name, value in _REPLACED.items() if name not in call.body.model_fields_set}
    return (yield from update(ask(call, call.op, call.args, call.body.model_copy(update=absent)), scope))


def delete(call: Call, scope: Scope) -> Plan:
    """Delete with the committed versions."""
    assert isinstance(call.args, EvaluatorArgs)
    known = yield ask(call, Op.GET_EVALUATOR, call.args)
    done = yield call
    yield from optional(ask(call, Op.DELETE_DOCUMENT, DocumentArgs(kind=VERSIONS, key=known["id"])))
    return done


def run(call: Call, scope: Scope) -> Plan:
    """Judge one thing; the answer shows the evaluator beside the score."""
    assert isinstance(call.args, EvaluatorArgs)
    evaluator = yield ask(call, Op.GET_EVALUATOR, call.args)
    score = yield call
    if evaluator["kind"] in _NOT_RUN:
        message = score.get("error") or f"Evaluators of type {evaluator['kind']} are not run here."
        raise CrosswalkError(Code.UNSUPPORTED, message, None, Kind.EVALUATOR, EVALUATOR_ID.encode(evaluator["id"], scope))
    return {**score, "judge": evaluator}


def _number(known: Any, scope: Scope) -> int:
    number = extension(known, scope, "version")
    return 1 if number is ABSENT else int(number)


def commit(call: Call, scope: Scope) -> Plan:
    """Freeze the draft as a version with a description, and go on with the next draft, changed as the body says."""
    assert isinstance(call.args, EvaluatorArgs)
    assert isinstance(call.body, EvaluatorPatch)
    known = yield ask(call, Op.GET_EVALUATOR, call.args)
    number = _number(known, scope)
    said = call.body.extensions or {}
    own = dict(said.get(scope.dialect) or {})
    frozen = {name: value for name, value in known.items() if name not in _NOT_COMMITTED}
    frozen["extensions"] = {
        scope.dialect: {
            **((known.get("extensions") or {}).get(scope.dialect) or {}),
            "version": number,
            "is_read_only": True,
            "version_description": own.pop("version_description", None),
        }
    }
    frozen["created_at"] = known["updated_at"].isoformat() if known.get("updated_at") else None
    yield ask(call, Op.PUT_DOCUMENT, PutDocumentArgs(kind=VERSIONS, key=known["id"], version=number), NewDocument(body=frozen))
    patch = call.body.model_copy(update={"extensions": {**said, scope.dialect: {**own, "version": number + 1}}})
    return (yield _patched(call, known, patch))


def versions(call: Call, scope: Scope) -> Plan:
    """Every version, newest first: the draft, then what was committed."""
    assert isinstance(call.args, EvaluatorArgs)
    known = yield ask(call, Op.GET_EVALUATOR, call.args)
    items = [known]
    for number in range(_number(known, scope) - 1, 0, -1):
        found = yield from optional(ask(call, Op.GET_DOCUMENT, DocumentArgs(kind=VERSIONS, key=known["id"], version=number)))
        items += [found["body"]] if found is not None else []
    return {"items": items, "total": len(items)}


def versions_page(route: Route, request: Request, call: Call, reply: JsonObject, scope: Scope) -> Response:
    """One page of the versions."""
    assert route.query is not None
    query: Any = route.query.model_validate(dict(request.query))
    start = (query.page - 1) * query.page_size
    return json_response(route.ok, route.reply.encode({**reply, "items": reply["items"][start : start + query.page_size]}, scope))


def one_version(call: Call, scope: Scope) -> Plan:
    """The draft, or a committed version."""
    assert isinstance(call.args, DocumentArgs)
    known = yield ask(call, Op.GET_EVALUATOR, EvaluatorArgs(evaluator_id=str(call.args.key)))
    if call.args.version == _number(known, scope):
        return known
    found = yield ask(call, Op.GET_DOCUMENT, call.args.model_copy(update={"key": known["id"]}))
    return found["body"]


def draft_call(call: Call, scope: Scope, patch: JsonObject, wholly: bool) -> Plan:
    """Change a version, which must be the draft: what was committed stays as it is."""
    assert isinstance(call.args, DocumentArgs)
    one = EvaluatorArgs(evaluator_id=str(call.args.key))
    known = yield ask(call, Op.GET_EVALUATOR, one)
    if call.args.version != _number(known, scope):
        yield ask(call, Op.GET_DOCUMENT, call.args.model_copy(update={"key": known["id"]}))
        message = "This version has been committed and is read-only."
        raise CrosswalkError(Code.CONFLICT, message, Reason.TERMINAL, Kind.EVALUATOR, EVALUATOR_ID.encode(known["id"], scope))
    change = replace if wholly else update
    return (yield from change(ask(call, Op.UPDATE_EVALUATOR, one, EvaluatorPatch.model_validate(patch)), scope))
