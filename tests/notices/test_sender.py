"""Mail leaves once, at its pace, whatever the mail server does; hours pass in virtual time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest

from lectern.app.mail_metrics import mail_metrics
from lectern.db.engine import Database
from notices.choices import Choices, choose
from notices.kinds import Channel, Kind
from notices.mail import Sender
from notices.mute_link import MuteLinks
from notices.neighbours import Recipient
from notices.notice import LEASE_MS, Notice
from notices.outbox import Outbox
from notices.sender import Desk, MailSender
from notices.smtp import SEND_TIMEOUT_S, Deferred, MailFault, Refused, ServerAway
from notices.states import State
from notices.store import NoticeStore
from notices.words import Language
from tests.notices.given import CLOSED, DAY, HOUR, LESSON, ORG, T0, Watch, invite

STORE = NoticeStore()
PEOPLE = {f"p{number}": Recipient(f"P {number}", f"p{number}@example.com") for number in range(200)}
OTHERS = {
    "gone": Recipient("Gone", "gone@example.com", active=False),
    "silent": Recipient("Silent", None),
    "broken": Recipient("Broken", "broken@example.com\r\nBcc: x@example.com"),
}


class Staff:
    """The people of the tests."""

    async def recipients(self, org_id: str, person_ids: Collection[str]) -> Mapping[str, Recipient]:
        """See `People`."""
        assert org_id == ORG
        return {id_: one for id_, one in (PEOPLE | OTHERS).items() if id_ in person_ids}

    async def found(self, org_id: str, text: str) -> Sequence[str]:
        """See `People`."""
        raise NotImplementedError


@dataclass(slots=True)
class Post:
    """A mail server. `fault` says of each recipient what goes wrong; `delay_s` is how slow it is."""

    watch: Watch
    away: bool = False
    delay_s: float = 0.0
    fault: Callable[[str], MailFault | None] = lambda _to: None
    taken: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    connections: int = 0
    tries: int = 0
    before_answer: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator["Post"]:
        self.tries += 1
        if self.away:
            raise ServerAway("mail_server_away", "connection refused")
        self.connections += 1
        yield self

    def connect(self) -> AbstractAsyncContextManager["Post"]:
        """Open a connection."""
        return self._connected()

    async def send(self, mail: EmailMessage, sender: str, recipient: str) -> None:
        """Take a mail."""
        assert sender == "lectern@example.com"
        self.watch.now += round(self.delay_s * 1000)
        if (wrong := self.fault(recipient)) is not None:
            raise wrong
        self.taken.append((recipient, str(mail["Message-ID"])))
        self.texts.append(mail.as_string())
        self.before_answer()


async def whose() -> Sender:
    return Sender("Demo", "lectern@example.com", "https://lectern.example.com")


UNDONE: dict[str, tuple[str, ...]] = {}


async def undone(session_id: str) -> Mapping[str, tuple[str, ...]]:
    assert session_id == "s-1"
    return UNDONE


def sender_of(database: Database, post: Post, per_minute: int = 6_000) -> MailSender:
    desk = Desk(whose, Staff(), MuteLinks({"k": b"0" * 32}, "k"), Language.EN, per_minute, undone)
    watch = post.watch
    return MailSender(database, post.connect, desk, clock=watch, mono_s=lambda: watch.now / 1000)


async def put(database: Database, watch: Watch, *people: str, key: str = "s-1") -> None:
    async with database.write() as tx:
        await invite(tx, Outbox(mail=True, clock=watch), *people, key=key)


async def mails(database: Database) -> dict[str, Notice]:
    async with database.read() as tx:
        found = await STORE.page(
            tx, ORG, state=None, kind=None, channel=Channel.MAIL, person_ids=None, address="",
            session_id=None, before=None, limit=500,
        )  # fmt: skip
    return {one.person_id or one.address or "": one for one in found}


async def run(sender: MailSender, watch: Watch, until: int, step_ms: int = 20_000) -> None:
    """Let the loop look as it does, in virtual time."""
    while watch.now < until:
        if not await sender.send_due():
            watch.now += step_ms


async def test_everybody_gets_theirs_once(sqlite_database: Database) -> None:
    watch = Watch()
    post = Post(watch)
    await put(sqlite_database, watch, *PEOPLE)
    await run(sender_of(sqlite_database, post), watch, T0 + 60_000)
    assert sorted(to for to, _ in post.taken) == sorted(str(p.email) for p in PEOPLE.values())
    assert {one.state for one in (await mails(sqlite_database)).values()} == {State.SENT}
    assert post.connections == 10  # twenty mails each


async def test_an_hour_without_a_mail_server(sqlite_database: Database) -> None:
    watch = Watch()
    post = Post(watch, away=True)
    sender = sender_of(sqlite_database, post)
    await put(sqlite_database, watch, "p1", "p2", "p3")
    await run(sender, watch, T0 + HOUR)
    assert post.tries < 25  # it is not hammered
    async with sqlite_database.read() as tx:
        gate = await STORE.gate(tx)
    assert gate.since_utc_ms == T0
    assert (gate.problem, gate.failures) == ("mail_server_away", post.tries)
    assert {(one.state, one.attempts) for one in (await mails(sqlite_database)).values()} == {
        (State.WAITING, 0)
    }
    post.away = False
    await run(sender, watch, T0 + HOUR + 10 * 60_000)
    assert len(post.taken) == 3
    async with sqlite_database.read() as tx:
        assert (await STORE.gate(tx)).failures == 0


async def test_a_reminder_that_waited_says_only_what_is_still_to_do(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch()
    post = Post(watch, away=True)
    sender = sender_of(sqlite_database, post)
    people = ("p1", "p2", "p3")
    outbox = Outbox(mail=True, clock=watch)
    facts = {**LESSON, "undone": ("checkin", "feedback")}
    async with sqlite_database.write() as tx:
        await outbox.put(
            tx, org_id=ORG, kind="missed", key="k", facts=facts, person_ids=people, session_id="s-1"
        )
    for person in people:
        monkeypatch.setitem(UNDONE, person, ("checkin", "feedback"))
    await run(sender, watch, T0 + HOUR)
    assert {one.state for one in (await mails(sqlite_database)).values()} == {State.WAITING}
    post.away = False
    monkeypatch.setitem(UNDONE, "p2", ("checkin", "absent"))
    monkeypatch.delitem(UNDONE, "p3")  # who has done everything meanwhile
    await run(sender, watch, T0 + 2 * HOUR)
    after = await mails(sqlite_database)
    assert (after["p3"].state, after["p3"].problem) == (State.DROPPED, "done_already")
    texts = {to: text for (to, _), text in zip(post.taken, post.texts, strict=True)}
    assert ["feedback" in texts["p1@example.com"], "feedback" in texts["p2@example.com"]] == [True, False]
    assert all("make-up" in text and "not there" not in text for text in texts.values())


async def test_metrics_tell_what_waits_and_what_failed(sqlite_database: Database) -> None:
    watch = Watch()
    sender = sender_of(sqlite_database, Post(watch))
    await put(sqlite_database, watch, "p1", "p2", "broken")
    watch.now += 5_000

    async def told() -> dict[str, float]:
        async with sqlite_database.read() as tx:
            figures, gate = await STORE.mail_figures(tx), await STORE.gate(tx)
        samples = [s for m in mail_metrics(figures, gate, sender.counts, watch()) for s in m.samples]
        return {"".join([s.name, *s.labels.values()]): s.value for s in samples}

    before = await told()
    assert (before["lectern_mail_queuedwaiting"], before["lectern_mail_queuedsending"]) == (3, 0)
    assert before["lectern_mail_oldest_seconds"] == 5
    await run(sender, watch, T0 + 60_000)
    after = await told()
    assert (after["lectern_mail_queuedwaiting"], after["lectern_mail_oldest_seconds"]) == (0, 0)
    assert (after["lectern_mail_sent_total"], after["lectern_mail_server_away"]) == (2, 0)
    assert after["lectern_mail_failedaddress_broken"] == 1


async def test_after_two_days_it_is_given_up_and_may_be_tried_again(sqlite_database: Database) -> None:
    watch = Watch()
    post = Post(watch, away=True)
    sender = sender_of(sqlite_database, post)
    await put(sqlite_database, watch, "p1")
    await run(sender, watch, T0 + 2 * DAY + HOUR, step_ms=HOUR // 2)
    given_up = (await mails(sqlite_database))["p1"]
    assert (given_up.state, given_up.problem) == (State.FAILED, "too_late")
    post.away = False
    async with sqlite_database.write() as tx:
        await STORE.retry(tx, ORG, given_up.id, watch(), watch.now + DAY)
    await run(sender, watch, watch.now + 6 * 60_000)
    assert [to for to, _ in post.taken] == ["p1@example.com"]


async def test_killed_between_the_servers_yes_and_the_commit(sqlite_database: Database) -> None:
    """At most one mail goes out twice, and the mail store knows it by its Message-ID."""
    watch = Watch()
    post = Post(watch)
    await put(sqlite_database, watch, *list(PEOPLE)[:8])
    calls = 0

    def dies() -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise asyncio.CancelledError

    post.before_answer = dies
    with pytest.raises(asyncio.CancelledError):
        await sender_of(sqlite_database, post).send_due()
    assert len(post.taken) == 4
    await run(sender_of(sqlite_database, post), watch, T0 + LEASE_MS + 60_000)
    doubles = {pair: count for pair, count in Counter(post.taken).items() if count > 1}
    assert list(doubles.values()) == [2]
    assert len({to for to, _ in post.taken}) == 8
    assert {one.state for one in (await mails(sqlite_database)).values()} == {State.SENT}


async def test_a_recipient_who_is_refused_hinders_nobody(sqlite_database: Database) -> None:
    watch = Watch()
    post = Post(watch)
    post.fault = lambda to: Refused("mail_recipient_refused", "550 no such user") if to[1] == "1" else None
    await put(sqlite_database, watch, "p1", "p2", "p3")
    await run(sender_of(sqlite_database, post), watch, T0 + HOUR)
    found = await mails(sqlite_database)
    assert [found[p].state for p in ("p1", "p2", "p3")] == [State.FAILED, State.SENT, State.SENT]
    assert found["p1"].detail == "550 no such user"
    assert found["p1"].attempts == 1


async def test_not_now_is_tried_again_later_and_later(sqlite_database: Database) -> None:
    watch = Watch()
    tries: list[int] = []

    def greylisting(_to: str) -> MailFault | None:
        tries.append((watch.now - T0) // 60_000)
        return None if len(tries) == 5 else Deferred("mail_deferred", "450 try later")

    await put(sqlite_database, watch, "p1")
    await run(sender_of(sqlite_database, Post(watch, fault=greylisting)), watch, T0 + HOUR)
    assert tries == [0, 1, 3, 7, 15]
    assert (await mails(sqlite_database))["p1"].state is State.SENT


async def test_a_mail_that_breaks_the_connection_does_not_stop_the_others(sqlite_database: Database) -> None:
    watch = Watch()
    post = Post(watch)
    post.fault = lambda to: (
        ServerAway("mail_server_away", "connection lost") if to == "p1@example.com" else None
    )
    await put(sqlite_database, watch, "p1", "p2", "p3")
    await run(sender_of(sqlite_database, post), watch, T0 + 30 * 60_000)
    found = await mails(sqlite_database)
    assert [found[p].state for p in ("p1", "p2", "p3")] == [State.WAITING, State.SENT, State.SENT]
    assert len(post.taken) == 2


async def test_the_pace_holds(sqlite_database: Database) -> None:
    watch = Watch()
    post = Post(watch)
    await put(sqlite_database, watch, *list(PEOPLE)[:100])
    sender = sender_of(sqlite_database, post, per_minute=60)
    await run(sender, watch, T0 + 30_000, step_ms=2_000)
    assert 30 <= len(post.taken) <= 41
    await run(sender, watch, T0 + 100_000, step_ms=2_000)
    assert len(post.taken) == 100


async def test_a_slow_server_never_outlasts_the_lease(sqlite_database: Database) -> None:
    watch = Watch()
    post = Post(watch, delay_s=SEND_TIMEOUT_S - 1)
    await put(sqlite_database, watch, "p1", "p2", "p3", "p4")
    first, second = sender_of(sqlite_database, post), sender_of(sqlite_database, post)
    for _ in range(8):
        await first.send_due()
        await second.send_due()
    assert len(post.taken) == len(set(post.taken)) == 4


async def test_two_processes_send_nothing_twice(database: Database) -> None:
    watch = Watch()
    post = Post(watch)
    await put(database, watch, *list(PEOPLE)[:60])
    senders = [sender_of(database, post) for _ in range(3)]
    for _ in range(6):
        await asyncio.gather(*(sender.send_due() for sender in senders))
        watch.now += 5_000
    assert len(post.taken) == len(set(post.taken)) == 60


async def test_who_has_left_or_no_address_or_turned_it_off_gets_none(sqlite_database: Database) -> None:
    watch = Watch()
    post = Post(watch)
    async with sqlite_database.write() as tx:
        await choose(tx, ORG, "p1", Choices(Language.ZH, frozenset({Kind.INVITED, Kind.COMING})))
    await put(sqlite_database, watch, "gone", "silent", "broken", "unknown", "p1")
    async with sqlite_database.write() as tx:
        outbox = Outbox(mail=True, clock=watch)
        for person in ("p1", "p2"):
            await outbox.put(
                tx, org_id=ORG, kind="coming", key="k", person_ids=[person],
                facts={"session_id": "s", "title": "T", "starts_utc_ms": T0, "zone": "UTC", "minutes": 1},
            )  # fmt: skip
    await run(sender_of(sqlite_database, post), watch, T0 + 60_000)
    problems = {(one.person_id, one.state, one.problem) for one in (await mails(sqlite_database)).values()}
    assert {
        ("gone", State.DROPPED, "recipient_gone"),
        ("unknown", State.DROPPED, "recipient_gone"),
        ("silent", State.DROPPED, "address_missing"),
        ("broken", State.FAILED, "address_broken"),
    } <= problems
    # The invitation cannot be turned off; the reminder was.
    assert Counter(to for to, _ in post.taken) == {"p1@example.com": 1, "p2@example.com": 1}


async def test_a_bare_address_gets_the_head_of_a_record(sqlite_database: Database) -> None:
    watch = Watch()
    post = Post(watch)
    async with sqlite_database.write() as tx:
        await Outbox(mail=True, clock=watch).put(
            tx, org_id=ORG, kind="attendance_closed", key="c1", facts=CLOSED, addresses=["hr@example.com"]
        )
    await run(sender_of(sqlite_database, post), watch, T0 + 10_000)
    assert [to for to, _ in post.taken] == ["hr@example.com"]


async def test_what_is_urgent_does_not_wait_behind_a_long_queue(sqlite_database: Database) -> None:
    watch = Watch()
    post = Post(watch)
    for number in range(15):  # 3,000 invitations: fifty minutes at this pace
        await put(sqlite_database, watch, *PEOPLE, key=f"s-{number}")
    sender = sender_of(sqlite_database, post, per_minute=60)
    await run(sender, watch, T0 + 5 * 60_000, step_ms=5_000)
    assert 290 <= len(post.taken) <= 330
    soon = watch.now + 15 * 60_000
    async with sqlite_database.write() as tx:
        await Outbox(mail=True, clock=watch).put(
            tx, org_id=ORG, kind="starting", key="k", person_ids=["p7"], session_id="s-1",
            facts=LESSON | {"starts_utc_ms": soon}, expires_utc_ms=soon,
        )  # fmt: skip
    asked = watch.now
    while not any("Starting soon" in text for text in post.texts):
        watch.now += 0 if await sender.send_due() else 2_000
    assert watch.now - asked <= 60_000
    assert Counter(post.taken).most_common(1)[0][1] == 1


async def test_a_slow_server_gets_through_a_class_once(sqlite_database: Database) -> None:
    """Forty seconds for each mail: no lease is outlasted, nobody gets two, the gate stays open."""
    watch = Watch()
    post = Post(watch, delay_s=40)
    await put(sqlite_database, watch, *list(PEOPLE)[:60])
    senders = [sender_of(sqlite_database, post), sender_of(sqlite_database, post)]
    while len(post.taken) < 60 and watch.now < T0 + 3 * HOUR:
        for sender in senders:
            watch.now += 0 if await sender.send_due() else 2_000
    assert len(set(post.taken)) == len(post.taken) == 60
    async with sqlite_database.read() as tx:
        assert (await STORE.gate(tx)).failures == 0


async def test_greylisting_of_everybody_costs_no_outage(sqlite_database: Database) -> None:
    """A server that puts each recipient's first mail off (4xx) is there: the gate stays open."""
    watch = Watch()
    seen: set[str] = set()

    def greylisting(to: str) -> MailFault | None:
        if to in seen:
            return None
        seen.add(to)
        return Deferred("mail_deferred", "451 4.7.1 greylisted, try again")

    post = Post(watch, fault=greylisting)
    await put(sqlite_database, watch, *list(PEOPLE)[:50])
    await run(sender_of(sqlite_database, post), watch, T0 + 5 * 60_000)
    assert len(post.taken) == 50
    assert {one.attempts for one in (await mails(sqlite_database)).values()} == {2}
    async with sqlite_database.read() as tx:
        assert (await STORE.gate(tx)).since_utc_ms is None


async def test_one_refused_address_among_many_tries_is_tried_once(sqlite_database: Database) -> None:
    watch = Watch()
    tries = Counter[str]()

    def refuses(to: str) -> MailFault | None:
        tries[to] += 1
        return Refused("mail_recipient_refused", "550 5.1.1 no such user") if to.startswith("p5@") else None

    post = Post(watch, away=True, fault=refuses)
    await put(sqlite_database, watch, *list(PEOPLE)[:30])
    await run(
        sender_of(sqlite_database, post), watch, T0 + HOUR
    )  # and the server was away for an hour before
    post.away = False
    await run(sender_of(sqlite_database, post), watch, T0 + 2 * HOUR)
    assert (len(post.taken), tries["p5@example.com"]) == (29, 1)
    assert {
        one.person_id for one in (await mails(sqlite_database)).values() if one.state is State.FAILED
    } == {"p5"}
