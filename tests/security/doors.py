"""Socket.IO clients at the door of an installation, honest and otherwise."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import socketio

from tests.installation import Installation


def address(house: Installation) -> str:
    """Return where the installation listens."""
    return str(house.client.make_url("/"))


@asynccontextmanager
async def in_class(house: Installation, token: str, **auth: Any) -> AsyncIterator[socketio.AsyncClient]:
    """Connect `/class`, welcomed or not."""
    async with connected(house, "/class", {"token": token, "consent": consent(house)} | auth) as client:
        yield client


@asynccontextmanager
async def connected(
    house: Installation, namespace: str, auth: dict[str, Any]
) -> AsyncIterator[socketio.AsyncClient]:
    """Connect one namespace over a WebSocket of its own."""
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(
        address(house), transports=["websocket"], namespaces=[namespace], auth=auth, wait_timeout=30
    )
    try:
        yield client
    finally:
        await client.disconnect()


def consent(house: Installation) -> str:
    """Return the version of the text that people accept here."""
    return house.services.settings.consent_version


def code_of(answer: dict[str, Any]) -> str:
    """Return the code of a refusal."""
    return str(answer["error"]["code"])
