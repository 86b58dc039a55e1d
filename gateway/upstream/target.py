"""A configured vendor: where it is, how it wants its key, and how it is to be treated."""

from collections.abc import Callable

from adapters.base import KeyHeader
from gateway.execution.models.retry import Backoff
from gateway.settings import Target as TargetSettings
from gateway.upstream.address import Base
from gateway.upstream.breaker import Breaker
from gateway.upstream.client import Client, Patience
from gateway.upstream.pace import Pace
from gateway.upstream.reads import Reads
from gateway.upstream.slots import Slots
from schemas.errors import Code, CrosswalkError


class VendorTarget:
    """One `[targets.NAME]` of a vendor's adapter. The client is shared and belongs to the caller.

    `per_minute` is how many calls the vendor allows; `denied` sees in the body of a successful answer that the call failed all the same.
    """

    def __init__(
        self,
        name: str,
        settings: TargetSettings,
        key_header: KeyHeader,
        client: Client,
        per_minute: int | None = None,
        denied: Callable[[bytes], bool] | None = None,
    ) -> None:
        if settings.base_url is None:
            raise ValueError(f"targets.{name}.base_url is missing")
        self.name = name
        self.adapter = settings.adapter
        self.client = client
        self.base = Base(settings.base_url)
        self.timeout = settings.timeout
        self.patience = Patience(settings.connect_timeout, settings.read_timeout)
        self.backoff = Backoff(attempts=settings.retries + 1)
        self.breaker = Breaker(settings.breaker_failures, settings.breaker_pause)
        self.pace = Pace(settings.requests_per_minute)
        # What the vendor allows concerns the calls that the gateway makes on its own account; a configured limit concerns every call.
        self.quota = Pace(per_minute if settings.requests_per_minute is None else None)
        self.slots = Slots(settings.concurrency)
        self.reads = Reads(settings.cache_ttl, settings.cache_entries, settings.cache_bytes, denied)
        self.key_header = key_header
        self._key = settings.api_key.get_secret_value() if settings.api_key else None

    def credential(self, passed: str | None) -> tuple[str, str] | None:
        """The header with the key: the caller's own where it is passed through, else the configured one; None without either."""
        key = self._key if passed is None else passed
        return None if key is None else self.key_header.of(key)

    def error(self, code: Code, what: str, retry_after: float | None = None) -> CrosswalkError:
        """An error about this target, for the client."""
        return CrosswalkError(code, f"The target {self.name!r} {what}.", vendor=self.adapter, retry_after=retry_after)
