"""The outbox: once per cause and recipient, in the cause's transaction, taken out by one sender at a time."""

import asyncio
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, NotFound
from notices.gate import Gate
from notices.kinds import Channel, Kind
from notices.notice import LEASE_MS
from notices.outbox import Outbox
from notices.states import State, Turn
from notices.store import AboutMedium, Claim, NoticeStore
from notices.tables import notices
from tests.notices.given import CLOSED, DAY, HOUR, LESSON, ORG, T0, Watch, given_for, invite

STORE = NoticeStore()
OUTBOX = Outbox(mail=True, clock=Watch())


async def take(database: Database, now: int, *, most: int = 100, busy: tuple[str, ...] = ()) -> Claim:
    async with database.write() as tx:
        return await STORE.claim(tx, UtcMs(now), most=most, per_minute=600, busy=busy)


async def rows(database: Database, channel: Channel = Channel.MAIL) -> dict[str, State]:
    async with database.read() as tx:
        found = await STORE.page(
            tx, ORG, state=None, kind=None, channel=channel, person_ids=None, address="", session_id=None,
            before=None, limit=500,
        )  # fmt: skip
    return {one.person_id or one.address or "": one.state for one in found}


async def test_a_cause_tells_each_recipient_once(database: Database) -> None:
    for _ in range(2):
        async with database.write() as tx:
            await invite(tx, OUTBOX, "ann", "bob", "ann")
    assert await rows(database) == {"ann": State.WAITING, "bob": State.WAITING}
    assert await rows(database, Channel.APP) == {"ann": State.SENT, "bob": State.SENT}
    async with database.write() as tx:
        await invite(tx, OUTBOX, "ann", key="another lesson")
    async with database.read() as tx:
        assert await STORE.unread(tx, "ann") == 2


async def test_what_is_rolled_back_is_told_to_nobody(database: Database) -> None:
    async def fails() -> None:
        async with database.write() as tx:
            await invite(tx, OUTBOX, "ann")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert await rows(database) == {}


async def test_facts_are_those_of_the_kind(database: Database) -> None:
    async with database.write() as tx:
        with pytest.raises(msgspec.ValidationError):
            await OUTBOX.put(tx, org_id=ORG, kind="attendance_closed", key="1", facts=LESSON)
        with pytest.raises(ValueError, match="unheard_of"):
            await OUTBOX.put(tx, org_id=ORG, kind="unheard_of", key="1", facts=LESSON)


async def test_an_address_without_a_mail_server_fails_where_it_is_seen(database: Database) -> None:
    outbox = Outbox(mail=False, clock=Watch())
    async with database.write() as tx:
        await outbox.put(
            tx, org_id=ORG, kind="attendance_closed", key="1", facts=CLOSED, person_ids=["ann"],
            addresses=["hr@example.com"],
        )  # fmt: skip
    assert await rows(database) == {"hr@example.com": State.FAILED}
    assert await rows(database, Channel.APP) == {"ann": State.SENT}


async def test_two_senders_never_hold_the_same_message(database: Database) -> None:
    people = [f"p{number}" for number in range(40)]
    async with database.write() as tx:
        await invite(tx, OUTBOX, *people)
    claims = await asyncio.gather(*(take(database, T0, most=15) for _ in range(6)))
    held = [one.person_id for claim in claims for one in claim.notices]
    assert sorted(map(str, held)) == sorted(people)
    assert {len(claim.notices) for claim in claims} == {15, 10, 0}


async def test_a_silent_sender_loses_its_messages_and_its_say(database: Database) -> None:
    async with database.write() as tx:
        await invite(tx, OUTBOX, "ann")
    dead = await take(database, T0)
    assert (await take(database, T0 + LEASE_MS - 1)).notices == []
    heir = await take(database, T0 + LEASE_MS)
    assert [one.id for one in heir.notices] == [one.id for one in dead.notices]
    id_ = dead.notices[0].id
    async with database.write() as tx:
        assert not await STORE.settle(tx, id_, dead.lease, Turn.REFUSED, UtcMs(T0))
        assert await STORE.settle(tx, id_, heir.lease, Turn.ACCEPTED, UtcMs(T0))
        assert not await STORE.settle(tx, id_, heir.lease, Turn.ACCEPTED, UtcMs(T0))
    assert await rows(database) == {"ann": State.SENT}


async def test_a_clock_set_forward_takes_nothing_from_a_sender_at_work(database: Database) -> None:
    async with database.write() as tx:
        await invite(tx, OUTBOX, "ann")
    claim = await take(database, T0)
    assert (await take(database, T0 + 30 * HOUR, busy=(claim.notices[0].id,))).notices == []


async def test_what_is_sent_is_never_taken_again(database: Database) -> None:
    async with database.write() as tx:
        await invite(tx, OUTBOX, "ann")
    claim = await take(database, T0)
    async with database.write() as tx:
        await STORE.settle(tx, claim.notices[0].id, claim.lease, Turn.ACCEPTED, UtcMs(T0))
    for now in (T0 - DAY, T0 + LEASE_MS, T0 + 300 * DAY):
        assert (await take(database, now)).notices == []
    async with database.write() as tx:
        with pytest.raises(Conflict):
            await STORE.retry(tx, ORG, claim.notices[0].id, UtcMs(T0), T0 + DAY)


async def test_given_back_without_a_try(database: Database) -> None:
    async with database.write() as tx:
        await invite(tx, OUTBOX, "ann")
    claim = await take(database, T0)
    async with database.write() as tx:
        await STORE.release(tx, [claim.notices[0].id], claim.lease, UtcMs(T0))
    again = await take(database, T0)
    assert [one.attempts for one in again.notices] == [0]  # as it was before this claim


async def test_given_up_when_it_is_too_late_and_tried_again_by_hand(database: Database) -> None:
    async with database.write() as tx:
        await OUTBOX.put(
            tx, org_id=ORG, kind="starting", key="k", facts=LESSON, person_ids=["ann"],
            expires_utc_ms=T0 + HOUR,
        )  # fmt: skip
    assert (await take(database, T0 + HOUR)).notices == []
    assert await rows(database) == {"ann": State.FAILED}
    async with database.write() as tx:
        assert await STORE.retry_all_failed(tx, ORG, UtcMs(T0 + HOUR), T0 + DAY) == 1
        assert await STORE.retry_all_failed(tx, "another", UtcMs(T0 + HOUR), T0 + DAY) == 0
    assert len((await take(database, T0 + HOUR)).notices) == 1


async def test_what_is_about_something_deleted_waits_and_comes_back(database: Database) -> None:
    """All that holds, and nothing else: not what was done before, not of another medium or lesson."""
    film, about = AboutMedium(["microcourse:m-1", "review-1"]), "microcourse:m-1"

    async def put(kind: Kind, key: str, about: str, who: str, **more: Any) -> None:
        async with database.write() as tx:
            await OUTBOX.put(
                tx, org_id=ORG, kind=kind, key=key, facts=given_for(kind), person_ids=[who], about=about,
                session_id="s-1", **more,
            )  # fmt: skip

    await put(Kind.WATCH_DUE, "1", about, "ann", expires_utc_ms=T0 + HOUR)
    await put(Kind.WATCH_DUE, "1", about, "done", expires_utc_ms=T0 + HOUR)
    await put(Kind.WATCH_DUE, "2", "microcourse:m-2", "other", expires_utc_ms=T0 + HOUR)
    await put(Kind.REVIEW_ASKED, "1", "review-1", "rev")
    await put(Kind.REVIEWED, "1", "review-0", "old")
    async with database.write() as tx:
        await OUTBOX.settle(tx, Kind.WATCH_DUE, "s-1", about, person_ids=["done"])
        await STORE.mark_read(tx, "rev", None, UtcMs(T0))
        await STORE.put_away(tx, "another lesson", film, UtcMs(T0))
    holding = {"ann", "other", "rev", "old"}
    assert await open_in_app(database) == holding
    for later, waits in ((T0 + 1, {"ann", "rev"}), (T0 + 3 * DAY, {"rev"})):
        async with database.write() as tx:
            await STORE.put_away(tx, "s-1", film, UtcMs(T0 + 1))
            await STORE.put_away(tx, "s-1", film, UtcMs(T0 + 2))
        assert await open_in_app(database) == {"other", "old"}
        mail = await rows(database)
        assert {who for who, state in mail.items() if state is State.DROPPED} == {"ann", "rev", "done"}
        problems = await problems_of(database)
        assert problems == {"ann": "deleted", "rev": "deleted", "done": "overtaken"}
        async with database.write() as tx:
            await STORE.bring_back(tx, "s-1", film, UtcMs(later), later + DAY)
        assert await open_in_app(database) == holding
        mail = await rows(database)
        found = {who for who, state in mail.items() if state is State.WAITING} & {"ann", "rev", "done"}
        assert found == waits, "a reminder that came too late is not sent, the next one says so"
    async with database.read() as tx:
        assert await STORE.unread(tx, "rev") == 0, "what was read stays read"
        assert await STORE.unread(tx, "ann") == 1


async def test_who_was_absent_need_not_watch_a_deleted_replay(database: Database) -> None:
    """Until it is back; what else is left to do after the lesson is asked for as before."""
    replay = AboutMedium(["replay:r-1"], is_replay=True)
    for who, undone in (("ann", ["absent"]), ("bob", ["absent", "checkin"]), ("eve", ["feedback"])):
        async with database.write() as tx:
            await OUTBOX.put(
                tx, org_id=ORG, kind=Kind.MISSED, key="1", facts=LESSON | {"undone": undone},
                person_ids=[who], session_id="s-1",
            )  # fmt: skip
    async with database.write() as tx:
        await STORE.put_away(tx, "s-1", AboutMedium(["microcourse:m-1"]), UtcMs(T0))
    assert await open_in_app(database) == {"ann", "bob", "eve"}
    async with database.write() as tx:
        await STORE.put_away(tx, "s-1", replay, UtcMs(T0))
    assert await open_in_app(database) == {"bob", "eve"}
    assert await problems_of(database) == {"ann": "deleted"}
    async with database.write() as tx:
        await STORE.bring_back(tx, "s-1", replay, UtcMs(T0), T0 + DAY)
    assert await open_in_app(database) == {"ann", "bob", "eve"}
    assert await problems_of(database) == {}


async def open_in_app(database: Database) -> set[str]:
    async with database.read() as tx:
        query = select(notices.c.person_id).where(
            notices.c.channel == Channel.APP, notices.c.settled_utc_ms.is_(None)
        )
        return set((await tx.execute(query)).scalars())


async def problems_of(database: Database) -> dict[str, str]:
    async with database.read() as tx:
        query = select(notices.c.person_id, notices.c.problem).where(
            notices.c.channel == Channel.MAIL, notices.c.problem.is_not(None)
        )
        return {row[0]: row[1] for row in await tx.execute(query)}


async def test_a_message_of_another_organisation_is_not_found(database: Database) -> None:
    async with database.write() as tx:
        await invite(tx, OUTBOX, "ann")
        claim = await STORE.claim(tx, UtcMs(T0), most=1, per_minute=600, busy=())
        with pytest.raises(NotFound):
            await STORE.one(tx, "another", claim.notices[0].id)


async def test_who_asked_cannot_be_searched_for(database: Database) -> None:
    async with database.write() as tx:
        await invite(tx, OUTBOX, "ann")
        await OUTBOX.put(
            tx, org_id=ORG, kind="question_answered", key="q", facts=LESSON, person_ids=["ann", "bob"]
        )
        found = await STORE.page(
            tx, ORG, state=None, kind=None, channel=Channel.MAIL, person_ids=["ann", "bob"], address="-",
            session_id=None, before=None, limit=10,
        )  # fmt: skip
    assert [one.kind for one in found] == ["invited"]


async def test_the_gate_is_kept(database: Database) -> None:
    broken = Gate().broke("mail_server_away", "refused", UtcMs(T0))
    async with database.write() as tx:
        await STORE.put_gate(tx, broken)
    async with database.read() as tx:
        assert await STORE.gate(tx) == broken
    async with database.write() as tx:
        await invite(tx, OUTBOX, "ann", "bob")
    assert (await take(database, T0)).notices == []
    assert len((await take(database, T0 + 5_000)).notices) == 1  # a try whether it is back


async def test_reading_and_forgetting(database: Database) -> None:
    async with database.write() as tx:
        await invite(tx, OUTBOX, "ann")
        await invite(tx, OUTBOX, "ann", key="2")
        inbox = await STORE.inbox(tx, "ann", before=None, limit=10)
        await STORE.mark_read(tx, "bob", [inbox[0].id], UtcMs(T0))
        assert await STORE.unread(tx, "ann") == 2
        await STORE.mark_read(tx, "ann", [inbox[0].id], UtcMs(T0))
        assert await STORE.unread(tx, "ann") == 1
        await STORE.mark_read(tx, "ann", None, UtcMs(T0))
        assert await STORE.unread(tx, "ann") == 0
        assert await STORE.forget(tx, T0) == 0
        assert await STORE.forget(tx, T0 + 1) == 2  # the mails still wait
        assert await STORE.counts(tx, ORG) == {State.WAITING: 2}
