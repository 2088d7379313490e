"""What happens in a check-in round, from its plan to the last correction."""

from typing import ClassVar, Literal

from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event

Status = Literal["on_time", "late"]
"""What an answer within the time can be."""

Standing = Literal["on_time", "late", "make_up", "absent"]
"""How somebody stands in a round after all: answered, made up for, or corrected by staff."""


class CheckinPlanned(Event, frozen=True, kw_only=True):
    """A round will begin by itself at `starts_utc_ms`; `opened` will carry the same id."""

    TYPE: ClassVar[str] = "checkin_planned"
    id: str
    message_ref: str | None
    starts_utc_ms: UtcMs
    seconds: int
    late_after_seconds: int
    forced: bool = False


class CheckinPlanDropped(Event, frozen=True, kw_only=True):
    """The planned round will not take place. The end of the lesson drops it without this event."""

    TYPE: ClassVar[str] = "checkin_plan_dropped"
    id: str


class CheckinOpened(Event, frozen=True, kw_only=True):
    """A round begins; both ends are decided here (only `CheckinExtended` moves them).

    `forced`: the question stands in the way until it is answered. `planned`: the round was announced to
    staff by `CheckinPlanned`.
    """

    TYPE: ClassVar[str] = "checkin_opened"
    id: str
    message_ref: str | None
    late_after_utc_ms: UtcMs
    closes_utc_ms: UtcMs
    forced: bool = False
    planned: bool = False


class CheckinExtended(Event, frozen=True, kw_only=True):
    """There is more time. Answers that came before keep the status that they had."""

    TYPE: ClassVar[str] = "checkin_extended"
    id: str
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


class CheckinWithdrawn(Event, frozen=True, kw_only=True):
    """The round never counted. Its answers stay on the timeline, and are counted nowhere."""

    TYPE: ClassVar[str] = "checkin_withdrawn"
    id: str
    was_open: bool


class MakeUpRequested(Event, frozen=True, kw_only=True):
    """Somebody who missed the round asks to be counted; one of `participant` and `person` is known."""

    TYPE: ClassVar[str] = "checkin_make_up_requested"
    ACTOR_SHOWN: ClassVar[bool] = False
    id: str
    participant: str | None
    person: str | None
    reason_ref: str


class MakeUpRefused(Event, frozen=True, kw_only=True):
    """Staff did not grant a request."""

    TYPE: ClassVar[str] = "checkin_make_up_refused"
    ACTOR_SHOWN: ClassVar[bool] = False
    id: str
    participant: str | None
    person: str | None


class CheckinCorrected(Event, frozen=True, kw_only=True):
    """Staff set how somebody stands: a make-up, granted or on their own account, or a correction.

    `before` is null where there was nothing. Somebody who never came has a `person` alone. `by` names who did
    it from outside the class (a person or an API key); inside it, the actor did.
    """

    TYPE: ClassVar[str] = "checkin_corrected"
    ACTOR_SHOWN: ClassVar[bool] = False
    id: str
    participant: str | None
    person: str | None
    before: Standing | None
    after: Standing
    reason_ref: str
    by: str | None = None
