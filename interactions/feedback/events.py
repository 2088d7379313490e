"""What happens to feedback."""

from typing import ClassVar

from lectern.timeline.event import Event


class FeedbackSet(Event, frozen=True, kw_only=True):
    """Whether learners are asked after the lesson, and in which language; null: each in their own."""

    TYPE: ClassVar[str] = "feedback_set"
    on: bool
    lang: str | None = None


class FeedbackGiven(Event, frozen=True, kw_only=True):
    """The actor has handed in feedback. What it says is nowhere on the timeline."""

    TYPE: ClassVar[str] = "feedback_given"
    ACTOR_SHOWN: ClassVar[bool] = False
