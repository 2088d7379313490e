"""The API as a page that people can read, made of the OpenAPI document; no script, no foreign style."""

from html import escape
from typing import Any


def docs_page(document: dict[str, Any]) -> str:
    """Return HTML that lists every operation with its parameters, body and answer."""
    rows = [
        _operation(method.upper(), path, operation)
        for path, operations in sorted(document["paths"].items())
        for method, operation in operations.items()
        if method in ("get", "post", "patch", "put", "delete")
    ]
    schemas = [
        f"<details id='{escape(name)}'><summary>{escape(name)}</summary><ul>{_fields(schema)}</ul></details>"
        for name, schema in sorted(document.get("components", {}).get("schemas", {}).items())
    ]
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Lectern API</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<h1>Lectern API {escape(document['info']['version'])}</h1>"
        "<p>OpenAPI 3.1: <a href='/api/openapi.json'>/api/openapi.json</a></p>"
        f"<dl>{''.join(rows)}</dl><h2>Models</h2>{''.join(schemas)}</html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = ", ".join(escape(p["name"]) for p in operation.get("parameters", []) if p["in"] == "query")
    body = _reference(operation.get("requestBody", {}).get("content", {}))
    answer = _reference(next(iter(operation["responses"].values())).get("content", {}))
    facts = [
        ("query", parameters),
        ("body", body),
        ("answer", answer),
        ("", "" if operation.get("security") else "public"),
    ]
    shown = " · ".join(f"{name} {value}".strip() for name, value in facts if value)
    return f"<dt><code>{method} {escape(path)}</code></dt><dd>{escape(operation['summary'])}<br>{shown}</dd>"


def _reference(content: dict[str, Any]) -> str:
    for media_type, description in content.items():
        reference = description.get("schema", {}).get("$ref", "")
        name = reference.rpartition("/")[2]
        return f"<a href='#{escape(name)}'>{escape(name)}</a>" if name else escape(media_type)
    return ""


def _fields(schema: dict[str, Any]) -> str:
    required = set(schema.get("required", []))
    return "".join(
        f"<li><code>{escape(name)}</code>{'' if name in required else ' (optional)'}</li>"
        for name in schema.get("properties", {})
    )
