"""OpenAPI 3.1 from a dialect's routes and models, so that what is described is what is served."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from types import UnionType
from typing import Any, TypeGuard, get_args, get_origin

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from adapters.base import Adapter, Plain, Route
from gateway.docs import errors
from gateway.routing import prefix_of
from schemas.json import JsonObject
from schemas.operations import SPECS, Page

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


def document(adapter: Adapter, server: str = "") -> JsonObject:
    """The OpenAPI document of one dialect; `server` is the gateway's own address, empty for relative links."""
    models = _Models(adapter)
    paths: dict[str, JsonObject] = {}
    mount = adapter.mounts[0]
    entries: tuple[Route | Plain, ...] = (*adapter.routes, *adapter.pages)
    for entry in entries:
        if isinstance(entry, Plain) or entry.documented:
            path = _PARAMETER.sub(r"{\1}", mount + entry.path)
            operation = _operation(entry, path, models)
            refused = {str(status): {"$ref": f"#/components/responses/{errors.name(status)}"} for status in errors.statuses(entry, adapter)}
            paths.setdefault(path, {})[entry.method.lower()] = {
                **operation,
                "responses": {**operation["responses"], **dict(sorted(refused.items()))},
            }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{adapter.title} API on Crosswalk",
            "version": version("crosswalk-gateway"),
            "description": f"The {adapter.title} dialect as this gateway serves it.",
        },
        "servers": [{"url": f"{server}/{prefix_of(adapter)}"}],
        "paths": paths,
        "components": {
            "schemas": models.schemas,
            "responses": errors.responses(adapter, models.errors),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key of [auth.keys]; none is needed in mode none."}
            },
        },
        "security": [{"key": []}, {}],
    }


class _Models:
    """The JSON schemas of every model a dialect's routes mention."""

    def __init__(self, adapter: Adapter) -> None:
        wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = []
        for route in adapter.routes:
            wanted.extend((model, "validation") for model in (_body_of(route), route.form, route.query) if model is not None)
            wanted.extend((model, "serialization") for model in _answers(route))
        wanted.extend((model, "serialization") for model in errors.bodies(adapter))
        unique = list(dict.fromkeys(wanted))
        found, definitions = models_json_schema(unique, ref_template=_REF)
        self.schemas: JsonObject = definitions.get("$defs", {})
        self._by_model = found
        self.errors = {model: found[model, "serialization"] for model in errors.bodies(adapter)}

    def schema(self, model: type[BaseModel], mode: JsonSchemaMode) -> JsonObject:
        """The schema of a model, usually a reference."""
        return self._by_model[(model, mode)]

    def properties(self, model: type[BaseModel]) -> tuple[JsonObject, set[str]]:
        """A model's own properties and the names of the required ones."""
        schema = self.resolved(self.schema(model, "validation"))
        return schema.get("properties", {}), set(schema.get("required", ()))

    def resolved(self, schema: JsonObject) -> JsonObject:
        """What a reference refers to."""
        reference = schema.get("$ref")
        return self.schemas[reference.rsplit("/", 1)[1]] if reference else schema


def _operation(entry: Route | Plain, path: str, models: _Models) -> JsonObject:
    parameters: list[JsonObject] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in _PARAMETER.findall(path)
    ]
    if isinstance(entry, Plain):
        return {"summary": entry.summary, "parameters": parameters, "responses": {"200": {"description": "As it says."}}}
    parameters.extend(_query(entry, models))
    operation: JsonObject = {
        "operationId": f"{entry.method.lower()}_{re.sub(r'[^a-zA-Z0-9]+', '_', path).strip('_')}",
        "summary": entry.summary,
        "tags": [path.strip("/").split("/")[-1 if path.count("/") < 2 else 0]],
        "parameters": parameters,
        "responses": {str(entry.ok): _answer(entry, models)},
        "x-crosswalk-operation": entry.op,
    }
    if entry.evidence:
        operation["x-crosswalk-evidence"] = entry.evidence
    body = _body_of(entry)
    content: JsonObject = {"application/json": {"schema": models.schema(body, "validation")}} if body is not None else {}
    if isinstance(entry.described, str):
        content = {entry.described: {"schema": {"type": "string", "format": "binary"}}}
    if entry.form is not None:
        content["multipart/form-data"] = {"schema": models.schema(entry.form, "validation")}
    if content:
        operation["requestBody"] = {"required": entry.body_required, "content": content}
    return operation


def _query(route: Route, models: _Models) -> Iterable[JsonObject]:
    if route.query is None:
        return
    properties, required = models.properties(route.query)
    for name, schema in properties.items():
        schema = _never_null(schema)
        described = {"name": name, "in": "query", "required": name in required, "schema": schema}
        if schema.get("type") == "array":
            described["explode"] = True
        yield described


def _never_null(schema: JsonObject) -> JsonObject:
    """The schema without the null that stands for "not asked": a query parameter is there or it is not."""
    variants = [variant for variant in schema.get("anyOf", ()) if variant != {"type": "null"}]
    if not variants:
        return schema
    plain = {key: value for key, value in schema.items() if key != "anyOf" and (key, value) != ("default", None)}
    return {**plain, **variants[0]} if len(variants) == 1 else {**plain, "anyOf": variants}


def _answer(route: Route, models: _Models) -> JsonObject:
    if route.ok == 204:
        return {"description": "Done; no body."}
    found = [_json_schema(part, models) for part in _parts(route) if not isinstance(part, str)]
    content: JsonObject = {}
    if found:
        content["application/json"] = {"schema": found[0] if len(found) == 1 else {"anyOf": found}}
    for media_type in filter(_is_text, _parts(route)):
        content[media_type] = {"schema": {"type": "string"}}
    return {"description": route.summary, **({"content": content} if content else {})}


def _is_text(part: Any) -> TypeGuard[str]:
    return isinstance(part, str)


def _json_schema(part: Any, models: _Models) -> JsonObject:
    if part is None:
        return {"type": "null"}
    if get_origin(part) is list:
        return {"type": "array", "items": _json_schema(get_args(part)[0], models)}
    if isinstance(part, Listed):
        return _paged(models, models.schema(Page, "serialization"), models.schema(part.item, "serialization"))
    return models.schema(part, "serialization")


@dataclass(frozen=True)
class Listed:
    """A canonical page of one kind of record."""

    item: type[BaseModel]


def _parts(route: Route) -> list[Any]:
    """Everything an answer may be: models, lists of them, None, media types of what is not JSON; of a canonical route without a word on it, the operation's reply."""
    if isinstance(route.answer, tuple):
        return list(route.answer)
    if route.answer is not None:
        return list(get_args(route.answer)) if isinstance(route.answer, UnionType) else [route.answer]
    if route.evidence:
        return []
    spec = SPECS[route.op]
    return [Listed(spec.item) if spec.item is not None else spec.reply]


def _paged(models: _Models, page: JsonObject, item: JsonObject) -> JsonObject:
    """A page of one kind of record, with the link to the next one."""
    whole = models.resolved(page)
    own = {"items": {"type": "array", "items": item}, "next": {"type": ["string", "null"]}}
    return {**whole, "properties": {**whole["properties"], **own}}


def _answers(route: Route) -> list[type[BaseModel]]:
    """The models in an answer."""
    found: list[type[BaseModel]] = []
    for part in _parts(route):
        if isinstance(part, Listed):
            found += [Page, part.item]
        else:
            found += [model for model in (*get_args(part), part) if isinstance(model, type) and issubclass(model, BaseModel)]
    return found


def _body_of(route: Route) -> type[BaseModel] | None:
    if isinstance(route.described, str):
        return None
    if route.described is not None or route.body is not None:
        return route.described or route.body
    return SPECS[route.op].body if route.request is not None else None
