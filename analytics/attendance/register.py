"""Who was there, from the timeline: one row per person of the roster, per other person, and per guest. Pure.

Presence merges the connections of a person: two devices at once count once. Minutes are counted while the
lesson was live. Attendance is shown as check-in, minutes and taking part side by side, never as one number
(ATT-06). The register takes events one by one, so that one that is kept needs only what is new.

What a table of thousands is made of is `gc=False`: it holds no cycles, and while a lesson runs all of it is
made anew at each look; the cyclic collector need not follow it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from analytics import asked_in_groups, taking_part
from analytics.attendance.happening import Happening
from analytics.attendance.page_state import PageState
from analytics.spans import NOTHING, Spans, difference, intersection, length_ms, union

CheckinStatus = str
"""`on_time`, `late`, `make_up`, `absent`; `pending` while a round is open; later releases may add others."""

READ: frozenset[str] = taking_part.READ | asked_in_groups.READ | frozenset(
    {
        "session_started", "session_ended", "participant_joined", "participant_removed", "connection_opened",
        "connection_closed", "checkin_opened", "checkin_closed", "checkin_answered", "checkin_withdrawn",
        "checkin_corrected", "screen_scanned", "screen_heads_set", "poll_opened", "poll_voted",
        "question_asked", "chat_sent", "page_states_reported",
    }
)  # fmt: skip
"""The event types that attendance is made of. Unknown fields in them are ignored."""


class Interval(msgspec.Struct, frozen=True, gc=False):
    """Somebody's presence without a break; `left_utc_ms` is None while it goes on. The device came first."""

    joined_utc_ms: int
    left_utc_ms: int | None
    device: str | None


class Attendance(msgspec.Struct, frozen=True, gc=False):
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
    correctors: tuple[str | None, ...] = ()
    """Who did so last, for each of them: a person or a key, or in the class a participant."""
    hands: int = 0
    upvotes: int = 0
    reactions: int = 0
    stage_ms: int = 0
    there: Spans = NOTHING
    """When they were present while the lesson was live, UTC."""
    away: Spans = NOTHING
    """The part of `there` in which every device of theirs was hidden and silent."""
    attentive_ms: int = 0
    """How long, of `there`, some device of theirs was reported as seen or heard."""
    polls: int = 0
    """Polls that were put to them: those of the whole class, and of groups that they were in."""

    @property
    def is_over(self) -> bool:
        """Whether no connection of theirs is open: the row no longer grows with time."""
        return all(interval.left_utc_ms is not None for interval in self.intervals)


@dataclass(frozen=True, slots=True)
class Course:
    """How the lesson itself went: live when, until when so far, and what there was to take part in.

    `polls` are all that were held, those of single groups among them: more than anybody was asked.
    `first_utc_ms` is when the session's clock began; None before the first start.
    """

    live: Spans
    first_utc_ms: int | None
    over: bool
    rounds: tuple[str, ...]
    polls: int

    @property
    def lesson_ms(self) -> int:
        """How long it was live."""
        return length_ms(self.live)


@dataclass(frozen=True, slots=True)
class Stay:
    """One connection: from when to when (None: still there), and what its page said of itself."""

    since_utc_ms: int
    left_utc_ms: int | None
    device: str | None
    attention: PageState


@dataclass(slots=True)
class _Visit:
    participant: str
    person: str | None
    was_learner: bool
    kind: str
    name_ref: str | None
    open: dict[str, tuple[int, str | None, PageState]] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    checkins: dict[str, str] = field(default_factory=dict)
    polls: set[str] = field(default_factory=set)
    messages: int = 0
    questions: int = 0
    screens: dict[str, None] = field(default_factory=dict)
    corrected: dict[str, str | None] = field(default_factory=dict)

    def close(self, connection: str, at_utc_ms: int) -> None:
        opened = self.open.pop(connection, None)
        if opened is not None:
            since, device, attention = opened
            self.stays.append(Stay(since, max(since, at_utc_ms), device, attention))

    @property
    def all_stays(self) -> list[Stay]:
        return self.stays + [
            Stay(since, None, device, attention) for since, device, attention in self.open.values()
        ]


@dataclass(slots=True)
class Register:
    """Everything that attendance is computed from, folded event by event."""

    visits: dict[str, _Visit] = field(default_factory=dict)
    live: list[tuple[int, int]] = field(default_factory=list)
    live_since: int | None = None
    first_utc_ms: int | None = None
    over: bool = False
    polls: set[str] = field(default_factory=set)
    rounds: dict[str, bool] = field(default_factory=dict)
    """Check-in rounds in order, without those that were withdrawn; True once closed."""
    corrected: dict[str, dict[str, tuple[str, str | None]]] = field(default_factory=dict)
    """How somebody who was not here then stands, and who said so, by person and round."""
    groups: asked_in_groups.AskedInGroups = field(default_factory=asked_in_groups.AskedInGroups)
    part: taking_part.TakingPart = field(default_factory=taking_part.TakingPart)
    heads: dict[str, int] = field(default_factory=dict)
    """Heads before each screen as the host counted them last, besides those who scanned its code."""
    screens: dict[str, str] = field(default_factory=dict)
    """The reference of each screen's name, by participant."""

    def take_in(self, happening: Happening) -> None:
        """Fold one event; the events come in the timeline's order, each once."""
        payload = happening.payload
        self.part.take_in(happening.type, happening.utc_ms, happening.actor, payload)
        self.groups.take_in(happening.type, happening.utc_ms, happening.actor, payload)
        match happening.type:
            case "session_started" | "session_ended":
                self._turn(happening.utc_ms, is_live=happening.type == "session_started")
            case "poll_opened":
                self.polls.add(str(payload.get("id")))
            case "checkin_opened":
                self.rounds.setdefault(str(payload.get("id")), False)
            case "checkin_closed":
                self.rounds[str(payload.get("id"))] = True
            case "checkin_withdrawn":
                self.rounds.pop(str(payload.get("id")), None)
            case "checkin_corrected":
                _correct(self, happening)
            case "screen_heads_set":
                self.heads[str(payload.get("screen"))] = int(payload.get("extra", 0))
            case "participant_joined":
                _join(self, happening)
            case "page_states_reported":
                self._attend(payload)
            case _:
                visit = self.visits.get(str(payload.get("participant") or happening.actor))
                if visit is not None:
                    _act(visit, happening)

    def course(self, now: int) -> Course:
        """Return how the lesson went, until `now` if it is live."""
        running = [] if self.live_since is None else [(self.live_since, now)]
        return Course(
            union(self.live, running),
            self.first_utc_ms,
            self.over and self.live_since is None,
            tuple(self.rounds),
            len(self.polls),
        )

    def rows(self, roster: Sequence[str], now: int) -> list[Attendance]:
        """Return the rows: the roster in its order, then other people and guests as they came.

        Staff (presenter, host) and screens are no learners: they have a row only if the roster names them, or
        if they were learners for some of the lesson (a host who was relieved, a learner who took over).
        """
        by_person: dict[str, list[_Visit]] = {person: [] for person in roster}
        for visit in self.visits.values():
            if visit.person in by_person:
                by_person[visit.person].append(visit)
            elif visit.was_learner and visit.kind != "screen":
                by_person.setdefault(visit.person or f"guest {visit.participant}", []).append(visit)
        expected, live = set(roster), self.course(now).live
        for person in self.corrected:
            by_person.setdefault(person, [])  # was counted without a place on the roster
        return [
            _row(visits, live, self, now, person=key, expected=key in expected)
            for key, visits in by_person.items()
        ]

    def row_of(
        self, person: str | None, participant: str | None, *, expected: bool, now: int
    ) -> Attendance | None:
        """Return the row of one person, or of one guest; None if nothing is known and nobody expects them."""
        visits = [
            visit
            for visit in self.visits.values()
            if (visit.person == person if person is not None else visit.participant == participant)
        ]
        is_learner = any(visit.was_learner and visit.kind != "screen" for visit in visits)
        if not expected and not is_learner and person not in self.corrected:
            return None
        key = person or next((visit.person for visit in visits if visit.person), f"guest {participant}")
        return _row(visits, self.course(now).live, self, now, person=key, expected=expected)

    def people(self, now: int) -> list[tuple[Attendance, bool]]:
        """Return the row that everybody who came would have if the roster named them, guests left out.

        With it stands whether they have it in any case, as `row_of` says: staff have not.
        """
        by_person: dict[str, list[_Visit]] = {}
        for visit in self.visits.values():
            if visit.person is not None:
                by_person.setdefault(visit.person, []).append(visit)
        live = self.course(now).live
        return [
            (
                _row(visits, live, self, now, person=person, expected=True),
                person in self.corrected
                or any(visit.was_learner and visit.kind != "screen" for visit in visits),
            )
            for person, visits in by_person.items()
        ]

    def _turn(self, utc_ms: int, *, is_live: bool) -> None:
        if is_live:
            self.live_since = self.live_since or utc_ms
            self.first_utc_ms = self.first_utc_ms or utc_ms
            return
        if self.live_since is not None:
            self.live.append((self.live_since, utc_ms))
        self.live_since = None
        self.over = True
        self.rounds.update(dict.fromkeys(self.rounds, True))

    def _attend(self, payload: Mapping[str, Any]) -> None:
        """Note what pages said of themselves; of connections that are over or another's, nothing."""
        for said in payload.get("people", ()):
            visit = self.visits.get(str(said.get("participant")))
            opened = visit.open.get(str(said.get("connection"))) if visit is not None else None
            if opened is not None:
                opened[2].take_in(said.get("changes", ()))


def attendance(happenings: Iterable[Happening], roster: Sequence[str], now: int) -> list[Attendance]:
    """Return the rows of a whole timeline; see `Register.rows`."""
    register = Register()
    for happening in happenings:
        register.take_in(happening)
    return register.rows(roster, now)


def _join(register: Register, happening: Happening) -> None:
    payload = happening.payload
    participant = str(payload.get("participant"))
    if payload.get("kind") == "screen" and payload.get("name_ref"):
        register.screens[participant] = str(payload["name_ref"])
    visit = register.visits.get(participant)
    if visit is None:
        register.visits[participant] = _Visit(
            participant=participant,
            person=payload.get("person"),
            was_learner=payload.get("role", "learner") == "learner",
            kind=str(payload.get("kind", "person")),
            name_ref=payload.get("name_ref"),
        )
    else:  # the same participant again, in another role or under another name
        visit.was_learner |= payload.get("role", "learner") == "learner"
        visit.person = payload.get("person") or visit.person
        visit.name_ref = payload.get("name_ref") or visit.name_ref


def _correct(register: Register, happening: Happening) -> None:
    payload = happening.payload
    round_, after, by = (
        str(payload.get("id")),
        str(payload.get("after")),
        payload.get("by") or happening.actor,
    )
    visit = register.visits.get(str(payload.get("participant")))
    if visit is not None:
        visit.checkins[round_] = after
        visit.corrected[round_] = by
    elif payload.get("person"):
        register.corrected.setdefault(str(payload["person"]), {})[round_] = (after, by)


def _act(visit: _Visit, happening: Happening) -> None:
    payload, utc_ms = happening.payload, happening.utc_ms
    match happening.type:
        case "connection_opened":
            # A phone before a screen lies on the table: its page says nothing of what its owner looks at.
            attention = PageState(is_heard=payload.get("source") != "screen")
            visit.open[str(payload.get("connection"))] = (utc_ms, payload.get("device"), attention)
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
        case "question_asked" if happening.actor is not None:
            visit.questions += 1  # an anonymous one counts for nobody: a count that grows names its author


def _row(
    visits: Sequence[_Visit], live: Spans, register: Register, now: int, *, person: str, expected: bool
) -> Attendance:
    said = register.corrected.get(person, {})
    answered = {round_: after for round_, (after, _) in said.items()} | {
        round_: status for visit in visits for round_, status in visit.checkins.items()
    }
    checkins = tuple(
        (round_, answered.get(round_, "absent" if closed else "pending"))
        for round_, closed in register.rounds.items()
    )
    stays = [stay for visit in visits for stay in visit.all_stays]
    there = intersection(union(_span(stay, now) for stay in stays), live)
    attentive, away = _attention(stays, there, now)
    who = person if not visits or expected else next((visit.person for visit in visits if visit.person), None)
    by = {round_: who for round_, (_, who) in said.items()} | {
        round_: who for visit in visits for round_, who in visit.corrected.items()
    }
    corrected = tuple(round_ for round_, _ in checkins if round_ in by)
    part, participants = register.part, tuple(visit.participant for visit in visits)
    return Attendance(
        participant=visits[0].participant if visits else None,
        person=who,
        kind="guest" if who is None else "person",
        name_ref=visits[0].name_ref if visits else None,
        expected=expected,
        intervals=_intervals(stays),
        present_ms=length_ms(there),
        checkins=checkins,
        checkin_status=_overall([status for _, status in checkins]),
        answers=len({poll for visit in visits for poll in visit.polls}),
        messages=sum(visit.messages for visit in visits),
        questions=sum(visit.questions for visit in visits),
        screens=tuple(dict.fromkeys(screen for visit in visits for screen in visit.screens)),
        corrected=corrected,
        correctors=tuple(by[round_] for round_ in corrected),
        hands=sum(part.hands[who] for who in participants),
        upvotes=len(set().union(*(part.upvoted.get(who, ()) for who in participants))),
        reactions=sum(part.reactions[who] for who in participants),
        stage_ms=part.on_stage_ms(participants, now),
        there=there,
        away=away,
        attentive_ms=attentive,
        polls=len(register.polls) - len(register.groups.polls) + register.groups.count(participants),
    )


def _span(stay: Stay, now: int) -> tuple[int, int]:
    return stay.since_utc_ms, now if stay.left_utc_ms is None else stay.left_utc_ms


def _attention(stays: Sequence[Stay], there: Spans, now: int) -> tuple[int, Spans]:
    """Return how long somebody was seen or heard by their devices, and when every device was away."""
    if not any(stay.attention.changes for stay in stays):
        return 0, NOTHING
    attentive, not_away = [], []
    for stay in stays:
        span = _span(stay, now)
        gone = stay.attention.away(*span)
        not_away.append(difference((span,), gone))
        attentive.append(difference(stay.attention.reported(*span), gone))
    return length_ms(intersection(union(*attentive), there)), difference(there, union(*not_away))


def _intervals(stays: Iterable[Stay]) -> tuple[Interval, ...]:
    """Merge what overlaps or touches; an open stay swallows all that begin after it."""
    merged: list[Interval] = []
    for stay in sorted(stays, key=lambda stay: stay.since_utc_ms):
        since, left, device = stay.since_utc_ms, stay.left_utc_ms, stay.device
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
