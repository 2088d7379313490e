"""Short-lived transports for the connection test, in a room of their own in a media process."""

import asyncio
import secrets
from collections.abc import Callable
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
_SWEEP_S: Final = 1.0


class Trials:
    """See the module. `clients` gives the connections to media processes that can be used now.

    Bounds: `MAX_AT_ONCE` (then refuse newest), each ends after `LASTS_S`. `run` closes what is due.
    """

    def __init__(self, clients: Callable[[], list[MediaClient]]) -> None:
        self._clients = clients
        self._open: dict[str, tuple[MediaClient, float]] = {}

    async def begin(self, sdp: str, way: Way) -> str:
        """Answer an offer with the candidates of one way; at the end of its time the transport is closed.

        Raises:
            ProtocolViolation: the offer cannot be answered. Overloaded: too many test at once.
            Gone: no media process is there, or it offers no such way (`way_unavailable`).
        """
        if len(self._open) >= MAX_AT_ONCE:
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
        if not clients:
            raise Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
        client, transport = clients[0], new_id()
        self._open[transport] = client, asyncio.get_running_loop().time() + LASTS_S
        try:
            await client.open_room(ROOM)
            local = await client.create_transport(transport, ROOM, ROOM, offer.remote)
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
            for transport in [name for name, (_, until) in self._open.items() if now >= until]:
                await self._close(transport)

    async def _close(self, transport: str) -> None:
        client, _ = self._open.pop(transport)
        try:
            await client.close_transport(transport)
        except (MediaGone, MediaRefused) as error:
            _log.info("transport_close_failed", code=error.code)
