"""Rows that come from logs: which traces an import means, and the rows they become.

The gateway keeps no request logs; the logs it has are the traces of all experiments (reports on datasets apart). Ids are looked up one by one; any
other filters, times and a percentage choose among all traces that are done. A percentage takes every so manieth trace, so that a repeated import takes
the same ones.
"""

from collections.abc import Generator
from typing import Any

from adapters.base import Plan
from adapters.respan.quirks.asking import ask, everything, optional
from adapters.respan.quirks.errors import bad_field
from adapters.respan.quirks.filters import condition
from adapters.respan.tables.common import TIME, TRACE_ID
from adapters.respan.tables.traces import FIELDS
from adapters.scope import Scope
from schemas.dataset import Example, NewExamples
from schemas.experiment import ExperimentForm
from schemas.json import Json, JsonObject
from schemas.operations import Call, ListExperimentsArgs, ListRunsArgs, Op, RunArgs

MOST = 10_000
"""How many rows one import takes."""

_LOG = "log_id"
_CHOICE = "logs"
_CHOOSING = ("filters", "start_time", "end_time", "sampling_percentage")
_FORMS: list[ExperimentForm] = [form for form in ExperimentForm if form is not ExperimentForm.REPORT]
_EXACT = ("", "in", "eq", "=", "==", "equals")


class Logs:
    """The choice of an import as one example that names it; the rows it stands for are found when it is carried out."""

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        said = {name: value[name] for name in _CHOOSING if value.get(name) is not None}
        checked(said, scope)
        return {"examples": [{"source": {_CHOICE: said}}]}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        choices: list[JsonObject] = [example["source"][_CHOICE] for example in value["examples"] if example.get("source")]
        return choices[0] if choices else {}


def checked(said: JsonObject, scope: Scope) -> ListRunsArgs:
    """The traces that are meant, as arguments of a list. Raises CrosswalkError for filters and times that nobody can read."""
    where = condition(said.get("filters"), FIELDS, scope)
    times = {name: TIME.decode(said[name], scope.at(name, name)) for name in ("start_time", "end_time") if said.get(name) is not None}
    return ListRunsArgs.model_validate({"experiment_id": "", "waiting": False, "where": where, **times})


def import_logs(call: Call, scope: Scope) -> Plan:
    """Add the traces that were chosen as rows."""
    assert isinstance(call.body, NewExamples)
    said: JsonObject = (call.body.examples[0].source or {})[_CHOICE]
    examples = yield from chosen(call, said, scope)
    if examples:
        yield ask(call, Op.ADD_EXAMPLES, call.args, NewExamples(examples=examples))
    return {"message": f"{len(examples)} log{'' if len(examples) == 1 else 's'} added to the dataset."}


def chosen(call: Call, said: JsonObject, scope: Scope) -> Generator[Call, Any, list[Example]]:
    """The traces that filters, times and a percentage choose, as examples, oldest first."""
    args = checked(said, scope)
    named = _ids(said)
    percent = float(said.get("sampling_percentage") or 100)
    runs = yield from (_sampled(call, args, percent) if named is None else _named(call, named, scope))
    return [Example(input=run["input"], output=run["output"], reference=run["reference"], source={_LOG: run["id"]}) for run in runs]


def _ids(said: JsonObject) -> list[str] | None:
    """The ids that are all a choice names, None when it says anything else."""
    filters = said.get("filters")
    if not isinstance(filters, dict) or len(filters) != 1 or set(said) != {"filters"}:
        return None
    ((field, given),) = filters.items()
    one: Json = given if isinstance(given, dict) else {"value": given}
    if field not in ("id", "unique_id", "trace_unique_id") or one.get("operator", "") not in _EXACT:
        return None
    value = one.get("value")
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _named(call: Call, references: list[str], scope: Scope) -> Generator[Call, Any, list[Any]]:
    found = []
    for reference in references:
        run = yield from optional(ask(call, Op.GET_RUN, RunArgs(run_id=TRACE_ID.decode(reference, scope))))
        if run is not None:
            found.append(run)
    return found


def _sampled(call: Call, args: ListRunsArgs, percent: float) -> Generator[Call, Any, list[Any]]:
    experiments = yield from everything(call, Op.LIST_EXPERIMENTS, ListExperimentsArgs(flat=True, forms=_FORMS))
    found: list[Any] = []
    place = 0
    for experiment in reversed(experiments):
        runs = yield from everything(call, Op.LIST_RUNS, args.model_copy(update={"experiment_id": experiment["id"]}))
        for run in reversed(runs):
            if int((place + 1) * percent / 100) > int(place * percent / 100):
                found.append(run)
            place += 1
        if len(found) > MOST:
            raise bad_field("filters", f"More logs are meant than the {MOST} that one import takes: narrow the filters or the times.")
    return found
