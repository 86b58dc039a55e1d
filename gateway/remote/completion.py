"""A vendor's reply as a whole canonical document: what it left out follows from what was asked, and its types are what the contract says."""

from collections.abc import Callable, Mapping
from datetime import datetime

from pydantic import BaseModel, ValidationError

from schemas.errors import Code, CrosswalkError
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call, Op
from schemas.references import FIELDS, kind_of


def completed(call: Call, reply: Json) -> Json:
    """The reply with every field of its model. Raises CrosswalkError (upstream_invalid) for a value of a wrong type."""
    spec = SPECS[call.op]
    if not isinstance(reply, dict):
        raise CrosswalkError(Code.UPSTREAM_INVALID, f"The answer to {call.op.replace('_', ' ')} is not an object.")
    if spec.item is None:
        return _whole(spec.reply, {**_asked(call, spec.reply), **reply}, call)
    page: JsonObject = {
        "items": [_whole(spec.item, item, call) for item in reply.get("items", ())],
        "next_cursor": reply.get("next_cursor"),
    }
    if reply.get("total") is not None:
        page["total"] = _count(call, reply["total"])
    return page


def identified(call: Call, reply: Json) -> JsonObject:
    """A page that is only a part of the reply, whose records all have an id. Raises CrosswalkError (upstream_invalid)."""
    items = reply.get("items") if isinstance(reply, dict) else None
    if not isinstance(items, list) or any(not isinstance(item, dict) or not isinstance(item.get("id"), str) for item in items):
        raise CrosswalkError(Code.UPSTREAM_INVALID, f"The answer to {call.op.replace('_', ' ')} names records without an id.")
    return {**reply, "total": _count(call, reply.get("total") or 0)}


def _count(call: Call, total: Json) -> int:
    if not isinstance(total, int):
        raise CrosswalkError(Code.UPSTREAM_INVALID, f"The answer to {call.op.replace('_', ' ')} does not say how many there are.")
    return total


def _asked(call: Call, model: type[BaseModel]) -> JsonObject:
    """What a write said and its answer need not repeat."""
    said: JsonObject = {}
    if call.body is not None and SPECS[call.op].writes:
        whole = SPECS[call.op].creates or call.op is Op.PUT_SCORE
        document = call.body.model_dump(exclude_unset=not whole)
        said = {name: value for name, value in document.items() if name in model.model_fields}
        said.pop("extensions", None)
        said.pop("alias", None)
    if SPECS[call.op].writes and not SPECS[call.op].creates:
        own = [value for name, value in call.args.model_dump().items() if value and FIELDS.get(name) is kind_of(call.op)]
        said.update({"id": str(own[0])} if own else {})
    if model.__name__ == "Done" and "id" not in said:
        said["id"] = next((str(value) for name, value in call.args.model_dump(exclude_unset=True).items() if name.endswith("_id")), "")
    return said


def _whole(model: type[BaseModel], document: Json, call: Call) -> Json:
    if not isinstance(document, dict):
        raise CrosswalkError(Code.UPSTREAM_INVALID, f"An item of the answer to {call.op.replace('_', ' ')} is not an object.")
    follow = _FOLLOWS.get(model.__name__)
    document = follow(document, call) if follow else document
    if "id" in model.model_fields and not document.get("id"):
        raise CrosswalkError(Code.UPSTREAM_INVALID, f"The answer to {call.op.replace('_', ' ')} names no record: it has no id.")
    fields = {name: value for name, value in document.items() if name in model.model_fields and not _empty(model, name, value)}
    try:
        return model.model_validate(fields).model_dump()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "/".join(map(str, first["loc"]))
        raise CrosswalkError(Code.UPSTREAM_INVALID, f"The answer has a wrong {where}: {first['msg']}.") from None


def _empty(model: type[BaseModel], name: str, value: Json) -> bool:
    """A null where the model has a default of its own says nothing."""
    field = model.model_fields[name]
    return value is None and (field.default is not None or field.default_factory is not None)


def _run(document: JsonObject, call: Call) -> JsonObject:
    experiment = document.get("experiment_id") or getattr(call.args, "experiment_id", None) or ""
    started, ended, latency = document.get("started_at"), document.get("ended_at"), document.get("latency_ms")
    if latency is None and isinstance(started, datetime) and isinstance(ended, datetime):
        latency = max(0.0, (ended - started).total_seconds() * 1000)
    recorded = document.get("created_at") or ended or started
    scores = [
        {
            **score,
            "created_at": score.get("created_at") or score.get("ended_at") or recorded,
            "run_id": document.get("id") or "",
            "experiment_id": score.get("experiment_id") or experiment,
        }
        for score in document.get("scores", ())
    ]
    return {
        **document,
        "experiment_id": experiment,
        "variant_id": document.get("variant_id") or experiment,
        "latency_ms": latency,
        "created_at": recorded,
        "scores": scores,
    }


def _score(document: JsonObject, call: Call) -> JsonObject:
    named = {name: getattr(call.args, name, None) or "" for name in ("run_id", "experiment_id")}
    recorded = document.get("created_at") or document.get("ended_at") or document.get("started_at")
    return {**{name: document.get(name) or value for name, value in named.items()}, **document, "created_at": recorded}


def _experiment(document: JsonObject, call: Call) -> JsonObject:
    variants = document.get("variants") or []
    if len(variants) == 1:
        variants = [{**variants[0], "id": document.get("id", "")}]
    counts = document.get("counts") or {}
    updated = document.get("updated_at") or document.get("created_at")
    return {**document, "variants": variants, "counts": counts, "updated_at": updated}


_FOLLOWS: Mapping[str, Callable[[JsonObject, Call], JsonObject]] = {"Run": _run, "Score": _score, "Experiment": _experiment}
