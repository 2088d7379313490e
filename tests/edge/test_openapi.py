"""The OpenAPI document of everything that is mounted."""

import asyncio

from openapi_spec_validator import OpenAPIV31SpecValidator

from lectern.app.wiring import operations
from lectern.edge import openapi
from tests.installation import Installation


async def test_the_document_is_valid_openapi_3_1_and_complete(house: Installation) -> None:
    document = (await house.ask("GET", "/api/openapi.json")).data
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    mounted = {
        (route.method, route.path) for route in operations(house.services) if route.path.startswith("/api/")
    }
    assert mounted <= described


async def test_every_operation_says_who_may_call_it_and_how_it_fails(house: Installation) -> None:
    document = (await house.ask("GET", "/api/openapi.json")).data
    operations = [op for item in document["paths"].values() for op in item.values()]
    names = [op["operationId"] for op in operations]
    assert len(names) == len(set(names))
    assert all("default" in op["responses"] for op in operations)
    public = {op["operationId"] for op in operations if op["security"] == []}
    assert {"post_sign-in", "get_sessions_id_lobby"} <= public
    assert "get_people" not in public


async def test_the_page_for_people_lists_every_operation_without_script(house: Installation) -> None:
    async with house.client.get("/api/docs") as response:
        page = await response.text()
    assert "<script" not in page
    assert "/api/v1/sessions/{id}/roster" in page


async def test_it_is_made_once_for_all_who_ask() -> None:
    document = openapi.Document((), version="7.8.9")
    first, second = await asyncio.gather(document.get(), document.get())
    assert first is second is await document.get()
    assert first["info"]["version"] == "7.8.9"
