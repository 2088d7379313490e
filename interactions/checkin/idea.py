"""Check-in as a slice of class state.

Nothing here grows with the number of viewers: learners are told of a round when it begins, moves or ends,
and of their own standing; staff and screens get counts. Who exactly is missing is asked for over HTTP.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from interactions.checkin.events import (
    CheckinAnswered,
    CheckinClosed,
    CheckinCorrected,
    CheckinExtended,
    CheckinOpened,
    CheckinPlanDropped,
    CheckinPlanned,
    CheckinWithdrawn,
    MakeUpRefused,
    MakeUpRequested,
    Standing,
    Status,
)
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

Request = Literal["pending", "refused"]


class State(StrEnum):
    """Where a round is. A planned one is no round yet."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


TRANSITIONS: Mapping[State, Mapping[type[Event], State]] = MappingProxyType(
    {
        State.OPEN: {
            CheckinExtended: State.OPEN,
            CheckinClosed: State.CLOSED,
            SessionEnded: State.CLOSED,
            CheckinWithdrawn: State.WITHDRAWN,
        },
        State.CLOSED: {CheckinWithdrawn: State.WITHDRAWN},
        State.WITHDRAWN: {},
    }
)


@dataclass(frozen=True, slots=True)
class Mark:
    """How somebody stands in a round, since when."""

    standing: Standing
    utc_ms: UtcMs


@dataclass(frozen=True, slots=True)
class Plan:
    """A round that will begin by itself."""

    id: str
    message_ref: str | None
    starts_utc_ms: UtcMs
    seconds: int
    late_after_seconds: int
    forced: bool
    planner: str | None


@dataclass(slots=True)
class Round:
    """One window. `expected` is how many should check in, counted until it closes.

    `marks` and `requests` are by participant; of people who never came by `person:<id>` (`key_of`).
    """

    id: str
    message_ref: str | None
    opened_utc_ms: UtcMs
    late_after_utc_ms: UtcMs
    closes_utc_ms: UtcMs
    expected: int
    forced: bool = False
    state: State = State.OPEN
    marks: dict[str, Mark] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    """References to the words last given for a request or a correction."""
    tally: Counter[str] = field(default_factory=Counter)
    """How many people of the house stand how, and under `pending` how many requests wait."""
    guests: Counter[str] = field(default_factory=Counter)
    """How many guests stand how: with a roster they are counted beside it."""
    marked_guests: set[str] = field(default_factory=set)

    @property
    def is_open(self) -> bool:
        """Whether it takes answers, as long as time allows."""
        return self.state is State.OPEN

    def status_at(self, now: UtcMs) -> Status:
        """Return how an answer that comes `now` counts."""
        return "late" if now > self.late_after_utc_ms else "on_time"

    def turn(self, event: Event) -> None:
        """Follow the table; what does not fit changes nothing."""
        self.state = TRANSITIONS[self.state].get(type(event), self.state)

    def mark(self, who: str, mark: Mark, *, guest: bool) -> None:
        """Let `who` stand so from now on."""
        self.unmark(who)
        self.marks[who] = mark
        if guest:
            self.marked_guests.add(who)
        (self.guests if guest else self.tally)[mark.standing] += 1
        self.settle(who, None)

    def unmark(self, who: str) -> Mark | None:
        """Forget how `who` stood."""
        before = self.marks.pop(who, None)
        if before is not None:
            (self.guests if who in self.marked_guests else self.tally)[before.standing] -= 1
        self.marked_guests.discard(who)
        return before

    def claim(self, who: str) -> bool:
        """Count a guest who turns out to be somebody of the house among them; tell whether it matters."""
        if who not in self.marked_guests:
            return False
        self.marked_guests.discard(who)
        standing = self.marks[who].standing
        self.guests[standing] -= 1
        self.tally[standing] += 1
        return True

    def settle(self, who: str, request: Request | None) -> None:
        """Note what became of a request, or that there is none."""
        if self.requests.pop(who, None) == "pending":
            self.tally["pending"] -= 1
        if request is not None:
            self.requests[who] = request
            self.tally["pending"] += request == "pending"

    def rename(self, before: str, after: str) -> bool:
        """Carry what stands under one key to a person's, if nothing is there yet; tell whether there was."""
        mark, request = self.unmark(before), self.requests.get(before)
        self.settle(before, None)
        if request is not None and after not in self.marks:
            self.settle(after, request)
        if mark is not None and after not in self.marks:
            self.mark(after, mark, guest=False)
        reason = self.reasons.pop(before, None)
        if reason is not None:
            self.reasons.setdefault(after, reason)
        return mark is not None or request is not None


@dataclass(slots=True)
class Checkins:
    """All rounds of a lesson; at most one is open, at most one planned."""

    rounds: dict[str, Round] = field(default_factory=dict)
    plan: Plan | None = None
    learners: set[str] = field(default_factory=set)
    participant_of: dict[str, str] = field(default_factory=dict)
    """By person, for everybody who has joined."""
    persons: set[str] = field(default_factory=set)
    """The participants who are people of the house."""
    own_learners: set[str] = field(default_factory=set)
    """Those in both sets, kept: they are counted at every event while a round is open."""
    names: dict[str, str] = field(default_factory=dict)
    """References to the names of everybody who has joined, by participant."""
    on_roster: int = 0
    ended_utc_ms: UtcMs | None = None
    moved: tuple[str, ...] = ()
    """Rounds (and the plan) that the last event changed without naming them."""

    @property
    def expected(self) -> int:
        """How many should check in now: the roster, or all learners where there is none.

        Guests are beside a roster; people of the house who came without being on it make it larger.
        """
        if self.on_roster == 0:
            return len(self.learners)
        return max(self.on_roster, len(self.own_learners))

    def count(self, round_: Round, *standings: Standing) -> tuple[int, int]:
        """Return how many of those expected stand so, and how many guests beside them."""
        own = sum(round_.tally[standing] for standing in standings)
        guests = sum(round_.guests[standing] for standing in standings)
        return (own + guests, 0) if self.on_roster == 0 else (own, guests)

    @property
    def open_round(self) -> Round | None:
        """The round that takes answers."""
        latest = next(reversed(self.rounds.values()), None)
        return latest if latest is not None and latest.is_open else None

    def key_of(self, participant: str | None, person: str | None) -> str:
        """Return under which key somebody's standing is kept."""
        if participant is None and person is not None:
            participant = self.participant_of.get(person)
        return participant if participant is not None else f"person:{person}"


class CheckinIdea:
    """Folds and draws check-in rounds."""

    name = "checkin"
    events: tuple[type[Event], ...] = (
        CheckinPlanned,
        CheckinPlanDropped,
        CheckinOpened,
        CheckinExtended,
        CheckinAnswered,
        CheckinClosed,
        CheckinWithdrawn,
        MakeUpRequested,
        MakeUpRefused,
        CheckinCorrected,
        ParticipantJoined,
        ParticipantRemoved,
        RosterChanged,
        SessionEnded,
    )
    paths: tuple[str, ...] = ("checkin", "checkin_plan", "my/checkin")

    def empty(self) -> Checkins:
        """See `Idea`."""
        return Checkins()

    def apply(self, slice_: Checkins, event: TimelineEvent) -> None:
        """See `Idea`."""
        slice_.moved = ()
        match event.payload:
            case ParticipantJoined() as joined:
                _join(slice_, joined)
            case RosterChanged(expected=expected):
                slice_.on_roster = expected
            case ParticipantRemoved(participant=participant):
                slice_.learners.discard(participant)
                slice_.own_learners.discard(participant)
            case SessionEnded() as ended:
                slice_.ended_utc_ms = event.utc_ms
                if slice_.open_round is not None:
                    slice_.moved = (f"checkin/{slice_.open_round.id}",)
                    slice_.open_round.turn(ended)
                if slice_.plan is not None:
                    slice_.moved += (f"checkin_plan/{slice_.plan.id}",)
                    slice_.plan = None
            case payload:
                _take_in(slice_, event, payload)
        if slice_.open_round is not None:
            slice_.open_round.expected = slice_.expected

    def touched(self, slice_: Checkins, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case CheckinPlanned(id=id_) | CheckinPlanDropped(id=id_):
                yield Touch(f"checkin_plan/{id_}", _STAFF)
            case CheckinOpened(id=id_, planned=planned):
                yield Touch(f"checkin/{id_}")
                if planned:
                    yield Touch(f"checkin_plan/{id_}", _STAFF)
            case CheckinClosed(id=id_) | CheckinExtended(id=id_) | CheckinWithdrawn(id=id_):
                yield Touch(f"checkin/{id_}")
            case CheckinAnswered(id=id_):
                yield Touch(f"checkin/{id_}", _COUNTING)
                yield Touch(f"my/checkin/{id_}", owner=event.actor)
            case (
                MakeUpRequested(id=id_, participant=participant, person=person)
                | MakeUpRefused(id=id_, participant=participant, person=person)
                | CheckinCorrected(id=id_, participant=participant, person=person)
            ):
                yield Touch(f"checkin/{id_}", _COUNTING)
                yield Touch(f"my/checkin/{id_}", owner=slice_.key_of(participant, person))
            case payload:
                yield from _touched_from_outside(slice_, payload)

    def entities(self, slice_: Checkins) -> Iterable[Touch]:
        """See `Idea`."""
        if slice_.plan is not None:
            yield Touch(f"checkin_plan/{slice_.plan.id}", _STAFF)
        yield from (Touch(f"checkin/{id_}") for id_ in slice_.rounds)

    def own(self, slice_: Checkins, participant_id: str) -> Iterable[Touch]:
        """See `Personal`."""
        for id_, round_ in slice_.rounds.items():
            if participant_id in round_.marks or participant_id in round_.requests:
                yield Touch(f"my/checkin/{id_}", owner=participant_id)

    def render(self, slice_: Checkins, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        kind, _, id_ = touch.path.rpartition("/")
        if kind == "checkin_plan":
            plan = slice_.plan
            return None if plan is None or plan.id != id_ else _planned(plan, texts)
        round_ = slice_.rounds[id_]
        if touch.owner is not None:
            return _own(round_, touch.owner)
        if round_.state is State.WITHDRAWN and audience is not Audience.STAFF:
            return None
        entity: dict[str, object] = {
            "id": round_.id,
            "state": round_.state.value,
            "message": None if round_.message_ref is None else texts.get(round_.message_ref),
            "forced": round_.forced,
            "opened_utc_ms": round_.opened_utc_ms,
            "closes_utc_ms": round_.closes_utc_ms,
            "late_after_utc_ms": round_.late_after_utc_ms,
        }
        if audience is Audience.LEARNER:
            return entity
        came, others = slice_.count(round_, "on_time", "late")
        entity |= {"came": came, "others": others, "expected": round_.expected}
        if audience is not Audience.STAFF:
            return entity
        return entity | {
            "came_late": sum(slice_.count(round_, "late")),
            "made_up": sum(slice_.count(round_, "make_up")),
            "requests": round_.tally["pending"],
        }


def _touched_from_outside(slice_: Checkins, payload: Event | None) -> Iterable[Touch]:
    match payload:
        case SessionEnded():
            for path in slice_.moved:
                yield Touch(path, _STAFF if path.startswith("checkin_plan/") else _ALL)
        case RosterChanged():
            yield from (Touch(f"checkin/{id_}", _COUNTING) for id_ in slice_.rounds)
        case ParticipantJoined() | ParticipantRemoved():
            if slice_.open_round is not None:
                yield Touch(f"checkin/{slice_.open_round.id}", _COUNTING)
            if isinstance(payload, ParticipantJoined):
                for path in slice_.moved:
                    own = path.startswith("my/")
                    yield Touch(path, owner=payload.participant) if own else Touch(path, _COUNTING)


def _join(slice_: Checkins, joined: ParticipantJoined) -> None:
    learns, who = is_learner(joined.role), joined.participant
    (slice_.learners.add if learns else slice_.learners.discard)(who)
    if joined.person is not None:
        slice_.persons.add(who)
    (slice_.own_learners.add if learns and who in slice_.persons else slice_.own_learners.discard)(who)
    slice_.names[who] = joined.name_ref
    if joined.person is None:
        return
    slice_.participant_of[joined.person] = who
    before = f"person:{joined.person}"
    moved: list[str] = []
    for id_, round_ in slice_.rounds.items():
        claimed = round_.claim(joined.participant)
        if round_.rename(before, joined.participant) or claimed:
            moved += [f"checkin/{id_}", f"my/checkin/{id_}"]
    slice_.moved = tuple(moved)


def _take_in(slice_: Checkins, event: TimelineEvent, payload: Event | None) -> None:
    match payload:
        case CheckinPlanned() as planned:
            slice_.plan = Plan(
                planned.id,
                planned.message_ref,
                planned.starts_utc_ms,
                planned.seconds,
                planned.late_after_seconds,
                planned.forced,
                event.actor,
            )
        case CheckinPlanDropped():
            slice_.plan = None
        case CheckinOpened() as opened:
            slice_.plan = None if opened.planned else slice_.plan
            slice_.rounds[opened.id] = Round(
                opened.id,
                opened.message_ref,
                event.utc_ms,
                opened.late_after_utc_ms,
                opened.closes_utc_ms,
                slice_.expected,
                opened.forced,
            )
        case CheckinExtended() as extended:
            round_ = slice_.rounds[extended.id]
            round_.late_after_utc_ms = extended.late_after_utc_ms
            round_.closes_utc_ms = extended.closes_utc_ms
        case CheckinClosed(id=id_) | CheckinWithdrawn(id=id_):
            slice_.rounds[id_].turn(payload)
        case CheckinAnswered() as answered if event.actor is not None:
            round_ = slice_.rounds[answered.id]
            if event.actor not in round_.marks:
                guest = event.actor not in slice_.persons
                round_.mark(event.actor, Mark(answered.status, event.utc_ms), guest=guest)
        case MakeUpRequested() as asked:
            who = slice_.key_of(asked.participant, asked.person)
            slice_.rounds[asked.id].settle(who, "pending")
            slice_.rounds[asked.id].reasons[who] = asked.reason_ref
        case MakeUpRefused() as refused:
            slice_.rounds[refused.id].settle(slice_.key_of(refused.participant, refused.person), "refused")
        case CheckinCorrected() as corrected:
            who = slice_.key_of(corrected.participant, corrected.person)
            guest = not who.startswith("person:") and who not in slice_.persons
            slice_.rounds[corrected.id].mark(who, Mark(corrected.after, event.utc_ms), guest=guest)
            slice_.rounds[corrected.id].reasons[who] = corrected.reason_ref


def _planned(plan: Plan, texts: Texts) -> Entity:
    return {
        "id": plan.id,
        "message": None if plan.message_ref is None else texts.get(plan.message_ref),
        "forced": plan.forced,
        "starts_utc_ms": plan.starts_utc_ms,
        "seconds": plan.seconds,
        "late_after_seconds": plan.late_after_seconds,
    }


def _own(round_: Round, who: str) -> Entity | None:
    mark, request = round_.marks.get(who), round_.requests.get(who)
    if mark is None and request is None:
        return None
    return {
        "status": None if mark is None else mark.standing,
        "utc_ms": None if mark is None else mark.utc_ms,
        "request": request,
    }


_ALL = frozenset(Audience)
_STAFF = frozenset({Audience.STAFF})
_COUNTING = frozenset({Audience.STAFF, Audience.SCREEN})
CHECKIN = CheckinIdea()
