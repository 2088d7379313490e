"""Peers whose signalling connection broke: kept a while, because their media may well go on.

A phone that changes its network loses its WebSocket and its media path at once; it comes back with a new
WebSocket and an ICE restart for the transport that it left. Pure: the caller brings the time.
"""

from collections.abc import Iterable
from typing import Final

from signaling.plane.peer import Peer

KEPT_S: Final = 30.0
"""Longer than a WebSocket needs to come back; a peer that is really gone is noticed by the media process."""


class Orphans:
    """See the module. Bounded by the bound on transports."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[Peer, float]] = {}

    def add(self, peer: Peer, now: float) -> None:
        """Its connection broke."""
        self._until[peer.transport] = (peer, now + KEPT_S)

    def take(self, transport: str) -> None:
        """It was taken up by a new connection, or has ended; unknown ones are fine."""
        self._until.pop(transport, None)

    def of(self, session_id: str, participant: str) -> Iterable[Peer]:
        """Those that this participant left behind."""
        peers = [peer for peer, _ in self._until.values()]
        return [peer for peer in peers if (peer.session_id, peer.participant) == (session_id, participant)]

    def due(self, now: float) -> list[Peer]:
        """Those that nobody came back for, which are forgotten here."""
        late = [peer for peer, until in self._until.values() if now >= until]
        for peer in late:
            del self._until[peer.transport]
        return late
