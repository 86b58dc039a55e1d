"""What the routes of every noun share."""

from adapters.base import Envelope, Listing
from adapters.mapping import Codec
from adapters.phoenix.quirks.ids import NodeId
from schemas.ids import Kind

DATA = Envelope("data")
TESTED = "T"
"""The reference's tag for what was asked of a real server."""


def page_of(item: Codec, cursor: Codec | Kind) -> Listing:
    """A page under `data` whose `next_cursor` is the id of the next page's first record."""
    return Listing(item, items="data", next_cursor="next_cursor", cursor=NodeId(cursor) if isinstance(cursor, Kind) else cursor)
