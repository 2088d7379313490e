"""One peer connection as the server knows it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from signaling.plane.negotiation import Negotiation
from signaling.stage.routing import Slot
from streaming.control.client import MediaClient
from streaming.control.messages import RemoteParameters, Route

SlotsView = dict[str, dict[str, str] | None]


@dataclass(slots=True)
class Peer:
    """A transport with what it sends (`sources`: mid → mic, camera, screen) and its slots.

    `client` is the connection over which a media process was asked for it; the peer ends with it.
    `routes` is what the media process was last told; `told` is what the client was last told.
    """

    transport: str
    client: MediaClient
    session_id: str
    participant: str
    sources: Mapping[str, str]
    slots: tuple[Slot, ...]
    on_slots: Callable[[SlotsView], Awaitable[None]]
    on_gone: Callable[[str], Awaitable[None]]
    routes: dict[str, str | None] = field(default_factory=dict)
    recorded: dict[str, bool] = field(default_factory=dict)
    told: SlotsView | None = None
    negotiation: Negotiation | None = None

    def owns(self, track: str) -> bool:
        """Whether this peer publishes `track`: media processes name tracks after their transport."""
        return track.startswith(f"{self.transport}:")

    def changes(self, wanted: Mapping[str, str | None]) -> list[Route]:
        """Return the routes that differ from what the media process has."""
        return [
            Route(self.transport, mid, track)
            for mid, track in wanted.items()
            if self.routes.get(mid) != track
        ]


def sections_of(remote: RemoteParameters) -> tuple[dict[str, str], tuple[Slot, ...]]:
    """Return what the peer sends, by mid, and its slots."""
    sources = {s.mid: s.source for s in remote.media if s.direction == "publish" and s.source}
    slots = tuple(Slot(s.mid, s.kind) for s in remote.media if s.direction == "subscribe")
    return dict[str, str](sources), slots


def slots_view(routes: Mapping[str, str | None], tracks: Mapping[str, Any]) -> SlotsView:
    """Return what the client is told: which track of whom is in which slot."""
    view: SlotsView = {}
    for mid, track_id in routes.items():
        track = tracks.get(track_id) if track_id else None
        view[mid] = (
            None
            if track is None
            else {"track": track.id, "participant": track.participant, "source": track.source}
        )
    return view
