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
NEVER_CAME = "person:"
"""Begins the key of somebody who never joined; the person's id follows."""


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
    """One window.

    `marks` and `requests` are by participant; of people who never came by `person:<id>` (`key_of`).
    """

    id: str
    message_ref: str | None
    opened_utc_ms: UtcMs
    late_after_utc_ms: UtcMs
    closes_utc_ms: UtcMs
    forced: bool = False
    state: State = State.OPEN
    marks: dict[str, Mark] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    """References to the words last given for a request or a correction."""
    listed: dict[str, None] = field(default_factory=dict)
    """Everybody whom it asked or who stands somehow in it, in that order: learners who were there before it
    closed, and whoever has a mark or a request. Where there is no roster, these are expected."""
    tally: Counter[str] = field(default_factory=Counter)
    """How many people of the roster stand how."""
    besides: Counter[str] = field(default_factory=Counter)
    """How many others stand how: guests, and people of the house whom the roster does not name."""
    marked_besides: set[str] = field(default_factory=set)
    waiting: int = 0
    """How many requests wait."""

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

    def mark(self, who: str, mark: Mark, *, on_roster: bool) -> None:
        """Let `who` stand so from now on."""
        self.unmark(who)
        self.marks[who] = mark
        self.listed.setdefault(who)
        if not on_roster:
            self.marked_besides.add(who)
        (self.tally if on_roster else self.besides)[mark.standing] += 1
        self.settle(who, None)

    def unmark(self, who: str) -> Mark | None:
        """Forget how `who` stood."""
        before = self.marks.pop(who, None)
        if before is not None:
            (self.besides if who in self.marked_besides else self.tally)[before.standing] -= 1
        self.marked_besides.discard(who)
        return before

    def place(self, who: str, *, on_roster: bool) -> bool:
        """Count `who` among the roster or besides, as is so by now; tell whether it matters."""
        mark = self.marks.get(who)
        if mark is None or on_roster is (who not in self.marked_besides):
            return False
        (self.marked_besides.discard if on_roster else self.marked_besides.add)(who)
        self.tally[mark.standing] += 1 if on_roster else -1
        self.besides[mark.standing] += -1 if on_roster else 1
        return True

    def settle(self, who: str, request: Request | None) -> None:
        """Note what became of a request, or that there is none."""
        if self.requests.pop(who, None) == "pending":
            self.waiting -= 1
        if request is not None:
            self.requests[who] = request
            self.listed.setdefault(who)
            self.waiting += request == "pending"

    def leave_out(self, who: str) -> bool:
        """List somebody no more of whom there is nothing to say; tell whether they were."""
        if who in self.marks or who in self.requests or who not in self.listed:
            return False
        del self.listed[who]
        return True

    def rename(self, before: str, after: str, *, on_roster: bool) -> bool:
        """Carry what stands under one key to a person's, if nothing is there yet; tell whether there was."""
        mark, request = self.unmark(before), self.requests.get(before)
        self.settle(before, None)
        self.listed.pop(before, None)
        if request is not None and after not in self.marks:
            self.settle(after, request)
        if mark is not None and after not in self.marks:
            self.mark(after, mark, on_roster=on_roster)
        reason = self.reasons.pop(before, None)
        if reason is not None:
            self.reasons.setdefault(after, reason)
        return mark is not None or request is not None


@dataclass(slots=True)
class Checkins:
    """All rounds of a lesson; at most one is open, at most one planned."""

    rounds: dict[str, Round] = field(default_factory=dict)
    plan: Plan | None = None
    learners: dict[str, None] = field(default_factory=dict)
    """Who learns here by now, in the order in which they came."""
    participant_of: dict[str, str] = field(default_factory=dict)
    """By person, for everybody who has joined."""
    person_of: dict[str, str] = field(default_factory=dict)
    """The same by participant: who came as two is who they came as last."""
    names: dict[str, str] = field(default_factory=dict)
    """References to the names of everybody who has joined, by participant."""
    roster: set[str] = field(default_factory=set)
    """The persons who should come."""
    ended_utc_ms: UtcMs | None = None
    moved: tuple[str, ...] = ()
    """Rounds (and the plan) that the last event changed without naming them."""

    def expected(self, round_: Round) -> int:
        """How many should check in: the roster, or everybody whom the round lists where there is none."""
        return len(self.roster) or len(round_.listed)

    def count(self, round_: Round, *standings: Standing) -> tuple[int, int]:
        """Return how many of those expected stand so, and how many besides them."""
        own = sum(round_.tally[standing] for standing in standings)
        besides = sum(round_.besides[standing] for standing in standings)
        return (own, besides) if self.roster else (own + besides, 0)

    @property
    def open_round(self) -> Round | None:
        """The round that takes answers."""
        latest = next(reversed(self.rounds.values()), None)
        return latest if latest is not None and latest.is_open else None

    def key_of(self, participant: str | None, person: str | None) -> str:
        """Return under which key somebody's standing is kept."""
        if participant is None and person is not None:
            participant = self.participant_of.get(person)
        return participant if participant is not None else f"{NEVER_CAME}{person}"

    def is_expected(self, who: str) -> bool:
        """Tell whether the roster names whoever has this key (`key_of`)."""
        never_came = who.removeprefix(NEVER_CAME) if who.startswith(NEVER_CAME) else None
        return (never_came or self.person_of.get(who)) in self.roster


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
            case RosterChanged() as changed:
                _change_roster(slice_, changed)
            case ParticipantRemoved(participant=participant):
                slice_.moved = _leave(slice_, participant)
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
        entity |= {"came": came, "others": others, "expected": slice_.expected(round_)}
        if audience is not Audience.STAFF:
            return entity
        return entity | {
            "came_late": slice_.count(round_, "late")[0],
            "made_up": slice_.count(round_, "make_up")[0],
            "requests": round_.waiting,
        }


def _touched_from_outside(slice_: Checkins, payload: Event | None) -> Iterable[Touch]:
    match payload:
        case SessionEnded():
            for path in slice_.moved:
                yield Touch(path, _STAFF if path.startswith("checkin_plan/") else _ALL)
        case RosterChanged():
            yield from (Touch(f"checkin/{id_}", _COUNTING) for id_ in slice_.rounds)
        case ParticipantJoined(participant=participant):
            for path in slice_.moved:
                own = path.startswith("my/")
                yield Touch(path, owner=participant) if own else Touch(path, _COUNTING)
        case ParticipantRemoved():
            yield from (Touch(path, _COUNTING) for path in slice_.moved)


def _join(slice_: Checkins, joined: ParticipantJoined) -> None:
    who, person, moved = joined.participant, joined.person, list[str]()
    if is_learner(joined.role):
        slice_.learners.setdefault(who)
        open_ = slice_.open_round
        if open_ is not None and who not in open_.listed:
            open_.listed[who] = None
            if not slice_.roster:
                moved.append(f"checkin/{open_.id}")
    else:
        moved += _leave(slice_, who)
    slice_.names[who] = joined.name_ref
    if person is not None:
        came_as = _know(slice_, who, person)
        expected = slice_.is_expected(who)
        for id_, round_ in slice_.rounds.items():
            placed = round_.place(who, on_roster=expected)
            if came_as is not None and round_.place(came_as, on_roster=False):
                placed = True
            if round_.rename(f"{NEVER_CAME}{person}", who, on_roster=expected) or placed:
                moved += [f"checkin/{id_}", f"my/checkin/{id_}"]
    slice_.moved = tuple(dict.fromkeys(moved))


def _know(slice_: Checkins, who: str, person: str) -> str | None:
    """Note which person a participant is; return who they came as before, if that was another participant."""
    before = slice_.participant_of.get(person)
    other = slice_.person_of.get(who)
    if other is not None and other != person:
        slice_.participant_of.pop(other, None)
    slice_.participant_of[person], slice_.person_of[who] = who, person
    if before is None or before == who:
        return None
    slice_.person_of.pop(before, None)
    return before


def _leave(slice_: Checkins, who: str) -> tuple[str, ...]:
    """Let somebody be no learner; return the rounds of which that changes a count: with a roster, none."""
    slice_.learners.pop(who, None)
    left = [f"checkin/{id_}" for id_, round_ in slice_.rounds.items() if round_.leave_out(who)]
    return () if slice_.roster else tuple(left)


def _change_roster(slice_: Checkins, changed: RosterChanged) -> None:
    """Follow the roster: whoever it names by now, or no more, is counted so in every round."""
    slice_.roster.difference_update(changed.removed)
    slice_.roster.update(changed.added)
    for person in (*changed.removed, *changed.added):
        who = slice_.key_of(None, person)
        expected = slice_.is_expected(who)
        for round_ in slice_.rounds.values():
            round_.place(who, on_roster=expected)


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
                opened.forced,
                listed=dict(slice_.learners),
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
                mark = Mark(answered.status, event.utc_ms)
                round_.mark(event.actor, mark, on_roster=slice_.is_expected(event.actor))
        case MakeUpRequested() as asked:
            who = slice_.key_of(asked.participant, asked.person)
            slice_.rounds[asked.id].settle(who, "pending")
            slice_.rounds[asked.id].reasons[who] = asked.reason_ref
        case MakeUpRefused() as refused:
            slice_.rounds[refused.id].settle(slice_.key_of(refused.participant, refused.person), "refused")
        case CheckinCorrected() as corrected:
            who = slice_.key_of(corrected.participant, corrected.person)
            mark = Mark(corrected.after, event.utc_ms)
            slice_.rounds[corrected.id].mark(who, mark, on_roster=slice_.is_expected(who))
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
