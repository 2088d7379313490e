"""Short-lived transports for the connection test, in a room of their own in a media process."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import structlog

from lectern.kernel.errors import Gone, Overloaded, ProtocolViolation
from lectern.kernel.ids import new_id
from signaling.answer import build_answer
from signaling.sdp import SdpInvalid, parse_offer
from streaming.control.client import MediaClient, MediaGone, MediaRefused

_log = structlog.get_logger()
Way = Literal["udp", "tcp"]

ROOM: Final = "connection-test"
"""No session's id; nothing is routed or recorded there."""
LASTS_S: Final = 15.0
MAX_AT_ONCE: Final = 48
MAX_OF_ONE: Final = 12
"""From one address: four people of an office at a time, and never more than a quarter of all."""
_SWEEP_S: Final = 1.0


@dataclass(slots=True)
class _Trial:
    """One transport: until when, for whom, and whether the media process has it already."""

    client: MediaClient
    origin: str
    until: float
    is_there: bool = False


class Trials:
    """See the module. `clients` gives the connections to media processes that can be used now.

    Bounds: `MAX_AT_ONCE`, of one origin `MAX_OF_ONE` (then refuse newest), each ends after `LASTS_S`. `run`
    closes what is due, and forgets what its browser has closed.
    """

    def __init__(self, clients: Callable[[], list[MediaClient]]) -> None:
        self._clients = clients
        self._open: dict[str, _Trial] = {}

    @property
    def processes(self) -> int:
        """How many media processes there are to try: a lesson may be at any of them."""
        return len(self._clients())

    async def begin(self, sdp: str, way: Way, origin: str, process: int = 0) -> str:
        """Answer an offer with the candidates of one way; at the end of its time the transport is closed.

        `process` counts from 0; `origin` is whose share of the trials this is.

        Raises:
            ProtocolViolation: the offer cannot be answered. Overloaded: too many test at once.
            Gone: no such media process is there, or it offers no such way (`way_unavailable`).
        """
        of_one = sum(trial.origin == origin for trial in self._open.values())
        if len(self._open) >= MAX_AT_ONCE or of_one >= MAX_OF_ONE:
            raise Overloaded("too_many_tries", "Too many people test at once.", retry_after_s=round(LASTS_S))
        try:
            offer = parse_offer(sdp, {})
        except SdpInvalid as error:
            raise ProtocolViolation(
                error.code, "The browser's media offer cannot be answered.", reason=error.reason
            ) from None
        if any(section.direction == "publish" for section in offer.remote.media):
            raise ProtocolViolation("sdp_invalid", "A connection test only receives.", reason="publishes")
        clients = self._clients()
        if process >= len(clients):
            raise Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
        client, transport = clients[process], new_id()
        trial = self._open[transport] = _Trial(client, origin, asyncio.get_running_loop().time() + LASTS_S)
        try:
            await client.open_room(ROOM)
            local = await client.create_transport(transport, ROOM, ROOM, offer.remote)
            trial.is_there = True
        except (MediaGone, MediaRefused) as error:
            self._open.pop(transport, None)
            raise Gone(
                "media_unavailable", "Live media is not available right now.", reason=error.code
            ) from None
        candidates = tuple(c for c in local.candidates if c.protocol == way)
        if not candidates:
            await self._close(transport)
            raise Gone("way_unavailable", "This server offers no media this way.", way=way)
        return build_answer(
            offer, msgspec.structs.replace(local, candidates=candidates), secrets.randbits(62)
        )

    async def run(self) -> None:
        """Close what is due, until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_S)
            now = asyncio.get_running_loop().time()
            for transport in [name for name, trial in self._open.items() if now >= trial.until]:
                await self._close(transport)
            for client in {trial.client for trial in self._open.values()}:
                await self._forget_closed(client)

    async def _forget_closed(self, client: MediaClient) -> None:
        """A browser that closes its connection says so to the media process: its place is free."""
        there = [name for name, trial in self._open.items() if trial.client is client and trial.is_there]
        try:
            known = {stats.transport for stats in (await client.get_stats(ROOM)).transports}
        except (MediaGone, MediaRefused) as error:
            _log.info("transport_close_failed", code=error.code)
            known = set()
        for name in there:
            if name not in known:
                self._open.pop(name, None)

    async def _close(self, transport: str) -> None:
        """Close it, unless somebody does so already."""
        trial = self._open.pop(transport, None)
        if trial is None:
            return
        try:
            await trial.client.close_transport(transport)
        except (MediaGone, MediaRefused) as error:
            _log.info("transport_close_failed", code=error.code)
