"""Every workflow call of respan-api 0.1.47, and an experiment that a pipeline judges; the argument is the base URL."""

from __future__ import annotations

import sys
from typing import Any

from respan.experiments import CreateExperimentRequestWorkflowItem as Step
from respan.workflows import CreateWorkflowRequestTasksItem as Task
from respan.workflows import CreateWorkflowVersionRequestTasksItem as VersionTask
from respan.workflows import UpdateWorkflowRequestTasksItem as NewTask
from respan.workflows import UpdateWorkflowVersionRequestTasksItem as NewVersionTask
from support import ONCE, connect, eventually, plain, refused, scored, settled, tell, unique

client = connect(sys.argv[1])
workflows = client.workflows
EXACT = {"type": "eval", "label": "exact", "config": {"evaluator_id": "exact-match"}}
CLOSE = {"type": "eval", "label": "close", "config": {"evaluator_id": "levenshtein"}}


def created(name: str) -> Any:
    return workflows.create_workflow(
        name=name,
        description="two judges",
        type="evaluators",
        trigger_event_type="eval_only",
        tasks=[Task(**EXACT), Task(**CLOSE)],
        request_options=ONCE,
    )


def versions(family: str) -> dict[str, Any]:
    committed = workflows.api_workflows_commits_create(family, version_description="first", request_options=ONCE)
    draft = workflows.create_workflow_version(family, tasks=[VersionTask(**EXACT)], request_options=ONCE)
    changed = workflows.update_workflow_version(
        family, draft.version, tasks=[NewVersionTask(**CLOSE), NewVersionTask(**EXACT)], request_options=ONCE
    )
    return {
        "committed": plain(committed),
        "draft": plain(draft),
        "changed": plain(changed),
        "one": plain(workflows.get_workflow_version(family, 1, request_options=ONCE)),
        "listed": plain(workflows.list_workflow_versions(family, page=1, page_size=10, request_options=ONCE)),
        "past_the_end": plain(workflows.list_workflow_versions(family, page=9, request_options=ONCE)),
        "of_nobody": plain(workflows.list_workflow_versions("nobody", request_options=ONCE)),
        "edit_of_committed": refused(lambda: workflows.update_workflow_version(family, 1, name="never", request_options=ONCE)),
    }


def deployments(family: str) -> dict[str, Any]:
    latest = workflows.deploy_workflow(family, request_options=ONCE)
    deployed = workflows.get_workflow(family, request_options=ONCE)
    return {
        "latest": plain(latest),
        "deployed": plain(deployed),
        "of_a_draft": refused(lambda: workflows.deploy_workflow(family, version=2, request_options=ONCE)),
        "undeployed": workflows.undeploy_workflow(family, request_options=ONCE),
        "after": plain(workflows.get_workflow(family, request_options=ONCE)),
    }


def lists(name: str) -> dict[str, Any]:
    mine = {"name": {"operator": "icontains", "value": [name]}}
    return {
        "api_workflows_list": plain(workflows.api_workflows_list(search=name, type="evaluators", request_options=ONCE)),
        "none": plain(workflows.api_workflows_list(search=name, type="automations", request_options=ONCE)),
        "filtered": plain(workflows.filter_workflows(filters=mine, sort_by="-updated_at", page=1, page_size=5, request_options=ONCE)),
        "filtered_and_narrowed": plain(workflows.filter_workflows(filters=mine, type="automations", request_options=ONCE)),
    }


def judged(version: str) -> dict[str, Any]:
    dataset = client.datasets.create_dataset(name=unique("Rows"), is_empty=True, request_options=ONCE)
    for text, wanted in (("abcd", "abcd"), ("abce", "wxyz")):
        client.datasets.create_dataset_log(dataset.id, input=text, output=text, expected_output=wanted, request_options=ONCE)
    created = client.experiments.create_experiment(
        dataset_id=dataset.id,
        name=unique("Judged"),
        workflow=[Step(type="duplicate", config={})],
        evaluator_workflow_ids=[version],
        request_options=ONCE,
    )

    def traces() -> list[dict[str, Any]]:
        return [plain(item) for item in client.experiments.list_experiment_spans(created.id, request_options=ONCE).items]

    found = eventually(traces, scored({"exact-match", "levenshtein"}, 2))
    experiment = eventually(lambda: client.experiments.retrieve_experiment(created.id, request_options=ONCE), settled)
    summary = client.experiments.filter_experiment_spans_summary(created.id, request_options=ONCE)
    return {"created": plain(created), "experiment": plain(experiment), "traces": found, "summary": plain(summary)}


def refusals(family: str) -> dict[str, Any]:
    hook = workflows.create_workflow(
        name=unique("Hook"), type="evaluators", trigger_event_type="eval_only", tasks=[Task(type="webhook")], request_options=ONCE
    )
    waiting = workflows.create_workflow(name=unique("Waits"), trigger_event_type="request_log", request_options=ONCE)
    workflows.api_workflows_commits_create(waiting.workflow_id, request_options=ONCE)
    dataset = client.datasets.create_dataset(name=unique("No rows"), is_empty=True, request_options=ONCE)

    def using(version: str) -> dict[str, Any]:
        steps = [Step(type="duplicate", config={})]
        return refused(
            lambda: client.experiments.create_experiment(
                dataset_id=dataset.id, workflow=steps, evaluator_workflow_ids=[version], request_options=ONCE
            )
        )

    return {
        "webhook": using(hook.id),
        "family": using(family),
        "default_type": waiting.type,
        "event": refused(lambda: workflows.deploy_workflow(waiting.workflow_id, request_options=ONCE)),
        "hook_validated": plain(workflows.validate_workflow(hook.workflow_id, request_options=ONCE)),
    }


def main() -> None:
    name = unique("Pipeline")
    made = created(name)
    family = made.workflow_id
    seen: dict[str, Any] = {
        "name": name,
        "created": plain(made),
        "retrieved": plain(workflows.get_workflow(family, request_options=ONCE)),
        "exported": plain(workflows.get_workflow(family, is_exporting=True, request_options=ONCE)),
        "validated": plain(workflows.validate_workflow(family, request_options=ONCE)),
        "updated": plain(
            workflows.update_workflow(family, description="judges", tasks=[NewTask(**EXACT), NewTask(**CLOSE)], request_options=ONCE)
        ),
        "lists": lists(name),
        "versions": versions(family),
        "deployments": deployments(family),
        "judged": judged(made.id),
        "refusals": refusals(family),
        "deleted": workflows.delete_workflow(family, request_options=ONCE),
        "gone": refused(lambda: workflows.get_workflow(family, request_options=ONCE)),
    }
    tell(seen)


main()
