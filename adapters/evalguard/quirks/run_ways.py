"""Runs and scores by the vendor's calls: a case has one result, which is written as a whole and goes by the case's index (reference section 6.5)."""

from collections.abc import Generator, Iterable
from typing import Any

from adapters.base import DOUBTFUL, Plan
from adapters.evalguard.quirks import saying
from adapters.evalguard.quirks.dataset_ways import cases_of
from adapters.evalguard.quirks.experiment_ways import OURS, ours
from adapters.evalguard.quirks.values import compact
from adapters.scope import Scope
from schemas.errors import Code, CrosswalkError, Reason, invalid, unknown
from schemas.experiment import ExperimentPatch
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import AddRunArgs, Call, ListRunsArgs, Op, PutScoreArgs, RunArgs, ScoreArgs
from schemas.run import NewRun, NewRuns, NewScore, RunPatch
from schemas.status import ExperimentStatus, RunStatus

MOST = 1000
"""Rows of one upload (seen in client)."""

ATTEMPTS = 3
"""How often what was written is looked for."""

Steps = Generator[Call, Any, Any]


def run_id(experiment_id: str, position: int) -> str:
    """What stands for the vendor's id of a result: a row's own may change when it is written again."""
    return f"{experiment_id}/{position}"


def owner(native: str) -> str:
    """The experiment of a result."""
    return native.rpartition("/")[0]


def with_ids(call: Call, reply: Json) -> Json:
    """Results with the ids that follow from their experiment and place."""
    experiment = getattr(call.args, "experiment_id", "")
    return {
        **reply,
        "items": [{**run, "id": run_id(run.get("variant_id") or experiment, run["example_position"])} for run in reply["items"]],
    }


def with_doubtful(call: Call, reply: Json) -> Json:
    """An experiment with the ids, instead of the places, of results that may be of runs that failed."""
    experiment = getattr(call.args, "experiment_id", "")
    return {**reply, DOUBTFUL: [run_id(experiment, place) for place in reply[DOUBTFUL]]} if DOUBTFUL in reply else reply


def uploaded_ids(call: Call, reply: Json) -> Json:
    """The ids of uploaded results."""
    experiment = getattr(call.args, "experiment_id", "")
    return {**reply, "ids": [run_id(experiment, run.example_position or 0) for run in getattr(call.body, "runs", ())]}


def rows(call: Call, scope: Scope) -> Plan:
    """The results of a run, last case first, each with its example; cases that wait for their result, too, where they were announced."""
    args = call.args
    assert isinstance(args, ListRunsArgs)
    experiment: JsonObject = yield call.then(Op.GET_EXPERIMENT, experiment_id=args.experiment_id)
    page: JsonObject = yield call
    items = [run for run in page["items"] if experiment["group_id"] is None or _of(run, args.experiment_id)]
    examples = yield from _examples(call, experiment)
    found = [_joined(run, experiment, examples) for run in items]
    if args.waiting and ours(experiment).get("placeholders"):
        taken = {run["example_position"] for run in found}
        found += [_waiting(experiment, place, example) for place, example in enumerate(examples) if place not in taken]
    return {"items": sorted(found, key=lambda run: run["example_position"], reverse=True), "next_cursor": None}


def _of(run: JsonObject, experiment_id: str) -> bool:
    return bool(run["variant_id"] == experiment_id)


def _examples(call: Call, experiment: JsonObject) -> Generator[Call, Any, list[JsonObject]]:
    if not experiment.get("dataset_id"):
        return []
    try:
        page = yield cases_of(experiment["dataset_id"], experiment.get("dataset_version_id"), call.caller)
    except CrosswalkError as error:
        if error.code is not Code.NOT_FOUND:
            raise
        return []
    found: list[JsonObject] = page["items"]
    return found


def _joined(run: JsonObject, experiment: JsonObject, examples: list[JsonObject]) -> JsonObject:
    """A result with the example of its place, whose values are what its texts stand for."""
    place = run["example_position"]
    example = examples[place] if place < len(examples) else None
    known = {"example_id": run["example_id"] or f"{experiment['id']} case {place}"} if example is None else _values(run, example)
    scores = [{**score, "id": score.get("id") or f"{run['id']}/{score['evaluator']}"} for score in run["scores"]]
    # Results have no time of their own: what is known is that of their run.
    recorded = run.get("created_at") or experiment.get("created_at")
    return {**run, **known, "experiment_id": run.get("experiment_id") or experiment["id"], "scores": scores, "created_at": recorded}


def _values(run: JsonObject, example: JsonObject) -> JsonObject:
    told = {name: example[name] for name in ("input", "reference") if run.get(name) is None or run[name] == _text(example[name])}
    return {"example_id": example["id"], **told}


def _text(value: Json) -> str:
    return value if isinstance(value, str) else compact(value)


def _waiting(experiment: JsonObject, place: int, example: JsonObject) -> JsonObject:
    return {
        "id": run_id(experiment["id"], place),
        "experiment_id": experiment["id"],
        "example_id": example["id"],
        "example_position": place,
        "status": RunStatus.WAITING,
        "input": example["input"],
        "reference": example["reference"],
        "created_at": experiment.get("created_at"),
    }


def add(call: Call, scope: Scope) -> Plan:
    """One result; see `add_many`."""
    assert isinstance(call.body, NewRun)
    added = yield Call(Op.ADD_RUNS, call.args, NewRuns(runs=[call.body]), call.caller)
    made: JsonObject = yield call.then(Op.GET_RUN, run_id=added["ids"][0], experiment_id=getattr(call.args, "experiment_id", ""))
    return made


def add_many(call: Call, scope: Scope) -> Plan:
    """Results of a run that its caller makes. When every case has its own and everyone who judges has judged them all, the run is said to be over."""
    args, body = call.args, call.body
    assert isinstance(args, AddRunArgs)
    assert isinstance(body, NewRuns)
    experiment: JsonObject = yield call.then(Op.GET_EXPERIMENT, experiment_id=args.experiment_id)
    if not saying.waits_for_caller(experiment):
        raise CrosswalkError(Code.UNSUPPORTED, "EvalGuard makes the runs of this experiment itself: none can be added.")
    examples = yield from _examples(call, experiment)
    before: JsonObject = yield call.then(Op.LIST_RUNS, experiment_id=args.experiment_id, waiting=False)
    recorded = {run["example_position"]: run for run in before["items"]}
    placed = [_placed(run, examples, recorded, replace=args.replace) for run in body.runs]
    if any(run.status is RunStatus.WAITING for run in placed):
        yield from _announced(call, experiment)
    told = [run for run in placed if run.status is not RunStatus.WAITING]
    for start in range(0, len(told), MOST):
        yield Call(call.op, args, NewRuns(runs=told[start : start + MOST]), call.caller)
    if told:
        runs = yield from _read_back(call, args, told)
        yield from _over(call, experiment, len(examples), runs)
    return {"ids": [run_id(args.experiment_id, run.example_position or 0) for run in placed], "version_id": None}


def _placed(run: NewRun, examples: list[JsonObject], recorded: dict[int, JsonObject], *, replace: bool) -> NewRun:
    """The run at its case's index, with the case's input. Raises CrosswalkError: for no such example, a second repetition, a result that is there."""
    if run.repetition != 1:
        raise CrosswalkError(Code.UNSUPPORTED, "EvalGuard holds one result for each case.")
    place = run.example_position
    # A run that the vendor made of cases alone has no dataset: its results go by their places.
    if run.example_id is not None and (examples or place is None):
        names = (run.example_id,)
        place = next((number for number, example in enumerate(examples) if example["id"] in names or example.get("alias") in names), None)
        if place is None:
            raise unknown(Kind.EXAMPLE, run.example_id)
    if place is None or (examples and place >= len(examples)):
        raise invalid("Name the example by its id or its position.", "example_position")
    there = recorded.get(place)
    if there is not None and there["status"] == RunStatus.SUCCEEDED and not replace and run.status is not RunStatus.WAITING:
        raise CrosswalkError(Code.CONFLICT, "The example has its run already.", Reason.DUPLICATE, Kind.RUN, there["id"])
    said = saying.said(run)
    example = examples[place] if place < len(examples) else {}
    told = {name: example[name] for name in ("input", "reference") if name not in said and example.get(name) is not None}
    named = {"example_id": example["id"]} if example else {}
    return NewRun.model_validate({**said, **told, **named, "example_position": place})


def _announced(call: Call, experiment: JsonObject) -> Steps:
    """Keeps that cases without a result are runs that wait."""
    if not ours(experiment).get("placeholders"):
        extensions = {**experiment["extensions"], OURS: {**ours(experiment), "placeholders": True}}
        yield call.then(Op.UPDATE_EXPERIMENT, ExperimentPatch(extensions=extensions), experiment_id=experiment["id"])


def _read_back(call: Call, args: AddRunArgs, told: list[NewRun]) -> Steps:
    """The results as they are after a write. A result is replaced as a whole, and nothing tells a writer that another one has just replaced it, too: scores
    that are not there are written again, together with what is. Raises CrosswalkError (conflict) when others keep taking them away.
    """
    for attempt in range(ATTEMPTS):
        page = yield call.then(Op.LIST_RUNS, experiment_id=args.experiment_id, waiting=False)
        there = {run["example_position"]: run for run in page["items"]}
        lost = [again for run in told if (again := _again(run, there.get(run.example_position))) is not None]
        if not lost:
            return page["items"]
        if attempt < ATTEMPTS - 1:
            for start in range(0, len(lost), MOST):
                yield Call(call.op, args, NewRuns(runs=lost[start : start + MOST]), call.caller)
    message = f"Others write the result of case {lost[0].example_position} at the same time: what was said of it is not there."
    raise CrosswalkError(Code.CONFLICT, message)


def _again(run: NewRun, there: JsonObject | None) -> NewRun | None:
    """The result with the scores it lacks; None when it has them all, and where the vendor does not show it: no other writer can take a whole one away."""
    if there is None:
        return None
    known = {score["evaluator"] for score in there["scores"]}
    missing = [score for score in run.scores if score.evaluator not in known]
    return _rewritten(there, [*_new_scores(there["scores"]), *map(saying.said, missing)]) if missing else None


def _over(call: Call, experiment: JsonObject, cases: int, runs: list[JsonObject]) -> Steps:
    """Says that a run is over, which is final: not before each case has its result and each of those who judge has judged every one that succeeded."""
    judges = {score["evaluator"] for run in runs for score in run["scores"]} | {use["evaluator"] for use in experiment["evaluators"]}
    succeeded = [run for run in runs if run["status"] == RunStatus.SUCCEEDED]
    complete = all(judges <= {score["evaluator"] for score in run["scores"]} for run in succeeded)
    if not judges or not complete or len(runs) < cases or experiment.get("verdict") is not None:
        return
    status = ExperimentStatus.COMPLETED if len(succeeded) == len(runs) else ExperimentStatus.COMPLETED_WITH_ERRORS
    try:
        yield call.then(Op.UPDATE_EXPERIMENT, ExperimentPatch(status=status), experiment_id=experiment["id"])
    except CrosswalkError as error:
        # Said already, by another writer.
        if error.code is not Code.CONFLICT:
            raise


def score(call: Call, scope: Scope) -> Plan:
    """A score, by writing its result again with it."""
    args, body = call.args, call.body
    assert isinstance(args, PutScoreArgs)
    assert isinstance(body, NewScore)
    run: JsonObject = yield _one(call, args.run_id, args.experiment_id)
    others = [one for one in run["scores"] if one["evaluator"] != body.evaluator]
    if args.create and len(others) < len(run["scores"]):
        raise CrosswalkError(Code.CONFLICT, f"{body.evaluator!r} has scored this run already.", Reason.DUPLICATE, Kind.SCORE)
    yield _written(call, run, [*_new_scores(others), saying.said(body)])
    known = {"id": f"{run['id']}/{body.evaluator}", "run_id": run["id"], "experiment_id": run["experiment_id"]}
    return {**saying.said(body), **known, "created_at": run.get("created_at")}


def unscore(call: Call, scope: Scope) -> Plan:
    """A score less, by writing its result again without it."""
    args = call.args
    assert isinstance(args, ScoreArgs)
    if args.run_id is None:
        raise CrosswalkError(Code.UNSUPPORTED, "A score is deleted here by naming its run.")
    run: JsonObject = yield _one(call, args.run_id, args.experiment_id)
    left = [one for one in run["scores"] if one["id"] != args.score_id]
    if len(left) == len(run["scores"]):
        raise unknown(Kind.SCORE, args.score_id)
    yield _written(call, run, _new_scores(left))
    return {"id": args.score_id, "count": 1}


def change(call: Call, scope: Scope) -> Plan:
    """A result with what is said of it anew; an output completes one that was waited for."""
    args, body = call.args, call.body
    assert isinstance(args, RunArgs)
    assert isinstance(body, RunPatch)
    run: JsonObject = yield _one(call, args.run_id, args.experiment_id)
    if getattr(args, "waiting", False) and run["status"] != RunStatus.WAITING:
        message = "This run is not waiting for a result: its output has been recorded."
        raise CrosswalkError(Code.CONFLICT, message, Reason.TERMINAL, Kind.RUN, args.run_id)
    said = saying.said(body)
    if "status" not in said:
        said["status"] = RunStatus.FAILED if said.get("error") is not None else _after(run, said)
    if said["status"] != RunStatus.WAITING:
        yield _written(call, {**run, **said}, _new_scores(run["scores"]))
    changed: JsonObject = yield _one(call, run["id"], run["experiment_id"])
    return changed


def _after(run: JsonObject, said: JsonObject) -> Json:
    return RunStatus.SUCCEEDED if run["status"] == RunStatus.WAITING and "output" in said else run["status"]


def _one(call: Call, wanted: str, experiment_id: str | None) -> Call:
    return call.then(Op.GET_RUN, run_id=wanted, experiment_id=experiment_id)


def _written(call: Call, run: JsonObject, scores: list[JsonObject]) -> Call:
    body = NewRuns(runs=[_rewritten(run, scores)])
    return Call(Op.ADD_RUNS, AddRunArgs(experiment_id=run["experiment_id"], replace=True), body, call.caller)


def _rewritten(run: JsonObject, scores: list[JsonObject]) -> NewRun:
    known = {name: run[name] for name in NewRun.model_fields if run.get(name) not in (None, [], {})}
    known.update({"output": run.get("output"), "scores": scores})
    # The figure and the verdict of a result follow from its scores; with other scores they are made anew.
    told = {name: value for name, value in known.items() if name not in ("variant_id", "passed", "score")}
    return NewRun.model_validate(told)


def _new_scores(scores: Iterable[JsonObject]) -> list[JsonObject]:
    return [{name: one[name] for name in NewScore.model_fields if one.get(name) not in (None, [], {})} for one in scores]
