"""What notices ask of people and lessons (`notices.neighbours`), answered by those who know."""

from collections.abc import Collection, Mapping, Sequence
from math import inf

from accounts.service import Accounts
from analytics.spans import length_ms
from analytics.store import AnalyticsStore
from catalogue.bin.store import BinStore
from catalogue.publishing_store import PublishingStore
from catalogue.shelf.audience import Audiences
from catalogue.shelf.marking import ShelfKey
from catalogue.store import CatalogueStore
from catalogue.window import ALWAYS
from catalogue.window_store import WindowStore
from interactions.checkin.commands import MAKE_UP_HOURS
from interactions.checkin.idea import CHECKIN, State
from interactions.checkin.register import register
from interactions.feedback.commands import Terms
from interactions.feedback.idea import FEEDBACK
from interactions.question.idea import QUESTION
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import NotFound
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.idea import ClassState
from notices.kinds import LessonFacts
from notices.neighbours import PlannedLesson, Recipient
from sessions.lesson.idea import LESSON
from sessions.presence.idea import PRESENCE
from sessions.service import Sessions
from sessions.store import Session

_MOST_IN_FEED = 200
_MOST_FOUND = 500
_HOUR_MS = 3_600_000
_ENOUGH = 0.8
"""Of the lesson seen in the replay: who was away has made up for it."""


class PeopleForNotices:
    """`notices.neighbours.People`, answered by the accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def recipients(self, org_id: str, person_ids: Collection[str]) -> Mapping[str, Recipient]:
        """See `People`."""
        async with self._accounts.database.read() as tx:
            found = await self._accounts.store.persons_by_id(tx, person_ids)
        return {
            id_: Recipient(person.name, person.email, person.active, person.external_id)
            for id_, person in found.items()
            if person.org_id == org_id
        }

    async def found(self, org_id: str, text: str) -> Sequence[str]:
        """See `People`."""
        async with self._accounts.database.read() as tx:
            people = await self._accounts.store.search(
                tx, org_id, q=text, department_ids=None, after="", limit=_MOST_FOUND
            )
        return [person.id for person in people]


class LessonsForNotices:
    """`notices.neighbours.Lessons`, answered by sessions and the class."""

    def __init__(
        self,
        sessions: Sessions,
        engine: TimelineEngine,
        default_minutes: int,
        terms: Terms,
        clock: Clock = utc_ms,
        *,
        audiences: Audiences,
        make_up_hours: int = MAKE_UP_HOURS,
    ) -> None:
        self._sessions = sessions
        self._engine = engine
        self._minutes = default_minutes
        self._terms = terms
        self._clock = clock
        self._make_up_ms = make_up_hours * _HOUR_MS
        self._views = AnalyticsStore()
        self._publishing = PublishingStore()
        self._replays = CatalogueStore()
        self._windows = WindowStore()
        self._bin = BinStore()
        self._audiences = audiences

    async def planned(self, session_id: str) -> PlannedLesson | None:
        """See `Lessons`."""
        try:
            session = await self._sessions.get(session_id)
        except NotFound:
            return None
        return (await self._lessons([session]))[0]

    async def of_person(self, org_id: str, person_id: str, since_utc_ms: int) -> Sequence[PlannedLesson]:
        """See `Lessons`."""
        async with self._sessions.database.read() as tx:
            found = await self._sessions.store.page(
                tx,
                org_id,
                state=None,
                q="",
                before=None,
                person_id=person_id,
                limit=_MOST_IN_FEED,
                since_utc_ms=since_utc_ms,
            )
        return await self._lessons(found)

    async def expected(self, session_id: str) -> Sequence[str]:
        """See `Lessons`."""
        async with self._sessions.database.read() as tx:
            return sorted(await self._sessions.store.roster(tx, session_id))

    async def present(self, session_id: str) -> Collection[str]:
        """See `Lessons`."""
        state = await self._state(session_id)
        return {
            present.joined.person
            for present in state.of(PRESENCE).participants.values()
            if present.connections and present.joined.person is not None
        }

    async def undone(self, session_id: str) -> Mapping[str, tuple[str, ...]]:
        """See `Lessons`."""
        try:
            state = await self._state(session_id)
        except NotFound:
            return {}
        expected = await self.expected(session_id)
        checkins, lesson, now = state.of(CHECKIN), state.of(LESSON), self._clock()
        async with self._sessions.database.read() as tx:
            came = await self._sessions.store.came(tx, session_id)
            away = sorted(set(expected) - came)
            watched = await self._views.watched_replay(tx, session_id, away) if away else {}
            is_held = bool(await self._publishing.held(tx, [session_id]))
            is_deleted = await self._bin.replay_of(tx, session_id) is not None
        # Nobody is reminded of what can no longer be done, or of a lesson that they have seen meanwhile.
        ended, began = checkins.ended_utc_ms, lesson.first_started_utc_ms
        makes_up = ended is None or now <= ended + self._make_up_ms
        needed_ms = _ENOUGH * (ended - began) if ended is not None and began is not None else inf
        unseen = {p for p in away if p not in watched or length_ms(watched[p][0]) < needed_ms}
        if is_held or is_deleted:
            unseen.clear()  # there is nothing that they could watch
        missed: set[str] = set()
        for round_ in checkins.rounds.values():
            if makes_up and round_.state is State.CLOSED:
                lines = register(state, round_, expected)
                missed |= {
                    line.person
                    for line in lines
                    if line.person is not None and line.status == "absent" and line.request is None
                }
        feedback = state.of(FEEDBACK)
        is_open = self._terms.takes_at(feedback, now)
        asked = came - _persons(state, feedback.given) if is_open else set()
        undone = {
            person: tuple(
                code for code, whom in (("absent", person in unseen), ("checkin", person in missed)) if whom
            )
            + (("feedback",) if person in asked else ())
            for person in expected
        }
        return {person: codes for person, codes in undone.items() if codes}

    async def watchers(self, session_id: str) -> Sequence[str]:
        """See `Lessons`."""
        try:
            session = await self._sessions.get(session_id)
        except NotFound:
            return []
        async with self._sessions.database.read() as tx:
            replay = await self._replays.replay_of(tx, session_id)
            if replay is None or replay.ended_utc_ms is None:
                return []
            decision = await self._publishing.decision(tx, session_id)
            windows = await self._windows.windows(tx, [replay])
            expected = await self.expected(session_id)
            key = ShelfKey("replay", replay.id)
            may_watch = await self._audiences.inside(tx, session.org_id, key, expected)
        if decision.held:
            return []
        people = {person for person in (session.presenter_person_id, session.host_person_id) if person}
        if windows.get(replay.id, ALWAYS).is_open(self._clock()):
            people |= may_watch
        return sorted(people - {decision.decided_by})

    async def askers(self, session_id: str, question_id: str) -> Sequence[str]:
        """See `Lessons`."""
        state = await self._state(session_id)
        pool = state.of(QUESTION)
        question = pool.by_id.get(question_id)
        if question is None:
            return []
        return sorted(_persons(state, {member.author for member in pool.family(question)}))

    async def _state(self, session_id: str) -> ClassState:
        return (await self._engine.current(session_id)).state

    async def _lessons(self, sessions: Sequence[Session]) -> list[PlannedLesson]:
        presenters = {s.presenter_person_id for s in sessions if s.presenter_person_id}
        people = await self._sessions.people.by_id(presenters)

        def lesson(session: Session) -> PlannedLesson:
            presenter = people.get(session.presenter_person_id or "")
            facts = LessonFacts(
                session_id=session.id,
                title=session.title,
                starts_utc_ms=session.starts_utc_ms,
                zone=session.zone,
                minutes=session.planned_minutes or self._minutes,
                presenter=presenter.name if presenter else None,
            )
            state = "cancelled" if session.is_cancelled else session.state.value
            return PlannedLesson(
                session.org_id, facts, state, session.presenter_person_id, session.host_person_id
            )

        return [lesson(session) for session in sessions]


def _persons(state: ClassState, participants: Collection[str]) -> set[str]:
    """Return the persons behind participants; guests are none."""
    people = state.of(PRESENCE).participants
    found = {people[id_].joined.person for id_ in participants if id_ in people}
    return {person for person in found if person is not None}
