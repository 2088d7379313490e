"""The scenes of a class, each with the figures it is held for."""

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import aiohttp
import numpy as np

from lectern.app.consent import VERSION as CONSENT
from lectern.db.engine import Database
from lectern.kernel.clock import utc_ms
from lectern.kernel.ids import new_id
from lectern.kernel.tasks import task_group
from lectern.timeline.event import TimelineEvent
from lectern.timeline.idea import Registry
from lectern.timeline.store import TimelineStore
from loadtests.class_.crowd import Crowd
from loadtests.class_.house import House, Peer
from loadtests.class_.reader import Refused, Seat
from loadtests.class_.stage import Stage
from loadtests.figures import Figure, percentile
from tests.scripted_lesson.processes import Usage

FEW = 200
BROADCASTS = 40
ROUNDS = 3
BATCH_S = 0.25
SENTENCE = "This sentence makes the event 110 bytes."
JOINS = 1_000
JOIN_WITHIN_S = 60.0
VOTE_WITHIN_S = 10.0
CHAT_PER_S = 50.0
CHAT_S = 20.0
SILENT_S = 8.0
"""How long one client takes nothing in; after 20 s without an answer to a ping it would be parted with."""
_LONG_S = 90.0


async def fan_out(
    crowd: Crowd, used: Callable[[], Usage], broadcast: Callable[[], Awaitable[None]]
) -> tuple[float, float]:
    """Return deliveries per CPU second of the server (the median of `ROUNDS`), and their number in all.

    `broadcast` takes ten seconds. One round differs by a tenth from the next on a machine that others use.
    """
    rates: list[float] = []
    all_delivered = 0
    for _ in range(ROUNDS):
        await asyncio.sleep(2)
        crowd.arrivals.clear()
        before = used().cpu_s
        await broadcast()
        await asyncio.sleep(1)
        delivered = len(crowd.arrivals.at_s)
        rates.append(delivered / (used().cpu_s - before))
        all_delivered += delivered
    return statistics.median(rates), all_delivered


async def say_to_all(stage: Stage) -> None:
    """Let the presenter say one sentence per batch, so that every delivery is one event."""
    for _ in range(BROADCASTS):
        due = time.monotonic() + BATCH_S
        await stage.command("chat_send", text=SENTENCE, group=None)
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def peer_fan_out(peer: Peer, learners: int) -> tuple[float, float]:
    """Return deliveries per CPU second and bytes per connection of bare python-socketio."""
    crowd = Crowd(peer.port, "/", offers_compression=False)
    empty = peer.used.memory_bytes
    await crowd.fill([None] * learners)
    per_connection = (peer.used.memory_bytes - empty) / learners

    async def broadcast() -> None:
        await peer.emit(BROADCASTS, BATCH_S)

    rate, delivered = await fan_out(crowd, lambda: peer.used, broadcast)
    assert delivered == ROUNDS * BROADCASTS * learners, f"the peer delivered {delivered}"
    crowd.leave()
    return rate, per_connection


async def connect(stage: Stage, upto: int) -> None:
    """Fill the class with lean connections up to `upto`, whatever the pace."""
    wanted = upto - len(stage.crowd.seats)
    await stage.crowd.fill([stage.auth(stage.house.learner()) for _ in range(wanted)])


async def join_burst(stage: Stage, joins: int) -> list[Figure]:
    """Let `joins` people open their link within a minute: the lobby, then the class up to its welcome."""
    took_s: list[float] = []
    refused: list[str] = []
    seats: list[Seat] = []
    over_s = JOIN_WITHIN_S * joins / JOINS
    number = len(stage.crowd.seats)

    async def join(browser: aiohttp.ClientSession, at: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        began = time.monotonic()
        lobby = f"{stage.house.server.url}/api/v1/sessions/{stage.house.session_id}/lobby"
        try:
            async with browser.get(lobby) as answer:
                assert answer.status == 200
                await answer.read()
            auth = stage.auth(stage.house.learner())
            seats.append(
                await Seat.taken(number + at, stage.crowd.arrivals, stage.house.server.port, auth=auth)
            )
        except (Refused, aiohttp.ClientError, AssertionError) as error:
            refused.append(str(error))
            return
        took_s.append(time.monotonic() - began)

    before = stage.house.used.cpu_s
    async with aiohttp.ClientSession() as browser, task_group() as tasks:
        for at in range(joins):
            tasks.create_task(join(browser, at, random.uniform(0, over_s)))
    spent = stage.house.used.cpu_s - before
    stage.crowd.seats.extend(sorted(seats, key=lambda seat: seat.number))
    stage.notes += refused[:3]
    return [
        Figure(f"{joins} joins by link in {over_s:.0f} s: refused", len(refused), "", 0),
        Figure("join by link, p50", percentile(took_s, 0.5) * 1000, "ms"),
        Figure("join by link, p99", percentile(took_s, 0.99) * 1000, "ms", 1000),
        Figure("join by link, server's CPU", spent / joins * 1000, "ms"),
    ]


async def poll(stage: Stage) -> list[Figure]:
    """Put a poll to everybody; all answer within ten seconds; then close it."""
    await stage.actors.report()
    stage.actors.late_ms = 0.0
    stage.crowd.arrivals.clear()
    before = stage.house.used.cpu_s
    await _look_out(stage, "poll-vote-0")
    asked_utc_ms = utc_ms()
    opened = await stage.command("poll_open", question="Which one?", options=["A", "B", "C"], show="live")
    id_ = opened["result"]["id"]
    acked_s: list[float] = []
    faults: list[str] = []

    async def vote(seat: Seat) -> None:
        await asyncio.sleep(random.uniform(0, VOTE_WITHIN_S))
        began = time.monotonic()
        data = {"id": id_, "option": random.randrange(3)}
        answer = await seat.call("command", {"id": new_id(), "type": "poll_vote", "data": data})
        if "ok" in answer:
            acked_s.append(time.monotonic() - began)
        else:
            faults.append(str(answer))

    async with task_group() as tasks:
        for seat in stage.crowd.seats:
            tasks.create_task(vote(seat))
    acted_s = await _acted(stage, "poll_vote")
    shown_ms = await _shown_ms(stage, asked_utc_ms)
    closing = time.monotonic()
    closed = await stage.command("poll_close", id=id_)
    final_s = await _reaches_all(stage, closed["seq"], closing)
    spent = stage.house.used.cpu_s - before
    voters = len(stage.crowd.seats) + stage.actors.users
    votes = [
        event for event in await _stored(stage) if event.type == "poll_voted" and event.raw["poll"] == id_
    ]
    once = sum(count == 1 for count in Counter(event.actor for event in votes).values())
    stage.notes += faults[:3]
    return [
        Figure(
            f"poll: {voters} voters, votes not stored exactly once", voters - once + len(votes) - once, "", 0
        ),
        Figure("poll: acknowledgement of a vote, p50", percentile([*acked_s, *acted_s], 0.5) * 1000, "ms"),
        Figure(
            "poll: acknowledgement of a vote, all voters, p99",
            percentile([*acked_s, *acted_s], 0.99) * 1000,
            "ms",
            500,
        ),
        Figure("poll: acknowledgement, lean readers, p99", percentile(acked_s, 0.99) * 1000, "ms", 500),
        *(
            [
                Figure(
                    "poll: acknowledgement, acting users, p99", percentile(acted_s, 0.99) * 1000, "ms", 500
                ),
                Figure("poll: of that, Locust itself late, p99", stage.actors.late_ms, "ms"),
            ]
            if stage.actors.users
            else []
        ),
        Figure("poll: final count seen by the last after closing", final_s * 1000, "ms", 1000),
        Figure("poll: server's CPU per vote", spent / voters * 1000, "ms"),
        *(Figure("poll: opened to shown in Chromium", ms, "ms", 1000) for ms in shown_ms),
    ]


async def checkin(stage: Stage) -> list[Figure]:
    """Start a check-in; see when the last one is shown it; everybody answers within five seconds."""
    await stage.actors.report()
    stage.crowd.arrivals.clear()
    await _look_out(stage, "checkin-answer")
    starting, asked_utc_ms = time.monotonic(), utc_ms()
    opened = await stage.command("checkin_open", message=None, seconds=300, late_after_seconds=None)
    id_ = opened["result"]["id"]
    last_s = await _reaches_all(stage, opened["seq"], starting)
    delays = stage.crowd.delays_s({opened["seq"]: starting})
    acked_s: list[float] = []

    async def answer(seat: Seat) -> None:
        await asyncio.sleep(random.uniform(0, 5))
        began = time.monotonic()
        answered = await seat.call("command", {"id": new_id(), "type": "checkin_answer", "data": {"id": id_}})
        assert "ok" in answered, answered
        acked_s.append(time.monotonic() - began)

    async with task_group() as tasks:
        for seat in stage.crowd.seats:
            tasks.create_task(answer(seat))
    await _acted(stage, "checkin_answer")
    shown_ms = await _shown_ms(stage, asked_utc_ms)
    await stage.command("checkin_close", id=id_)
    return [
        Figure("check-in: started to shown, p99", percentile(delays.tolist(), 0.99) * 1000, "ms", 1000),
        Figure("check-in: started to shown to the last", last_s * 1000, "ms", 1000),
        Figure("check-in: acknowledgement of an answer, p99", percentile(acked_s, 0.99) * 1000, "ms", 500),
        *(Figure("check-in: started to shown in Chromium", ms, "ms", 1000) for ms in shown_ms),
    ]


async def chat(stage: Stage) -> list[Figure]:
    """Let fifty messages a second be written while one client takes nothing in."""
    await stage.actors.report()
    slow, *readers = stage.crowd.seats
    stage.crowd.arrivals.clear()
    slow.stop_reading()
    behind = 0
    before = stage.house.used
    sent_at_s: dict[int, float] = {}
    from_locust = CHAT_PER_S / 2 if stage.actors.users else 0.0
    if from_locust:
        await stage.actors.order(do="chat", per_s=from_locust, seconds=CHAT_S)

    async def write(seat: Seat, after_s: float) -> None:
        await asyncio.sleep(after_s)
        began = time.monotonic()
        data = {"text": SENTENCE, "group": None}
        answer = await seat.call("command", {"id": new_id(), "type": "chat_send", "data": data})
        assert "ok" in answer, answer
        sent_at_s[answer["seq"]] = began

    async def wake() -> None:
        nonlocal behind
        await asyncio.sleep(SILENT_S)
        behind = max(sent_at_s) - slow.cursor
        slow.go_on_reading()

    frames = len(stage.crowd.arrivals.at_s)
    async with task_group() as tasks:
        tasks.create_task(wake())
        for at in range(int((CHAT_PER_S - from_locust) * CHAT_S)):
            after_s = at / (CHAT_PER_S - from_locust)
            tasks.create_task(write(readers[at % len(readers)], after_s))
    await asyncio.sleep(1.5)
    frames = len(stage.crowd.arrivals.at_s) - frames
    spent = stage.house.used.cpu_s - before.cpu_s
    halves = [
        percentile(stage.crowd.delays_s(dict(part)).tolist(), 0.99)
        for part in np.array_split(np.array(sorted(sent_at_s.items())), 2)
    ]
    delays = stage.crowd.delays_s(sent_at_s)
    async with asyncio.timeout(_LONG_S):
        while slow.cursor < max(sent_at_s) and not slow.resyncs:
            await asyncio.sleep(0.05)
    grown = stage.house.used.memory_bytes - before.memory_bytes
    return [
        Figure("chat at 50 a second: written to seen, p50", percentile(delays.tolist(), 0.5) * 1000, "ms"),
        Figure(
            "chat at 50 a second: written to seen, p99", percentile(delays.tolist(), 0.99) * 1000, "ms", 1000
        ),
        Figure("chat: p99 in the first half", halves[0] * 1000, "ms"),
        Figure("chat: p99 in the second half", halves[1] * 1000, "ms", max(1000, halves[0] * 1500)),
        Figure("chat: frames a second and learner", frames / len(readers) / (CHAT_S + 1.5), "", 4.2),
        Figure("chat: server's core", spent / (CHAT_S + 1.5) * 100, "%"),
        Figure("chat: server's memory grown meanwhile", grown / 2**20, "MiB"),
        Figure("chat: events that a client was behind which read nothing for 8 s; it caught up", behind, ""),
    ]


_LOOK_OUT = """testid => { window.shownAt = new Promise(shown => {
  const look = () => {
    const is = document.querySelector(`[data-testid="${testid}"]`) !== null
    if (is) requestAnimationFrame(() => shown(Date.now()))
    return is
  }
  if (look()) return
  const observer = new MutationObserver(() => { if (look()) observer.disconnect() })
  observer.observe(document.body, { childList: true, subtree: true })
}) }"""


async def _look_out(stage: Stage, testid: str) -> None:
    """Have the browser itself note when it draws an element: we are busy with the others' answers then."""
    if stage.page is not None:
        assert await stage.page.get_by_test_id(testid).count() == 0, f"{testid} is there already"
        await stage.page.evaluate(_LOOK_OUT, testid)


async def _shown_ms(stage: Stage, since_utc_ms: int) -> list[float]:
    """Return after how many ms the browser drew what it looks out for; nothing without a browser."""
    if stage.page is None:
        return []
    async with asyncio.timeout(_LONG_S):
        return [await stage.page.evaluate("window.shownAt") - since_utc_ms]


async def _acted(stage: Stage, name: str) -> list[float]:
    """Wait until every acting user has done it; how long (s) each waited for the answer, says Locust."""
    found_s: list[float] = []
    async with asyncio.timeout(_LONG_S):
        while len(found_s) < stage.actors.users:
            await asyncio.sleep(0.5)
            more = (await stage.actors.report()).get(name)
            if more is not None:
                assert not more["failures"], f"{name}: {more}"
                found_s += [took_ms / 1000 for took_ms, count in more["took_ms"] for _ in range(count)]
    return found_s


async def _reaches_all(stage: Stage, seq: int, since_s: float) -> float:
    """Return how long after `since_s` the last connection was told of an event."""
    async with asyncio.timeout(_LONG_S):
        while any(seat.cursor < seq for seat in stage.crowd.seats):
            await asyncio.sleep(0.02)
    return float(stage.crowd.delays_s({seq: since_s}).max())


async def _stored(stage: Stage) -> list[TimelineEvent]:
    """Read the whole timeline out of the database."""
    return await stored(stage.house)


async def stored(house: House) -> list[TimelineEvent]:
    """Read the whole timeline of a house's session out of the database."""
    database = Database(house.database_url)
    try:
        async with database.read() as tx:
            return await TimelineStore(Registry.of((), ())).read(tx, house.session_id, 0)
    finally:
        await database.close()


async def greet(stage: Stage) -> None:
    """Let the acting users and the browser join."""
    tokens = [stage.house.learner() for _ in range(stage.acting_users)]
    if tokens:
        await stage.actors.order(do="join", tokens=tokens, consent=CONSENT, per_s=10)
        stage.actors.users = len(tokens)
        await _acted(stage, "join")
    await stage.open_page()


Scene = Callable[[Stage], Awaitable[list[Figure]]]
