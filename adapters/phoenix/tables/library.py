"""What stands around datasets and experiments: labels and projects."""

from adapters.mapping import Each, Fold, Row, Shape
from adapters.phoenix.quirks import labels, values
from adapters.phoenix.quirks.ids import IdsInText, NodeOnly, NodeOrName
from adapters.phoenix.quirks.values import NotNull
from adapters.phoenix.tables.common import NO_FIELD, PROJECT_ID, place
from schemas.ids import Kind

LABEL_ID = NodeOnly(Kind.LABEL)
_DOCUMENT_HIDDEN = {
    "alias": "ids are node ids",
    "kind": "named by the path",
    "version": "only the present state is shown",
    "created_at": NO_FIELD,
    "updated_at": NO_FIELD,
}
LABEL_ARGS = Shape((Row("label_id", "key", LABEL_ID),), keep=False)
LABEL = Shape(
    (
        Row("id", "id", LABEL_ID),
        Row("name", "key"),
        Row("description", "body/description", default=None),
        Row("color", "body/color", default="#808080"),
    ),
    hidden=_DOCUMENT_HIDDEN,
)
NEW_LABEL = Shape((Row("name", "key"), Row("color", "body/color"), Row("description", "body/description")), keep=False)
LABEL_NAME = Shape((Row("name", "rename"),), keep=False)
LABEL_PATCH = Shape((Row("color", "body/color", NotNull()), Row("description", "body/description")), keep=False)
LABELS_OF = Shape((Fold(("dataset_identifier",), ("prefix",), labels.read_prefix),), keep=False)
DATASET_OF_LABELS = Shape((Fold(("dataset_identifier",), ("key",), labels.read_dataset),), keep=False)
LABEL_OF = Shape((Fold(("dataset_identifier", "label_id"), ("key",), labels.read_use),), keep=False)
SET_LABELS = Shape((Row("dataset_label_ids", "body/labels", Each(LABEL_ID)),), hidden={"key": "the path names the dataset"}, keep=False)
PROJECT = Shape(
    (Row("name", "name"), Row("description", "description", IdsInText(), default=None), Row("id", "id", PROJECT_ID)),
    hidden=dict.fromkeys(("alias", "created_at", "updated_at", "slug", "organization_id"), NO_FIELD),
)
PROJECT_ARGS = Shape((Row("project_identifier", "project_id", NodeOrName(Kind.PROJECT)),), keep=False)
NEW_PROJECT = Shape(
    (Row("name", "name"), Row("description", "description")),
    hidden={"slug": NO_FIELD, "organization_id": NO_FIELD},
    keep=False,
)
PROJECT_PATCH = Shape((Row("description", "description", NotNull()),), hidden={"name": "names never change", "slug": NO_FIELD}, keep=False)
PROJECTS_ARGS = Shape(
    (
        Row("include_experiment_projects", "experiments"),
        Fold(("name_contains",), ("where",), values.name_contains),
        place(Kind.PROJECT),
    ),
    ignored={"include_dataset_evaluator_projects": "there are none here"},
    keep=False,
)
