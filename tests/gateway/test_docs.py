"""The reference describes what is served, and asks nobody else for anything."""

import hashlib
from importlib.resources import files

import httpx
import pytest

from adapters.registry import discover
from gateway import service
from gateway.docs import document
from gateway.routing import prefix_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("adapter", [pytest.param(a, id=a.name) for a in discover().values()])
async def test_each_dialect_has_a_document_that_names_every_route(adapter, client: httpx.AsyncClient) -> None:
    served = (await client.get(f"/{prefix_of(adapter)}/openapi.json")).json()
    assert served["openapi"] == "3.1.0"
    own = service.operations() if adapter.prefix else {}
    operations = {(method.upper(), path) for path, item in served["paths"].items() for method in item if path not in own}
    assert set(own) <= set(served["paths"])
    assert len(operations) == len(
        {(r.method, r.path) for r in adapter.routes if r.documented} | {(p.method, p.path) for p in adapter.pages}
    )
    assert len({o["operationId"] for item in served["paths"].values() for o in item.values() if "operationId" in o}) > 0


@pytest.mark.parametrize("adapter", [pytest.param(a, id=a.name) for a in discover().values()])
def test_every_reference_in_a_document_resolves(adapter) -> None:
    made = document(adapter)
    components = {f"#/components/{part}/{name}" for part, known in made["components"].items() for name in known}

    def references(value):
        if isinstance(value, dict):
            yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    assert set(references(made)) <= components


async def test_the_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "connect-src 'self'" in page.headers["content-security-policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text
    script = await client.get("/docs/rapidoc.js")
    assert script.headers["content-type"].startswith("text/javascript")
    recorded = files("gateway.docs").joinpath("static", "rapidoc-min.js.sha256").read_text().split()[0]
    assert hashlib.sha256(script.content).hexdigest() == recorded


@pytest.mark.parametrize("adapter", [pytest.param(a, id=a.name) for a in discover().values()])
def test_query_parameters_have_a_type_and_are_never_null(adapter) -> None:
    described = document(adapter)
    parameters = [
        parameter
        for methods in described["paths"].values()
        for operation in methods.values()
        for parameter in operation["parameters"]
        if parameter["in"] == "query"
    ]
    assert parameters
    assert all(parameter["schema"].keys() & {"type", "anyOf", "$ref", "enum", "const", "allOf"} for parameter in parameters)
    assert not any({"type": "null"} in parameter["schema"].get("anyOf", ()) for parameter in parameters)
