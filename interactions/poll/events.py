"""What happens to a poll."""

from typing import ClassVar, Literal

from lectern.timeline.event import Event

Show = Literal["live", "after_close", "staff_only"]


class PollOpened(Event, frozen=True, kw_only=True):
    """A poll takes votes."""

    TYPE: ClassVar[str] = "poll_opened"
    id: str
    question_ref: str
    option_refs: tuple[str, ...]
    show: Show


class PollVoted(Event, frozen=True, kw_only=True):
    """The actor chose `option` (0 is the first); a later vote replaces it."""

    TYPE: ClassVar[str] = "poll_voted"
    ACTOR_SHOWN: ClassVar[bool] = False
    poll: str
    option: int


class PollClosed(Event, frozen=True, kw_only=True):
    """The poll takes no more votes. The end of the lesson closes it without this event."""

    TYPE: ClassVar[str] = "poll_closed"
    id: str
