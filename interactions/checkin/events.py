"""What happens in a check-in round."""

from typing import ClassVar, Literal

from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event

Status = Literal["on_time", "late"]


class CheckinOpened(Event, frozen=True, kw_only=True):
    """A round begins; both ends are decided here and never move."""

    TYPE: ClassVar[str] = "checkin_opened"
    id: str
    message_ref: str | None
    late_after_utc_ms: UtcMs
    closes_utc_ms: UtcMs


class CheckinAnswered(Event, frozen=True, kw_only=True):
    """The actor is there."""

    TYPE: ClassVar[str] = "checkin_answered"
    ACTOR_SHOWN: ClassVar[bool] = False
    id: str
    status: Status


class CheckinClosed(Event, frozen=True, kw_only=True):
    """The round is over; `reason` is staff or time. The end of the lesson closes it without this event."""

    TYPE: ClassVar[str] = "checkin_closed"
    id: str
    reason: str
