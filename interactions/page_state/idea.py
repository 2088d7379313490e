"""Attention on the timeline: read by reports alone, so the class holds nothing of it and draws nothing."""

from collections.abc import Iterable

from interactions.page_state.events import PageStatesReported
from lectern.timeline.event import Event, TimelineEvent
from lectern.timeline.idea import Audience, Entity, Texts, Touch


class PageStateIdea:
    """Makes the event known."""

    name = "page_state"
    events: tuple[type[Event], ...] = (PageStatesReported,)
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


PAGE_STATE = PageStateIdea()
