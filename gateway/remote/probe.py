"""Is a configured vendor really there? One cheap read, and what its answer says about address and key."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.base import Adapter, Route
from adapters.calling import decode_reply, encode_call
from adapters.scope import Scope
from gateway.remote.account import Account
from gateway.remote.send import Sender
from gateway.settings import Target as TargetSettings
from gateway.upstream.client import Client
from gateway.upstream.target import VendorTarget
from schemas.errors import Code, CrosswalkError
from schemas.operations import SPECS, Call, Op

# Reads that need no id, cheapest first: every vendor has at least one.
_QUESTIONS = (Op.CURRENT_PROJECT, Op.LIST_DATASETS, Op.LIST_EXPERIMENTS, Op.LIST_EVALUATORS)

_MEANING: Mapping[Code, tuple[str, str]] = {
    Code.UNAUTHENTICATED: ("api_key", "the key is missing or not accepted"),
    Code.FORBIDDEN: ("api_key", "the key is known but may not read"),
    Code.NOT_FOUND: ("base_url", "something answers there, but this path is not the vendor's API: check the path of base_url"),
    Code.NO_ROUTE: ("base_url", "something answers there, but this path is not the vendor's API: check the path of base_url"),
    Code.METHOD_NOT_ALLOWED: ("base_url", "something answers there, but not as the vendor's API: check the path of base_url"),
    Code.UPSTREAM_INVALID: ("base_url", "what answers there does not speak this vendor's dialect: check base_url and adapter"),
    Code.UPSTREAM_UNAVAILABLE: ("base_url", "nothing answers there: check host, port and that the vendor is up"),
    Code.TIMEOUT: ("base_url", "nothing answered in time"),
    Code.RATE_LIMITED: ("", "the vendor is there and asks to be called less often"),
}


@dataclass(frozen=True)
class Finding:
    """What became of asking one target: `key` is the setting to look at (`targets.NAME.…`), `message` what is wrong, `detail` what was seen."""

    target: str
    ok: bool
    key: str = ""
    message: str = "answers"
    detail: str = ""


async def probe(name: str, settings: TargetSettings, adapter: Adapter, client: Client) -> Finding:
    """Ask one target; never raises for what the target does."""
    found = _question(adapter)
    if found is None:
        return Finding(name, False, f"targets.{name}.adapter", f"{adapter.title} has no call that could be tried")
    route, call = found
    secret = settings.api_key.get_secret_value() if settings.api_key else None
    # One attempt: whoever checks a configuration wants to know how it is now.
    vendor = VendorTarget(name, settings.model_copy(update={"retries": 0}), adapter.key_header, client)
    scope = Scope(dialect=adapter.name, options=adapter.options())
    account = Account()
    try:
        answer = await Sender(vendor, adapter, secret).ask(encode_call(adapter, route, call, scope), account)
        decode_reply(route, answer, scope)
    except CrosswalkError as error:
        return _finding(name, error, account)
    return Finding(name, True)


def _question(adapter: Adapter) -> tuple[Route, Call] | None:
    for op in _QUESTIONS:
        for route in adapter.by_operation.get(op, ()):
            if route.method == "GET" and "{" not in route.path and route.present is None and not route.piece:
                return route, Call(op, SPECS[op].args())
    return None


def _finding(name: str, error: CrosswalkError, account: Account) -> Finding:
    setting, message = _MEANING.get(error.code, ("base_url", "the vendor answers with an error"))
    status = f"HTTP {error.vendor_status}: " if error.vendor_status else ""
    detail = f"{status}{error.message}" + (f" ({account.reason})" if account.reason else "")
    return Finding(name, error.code is Code.RATE_LIMITED, f"targets.{name}.{setting}" if setting else "", message, detail[:500])
