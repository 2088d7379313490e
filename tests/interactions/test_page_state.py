"""What pages say of themselves: believed only where it can be true, stored in few events, shown to nobody."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.attendance.happening import Happening
from analytics.attendance.register import attendance
from analytics.spans import length_ms
from interactions.page_state.events import Attended, PageStatesReported
from interactions.page_state.gatherer import MOST_WAITING, PageStateGatherer
from interactions.page_state.report import Change, PageStateMessage, placed
from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.errors import Overloaded
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent, SessionEnded
from tests.analytics.test_attendance import MINUTE, at, closed, joined, opened
from tests.interactions.class_server import (
    SESSION,
    WAIT_S,
    Client,
    begin,
    class_server,
    connected,
    engine_over,
)
from tests.interactions.lesson import live_lesson

STATES = ("watching", "listening", "away")


def test_moments_lie_between_what_was_said_before_and_now() -> None:
    changes = (
        Change("away", 50_000),
        Change("watching", 20_000),
        Change("away", 30_000),
        Change("watching", 0),
    )
    assert placed(changes, since=970_000, now=1_000_000) == (
        (970_000, "away"), (980_000, "watching"), (980_000, "away"), (1_000_000, "watching"),
    )  # fmt: skip


@given(
    st.lists(st.builds(Change, st.sampled_from(STATES), st.integers(0, 3_600_000)), min_size=1, max_size=12),
    st.integers(0, 10_000_000),
    st.integers(0, 10_000_000),
)
def test_nobody_is_attentive_in_the_future_or_before_they_came(
    changes: list[Change], since: int, now: int
) -> None:
    moments = [utc_ms for utc_ms, _ in placed(changes, since=since, now=now)]
    assert moments == sorted(moments)
    assert min(since, now) <= moments[0]
    assert moments[-1] <= max(now, min(since, now))
    assert [state for _, state in placed(changes, since=since, now=now)] == [change.to for change in changes]


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"changes": []},
        {"changes": [{"to": "asleep", "ago_ms": 0}]},
        {"changes": [{"to": "away", "ago_ms": -1}]},
        {"changes": [{"to": "away", "ago_ms": 3_600_001}]},
        {"changes": [{"to": "away", "ago_ms": 0}] * 13},
        {"changes": [{"to": "away", "ago_ms": 0, "utc_ms": 5}]},
        {"changes": [{"to": "away", "ago_ms": 0}], "connection": "another"},
    ],
)
def test_what_is_no_report(raw: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(raw, PageStateMessage)


def said(minute: float, participant: str, connection: str, *changes: tuple[float, str]) -> Happening:
    moments = [[round(m * MINUTE), state] for m, state in changes]
    person = {"participant": participant, "connection": connection, "changes": moments}
    return at(minute, "page_states_reported", None, people=[person])


def row(*happenings: Happening) -> Any:
    lesson = (at(10, "session_started"), joined(10, "p", "ann"), *happenings, at(40, "session_ended"))
    return attendance(lesson, ("ann",), 100 * MINUTE)[0]


def test_away_is_time_in_which_every_device_was_hidden_and_silent() -> None:
    found = row(
        opened(10, "p", "pc"), said(10, "p", "pc", (10, "watching")), said(20, "p", "pc", (15, "away")),
        opened(18, "p", "phone"), said(18, "p", "phone", (18, "listening")), closed(25, "p", "phone"),
        said(31, "p", "pc", (30, "watching")), closed(40, "p", "pc"),
    )  # fmt: skip
    assert found.away == ((15 * MINUTE, 18 * MINUTE), (25 * MINUTE, 30 * MINUTE))
    assert (found.present_ms, found.attentive_ms) == (30 * MINUTE, 22 * MINUTE)


def test_what_nobody_reported_is_neither() -> None:
    found = row(opened(10, "p", "pc"), said(20, "p", "pc", (20, "watching")), closed(30, "p", "pc"))
    assert (found.present_ms, found.attentive_ms, found.away) == (20 * MINUTE, 10 * MINUTE, ())


def test_no_claim_counts_for_time_without_that_connection() -> None:
    found = row(
        opened(12, "p", "pc"), closed(14, "p", "pc"), said(30, "p", "pc", (12, "watching")),
        said(30, "p", "foreign", (12, "watching")), said(30, "nobody", "pc", (12, "watching")),
    )  # fmt: skip
    assert (found.present_ms, found.attentive_ms) == (2 * MINUTE, 0)


def test_a_phone_before_a_screen_is_not_judged_by_its_page() -> None:
    seat = at(10, "connection_opened", "p", participant="p", connection="c", device="phone", source="screen")
    found = row(seat, said(11, "p", "c", (11, "away")), closed(40, "p", "c"))
    assert (found.present_ms, found.away) == (30 * MINUTE, ())


reports = st.lists(
    st.tuples(st.sampled_from(["pc", "phone"]), st.sampled_from(STATES), st.integers(0, 60)), max_size=12
)


@given(reports)
def test_attention_and_away_are_parts_of_presence(script: list[tuple[str, str, int]]) -> None:
    found = row(
        opened(10, "p", "pc"),
        opened(12, "p", "phone"),
        *[said(13, "p", connection, (minute, state)) for connection, state, minute in script],
        closed(30, "p", "pc"),
        closed(35, "p", "phone"),
    )
    assert found.present_ms == 25 * MINUTE
    assert found.attentive_ms + length_ms(found.away) <= found.present_ms


def test_it_is_shown_to_nobody() -> None:
    proof = live_lesson()
    reported = PageStatesReported(
        people=(Attended(participant="l1", connection="c", changes=((1, "away"),)),)
    )
    proof.append(NewEvent(payload=reported))
    assert proof.projected[-1].puts == ()


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[TimelineEngine]:
    database = Database(f"sqlite:///{tmp_path / 'lectern.db'}")
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    engine = engine_over(database)
    await begin(engine)
    yield engine
    await database.close()


async def stored(engine: TimelineEngine) -> list[PageStatesReported]:
    async with engine.database.read() as tx:
        events = await engine.store.read(tx, SESSION, 0)
    return [event.payload for event in events if isinstance(event.payload, PageStatesReported)]


def report(participant: str) -> Attended:
    return Attended(participant=participant, connection=f"c-{participant}", changes=((5, "away"),))


async def test_what_comes_together_is_one_event(engine: TimelineEngine) -> None:
    gathered = PageStateGatherer(engine)
    for participant in ("l1", "l2", "l1"):
        gathered.take(SESSION, report(participant))
    await gathered.flush()
    await gathered.flush()
    assert [[person.participant for person in event.people] for event in await stored(engine)] == [
        ["l1", "l2", "l1"]
    ]


async def test_after_the_lesson_nothing_is_stored_and_a_store_that_is_away_harms_nobody(
    engine: TimelineEngine,
) -> None:
    gathered = PageStateGatherer(engine)
    gathered.take("no-such-session", report("l1"))
    gathered.take(SESSION, report("l1"))
    await gathered.flush()
    assert len(await stored(engine)) == 1
    async with engine.change(SESSION) as change:
        change.append(NewEvent(payload=SessionEnded()))
    gathered.take(SESSION, report("l1"))
    await gathered.flush()
    assert len(await stored(engine)) == 1


async def test_a_bound_on_what_waits(engine: TimelineEngine) -> None:
    gathered = PageStateGatherer(engine)
    for _ in range(MOST_WAITING):
        gathered.take(SESSION, report("l1"))
    with pytest.raises(Overloaded):
        gathered.take(SESSION, report("l1"))


async def test_over_a_socket_the_connection_is_the_servers_and_often_is_too_often(
    engine: TimelineEngine,
) -> None:
    message = {"changes": [{"to": "away", "ago_ms": 3_000_000}]}
    async with (
        class_server(engine) as server,
        connected(server.url, "learner:l1") as learner,
        connected(server.url, "host:h") as host,
    ):

        async def say(client: Client, data: dict[str, Any]) -> Any:
            answer = await client.socket.call("page_state", data, namespace="/class", timeout=WAIT_S)
            return answer["error"]["code"] if "error" in answer else answer

        assert await say(host, message) == "not_allowed"
        assert await say(learner, {"changes": []}) == "message_invalid"
        before = engine.clock()
        assert [await say(learner, message) for _ in range(2)] == [{"ok": True}] * 2
        assert await say(learner, message) == "too_fast"
        await server.namespace._page_states.flush()
    [event] = await stored(engine)
    assert [person.participant for person in event.people] == ["l1", "l1"]
    first, second = (person.changes[0][0] for person in event.people)
    # Fifty minutes ago is before this connection: it counts from its opening on, later ones from there.
    assert before - 30_000 < first <= second <= engine.clock()
