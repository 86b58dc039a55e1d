"""Traces: times and tokens that belong together, the resume of a waiting one, and the answers of their lists."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

from adapters.base import Plan, Route
from adapters.codecs import parse_time
from adapters.http import Request, Response, json_response
from adapters.respan.quirks import spans
from adapters.respan.quirks.asking import ask, joined, optional
from adapters.respan.quirks.calling import Content
from adapters.respan.quirks.pages import linked
from adapters.respan.tables.common import TIME
from adapters.scope import Scope
from schemas.json import Json, JsonObject
from schemas.operations import Call, EvaluatorArgs, ExperimentArgs, ListRunsArgs, Op, RunArgs, UpdateRunArgs
from schemas.run import RunPatch
from schemas.status import RunStatus

# Documented, section 10: the file itself goes out by mail.
EXPORTING: JsonObject = {"message": "Exporting experiment logs. Check your email for the download link."}
_DIALECT = "respan"
_CONTENT = Content(required=True)
_CUT = ("input", "expected_output", "output")
_SLUG = "evaluator_slug"
_TYPE = "score_value_type"
_WORKFLOW_NAME = "workflow_name"


def read_times(given: JsonObject, scope: Scope) -> JsonObject:
    """Start, end and duration (seconds)."""
    found: JsonObject = {}
    for wire, canonical in (("start_time", "started_at"), ("end_time", "ended_at")):
        if wire in given:
            found[canonical] = None if given[wire] is None else TIME.decode(given[wire], scope.at(wire, canonical))
    if "duration" in given:
        found["latency_ms"] = None if given["duration"] is None else round(given["duration"] * 1000, 6)
    return found


def show_times(doc: JsonObject, scope: Scope) -> JsonObject:
    """The same; a placeholder that has not started shows when it was made, a run without latency the time between its ends."""
    if not {"started_at", "ended_at", "latency_ms"} & doc.keys():
        return {}
    start, end = doc.get("started_at") or doc.get("created_at"), doc.get("ended_at")
    seconds = _seconds(doc, scope)
    return {
        "start_time": None if start is None else TIME.encode(start, scope),
        "end_time": None if end is None else TIME.encode(end, scope),
        "duration": seconds,
    }


def _seconds(doc: JsonObject, scope: Scope) -> Json:
    if doc.get("latency_ms") is not None:
        return round(float(doc["latency_ms"]) / 1000, 6)
    start, end = doc.get("started_at"), doc.get("ended_at")
    if start is None or end is None:
        return None
    moments = [moment if hasattr(moment, "isoformat") else parse_time(moment, scope) for moment in (start, end)]
    spent: timedelta = moments[1] - moments[0]
    return max(0.0, round(spent.total_seconds(), 6))


def read_tokens(given: JsonObject, scope: Scope) -> JsonObject:
    """Token counts."""
    names = {"total_tokens": "total_tokens", "total_prompt_tokens": "prompt_tokens", "total_completion_tokens": "completion_tokens"}
    return {canonical: given[wire] for wire, canonical in names.items() if wire in given}


def show_tokens(doc: JsonObject, scope: Scope) -> JsonObject:
    """Token counts; 0 where nobody counted, because the clients add them up."""
    if not {"total_tokens", "prompt_tokens", "completion_tokens"} & doc.keys():
        return {}
    prompt, completion, total = doc.get("prompt_tokens") or 0, doc.get("completion_tokens") or 0, doc.get("total_tokens")
    return {
        "total_tokens": prompt + completion if total is None else total,
        "total_prompt_tokens": prompt,
        "total_completion_tokens": completion,
    }


def read_input(given: JsonObject, scope: Scope) -> JsonObject:
    """The input of a resume: the key is documented as required with null allowed, and null leaves the row's input alone."""
    return {} if given["input"] is None else {"input": given["input"]}


def say_input(doc: JsonObject, scope: Scope) -> JsonObject:
    """The other way round; the published clients always send the key."""
    return {"input": None if doc.get("input") is None else _CONTENT.encode(doc["input"], scope)}


def resume(call: Call, scope: Scope) -> Plan:
    """Submit the output of a waiting trace. What stands there already is kept where the body names nothing.

    A trace that does not wait any more is refused (the vendor documents nothing; its clients do not repeat a 400).
    """
    assert isinstance(call.args, RunArgs)
    assert isinstance(call.body, RunPatch)
    known = yield ask(call, Op.GET_RUN, call.args)
    args = UpdateRunArgs(run_id=call.args.run_id, experiment_id=call.args.experiment_id, waiting=True)
    more: dict[str, Any] = {"status": RunStatus.SUCCEEDED}
    if call.body.metadata is not None:
        more["metadata"] = {**(known.get("metadata") or {}), **call.body.metadata}
    if call.body.extensions:
        more["extensions"] = joined(known, call.body.extensions)
    run = yield ask(call, Op.UPDATE_RUN, args, call.body.model_copy(update=more))
    yield from _name_scores(call, [run])
    return run


def listed(call: Call, scope: Scope) -> Plan:
    """A page of runs whose scores name their evaluators; beside it the workflow's display name, which trees show."""
    assert isinstance(call.args, ListRunsArgs)
    reply = yield call
    yield from _name_scores(call, reply["items"])
    return {**reply, _WORKFLOW_NAME: (yield from _workflow_name(call, call.args.experiment_id))}


def detailed(call: Call, scope: Scope) -> Plan:
    """One run, likewise."""
    assert isinstance(call.args, RunArgs)
    run = yield call
    yield from _name_scores(call, [run])
    return {**run, _WORKFLOW_NAME: (yield from _workflow_name(call, str(call.args.experiment_id)))}


def _workflow_name(call: Call, experiment_id: str) -> Generator[Call, Any, Any]:
    experiment = yield ask(call, Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=experiment_id))
    return experiment.get("workflow_name")


def _name_scores(call: Call, runs: list[Any]) -> Generator[Call, Any, None]:
    yield from name_evaluators(call, [score for run in runs for score in run.get("scores") or []])


def name_evaluators(call: Call, entries: list[Any]) -> Generator[Call, Any, None]:
    """Give every score (or summary of scores) its evaluator's slug, name and own word for the kind of value, where the evaluator is kept."""
    known: dict[str, Any] = {}
    for entry in entries:
        reference = str(entry.get("evaluator_id") or entry.get("evaluator"))
        if reference not in known:
            known[reference] = yield from optional(ask(call, Op.GET_EVALUATOR, EvaluatorArgs(evaluator_id=reference)))
        if known[reference] is not None:
            _describe(entry, known[reference])


def _describe(entry: Any, evaluator: Any) -> None:
    said = {_SLUG: evaluator.get("slug"), _TYPE: evaluator.get("native_value_type")}
    before = entry.get("extensions") or {}
    added = {name: value for name, value in said.items() if value is not None}
    entry["extensions"] = {**before, _DIALECT: {**added, **(before.get(_DIALECT) or {})}}
    entry["evaluator_name"] = entry.get("evaluator_name") or evaluator.get("name")


def summary(call: Call, scope: Scope) -> Plan:
    """Figures whose evaluators are named."""
    reply = yield call
    yield from name_evaluators(call, reply["evaluators"])
    return reply


def histogram(call: Call, scope: Scope) -> Plan:
    """Bars whose evaluator is named."""
    reply = yield call
    yield from name_evaluators(call, [reply])
    return reply


def page(route: Route, request: Request, call: Call, reply: JsonObject, scope: Scope) -> Response:
    """The answer of a list of traces: with trees, with shortened texts, or the sentence about an export, as the query asks."""
    assert route.query is not None
    query: Any = route.query.model_validate(dict(request.query))
    if getattr(query, "export", False):
        return json_response(route.ok, EXPORTING)
    answer = linked(route, request, call, reply, scope)
    for run, trace in zip(reply["items"], answer["results"], strict=True):
        if query.detail:
            trace["span_tree"] = spans.tree(run, trace, reply.get(_WORKFLOW_NAME), scope)
        elif query.preview_length:
            trace.update((name, spans.cut(trace.get(name), query.preview_length)) for name in _CUT)
    return json_response(route.ok, answer)


def first_form_page(route: Route, request: Request, call: Call, reply: JsonObject, scope: Scope) -> Response:
    """The same at the older place: an export that has begun is 202 there (documented in the first form)."""
    assert route.query is not None
    query: Any = route.query.model_validate(dict(request.query))
    return json_response(202, EXPORTING) if query.export else page(route, request, call, reply, scope)


def one(route: Route, request: Request, call: Call, reply: JsonObject, scope: Scope) -> Response:
    """The answer of the detail call: the trace with its tree."""
    run = {name: value for name, value in reply.items() if name != _WORKFLOW_NAME}
    trace = route.reply.encode(run, scope)
    trace["span_tree"] = spans.tree(run, trace, reply.get(_WORKFLOW_NAME), scope)
    return json_response(route.ok, trace)
