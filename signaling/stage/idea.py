"""Published tracks, as the class sees them."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from lectern.timeline.event import Event, SessionEnded, TimelineEvent
from lectern.timeline.idea import Audience, Texts, Touch


class TrackPublished(Event, frozen=True, kw_only=True):
    """Media of a participant has begun to arrive. `track` is the media process's id."""

    TYPE: ClassVar[str] = "track_published"
    track: str
    participant: str
    source: str
    kind: str
    codec: str


class TrackMuted(Event, frozen=True, kw_only=True):
    """The publisher switched a source off or on."""

    TYPE: ClassVar[str] = "track_muted"
    track: str
    muted: bool


class TrackUnpublished(Event, frozen=True, kw_only=True):
    """The track will not come back; a new one may."""

    TYPE: ClassVar[str] = "track_unpublished"
    track: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Track:
    """One published track."""

    id: str
    participant: str
    source: str
    kind: str
    muted: bool = False


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
            slice_.tracks[payload.track] = Track(
                payload.track, payload.participant, payload.source, payload.kind
            )
        elif isinstance(payload, TrackMuted):
            track = slice_.tracks.get(payload.track)
            if track is not None:
                slice_.tracks[track.id] = Track(
                    track.id, track.participant, track.source, track.kind, payload.muted
                )
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
        }


STAGE = StageIdea()
