"""Projects by the vendor's calls."""

from adapters.base import Plan
from adapters.scope import Scope
from schemas.document import NewProject
from schemas.operations import Call, Op


def create(call: Call, scope: Scope) -> Plan:
    """A project in the organization of the key's own project, and with a slug of its name's plain letters, where the call names none: the vendor asks for both."""
    body = call.body
    assert isinstance(body, NewProject)
    known = {}
    if body.organization_id is None:
        known["organization_id"] = (yield call.then(Op.CURRENT_PROJECT))["organization_id"]
    if body.slug is None:
        letters = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in body.name.lower())
        known["slug"] = "-".join(filter(None, letters.split("-")))[:50] or "project"
    made = yield Call(call.op, call.args, body.model_copy(update=known), call.caller)
    return made
