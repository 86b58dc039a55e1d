"""What stands around datasets and experiments: projects."""

from pydantic import BaseModel

from adapters.base import WireModel
from adapters.phoenix.wire.base import Positive


class ProjectsPaging(WireModel):
    """The query of the list of projects."""

    cursor: str | None = None
    limit: Positive = 100
    include_experiment_projects: bool = False
    include_dataset_evaluator_projects: bool = False


class Project(BaseModel):
    """A place traces are sent to."""

    name: str
    description: str | None
    id: str
