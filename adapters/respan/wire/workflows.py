"""Workflows on the wire: families of versions, each a chain of tasks. Evaluation pipelines are the workflows of type `evaluators`."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from adapters.base import WireModel
from adapters.respan.wire.common import Flag, PageQuery, Query

Type = Literal["automations", "monitors", "evaluators", "reports", "exports", "ingests"]
Trigger = Literal[
    "request_log",
    "trace_completed",
    "customer_budget_limit_reached",
    "credit_low_balance_threshold_reached",
    "spend_cap_warning_threshold_reached",
    "limit_policy_soft_triggered",
    "limit_policy_hard_triggered",
    "on_eval_result_ingested",
    "custom_event",
    "eval_only",
    "scheduled",
]
_CRON_FIELDS = 5


class Task(WireModel):
    """One task; its `config` depends on its `type`. `next` names what follows, one id or several."""

    id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    type: Annotated[str, Field(min_length=1)]
    label: str | None = None
    next: str | list[str] | None = None
    config: dict[str, Any] | None = None


class WorkflowBody(WireModel):
    """A workflow, or what to change of one. `schedule_cron` goes with the trigger `scheduled` and with no other (documented)."""

    name: Annotated[str, Field(min_length=1)] | None = None
    description: str | None = None
    type: Type | None = None
    trigger_event_type: Trigger | None = None
    schedule_cron: str | None = None
    is_starred: bool | None = None
    tasks: Annotated[list[Task], Field(max_length=500)] | None = None

    @field_validator("name", "type", "trigger_event_type", mode="before")
    @classmethod
    def _said(cls, value: Any) -> Any:
        """What every workflow has cannot be taken away."""
        if value is None:
            raise PydanticCustomError("string_type", "Input should be a valid string")
        return value

    @model_validator(mode="after")
    def _scheduled(self) -> "WorkflowBody":
        if self.schedule_cron is not None and self.trigger_event_type not in (None, "scheduled"):
            raise ValueError("schedule_cron goes with the trigger_event_type scheduled only.")
        if self.schedule_cron is not None and len(self.schedule_cron.split()) != _CRON_FIELDS:
            raise ValueError("schedule_cron has five fields.")
        return self


class NewWorkflowBody(WorkflowBody):
    """A workflow to keep."""

    @model_validator(mode="after")
    def _timed(self) -> "NewWorkflowBody":
        if self.trigger_event_type == "scheduled" and self.schedule_cron is None:
            raise ValueError("schedule_cron is required when trigger_event_type is scheduled.")
        return self


class CommitBody(WireModel):
    """What to say about the version that is committed."""

    version_description: str | None = None


class DeployBody(WireModel):
    """Which committed version to deploy; none means the latest."""

    version: Annotated[int, Field(ge=1, le=2**31)] | None = None


class WorkflowsQuery(PageQuery):
    """A page of workflows; `search` looks into names."""

    type: str | None = None
    trigger_event_type: str | None = None
    search: str | None = None
    is_including_public_workflows: Flag = False


class OneQuery(Query):
    """How one workflow is shown: as it is, or as a portable export."""

    is_exporting: Flag = False
    is_including_secrets: Flag = False


class WorkflowItem(WireModel):
    """A workflow in a list. `id` is the version's own, `workflow_id` the family's."""

    id: str
    workflow_id: str
    version: int
    name: str | None
    description: str | None
    version_description: str | None
    type: str
    trigger_event_type: str | None
    schedule_cron: str | None
    is_enabled: bool
    is_starred: bool
    is_read_only: bool
    is_public: bool
    created_at: str
    updated_at: str
    deployed_version: int | None
    tags: list[dict[str, Any]]


class WorkflowReply(WorkflowItem):
    """A version of a workflow."""

    tasks: list[Task]


class ExportReply(WireModel):
    """A portable workflow."""

    schema_version: str
    workflow: dict[str, Any]


class DeploymentReply(WireModel):
    """The version that is deployed now."""

    id: str
    workflow_id: str
    version: int
    is_enabled: bool
    is_read_only: bool


class ValidationReply(WireModel):
    """Whether a draft could run, and each of its tasks."""

    status: str
    validation: dict[str, Any]
    task_results: list[dict[str, Any]]
    is_all_passed: bool
