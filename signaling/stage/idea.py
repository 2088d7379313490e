"""Published tracks, as the class sees them."""

from dataclasses import dataclass, field, replace
from typing import Any

from lectern.timeline.event import SessionEnded, TimelineEvent, TrackMuted, TrackPublished, TrackUnpublished
from lectern.timeline.idea import Audience, Texts, Touch

__all__ = ["STAGE", "Stage", "StageIdea", "Track", "TrackMuted", "TrackPublished", "TrackUnpublished"]


@dataclass(frozen=True, slots=True)
class Track:
    """One published track. `muted_by` is the member of staff who muted it, if it was not its publisher.

    `codec` is the publisher's name of it ("H264"); empty on timelines that do not say.
    """

    id: str
    participant: str
    source: str
    kind: str
    muted: bool = False
    muted_by: str | None = None
    codec: str = ""


@dataclass(slots=True)
class Stage:
    """The slice: tracks by id, in the order in which they were published."""

    tracks: dict[str, Track] = field(default_factory=dict)
    gone: tuple[str, ...] = ()


class StageIdea:
    """Entities `track/<id>`."""

    name = "stage"
    events = (TrackPublished, TrackMuted, TrackUnpublished, SessionEnded)
    paths = ("track",)

    def empty(self) -> Stage:
        """See `Idea`."""
        return Stage()

    def apply(self, slice_: Stage, event: TimelineEvent) -> None:
        """See `Idea`."""
        payload = event.payload
        if isinstance(payload, TrackPublished):
            known = slice_.tracks.get(payload.track)  # then its codec has changed, and nothing else
            slice_.tracks[payload.track] = (
                Track(payload.track, payload.participant, payload.source, payload.kind, codec=payload.codec)
                if known is None
                else replace(known, codec=payload.codec)
            )
        elif isinstance(payload, TrackMuted):
            track = slice_.tracks.get(payload.track)
            if track is not None:
                by = event.actor if payload.muted and event.actor != track.participant else None
                slice_.tracks[track.id] = replace(track, muted=payload.muted, muted_by=by)
        elif isinstance(payload, TrackUnpublished):
            slice_.tracks.pop(payload.track, None)
        elif isinstance(payload, SessionEnded):
            slice_.gone = tuple(slice_.tracks)
            slice_.tracks.clear()

    def touched(self, slice_: Stage, event: TimelineEvent) -> list[Touch]:
        """See `Idea`."""
        payload = event.payload
        if isinstance(payload, SessionEnded):
            return [Touch(f"track/{id_}") for id_ in slice_.gone]
        assert isinstance(payload, TrackPublished | TrackMuted | TrackUnpublished)
        return [Touch(f"track/{payload.track}")]

    def entities(self, slice_: Stage) -> list[Touch]:
        """See `Idea`."""
        return [Touch(f"track/{id_}") for id_ in slice_.tracks]

    def render(self, slice_: Stage, touch: Touch, audience: Audience, texts: Texts) -> dict[str, Any] | None:
        """See `Idea`."""
        del audience, texts
        track = slice_.tracks.get(touch.path.partition("/")[2])
        if track is None:
            return None
        return {
            "id": track.id,
            "participant": track.participant,
            "source": track.source,
            "kind": track.kind,
            "active": not track.muted,
            "muted_by": track.muted_by,
        }


STAGE = StageIdea()
