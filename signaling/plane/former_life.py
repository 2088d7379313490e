"""Beginning to steer a session: what an earlier steward, or this server's earlier life, left open is closed.

Media processes outlive servers, and connections to them. What they hold of a session that was not asked for
over our connection of now is nobody's: its routes would never change again, and its recording never end.
"""

import asyncio
from collections.abc import Callable, Collection
from weakref import WeakValueDictionary

import structlog

from signaling.plane.holdings import Holdings
from signaling.plane.scribe import Scribe
from signaling.plane.stewardship import Stewards
from streaming.control.client import MediaClient, MediaGone, MediaRefused

_log = structlog.get_logger()


class FormerLife:
    """See the module. `clients` gives the media processes that can be used now."""

    def __init__(
        self,
        stewards: Stewards,
        held: Holdings,
        scribe: Scribe,
        clients: Callable[[], list[MediaClient]],
    ) -> None:
        self._stewards = stewards
        self._held = held
        self._scribe = scribe
        self._clients = clients
        self._closing: set[str] = set()
        self._over: set[str] = set()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def end(self, session_id: str) -> bool:
        """Make this server the steward of a session, and end what is left of its former life, once.

        False: another server steers it. Raises Gone: that cannot be said now.
        """
        if await self._stewards.steward(session_id) is not None:
            return False
        if session_id in self._over:
            return True
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            if session_id not in self._over:
                self._closing.add(session_id)
                for client in self._clients():
                    await _close(client, session_id)
                await self._scribe.unpublished(session_id, self._held.is_nobodys, "media_restarted")
                await self._scribe.former_life_ended(session_id)
                self._over.add(session_id)
        return True

    async def end_at(self, client: MediaClient) -> None:
        """A media process can be reached (again): whatever it holds of our sessions is of a former life.

        Nothing is awaited after the last session was looked at: the caller may let others use it at once.
        """
        closed: set[str] = set()
        while waiting := self._closing - closed:
            for session_id in waiting:
                await _close(client, session_id)
            closed |= waiting

    def forget(self, session_ids: Collection[str]) -> None:
        """These are steered by others from now on, or by nobody."""
        self._closing.difference_update(session_ids)
        self._over.difference_update(session_ids)


async def _close(client: MediaClient, session_id: str) -> None:
    try:
        await client.close_room(session_id)
    except (MediaGone, MediaRefused) as error:  # its next connection closes it
        _log.warning("room_close_failed", session_id=session_id, code=error.code)
