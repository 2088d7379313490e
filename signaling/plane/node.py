"""One media process as the server sees it: a connection that is made again whenever it ends."""

import asyncio
from pathlib import Path
from typing import Protocol

import structlog

from lectern.kernel.tasks import task_group
from streaming.control import messages as m
from streaming.control.client import MediaClient, MediaGone, connect
from streaming.control.ends import ControlEnd

_log = structlog.get_logger()
_CONNECT_TIMEOUT_S = 10.0
PING_EVERY_S = 5.0
PATIENCE_S = 10.0
"""A media process that does not answer for so long is as good as dead: others can serve its sessions."""


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

    def __init__(self, name: str, control: ControlEnd | Path) -> None:
        self.name = name
        self.client: MediaClient | None = None
        self._control = control

    async def serve(self, events: NodeEvents) -> None:
        """Connect, and pass on what happens until the connection ends. Raises MediaGone, MediaRefused."""
        async with connect(self._control, timeout=_CONNECT_TIMEOUT_S) as client:
            try:
                await events.begun(self, client)
                self.client = client
                async with task_group() as tasks:
                    watch = tasks.create_task(self._watch(client))
                    async for notice in client.notifications():
                        await events.heard(self, notice)
                    watch.cancel()
            except Exception:
                self.client = None
                await events.lost(self, client)
                raise
            finally:
                self.client = None
        await events.lost(self, client)

    async def _watch(self, client: MediaClient) -> None:
        """Give up a process that stands still; it is taken back when it answers again."""
        while True:
            await asyncio.sleep(PING_EVERY_S)
            try:
                await client.hello(PATIENCE_S)
            except MediaGone:
                _log.error("media_process_stuck", process=self.name, seconds=PATIENCE_S)
                client.close()
                return
