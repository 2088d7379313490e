"""One peer connection as the server knows it."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from signaling.plane.negotiation import Negotiation
from signaling.stage.idea import Track
from signaling.stage.routing import EMPTY, Feed, Slot
from streaming.control.client import MediaClient
from streaming.control.messages import MediaSection, RemoteParameters, Route

SlotsView = dict[str, dict[str, str | bool | None] | None]
Layers = dict[str, list[str]]


class Published(NamedTuple):
    """What a media process does with a sending m-line; `group`: whose recording it is in, "" the lesson's."""

    allowed: bool
    recorded: bool
    group: str = ""


FRESH: Final = Published(allowed=True, recorded=True)
"""What it does with one of which it was told nothing."""


@dataclass(slots=True)
class Peer:
    """A transport with what it sends (`sources`: mid → mic, camera, screen) and its slots.

    `client` is the connection over which a media process was asked for it; the peer ends with it.
    `routes`, `feeds` and `publishing` (by mid) are what the media process was last told; `told` and
    `told_speakers` what the client was. `sizes` is how large the client draws its slots, `paused` which of
    them get nothing now, `is_stale` that one of these has changed. `layers` are the simulcast layers that
    somebody needs, by sending mid.
    """

    transport: str
    client: MediaClient
    session_id: str
    participant: str
    sources: Mapping[str, str]
    slots: tuple[Slot, ...]
    on_slots: Callable[[SlotsView], Awaitable[None]]
    on_gone: Callable[[str], Awaitable[None]]
    on_layers: Callable[[Layers], Awaitable[None]] | None = None
    on_speakers: Callable[[tuple[str, ...]], Awaitable[None]] | None = None
    routes: dict[str, str | None] = field(default_factory=dict)
    feeds: dict[str, Feed] = field(default_factory=dict)
    publishing: dict[str, Published] = field(default_factory=dict)
    sizes: dict[str, str] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    layers: Layers = field(default_factory=dict)
    is_stale: bool = False
    told: SlotsView | None = None
    told_speakers: tuple[str, ...] = ()
    negotiation: Negotiation | None = None

    def owns(self, track: str) -> bool:
        """Whether this peer publishes `track`: media processes name tracks after their transport."""
        return track.startswith(f"{self.transport}:")

    def track_of(self, mid: str) -> str:
        """The id of the track that a sending m-line feeds."""
        return f"{self.transport}:{mid}"

    def is_recorded(self, mid: str) -> bool:
        """Whether what it sends there is in the recording, the main room's or its group's."""
        return self.publishing.get(mid, FRESH).recorded

    def recorded_group(self, mid: str) -> str:
        """Whose recording it is in: a group's; "" the main room's."""
        return self.publishing.get(mid, FRESH).group

    def section(self, mid: str) -> MediaSection | None:
        """A sending m-line as it was negotiated."""
        media = () if self.negotiation is None else self.negotiation.offer.remote.media
        return next((s for s in media if s.mid == mid and s.direction == "publish"), None)

    def starved(self) -> set[str]:
        """Slots that get nothing for want of bandwidth: a hidden one is paused, too, but that is no news."""
        return {mid for mid in self.paused if self.sizes.get(mid) != "hidden"}

    def unplayable(self, routes: Mapping[str, str | None], tracks: Mapping[str, Track]) -> dict[str, str]:
        """Slots whose track has a codec that this peer did not offer to receive there: the codec's name.

        The answer to `SetRoutes` is not enough: at the far end of a pipe it comes before the track does.
        """
        found: dict[str, str] = {}
        for mid, track_id in routes.items():
            track = tracks.get(track_id or "")
            taken = self._takes(mid)
            if track is not None and track.codec and taken and track.codec.lower() not in taken:
                found[mid] = track.codec
        return found

    def _takes(self, mid: str) -> set[str]:
        media = () if self.negotiation is None else self.negotiation.offer.remote.media
        return {
            codec.name.lower()
            for section in media
            if section.mid == mid and section.direction == "subscribe"
            for codec in section.codecs
        }

    def slot_count(self) -> tuple[int, int]:
        """How many pictures and how many sounds it takes in."""
        kinds = [slot.kind for slot in self.slots]
        return kinds.count("video"), kinds.count("audio")

    def changes(self, wanted: Mapping[str, Feed]) -> list[Route]:
        """Return the routes that differ from what the media process has."""
        return [
            Route(self.transport, mid, feed.track, feed.priority, feed.max_layer, feed.hidden)
            for mid, feed in wanted.items()
            if self.feeds.get(mid, EMPTY) != feed
        ]


def sections_of(remote: RemoteParameters) -> tuple[dict[str, str], tuple[Slot, ...]]:
    """Return what the peer sends, by mid, and its slots."""
    sources = {s.mid: s.source for s in remote.media if s.direction == "publish" and s.source}
    slots = tuple(Slot(s.mid, s.kind) for s in remote.media if s.direction == "subscribe")
    return dict[str, str](sources), slots


def slots_view(
    routes: Mapping[str, str | None],
    tracks: Mapping[str, Track],
    paused: Collection[str] = (),
    unplayable: Mapping[str, str] = MappingProxyType({}),
) -> SlotsView:
    """Return what the client is told: which track of whom is in which slot, and whether it gets it.

    It does not while the slot is `paused`, or if the track has a codec (`unplayable`, by mid) unknown to it.
    """
    view: SlotsView = {}
    for mid, track_id in routes.items():
        track = tracks.get(track_id) if track_id else None
        view[mid] = (
            None
            if track is None
            else {
                "track": track.id,
                "participant": track.participant,
                "source": track.source,
                "paused": mid in paused,
                "unplayable": unplayable.get(mid),
            }
        )
    return view
