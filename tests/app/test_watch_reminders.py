"""Who has not watched what is required is told, and nobody else."""

import pytest
from sqlalchemy import delete, insert, select

from analytics.lesson_coverage_report import LessonCoverages
from analytics.still_to_watch import WatchingDues
from catalogue.bin.states import BinState
from catalogue.bin.tables import media_bin
from catalogue.neighbours import BinNews
from catalogue.series import Key
from catalogue.store import CatalogueStore
from catalogue.terms import Rules
from catalogue.terms_store import TermsStore
from catalogue.watch_due import DAY_MS, Deadline
from lectern.app.lesson_news import CallsOfBin
from lectern.app.watch_reminders import LOOK_AGAIN_MS, WatchReminders
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict
from notices.outbox import Outbox
from notices.tables import notices
from tests.analytics.conftest import Office, office
from tests.analytics.test_view_routes import interval, report

__all__ = ["office"]


class Reminded:
    """The reminders of an office, and what they said."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.store = TermsStore()
        self.is_held = False
        self.reminders = WatchReminders(
            office.database,
            Outbox(mail=True, clock=self.now),
            WatchingDues(LessonCoverages(office.attending, office)),
            office.zone,
            self.insist_on_shown,
            clock=self.now,
        )

    async def insist_on_shown(self, replay_id: str) -> None:
        if self.is_held:
            raise Conflict("replay_held", "The replay is not published yet.")

    def now(self) -> UtcMs:
        return self.office.now

    async def require(self, due_utc_ms: int, *, required: bool = True, set_utc_ms: int = 0) -> None:
        rules = Rules(required=required, deadline=Deadline(due_utc_ms, set_utc_ms))
        async with self.office.database.write() as tx:
            await self.store.set_rules(tx, "org", "replay", "film", rules)

    async def open(self) -> dict[str, bool]:
        """Whose reminders in the app hold, and whether their mail waits."""
        async with self.office.database.read() as tx:
            rows = list(await tx.execute(select(notices).where(notices.c.settled_utc_ms.is_(None))))
        waiting = {row.person_id for row in rows if row.channel == "mail" and row.state == "waiting"}
        return {row.person_id: row.person_id in waiting for row in rows if row.channel == "app"}

    async def watches(self, who: str, to_s: int) -> None:
        """Somebody watches from the beginning; their player says where it stands."""
        await report(self.office, who, interval(f"{who}-{to_s}", 0, to_s, 10 * to_s))
        row = {"subject": who, "medium": "replay", "medium_id": "film", "org_id": "org"}
        async with self.office.database.write() as tx:
            place = {"position_ms": to_s * 1000, "updated_utc_ms": self.office.now + to_s}
            await CatalogueStore().remember_positions(tx, [row | place])

    async def delete(self) -> None:
        """Put the film into the bin; its records can be read as before."""
        row = {"medium": "replay", "medium_id": "film", "org_id": "org", "session_id": "s", "title": "Film"}
        now = {"changed_utc_ms": 0, "due_utc_ms": 1, "put_by": "ann", "was_told": False, "content": {}}
        async with self.office.database.write() as tx:
            await tx.execute(insert(media_bin).values(**row, **now, state=BinState.IN))

    async def said(self) -> list[tuple[str | None, str, bool]]:
        async with self.office.database.read() as tx:
            rows = await tx.execute(select(notices).order_by(notices.c.created_utc_ms, notices.c.person_id))
            return [(row.person_id, row.channel, row.facts["over"]) for row in rows]


@pytest.fixture
async def reminded(office: Office) -> Reminded:
    await report(office, "ann", interval("a", 0, 90, 0))
    return Reminded(office)


async def test_whoever_has_not_watched_it_is_told_once_each_time(reminded: Reminded) -> None:
    office = reminded.office
    due = office.now + 4 * DAY_MS
    await reminded.require(due)
    assert await reminded.reminders.remind() == 0
    office.now = UtcMs(due - 3 * DAY_MS)
    assert await reminded.reminders.remind() == 1
    assert await reminded.reminders.remind() == 0
    assert {(who, over) for who, _, over in await reminded.said()} == {("bob", False), ("eve", False)}
    assert {channel for _, channel, _ in await reminded.said()} == {"app", "mail"}
    await report(office, "bob", interval("b", 0, 95, 0))
    office.now = UtcMs(due + 1)
    assert await reminded.reminders.remind() == 1
    late = [who for who, _, over in await reminded.said() if over]
    assert set(late) == {"eve"}
    async with office.database.read() as tx:
        open_ = select(notices.c.person_id).where(
            notices.c.channel == "app", notices.c.settled_utc_ms.is_(None)
        )
        assert list((await tx.execute(open_)).scalars()) == ["eve"], "what was said before is over"


@pytest.mark.parametrize("why", ["not required", "not published", "set a moment ago", "deleted"])
async def test_nobody_is_told_of(reminded: Reminded, why: str) -> None:
    office = reminded.office
    if why == "deleted":
        await reminded.delete()
    due = office.now + DAY_MS
    await reminded.require(
        due, required=why != "not required", set_utc_ms=due - DAY_MS // 2 if "set" in why else 0
    )
    office.is_open = why != "not published"
    office.now = UtcMs(due - DAY_MS // 3)
    assert await reminded.reminders.remind() == 0
    assert await reminded.said() == []


async def test_nobody_is_told_of_a_replay_that_is_held_until_it_is_published(reminded: Reminded) -> None:
    office, reminded.is_held = reminded.office, True
    await reminded.require(office.now + DAY_MS)
    office.now = UtcMs(office.now + 1)
    assert await reminded.reminders.remind() == 0
    reminded.is_held = False
    assert await reminded.reminders.remind() == 1


async def test_two_servers_tell_it_once(reminded: Reminded) -> None:
    office = reminded.office
    await reminded.require(office.now + DAY_MS)
    office.now = UtcMs(office.now + 1)
    other = Reminded(office)
    assert await reminded.reminders.remind() + await other.reminders.remind() == 1


async def test_nobody_is_reminded_of_what_is_not_for_them(reminded: Reminded) -> None:
    office, reminded.office.inside_only = reminded.office, "eve"
    await reminded.require(office.now + DAY_MS)
    office.now = UtcMs(office.now + 1)
    assert await reminded.reminders.remind() == 1
    assert {who for who, _, _ in await reminded.said()} == {"eve"}


async def test_a_reminder_goes_and_comes_back_with_the_film(reminded: Reminded) -> None:
    office, store = reminded.office, reminded.store
    await reminded.require(office.now + DAY_MS)
    office.now = UtcMs(office.now + 1)
    await reminded.reminders.remind()
    assert await reminded.open() == {"bob": True, "eve": True}
    async with office.database.read() as tx:
        session_id = (await tx.execute(select(notices.c.session_id).distinct())).scalar_one()
    about = BinNews("org", session_id, Key("replay", "film"))
    news = CallsOfBin(reminded.reminders.outbox, reminded.now)
    async with office.database.write() as tx:
        await news.put_in(tx, about)
    await reminded.delete()
    assert await reminded.open() == {}
    assert await reminded.reminders.settle() == 0
    await reminded.watches("bob", 90)  # what was watched before is reported now
    async with office.database.write() as tx:
        await tx.execute(delete(media_bin))
        await news.taken_out(tx, about)
        assert await store.deadline(tx, "replay", "film") is not None
    assert await reminded.open() == {"bob": True, "eve": True}
    assert await reminded.reminders.settle() == 1
    assert await reminded.open() == {"eve": True}, "who has watched it meanwhile is not asked for it"
    assert await reminded.reminders.remind() == 0, "and nobody is told twice"


async def test_a_reminder_ends_when_it_is_watched(reminded: Reminded) -> None:
    office, settle = reminded.office, reminded.reminders.settle
    await reminded.require(office.now + DAY_MS)
    office.now = UtcMs(office.now + 1)
    await reminded.reminders.remind()
    assert await reminded.open() == {"bob": True, "eve": True}
    assert await settle() == 0
    await reminded.watches("bob", 70)
    assert await settle() == 0, "not all of it yet"
    await reminded.watches("bob", 90)
    assert await settle() == 1
    assert await reminded.open() == {"eve": True}, "the mail that waited does not go out either"
    assert await settle() == 0
    office.now = UtcMs(office.now + DAY_MS)
    await reminded.reminders.remind()
    assert await reminded.open() == {"eve": True}, "who is late is told; who is done is not told again"


@pytest.mark.parametrize(
    "why", ["not required any more", "due later", "not published", "not for them", "not expected"]
)
async def test_a_reminder_ends_when_nothing_is_asked_any_more(reminded: Reminded, why: str) -> None:
    office = reminded.office
    due = office.now + DAY_MS
    await reminded.require(due)
    office.now = UtcMs(office.now + 1)
    await reminded.reminders.remind()
    assert await reminded.reminders.settle() == 0
    if why == "due later":
        await reminded.require(due + 9 * DAY_MS, set_utc_ms=office.now)
    elif why == "not published":
        office.is_open = False
    elif why == "not expected":
        office.roster = ["ann"]
    elif why == "not for them":
        office.inside_only = "ann"
    else:
        await reminded.require(due, required=False)
    office.now = UtcMs(office.now + LOOK_AGAIN_MS)
    assert await reminded.reminders.settle() == 2
    assert await reminded.open() == {}


async def test_nobody_is_asked_again_while_nobody_watches(reminded: Reminded) -> None:
    office = reminded.office
    await reminded.require(office.now + DAY_MS)
    office.now = UtcMs(office.now + 1)
    await reminded.reminders.remind()
    await reminded.reminders.settle()
    office.asked.clear()
    await reminded.reminders.settle()
    assert office.asked == []
    office.now = UtcMs(office.now + LOOK_AGAIN_MS)
    await reminded.reminders.settle()
    assert office.asked != []
