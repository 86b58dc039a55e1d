"""Who is calling: from the `Authorization` header to a caller with a role, a scope and its targets."""

from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from gateway.context import Scope
from gateway.settings import ApiKey, Auth, Role
from schemas.errors import Code, CrosswalkError

DEFAULT_SCOPE = "default"

_RANK = {role: rank for rank, role in enumerate((Role.VIEWER, Role.EDITOR, Role.ADMIN))}
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """An authenticated caller.

    `scope` names whose records it sees. `targets` are the ones it may reach, None for all of them. `credential` is set
    only where the caller's own credential goes on to the target, which must then be of the caller's own dialect.
    """

    name: str
    role: Role
    scope: str = DEFAULT_SCOPE
    targets: frozenset[str] | None = None
    credential: str | None = None

    def may_reach(self, target: str, *, same_dialect: bool) -> bool:
        """Whether requests may go to a target; `same_dialect` says that its adapter is the caller's dialect."""
        if self.credential is not None and not same_dialect:
            return False
        return self.targets is None or target in self.targets

    @property
    def who(self) -> str:
        """What tells this caller from others who wait for the same target."""
        return f"{self.scope}/{self.name}"

    def __repr__(self) -> str:
        return f"Caller({self.name!r}, {self.role.value}, scope={self.scope!r})"


ANONYMOUS = Caller("anonymous", Role.ADMIN)
"""Whoever reaches a gateway without keys, which listens on this machine only."""


def allows(role: Role, needs: Role) -> bool:
    """Whether a role includes what is needed."""
    return _RANK[role] >= _RANK[needs]


def needed(method: str) -> Role:
    """The role an HTTP method needs unless the operation says otherwise."""
    return Role.VIEWER if method in _READS else Role.EDITOR


def require(caller: Caller, needs: Role) -> None:
    """Raises CrosswalkError `forbidden` when the caller's role is too low."""
    if not allows(caller.role, needs):
        raise CrosswalkError(Code.FORBIDDEN, f"This needs the role {needs.value}; the key has {caller.role.value}.")


class Authenticator:
    """Finds the caller of a request."""

    def __init__(self, auth: Auth) -> None:
        self._find = {"none": _anonymous, "keys": self._by_key, "passthrough": _by_credential}[auth.mode]
        self._callers = [(key.sha256.encode(), _caller(key)) for key in auth.keys]

    def authenticate(self, scope: Scope) -> Caller:
        """The caller of an HTTP request. Raises CrosswalkError `unauthenticated`."""
        return self._find(bearer(scope))

    def _by_key(self, token: str | None) -> Caller:
        """Every key is compared, so that the time taken says nothing about which came close."""
        digest = sha256((token or "").encode("latin-1")).hexdigest().encode()
        found = [caller for expected, caller in self._callers if compare_digest(expected, digest)]
        if token is None:
            raise CrosswalkError(Code.UNAUTHENTICATED, "A key is needed: Authorization: Bearer <key>.")
        if not found:
            raise CrosswalkError(Code.UNAUTHENTICATED, "The key is not known here.")
        return found[0]


def bearer(scope: Scope) -> str | None:
    """The token of `Authorization: Bearer <token>`, the scheme in any case; None without exactly one such header."""
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(values) != 1:
        return None
    scheme, _, token = values[0].decode("latin-1").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _anonymous(token: str | None) -> Caller:
    return ANONYMOUS


def _by_credential(token: str | None) -> Caller:
    """The target judges the credential; here its digest only separates one caller's records from another's."""
    if token is None:
        raise CrosswalkError(Code.UNAUTHENTICATED, "A credential of the target is needed: Authorization: Bearer <key>.")
    digest = sha256(token.encode("latin-1")).hexdigest()
    return Caller("passthrough", Role.ADMIN, f"credential-{digest[:32]}", credential=token)


def _caller(key: ApiKey) -> Caller:
    return Caller(key.name, key.role, key.scope, None if key.targets is None else frozenset(key.targets))
