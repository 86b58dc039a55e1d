"""What the routes of every noun share."""

from adapters.base import Envelope, Listing
from adapters.mapping import Codec
from adapters.phoenix.quirks.ids import NodeId
from schemas.ids import Kind

AFTER_20_3 = "20.3.1"
"""Stands for the release after 20.3.0 that brought a change: which one is not known, 20.26.1 has it."""

AFTER_11_38 = "12.0.0"
"""Stands for the release after 11.38.0 that brought a change: which one is not known, 20.26.1 has it."""

DATA = Envelope("data")
TESTED = "T"
"""The reference's tag for what was asked of a real server."""

EMPTY_JSON = {"content-type": "application/json"}
"""What most 204 answers say of the body that they do not have."""


def page_of(item: Codec, cursor: Codec | Kind) -> Listing:
    """A page under `data` whose `next_cursor` is the id of the next page's first record."""
    return Listing(item, items="data", next_cursor="next_cursor", cursor=NodeId(cursor) if isinstance(cursor, Kind) else cursor)
