"""Feedback as a slice of class state: whether it is asked for, until when, and who has handed it in."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from interactions.feedback.events import FeedbackGiven, FeedbackSet
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event, SessionEnded, SessionStarted, TimelineEvent
from lectern.timeline.idea import STAFF_ONLY, Audience, Entity, Texts, Touch


@dataclass(slots=True)
class Feedback:
    """The slice. `ended_utc_ms` is when the lesson ended; None while it goes on or has not begun."""

    on: bool = True
    lang: str | None = None
    ended_utc_ms: UtcMs | None = None
    given: set[str] = field(default_factory=set)


class FeedbackIdea:
    """Draws `feedback`: the rules for everybody, how many handed it in for staff."""

    name = "feedback"
    events: tuple[type[Event], ...] = (FeedbackSet, FeedbackGiven, SessionStarted, SessionEnded)
    paths: tuple[str, ...] = ("feedback",)

    def empty(self) -> Feedback:
        """See `Idea`."""
        return Feedback()

    def apply(self, slice_: Feedback, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case FeedbackSet(on=on, lang=lang):
                slice_.on, slice_.lang = on, lang
            case FeedbackGiven() if event.actor is not None:
                slice_.given.add(event.actor)
            case SessionStarted():
                slice_.ended_utc_ms = None
            case SessionEnded():
                slice_.ended_utc_ms = event.utc_ms

    def touched(self, slice_: Feedback, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case FeedbackSet():
                yield Touch("feedback")
            case FeedbackGiven():
                yield Touch("feedback", STAFF_ONLY)

    def entities(self, slice_: Feedback) -> Iterable[Touch]:
        """See `Idea`."""
        yield Touch("feedback")

    def render(self, slice_: Feedback, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        given = len(slice_.given) if audience is Audience.STAFF else None
        return {"on": slice_.on, "lang": slice_.lang, "given": given}


FEEDBACK = FeedbackIdea()
