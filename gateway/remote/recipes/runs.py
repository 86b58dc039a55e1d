"""Runs and scores where a vendor shows them only together, apart, or not one by one."""

from collections import defaultdict
from collections.abc import Generator
from typing import Any

from gateway.remote.recipes.base import Cooking, Part, Piece, Recipe, Step, everything
from gateway.remote.recipes.lists import OWN, listed, unsaid
from schemas.errors import Code, CrosswalkError, Reason, invalid, unknown
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.json_values import compact, same
from schemas.operations import (
    AddRunArgs,
    Call,
    ExperimentArgs,
    ListExamplesArgs,
    ListIncompleteArgs,
    ListIncompleteScoresArgs,
    ListRunsArgs,
    ListScoresArgs,
    Op,
    PutScoreArgs,
    RunArgs,
    ScoreArgs,
)
from schemas.run import NewRun, NewRuns, RunPatch
from schemas.status import RunStatus


def with_scores(call: Call) -> Cooking:
    """A page of runs whose scores and examples come from elsewhere."""
    args = call.args
    assert isinstance(args, ListRunsArgs)
    if unsaid(call, OWN):
        return (yield from listed(call, OWN))
    page = yield Call(call.op, args.model_copy(update={"scores": False, "steps": False}), None, call.caller)
    begins, more = not args.cursor, page.get("next_cursor") is not None
    where = yield from _examples(call, args.experiment_id)
    ids = tuple(dict.fromkeys(run["example_id"] for run in page["items"]))
    examples = (yield Part(where, _by_id, ids, begins, more)) if where is not None and ids else {}
    keys = tuple(dict.fromkeys(_by_example(run) for run in page["items"]))
    scored = (yield from _scored(call, args.experiment_id, keys, begins, more)) if args.scores and keys else {}
    items = [_joined(run, examples.get(run["example_id"]), scored.get(_by_example(run))) for run in page["items"]]
    return {**page, "items": items}


def _by_id(example: JsonObject) -> str:
    return str(example["id"])


def _by_example(run: JsonObject) -> str:
    return f"{run['example_id']}/{run['repetition']}"


def _scored(call: Call, experiment_id: str, keys: tuple[str, ...], anew: bool, more: bool) -> Generator[Step, Any, dict[str, JsonObject]]:
    """Of the vendor's own export these runs, by example and repetition; an experiment without runs has none."""
    try:
        where = Piece(Call(Op.EXPORT, ListRunsArgs(experiment_id=experiment_id), None, call.caller))
        found: dict[str, JsonObject] = yield Part(where, _by_example, keys, anew, more)
        return found
    except CrosswalkError as error:
        if error.code is not Code.NOT_FOUND:
            raise
        return {}


def _examples(call: Call, experiment_id: str) -> Generator[Step, Any, Call | None]:
    """The call for the examples of an experiment's dataset version; None where it has no dataset."""
    experiment = yield Call(Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=experiment_id), None, call.caller)
    if not experiment.get("dataset_id"):
        return None
    version = experiment.get("dataset_version_id") or None
    args = ListExamplesArgs(dataset_id=experiment["dataset_id"], **({"version_id": version} if version else {}))
    return Call(Op.LIST_EXAMPLES, args, None, call.caller)


def examples_of(call: Call, experiment_id: str) -> Generator[Step, Any, dict[str, JsonObject]]:
    """The examples of an experiment's dataset version, by id, each with its position."""
    where = yield from _examples(call, experiment_id)
    if where is None:
        return {}
    found: dict[str, JsonObject] = {}
    page = yield where
    for place, example in enumerate(page["items"]):
        found[example["id"]] = {**example, "position": example.get("position") or place}
    return found


def _joined(run: JsonObject, example: JsonObject | None, scored: JsonObject | None) -> JsonObject:
    joined = dict(run)
    source = example or scored
    if source is not None:
        joined.update({name: source.get(name) for name in ("input", "reference") if run.get(name) is None})
    if example is not None:
        joined["example_position"] = example["position"]
    if scored is not None:
        known = {"run_id": run["id"], "experiment_id": run["experiment_id"]}
        joined["scores"] = [{"id": score_key(run["id"], score["evaluator"]), **score, **known} for score in scored.get("scores", ())]
        joined.update({name: scored[name] for name in ("prompt_tokens", "completion_tokens") if run.get(name) is None and name in scored})
    return joined


def score_key(run_id: str, evaluator: str) -> str:
    """What stands for the id of a score that is never listed with one."""
    return f"{run_id}/{evaluator}"


def with_score_ids(reply: Json) -> Json:
    """Runs whose scores come without ids, each score known by its run and evaluator."""
    if not isinstance(reply, dict):
        return reply
    if isinstance(reply.get("items"), list):
        return {**reply, "items": [with_score_ids(item) for item in reply["items"]]}
    run_id, given = reply.get("id"), reply.get("scores")
    if not run_id or not given:
        return reply
    return {**reply, "scores": [score if score.get("id") else {**score, "id": score_key(run_id, score["evaluator"])} for score in given]}


def matched(call: Call, reply: Json) -> Cooking:
    """Runs that do not say whose they are, joined to the examples of equal input: the k-th run of an input to the k-th example that has it."""
    experiment_id = getattr(call.args, "experiment_id", None)
    items = reply.get("items", [reply]) if isinstance(reply, dict) else []
    if experiment_id is None or all(run.get("example_id") for run in items):
        return reply
    examples = yield from examples_of(call, experiment_id)
    waiting: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for row in examples.values():
        waiting[compact(row.get("input"))].append(row)
    joined = []
    for run in reversed(items):  # runs come newest first, examples oldest first
        same = waiting.get(compact(run.get("input"))) or []
        example: JsonObject | None = (same.pop(0) if len(same) > 1 else same[0]) if same else None
        own = {"example_id": example["id"], "example_position": example["position"]} if example else {}
        joined.append({**run, **own, "experiment_id": experiment_id})
    return {**reply, "items": joined[::-1]} if "items" in reply else joined[0]


def one_run(call: Call) -> Cooking:
    """A run by itself, found on its experiment's list."""
    args = call.args
    assert isinstance(args, RunArgs)
    if args.experiment_id is None:
        raise CrosswalkError(Code.UNSUPPORTED, "This target has no route for a single run, and the request does not name its experiment.")
    where = ListRunsArgs(experiment_id=args.experiment_id, cursor=args.run_id, limit=1, scores=True)
    try:
        page = yield Call(Op.LIST_RUNS, where, None, call.caller)
    except CrosswalkError as error:
        if error.reason is not Reason.BAD_CURSOR:
            raise
        raise unknown(Kind.RUN, args.run_id) from None
    if not page["items"] or page["items"][0]["id"] != args.run_id:
        raise unknown(Kind.RUN, args.run_id)
    return page["items"][0]


def scores(call: Call) -> Cooking:
    """The scores of a run or an experiment, read with its runs."""
    args = call.args
    assert isinstance(args, ListScoresArgs)
    if unsaid(call, frozenset()):
        return (yield from listed(call, frozenset()))
    found: list[JsonObject] = []
    if args.run_id is not None:
        run = yield Call(Op.GET_RUN, RunArgs(run_id=args.run_id, experiment_id=args.experiment_id), None, call.caller)
        found.extend(run["scores"])
    elif args.experiment_id is not None:
        yield from everything(
            Op.LIST_RUNS, call.caller, lambda run: found.extend(run["scores"]), experiment_id=args.experiment_id, scores=True
        )
    else:
        raise CrosswalkError(Code.UNSUPPORTED, "This target lists scores only of a run or an experiment.")
    return {"items": found, "next_cursor": None}


def one_score(call: Call) -> Cooking:
    """A score by itself, found with its run."""
    args = call.args
    assert isinstance(args, ScoreArgs)
    page = yield Call(Op.LIST_SCORES, ListScoresArgs(run_id=args.run_id, experiment_id=args.experiment_id), None, call.caller)
    for score in page["items"]:
        if score["id"] == args.score_id:
            return score
    raise unknown(Kind.SCORE, args.score_id)


def incomplete_runs(call: Call) -> Cooking:
    """The examples that lack runs, told from examples and runs."""
    args = call.args
    assert isinstance(args, ListIncompleteArgs)
    if unsaid(call, frozenset()):
        return (yield from listed(call, frozenset()))
    experiment = yield Call(Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=args.experiment_id), None, call.caller)
    examples = yield from examples_of(call, args.experiment_id)
    settled = {RunStatus.SUCCEEDED, *([] if args.failed else [RunStatus.FAILED]), *([] if args.waiting else [RunStatus.WAITING])}
    done: defaultdict[str, set[int]] = defaultdict(set)

    def take(run: JsonObject) -> None:
        if run["status"] in settled:
            done[run["example_id"]].add(run["repetition"])

    yield from everything(Op.LIST_RUNS, call.caller, take, experiment_id=args.experiment_id, scores=False)
    wanted = range(1, experiment["repetitions"] + 1)
    lacking = ((example, [number for number in wanted if number not in done[name]]) for name, example in examples.items())
    return {"items": [{"example": example, "repetitions": numbers} for example, numbers in lacking if numbers], "next_cursor": None}


def incomplete_scores(call: Call) -> Cooking:
    """The successful runs that lack scores, told from the runs."""
    args = call.args
    assert isinstance(args, ListIncompleteScoresArgs)
    names = sorted({name.strip() for name in args.evaluators} - {""})
    if not names:
        raise invalid("Name at least one evaluator.", "evaluators", type="missing")
    if unsaid(call, frozenset()):
        return (yield from listed(call, frozenset()))
    examples = yield from examples_of(call, args.experiment_id)
    found: list[JsonObject] = []

    def take(run: JsonObject) -> None:
        if run["status"] != RunStatus.SUCCEEDED or run["example_id"] not in examples:
            return
        answered = {score["evaluator"] for score in run["scores"] if not args.errors or score.get("error") is None}
        lacking = [name for name in names if name not in answered]
        if lacking:
            found.append({"run": run, "example": examples[run["example_id"]], "evaluators": lacking})

    yield from everything(Op.LIST_RUNS, call.caller, take, experiment_id=args.experiment_id, scores=True)
    return {"items": found[::-1], "next_cursor": None}


def add_run(call: Call) -> Cooking:
    """A run whose example is named by its position, or that brings its scores: one call for each thing."""
    args, body = call.args, call.body
    assert isinstance(args, AddRunArgs)
    assert isinstance(body, NewRun)
    if body.example_id is None:
        body = yield from _placed(call, args.experiment_id, body)
    said = body.model_dump(exclude_unset=True)
    brought = said.pop("scores", None) or []
    try:
        run = yield Call(call.op, args, NewRun.model_validate(said), call.caller)
    except CrosswalkError as error:
        # Brought once more, as whoever got no answer does: what is there already need not be written again.
        if not args.replace or error.code is not Code.CONFLICT:
            raise
        run = yield from _there(call, args, body)
        if run is None or not same(run["output"], body.output):
            raise
    recorded = []
    for score in body.scores if brought else ():
        where = PutScoreArgs(run_id=run["id"], experiment_id=args.experiment_id)
        recorded.append((yield Call(Op.PUT_SCORE, where, score, call.caller)))
    return {**run, "scores": recorded}


def _there(call: Call, args: AddRunArgs, body: NewRun) -> Generator[Step, Any, JsonObject | None]:
    """The recorded run of the same example and repetition."""
    found: list[JsonObject] = []

    def take(run: JsonObject) -> bool:
        if (run["example_id"], run["repetition"]) == (body.example_id, body.repetition):
            found.append(run)
        return not found

    yield from everything(Op.LIST_RUNS, call.caller, take, experiment_id=args.experiment_id, scores=False)
    return found[0] if found else None


def _placed(call: Call, experiment_id: str, body: NewRun) -> Generator[Step, Any, NewRun]:
    examples = yield from examples_of(call, experiment_id)
    for name, example in examples.items():
        if example["position"] == (body.example_position or 0):
            said = body.model_dump(exclude_unset=True, exclude={"example_position"})
            return NewRun.model_validate({**said, "example_id": name})
    raise invalid(f"There is no example at position {body.example_position}.", "example_position")


def resumed(call: Call) -> Cooking:
    """A run for an example whose run the vendor has begun and that waits for its output."""
    args, body = call.args, call.body
    assert isinstance(args, AddRunArgs)
    assert isinstance(body, NewRun)
    if body.status is not RunStatus.SUCCEEDED or body.repetition != 1:
        raise CrosswalkError(Code.UNSUPPORTED, "This target takes the output of one successful run per example, and nothing else.")
    if body.example_id is None:
        body = yield from _placed(call, args.experiment_id, body)
    own: list[JsonObject] = []

    def take(run: JsonObject) -> None:
        if run["example_id"] == body.example_id:
            own.append(run)

    yield from everything(Op.LIST_RUNS, call.caller, take, experiment_id=args.experiment_id, scores=True)
    open_run = next((run for run in own if run["status"] == RunStatus.WAITING), None)
    if open_run is None and own and not args.replace:
        raise CrosswalkError(Code.CONFLICT, "The example has its run already.", Reason.DUPLICATE, Kind.RUN, own[0]["id"])
    if open_run is None:
        raise CrosswalkError(Code.UPSTREAM_UNAVAILABLE, "The target has not begun the runs of this experiment yet.", retry_after=10.0)
    said = body.model_dump(exclude_unset=True, include=set(RunPatch.model_fields) - {"input", "reference", "status", "error"})
    where = RunArgs(run_id=open_run["id"], experiment_id=args.experiment_id)
    run = yield Call(Op.UPDATE_RUN, where, RunPatch.model_validate(said), call.caller)
    for score in body.scores:
        yield Call(Op.PUT_SCORE, PutScoreArgs(run_id=run["id"], experiment_id=args.experiment_id), score, call.caller)
    return run


def add_runs(call: Call) -> Cooking:
    """Many runs, one call each. What was recorded before one is refused stays recorded, and the error says how many."""
    body = call.body
    assert isinstance(body, NewRuns)
    made: list[str] = []
    for run in body.runs:
        try:
            reply = yield Call(Op.ADD_RUN, call.args, run, call.caller)
        except CrosswalkError as error:
            if made:
                error.message = f"{len(made)} of {len(body.runs)} runs were recorded; then: {error.message}"
            raise
        made.append(reply["id"])
    return {"ids": made, "version_id": None}


RECIPES: dict[Op, Recipe] = {
    Op.LIST_RUNS: with_scores,
    Op.GET_RUN: one_run,
    Op.LIST_SCORES: scores,
    Op.GET_SCORE: one_score,
    Op.LIST_INCOMPLETE_RUNS: incomplete_runs,
    Op.LIST_INCOMPLETE_SCORES: incomplete_scores,
    Op.ADD_RUN: add_run,
    Op.ADD_RUNS: add_runs,
}
