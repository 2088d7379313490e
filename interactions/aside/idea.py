"""Whether what happens now is for the replay, as everybody in the class may know.

An aside ends with the lesson. The media plane follows it: it lets one recording end and another begin
(docs/recording.md, "Aside").
"""

from collections.abc import Iterable
from dataclasses import dataclass

from interactions.aside.events import AsideBegan, AsideEnded
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event, SessionEnded, TimelineEvent
from lectern.timeline.idea import Audience, Entity, Texts, Touch


@dataclass(slots=True)
class Aside:
    """The slice; None while everything is for the replay. `turned`: the last event changed that."""

    since_utc_ms: UtcMs | None = None
    turned: bool = False


class AsideIdea:
    """Entity `aside`, there while it lasts."""

    name = "aside"
    events: tuple[type[Event], ...] = (AsideBegan, AsideEnded, SessionEnded)
    paths: tuple[str, ...] = ("aside",)

    def empty(self) -> Aside:
        """See `Idea`."""
        return Aside()

    def apply(self, slice_: Aside, event: TimelineEvent) -> None:
        """See `Idea`."""
        before = slice_.since_utc_ms
        if not isinstance(event.payload, AsideBegan):
            slice_.since_utc_ms = None
        elif before is None:
            slice_.since_utc_ms = event.utc_ms
        slice_.turned = slice_.since_utc_ms != before

    def touched(self, slice_: Aside, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        return (Touch("aside"),) if slice_.turned else ()

    def entities(self, slice_: Aside) -> Iterable[Touch]:
        """See `Idea`."""
        return (Touch("aside"),) if slice_.since_utc_ms is not None else ()

    def render(self, slice_: Aside, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        if slice_.since_utc_ms is None:
            return None
        return {"since_utc_ms": slice_.since_utc_ms}


ASIDE = AsideIdea()
