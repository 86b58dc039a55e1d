"""Operations of the vendor that this surface does not have. Section numbers are those of the wire reference the routes follow, too."""

from adapters.unserved import rows

_SEEN = "seen in clients"
_DOCUMENTED = "documented"
_INDEX = "documented in the index"

NOT_SERVED = (
    *rows("the evaluate-and-regenerate loop needs models of the vendor's own", _DOCUMENTED, "POST /evals/safe-regenerate safe_regenerate"),
    *rows(
        "the creation route of SDK 1.x is obsolete; POST /evals creates",
        "seen in the Python client up to 2.0.0",
        "POST /evals/run run_eval_1x",
    ),
    *rows("prompts are not optimised here", _SEEN, "POST /prompts/optimize optimize_prompt"),
    *rows(
        "the client for Go has paths of its own; /prompts/deployments?name= answers",
        "seen in the Go client",
        "GET /prompts/{name}/deployments list_deployments_go",
        "POST /prompts/{name}/deployments deploy_prompt_go",
    ),
    *rows(
        "studies of retrieval are not run here",
        _SEEN,
        "GET /experiments/rag-automl list_rag_studies",
        "POST /experiments/rag-automl create_rag_study",
    ),
    *rows("keys are configured in the gateway's file", _DOCUMENTED, "GET /api-keys list_api_keys", "POST /api-keys create_api_key"),
    *rows(
        "evals are not scheduled here",
        "seen in the Terraform provider",
        "GET /eval-schedules list_eval_schedules",
        "POST /eval-schedules create_eval_schedule",
    ),
    *rows(
        "security scans are not run here",
        _SEEN,
        "GET /security list_scans",
        "POST /security create_scan",
        "POST /verticals/{id}/scan scan_vertical",
    ),
    *rows("batches of model calls are not run here", _SEEN, "GET /batches list_batches", "POST /batches create_batch"),
    *rows("traces of production are not kept here", _SEEN, "GET /traces list_traces"),
    *rows(
        "accounts are not managed here",
        _SEEN,
        "POST /team invite_member",
        "POST /billing change_billing",
        "POST /billing/activate activate_billing",
        "POST /chargeback create_chargeback",
    ),
)
