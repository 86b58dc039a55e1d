"""Experiments: creation and freezing, groups, status and its changes."""

from typing import Any

import pytest

from gateway.local.target import LocalTarget
from gateway.store import Change
from gateway.store.check import check
from schemas.errors import Code, CrosswalkError, Reason
from schemas.ids import Kind
from schemas.operations import Op
from tests.local.conftest import Ask

pytestmark = pytest.mark.anyio

WAIT: list[dict[str, Any]] = [{"name": "", "steps": [{"kind": "wait"}]}]
ASK: list[dict[str, Any]] = [{"name": "a", "steps": [{"kind": "completion", "config": {"model": "echo"}}]}]


async def dataset(ask: Ask, count: int = 3, **more: Any) -> dict[str, Any]:
    examples = [{"input": {"q": n}, "reference": n, "splits": ["even"] if n % 2 == 0 else ["odd"]} for n in range(count)]
    return await ask(Op.CREATE_DATASET, {"name": "d", "examples": examples, **more})


async def make(ask: Ask, variants: list[dict[str, Any]] = WAIT, draft: bool = False, **more: Any) -> dict[str, Any]:
    if "dataset_id" not in more and "examples" not in more:
        more["dataset_id"] = (await dataset(ask))["id"]
    return await ask(Op.CREATE_EXPERIMENT, {"name": "e", "variants": variants, **more}, draft=draft)


async def fails(awaitable: Any) -> CrosswalkError:
    with pytest.raises(CrosswalkError) as caught:
        await awaitable
    return caught.value


async def example_ids(ask: Ask, experiment: str) -> list[str]:
    items = (await ask(Op.LIST_INCOMPLETE_RUNS, experiment_id=experiment))["items"]
    return [item["example"]["id"] for item in items]


def two() -> list[dict[str, Any]]:
    return [{"name": name, "steps": [{"kind": "completion", "config": {"model": name}}]} for name in ("x", "y")]


async def test_creation_freezes_the_examples(ask: Ask) -> None:
    data = await dataset(ask)
    made = await make(ask, dataset_id=data["id"], repetitions=2)
    assert made["counts"] == {"examples": 3, "expected": 6, "succeeded": 0, "failed": 0, "waiting": 0, "missing": 6}
    assert (made["status"], made["dataset_version_id"], made["dataset_name"]) == ("waiting", data["version_id"], "d")
    await ask(Op.DELETE_EXAMPLES, dataset_id=data["id"], everything=True)
    await ask(Op.ADD_EXAMPLES, {"examples": [{"input": 9}]}, dataset_id=data["id"])
    items = (await ask(Op.LIST_INCOMPLETE_RUNS, experiment_id=made["id"]))["items"]
    assert [(item["example"]["input"], item["repetitions"]) for item in items] == [({"q": n}, [1, 2]) for n in range(3)]


async def test_an_old_version_and_splits_choose_the_examples(ask: Ask) -> None:
    data = await dataset(ask, 4)
    await ask(Op.ADD_EXAMPLES, {"examples": [{"input": {"q": 4}, "splits": ["even"]}]}, dataset_id=data["id"])
    old = await make(ask, dataset_id=data["id"], dataset_version_id=data["version_id"], splits=["even"])
    assert old["counts"]["examples"] == 2
    new = await make(ask, dataset_id=data["id"], splits=["even"])
    assert (new["counts"]["examples"], new["splits"]) == (3, ["even"])
    assert (await make(ask, dataset_id=data["id"], splits=[]))["counts"]["examples"] == 5
    error = await fails(make(ask, dataset_id=data["id"], splits=["a", "even", "b"]))
    assert (error.code, error.kind, error.reference) == (Code.NOT_FOUND, Kind.SPLIT, "a, b")


async def test_a_version_of_another_dataset_stands_for_its_time(ask: Ask) -> None:
    data = await dataset(ask, 2)
    other = await dataset(ask, 5)
    await ask(Op.ADD_EXAMPLES, {"examples": [{"input": 9}]}, dataset_id=data["id"])
    made = await make(ask, dataset_id=data["id"], dataset_version_id=other["version_id"])
    assert (made["counts"]["examples"], made["dataset_version_id"]) == (2, other["version_id"])


async def test_inline_examples_become_a_dataset(ask: Ask) -> None:
    made = await make(ask, examples=[{"input": "a", "reference": "b"}, "plain"])
    data = await ask(Op.GET_DATASET, dataset_id=made["dataset_id"])
    assert (data["name"], data["example_count"], made["counts"]["examples"]) == ("e", 2, 2)
    error = await fails(make(ask, examples=[{"nope": 1}]))
    assert error.issues[0].path == ("examples", 0, "nope")
    assert len((await ask(Op.LIST_DATASETS))["items"]) == 1


async def test_names_and_trace_projects_are_made_up(ask: Ask) -> None:
    data = (await dataset(ask))["id"]
    first, second = [await ask(Op.CREATE_EXPERIMENT, {"dataset_id": data, "variants": WAIT}) for _ in range(2)]
    assert first["name"] != second["name"]
    assert first["name"].startswith("Experiment ")
    assert first["trace_project"] != second["trace_project"]
    assert len(first["trace_project"]) == len("Experiment-") + 24


async def test_status_at_creation(ask: Ask) -> None:
    assert (await make(ask, ASK))["status"] == "pending"
    assert (await make(ask, ASK, draft=True))["status"] == "draft"
    assert (await make(ask, []))["status"] == "draft"
    assert (await ask(Op.CREATE_EXPERIMENT, {"name": "e", "variants": WAIT}))["status"] == "draft"


async def test_several_variants_are_a_group_of_arms(ask: Ask) -> None:
    group = await make(ask, two(), repetitions=2, metadata={"k": 1}, alias="mine")
    assert [(v["name"], v["steps"][0]["config"]) for v in group["variants"]] == [("x", {"model": "x"}), ("y", {"model": "y"})]
    assert (group["counts"]["expected"], group["counts"]["examples"], group["status"]) == (12, 3, "pending")
    arms = [await ask(Op.GET_EXPERIMENT, experiment_id=v["id"]) for v in group["variants"]]
    assert [(a["name"], a["group_id"], a["metadata"], a["counts"]["expected"]) for a in arms] == [
        ("e · x", group["id"], {"k": 1}, 6),
        ("e · y", group["id"], {"k": 1}, 6),
    ]
    single = await make(ask, ASK)
    flat = (await ask(Op.LIST_EXPERIMENTS, flat=True))["items"]
    assert [e["id"] for e in flat] == [single["id"], arms[1]["id"], arms[0]["id"]]
    assert [e["id"] for e in (await ask(Op.LIST_EXPERIMENTS))["items"]] == [single["id"], group["id"]]
    assert [e["id"] for e in (await ask(Op.LIST_EXPERIMENTS, variants="many"))["items"]] == [group["id"]]
    assert [e["id"] for e in (await ask(Op.LIST_EXPERIMENTS, variants="one", flat=True))["items"]] == [single["id"]]
    assert (await ask(Op.GET_EXPERIMENT, experiment_id="mine"))["id"] == group["id"]


async def test_a_group_is_changed_with_its_arms_and_an_arm_alone(ask: Ask) -> None:
    group = await make(ask, two())
    first, second = [v["id"] for v in group["variants"]]
    await ask(Op.UPDATE_EXPERIMENT, {"name": "new", "description": "d"}, experiment_id=group["id"])
    await ask(Op.UPDATE_EXPERIMENT, {"name": "own", "status": "running"}, experiment_id=second)
    arms = [await ask(Op.GET_EXPERIMENT, experiment_id=one) for one in (first, second)]
    assert [(a["name"], a["description"], a["status"]) for a in arms] == [("new · x", "d", "pending"), ("own", "d", "running")]
    assert (await ask(Op.GET_EXPERIMENT, experiment_id=group["id"]))["status"] == "running"
    await ask(Op.DELETE_EXPERIMENT, experiment_id=first)
    assert [v["id"] for v in (await ask(Op.GET_EXPERIMENT, experiment_id=group["id"]))["variants"]] == [second]
    await ask(Op.DELETE_EXPERIMENT, experiment_id=second)
    assert (await fails(ask(Op.GET_EXPERIMENT, experiment_id=group["id"]))).code is Code.NOT_FOUND


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["completed", "completed"], "completed"),
        (["completed", "failed"], "completed_with_errors"),
        (["failed", "failed"], "failed"),
        (["completed", "pending"], "running"),
        (["pending", "pending"], "pending"),
        (["completed", "waiting"], "waiting"),
        (["completed", "cancelled"], "cancelled"),
        (["completed", "unknown"], "unknown"),
        (["completed", "completed_with_errors"], "completed_with_errors"),
    ],
)
async def test_the_status_of_a_group_follows_its_arms(ask: Ask, statuses: list[str], expected: str) -> None:
    group = await make(ask, two())
    for variant, status in zip(group["variants"], statuses, strict=True):
        await ask(Op.UPDATE_EXPERIMENT, {"status": status}, experiment_id=variant["id"])
    assert (await ask(Op.GET_EXPERIMENT, experiment_id=group["id"]))["status"] == expected


async def test_the_definition_is_fixed_while_it_runs(ask: Ask) -> None:
    made = await make(ask, ASK)
    other = (await dataset(ask, 1))["id"]
    for change in ({"dataset_id": other}, {"variants": two()}, {"repetitions": 2}, {"evaluators": [{"evaluator": "exact"}]}):
        error = await fails(ask(Op.UPDATE_EXPERIMENT, change, experiment_id=made["id"]))
        assert (error.code, error.reason) == (Code.CONFLICT, Reason.BUSY)
    same = {"repetitions": 1, "variants": ASK, "dataset_id": made["dataset_id"], "metadata": {"a": 1}}
    assert (await ask(Op.UPDATE_EXPERIMENT, same, experiment_id=made["id"]))["metadata"] == {"a": 1}


async def test_a_draft_is_completed_and_then_started(ask: Ask) -> None:
    draft = await ask(Op.CREATE_EXPERIMENT, {"name": "e"})
    assert (await fails(ask(Op.START_EXPERIMENT, experiment_id=draft["id"]))).code is Code.INVALID_REQUEST
    data = await dataset(ask)
    change = {"dataset_id": data["id"], "variants": ASK, "evaluators": [{"evaluator": "exact"}]}
    changed = await ask(Op.UPDATE_EXPERIMENT, change, experiment_id=draft["id"])
    assert (changed["status"], changed["counts"]["expected"], changed["dataset_version_id"]) == ("draft", 3, data["version_id"])
    assert (await ask(Op.START_EXPERIMENT, experiment_id=draft["id"]))["status"] == "pending"
    assert (await fails(ask(Op.START_EXPERIMENT, experiment_id=draft["id"]))).reason is Reason.BUSY


async def test_one_variant_becomes_several_and_runs_stay_with_the_first(ask: Ask) -> None:
    made = await make(ask)
    example = (await example_ids(ask, made["id"]))[0]
    run = await ask(Op.ADD_RUN, {"example_id": example, "output": 1}, experiment_id=made["id"])
    group = await ask(Op.UPDATE_EXPERIMENT, {"variants": two()}, experiment_id=made["id"])
    assert [v["name"] for v in group["variants"]] == ["x", "y"]
    assert (group["counts"]["expected"], group["counts"]["succeeded"]) == (6, 1)
    assert (await ask(Op.GET_RUN, run_id=run["id"]))["variant"] == "x"
    keep = [{"id": group["variants"][1]["id"], "name": "y", "steps": []}, {"name": "z", "steps": []}]
    changed = await ask(Op.UPDATE_EXPERIMENT, {"status": "cancelled"}, experiment_id=made["id"])
    changed = await ask(Op.UPDATE_EXPERIMENT, {"variants": keep}, experiment_id=made["id"])
    assert [v["name"] for v in changed["variants"]] == ["y", "z"]
    assert changed["variants"][0]["id"] == group["variants"][1]["id"]


async def test_a_final_status_stays(ask: Ask) -> None:
    made = await make(ask, ASK)
    done = await ask(Op.UPDATE_EXPERIMENT, {"status": "completed", "verdict": "passed", "reported": {"score": 1}}, experiment_id=made["id"])
    assert (done["status"], done["verdict"], done["reported"], done["progress"]) == ("completed", "passed", {"score": 1}, 0.0)
    assert done["completed_at"] is not None
    error = await fails(ask(Op.UPDATE_EXPERIMENT, {"status": "running"}, experiment_id=made["id"]))
    assert (error.code, error.reason) == (Code.CONFLICT, Reason.TERMINAL)
    assert (await fails(ask(Op.CANCEL_EXPERIMENT, experiment_id=made["id"]))).reason is Reason.TERMINAL
    again = await ask(Op.START_EXPERIMENT, experiment_id=made["id"])
    assert (again["status"], again["completed_at"], again["verdict"]) == ("pending", None, None)


async def test_a_status_for_a_group_leaves_finished_arms_alone(ask: Ask) -> None:
    group = await make(ask, two())
    first, second = [v["id"] for v in group["variants"]]
    await ask(Op.UPDATE_EXPERIMENT, {"status": "failed"}, experiment_id=first)
    changed = await ask(Op.UPDATE_EXPERIMENT, {"status": "completed"}, experiment_id=group["id"])
    arms = [(await ask(Op.GET_EXPERIMENT, experiment_id=one))["status"] for one in (first, second)]
    assert (changed["status"], arms) == ("completed_with_errors", ["failed", "completed"])
    assert (await fails(ask(Op.UPDATE_EXPERIMENT, {"status": "running"}, experiment_id=group["id"]))).reason is Reason.TERMINAL


async def test_starting_again_forgets_the_runs(ask: Ask) -> None:
    made = await make(ask)
    for example in await example_ids(ask, made["id"]):
        await ask(Op.ADD_RUN, {"example_id": example}, experiment_id=made["id"])
    assert (await ask(Op.START_EXPERIMENT, experiment_id=made["id"]))["counts"]["succeeded"] == 3
    await ask(Op.CANCEL_EXPERIMENT, experiment_id=made["id"])
    again = await ask(Op.START_EXPERIMENT, experiment_id=made["id"], again=True)
    assert (again["counts"]["succeeded"], again["started_at"]) == (0, None)
    assert (await ask(Op.LIST_RUNS, experiment_id=made["id"]))["items"] == []


async def test_subscribers_hear_of_it_after_the_commit(ask: Ask, target: LocalTarget) -> None:
    heard: list[Change] = []
    target.subscribe(heard.append)
    group = await make(ask, two())
    arms = [target.store.ids.number(v["id"], Kind.EXPERIMENT) for v in group["variants"]]
    await ask(Op.CANCEL_EXPERIMENT, experiment_id=group["id"])
    await ask(Op.START_EXPERIMENT, experiment_id=group["variants"][0]["id"])
    await ask(Op.DELETE_EXPERIMENT, experiment_id=group["id"])
    expected = (
        [(what, arm) for what in ("pending", "cancelled") for arm in arms] + [("pending", arms[0])] + [("deleted", arm) for arm in arms]
    )
    assert [(one.what, one.number) for one in heard] == expected
    with pytest.raises(CrosswalkError):
        await ask(Op.DELETE_EXPERIMENT, experiment_id=group["id"])
    assert len(heard) == len(expected)


async def test_a_subscriber_that_fails_harms_nobody(ask: Ask, target: LocalTarget, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_change: Change) -> None:
        raise RuntimeError("deaf")

    target.subscribe(fail)
    assert (await make(ask, ASK))["status"] == "pending"
    assert "deaf" in caplog.text


async def test_deleting_a_dataset_deletes_its_experiments(ask: Ask) -> None:
    group = await make(ask, two())
    await ask(Op.DELETE_DATASET, dataset_id=group["dataset_id"])
    for one in (group["id"], group["variants"][0]["id"]):
        assert (await fails(ask(Op.GET_EXPERIMENT, experiment_id=one))).code is Code.NOT_FOUND


async def test_filters_and_strangers(ask: Ask, stranger: Ask) -> None:
    made = await make(ask, ASK, project="p", form="evaluation")
    await make(ask, ASK)
    assert [e["id"] for e in (await ask(Op.LIST_EXPERIMENTS, project="p"))["items"]] == [made["id"]]
    assert [e["id"] for e in (await ask(Op.LIST_EXPERIMENTS, forms=["evaluation", "ab"]))["items"]] == [made["id"]]
    assert [e["id"] for e in (await ask(Op.LIST_EXPERIMENTS, dataset_id=made["dataset_id"]))["items"]] == [made["id"]]
    assert (await fails(ask(Op.LIST_EXPERIMENTS, dataset_id="zz"))).code is Code.NOT_FOUND
    assert (await stranger(Op.LIST_EXPERIMENTS))["items"] == []
    for op in (Op.GET_EXPERIMENT, Op.DELETE_EXPERIMENT, Op.START_EXPERIMENT, Op.CANCEL_EXPERIMENT, Op.LIST_RUNS):
        assert (await fails(stranger(op, experiment_id=made["id"]))).code is Code.NOT_FOUND


async def test_nothing_is_half_written(ask: Ask) -> None:
    error = await fails(make(ask, examples=[1, 2], splits=["nope"]))
    assert error.kind is Kind.SPLIT
    assert (await ask(Op.LIST_DATASETS))["items"] == []
    assert (await ask(Op.LIST_EXPERIMENTS))["items"] == []


async def test_examples_come_from_one_place(ask: Ask) -> None:
    data = await dataset(ask)
    error = await fails(make(ask, dataset_id=data["id"], examples=[{"input": 1}]))
    assert (error.code, [issue.path for issue in error.issues]) == (Code.INVALID_REQUEST, [("examples",)])
    assert len((await ask(Op.LIST_DATASETS))["items"]) == 1


async def test_a_variant_of_several_keeps_the_dataset_they_share(ask: Ask) -> None:
    group = await make(ask, [{**ASK[0], "name": "a"}, {**ASK[0], "name": "b"}])
    other = await dataset(ask)
    arm = group["variants"][0]["id"]
    await ask(Op.UPDATE_EXPERIMENT, {"status": "cancelled"}, experiment_id=group["id"])
    error = await fails(ask(Op.UPDATE_EXPERIMENT, {"dataset_id": other["id"]}, experiment_id=arm))
    assert (error.code, error.issues[0].path) == (Code.INVALID_REQUEST, ("dataset_id",))
    assert (await ask(Op.UPDATE_EXPERIMENT, {"dataset_id": group["dataset_id"]}, experiment_id=arm))["dataset_id"] == group["dataset_id"]
    assert (await ask(Op.UPDATE_EXPERIMENT, {"dataset_id": other["id"]}, experiment_id=group["id"]))["dataset_id"] == other["id"]


async def test_a_page_of_what_is_still_to_run_is_bounded_by_its_repetitions(ask: Ask) -> None:
    made = await make(ask, repetitions=1_000_000)
    page = await ask(Op.LIST_INCOMPLETE_RUNS, experiment_id=made["id"], limit=50)
    assert [len(item["repetitions"]) for item in page["items"]] == [1_000_000]
    rest = await ask(Op.LIST_INCOMPLETE_RUNS, experiment_id=made["id"], limit=50, cursor=page["next_cursor"])
    assert rest["items"][0]["example"]["id"] != page["items"][0]["example"]["id"]


async def test_tags_go_with_an_experiment_to_another_dataset(ask: Ask, target: LocalTarget) -> None:
    mine, other = await make(ask), await make(ask)
    for name in ("best", "free"):
        await ask(Op.SET_TAG, {"name": name}, experiment_id=mine["id"])
    await ask(Op.SET_TAG, {"name": "best"}, experiment_id=other["id"])
    await ask(Op.UPDATE_EXPERIMENT, {"dataset_id": other["dataset_id"]}, experiment_id=mine["id"])
    (left,) = (await ask(Op.LIST_TAGS, experiment_id=mine["id"]))["items"]
    assert (left["name"], left["dataset_id"]) == ("free", other["dataset_id"])
    assert [tag["name"] for tag in (await ask(Op.LIST_TAGS, experiment_id=other["id"]))["items"]] == ["best"]
    assert await target.store.read(check) == []


async def test_runs_keep_their_examples_places_in_another_dataset(ask: Ask, target: LocalTarget) -> None:
    first, second = await dataset(ask), await dataset(ask)
    made = await make(ask, dataset_id=first["id"])
    rows = (await ask(Op.LIST_EXAMPLES, dataset_id=second["id"]))["items"]
    await ask(Op.ADD_RUN, {"example_id": rows[2]["id"], "output": 1}, experiment_id=made["id"])
    await ask(Op.DELETE_EXAMPLES, dataset_id=second["id"], example_ids=[rows[0]["id"]])
    await ask(Op.UPDATE_EXPERIMENT, {"dataset_id": second["id"]}, experiment_id=made["id"])
    assert await target.store.read(check) == []


async def test_a_deleted_dataset_takes_its_examples_runs_from_other_experiments_and_their_counts(ask: Ask, target: LocalTarget) -> None:
    made, other = await make(ask), await dataset(ask)
    rows = (await ask(Op.LIST_EXAMPLES, dataset_id=other["id"]))["items"]
    await ask(Op.ADD_RUN, {"example_id": rows[0]["id"], "output": 1}, experiment_id=made["id"])
    await ask(Op.ADD_RUN, {"example_position": 0, "status": "failed", "error": "x"}, experiment_id=made["id"])
    await ask(Op.DELETE_DATASET, dataset_id=other["id"])
    counts = (await ask(Op.GET_EXPERIMENT, experiment_id=made["id"]))["counts"]
    assert (counts["succeeded"], counts["failed"]) == (0, 1)
    assert await target.store.read(check) == []
