"""What the parts of a forwarding plane share: rooms, peers, tracks, and what waits to be sent or told."""

from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from streaming.control import messages as m
from streaming.forwarding.address_book import AddressBook
from streaming.forwarding.hot_path import Batch
from streaming.forwarding.peer import Peer
from streaming.forwarding.publication import Publication
from streaming.forwarding.track import Track
from streaming.guarded_tap import GuardedTap


class PlaneRefusal(Exception):
    """A request that cannot be granted; `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Room:
    """A session's tracks and its recording."""

    name: str
    tap: GuardedTap | None = None


class Published(NamedTuple):
    """A track that has begun, and who publishes it."""

    peer: Peer
    publication: Publication
    track: Track


@dataclass(frozen=True, slots=True)
class PlaneState:
    """See the module. Everybody may read it; each mapping has few writers.

    `rooms`: the plane. `peers`: `Transports`, `Piping`. `tracks`: `Publishing`. `limited`, subscribers whose
    links are too narrow for everything: `RtcpReceiver` adds, the timer and `Transports` take away.
    `ntp_offset_s` turns monotonic seconds into seconds since 1900.
    """

    output: Batch
    rng: Random
    ntp_offset_s: float
    addresses: AddressBook
    rooms: dict[str, Room] = field(default_factory=dict)
    peers: dict[str, Peer] = field(default_factory=dict)
    tracks: dict[str, Published] = field(default_factory=dict)
    limited: dict[str, Peer] = field(default_factory=dict)
    events: list[m.Notification] = field(default_factory=list)

    def room(self, name: str) -> Room:
        """The room of this name. Raises PlaneRefusal."""
        room = self.rooms.get(name)
        if room is None:
            raise PlaneRefusal("room_not_found", "open the room first")
        return room

    def tap_of(self, peer: Peer) -> GuardedTap | None:
        """What records the room of this peer."""
        room = self.rooms.get(peer.room)
        return None if room is None else room.tap

    def new_ssrc(self) -> int:
        """A random one, never 0."""
        return self.rng.randrange(1, 1 << 32)
