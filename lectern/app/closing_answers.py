"""What closing an attendance asks of the house, answered here, where all packages are known."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.service import Accounts
from analytics.attendance.books import Act, Books
from analytics.closing.neighbours import Lesson, MakeUps, News
from analytics.store import AnalyticsStore
from interactions.checkin.idea import CHECKIN, State
from interactions.checkin.orders import StandingChanges
from lectern.kernel.roles import OrgRole
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent
from lectern.timeline.store import Head
from notices.outbox import Outbox
from sessions.lesson.idea import LessonState
from sessions.service import Sessions
from sessions.store import SessionStore

_HOUR_MS = 3_600_000


class LessonsToClose:
    """`analytics.closing.neighbours.Lessons`, answered by sessions, accounts and the class."""

    def __init__(
        self, sessions: Sessions, accounts: Accounts, engine: TimelineEngine, make_up_hours: int
    ) -> None:
        self._sessions = sessions
        self._accounts = accounts
        self._engine = engine
        self._make_up_ms = make_up_hours * _HOUR_MS

    async def lesson(self, session_id: str) -> Lesson:
        """See `Lessons`."""
        session = await self._sessions.get(session_id)
        org = await self._accounts.org()
        return Lesson(
            id=session.id,
            org_id=session.org_id,
            organisation=org.name,
            title=session.title,
            zone=session.zone,
            starts_utc_ms=session.starts_utc_ms,
            started_utc_ms=session.first_started_utc_ms,
            ended_utc_ms=session.ended_utc_ms,
            over=session.state is LessonState.ENDED,
            presenter_person_id=session.presenter_person_id,
            host_person_id=session.host_person_id,
        )

    async def make_ups(self, session_id: str) -> MakeUps:
        """See `Lessons`. Where no check-in counts, nobody can ask for anything."""
        checkins = (await self._engine.current(session_id)).state.of(CHECKIN)
        counted = [one for one in checkins.rounds.values() if one.state is not State.WITHDRAWN]
        waiting = sum(request == "pending" for one in counted for request in one.requests.values())
        until = None
        if counted and checkins.ended_utc_ms is not None:
            until = checkins.ended_utc_ms + self._make_up_ms
        return MakeUps(waiting, until)


class WordsOfTimelines:
    """`analytics.closing.neighbours.Timelines`, answered by the timelines and the sessions."""

    def __init__(self, engine: TimelineEngine, store: SessionStore, words: AnalyticsStore) -> None:
        self._engine = engine
        self._store = store
        self._words = words

    async def seats_of(self, org_id: str, person_id: str) -> list[str]:
        """See `Timelines`."""
        async with self._engine.database.read() as tx:
            return await self._store.seats_of(tx, org_id, person_id)

    async def erase(self, session_id: str, refs: Sequence[str]) -> int:
        """See `Timelines`."""
        async with self._engine.change(session_id) as change:
            left = await self._words.words(change.tx, session_id, refs)
            for ref in left:
                change.erase(ref)
        return len(left)


class CorrectionsOfClosed:
    """Carries out `StandingChanges`: a clerk who refuses it once the attendance is closed; a roster, too."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def carry_out(
        self, tx: AsyncConnection, head: Head, _order: StandingChanges
    ) -> tuple[NewEvent, ...]:
        """See `Clerk`.

        Raises:
            Conflict: the attendance is closed (`attendance_closed`).
        """
        await self.insist_open(tx, head.session_id)
        return ()

    async def insist_open(self, tx: AsyncConnection, session_id: str) -> None:
        """See `sessions.service.InsistOpen`. The engine holds the session's lock, for which closing waits.

        Raises:
            Conflict: the attendance is closed (`attendance_closed`).
        """
        (await self._books.book(tx, session_id)).after(Act.CORRECT)


class HeadsByMail:
    """`analytics.closing.neighbours.Herald`: mail to presenter, host, administrators, and addresses."""

    def __init__(self, outbox: Outbox, accounts: Accounts, addresses: Sequence[str]) -> None:
        self._outbox = outbox
        self._accounts = accounts
        self._addresses = addresses

    async def announce(self, tx: AsyncConnection, news: News) -> None:
        """See `Herald`."""
        lesson = news.lesson
        people = {lesson.presenter_person_id, lesson.host_person_id}
        people |= set(await self._accounts.store.holders_of(tx, lesson.org_id, OrgRole.ADMIN))
        await self._outbox.put(
            tx,
            org_id=lesson.org_id,
            kind="attendance_closed",
            key=f"{lesson.id}/{news.edition}",
            facts={
                "session_id": lesson.id,
                "title": lesson.title,
                "head": news.head,
                "version": news.edition,
                "rows": news.people,
                "closed_utc_ms": news.closed_utc_ms,
                "zone": lesson.zone,
                "fingerprint": news.fingerprint,
            },
            person_ids=[person for person in people if person],
            addresses=self._addresses,
            session_id=lesson.id,
        )
