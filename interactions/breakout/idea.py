"""The breakout as a slice of class state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from interactions.breakout.events import (
    BreakoutExtended,
    BreakoutHelp,
    BreakoutKept,
    BreakoutReported,
    BreakoutReporter,
    BreakoutShown,
    BreakoutTold,
    BreakoutTutor,
    BreakoutVisited,
    BreakoutVoice,
    BreakoutWarned,
)
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import (
    BreakoutClosed,
    BreakoutGroup,
    BreakoutOpened,
    BreakoutPlaced,
    Event,
    ParticipantJoined,
    ParticipantRemoved,
    SessionEnded,
    TimelineEvent,
)
from lectern.timeline.idea import Audience, ClassState, Entity, Texts, Touch

WARNING_MS = 60_000
"""How long before the end the groups are warned."""


class State(StrEnum):
    """Whether the class is split."""

    NONE = "none"
    OPEN = "open"
    CLOSED = "closed"


TRANSITIONS: Mapping[State, Mapping[type[Event], State]] = MappingProxyType(
    {
        State.NONE: {BreakoutOpened: State.OPEN},
        State.OPEN: {BreakoutClosed: State.CLOSED, SessionEnded: State.CLOSED},
        State.CLOSED: {BreakoutOpened: State.OPEN},
    }
)


@dataclass(slots=True)
class Group:
    """One group. `members` keeps the order in which they came; who visits is not among them.

    `tutors` are staff, wherever they are, and members who look after the others.
    """

    id: str
    place: int
    name_ref: str
    task_ref: str | None
    material_ref: str | None
    most: int | None
    members: dict[str, None]
    reporter: str | None = None
    tutors: dict[str, None] = field(default_factory=dict)

    def is_led_by(self, participant_id: str) -> bool:
        """Whether somebody may lead this group beside staff: its reporter or a tutor."""
        return participant_id == self.reporter or participant_id in self.tutors

    @property
    def is_full(self) -> bool:
        """Whether nobody else may choose it; staff may still move people here."""
        return self.most is not None and len(self.members) >= self.most


@dataclass(slots=True)
class Outcome:
    """What a group brought back, its report or its notes or both; it outlives its breakout."""

    group: Group
    utc_ms: UtcMs
    text_ref: str | None = None
    author: str | None = None
    notes_ref: str | None = None
    is_shown: bool = False


@dataclass(slots=True)
class Breakout:
    """The present or last breakout; each has groups of its own.

    `visits` says in which group staff are, since when a group calls stands in `calls`. `is_last_minute` is
    also true of a breakout that was planned shorter. `recorded`: what is said in its groups is. `unkept` are
    groups that have ended and whose notes are still to be closed. `just_left` and `just_demoted` are what the
    last event changed beside its own subject, `just_untutored` the groups that lost a tutor by it.
    """

    state: State = State.NONE
    groups: dict[str, Group] = field(default_factory=dict)
    ends_utc_ms: UtcMs | None = None
    late: str = "stay"
    staying: set[str] = field(default_factory=set)
    is_last_minute: bool = False
    recorded: bool = False
    visits: dict[str, str] = field(default_factory=dict)
    calls: dict[str, UtcMs] = field(default_factory=dict)
    voices: dict[str, None] = field(default_factory=dict)
    told: tuple[str, str | None, UtcMs] | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    unkept: dict[str, Group] = field(default_factory=dict)
    just_left: str | None = None
    just_demoted: bool = False
    just_untutored: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the class is split now."""
        return self.state is State.OPEN

    def group_with(self, participant_id: str) -> Group | None:
        """Return the group that somebody belongs to."""
        return next((group for group in self.groups.values() if participant_id in group.members), None)

    def whereabouts(self) -> dict[str, str]:
        """Return in which group everybody is now, visiting staff too; the others are in the main room."""
        if not self.is_open:
            return {}
        return {who: group.id for group in self.groups.values() for who in group.members} | self.visits

    def recorded_groups(self) -> frozenset[str]:
        """Return the groups in which what is said is recorded now."""
        return frozenset(self.groups) if self.is_open and self.recorded else frozenset()

    def until(self, ends_utc_ms: UtcMs | None, now: UtcMs) -> None:
        """Set the end, seen from `now`."""
        self.ends_utc_ms = ends_utc_ms
        self.is_last_minute = ends_utc_ms is not None and ends_utc_ms - WARNING_MS <= now


def first_due(ends_utc_ms: UtcMs, now: UtcMs) -> UtcMs:
    """Return when time next changes a breakout that ends then: the warning, or the end itself."""
    warning = UtcMs(ends_utc_ms - WARNING_MS)
    return warning if warning > now else ends_utc_ms


class BreakoutIdea:
    """Folds and draws the breakout."""

    name = "breakout"
    events: tuple[type[Event], ...] = (
        BreakoutOpened,
        BreakoutClosed,
        BreakoutPlaced,
        BreakoutExtended,
        BreakoutWarned,
        BreakoutTold,
        BreakoutHelp,
        BreakoutVisited,
        BreakoutVoice,
        BreakoutReporter,
        BreakoutTutor,
        BreakoutReported,
        BreakoutKept,
        BreakoutShown,
        ParticipantJoined,
        ParticipantRemoved,
        SessionEnded,
    )
    paths: tuple[str, ...] = ("breakout", "group", "outcome")

    def empty(self) -> Breakout:
        """See `Idea`."""
        return Breakout()

    def apply(self, slice_: Breakout, event: TimelineEvent) -> None:
        """See `Idea`."""
        turn, was_open = event.payload, slice_.is_open
        slice_.state = TRANSITIONS[slice_.state].get(type(turn), slice_.state) if turn else slice_.state
        slice_.just_left, slice_.just_demoted, slice_.just_untutored = None, False, ()
        if was_open and not slice_.is_open:
            slice_.unkept |= slice_.groups
        match turn:
            case BreakoutOpened():
                _open(slice_, turn, event.utc_ms)
            case BreakoutClosed() | SessionEnded():
                slice_.visits.clear()
                slice_.calls.clear()
                slice_.voices.clear()
            case BreakoutPlaced():
                _place(slice_, turn)
            case BreakoutExtended(ends_utc_ms=ends):
                slice_.until(ends, event.utc_ms)
            case BreakoutWarned():
                slice_.is_last_minute = True
            case BreakoutTold(text_ref=ref):
                slice_.told = ref, event.actor, event.utc_ms
            case BreakoutReporter() | BreakoutTutor():
                _appoint(slice_.groups[turn.group], turn)
            case BreakoutReported() | BreakoutShown() | BreakoutKept():
                _bring_back(slice_, turn, event)
            case BreakoutHelp() | BreakoutVisited() | BreakoutVoice():
                _attend(slice_, turn, event)
            case ParticipantJoined() | ParticipantRemoved():
                _lose_rights(slice_, turn)

    def touched(self, slice_: Breakout, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case BreakoutOpened():
                yield Touch("breakout")
                yield from (Touch(f"group/{id_}") for id_ in (*slice_.before, *slice_.groups))
            case BreakoutPlaced(group=group, left=left):
                yield from (Touch(f"group/{id_}") for id_ in (left, group) if id_ is not None)
                for id_ in (left, group):
                    yield from _outcome_touches(slice_, id_)
            case BreakoutReporter(group=id_) | BreakoutTutor(group=id_):
                yield Touch(f"group/{id_}")
            case BreakoutKept(notes=notes):
                for one in notes:
                    yield from _outcome_touches(slice_, one.group)
            case BreakoutReported(group=id_) | BreakoutShown(id=id_):
                yield from _outcome_touches(slice_, id_)
            case ParticipantJoined() | ParticipantRemoved():
                if slice_.just_demoted:
                    yield Touch("breakout")
                yield from (Touch(f"group/{id_}") for id_ in slice_.just_untutored)
                if slice_.just_left is not None:
                    yield Touch(f"group/{slice_.just_left}")
                    yield from _outcome_touches(slice_, slice_.just_left)
            case _:
                yield Touch("breakout")

    def entities(self, slice_: Breakout) -> Iterable[Touch]:
        """See `Idea`."""
        yield Touch("breakout")
        yield from (Touch(f"group/{id_}") for id_ in slice_.groups)
        for id_ in slice_.outcomes:
            yield from _outcome_touches(slice_, id_)

    def render(self, slice_: Breakout, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        kind, _, id_ = touch.path.partition("/")
        if kind == "group":
            group = slice_.groups.get(id_)
            return None if group is None else _draw_group(group, texts)
        if kind == "outcome":
            outcome = slice_.outcomes[id_]
            is_seen = outcome.is_shown or audience is Audience.STAFF or touch.members is not None
            return _draw_outcome(outcome, texts) if is_seen else None
        told = slice_.told
        return {
            "state": slice_.state.value,
            "groups": list(slice_.groups),
            "ends_utc_ms": slice_.ends_utc_ms,
            "last_minute": slice_.is_open and slice_.is_last_minute,
            "late": slice_.late,
            "recorded": slice_.recorded,
            "visits": dict(slice_.visits),
            "calls": dict(slice_.calls),
            "voices": list(slice_.voices),
            "told": None
            if told is None
            else {"text": texts.get(told[0]), "author": told[1], "utc_ms": told[2]},
        }


def _open(slice_: Breakout, opened: BreakoutOpened, now: UtcMs) -> None:
    slice_.before = tuple(slice_.groups)
    slice_.groups = {
        planned.id: _group(place, planned) for place, planned in enumerate(opened.groups, start=1)
    }
    slice_.until(opened.ends_utc_ms, now)
    slice_.late = opened.late
    slice_.staying = set(opened.staying)
    slice_.recorded = opened.recorded
    slice_.told = None


def _group(place: int, planned: BreakoutGroup) -> Group:
    return Group(
        planned.id,
        place,
        planned.name_ref,
        planned.task_ref,
        planned.material_ref,
        planned.most,
        dict.fromkeys(planned.members),
        tutors=dict.fromkeys(planned.tutors),
    )


def _appoint(group: Group, turn: BreakoutReporter | BreakoutTutor) -> None:
    if isinstance(turn, BreakoutReporter):
        group.reporter = turn.participant
    elif turn.on:
        group.tutors[turn.participant] = None
    else:
        group.tutors.pop(turn.participant, None)


def _place(slice_: Breakout, placed: BreakoutPlaced) -> None:
    _leave(slice_, placed.participant)
    if placed.group is None:
        slice_.staying.add(placed.participant)
    else:
        slice_.groups[placed.group].members[placed.participant] = None
        slice_.staying.discard(placed.participant)


def _leave(slice_: Breakout, who: str) -> str | None:
    group = slice_.group_with(who)
    if group is None:
        return None
    del group.members[who]
    group.tutors.pop(who, None)
    if group.reporter == who:
        group.reporter = None
    return group.id


def _lose_rights(slice_: Breakout, turn: ParticipantJoined | ParticipantRemoved) -> None:
    who = turn.participant
    if isinstance(turn, ParticipantRemoved):
        slice_.just_demoted = _stop_leading(slice_, who)
        slice_.just_left = _leave(slice_, who)
    elif not SessionRole(turn.role).is_staff:
        slice_.just_demoted = _stop_leading(slice_, who)


def _stop_leading(slice_: Breakout, who: str) -> bool:
    """Take back what only staff may do; tell whether there was any."""
    was_leading = who in slice_.visits or who in slice_.voices
    slice_.visits.pop(who, None)
    slice_.voices.pop(who, None)
    outside = [g for g in slice_.groups.values() if who in g.tutors and who not in g.members]
    for group in outside:
        del group.tutors[who]
    slice_.just_untutored = tuple(group.id for group in outside)
    return was_leading


def _attend(
    slice_: Breakout, turn: BreakoutHelp | BreakoutVisited | BreakoutVoice, event: TimelineEvent
) -> None:
    match turn:
        case BreakoutHelp(group=group, on=True):
            slice_.calls.setdefault(group, event.utc_ms)
        case BreakoutHelp(group=group):
            slice_.calls.pop(group, None)
        case BreakoutVisited(group=None) if event.actor is not None:
            slice_.visits.pop(event.actor, None)
        case BreakoutVisited(group=str(group)) if event.actor is not None:
            slice_.visits[event.actor] = group
            slice_.calls.pop(group, None)
        case BreakoutVoice(on=True) if event.actor is not None:
            slice_.voices[event.actor] = None
        case BreakoutVoice(on=False) if event.actor is not None:
            slice_.voices.pop(event.actor, None)


def _bring_back(
    slice_: Breakout, turn: BreakoutReported | BreakoutShown | BreakoutKept, event: TimelineEvent
) -> None:
    match turn:
        case BreakoutShown():
            slice_.outcomes[turn.id].is_shown = turn.on
        case BreakoutKept():
            _keep(slice_, turn, event.utc_ms)
        case BreakoutReported():
            group = slice_.groups[turn.group]
            outcome = slice_.outcomes.setdefault(turn.group, Outcome(group, event.utc_ms))
            outcome.text_ref, outcome.author, outcome.utc_ms = turn.text_ref, event.actor, event.utc_ms


def _keep(slice_: Breakout, kept: BreakoutKept, now: UtcMs) -> None:
    for one in kept.notes:
        group = slice_.unkept.get(one.group) or slice_.groups[one.group]
        slice_.outcomes.setdefault(one.group, Outcome(group, now)).notes_ref = one.text_ref
    for id_ in kept.groups:
        slice_.unkept.pop(id_, None)


def _outcome_touches(slice_: Breakout, id_: str | None) -> Iterable[Touch]:
    """Draw a result for the class first, then for its group: of two touches the later wins."""
    outcome = None if id_ is None else slice_.outcomes.get(id_)
    if outcome is not None:
        yield Touch(f"outcome/{id_}")
        if not outcome.is_shown:
            yield Touch(f"outcome/{id_}", members=frozenset(outcome.group.members))


def _draw_group(group: Group, texts: Texts) -> Entity:
    return {
        "id": group.id,
        "place": group.place,
        "name": texts.get(group.name_ref),
        "task": None if group.task_ref is None else texts.get(group.task_ref),
        "material": None if group.material_ref is None else texts.get(group.material_ref),
        "members": list(group.members),
        "most": group.most,
        "reporter": group.reporter,
        "tutors": list(group.tutors),
    }


def _draw_outcome(outcome: Outcome, texts: Texts) -> Entity:
    group = outcome.group
    return {
        "id": group.id,
        "group": texts.get(group.name_ref),
        "task": None if group.task_ref is None else texts.get(group.task_ref),
        "text": None if outcome.text_ref is None else texts.get(outcome.text_ref),
        "author": outcome.author,
        "notes": None if outcome.notes_ref is None else texts.get(outcome.notes_ref),
        "members": list(group.members),
        "shown": outcome.is_shown,
        "utc_ms": outcome.utc_ms,
    }


BREAKOUT = BreakoutIdea()


def group_of(state: ClassState, participant_id: str) -> str | None:
    """Return the group in which somebody is now, as member or visitor; None is the main room."""
    return state.of(BREAKOUT).whereabouts().get(participant_id)
