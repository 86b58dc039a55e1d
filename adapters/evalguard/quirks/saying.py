"""Our own requests: what the vendor is told, strictly, and what it cannot be told."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from adapters.codecs import HexId
from adapters.evalguard.quirks import scores, variants
from adapters.evalguard.quirks.values import Text, compact
from adapters.evalguard.wire.base import UUID_PATTERN
from adapters.mapping import ABSENT, says_something
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError
from schemas.experiment import StepKind
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.status import RunStatus

EXTERNAL = "external"
"""Stands for the model of a run that somebody else makes: the field is required (reference section 6.1)."""

_UUID = re.compile(UUID_PATTERN)
_NAMES = re.compile(r"\{\{\s*([A-Za-z0-9_.]+)\s*\}\}")
_STEPS = "variants/*/steps"


@dataclass(frozen=True)
class AnyText(Text):
    """A text, where null is one, too."""

    takes_null = True


@dataclass(frozen=True)
class Project:
    """A project of the account. What is no project id of the vendor's is not told: the account's own stands in."""

    def decode(self, value: Json, scope: Scope) -> Json:
        return value

    def encode(self, value: Json, scope: Scope) -> Json:
        if isinstance(value, str) and _UUID.match(value):
            return value
        scope.note(Fate.LOST, "", "", "no project of the vendor's")
        return ABSENT


@dataclass(frozen=True)
class Head:
    """The id of an experiment, from its own or from that of one of its variants."""

    def decode(self, value: Json, scope: Scope) -> Json:
        return value

    def encode(self, value: Json, scope: Scope) -> str:
        return HexId(Kind.EXPERIMENT, dashes=True).encode(str(value).partition("/")[0], scope)


def nothing(fields: JsonObject, scope: Scope) -> JsonObject:
    """For what is heeded without being said."""
    return {}


def kept(fields: JsonObject, scope: Scope) -> JsonObject:
    """For what is not said and has to come back."""
    for name, value in fields.items():
        if says_something(name, value):
            scope.note(Fate.COERCED, "", name.partition("/")[0], "kept beside the run")
    return {}


def waits_for_caller(definition: JsonObject) -> bool:
    """Whether every variant is left to the caller."""
    chains = [variant.get("steps") or [] for variant in definition.get("variants") or ()]
    return bool(chains) and all(chain and all(step["kind"] == StepKind.WAIT for step in chain) for chain in chains)


def say_run(fields: JsonObject, scope: Scope) -> JsonObject:
    """The one prompt and model of a run. What is more than that would not happen, and is named as lost."""
    given: list[JsonObject] = fields.get("variants") or []
    steps = given[0].get("steps") or [] if given else []
    if waits_for_caller({"variants": given}):
        said: JsonObject = {
            "model": variants.model_of(steps) or EXTERNAL,
            "prompt": variants.template_of(steps) or variants.INPUT,
            "external": True,
        }
        if given != [{"steps": variants.steps_of(said["prompt"], said["model"], external=True)}]:
            scope.note(Fate.COERCED, "prompt", "variants", "a run made by its caller is a prompt and a model here")
        return said
    template = prompt_of(steps, scope)
    if len(given) != 1:
        scope.note(Fate.LOST, "", _STEPS, "a run is one prompt for one model here")
    model = variants.model_of(steps) or variants.default_model(scope)
    if given != [{"steps": variants.steps_of(template, model)}]:
        scope.note(Fate.COERCED, "prompt", "variants", "a run is one prompt for one model here")
    return {"model": model or "", "prompt": template}


def prompt_of(steps: list[JsonObject], scope: Scope) -> str:
    """What a chain asks, when it is one templated call; the rest is named as lost."""
    kinds = [step["kind"] for step in steps]
    if kinds not in ([StepKind.COMPLETION], [StepKind.PROMPT, StepKind.COMPLETION], [StepKind.PROMPT]):
        scope.note(Fate.LOST, "", _STEPS, "a variant is one templated call here")
    template = variants.INPUT
    for step in steps:
        config = {name: value for name, value in (step.get("config") or {}).items() if value is not None}
        template = _template(config, template)
        if config.keys() - {"template", "messages", "model"}:
            scope.note(Fate.LOST, "", _STEPS, "a templated call has no parameters here")
        if _messages(config) > 1:
            scope.note(Fate.LOST, "", _STEPS, "a prompt is one text here")
    if set(_NAMES.findall(template)) - {"input"}:
        scope.note(Fate.LOST, "", _STEPS, "only {{input}} is filled in here")
    return template


def _template(config: JsonObject, otherwise: str) -> str:
    template, messages = config.get("template"), config.get("messages")
    if isinstance(template, str):
        return template
    if isinstance(messages, list) and messages and isinstance(messages[-1], dict) and isinstance(messages[-1].get("content"), str):
        return str(messages[-1]["content"])
    return otherwise


def _messages(config: JsonObject) -> int:
    messages = config.get("messages")
    return 0 if not isinstance(messages, list) else len(messages) if all(m.get("role") == "user" for m in messages) else 2


def say_variants(fields: JsonObject, scope: Scope) -> JsonObject:
    """The named templates of a prompt experiment; no documented field names a model (reference section 4.1)."""
    shown = []
    for place, variant in enumerate(fields.get("variants") or (), 1):
        steps = variant.get("steps") or []
        if variants.model_of(steps) is not None:
            scope.note(Fate.LOST, "", _STEPS, "no model can be named here")
        shown.append({"name": variant.get("name") or f"variant {place}", "template": prompt_of(steps, scope)})
    scope.note(Fate.COERCED, "variants", "variants", "a variant is one template here")
    return {"variants": shown}


def say_cases(fields: JsonObject, scope: Scope) -> JsonObject:
    """The cases of a run: input and expected answer, both texts (documented)."""
    cases = []
    for example in fields.get("examples") or ():
        if any(not isinstance(example.get(name), str | None) for name in ("input", "reference")):
            scope.note(
                Fate.COERCED, "cases", "", "an input or an expected answer is shown as JSON text, because only texts can be said here"
            )
        case = {"input": _text(example.get("input"))}
        reference = example.get("reference")
        cases.append(case if reference is None else {**case, "expectedOutput": _text(reference)})
    return {"cases": cases}


def _text(value: Json) -> str:
    return value if isinstance(value, str) else compact(value)


def say_scorers(fields: JsonObject, scope: Scope) -> JsonObject:
    """The names of the scorers. Nobody judges the rows of a run that its caller makes."""
    given = fields.get("evaluators") or []
    if given and waits_for_caller(fields):
        scope.note(Fate.LOST, "", "evaluators", "the rows of a run that its caller makes are judged by the caller")
        return {"scorers": []}
    if any(use.get("parameters") for use in given):
        scope.note(Fate.LOST, "", "evaluators/*/parameters", "scorers take no parameters here")
    names = [scorer(use["evaluator"]) for use in given]
    if names != [use["evaluator"] for use in given]:
        scope.note(Fate.COERCED, "scorers", "evaluators", "a scorer's name has hyphens here")
    return {"scorers": names}


def scorer(name: str) -> str:
    """A scorer's name as the registry spells it."""
    return name.strip().replace("_", "-")


def say_outcome(fields: JsonObject, scope: Scope) -> JsonObject:
    """One figure and one verdict; that a case could not be run is told nowhere and has to come back."""
    if fields.get("error") is not None or fields.get("status") == RunStatus.FAILED:
        for name in ("error", "status"):
            scope.note(Fate.COERCED, "", name, "a result that failed has no field of its own here")
    threshold = scores.threshold_of(scope)
    return {"score": scores.score_of(fields, threshold), "passed": scores.passed_of(fields, threshold)}


def is_vendors(names: Iterable[str], known: set[str]) -> list[str]:
    """The scorers among `names` that the vendor does not have."""
    return [name for name in names if scorer(name) not in known]


def refused(title: str, names: list[str]) -> CrosswalkError:
    """The error that names scorers the vendor does not have."""
    from schemas.errors import Issue

    message = f"{title} has no scorer {', '.join(name[:100] for name in names)}: the experiment would not be judged as asked."
    return CrosswalkError(Code.LOSS_REFUSED, message, issues=(Issue(("evaluators",), message, "lost"),))


def said(model: Any) -> JsonObject:
    """What a body says."""
    document: JsonObject = model.model_dump(exclude_unset=True)
    return document
