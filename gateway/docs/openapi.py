"""OpenAPI 3.1 from a dialect's routes and models, so that what is described is what is served."""

import re
from collections.abc import Iterable
from importlib.metadata import version

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from adapters.base import Adapter, Plain, Route
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
            paths.setdefault(path, {})[entry.method.lower()] = _operation(entry, path, models)
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
            wanted.extend((model, "validation") for model in (_body_of(route), route.query) if model is not None)
            wanted.extend((model, "serialization") for model in _answers(route))
        unique = list(dict.fromkeys(wanted))
        found, definitions = models_json_schema(unique, ref_template=_REF)
        self.schemas: JsonObject = definitions.get("$defs", {})
        self._by_model = found

    def schema(self, model: type[BaseModel], mode: JsonSchemaMode) -> JsonObject:
        """The schema of a model, usually a reference."""
        return self._by_model[(model, mode)]

    def properties(self, model: type[BaseModel]) -> tuple[JsonObject, set[str]]:
        """A model's own properties and the names of the required ones."""
        schema = self.schema(model, "validation")
        reference = schema.get("$ref")
        if reference:
            schema = self.schemas[reference.rsplit("/", 1)[1]]
        return schema.get("properties", {}), set(schema.get("required", ()))


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
        "responses": {str(entry.ok): _answer(entry, models), "default": {"description": "An error in this dialect's own shape."}},
        "x-crosswalk-operation": entry.op,
    }
    if entry.evidence:
        operation["x-crosswalk-evidence"] = entry.evidence
    body = _body_of(entry)
    content: JsonObject = {"application/json": {"schema": models.schema(body, "validation")}} if body is not None else {}
    if isinstance(entry.described, str):
        content = {entry.described: {"schema": {"type": "string", "format": "binary"}}}
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
    answers = _answers(route)
    if not answers:
        return {"description": route.summary}
    if len(answers) == 1:
        return {"description": route.summary, "content": {"application/json": {"schema": models.schema(answers[0], "serialization")}}}
    page, item = answers
    schema = {
        "allOf": [
            models.schema(page, "serialization"),
            {
                "properties": {
                    "items": {"type": "array", "items": models.schema(item, "serialization")},
                    "next": {"type": ["string", "null"]},
                }
            },
        ]
    }
    return {"description": route.summary, "content": {"application/json": {"schema": schema}}}


def _answers(route: Route) -> list[type[BaseModel]]:
    if isinstance(route.answer, type) and issubclass(route.answer, BaseModel):
        return [route.answer]
    if route.answer is not None or route.evidence:
        return []
    spec = SPECS[route.op]
    return [Page, spec.item] if spec.item is not None else [spec.reply]


def _body_of(route: Route) -> type[BaseModel] | None:
    if isinstance(route.described, str):
        return None
    if route.described is not None or route.body is not None:
        return route.described or route.body
    return SPECS[route.op].body if route.request is not None else None
