"""Who is calling, and what the caller may do."""

from hashlib import sha256
from typing import Any

import pytest

from gateway.auth import ANONYMOUS, Authenticator, Caller, allows, needed, require
from gateway.settings import ApiKey, Auth, Role
from schemas.errors import Code, CrosswalkError

KEY = ApiKey(name="ci", sha256=sha256(b"k1").hexdigest(), role=Role.EDITOR, targets=("local",), scope="team")
OTHER = ApiKey(name="boss", sha256=sha256(b"k2").hexdigest(), role=Role.ADMIN)


def scope(*headers: tuple[str, str]) -> dict[str, Any]:
    return {"type": "http", "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers]}


def keys() -> Authenticator:
    return Authenticator(Auth(mode="keys", keys=(KEY, OTHER)))


@pytest.mark.parametrize("value", ["Bearer k1", "bearer k1", "BEARER  k1 "])
def test_a_known_key(value: str) -> None:
    caller = keys().authenticate(scope(("authorization", value)))
    assert caller == Caller("ci", Role.EDITOR, "team", frozenset({"local"}))


def test_every_key_has_its_own_caller() -> None:
    assert keys().authenticate(scope(("authorization", "Bearer k2"))) == Caller("boss", Role.ADMIN, "default", None)


REFUSED = {
    "nothing": [],
    "unknown key": [("authorization", "Bearer k3")],
    "bare token": [("authorization", "k1")],
    "no token": [("authorization", "Bearer ")],
    "basic": [("authorization", "Basic k1")],
    "api_key": [("api_key", "k1")],
    "x-api-key": [("x-api-key", "k1")],
    "the hash itself": [("authorization", f"Bearer {KEY.sha256}")],
    "two headers": [("authorization", "Bearer k1"), ("authorization", "Bearer k2")],
    "not ASCII": [("authorization", "Bearer \xe9")],
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    with pytest.raises(CrosswalkError) as caught:
        keys().authenticate(scope(*REFUSED[case]))
    assert caught.value.code is Code.UNAUTHENTICATED
    assert "k1" not in str(caught.value)


def test_without_keys_everybody_is_admin() -> None:
    authenticator = Authenticator(Auth())
    assert authenticator.authenticate(scope()) is ANONYMOUS
    assert authenticator.authenticate(scope(("authorization", "Bearer any"))) is ANONYMOUS
    assert (ANONYMOUS.role, ANONYMOUS.scope) == (Role.ADMIN, "default")


def test_passthrough_separates_callers_and_stays_in_its_dialect() -> None:
    authenticator = Authenticator(Auth(mode="passthrough"))
    one = authenticator.authenticate(scope(("authorization", "Bearer vendor-key-1")))
    two = authenticator.authenticate(scope(("authorization", "Bearer vendor-key-2")))
    assert one.scope != two.scope
    assert one.credential == "vendor-key-1"
    assert one.may_reach("any", same_dialect=True)
    assert not one.may_reach("any", same_dialect=False)
    assert "vendor-key-1" not in repr(one) + one.scope
    with pytest.raises(CrosswalkError, match="unauthenticated"):
        authenticator.authenticate(scope())


def test_a_key_reaches_its_targets_only() -> None:
    caller = Caller("ci", Role.EDITOR, targets=frozenset({"local"}))
    assert caller.may_reach("local", same_dialect=False)
    assert not caller.may_reach("other", same_dialect=True)
    assert ANONYMOUS.may_reach("other", same_dialect=False)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("needs", Role)
def test_roles_include_the_lower_ones(role: Role, needs: Role) -> None:
    order = [Role.VIEWER, Role.EDITOR, Role.ADMIN]
    enough = order.index(role) >= order.index(needs)
    assert allows(role, needs) is enough
    if enough:
        require(Caller("a", role), needs)
    else:
        with pytest.raises(CrosswalkError) as caught:
            require(Caller("a", role), needs)
        assert caught.value.code is Code.FORBIDDEN


@pytest.mark.parametrize(
    ("method", "role"), [("GET", Role.VIEWER), ("HEAD", Role.VIEWER), ("POST", Role.EDITOR), ("DELETE", Role.EDITOR), ("BREW", Role.EDITOR)]
)
def test_what_a_method_needs(method: str, role: Role) -> None:
    assert needed(method) is role
