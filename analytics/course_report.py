"""The growth of answering over many sessions, as one reader may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.access import sees
from analytics.answering import Asked, Member, read_answers
from analytics.course import Day, Measures, Tried, days_of, grouped, measured, tries_of
from analytics.neighbours import Courses, Held, People, PersonCard
from analytics.store import AnalyticsStore
from lectern.db.engine import Database
from lectern.edge.downloads import made
from lectern.kernel.access import Permission, Principal

_READ = frozenset({"participant_joined", "poll_opened", "poll_voted"})


@dataclass(frozen=True, slots=True)
class Learner:
    """Whose answers they are; a guest has a name alone, and is somebody else in every session."""

    id: str
    card: PersonCard | None
    name: str | None


@dataclass(frozen=True, slots=True)
class CourseReport:
    """Growth over the sessions of a course."""

    sessions: int
    days: tuple[Day, ...]
    whole: Measures
    people: tuple[tuple[Learner, Measures], ...]
    departments: tuple[tuple[str | None, Measures], ...]
    points: tuple[tuple[str, Measures], ...]


@dataclass(frozen=True, slots=True)
class CourseReports:
    """Computes growth when it is asked for."""

    database: Database
    store: AnalyticsStore
    people: People
    sessions: Courses

    async def report(self, who: Principal, q: str, from_utc_ms: int, to_utc_ms: int) -> CourseReport:
        """Return the growth over the sessions that began in this time and are called like `q`.

        Raises:
            Forbidden: not allowed to read attendance.
        """
        who.require(Permission.ATTENDANCE_READ)
        held = await self.sessions.held(who.org_id, q, from_utc_ms, to_utc_ms)
        learners: dict[str, Learner] = {}
        tries: list[Tried] = []
        for session in held:
            tries += await self._tries(who, session, learners)
        return await made(lambda: _folded(len(held), tries, learners))

    async def _tries(self, who: Principal, session: Held, learners: dict[str, Learner]) -> list[Tried]:
        async with self.database.read() as tx:
            happened = await self.store.happenings(tx, session.id, _READ)
        polls, members = await made(lambda: read_answers(happened))
        refs = {ref for asked in polls for ref in asked.opened.get("point_refs") or ()}
        refs |= {member.name_ref for member in members.values() if member.name_ref}
        async with self.database.read() as tx:
            texts = await self.store.words(tx, session.id, sorted(refs))
        cards = await self.people.cards(who.org_id, [m.person for m in members.values() if m.person])
        seen = {
            member.id: learner
            for member in members.values()
            for learner in [_learner(member, cards, texts)]
            if sees(who, learner.card)
        }
        learners |= {learner.id: learner for learner in seen.values()}

        def points(asked: Asked) -> tuple[str, ...]:
            return tuple(texts[ref] for ref in asked.opened.get("point_refs") or () if ref in texts)

        def learner_of(participant: str) -> str | None:
            return seen[participant].id if participant in seen else None

        return await made(lambda: tries_of(polls, session.zone, learner_of, points))


def _folded(sessions: int, tries: Sequence[Tried], learners: Mapping[str, Learner]) -> CourseReport:
    course = days_of(tries)
    departments = grouped(tries, course, lambda t: [_department(learners[t.who])])
    return CourseReport(
        sessions=sessions,
        days=tuple(course),
        whole=measured(tries, course),
        people=tuple(
            (learners[id_ or ""], each) for id_, each in grouped(tries, course, lambda t: [t.who]).items()
        ),
        departments=tuple(departments.items()),
        points=tuple((p or "", each) for p, each in grouped(tries, course, lambda t: t.points).items()),
    )


def _learner(member: Member, cards: Mapping[str, PersonCard], texts: Mapping[str, str]) -> Learner:
    card = cards.get(member.person or "")
    return Learner(
        card.id if card else member.id, card, card.name if card else texts.get(member.name_ref or "")
    )


def _department(learner: Learner) -> str | None:
    return learner.card.department if learner.card else None
