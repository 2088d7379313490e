"""Who was there, from the timeline: one row per person of the roster, per other person, and per guest. Pure.

Presence merges the connections of a person: two devices at once count once. Minutes are counted while the
lesson was live. Attendance is shown as check-in, minutes and taking part side by side, never as one number
(ATT-06).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from analytics import taking_part
from analytics.spans import Spans, intersection, length_ms, union

CheckinStatus = str
"""`on_time`, `late`, `make_up`, `absent`; `pending` while a round is open; later releases may add others."""

READ: frozenset[str] = taking_part.READ | frozenset(
    {
        "session_started", "session_ended", "participant_joined", "participant_removed", "connection_opened",
        "connection_closed", "checkin_opened", "checkin_closed", "checkin_answered", "checkin_withdrawn",
        "checkin_corrected", "screen_scanned", "screen_heads_set", "poll_voted", "question_asked",
        "chat_sent",
    }
)  # fmt: skip
"""The event types that attendance is made of. Unknown fields in them are ignored."""


@dataclass(frozen=True, slots=True)
class Happening:
    """A timeline event, as far as attendance needs it."""

    type: str
    utc_ms: int
    actor: str | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Interval:
    """Somebody's presence without a break; `left_utc_ms` is None while it goes on. The device came first."""

    joined_utc_ms: int
    left_utc_ms: int | None
    device: str | None


@dataclass(frozen=True, slots=True)
class Attendance:
    """One row. `person` is None for a guest, `participant` for somebody who never came."""

    participant: str | None
    person: str | None
    kind: Literal["person", "guest"]
    name_ref: str | None
    expected: bool
    intervals: tuple[Interval, ...]
    present_ms: int
    checkins: tuple[tuple[str, CheckinStatus], ...]
    checkin_status: CheckinStatus | None
    answers: int
    messages: int
    questions: int
    screens: tuple[str, ...] = ()
    """Screens (participants) whose code they scanned: they sat in front of them."""
    corrected: tuple[str, ...] = ()
    """Rounds in which staff set how they stand."""
    hands: int = 0
    upvotes: int = 0
    reactions: int = 0
    stage_ms: int = 0


@dataclass(slots=True)
class _Visit:
    participant: str
    person: str | None
    role: str
    kind: str
    name_ref: str | None
    open: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    stays: list[tuple[int, int | None, str | None]] = field(default_factory=list)
    checkins: dict[str, str] = field(default_factory=dict)
    polls: set[str] = field(default_factory=set)
    messages: int = 0
    questions: int = 0
    screens: dict[str, None] = field(default_factory=dict)
    corrected: set[str] = field(default_factory=set)

    def close(self, connection: str, at_utc_ms: int) -> None:
        opened = self.open.pop(connection, None)
        if opened is not None:
            self.stays.append((opened[0], max(opened[0], at_utc_ms), opened[1]))


@dataclass(slots=True)
class _Register:
    visits: dict[str, _Visit] = field(default_factory=dict)
    live: list[tuple[int, int]] = field(default_factory=list)
    live_since: int | None = None
    rounds: dict[str, bool] = field(default_factory=dict)
    """Check-in rounds in order, without those that were withdrawn; True once closed."""
    corrected: dict[str, dict[str, str]] = field(default_factory=dict)
    """By person who was not here then, and round."""
    part: taking_part.TakingPart = field(default_factory=taking_part.TakingPart)


def attendance(happenings: Iterable[Happening], roster: Sequence[str], now: int) -> list[Attendance]:
    """Return the rows: the roster in its order, then other people and guests as they came.

    Staff (presenter, host) and screens are no learners: they have a row only if the roster names them.
    """
    register = _Register()
    for happening in happenings:
        _take_in(register, happening)
    live = union(register.live, [(register.live_since, now)] if register.live_since is not None else [])
    by_person: dict[str, list[_Visit]] = {person: [] for person in roster}
    for visit in register.visits.values():
        if visit.person in by_person:
            by_person[visit.person].append(visit)
        elif visit.role == "learner" and visit.kind != "screen":
            by_person.setdefault(visit.person or f"guest {visit.participant}", []).append(visit)
    expected = set(roster)
    for person in register.corrected:
        by_person.setdefault(person, [])  # was counted without a place on the roster
    return [
        _row(visits, live, register, now, person=key, expected=key in expected)
        for key, visits in by_person.items()
    ]


def _take_in(register: _Register, happening: Happening) -> None:
    payload = happening.payload
    register.part.take_in(happening.type, happening.utc_ms, happening.actor, payload)
    match happening.type:
        case "session_started":
            register.live_since = register.live_since or happening.utc_ms
        case "session_ended":
            if register.live_since is not None:
                register.live.append((register.live_since, happening.utc_ms))
            register.live_since = None
            register.rounds.update(dict.fromkeys(register.rounds, True))
        case "checkin_opened":
            register.rounds.setdefault(str(payload.get("id")), False)
        case "checkin_closed":
            register.rounds[str(payload.get("id"))] = True
        case "checkin_withdrawn":
            register.rounds.pop(str(payload.get("id")), None)
        case "checkin_corrected":
            _correct(register, payload)
        case "participant_joined":
            _join(register, happening)
        case _:
            visit = register.visits.get(str(payload.get("participant") or happening.actor))
            if visit is not None:
                _act(visit, happening)


def screen_heads(happenings: Iterable[Happening]) -> dict[str, int]:
    """Return how many heads the host counted last before each screen, besides those who scanned its code."""
    return {
        str(happening.payload.get("screen")): int(happening.payload.get("extra", 0))
        for happening in happenings
        if happening.type == "screen_heads_set"
    }


def screen_names(happenings: Iterable[Happening]) -> dict[str, str]:
    """Return the reference of each screen's name, by participant."""
    return {
        str(happening.payload.get("participant")): str(happening.payload["name_ref"])
        for happening in happenings
        if happening.type == "participant_joined"
        and happening.payload.get("kind") == "screen"
        and happening.payload.get("name_ref")
    }


def _join(register: _Register, happening: Happening) -> None:
    payload = happening.payload
    participant = str(payload.get("participant"))
    visit = register.visits.get(participant)
    if visit is None:
        register.visits[participant] = _Visit(
            participant=participant,
            person=payload.get("person"),
            role=str(payload.get("role", "learner")),
            kind=str(payload.get("kind", "person")),
            name_ref=payload.get("name_ref"),
        )
    else:  # the same participant again: a guest claimed by a person, a name that was mended
        visit.person = payload.get("person") or visit.person
        visit.name_ref = payload.get("name_ref") or visit.name_ref


def _correct(register: _Register, payload: Mapping[str, Any]) -> None:
    round_, after = str(payload.get("id")), str(payload.get("after"))
    visit = register.visits.get(str(payload.get("participant")))
    if visit is not None:
        visit.checkins[round_] = after
        visit.corrected.add(round_)
    elif payload.get("person"):
        register.corrected.setdefault(str(payload["person"]), {})[round_] = after


def _act(visit: _Visit, happening: Happening) -> None:
    payload, utc_ms = happening.payload, happening.utc_ms
    match happening.type:
        case "connection_opened":
            visit.open[str(payload.get("connection"))] = (utc_ms, payload.get("device"))
        case "connection_closed":
            at = payload.get("at_utc_ms")
            visit.close(str(payload.get("connection")), utc_ms if at is None else int(at))
        case "participant_removed":
            for connection in list(visit.open):
                visit.close(connection, utc_ms)
        case "checkin_answered":
            visit.checkins.setdefault(str(payload.get("id")), str(payload.get("status")))
        case "screen_scanned":
            visit.screens[str(payload.get("screen"))] = None
        case "poll_voted":
            visit.polls.add(str(payload.get("poll")))
        case "chat_sent":
            visit.messages += 1
        case "question_asked":
            visit.questions += 1


def _row(
    visits: Sequence[_Visit], live: Spans, register: _Register, now: int, *, person: str, expected: bool
) -> Attendance:
    said = register.corrected.get(person, {})
    answered = said | {round_: status for visit in visits for round_, status in visit.checkins.items()}
    checkins = tuple(
        (round_, answered.get(round_, "absent" if closed else "pending"))
        for round_, closed in register.rounds.items()
    )
    stays = [stay for visit in visits for stay in visit.stays] + [
        (since, None, device) for visit in visits for since, device in visit.open.values()
    ]
    there = union((since, now if left is None else left) for since, left, _ in stays)
    who = person if not visits or expected else next((visit.person for visit in visits if visit.person), None)
    corrected = said.keys() | {round_ for visit in visits for round_ in visit.corrected}
    part, participants = register.part, [visit.participant for visit in visits]
    return Attendance(
        participant=visits[0].participant if visits else None,
        person=who,
        kind="guest" if who is None else "person",
        name_ref=visits[0].name_ref if visits else None,
        expected=expected,
        intervals=_intervals(stays),
        present_ms=length_ms(intersection(there, live)),
        checkins=checkins,
        checkin_status=_overall([status for _, status in checkins]),
        answers=len({poll for visit in visits for poll in visit.polls}),
        messages=sum(visit.messages for visit in visits),
        questions=sum(visit.questions for visit in visits),
        screens=tuple(dict.fromkeys(screen for visit in visits for screen in visit.screens)),
        corrected=tuple(round_ for round_, _ in checkins if round_ in corrected),
        hands=sum(part.hands[who] for who in participants),
        upvotes=len(set().union(*(part.upvoted.get(who, ()) for who in participants))),
        reactions=sum(part.reactions[who] for who in participants),
        stage_ms=part.on_stage_ms(participants, now),
    )


def _intervals(stays: Iterable[tuple[int, int | None, str | None]]) -> tuple[Interval, ...]:
    """Merge what overlaps or touches; an open stay swallows all that begin after it."""
    merged: list[Interval] = []
    for since, left, device in sorted(stays, key=lambda stay: stay[0]):
        last = merged[-1] if merged else None
        if last is None or (last.left_utc_ms is not None and since > last.left_utc_ms):
            merged.append(Interval(since, left, device))
        elif last.left_utc_ms is not None:
            end = None if left is None else max(left, last.left_utc_ms)
            merged[-1] = Interval(last.joined_utc_ms, end, last.device or device)
    return tuple(merged)


def _overall(statuses: Sequence[CheckinStatus]) -> CheckinStatus | None:
    """On time: in every round. Made up: every round was on time or made up for. Absent: in none at all.
    Late: anything between. None: nobody was asked yet.
    """
    decided = {status for status in statuses if status != "pending"}
    if not decided:
        return None
    if len(decided) == 1:
        return decided.pop()
    return "make_up" if decided == {"on_time", "make_up"} else "late"
