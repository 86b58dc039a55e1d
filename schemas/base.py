"""The base of every canonical model."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.json import JsonObject


class Model(BaseModel):
    """Frozen, closed, and aware of what was not said: a field that is absent stays out of `model_fields_set`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Record(Model):
    """What every stored thing has.

    `id` is minted by the gateway; `alias` is an id the caller chose, and resolves like `id`.
    `extensions` holds, per dialect, what that dialect said and no canonical field claims.
    """

    id: str = ""
    alias: str | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    extensions: dict[str, JsonObject] = Field(default_factory=dict)


Name = Annotated[str, Field(max_length=10_000)]
Time = datetime
