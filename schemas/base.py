"""The base of every canonical model."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from schemas.json import JsonObject


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("datetime_parsing", "Input should be a valid datetime, in the years 1 to 9999 of UTC") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its offset on the way in, in UTC from then on: those of the years 1 and 9999 that are in another year there are none."""


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
    created_at: Moment | None = None
    updated_at: Moment | None = None
    extensions: dict[str, JsonObject] = Field(default_factory=dict)


Name = Annotated[str, Field(max_length=10_000)]
Time = datetime
