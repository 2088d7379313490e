"""Whether the recording suffers, as presenter and host see it. The lesson goes on meanwhile."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from lectern.timeline.event import Event, RecordingGap, TimelineEvent
from lectern.timeline.idea import STAFF_ONLY, Audience, Texts, Touch

ASIDE_WAITS: Final = "aside_waits"
"""What is said aside may be recorded for the replay still: nobody can tell the recorder."""


class RecordingTroubled(Event, frozen=True, kw_only=True):
    """The recorder cannot keep up, or cannot write. `code` is the recorder's (docs/recording.md), or ours."""

    TYPE: ClassVar[str] = "recording_troubled"
    code: str


class RecordingRecovered(Event, frozen=True, kw_only=True):
    """What `code` named is over."""

    TYPE: ClassVar[str] = "recording_recovered"
    code: str


@dataclass(slots=True)
class Trouble:
    """The slice: what the recording suffers from now, in the order in which it began."""

    codes: list[str] = field(default_factory=list)


class RecordingIdea:
    """Entity `recording`, there while something is wrong."""

    name = "recording"
    events = (RecordingTroubled, RecordingRecovered, RecordingGap)
    paths = ("recording",)

    def empty(self) -> Trouble:
        """See `Idea`."""
        return Trouble()

    def apply(self, slice_: Trouble, event: TimelineEvent) -> None:
        """See `Idea`."""
        payload = event.payload
        if isinstance(payload, RecordingTroubled) and payload.code not in slice_.codes:
            slice_.codes.append(payload.code)
        elif isinstance(payload, RecordingRecovered) and payload.code in slice_.codes:
            slice_.codes.remove(payload.code)

    def touched(self, slice_: Trouble, event: TimelineEvent) -> tuple[Touch, ...]:
        """See `Idea`."""
        del slice_
        if isinstance(event.payload, RecordingGap):  # of a lesson that is over: for the replay, and for ever
            return ()
        return (Touch("recording", STAFF_ONLY),)

    def entities(self, slice_: Trouble) -> tuple[Touch, ...]:
        """See `Idea`."""
        return (Touch("recording", STAFF_ONLY),) if slice_.codes else ()

    def render(
        self, slice_: Trouble, touch: Touch, audience: Audience, texts: Texts
    ) -> dict[str, Any] | None:
        """See `Idea`."""
        del touch, texts
        if not slice_.codes or audience is not Audience.STAFF:
            return None
        return {"problem": slice_.codes[-1]}


RECORDING = RecordingIdea()
