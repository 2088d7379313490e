"""Check-in as a slice of class state."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from interactions.checkin.events import CheckinAnswered, CheckinClosed, CheckinOpened, Status
from interactions.lesson.idea import is_learner
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import (
    Event,
    ParticipantJoined,
    ParticipantRemoved,
    RosterChanged,
    SessionEnded,
    TimelineEvent,
)
from lectern.timeline.idea import Audience, Entity, Texts, Touch


@dataclass(frozen=True, slots=True)
class Answer:
    """One learner's answer to a round."""

    status: Status
    utc_ms: UtcMs


@dataclass(slots=True)
class Round:
    """One window. `expected` is how many should check in, counted until it closes."""

    id: str
    message_ref: str | None
    opened_utc_ms: UtcMs
    late_after_utc_ms: UtcMs
    closes_utc_ms: UtcMs
    expected: int
    is_open: bool = True
    answers: dict[str, Answer] = field(default_factory=dict)

    def status_at(self, now: UtcMs) -> Status:
        """Return how an answer that comes `now` counts."""
        return "late" if now > self.late_after_utc_ms else "on_time"


@dataclass(slots=True)
class Checkins:
    """All rounds of a lesson; at most one is open."""

    rounds: dict[str, Round] = field(default_factory=dict)
    learners: set[str] = field(default_factory=set)
    on_roster: int = 0

    @property
    def expected(self) -> int:
        """How many should check in now: the roster, or those who came if that is more (guests)."""
        return max(self.on_roster, len(self.learners))

    @property
    def open_round(self) -> Round | None:
        """The round that takes answers."""
        latest = next(reversed(self.rounds.values()), None)
        return latest if latest is not None and latest.is_open else None


class CheckinIdea:
    """Folds and draws check-in rounds."""

    name = "checkin"
    events: tuple[type[Event], ...] = (
        CheckinOpened,
        CheckinAnswered,
        CheckinClosed,
        ParticipantJoined,
        ParticipantRemoved,
        RosterChanged,
        SessionEnded,
    )
    paths: tuple[str, ...] = ("checkin", "my/checkin")

    def empty(self) -> Checkins:
        """See `Idea`."""
        return Checkins()

    def apply(self, slice_: Checkins, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case CheckinOpened() as opened:
                slice_.rounds[opened.id] = Round(
                    opened.id,
                    opened.message_ref,
                    event.utc_ms,
                    opened.late_after_utc_ms,
                    opened.closes_utc_ms,
                    slice_.expected,
                )
            case CheckinAnswered() as answered if event.actor is not None:
                answers = slice_.rounds[answered.id].answers
                answers.setdefault(event.actor, Answer(answered.status, event.utc_ms))
            case CheckinClosed() as closed:
                slice_.rounds[closed.id].is_open = False
            case SessionEnded() if slice_.open_round is not None:
                slice_.open_round.is_open = False
            case ParticipantJoined(participant=participant, role=role) if is_learner(role):
                slice_.learners.add(participant)
                _count(slice_)
            case RosterChanged(expected=expected):
                slice_.on_roster = expected
                _count(slice_)
            case ParticipantRemoved(participant=participant):
                slice_.learners.discard(participant)
                _count(slice_)

    def touched(self, slice_: Checkins, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case CheckinOpened(id=id_) | CheckinClosed(id=id_):
                yield Touch(f"checkin/{id_}")
            case CheckinAnswered(id=id_):
                yield Touch(f"checkin/{id_}", _STAFF)
                yield Touch(f"my/checkin/{id_}", owner=event.actor)
            case SessionEnded():
                yield from (Touch(f"checkin/{id_}") for id_ in list(slice_.rounds)[-1:])
            case ParticipantJoined() | ParticipantRemoved() | RosterChanged() if (
                slice_.open_round is not None
            ):
                yield Touch(f"checkin/{slice_.open_round.id}", _STAFF)

    def entities(self, slice_: Checkins) -> Iterable[Touch]:
        """See `Idea`."""
        return (Touch(f"checkin/{id_}") for id_ in slice_.rounds)

    def own(self, slice_: Checkins, participant_id: str) -> Iterable[Touch]:
        """See `Personal`."""
        for id_, round_ in slice_.rounds.items():
            if participant_id in round_.answers:
                yield Touch(f"my/checkin/{id_}", owner=participant_id)

    def render(self, slice_: Checkins, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        round_ = slice_.rounds[touch.path.rpartition("/")[2]]
        if touch.owner is not None:
            answer = round_.answers[touch.owner]
            return {"status": answer.status, "utc_ms": answer.utc_ms}
        entity = {
            "id": round_.id,
            "state": "open" if round_.is_open else "closed",
            "message": None if round_.message_ref is None else texts.get(round_.message_ref),
            "opened_utc_ms": round_.opened_utc_ms,
            "closes_utc_ms": round_.closes_utc_ms,
            "late_after_utc_ms": round_.late_after_utc_ms,
        }
        if audience is not Audience.STAFF:
            return entity
        late = [who for who, answer in round_.answers.items() if answer.status == "late"]
        return entity | {"done": list(round_.answers), "late": late, "expected": round_.expected}


def _count(slice_: Checkins) -> None:
    if slice_.open_round is not None:
        slice_.open_round.expected = slice_.expected


_STAFF = frozenset({Audience.STAFF})
CHECKIN = CheckinIdea()
