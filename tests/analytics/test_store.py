"""The contract of viewing's records and sums, on both databases."""

import asyncio

from analytics.neighbours import MediumKind
from analytics.play_record import MOST_STRETCHES, Device
from analytics.store import AnalyticsStore
from analytics.view_intake import RIGHTS_LAST_MS, Told
from analytics.view_store import MediumVersion, ViewStore
from analytics.view_sums import ALL, Whole
from analytics.viewing import Played
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs
from tests.analytics.conftest import CARDS, READERS, SESSION, Office
from tests.lesson import START, Lesson, Raw

STORE = AnalyticsStore()
VIEWS = ViewStore()
FILM = MediumVersion("replay", "film", 2)


def played(id_: str, from_ms: int, to_ms: int, started: int) -> Played:
    return Played(id_, from_ms, to_ms, START + started, to_ms - from_ms, 1.0, visible=True, audible=True)


async def office_on(database: Database) -> Office:
    return Office(database, await Lesson.open(database, SESSION))


async def send(
    office: Office, who: str, *intervals: Played, player: str = "p", medium: MediumKind = "replay"
) -> Told:
    return await office.intake.take_in(
        READERS[who], medium, "film", version=2, player=player, reported=intervals, position_ms=None,
        device=Device.PHONE,
    )  # fmt: skip


async def sums_hold(office: Office) -> None:
    """Check that the sums, with what is still put off, are what the records come to."""
    async with office.database.read() as tx:
        for medium in ("replay", "microcourse"):
            found = await VIEWS.find(tx, MediumVersion(medium, "film", 2))
            if found is None:
                continue
            anew = Whole(found.terms)
            for subject, record in (await VIEWS.records(tx, found.key)).items():
                anew.add(record, (CARDS[subject].department_id or "") if subject in CARDS else "")
            curves = await VIEWS.curves(tx, found.key)
            assert (curves.heat, curves.plays, curves.left) == (
                anew.change.heat, anew.change.plays, anew.change.left,
            )  # fmt: skip
            for period in (ALL, *anew.change.periods):
                assert await VIEWS.sums(tx, found.key, period) == anew.change.periods[period]


async def test_reports_that_arrive_together_all_count(database: Database) -> None:
    office = await office_on(database)
    answers = await asyncio.gather(
        *(send(office, "ann", played(f"i{n}", n * 5_000, n * 5_000 + 5_000, n * 5_000)) for n in range(10))
    )
    assert answers == [Told(1, [])] * 10
    async with database.read() as tx:
        watched = await STORE.watched_replay(tx, SESSION)
        assert watched == {"ann": (((0, 50_000),), 50_000)}
        assert await STORE.watched_replay(tx, "s2") == {}
        assert await STORE.watched_replay(tx, SESSION, ["bob"]) == {}
    await sums_hold(office)


async def test_the_same_report_sent_twice_at_once_counts_once(database: Database) -> None:
    office = await office_on(database)
    same = played("same", 0, 30_000, 0)
    assert await asyncio.gather(*(send(office, "ann", same) for _ in range(5))) == [Told(1, [])] * 5
    async with database.read() as tx:
        found = await VIEWS.find(tx, FILM)
        assert found is not None
        assert (await VIEWS.sums(tx, found.key)).played_ms == 30_000


async def test_two_servers_take_in_reports_of_the_same_people(database: Database) -> None:
    one = await office_on(database)
    other = Office(database, one.lesson)

    async def watch(office: Office, player: str, who: str) -> None:
        for n in range(4):
            interval = played(f"{player}{n}", n * 4_000, n * 4_000 + 4_000, n * 4_000)
            assert await send(office, who, interval, player=player) == Told(1, [])

    await asyncio.gather(
        watch(one, "a", "ann"), watch(other, "b", "ann"), watch(one, "c", "bob"), watch(other, "d", "bob"),
        one.following.catch_up(), other.following.catch_up(),
    )  # fmt: skip
    await sums_hold(one)
    async with database.read() as tx:
        found = await VIEWS.find(tx, FILM)
        assert found is not None
        sums = await VIEWS.sums(tx, found.key)
    assert (sums.viewers, sums.sittings, sums.covered_ms) == (2, 4, 32_000)


async def test_sums_follow_and_can_be_made_anew(database: Database) -> None:
    office = await office_on(database)
    await send(office, "ann", played("a", 0, 90_000, 0))
    await send(office, "bob", played("b", 0, 5_000, 0))
    assert await office.following.catch_up() == 2
    assert await office.following.catch_up() == 0
    await send(office, "bob", played("c", 5_000, 20_000, 5_000), played("d", 0, 3_000, 60_000))
    await send(office, "guest", played("e", 0, 9_000, 0), medium="microcourse")
    await sums_hold(office)
    assert await office.following.catch_up() == 2
    await sums_hold(office)
    assert await office.following.sum_all_up_anew() == 2
    await sums_hold(office)
    async with database.read() as tx:
        found = await VIEWS.find(tx, FILM)
        assert found is not None
        month = await VIEWS.totals(tx, "org", "2027-01")
        assert not await VIEWS.pending(tx)
    assert (month.media, month.people, month.sums.viewers) == (2, 3, 3)
    assert sum(month.all_hours().values()) == 122_000


async def test_a_new_time_zone_moves_what_was_watched(database: Database) -> None:
    office = await office_on(database)
    await send(office, "ann", played("a", 0, 90_000, 0))
    await office.following.catch_up()
    before = (await office.view_reports.period(READERS["admin"], "2027-01")).sums.hours
    office.org_zone = "America/New_York"
    await office.following.sum_all_up_anew()
    after = (await office.view_reports.period(READERS["admin"], "2027-01")).sums.hours
    assert list(before.values()) == list(after.values()) == [90_000]
    assert (next(iter(before)) - next(iter(after))) % 24 == 13
    await send(office, "ann", played("b", 90_000, 95_000, 90_000))
    await sums_hold(office)


async def test_a_lesson_that_went_on_is_summed_up_anew(database: Database) -> None:
    office = await office_on(database)
    await send(office, "ann", played("a", 0, 90_000, 0))
    office.film_ms, office.now = 200_000, UtcMs(office.now + RIGHTS_LAST_MS)
    assert await send(office, "ann", played("b", 90_000, 120_000, 90_000)) == Told(1, [])
    async with database.read() as tx:
        [stale] = await VIEWS.keys(tx, stale=True)
    await office.following.sum_up_anew(stale)
    await sums_hold(office)
    async with database.read() as tx:
        sums = await VIEWS.sums(tx, stale)
        assert await VIEWS.keys(tx, stale=True) == []
    assert (sums.viewers, sums.reached_80, sums.covered_ms) == (1, 0, 120_000)


async def test_somebody_who_only_jumps_fills_no_disk(database: Database) -> None:
    office = await office_on(database)
    start = -3 * 1_000 * MOST_STRETCHES
    for first in range(0, MOST_STRETCHES + 500, 500):
        jumps = [
            played(str(n), n * 7 % 90_000, n * 7 % 90_000 + 300, start + n * 3_000)
            for n in range(first, first + 500)
        ]
        accepted, refused, _ = await send(office, "ann", *jumps)
        full = first >= MOST_STRETCHES
        assert (accepted, {code for _, code in refused}) == ((0, {"too_scattered"}) if full else (500, set()))


async def test_the_timeline_is_read_as_far_as_attendance_needs_it(database: Database) -> None:
    lesson = await Lesson.open(database, SESSION)
    await lesson.at(1, Raw("participant_joined", {"participant": "p"}, "p", {"ref": "Ann"}))
    await lesson.at(2, Raw("slide_turned", {}, "p"), Raw("chat_sent", {"id": "m"}, "p", {"m": "words"}))
    async with database.read() as tx:
        found = await STORE.happenings(tx, SESSION)
        assert [(h.type, h.utc_ms - START, h.actor) for h in found] == [
            ("participant_joined", 1_000, "p"),
            ("chat_sent", 2_000, "p"),
        ]
        assert len(await STORE.happenings(tx, SESSION, types=("chat_sent",))) == 1
        assert await STORE.words(tx, SESSION, ["ref", "gone"]) == {"ref": "Ann"}
        assert await STORE.words(tx, SESSION, []) == {}
