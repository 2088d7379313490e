"""Counts of rooms that never go down: what left is added to what is here."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from streaming.control import messages as m

COUNTS: Final = (
    "received_packets", "lost_packets", "recovered_packets", "keyframes", "keyframe_requests",
    "forwarded_packets", "forwarded_bytes", "retransmitted_packets", "nacks", "unanswered_nacks",
    "keyframe_wishes", "layer_switches",
)  # fmt: skip
"""`keyframe_requests` went to publishers, `keyframe_wishes` came from viewers."""


def counts_of(transport: m.TransportStats) -> Counter[str]:
    """What a transport has counted; nothing, if it is a pipe."""
    if transport.pipe:
        return Counter()
    tracks, slots = transport.tracks, transport.slots
    return Counter(
        received_packets=sum(t.packets for t in tracks),
        lost_packets=sum(t.lost for t in tracks),
        recovered_packets=sum(t.recovered for t in tracks),
        keyframes=sum(t.keyframes for t in tracks),
        keyframe_requests=sum(t.keyframe_requests for t in tracks),
        forwarded_packets=sum(s.packets for s in slots),
        forwarded_bytes=sum(s.bytes for s in slots),
        retransmitted_packets=sum(s.retransmitted for s in slots),
        nacks=sum(s.nacks for s in slots),
        unanswered_nacks=sum(s.unanswered_nacks for s in slots),
        keyframe_wishes=sum(s.keyframe_requests for s in slots),
        layer_switches=sum(s.switches for s in slots),
    )


class Totals:
    """Remembers what transports that left had counted, by room; a closed room's counts go to the process."""

    __slots__ = ("_departed", "_ended")

    def __init__(self) -> None:
        self._departed: dict[str, Counter[str]] = {}
        self._ended: Counter[str] = Counter()

    def depart(self, transport: m.TransportStats) -> None:
        """A transport goes away."""
        self._departed.setdefault(transport.room, Counter()).update(counts_of(transport))

    def end(self, room: str) -> None:
        """A room is closed; its transports departed before."""
        self._ended.update(self._departed.pop(room, Counter()))

    def rooms(self, names: Iterable[str], present: Iterable[m.TransportStats]) -> tuple[m.RoomStats, ...]:
        """Figures of the rooms `names` with the transports that are there now."""
        here: dict[str, list[m.TransportStats]] = {name: [] for name in names}
        for transport in present:
            if not transport.pipe and transport.room in here:
                here[transport.room].append(transport)
        return tuple(self._room(name, transports) for name, transports in here.items())

    def _room(self, name: str, transports: list[m.TransportStats]) -> m.RoomStats:
        counts = Counter(self._departed.get(name, Counter()))
        for transport in transports:
            counts.update(counts_of(transport))
        return m.RoomStats(
            name,
            len(transports),
            sum(len(t.tracks) for t in transports),
            sum(layer.flows for t in transports for track in t.tracks for layer in track.layers),
            sum(slot.paused for t in transports for slot in t.slots),
            {key: counts[key] for key in COUNTS},
        )

    def process(self, rooms: Iterable[m.RoomStats]) -> dict[str, int]:
        """Counts of all `rooms` and of those that were closed."""
        counts = Counter(self._ended)
        for room in rooms:
            counts.update(room.counts)
        return {key: counts[key] for key in COUNTS}
