"""One media process as the server sees it: a connection that is made again whenever it ends."""

from pathlib import Path
from typing import Protocol

from streaming.control import messages as m
from streaming.control.client import MediaClient, connect

_CONNECT_TIMEOUT_S = 10.0


class NodeEvents(Protocol):
    """What happens to a node, in this order; one at a time for each node."""

    async def begun(self, node: "MediaNode", client: MediaClient) -> None:
        """There is a connection. Only when this returns may others use it (`node.client`)."""

    async def heard(self, node: "MediaNode", notice: m.Notification) -> None:
        """The media process says something."""

    async def lost(self, node: "MediaNode", client: MediaClient) -> None:
        """The connection is over, and with it everything that was asked for over it."""


class MediaNode:
    """See the module. `name` is for people. `client` is another one after the node was lost and came back."""

    def __init__(self, name: str, control_path: Path) -> None:
        self.name = name
        self.client: MediaClient | None = None
        self._control_path = control_path

    async def serve(self, events: NodeEvents) -> None:
        """Connect, and pass on what happens until the connection ends. Raises MediaGone, MediaRefused."""
        async with connect(str(self._control_path), timeout=_CONNECT_TIMEOUT_S) as client:
            try:
                await events.begun(self, client)
                self.client = client
                async for notice in client.notifications():
                    await events.heard(self, notice)
            except Exception:
                self.client = None
                await events.lost(self, client)
                raise
            finally:
                self.client = None
        await events.lost(self, client)
