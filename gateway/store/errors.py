"""What a database's complaint means to a caller."""

from sqlalchemy.exc import OperationalError, StatementError

from schemas.errors import Code, CrosswalkError, invalid

_BUSY = ("database is locked", "database is busy")


def canonical(error: Exception) -> Exception:
    """The canonical error behind `error` where there is one, else `error` itself.

    A value that no column can hold is the caller's mistake; a database that stays locked is unavailable.
    """
    cause = error.orig if isinstance(error, StatementError) else error
    if isinstance(cause, CrosswalkError):
        return cause
    if isinstance(cause, OverflowError):
        return invalid("A number is too large to be stored.")
    if isinstance(cause, UnicodeEncodeError):
        return invalid("A text holds characters that are not valid Unicode.")
    if isinstance(error, OperationalError) and any(word in str(error.orig) for word in _BUSY):
        return CrosswalkError(Code.UPSTREAM_UNAVAILABLE, "The store is busy.", retry_after=1.0)
    return error
