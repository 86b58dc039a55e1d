"""Operations of the vendor that this surface does not have: the spreadsheet form of experiments, and what only the router knows."""

from adapters.unserved import rows

_FIRST = "client code of respan-ai 2.0.1; schema of 0.1.33"

NOT_SERVED = (
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
