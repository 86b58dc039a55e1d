"""Operations of the vendor that this surface does not have: older spellings, request logs, testsets, and what only the router knows."""

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
        "recorded",
        "POST /api/request-logs/ create_request_log",
    ),
    *rows(
        "experiments have their rows from datasets",
        "client code 0.1.47",
        "POST /api/testsets/ create_testset",
        "POST /api/testsets/list/ list_testsets",
        "POST /api/testsets/summary/ get_filtered_testsets_summary",
        "GET /api/testsets/{testset_id}/ retrieve_testset",
        "PUT /api/testsets/{testset_id}/ replace_testset",
        "PATCH /api/testsets/{testset_id}/ update_testset",
        "DELETE /api/testsets/{testset_id}/ delete_testset",
        "GET /api/testsets/{testset_id}/rows/ list_testset_rows",
        "POST /api/testsets/{testset_id}/rows/ create_testset_rows",
        "DELETE /api/testsets/{testset_id}/rows/ delete_testset_rows",
        "GET /api/testsets/{testset_id}/rows/{row_index}/ retrieve_testset_row",
        "PUT /api/testsets/{testset_id}/rows/{row_index}/ replace_testset_row",
        "PATCH /api/testsets/{testset_id}/rows/{row_index}/ update_testset_row",
        "DELETE /api/testsets/{testset_id}/rows/{row_index}/ delete_testset_row",
    ),
)
