"""Since when the class has only listened.

Interaction is what the whole class takes part in or turns to, and what somebody leads: a poll, check-in or
breakout that begins or ends, its result shown, a draw, a learner let on stage, a question that is answered or
has its turn, a group's result shown. Not chat, hearts, hands and questions that nobody took up: learners may
be busy with each other while the lecture goes on. While a breakout or a learner's time on stage lasts, the
class is not idle at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from interactions.breakout.events import BreakoutShown
from interactions.checkin.events import CheckinClosed, CheckinOpened
from interactions.hand.events import HandGranted, HandLowered
from interactions.lottery.events import LotteryDrawn
from interactions.poll.events import PollClosed, PollOpened, PollPublished
from interactions.question.events import QuestionAnswered, QuestionPinned
from interactions.quiet_hint.events import HintSnoozed
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import (
    BreakoutClosed,
    BreakoutOpened,
    Event,
    ParticipantRemoved,
    SessionEnded,
    SessionStarted,
    TimelineEvent,
)
from lectern.timeline.idea import STAFF_ONLY, Audience, Entity, Texts, Touch

HINT_MINUTES = 15
"""The limit of attention in an ordinary online course (requirements T-12)."""

_ENTITY = "attention"
"""What clients of every release call it."""

INTERACTIONS: tuple[type[Event], ...] = (
    PollOpened,
    PollClosed,
    PollPublished,
    CheckinOpened,
    CheckinClosed,
    LotteryDrawn,
    QuestionPinned,
    QuestionAnswered,
    HandGranted,
    HandLowered,
    BreakoutOpened,
    BreakoutClosed,
    BreakoutShown,
)


@dataclass(slots=True)
class Quiet:
    """The slice. `since_utc_ms` is the last interaction, or the start; None while the lesson is not on."""

    since_utc_ms: UtcMs | None = None
    snoozed_until_utc_ms: UtcMs | None = None
    silenced: bool = False
    in_groups: bool = False
    on_stage: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class QuietHintIdea:
    """Draws the entity, for staff. Clients compare it with the clock: nothing is sent while time passes."""

    minutes: int = HINT_MINUTES
    name: str = "quiet_hint"
    events: tuple[type[Event], ...] = (
        *INTERACTIONS,
        HintSnoozed,
        ParticipantRemoved,
        SessionStarted,
        SessionEnded,
    )
    paths: tuple[str, ...] = (_ENTITY,)

    def empty(self) -> Quiet:
        """See `Idea`."""
        return Quiet()

    def apply(self, slice_: Quiet, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case SessionStarted():
                slice_.since_utc_ms = event.utc_ms
                return
            case SessionEnded():
                slice_.since_utc_ms = None
                slice_.in_groups = False
                slice_.on_stage.clear()
                return
            case HintSnoozed(until_utc_ms=until):
                slice_.snoozed_until_utc_ms, slice_.silenced = until, until is None
                return
            case ParticipantRemoved(participant=participant):
                was_there = participant in slice_.on_stage
                slice_.on_stage.discard(participant)
                if not was_there:
                    return
            case HandGranted(participant=participant):
                slice_.on_stage.add(participant)
            case HandLowered(participant=participant):
                if participant not in slice_.on_stage:
                    return
                slice_.on_stage.discard(participant)
            case BreakoutOpened():
                slice_.in_groups = True
            case BreakoutClosed():
                slice_.in_groups = False
        if slice_.since_utc_ms is not None:
            slice_.since_utc_ms = event.utc_ms

    def touched(self, slice_: Quiet, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        yield Touch(_ENTITY, STAFF_ONLY)

    def entities(self, slice_: Quiet) -> Iterable[Touch]:
        """See `Idea`."""
        yield Touch(_ENTITY, STAFF_ONLY)

    def render(self, slice_: Quiet, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        return {"hint_utc_ms": hint_at(slice_, self.minutes), "since_utc_ms": slice_.since_utc_ms}


def hint_at(quiet: Quiet, minutes: int) -> UtcMs | None:
    """Return from when on staff get the hint; None while there is no reason for one."""
    if minutes == 0 or quiet.silenced or quiet.in_groups or quiet.on_stage:
        return None
    if quiet.since_utc_ms is None:
        return None
    tired = quiet.since_utc_ms + minutes * 60_000
    return UtcMs(max(tired, quiet.snoozed_until_utc_ms or 0))


QUIET_HINT = QuietHintIdea()
