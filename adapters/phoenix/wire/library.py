"""What stands around datasets and experiments: labels and projects."""

from typing import Annotated

from pydantic import BaseModel, Field

from adapters.base import WireModel
from adapters.phoenix.wire.base import Positive

Color = Annotated[str, Field(pattern=r"^#([0-9a-f]{6})$")]


class LabelsPaging(WireModel):
    """The query of the list of labels."""

    cursor: str | None = None
    limit: Positive = 100


class CreateLabel(WireModel):
    """POST /v1/dataset_labels"""

    name: Annotated[str, Field(min_length=1)]
    color: Color
    description: str | None = None


class UpdateLabel(WireModel):
    """PATCH /v1/dataset_labels/{label_id}"""

    name: Annotated[str, Field(min_length=1)] | None = None
    color: Color | None = None
    description: str | None = None


class SetLabels(WireModel):
    """PUT /v1/datasets/{dataset_identifier}/labels"""

    dataset_label_ids: list[str] = Field(default_factory=list)


class Label(BaseModel):
    """A label of datasets."""

    id: str
    name: str
    description: str | None
    color: str


class ProjectsPaging(WireModel):
    """The query of the list of projects."""

    cursor: str | None = None
    limit: Positive = 100
    include_experiment_projects: bool = False
    include_dataset_evaluator_projects: bool = False
    name_contains: str | None = None


class CreateProject(WireModel):
    """POST /v1/projects"""

    name: Annotated[str, Field(min_length=1)]
    description: str | None = None


class UpdateProject(WireModel):
    """PUT /v1/projects/{project_identifier}"""

    description: str | None = None


class Project(BaseModel):
    """A place traces are sent to."""

    name: str
    description: str | None
    id: str
