"""What is said about an experiment in several fields at once: steps, evaluators, whether it starts."""

from collections.abc import Mapping

from adapters.codecs import Vocabulary
from adapters.notes import Fate
from adapters.respan.quirks.errors import bad_field
from adapters.respan.quirks.fields import extension
from adapters.respan.tables.common import EVALUATOR_ID, EXPERIMENT_ID, PROMPT_ID, VERSION_ID
from adapters.scope import Scope
from schemas.experiment import StepKind
from schemas.json import Json, JsonObject

# Current spelling first. `custom` is the first form's `wait`; its config is informational (documented), so it is kept and changes nothing.
STEP_TYPES = Vocabulary(
    {
        "prompt": StepKind.PROMPT,
        "completion": StepKind.COMPLETION,
        "eval": StepKind.EVAL,
        "condition": StepKind.CONDITION,
        "wait": StepKind.WAIT,
        "duplicate": StepKind.DUPLICATE,
        "evaluator": StepKind.EVAL,
        "custom": StepKind.WAIT,
    }
)
# Config keys that are called otherwise in the canonical step, and the ids among them.
_RENAMED: Mapping[StepKind, Mapping[str, str]] = {StepKind.EVAL: {"evaluator_slug": "evaluator"}}
_IDS = {(StepKind.EVAL, "evaluator"): EVALUATOR_ID, (StepKind.PROMPT, "prompt_id"): PROMPT_ID}
# A step that cannot do anything without one of these is refused (documented as required).
_NEEDED = {StepKind.PROMPT: ("prompt_id", "prompt_slug"), StepKind.EVAL: ("evaluator_slug",)}
# A marker, kept with an experiment whose creator used the first form's key: such clients read `workflows` back.
FIRST_FORM = "workflows"

GROUP = "group_id"
"""Where metadata names the group that an experiment is a variant of: this dialect has no groups."""


class Step:
    """One `{"type", "config"}` of a workflow."""

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        word, config = value.get("type"), value.get("config") or {}
        if word not in STEP_TYPES.words:
            raise bad_field("workflow", f"Unknown step type: {str(word)[:100]}. Known: {', '.join(STEP_TYPES.words)}.", word)
        kind = StepKind(STEP_TYPES.words[word].value)
        needed = _NEEDED.get(kind, ())
        if needed and not any(config.get(name) for name in needed):
            raise bad_field("workflow", f"A {word} step needs {' or '.join(needed)} in its config.", None)
        names = _RENAMED.get(kind, {})
        said = {names.get(name, name): content for name, content in config.items()}
        return {"kind": kind.value, "config": {name: self._id(kind, name, text, scope, "decode") for name, text in said.items()}}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        kind, config = StepKind(value["kind"]), value.get("config") or {}
        names = {canonical: wire for wire, canonical in _RENAMED.get(kind, {}).items()}
        said = {name: self._id(kind, name, text, scope, "encode") for name, text in config.items()}
        return {"type": STEP_TYPES.encode(kind.value, scope), "config": {names.get(name, name): text for name, text in said.items()}}

    def _id(self, kind: StepKind, name: str, value: Json, scope: Scope, way: str) -> Json:
        codec = _IDS.get((kind, name))
        if codec is None or not isinstance(value, str):
            return value
        return codec.decode(value, scope) if way == "decode" else codec.encode(value, scope)


STEP = Step()


def read_workflow(given: JsonObject, scope: Scope) -> JsonObject:
    """`workflow`, or `workflows` as the first form calls it, as one unnamed variant."""
    steps = given.get("workflow", given.get("workflows"))
    if steps is None:
        return {}
    read = [STEP.decode(step, scope) for step in steps]
    found: JsonObject = {"variants": [{"steps": read}] if read else []}
    if given.get("workflow") is None and scope.dialect:
        found[f"extensions/{scope.dialect}/{FIRST_FORM}"] = True
    return found


def say_workflow(doc: JsonObject, scope: Scope) -> JsonObject:
    """The steps of the first variant; this dialect knows one per experiment and lists a group's variants one by one."""
    if "variants" not in doc:
        return {}
    variants = doc["variants"] or []
    if len(variants) > 1:
        scope.note(Fate.LOST, "workflow", "variants", "one workflow an experiment; every variant is an experiment of its own")
    elif variants and variants[0].get("name"):
        scope.note(Fate.LOST, "workflow", "variants/*/name", "a workflow has no name")
        scope.note(Fate.LOST, "workflow", "variants/*/id", "a workflow has no id")
    steps = variants[0].get("steps") or [] if variants else []
    return {"workflow": [STEP.encode(step, scope) for step in steps]}


def say_repetitions(doc: JsonObject, scope: Scope) -> JsonObject:
    """Every row runs once here."""
    if "repetitions" in doc:
        scope.note(Fate.LOST if (doc["repetitions"] or 1) > 1 else Fate.DEFAULTED, "", "repetitions", "every row runs once")
    return {}


def show_workflow(doc: JsonObject, scope: Scope) -> JsonObject:
    """The same in a reply, and under the older key for whoever used it."""
    said = say_workflow(doc, scope)
    if not said:
        return {}
    if extension(doc, scope, FIRST_FORM):
        said["workflows"] = said["workflow"]
    return said


def count_steps(doc: JsonObject, scope: Scope) -> Json:
    """How many steps an experiment has."""
    variants = doc.get("variants") or []
    return len(variants[0].get("steps") or []) if variants else 0


def read_evaluators(given: JsonObject, scope: Scope) -> JsonObject:
    """The evaluators an experiment names. Ids win over slugs (recorded), and neither goes together with pipelines (documented)."""
    names, pipelines = given.get("evaluator_ids"), given.get("evaluator_workflow_ids")
    if not names:
        names = given.get("evaluator_slugs") or names
    if names and pipelines:
        raise bad_field("evaluator_workflow_ids", "Use either evaluator_ids (or evaluator_slugs) or evaluator_workflow_ids, not both.")
    if names and given.get("workflow", given.get("workflows")) == []:
        raise bad_field("workflow", "This list may not be empty.", [])
    found: JsonObject = {}
    if names is not None:
        found["evaluators"] = [{"evaluator": EVALUATOR_ID.decode(name, scope)} for name in names]
    if pipelines is not None:
        found["pipelines"] = pipelines
    return found


def say_evaluators(doc: JsonObject, scope: Scope) -> JsonObject:
    """The evaluators as a request names them."""
    said: JsonObject = {}
    if "evaluators" in doc:
        uses = [use for use in doc["evaluators"] or [] if not use.get("pipeline")]
        if any(use.get("parameters") for use in uses):
            scope.note(Fate.LOST, "evaluator_ids", "evaluators/*/parameters", "an evaluator is named without parameters")
        said["evaluator_ids"] = [EVALUATOR_ID.encode(use["evaluator"], scope) for use in uses]
    pipelines = [use["pipeline"] for use in doc.get("evaluators") or [] if use.get("pipeline")]
    if "pipelines" in doc or pipelines:
        own = [VERSION_ID.encode(name, scope) for name in dict.fromkeys(pipelines)]
        said["evaluator_workflow_ids"] = [*(doc.get("pipelines") or []), *own]
    return said


def show_evaluators(doc: JsonObject, scope: Scope) -> JsonObject:
    """The evaluators in a reply: ids and slugs are one list (recorded)."""
    said = say_evaluators(doc, scope)
    if "evaluator_ids" in said:
        said["evaluator_slugs"] = said["evaluator_ids"]
    return said


class Draft:
    """Whether a definition starts at once: with a dataset and at least one step it does, otherwise it is kept as a draft (client code)."""

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        dataset = value.get("dataset_id") or value.get("dataset")
        return {"draft": not (dataset and (value.get("workflow") or value.get("workflows")))}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        if value.get("draft"):
            scope.note(Fate.EMULATED, "", "draft", "a complete definition starts at once here")
        return {}


def read_error(given: JsonObject, scope: Scope) -> JsonObject:
    """`error_message`; empty when nothing went wrong."""
    return {"error": given["error_message"] or None}


def show_error(doc: JsonObject, scope: Scope) -> JsonObject:
    """What went wrong; an experiment that ended with failed runs, which is `completed` here, says how many."""
    if "error" not in doc and "counts" not in doc:
        return {}
    counts = doc.get("counts") or {}
    if counts:
        scope.note(Fate.LOST, "", "counts", "figures come with the summary")
    failed = counts.get("failed") if doc.get("status") == "completed_with_errors" else 0
    summary = f"{failed} of {counts.get('expected', failed)} traces failed." if failed else ""
    return {"error_message": doc.get("error") or summary}


def read_identity(given: JsonObject, scope: Scope) -> JsonObject:
    """Id and name of an experiment."""
    found = {name: given[name] for name in ("name",) if name in given}
    if given.get("id") is not None:
        found["id"] = EXPERIMENT_ID.decode(given["id"], scope)
    return found


def show_identity(doc: JsonObject, scope: Scope) -> JsonObject:
    """The id (a caller's own when it chose one) and the name, which is made from the id when there is none (client code)."""
    identifier = doc.get("alias") or doc.get("id")
    if identifier is None:
        return {}
    if not doc.get("name"):
        scope.note(Fate.DEFAULTED, "name", "name", "made from the id")
    return {"id": identifier, "name": doc.get("name") or f"Experiment {identifier[-8:]}"}


def read_metadata(given: JsonObject, scope: Scope) -> JsonObject:
    """Metadata, and the group that an experiment says there it belongs to."""
    said = given["metadata"]
    if not isinstance(said, dict) or GROUP not in said:
        return {"metadata": said}
    return {
        "metadata": {name: value for name, value in said.items() if name != GROUP},
        "group_id": EXPERIMENT_ID.decode(said[GROUP], scope),
    }


def show_metadata(doc: JsonObject, scope: Scope) -> JsonObject:
    """Metadata; an experiment that is one variant of a group names the group there."""
    if "metadata" not in doc:
        return {}
    group = doc.get("group_id")
    return {"metadata": {**(doc["metadata"] or {}), GROUP: group} if group else doc["metadata"]}
