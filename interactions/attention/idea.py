"""Attention on the timeline: read by reports alone, so the class holds nothing of it and draws nothing."""

from collections.abc import Iterable

from interactions.attention.events import AttentionReported
from lectern.timeline.event import Event, TimelineEvent
from lectern.timeline.idea import Audience, Entity, Texts, Touch


class AttentionIdea:
    """Makes the event known."""

    name = "attention"
    events: tuple[type[Event], ...] = (AttentionReported,)
    paths: tuple[str, ...] = ()

    def empty(self) -> None:
        """See `Idea`."""

    def apply(self, slice_: None, event: TimelineEvent) -> None:
        """See `Idea`."""

    def touched(self, slice_: None, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        return ()

    def entities(self, slice_: None) -> Iterable[Touch]:
        """See `Idea`."""
        return ()

    def render(self, slice_: None, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        return None


ATTENTION = AttentionIdea()
