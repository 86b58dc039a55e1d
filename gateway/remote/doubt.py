"""What an exchange leaves open: writes of which nobody knows whether they were carried out, and what had been made when a later call failed."""

from dataclasses import replace

from gateway.remote.account import Account
from gateway.remote.recipes.base import open_ended
from gateway.remote.session import Session
from schemas.errors import Code, CrosswalkError
from schemas.json import Json
from schemas.operations import SPECS, Call


class Watched:
    """A session whose creates never fail in a way that says "again" once something of them is there: a repetition would make it twice."""

    def __init__(self, session: Session, account: Account) -> None:
        self._session = session
        self._account = account

    async def perform(self, call: Call) -> Json:
        """The canonical reply. Raises CrosswalkError."""
        try:
            return await self._session.perform(call)
        except CrosswalkError as error:
            if not SPECS[call.op].creates:
                raise
            if error.retryable and self._account.made:
                error = _partly(error, len(self._account.made))
            self._account.doubt = self._account.doubt or open_ended(error)
            raise error from None


def _partly(error: CrosswalkError, made: int) -> CrosswalkError:
    message = f"{error.message} Before that, {made} records had been made, which stay: the same request would make them again."
    return replace(error, code=Code.OUTCOME_UNKNOWN, message=message, retry_after=None)
