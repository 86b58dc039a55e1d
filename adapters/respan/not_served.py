"""Operations of the vendor that this surface does not have: evaluation pipelines, the spreadsheet form of experiments, and what only the router knows."""

from adapters.unserved import rows

_PIPELINES = "documented; client code 0.1.47"
_FIRST = "client code of respan-ai 2.0.1; schema of 0.1.33"

NOT_SERVED = (
    *rows(
        "evaluation pipelines are not run here: name evaluators instead",
        _PIPELINES,
        "POST /api/workflows/ create_workflow",
        "GET /api/workflows/ list_workflows_root",
        "POST /api/workflows/list/ list_workflows",
        "GET /api/workflows/{workflow_id}/ retrieve_workflow",
        "PATCH /api/workflows/{workflow_id}/ update_workflow",
        "DELETE /api/workflows/{workflow_id}/ delete_workflow",
        "GET /api/workflows/{workflow_id}/versions/ list_workflow_versions",
        "POST /api/workflows/{workflow_id}/versions/ create_workflow_version",
        "GET /api/workflows/{workflow_id}/versions/{version}/ retrieve_workflow_version",
        "PATCH /api/workflows/{workflow_id}/versions/{version}/ update_workflow_version",
        "POST /api/workflows/{workflow_id}/commits/ commit_workflow",
        "POST /api/workflows/{workflow_id}/deployments/ deploy_workflow",
        "DELETE /api/workflows/{workflow_id}/deployments/ undeploy_workflow",
        "POST /api/workflows/{workflow_id}/validations/ validate_workflow",
    ),
    *rows(
        "experiments are served in their second version, under /api/v2/experiments/",
        _FIRST,
        "POST /api/experiments/create v1_create_experiment",
        "GET /api/experiments/list v1_list_experiments",
        "GET /api/experiments/{experiment_id} v1_get_experiment",
        "PATCH /api/experiments/{experiment_id} v1_update_experiment",
        "DELETE /api/experiments/{experiment_id} v1_delete_experiment",
        "POST /api/experiments/{experiment_id}/rows v1_add_rows",
        "PATCH /api/experiments/{experiment_id}/rows v1_update_rows",
        "DELETE /api/experiments/{experiment_id}/rows v1_remove_rows",
        "POST /api/experiments/{experiment_id}/columns v1_add_columns",
        "PATCH /api/experiments/{experiment_id}/columns v1_update_columns",
        "DELETE /api/experiments/{experiment_id}/columns v1_remove_columns",
        "POST /api/experiments/{experiment_id}/run v1_run_experiment",
        "POST /api/experiments/{experiment_id}/run-evals v1_run_evals",
    ),
    *rows(
        "traces are exported by GET …/logs/list/",
        "documented in the first form",
        "GET /api/v2/experiments/{experiment_id}/logs/ export_first_form",
    ),
    *rows("nobody says what it does", "schema of 0.1.33", "POST /api/v2/experiments/{experiment_id}/ post_experiment"),
    *rows(
        "rows are removed by DELETE …/logs/import/",
        "documented in the first form",
        "POST /api/datasets/{dataset_id}/logs/delete/ delete_dataset_logs",
    ),
    *rows(
        "there are no request logs, only traces of experiments",
        "documented in the first form; recorded",
        "POST /api/request-logs/create/ create_request_log",
    ),
)
