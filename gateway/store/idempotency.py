"""Idempotency keys: the first attempt is performed, its answer kept, and every repetition given that answer.

Functions for `Store.write`. The holder of a `Fresh` calls `finish` with the answer, or `abandon` when there is none worth repeating.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from gateway.store.tables import idempotency
from gateway.store.transaction import Transaction

KEEP = timedelta(hours=24)
LEASE = timedelta(minutes=10)
"""How long an attempt may be under way. After that its process is taken to have died, and the key is free."""

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Fresh:
    """The key was free: perform the request. `number` names the attempt."""

    number: int


@dataclass(frozen=True)
class Replay:
    """The request was performed before; this was the answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Mismatch:
    """The key was used for another request (its fingerprint differs)."""


@dataclass(frozen=True)
class InProgress:
    """The first attempt has no answer yet; it has the key for at most `seconds` more."""

    seconds: float


Outcome = Fresh | Replay | Mismatch | InProgress

_FIND = select(idempotency).where(
    idempotency.c.scope == bindparam("scope"),
    idempotency.c.target == bindparam("target"),
    idempotency.c.route == bindparam("route"),
    idempotency.c.key == bindparam("key"),
)
_NEW = idempotency.insert()
_DROP = idempotency.delete().where(idempotency.c.id == bindparam("number"))
_EXPIRED = select(idempotency.c.id).where(idempotency.c.expires_at <= bindparam("now")).limit(bindparam("limit"))


def begin(tx: Transaction, scope: str, target: str, route: str, key: str, fingerprint: str) -> Outcome:
    """Whether the request `fingerprint` (a hash of its body) under `key` is to be performed; keys count per scope, target and route."""
    place = {"scope": scope, "target": target, "route": route, "key": key}
    row = tx.first(_FIND, place)
    if row is not None and row.expires_at <= tx.now:
        tx.execute(_DROP, {"number": row.id})
        row = None
    if row is None:
        return Fresh(tx.insert(_NEW, {**place, "fingerprint": fingerprint, "created_at": tx.now, "expires_at": tx.now + LEASE}))
    if row.fingerprint != fingerprint:
        return Mismatch()
    if row.status is None:
        return InProgress((row.expires_at - tx.now).total_seconds())
    return Replay(row.status, tuple((name, value) for name, value in row.headers), row.body)


def finish(tx: Transaction, number: int, status: int, headers: Headers, body: bytes) -> None:
    """Keeps the answer of attempt `number` for 24 hours. Does nothing when the attempt lost its key by taking too long."""
    answer = {"status": status, "headers": [list(pair) for pair in headers], "body": body, "expires_at": tx.now + KEEP}
    tx.execute(idempotency.update().where(idempotency.c.id == number).values(**answer))


def abandon(tx: Transaction, number: int) -> None:
    """Frees the key of an attempt that has no answer, so that a repetition is performed."""
    tx.execute(_DROP, {"number": number})


def open_since(tx: Transaction, scope: str, target: str, route: str, key: str) -> Replay | datetime | None:
    """What `leave` left of an earlier attempt: its answer, or when it was begun where nobody knows its outcome; None without one."""
    row = tx.first(_FIND, {"scope": scope, "target": target, "route": route, "key": key})
    if row is None or row.expires_at <= tx.now:
        return None
    if row.status is None:
        begun: datetime = row.created_at
        return begun
    return Replay(row.status, tuple((name, value) for name, value in row.headers), row.body)


def leave(
    tx: Transaction, scope: str, target: str, route: str, key: str, begun: datetime, answer: tuple[int, Headers, bytes] | None = None
) -> None:
    """Leaves word of an attempt for whoever repeats it within ten minutes: its answer, or without one that nobody knows its outcome."""
    settle(tx, scope, target, route, key)
    place = {"scope": scope, "target": target, "route": route, "key": key, "fingerprint": ""}
    number = tx.insert(_NEW, {**place, "created_at": begun, "expires_at": max(begun, tx.now - LEASE) + LEASE})
    if answer is not None:
        status, headers, body = answer
        told = {"status": status, "headers": [list(pair) for pair in headers], "body": body, "expires_at": tx.now + LEASE}
        tx.execute(idempotency.update().where(idempotency.c.id == number).values(**told))


def settle(tx: Transaction, scope: str, target: str, route: str, key: str) -> None:
    """Forgets what was left of an attempt."""
    row = tx.first(_FIND, {"scope": scope, "target": target, "route": route, "key": key})
    if row is not None:
        tx.execute(_DROP, {"number": row.id})


def purge(tx: Transaction, limit: int = 1000) -> int:
    """Forgets up to `limit` expired keys and gives how many."""
    gone = [row.id for row in tx.rows(_EXPIRED, {"now": tx.now, "limit": limit})]
    if gone:
        tx.execute(_DROP, [{"number": number} for number in gone])
    return len(gone)
