"""Operations of the vendor that this surface does not have: older spellings, request logs, and what only the router knows."""

from adapters.unserved import rows

NOT_SERVED = (
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
