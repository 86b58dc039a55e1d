"""A variant here is one templated model call, or work somebody else does; other dialects have chains of steps."""

from adapters.evalguard.quirks.values import compact
from adapters.notes import Fate
from adapters.scope import Scope
from schemas.experiment import StepKind
from schemas.json import Json, JsonObject

INPUT = "{{input}}"
"""What a variant without a template asks: the case itself."""


def steps_of(template: str | None, model: str | None, external: bool = False) -> list[JsonObject]:
    """The chain that is one templated call; `external`: that is left to the caller."""
    said = {"template": template, "model": model}
    kind = StepKind.WAIT if external else StepKind.COMPLETION
    return [{"kind": kind.value, "config": {name: value for name, value in said.items() if value is not None}}]


def template_of(steps: list[JsonObject]) -> str | None:
    """What a chain asks, as one text: its first template, or its first messages as JSON."""
    for name in ("template", "messages"):
        found = next((step["config"][name] for step in steps if step.get("config", {}).get(name) is not None), None)
        if found is not None:
            return found if isinstance(found, str) else compact(found)
    return None


def model_of(steps: list[JsonObject]) -> str | None:
    """The first model a chain names."""
    found = next((step["config"]["model"] for step in steps if step.get("config", {}).get("model") is not None), None)
    return found if found is None or isinstance(found, str) else compact(found)


def waits(steps: list[JsonObject]) -> bool:
    """Whether a chain leaves the work to the caller."""
    return bool(steps) and steps[0].get("kind") == StepKind.WAIT


def note_unsaid(steps: list[JsonObject], said: list[JsonObject], pointer: str, scope: Scope) -> None:
    """Note a chain that is more, or less, than the one templated call shown for it."""
    if steps != said:
        scope.note(Fate.COERCED, "", pointer, "a chain of steps is shown as one templated call")


def default_model(scope: Scope) -> str | None:
    """The configured model, where the request names none (reference section 4.1: no documented way to choose it)."""
    scope.note(Fate.DEFAULTED, "model", "variants/*/steps", "the configured default model")
    return scope.defaults.get("model")


def decode_run(fields: JsonObject, scope: Scope) -> JsonObject:
    """An eval run's `model`, `prompt` and `external` as its only variant."""
    steps = steps_of(fields.get("prompt"), fields.get("model"), bool(fields.get("external")))
    return {"variants": [{"steps": steps}]}


def encode_run(fields: JsonObject, scope: Scope) -> JsonObject:
    """The prompt and model of an experiment's only variant; `external` when the caller runs it."""
    variants: list[JsonObject] = fields.get("variants") or []
    steps = variants[0].get("steps", []) if variants else []
    prompt, model, external = template_of(steps), model_of(steps), waits(steps)
    if variants != [{"steps": steps_of(prompt, model, external)}]:
        scope.note(Fate.COERCED, "prompt", "variants", "a run is one prompt for one model here")
    said: JsonObject = {"model": model or "", "prompt": prompt if prompt is not None else ""}
    return {**said, "external": True} if external else said


def model_shared(variants: list[JsonObject]) -> str | None:
    """The model all variants name, None when they differ or name none."""
    models = {model_of(variant.get("steps") or []) for variant in variants}
    return models.pop() if len(models) == 1 else None


def with_model(variants: list[JsonObject], model: Json) -> list[JsonObject]:
    """The variants, each asking `model`."""
    if model is None:
        return variants
    return [
        {**variant, "steps": [{**step, "config": {**step["config"], "model": model}} for step in variant["steps"]]} for variant in variants
    ]
