"""A tab's `/signal` connection, passed on to the server process that steers its session's media.

The tab stays connected here; what it asks goes over a connection of our own to the steward, and what the
steward says comes back the same way. When that connection ends, the tab is told to offer again, and whoever
steers then answers.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final
from weakref import WeakValueDictionary

import aiohttp
import socketio
import structlog
from socketio.exceptions import SocketIOError

from lectern.kernel.errors import Gone

_log = structlog.get_logger()
_ANSWER_WITHIN_S: Final = 8.0
_CONNECT_WITHIN_S: Final = 4.0
_PASSED_ON: Final = ("slots", "layers", "speakers", "reset")
MARK: Final = "relayed"
"""In what a relay says when it connects: the steward answers itself, or not at all."""

Emit = Callable[[str, str, Any], Awaitable[None]]
"""Called with a tab's sid, an event and its data."""


class Link:
    """One tab's connection to the steward at `address`."""

    def __init__(self, address: str, said: Callable[[str, Any], Awaitable[None]]) -> None:
        self.address = address
        # A session of our own: the library leaves its own one open when it cannot connect.
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_connect=_CONNECT_WITHIN_S))
        self._socket = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=self._http)
        self._said = said
        self._is_wanted = True
        for event in _PASSED_ON:
            self._socket.on(event, self._pass_on(event), namespace="/signal")
        self._socket.on("disconnect", self._ended, namespace="/signal")

    def _pass_on(self, event: str) -> Callable[[Any], Awaitable[None]]:
        async def pass_on(data: Any) -> None:
            if self._is_wanted:
                await self._said(event, data)

        return pass_on

    async def _ended(self, *_reason: object) -> None:
        if self._is_wanted:
            self._is_wanted = False
            await self._said("reset", {"reason": "media_restarted"})
        await self._http.close()

    @property
    def is_up(self) -> bool:
        """Whether it can be used."""
        return self._is_wanted and bool(self._socket.connected)

    async def open(self, token: str) -> None:
        """Connect. Raises Gone."""
        try:
            await self._socket.connect(
                self.address,
                transports=["websocket"],
                namespaces=["/signal"],
                auth={"token": token, MARK: True},
                wait_timeout=_CONNECT_WITHIN_S,
            )
        except (SocketIOError, OSError) as error:
            await self.cut()
            _log.warning("signal_relay_failed", address=self.address, error=type(error).__name__)
            raise _away() from None

    async def ask(self, event: str, data: Any) -> dict[str, Any]:
        """Pass a message on and return its acknowledgement. Raises Gone."""
        try:
            answer: dict[str, Any] = await self._socket.call(
                event, data, namespace="/signal", timeout=_ANSWER_WITHIN_S
            )
        except (SocketIOError, OSError) as error:
            _log.warning("signal_relay_failed", address=self.address, error=type(error).__name__)
            await self.cut()
            raise _away() from None
        return answer

    async def close(self) -> None:
        """The tab left on purpose: its transport ends."""
        self._is_wanted = False
        with contextlib.suppress(SocketIOError, OSError):
            await self._socket.call("bye", {}, namespace="/signal", timeout=_ANSWER_WITHIN_S)
        await self.cut()

    async def cut(self) -> None:
        """The tab's connection broke: its transport waits for it at the steward, as it would at home."""
        self._is_wanted = False
        if self._socket.eio.state == "connected":
            await self._socket.eio.disconnect(abort=True)
        await self._http.close()


class Relays:
    """The links of this server's tabs, by sid."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._links: dict[str, Link] = {}
        self._opening: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, sid: str, address: str, token: str, event: str, data: Any) -> dict[str, Any]:
        """Pass a tab's message on to the steward at `address`. Raises Gone: it cannot be reached."""
        async with self._opening.setdefault(sid, asyncio.Lock()):
            link = self._links.get(sid)
            if link is None or not link.is_up or link.address != address:
                await self.cut(sid)
                link = Link(address, lambda said, told: self._emit(sid, said, told))
                await link.open(token)
                self._links[sid] = link
        return await link.ask(event, data)

    async def tell(self, sid: str, event: str, data: Any) -> None:
        """Pass on what only a steward that knows this tab wants to know."""
        link = self._links.get(sid)
        if link is not None and link.is_up:
            await link.ask(event, data)

    async def close(self, sid: str) -> None:
        """The tab left on purpose, or has another transport."""
        link = self._links.pop(sid, None)
        if link is not None:
            await link.close()

    async def cut(self, sid: str) -> None:
        """The tab's connection broke."""
        link = self._links.pop(sid, None)
        if link is not None:
            await link.cut()


def _away() -> Gone:
    return Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
