"""The results of a session's polls as one reader may see them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from analytics.access import insist_on_report, sees
from analytics.answering import (
    READ,
    Asked,
    Attempt,
    Grade,
    Member,
    by_key,
    grade,
    growth,
    read_answers,
    worst,
    wrong_picks,
)
from analytics.neighbours import People, PersonCard, SessionFacts, Sessions
from analytics.store import AnalyticsStore
from lectern.db.engine import Database
from lectern.edge.downloads import made
from lectern.kernel.access import Permission, Principal
from lectern.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Respondent:
    """Somebody who may have answered; `card` is None for a guest."""

    id: str
    card: PersonCard | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """A written answer by the reference of its words; an anonymous one is nobody's and from no moment."""

    text_ref: str
    participant: str | None = None
    correct: bool | None = None


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """A written answer with its words, None where they were erased; `by` is None of an anonymous one."""

    text: str | None
    by: Respondent | None
    correct: bool | None


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """Some of the written answers to one question, and how many there are in all."""

    total: int
    lines: tuple[WrittenLine, ...]


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One poll with its words. `counts` are those of its kind, None where too few answered anonymously."""

    asked: Asked
    question: str
    options: tuple[str, ...]
    matches: tuple[str, ...]
    points: tuple[str, ...]
    sums: Grade
    counts: tuple[int, ...] | None
    wrong: Mapping[int, int]
    growth: float | None
    written: tuple["Written", ...] | None
    """What was written, of a question that asks for words; None for the others, and where it stays hidden."""

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.asked.opened.get("kind", "single"))

    def in_words(self, attempt: Attempt, texts: Mapping[str, str]) -> str:
        """Return an answer as a person would say it."""
        options = [self.options[pick] if pick < len(self.options) else "?" for pick in attempt.picks]
        match self.kind:
            case "text":
                return texts.get(attempt.text_ref or "", "")
            case "rating":
                return ", ".join(map(str, attempt.picks))
            case "ranking":
                return " > ".join(options)
            case "matching":
                partners = [self.matches[pick] for pick in attempt.picks]
                return "; ".join(f"{a} → {b}" for a, b in zip(self.options, partners, strict=False))
            case _:
                return "; ".join(options)


@dataclass(frozen=True, slots=True)
class PollReport:
    """Everything that is known of the polls of a session."""

    facts: SessionFacts
    questions: tuple[QuestionLine, ...]
    people: tuple[tuple[Respondent, Grade], ...]
    points: tuple[tuple[str, Grade], ...]
    departments: tuple[tuple[str | None, Grade], ...]
    worst: tuple[QuestionLine, ...]
    texts: Mapping[str, str]
    respondents: Mapping[str, Respondent]


@dataclass(frozen=True, slots=True)
class PollReports:
    """Computes poll results when they are asked for."""

    database: Database
    store: AnalyticsStore
    people: People
    sessions: Sessions

    async def written(
        self, who: Principal, session_id: str, poll_id: str, *, start: int, limit: int
    ) -> WrittenPage:
        """Return `limit` answers to a question that asks for words, from the `start`-th on.

        Anonymous ones lie in the order of the count, alphabetical, and have no author: nobody reads more from
        a page than from all of them. Others lie in the order in which people first answered.

        Raises:
            NotFound: no such session, or poll (`poll_not_found`). Forbidden: not for `who`.
        """
        facts = await self.sessions.facts(session_id)
        insist_on_report(who, Permission.ATTENDANCE_READ, facts.org_id, session_id)
        async with self.database.read() as tx:
            happened = await self.store.happenings(tx, session_id, READ)
        polls, members = await made(lambda: read_answers(happened))
        asked = next((asked for asked in polls if asked.id == poll_id), None)
        if asked is None:
            raise NotFound("poll_not_found", "There is no such poll.")
        cards = await self.people.cards(facts.org_id, [m.person for m in members.values() if m.person])
        seen = [m for m in members.values() if sees(who, cards.get(m.person or ""))]
        found = _written(asked, {m.id for m in seen}, whole=len(seen) == len(members)) or ()
        page = found[start : start + limit]
        refs = [each.text_ref for each in page]
        refs += [m.name_ref for each in page if (m := members.get(each.participant or "")) and m.name_ref]
        async with self.database.read() as tx:
            texts = await self.store.words(tx, session_id, refs)
        by = {m.id: _respondent(m, cards, texts) for m in seen}
        return WrittenPage(
            len(found),
            tuple(
                WrittenLine(texts.get(each.text_ref), by.get(each.participant or ""), each.correct)
                for each in page
            ),
        )

    async def report(self, who: Principal, session_id: str) -> PollReport:
        """Return the poll results of a session; a line manager gets those of own people alone.

        Raises:
            NotFound, Forbidden: no such session, or not for `who`.
        """
        facts = await self.sessions.facts(session_id)
        insist_on_report(who, Permission.ATTENDANCE_READ, facts.org_id, session_id)
        async with self.database.read() as tx:
            happened = await self.store.happenings(tx, session_id, READ)
        polls, members = await made(lambda: read_answers(happened))
        async with self.database.read() as tx:
            texts = await self.store.words(tx, session_id, sorted(_refs(polls, members.values())))
        cards = await self.people.cards(facts.org_id, [m.person for m in members.values() if m.person])
        return await made(lambda: _folded(who, facts, (polls, members), texts=texts, cards=cards))


def _folded(
    who: Principal,
    facts: SessionFacts,
    read: tuple[Sequence[Asked], Mapping[str, Member]],
    *,
    texts: Mapping[str, str],
    cards: Mapping[str, PersonCard],
) -> PollReport:
    polls, members = read
    everybody = [_respondent(member, cards, texts) for member in members.values()]
    seen = {each.id: each for each in everybody if sees(who, each.card)}
    whole = len(seen) == len(everybody)
    lines = _lines(polls, seen, texts, whole=whole)
    by_id = {line.asked.id: line for line in lines}
    scored = [asked for asked in polls if asked.scored]
    departments: dict[str | None, list[str]] = {}
    for each in seen.values():
        departments.setdefault(each.card.department if each.card else None, []).append(each.id)
    answered = {attempt.participant for asked in polls if not asked.anonymous for attempt in asked.attempts}
    return PollReport(
        facts=facts,
        questions=tuple(lines),
        people=tuple(
            (each, grade(scored, {each.id}))
            for each in sorted(seen.values(), key=_by_department_and_name)
            if each.id in answered
        ),
        points=tuple(by_key(polls, lambda asked: by_id[asked.id].points, seen).items()),
        departments=tuple((name, grade(scored, ids)) for name, ids in departments.items()),
        worst=tuple(by_id[asked.id] for asked, _ in worst(polls, seen)),
        texts=texts,
        respondents=seen,
    )


def _lines(
    polls: Sequence[Asked], seen: Mapping[str, Respondent], texts: Mapping[str, str], *, whole: bool
) -> list[QuestionLine]:
    rises = growth(polls, seen)

    def words(refs: Iterable[str]) -> tuple[str, ...]:
        return tuple(texts.get(ref, "—") for ref in refs)

    return [
        QuestionLine(
            asked=asked,
            question=texts.get(str(asked.opened.get("question_ref")), "—"),
            options=words(asked.opened.get("option_refs") or ()),
            matches=words(asked.opened.get("match_refs") or ()),
            points=words(asked.opened.get("point_refs") or ()),
            sums=_sums(asked, seen),
            counts=_counts(asked, seen, whole=whole),
            wrong=wrong_picks(asked, seen),
            growth=rises.get(asked.id),
            written=_written(asked, seen, whole=whole),
        )
        for asked in polls
    ]


def _sums(asked: Asked, seen: Mapping[str, Respondent]) -> Grade:
    """Sum up one poll; of an anonymous one, what its box said."""
    if not asked.anonymous:
        return grade([asked], seen)
    counted = asked.counted or {}
    right = int(counted.get("right", 0))
    ballots = int(counted.get("ballots", 0))
    return Grade(ballots, ballots, right, right, None, 0, 0, points=right, first_points=right)


def _counts(asked: Asked, seen: Mapping[str, Respondent], *, whole: bool) -> tuple[int, ...] | None:
    """Return how many chose what: of a rating per value, of all others per option."""
    if asked.anonymous:
        counted = asked.counted or {}
        return tuple(counted.get("counts") or ()) if whole and counted.get("shown") else None
    low = int(asked.opened.get("low", 1))
    kind = asked.opened.get("kind", "single")
    places = len(asked.opened.get("option_refs") or ())
    counts = [0] * (int(asked.opened.get("high", 5)) - low + 1 if kind == "rating" else places)
    right = list(asked.opened.get("right") or ())
    last = {attempt.participant: attempt for attempt in asked.attempts if attempt.participant in seen}
    for attempt in last.values():
        for at, pick in enumerate(attempt.picks):
            match kind:
                case "rating":
                    counts[pick - low] += 1
                case "ranking":
                    counts[pick] += places - at
                case "matching":
                    counts[at] += right[at : at + 1] == [pick]
                case _:
                    counts[pick] += 1
    return tuple(counts)


def _written(asked: Asked, seen: Collection[str], *, whole: bool) -> tuple[Written, ...] | None:
    """Return what was written; of an anonymous poll only to who sees everybody, as its counts are."""
    if asked.opened.get("kind") != "text":
        return None
    if asked.anonymous:
        counted = asked.counted or {}
        if not whole or not counted.get("shown"):
            return None
        return tuple(Written(str(ref)) for ref in counted.get("text_refs") or ())
    last = {attempt.participant: attempt for attempt in asked.attempts if attempt.participant in seen}
    return tuple(
        Written(each.text_ref, each.participant, each.correct)
        for each in last.values()
        if each.text_ref is not None
    )


def _respondent(member: Member, cards: Mapping[str, PersonCard], texts: Mapping[str, str]) -> Respondent:
    card = cards.get(member.person or "")
    return Respondent(member.id, card, card.name if card else texts.get(member.name_ref or ""))


def _refs(polls: Sequence[Asked], members: Iterable[Member]) -> set[str]:
    refs = {member.name_ref for member in members if member.name_ref}
    for asked in polls:
        opened = asked.opened
        refs.add(str(opened.get("question_ref")))
        for name in ("option_refs", "match_refs", "point_refs"):
            refs.update(opened.get(name) or ())
        refs.update(attempt.text_ref for attempt in asked.attempts if attempt.text_ref)
        refs.update((asked.counted or {}).get("text_refs") or ())
    return refs


def _by_department_and_name(each: Respondent) -> tuple[bool, str, str]:
    """People by department and name, then guests by name."""
    department = each.card.department if each.card else None
    return each.card is None, department or "", each.name or ""
