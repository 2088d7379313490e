"""The pure parts of the fan-out: pace, allowance, frames, and how a connection keeps up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from engineio.packet import MESSAGE, Packet
from hypothesis import given
from hypothesis import strategies as st

from interactions.live.admission import Admitted
from interactions.live.connection import TRANSITIONS, Connection, Following, Turn
from interactions.live.fan_out import FARTHEST_BEHIND, MOST_WAITING_BYTES, FanOut
from interactions.live.frames import Frames
from interactions.live.outlet import Frame
from interactions.live.pace import Pace, TokenBucket
from interactions.registry import FOLLOWERS
from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.errors import Overloaded
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import task_group
from lectern.timeline.engine import TimelineEngine, View
from lectern.timeline.event import NewEvent, SessionStarted, TimelineEvent
from lectern.timeline.idea import Actor, Audience, Viewer
from lectern.timeline.recent import Stretch
from tests.interactions.class_server import SESSION, begin, engine_over
from tests.interactions.lesson import live_lesson


def test_the_first_frame_goes_at_once_and_the_next_waits() -> None:
    pace = Pace(0.25)
    assert pace.due_in_s(100.0) == 0
    pace.sent(100.0)
    assert pace.due_in_s(100.1) == pytest.approx(0.15)
    assert pace.due_in_s(100.25) == 0
    assert pace.due_in_s(200.0) == 0


@given(st.lists(st.floats(0, 0.5), max_size=60))
def test_no_more_than_four_frames_in_any_second(pauses: list[float]) -> None:
    pace, now, sent = Pace(0.25), 0.0, []
    for pause in pauses:
        now += pause
        if pace.due_in_s(now) == 0:
            pace.sent(now)
            sent.append(now)
    for at in sent:
        assert sum(at <= other < at + 0.999 for other in sent) <= 4


@given(st.lists(st.floats(0, 2), max_size=80), st.integers(1, 5), st.floats(0.5, 10))
def test_an_allowance_is_never_exceeded(pauses: list[float], burst: int, per_s: float) -> None:
    bucket, now, taken = TokenBucket(burst, per_s), 50.0, 0
    for pause in pauses:
        now += pause
        try:
            bucket.take(now)
            taken += 1
        except Overloaded as error:
            wait_s = error.details["retry_after_s"]
            assert 0 <= wait_s <= 1 / per_s + 0.001
    assert taken <= burst + (now - 50.0) * per_s + 0.001


def test_after_the_wait_that_was_named_the_next_try_succeeds() -> None:
    bucket = TokenBucket(1, 2.0)
    bucket.take(0.0)
    with pytest.raises(Overloaded) as caught:
        bucket.take(0.1)
    assert caught.value.code == "too_fast"
    bucket.take(0.1 + caught.value.details["retry_after_s"])


def test_frames_are_made_once_per_audience_and_apart_where_somebody_is_told_more() -> None:
    proof = live_lesson()
    at = len(proof.projected)
    poll = proof.command("p", "poll_open", question="Q", options=["A", "B"], show="live")["id"]
    proof.command("l1", "poll_vote", id=poll, option=0)
    made: list[tuple[int, list[dict[str, Any]]]] = []

    def make(told: int, head: int, events: list[dict[str, Any]]) -> int:
        assert head == proof.state.seq
        made.append((told, events))
        return len(made)

    frames = Frames(Stretch(at, proof.state.seq, proof.projected[at:]), make)
    l2, l3 = Viewer("l2", Audience.LEARNER), Viewer("l3", Audience.LEARNER)
    assert frames.for_viewer(l2, at) == frames.for_viewer(l3, at) == 1
    assert frames.for_viewer(Viewer("l1", Audience.LEARNER), at) == 2
    assert frames.for_viewer(Viewer("p", Audience.STAFF), at) == 3
    assert frames.for_viewer(Viewer("h", Audience.STAFF), at) == 3
    assert frames.for_viewer(l3, at - 1) == 4
    for number, viewer in ((1, l2), (2, Viewer("l1", Audience.LEARNER)), (3, Viewer("h", Audience.STAFF))):
        wires = [wire for p in proof.projected[at:] if (wire := p.for_viewer(viewer)) is not None]
        assert made[number - 1] == (at, wires)


def test_nothing_is_sent_where_nothing_is_told() -> None:
    proof = live_lesson()
    round_ = proof.command("p", "checkin_open", seconds=60)["id"]
    at = len(proof.projected)
    proof.command("l1", "checkin_answer", id=round_)
    frames = Frames(
        Stretch(at, proof.state.seq, proof.projected[at:]), lambda told, head, events: (told, head, events)
    )
    assert frames.for_viewer(Viewer("l2", Audience.LEARNER), at) is None
    assert frames.for_viewer(Viewer("l1", Audience.LEARNER), at) is not None
    assert frames.for_viewer(Viewer("p", Audience.STAFF), at) is not None


def connection(name: str = "l1", audience: Audience = Audience.LEARNER, cursor: int = 0) -> Connection:
    """Return a connection that was just admitted."""
    role = SessionRole.PRESENTER if audience is Audience.STAFF else SessionRole.LEARNER
    admitted = Admitted(SESSION, f"c-{name}", Viewer(name, audience), Actor(name, role), "token")
    return Connection(f"sid-{name}", admitted, {"seq": cursor}, cursor, cursor)


def test_the_table_of_keeping_up_is_whole() -> None:
    assert set(TRANSITIONS) == set(Following)
    reached = {target for edges in TRANSITIONS.values() for target in edges.values()}
    assert reached == set(Following)
    assert all(Turn.RESYNCED in edges for edges in TRANSITIONS.values())
    lost = connection()
    for turn in (Turn.GREETED, Turn.FELL_BEHIND, Turn.WAS_ASKED):
        lost.turn(turn)
    lost.resynced(View(9, {}, None))
    assert (lost.following, lost.cursor, lost.told) == (Following.LIVE, 9, 9)


@dataclass(slots=True)
class Receiver:
    """One connection's way out, as the test has it."""

    outlet: "Queues"
    sid: str

    def backlog_bytes(self) -> int | None:
        return self.outlet.lag.get(self.sid, 0)

    def write(self, packet: Packet, frame: bytes) -> None:
        assert json.loads(frame) == packet.data
        self.outlet.sent.setdefault(self.sid, []).append(packet.data)
        self.outlet.changed.set()


@dataclass(slots=True)
class Queues:
    """An outlet whose receivers the test reads, or lets lag, or takes away."""

    sent: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lag: dict[str, int | None] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def frame(self, event: str, data: dict[str, Any]) -> Frame:
        told = {"event": event, **data}
        return Frame(Packet(MESSAGE, told), json.dumps(told).encode())

    def line(self, sid: str) -> Receiver | None:
        return Receiver(self, sid)

    async def drop(self, sid: str) -> None:
        self.dropped.append(sid)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until what was sent makes something true."""
        async with asyncio.timeout(25):
            while not is_so():
                self.changed.clear()
                await self.changed.wait()

    async def holds(self, sid: str, count: int) -> list[dict[str, Any]]:
        """Wait until a receiver was sent `count` frames."""
        await self.until(lambda: len(self.sent.get(sid, ())) >= count)
        return self.sent[sid]


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[TimelineEngine]:
    database = Database(f"sqlite:///{tmp_path / 'lectern.db'}")
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    engine = engine_over(database)
    await begin(engine)
    yield engine
    await database.close()


async def say(engine: TimelineEngine, count: int = 1) -> int:
    """Append harmless events that everybody sees, and return the head."""
    async with engine.change(SESSION) as change:
        for _ in range(count):
            change.append(NewEvent(payload=SessionStarted(), actor="p"))
    await engine.execute(
        SESSION,
        Actor("l2", SessionRole.LEARNER),
        f"say-{change.appended[-1].seq}",
        "chat_send",
        {"text": "x"},
    )
    return change.appended[-1].seq + 1


async def test_a_slow_receiver_is_owed_one_frame_and_nothing_piles_up(engine: TimelineEngine) -> None:
    outlet, forgotten = Queues(), list[Connection]()

    async def forget(gone: Connection) -> None:
        forgotten.append(gone)
        fan_out.remove(gone)

    fan_out = FanOut(engine, outlet, forget)
    head = (await engine.current(SESSION)).state.seq
    slow, quick = connection("p", Audience.STAFF, head), connection("h", Audience.STAFF, head)
    async with task_group() as tasks:
        running = tasks.create_task(fan_out.run())
        fan_out.add(slow)
        fan_out.add(quick)
        assert (await outlet.holds(slow.sid, 1))[0]["event"] == "welcome"
        outlet.lag[slow.sid] = MOST_WAITING_BYTES + 1
        for count in range(2, 6):
            await say(engine)
            await outlet.holds(quick.sid, count)
        assert len(outlet.sent[slow.sid]) == 1
        outlet.lag[slow.sid] = 0
        frame = (await outlet.holds(slow.sid, 2))[1]
        assert (frame["from"], frame["to"]) == (head, (await engine.current(SESSION)).state.seq)
        assert len(said_in([frame])) == 4

        outlet.lag[slow.sid] = MOST_WAITING_BYTES + 1
        for _ in range(6):
            last = await say(engine, FARTHEST_BEHIND // 5)
            await outlet.holds(quick.sid, len(outlet.sent[quick.sid]) + 1)
        outlet.lag[slow.sid] = 0
        asked = (await outlet.holds(slow.sid, 3))[2]
        assert (asked["from"], asked["to"], asked["events"]) == (last, last, [])
        assert slow.following is Following.ASKED
        seen = len(outlet.sent[quick.sid])
        await say(engine)
        await outlet.holds(quick.sid, seen + 1)
        assert len(outlet.sent[slow.sid]) == 3
        slow.resynced(await engine.view(SESSION, slow.admitted.viewer, None))
        following = await say(engine)
        assert (await outlet.holds(slow.sid, 4))[3]["to"] == following

        outlet.lag[slow.sid] = None
        await say(engine)
        await outlet.holds(quick.sid, len(outlet.sent[quick.sid]) + 1)
        assert forgotten == [slow]
        running.cancel()


async def test_what_happens_during_a_delivery_is_not_skipped(engine: TimelineEngine) -> None:
    """Parting with a connection takes a while, in which the state moves on under the frames already cut."""
    outlet = Queues()

    async def forget(gone: Connection) -> None:
        fan_out.remove(gone)
        await say(engine)

    fan_out = FanOut(engine, outlet, forget)
    head = (await engine.current(SESSION)).state.seq
    first, gone, last = (connection(name, Audience.STAFF, head) for name in ("p", "x", "h"))
    async with task_group() as tasks:
        running = tasks.create_task(fan_out.run())
        for viewer in (first, gone, last):
            fan_out.add(viewer)
        await outlet.holds(last.sid, 1)
        outlet.lag[gone.sid] = None
        await say(engine)
        for viewer in (first, last):
            await outlet.until(partial(said_to, outlet, viewer.sid, 2))
        expected = [event.seq for event in await stored_after(engine, head) if event.type == "chat_sent"]
        for viewer in (first, last):
            frames = outlet.sent[viewer.sid][1:]
            assert said_in(frames) == expected
            assert [frame["from"] for frame in frames] == [head, *(frame["to"] for frame in frames[:-1])]
        running.cancel()


def said_to(outlet: Queues, sid: str, count: int) -> bool:
    """Tell whether a receiver has been sent `count` messages."""
    return len(said_in(outlet.sent[sid][1:])) >= count


def said_in(frames: list[dict[str, Any]]) -> list[int]:
    """Return which events of these frames are chat; other ideas may tell more of the others."""
    return [e["seq"] for frame in frames for e in frame["events"] if e["type"] == "chat_sent"]


async def stored_after(engine: TimelineEngine, seq: int) -> list[TimelineEvent]:
    """Read the events after `seq`."""
    async with engine.database.read() as tx:
        return await engine.store.read(tx, SESSION, seq)


async def test_another_process_is_noticed_even_if_nobody_announces_it(engine: TimelineEngine) -> None:
    outlet = Queues()

    async def forget(gone: Connection) -> None:
        raise AssertionError(gone)

    fan_out = FanOut(engine, outlet, forget)
    head = (await engine.current(SESSION)).state.seq
    viewer = connection("l1", cursor=head)
    async with task_group() as tasks:
        running = tasks.create_task(fan_out.run())
        fan_out.add(viewer)
        await outlet.holds(viewer.sid, 1)
        silent = engine_over(engine.database)
        last = await say(silent)
        assert (await outlet.holds(viewer.sid, 2))[1]["to"] == last
        running.cancel()


def test_the_book_of_deadlines_is_registered() -> None:
    assert FOLLOWERS
