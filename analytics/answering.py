"""How people answered the polls of a session: attempts, right and wrong, speed, correction. Pure.

Every answer is an attempt and counts with its time; the last one of a person is their answer. Definitions of
the figures: docs/data-dictionary.md, after requirements.md 2.2. Anonymous polls bring their sums alone.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from analytics import asked_in_groups
from analytics.attendance.happening import Happening

READ: frozenset[str] = asked_in_groups.READ | {"participant_joined", "poll_counted"}
"""The event types that answers are made of."""
WORST = 10
"""How many questions the list of those most often wrong has (T-04)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One answer of one participant; `took_ms` from when they could see the question.

    `share` is how much of the point it gets, from 0 to 1; None where nothing is right or wrong. `group` is
    the breakout group for which it counts, None for none.
    """

    poll: str
    participant: str
    utc_ms: int
    picks: tuple[int, ...]
    text_ref: str | None
    correct: bool | None
    took_ms: int
    share: float | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A participant who answered, or could have."""

    id: str
    person: str | None
    name_ref: str | None


@dataclass(slots=True)
class Asked:
    """One poll, each run of a question on its own; `root` is the first run's id.

    `put_to` are the participants who could see it: whoever was there while it was open, of a poll of one
    group those in the group. `group_ref` is the reference of that group's name.
    """

    id: str
    root: str
    opened: Mapping[str, Any]
    opened_utc_ms: int
    attempts: list[Attempt] = field(default_factory=list)
    counted: Mapping[str, Any] | None = None
    put_to: set[str] = field(default_factory=set)
    group_ref: str | None = None

    @property
    def group(self) -> str | None:
        """The one breakout group that was asked; None: everybody."""
        group = self.opened.get("group")
        return None if group is None else str(group)

    @property
    def groups(self) -> dict[str, str]:
        """The groups that are counted by themselves in a poll to everybody: the references of their names."""
        return {str(each["id"]): str(each["name_ref"]) for each in self.opened.get("groups") or ()}

    @property
    def anonymous(self) -> bool:
        """Whether only sums are known."""
        return bool(self.opened.get("anonymous"))

    @property
    def scored(self) -> bool:
        """Whether there is a right answer."""
        return bool(self.opened.get("right") or self.opened.get("accepted_refs"))

    @property
    def full_marks(self) -> int:
        """What the right answer gets where parts of it count; 0: all or nothing."""
        return int(self.opened.get("full_marks") or 0)


@dataclass(frozen=True, slots=True)
class Grade:
    """Sums over answers. `right` counts those right as a whole, `first_right` people who were at once.

    `points` and `first_points` are the same with parts of points; `took_ms` is a median.
    """

    answered: int
    attempts: int
    right: int
    first_right: int
    took_ms: int | None
    once_wrong: int
    corrected: int
    points: float
    first_points: float

    @property
    def rate(self) -> float | None:
        """Points / answered."""
        return self.points / self.answered if self.answered else None

    @property
    def first_rate(self) -> float | None:
        """Points of first attempts / answered."""
        return self.first_points / self.answered if self.answered else None

    @property
    def wrong_rate(self) -> float:
        """1 − correct rate; 0 where nobody answered."""
        return 0.0 if self.rate is None else 1 - self.rate


def read_answers(happenings: Iterable[Happening]) -> tuple[list[Asked], dict[str, Member]]:
    """Return the polls in the order in which they were opened, and everybody who joined as a learner."""
    reading = _Reading()
    for each in happenings:
        reading.groups.take_in(each.type, each.utc_ms, each.actor, each.payload)
        reading.come_and_go(each)
        reading.ask_and_answer(each)
    for id_, who in reading.shown:
        reading.polls[id_].put_to.add(who)
    for who, its in reading.groups.asked.items():
        for id_ in its:
            reading.polls[id_].put_to.add(who)
    return list(reading.polls.values()), reading.members


@dataclass(slots=True)
class _Reading:
    """What is known so far: since when each connection is there, and what was shown to whom since when."""

    polls: dict[str, Asked] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    here: dict[str, dict[str, int]] = field(default_factory=dict)
    shown: dict[tuple[str, str], int] = field(default_factory=dict)
    open_ids: set[str] = field(default_factory=set)
    groups: asked_in_groups.AskedInGroups = field(default_factory=asked_in_groups.AskedInGroups)

    def come_and_go(self, each: Happening) -> None:
        payload, who = each.payload, str(each.payload.get("participant"))
        match each.type:
            case "participant_joined":
                _join(self.members, payload)
            case "connection_opened":
                self.here.setdefault(who, {})[str(payload.get("connection"))] = each.utc_ms
                for id_ in self.open_ids:
                    self.shown.setdefault((id_, who), each.utc_ms)
            case "connection_closed":
                self.here.get(who, {}).pop(str(payload.get("connection")), None)
            case "participant_removed":
                self.here.pop(who, None)

    def ask_and_answer(self, each: Happening) -> None:
        payload = each.payload
        match each.type:
            case "poll_opened":
                self._ask(str(payload.get("id")), each)
            case "poll_closed":
                self.open_ids.discard(str(payload.get("id")))
            case "session_ended":  # ends them all
                self.open_ids.clear()
            case "poll_counted" if str(payload.get("id")) in self.polls:
                self.polls[str(payload.get("id"))].counted = payload
            case "poll_voted" if each.actor is not None and str(payload.get("poll")) in self.polls:
                asked = self.polls[str(payload.get("poll"))]
                if asked.group is None:
                    since = self.shown.setdefault((asked.id, each.actor), asked.opened_utc_ms)
                else:
                    since = self.groups.asked[each.actor][asked.id]
                asked.attempts.append(_attempt(asked, each, since))

    def _ask(self, id_: str, each: Happening) -> None:
        asked = Asked(id_, str(each.payload.get("rerun_of") or id_), each.payload, each.utc_ms)
        self.polls[id_] = asked
        if asked.group is not None:
            asked.group_ref = self.groups.names.get(asked.group)
            return
        self.open_ids.add(id_)
        self.shown.update({(id_, who): each.utc_ms for who, there in self.here.items() if there})


def grade(polls: Sequence[Asked], participants: Collection[str]) -> Grade:
    """Sum up the named answers of `participants` to `polls`; runs of one question are looked at together.

    Once wrong: pairs of person and question with a wrong attempt; corrected: those with a right attempt
    after it, in the same run or a later one.
    """
    answered = attempts = right = first_right = 0
    points = first_points = 0.0
    took: list[int] = []
    history: dict[tuple[str, str], list[bool]] = {}
    for asked in polls:
        by_person = _by_person(asked, participants)
        answered += len(by_person)
        for who, tries in by_person.items():
            attempts += len(tries)
            right += tries[-1].correct is True
            first_right += tries[0].correct is True
            points += tries[-1].share or 0.0
            first_points += tries[0].share or 0.0
            took.append(tries[0].took_ms)
            history.setdefault((asked.root, who), []).extend(each.correct is True for each in tries)
    graded = [tries for tries in history.values() if False in tries] if any(p.scored for p in polls) else []
    return Grade(
        answered=answered,
        attempts=attempts,
        right=right,
        first_right=first_right,
        took_ms=round(median(took)) if took else None,
        once_wrong=len(graded),
        corrected=sum(True in tries[tries.index(False) :] for tries in graded),
        points=points,
        first_points=first_points,
    )


def put_to_each(polls: Sequence[Asked], participants: Collection[str]) -> dict[str, int]:
    """Return how many of `polls` each of `participants` was asked: all of the class, and of groups their own.

    A poll of the class counts for who was away, too: it was for them as well.
    """
    own = [asked for asked in polls if asked.group is not None]
    everybodys = len(polls) - len(own)
    return {who: everybodys + sum(who in asked.put_to for asked in own) for who in participants}


def wrong_picks(asked: Asked, participants: Collection[str]) -> dict[int, int]:
    """Return how often each option stood in a wrong attempt without belonging to the right answer."""
    right = set(asked.opened.get("right") or ())
    found: dict[int, int] = {}
    if asked.opened.get("kind", "single") not in {"single", "multiple"}:
        return found
    for attempt in asked.attempts:
        if attempt.participant in participants and attempt.correct is False:
            for pick in attempt.picks:
                if pick not in right:
                    found[pick] = found.get(pick, 0) + 1
    return found


def growth(polls: Sequence[Asked], participants: Collection[str]) -> dict[str, float]:
    """Return for each later run of a question its correct rate minus that of the run before."""
    last: dict[str, float] = {}
    found: dict[str, float] = {}
    for asked in polls:
        rate = grade([asked], participants).rate if asked.scored and not asked.anonymous else None
        if rate is None:
            continue
        if asked.root in last:
            found[asked.id] = rate - last[asked.root]
        last[asked.root] = rate
    return found


def worst(polls: Sequence[Asked], participants: Collection[str]) -> list[tuple[Asked, Grade]]:
    """Return the questions with the highest wrong rate (T-04); of equal ones, those more people answered."""
    graded = [
        (asked, grade([asked], participants)) for asked in polls if asked.scored and not asked.anonymous
    ]
    wrong = [(asked, sums) for asked, sums in graded if sums.wrong_rate > 0]
    return sorted(wrong, key=lambda pair: (-pair[1].wrong_rate, -pair[1].answered))[:WORST]


def by_key(
    polls: Sequence[Asked], keys: Callable[[Asked], Iterable[str]], participants: Collection[str]
) -> dict[str, Grade]:
    """Sum up scored polls by each of their keys (knowledge points)."""
    groups: dict[str, list[Asked]] = {}
    for asked in polls:
        if asked.scored and not asked.anonymous:
            for key in keys(asked):
                groups.setdefault(key, []).append(asked)
    return {key: grade(group, participants) for key, group in groups.items()}


def _join(members: dict[str, Member], payload: Mapping[str, Any]) -> None:
    id_ = str(payload.get("participant"))
    known = members.get(id_)
    if payload.get("role", "learner") == "learner" and payload.get("kind") != "screen":
        person = payload.get("person") or (known.person if known else None)
        members[id_] = Member(id_, person, payload.get("name_ref") or (known.name_ref if known else None))


def _attempt(asked: Asked, voted: Happening, since: int) -> Attempt:
    payload, option = voted.payload, voted.payload.get("option", -1)
    correct, marks = payload.get("correct"), payload.get("marks")
    picks = tuple(payload.get("picks") or (() if option < 0 else (option,)))
    return Attempt(
        poll=asked.id,
        participant=str(voted.actor),
        utc_ms=voted.utc_ms,
        picks=picks,
        text_ref=payload.get("text_ref"),
        correct=correct,
        took_ms=max(0, voted.utc_ms - since),
        share=_share(correct, marks, asked.full_marks),
        group=payload.get("group") or asked.group,
    )


def _share(correct: bool | None, marks: int | None, full_marks: int) -> float | None:
    if full_marks and marks is not None:
        return marks / full_marks
    return None if correct is None else float(correct)


def _by_person(asked: Asked, participants: Collection[str]) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = {}
    if not asked.anonymous:
        for attempt in asked.attempts:
            if attempt.participant in participants:
                found.setdefault(attempt.participant, []).append(attempt)
    return found
