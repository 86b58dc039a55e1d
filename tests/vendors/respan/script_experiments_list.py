"""Lists, filters and edits of experiments through respan-api 0.1.47; the argument is the base URL."""

from __future__ import annotations

import sys
import uuid
from typing import Any

from respan.experiments import CreateExperimentRequestWorkflowItem as Step
from respan.experiments import ReplaceExperimentRequestWorkflowItem as NewStep
from support import ONCE, connect, eventually, plain, refused, settled, tell, unique

client = connect(sys.argv[1])
experiments = client.experiments
COPY = [Step(type="duplicate", config={})]


def dataset_with_a_row() -> str:
    dataset = client.datasets.create_dataset(name=unique("One row"), is_empty=True, request_options=ONCE)
    client.datasets.create_dataset_log(dataset.id, input="in", output="out", expected_output="out", request_options=ONCE)
    return str(dataset.id)


def condition(operator: str, value: Any) -> dict[str, Any]:
    return {"operator": operator, "value": value}


def listed(filters: dict[str, Any], **query: Any) -> dict[str, Any]:
    page: dict[str, Any] = plain(experiments.list_experiments(filters=filters, request_options=ONCE, **query).response)
    return page


def names(filters: dict[str, Any], **query: Any) -> list[str]:
    return [item["name"] for item in listed(filters, **query)["results"]]


def count(filters: dict[str, Any]) -> int:
    return int(experiments.filter_experiments_summary(filters=filters, request_options=ONCE).total_count)


def wait_for(identifier: str) -> None:
    eventually(lambda: experiments.retrieve_experiment(identifier, request_options=ONCE), settled)


def made(prefix: str, dataset_id: str, other_dataset_id: str) -> list[str]:
    """Ids of three finished experiments named `<prefix> a|b|c`, the last one on the other dataset."""
    ids = []
    for letter in "abc":
        created = experiments.create_experiment(
            dataset_id=other_dataset_id if letter == "c" else dataset_id,
            name=f"{prefix} {letter}",
            workflow=COPY,
            evaluator_ids=["exact-match"],
            request_options=ONCE,
        )
        wait_for(created.id)
        ids.append(created.id)
    return ids


def filters_by_operator(prefix: str, ids: list[str], dataset_id: str) -> dict[str, list[str]]:
    mine = {"name": condition("startswith", [prefix])}
    cases: dict[str, dict[str, Any]] = {
        "icontains": {"name": condition("icontains", [prefix.upper()])},
        "contains": {"name": condition("contains", [f"{prefix} b"])},
        "contains_is_case_sensitive": {"name": condition("contains", [prefix.upper()])},
        "equals": {"name": condition("", [f"{prefix} a"])},
        "scalar": {"name": condition("", f"{prefix} a")},
        "iexact": {"name": condition("iexact", [f"{prefix} A".upper()])},
        "startswith": mine,
        "endswith": mine | {"id": condition("in", ids), "name": condition("endswith", [f"{prefix} c"])},
        "in": {"name": condition("in", [f"{prefix} a", f"{prefix} c", "nothing"])},
        "not": {"name": [condition("startswith", [prefix]), condition("not", [f"{prefix} a"])]},
        "id": {"id": condition("", [ids[1]])},
        "dataset": {"dataset": condition("", [dataset_id])},
        "status": mine | {"status": condition("", ["completed"])},
        "other_status": mine | {"status": condition("in", ["failed", "running"])},
        "isnull": mine | {"completed_at": condition("isnull", [True])},
        "isnull_false": mine | {"completed_at": condition("isnull", [False])},
        "created_at": mine | {"created_at": condition("gte", ["2001-01-01T00:00:00Z"])},
        "created_before": mine | {"created_at": condition("lt", ["2001-01-01T00:00:00Z"])},
    }
    return {case: sorted(names(filters)) for case, filters in cases.items()}


def lists(prefix: str, ids: list[str], dataset_id: str) -> dict[str, Any]:
    mine = {"name": condition("icontains", [prefix])}
    return {
        "filtered": filters_by_operator(prefix, ids, dataset_id),
        "page": listed(mine, page=1, page_size=2),
        "second_page": listed(mine, page=2, page_size=2),
        "past_the_end": listed(mine, page=7, page_size=2),
        "by_the_client": [item.name for item in experiments.list_experiments(filters=mine, page_size=2, request_options=ONCE)],
        "sorted": {key: names(mine, sort_by=key) for key in ("name", "-name", "created_at", "-created_at")},
        "unsorted": names(mine),
        "counts": [count(mine), count(mine | {"status": condition("", ["failed"])}), count({})],
        "everything": experiments.list_experiments(page_size=1, request_options=ONCE).response.count,
    }


def read(identifier: str) -> Any:
    return plain(experiments.retrieve_experiment(identifier, request_options=ONCE))


def edits(prefix: str, identifier: str, other_dataset_id: str) -> dict[str, Any]:
    patched = experiments.update_experiment(identifier, name=f"{prefix} patched", description="patched", request_options=ONCE)
    after_patch = read(identifier)
    replaced = experiments.replace_experiment(
        identifier,
        dataset_id=other_dataset_id,
        workflow=[NewStep(type="completion", config={"model": "echo"})],
        evaluator_ids=["contains"],
        name=f"{prefix} replaced",
        batch_size=7,
        concurrency=2,
        request_options=ONCE,
    )
    return {
        "patched": plain(patched),
        "after_patch": after_patch,
        "replaced": plain(replaced),
        "after_replace": read(identifier),
        "traces_after": len(experiments.list_experiment_spans(identifier, request_options=ONCE).items),
    }


def own_id(dataset_id: str) -> dict[str, Any]:
    chosen = f"nightly-{uuid.uuid4().hex[:8]}"
    created = experiments.create_experiment(dataset_id=dataset_id, experiment_id=chosen, name="chosen", workflow=COPY, request_options=ONCE)
    return {"chosen": chosen, "created": plain(created), "retrieved": read(chosen)}


def refusals(dataset_id: str) -> dict[str, Any]:
    def create(**body: Any) -> dict[str, Any]:
        complete = {"dataset_id": dataset_id, "workflow": COPY} | body
        return refused(lambda: experiments.create_experiment(request_options=ONCE, **complete))

    unknown = "0" * 32
    return {
        "unknown_dataset": create(dataset_id="00000000-0000-4000-8000-00000000dead"),
        "two_ways_to_score": create(evaluator_ids=["exact-match"], evaluator_workflow_ids=["x"]),
        "no_steps": create(workflow=[], evaluator_ids=["exact-match"]),
        "unknown_step": create(workflow=[Step(type="teleport", config={})]),
        "retrieve": refused(lambda: read(unknown)),
        "update": refused(lambda: experiments.update_experiment(unknown, name="x", request_options=ONCE)),
        "replace": refused(lambda: experiments.replace_experiment(unknown, name="x", request_options=ONCE)),
        "delete": refused(lambda: experiments.delete_experiment(unknown, request_options=ONCE)),
        "traces": refused(lambda: experiments.list_experiment_spans(unknown, request_options=ONCE)),
        "summary": refused(lambda: experiments.filter_experiment_spans_summary(unknown, request_options=ONCE)),
        "histogram": refused(
            lambda: experiments.filter_experiment_score_histogram(unknown, evaluator_id="exact-match", request_options=ONCE)
        ),
    }


def main() -> None:
    prefix = unique("Listing")
    dataset_id, other_dataset_id = dataset_with_a_row(), dataset_with_a_row()
    ids = made(prefix, dataset_id, other_dataset_id)
    seen: dict[str, Any] = {
        "prefix": prefix,
        "ids": ids,
        "datasets": [dataset_id, other_dataset_id],
        "lists": lists(prefix, ids, dataset_id),
        "edits": edits(prefix, ids[0], other_dataset_id),
        "own_id": own_id(dataset_id),
        "refusals": refusals(dataset_id),
        "deleted": experiments.delete_experiment(ids[0], request_options=ONCE),
        "gone": refused(lambda: read(ids[0])),
        "left": names({"name": condition("icontains", [prefix])}, sort_by="name"),
    }
    tell(seen)


main()
