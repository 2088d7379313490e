"""The OpenAPI 3.1 document of the registered routes."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Any

from openapi_pydantic import OpenAPI
from openapi_pydantic.util import PydanticSchema, construct_open_api_with_schema_class

from lectern.edge.routes import Route

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "object"},
            },
        }
    },
}


class Document:
    """The document, made when somebody first asks, and kept: it takes a third of a second of CPU time, which
    no start of a server has to pay, and a class that is going on does not wait for it (a thread makes it)."""

    def __init__(self, routes: Sequence[Route], *, version: str) -> None:
        self._routes = routes
        self._version = version
        self._turns = asyncio.Lock()
        self._made: dict[str, Any] | None = None

    async def get(self) -> dict[str, Any]:
        """Return it; who asks while it is being made waits for the same one."""
        async with self._turns:
            if self._made is None:
                self._made = await asyncio.to_thread(describe, self._routes, version=self._version)
            return self._made


def describe(routes: Iterable[Route], *, version: str) -> dict[str, Any]:
    """Return the document as JSON-ready data."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if route.path.startswith("/api/"):
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    document = OpenAPI.model_validate(
        {
            "openapi": "3.1.0",
            "info": {"title": "Lectern", "version": version},
            "paths": paths,
            "components": {
                "securitySchemes": {
                    "cookie": {"type": "apiKey", "in": "cookie", "name": "lectern_session"},
                    "bearer": {"type": "http", "scheme": "bearer"},
                }
            },
        }
    )
    full = construct_open_api_with_schema_class(document)
    described: dict[str, Any] = full.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return described


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": f"{route.method.lower()}_{route.path.removeprefix('/api/v1/')}".replace("/", "_")
        .replace("{", "")
        .replace("}", "")
        .replace(".", "_"),
        "security": [] if route.public else [{"cookie": []}, {"bearer": []}],
        "parameters": _parameters(route),
        "responses": {
            str(route.status if route.answer else 204 if route.status == 200 else route.status): {
                "description": "Done.",
                **(_content(route.answer) if route.answer else {}),
            },
            "default": {
                "description": "An error, in the one shape.",
                "content": {"application/json": {"schema": _ERROR}},
            },
        },
    }
    if route.body is bytes:
        operation["requestBody"] = {
            "required": True,
            "content": {route.content_type: {"schema": {"type": "string", "format": "binary"}}},
        }
    elif route.body is not None:
        operation["requestBody"] = {"required": True, **_content(route.body)}
    return operation


def _parameters(route: Route) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if route.query is not None:
        schema = route.query.model_json_schema()
        parts = schema.get("$defs", {})
        parameters += [
            {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", []),
                "schema": _inlined(field, parts),
            }
            for name, field in schema["properties"].items()
        ]
    return parameters


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    """Return `schema` with its references to `parts` replaced: a parameter has no place for definitions."""
    if isinstance(schema, list):
        return [_inlined(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].rpartition("/")[2]], parts)
    return {key: _inlined(value, parts) for key, value in schema.items()}


def _content(model: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": PydanticSchema(schema_class=model)}}}
