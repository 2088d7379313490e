"""The AsyncAPI 3.0 document of the Socket.IO namespaces, made of the command registry."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class Message(msgspec.Struct, frozen=True):
    """One message of a namespace. `sent_by_client` says who sends it; clients' messages are acknowledged."""

    name: str
    summary: str
    sent_by_client: bool
    data: Mapping[str, Any] | type


class Namespace(msgspec.Struct, frozen=True):
    """One Socket.IO namespace and what is said in it."""

    path: str
    summary: str
    messages: Sequence[Message]


def describe_namespaces(
    namespaces: Sequence[Namespace], commands: Mapping[str, type], *, version: str
) -> dict[str, Any]:
    """Return the document as JSON-ready data; `commands` maps command types to the shapes of their data."""
    shapes = [message.data for space in namespaces for message in space.messages]
    types = [*commands.values(), *(shape for shape in shapes if isinstance(shape, type))]
    references, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_type = dict(zip(types, references, strict=True))
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for space in namespaces:
        name = space.path.strip("/")
        channels[name] = {
            "address": space.path,
            "description": space.summary,
            "messages": {
                message.name: {
                    "name": message.name,
                    "summary": message.summary,
                    "payload": by_type[message.data] if isinstance(message.data, type) else message.data,
                }
                for message in space.messages
            },
        }
        for message in space.messages:
            operations[f"{name}.{message.name}"] = {
                "action": "receive" if message.sent_by_client else "send",
                "channel": {"$ref": f"#/channels/{name}"},
                "messages": [{"$ref": f"#/channels/{name}/messages/{message.name}"}],
            }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lectern class and signaling",
            "version": version,
            "description": "Socket.IO 5 namespaces; see docs/protocol.md. Actions are the server's.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "schemas": schemas
            | {
                "AnyCommand": {
                    "oneOf": [
                        {
                            "type": "object",
                            "required": ["id", "type", "data"],
                            "title": name,
                            "properties": {
                                "id": {"type": "string"},
                                "type": {"const": name},
                                "data": by_type[data],
                            },
                        }
                        for name, data in sorted(commands.items())
                    ]
                }
            }
        },
    }
