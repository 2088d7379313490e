"""The engine: once per command, in commit order, the same for every process."""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.lesson.idea import refuse_lapsed
from interactions.poll.idea import POLL
from lectern.db.engine import Database
from lectern.kernel.errors import Forbidden, LecternError, NotFound, ProtocolViolation, Rejected
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from lectern.timeline.bus import LocalBus
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent, ParticipantJoined, ParticipantRemoved, TimelineEvent
from lectern.timeline.idea import Actor, Audience, Viewer
from lectern.timeline.live import LiveSession
from lectern.timeline.store import FirstResult, Head
from tests.class_proof import through_json
from tests.interactions.class_server import REGISTRY, SESSION, begin, engine_over, two_engines

P = Actor("p", SessionRole.PRESENTER)
L1, L2 = Actor("l1", SessionRole.LEARNER), Actor("l2", SessionRole.LEARNER)
EVERY_VIEWER = (
    Viewer("p", Audience.STAFF),
    Viewer("l1", Audience.LEARNER),
    Viewer("l2", Audience.LEARNER),
    Viewer("s", Audience.SCREEN),
)


@pytest.fixture
async def engine(database: Database) -> TimelineEngine:
    engine = engine_over(database)
    await begin(engine)
    return engine


async def give(engine: TimelineEngine, actor: Actor, command_type: str, **data: object) -> FirstResult:
    """Give a command with a fresh id."""
    return await engine.execute(SESSION, actor, new_id(), command_type, data)


async def open_poll(engine: TimelineEngine) -> str:
    """Open a poll."""
    opened = await give(engine, P, "poll_open", question="Q", options=["A", "B"], show="live")
    id_ = opened.result["id"]
    assert isinstance(id_, str)
    return id_


async def stored(engine: TimelineEngine) -> list[TimelineEvent]:
    """Read the whole timeline."""
    async with engine.database.read() as tx:
        return await engine.store.read(tx, SESSION, 0)


async def test_a_repeated_command_happens_once(engine: TimelineEngine) -> None:
    raw = {"text": "hello"}
    first = await engine.execute(SESSION, L1, "c1", "chat_send", raw)
    assert await engine.execute(SESSION, L1, "c1", "chat_send", raw) == first
    at_once = await asyncio.gather(*(engine.execute(SESSION, L1, "c2", "chat_send", raw) for _ in range(5)))
    assert len({result.seq for result in at_once}) == 1
    other = await engine.execute(SESSION, L2, "c1", "chat_send", raw)
    assert other.result != first.result
    assert [event.type for event in await stored(engine)].count("chat_sent") == 3


async def test_refusals_change_nothing_and_may_be_tried_again(engine: TimelineEngine) -> None:
    before = len(await stored(engine))
    with pytest.raises(Rejected):
        await engine.execute(SESSION, L1, "c1", "chat_send", {"text": ""})
    with pytest.raises(Forbidden):
        await engine.execute(SESSION, L1, "c1", "poll_publish", {"id": "x"})
    with pytest.raises(ProtocolViolation):
        await engine.execute(SESSION, L1, "c1", "chat_send", {"text": 5})
    with pytest.raises(ProtocolViolation):
        await engine.execute(SESSION, L1, "c1", "nothing", {})
    with pytest.raises(NotFound):
        await engine.execute("nothing", L1, "c1", "hand_raise", {})
    assert len(await stored(engine)) == before
    assert (await engine.execute(SESSION, L1, "c1", "chat_send", {"text": "now"})).seq == before + 1


async def test_somebody_who_was_removed_gives_no_commands(engine: TimelineEngine) -> None:
    async with engine.change(SESSION) as change:
        change.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
    with pytest.raises(Forbidden) as caught:
        await give(engine, L1, "hand_raise")
    assert caught.value.code == "removed"


async def test_a_host_who_was_demoted_gives_no_more_commands_of_a_host(engine: TimelineEngine) -> None:
    """On the connection that they were admitted with as a host; as the learner they are now, they do."""
    host = Actor("h", SessionRole.HOST)
    await give(engine, host, "chat_rules", open=True, moderated=True)
    joined = ParticipantJoined(participant="h", kind="person", role="learner", person=None, name_ref="n")
    async with engine.change(SESSION) as change:
        change.append(NewEvent(payload=joined, actor="h"))
    with pytest.raises(Forbidden) as caught:
        await give(engine, host, "chat_rules", open=True, moderated=False)
    assert caught.value.code == "not_allowed"
    await give(engine, Actor("h", SessionRole.LEARNER), "chat_send", text="as one of you")


async def test_a_follower_that_fails_takes_the_events_with_it(database: Database) -> None:
    @dataclass(slots=True)
    class Moody:
        fails: bool = False
        took: list[int] = field(default_factory=list)

        async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
            self.took.extend(event.seq for event in events)
            if self.fails:
                raise RuntimeError("not today")

    moody = Moody()
    engine = TimelineEngine(database, REGISTRY, LocalBus(), followers=(moody,), guard=refuse_lapsed)
    await begin(engine)
    moody.fails = True
    with pytest.raises(RuntimeError):
        await give(engine, L1, "hand_raise")
    moody.fails = False
    raised = await give(engine, L1, "hand_raise")
    events = await stored(engine)
    assert [event.type for event in events].count("hand_raised") == 1
    assert raised.seq == events[-1].seq == moody.took[-1] == moody.took[-2]


async def test_it_is_announced_after_the_commit_in_timeline_order(engine: TimelineEngine) -> None:
    heard: list[int] = []
    engine.bus.listen(lambda _session, seq: heard.append(seq))
    await asyncio.gather(*(give(engine, L1, "chat_send", text=f"{n}") for n in range(10)))
    assert heard == sorted(heard)
    assert heard[-1] == (await stored(engine))[-1].seq


async def test_a_view_continues_or_starts_over(engine: TimelineEngine) -> None:
    viewer = Viewer("l1", Audience.LEARNER)
    seq = (await engine.view(SESSION, viewer, None)).seq
    await give(engine, L2, "chat_send", text="a")
    view = await engine.view(SESSION, viewer, seq)
    assert view.entities is None
    assert view.events is not None
    assert [event["seq"] for event in view.events] == [seq + 1]
    assert (await engine.view(SESSION, viewer, seq + 1)).events == []
    assert (await engine.view(SESSION, viewer, seq + 2)).events is None


async def test_erased_words_leave_database_cache_and_recent_events(engine: TimelineEngine) -> None:
    viewer = Viewer("l1", Audience.LEARNER)
    seq = (await engine.view(SESSION, viewer, None)).seq
    message = (await give(engine, L2, "chat_send", text="a secret")).result["id"]
    await give(engine, L2, "chat_delete", id=message)
    view = await engine.view(SESSION, viewer, seq)
    assert view.events is not None
    assert "a secret" not in str(view.events)
    assert "a secret" not in str((await engine.current(SESSION)).recent)
    assert all("a secret" not in str(event.texts) for event in await stored(engine))
    fresh = engine_over(engine.database)
    entities = (await fresh.view(SESSION, viewer, None)).entities
    assert entities is not None
    assert entities[f"message/{message}"]["text"] is None


async def test_a_fresh_process_folds_the_same_state(engine: TimelineEngine) -> None:
    poll = await open_poll(engine)
    await give(engine, L1, "poll_vote", id=poll, option=0)
    await give(engine, L2, "chat_send", text="hello")
    await give(engine, P, "breakout_open", groups=[{"name": "G", "members": ["l1"]}], seconds=60)
    fresh = engine_over(engine.database)
    for viewer in EVERY_VIEWER:
        ours, theirs = await engine.view(SESSION, viewer, None), await fresh.view(SESSION, viewer, None)
        assert through_json(ours.entities) == through_json(theirs.entities)


async def test_at_least_spares_the_database(engine: TimelineEngine) -> None:
    live = await engine.current(SESSION)
    seq = live.state.seq
    await give(engine_over(engine.database), L1, "hand_raise")
    assert (await engine.current(SESSION, at_least=seq)).state.seq == seq
    assert (await engine.current(SESSION, at_least=seq + 1)).state.seq == seq + 1


@pytest.fixture
async def two_processes(
    postgres_url: str, redis_url: str
) -> AsyncIterator[tuple[TimelineEngine, TimelineEngine]]:
    """Two server processes as far as the class can tell: each its own pool, cache and Redis connection."""
    async with two_engines(postgres_url, redis_url) as engines:
        yield engines


async def reaches(engine: TimelineEngine, heard: asyncio.Event, seq: int) -> LiveSession:
    """Wait for announcements until the state is at `seq`."""
    async with asyncio.timeout(25):
        while True:
            live = await engine.current(SESSION)
            if live.state.seq >= seq:
                return live
            await heard.wait()
            heard.clear()


@pytest.mark.services
async def test_commands_through_one_process_are_heard_in_the_other(
    two_processes: tuple[TimelineEngine, TimelineEngine],
) -> None:
    a, b = two_processes
    heard = asyncio.Event()
    await asyncio.sleep(0.1)
    b.bus.listen(lambda _session, _seq: heard.set())
    await give(a, L1, "hand_raise")
    async with asyncio.timeout(25):
        await heard.wait()
    last = await give(a, L2, "chat_send", text="hello")
    live = await reaches(b, heard, last.seq)
    assert live.state.texts.keys() >= {event.raw["text_ref"] for event in (await stored(a))[-1:]}


@pytest.mark.services
async def test_concurrent_votes_through_two_processes_count_once_and_leave_no_gap(
    two_processes: tuple[TimelineEngine, TimelineEngine],
) -> None:
    a, b = two_processes
    poll = await open_poll(a)
    voters = [Actor(f"v{n}", SessionRole.LEARNER) for n in range(20)]
    votes = [
        give(engine, voter, "poll_vote", id=poll, option=option)
        for voter in voters
        for engine, option in ((a, 0), (b, 0), (a, 0))
    ]
    await asyncio.gather(*votes)
    events = await stored(a)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.type for event in events].count("poll_voted") == len(voters)
    for engine in two_processes:
        assert (await engine.current(SESSION)).state.of(POLL).by_id[poll].counts == [20, 0]


@pytest.mark.services
async def test_one_command_id_through_two_processes_happens_once(
    two_processes: tuple[TimelineEngine, TimelineEngine],
) -> None:
    raw = {"text": "once"}
    results = await asyncio.gather(
        *(engine.execute(SESSION, L1, "same", "chat_send", raw) for engine in two_processes * 5)
    )
    assert len({result.seq for result in results}) == 1
    assert [event.type for event in await stored(two_processes[0])].count("chat_sent") == 1


async def test_commands_that_wait_share_a_commit_and_a_refusal_is_its_own(engine: TimelineEngine) -> None:
    poll = await open_poll(engine)
    await give(engine, L1, "poll_vote", id=poll, option=0)
    commits, works = engine.counts.commits, engine.counts.works
    outcomes = await asyncio.gather(
        *(
            engine.execute(SESSION, Actor(f"v{n}", SessionRole.LEARNER), "c", "poll_vote", data)
            for n in range(60)
            for data in ({"id": poll, "option": 9 if n % 3 == 0 else n % 2},)
        ),
        return_exceptions=True,
    )
    refused = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Rejected)]
    assert refused == list(range(0, 60, 3))
    assert engine.counts.works - works == 60
    assert engine.counts.commits - commits <= 3
    accepted = [outcome.seq for outcome in outcomes if isinstance(outcome, FirstResult)]
    assert len(set(accepted)) == len(accepted) == 40
    events = await stored(engine)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    votes = {event.seq: event.actor for event in events if event.type == "poll_voted"}
    assert votes.keys() > set(accepted)
    live = await engine.current(SESSION)
    fresh = await engine_over(engine.database).current(SESSION)
    for state in (live.state, live.ahead, fresh.state):
        assert state is not None
        assert state.of(POLL).by_id[poll].counts == fresh.state.of(POLL).by_id[poll].counts


async def test_nothing_is_acknowledged_or_seen_before_it_is_committed(
    engine: TimelineEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a batch is being written, viewers are told of nothing in it; if it fails, it never was."""
    seq = (await engine.current(SESSION)).state.seq
    written, go_on = asyncio.Event(), asyncio.Event()
    remember = engine.store.remember_results
    fails = True

    async def slowly(*args: Any) -> None:
        await remember(*args)
        written.set()
        await go_on.wait()
        if fails:
            raise RuntimeError("the database has gone")

    monkeypatch.setattr(engine.store, "remember_results", slowly)
    async with asyncio.TaskGroup() as tasks:
        giving = tasks.create_task(_fault(give(engine, L1, "hand_raise")))
        await written.wait()
        live = await engine.current(SESSION, at_least=seq)
        assert live.state.seq == seq
        stretch = live.since(seq)
        assert stretch is not None
        assert stretch.upto == seq
        assert not giving.done()
        go_on.set()
    assert giving.result() == "the database has gone"
    fails = False
    raised = await give(engine, L1, "hand_raise")
    assert raised.seq == seq + 1
    assert [event.type for event in await stored(engine)].count("hand_raised") == 1


async def _fault(work: Coroutine[Any, Any, FirstResult]) -> str | None:
    try:
        await work
    except RuntimeError as error:
        return str(error)
    return None


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_decided_together_is_what_would_be_decided_one_by_one(
    engine: TimelineEngine, seed: int
) -> None:
    """Two votes of one person, a repeated id, votes after closing: in a batch as in a row."""
    rng = random.Random(seed)
    poll = await open_poll(engine)
    wanted: list[tuple[Actor, str, str, dict[str, object]]] = []
    for _ in range(80):
        voter = Actor(f"v{rng.randrange(12)}", SessionRole.LEARNER)
        vote = {"id": poll, "option": rng.randrange(3)}
        wanted.append((voter, f"c{rng.randrange(5)}", "poll_vote", vote))
    wanted.insert(60, (P, "close", "poll_close", {"id": poll}))
    outcomes = await asyncio.gather(
        *(engine.execute(SESSION, actor, id_, type_, data) for actor, id_, type_, data in wanted),
        return_exceptions=True,
    )
    said: dict[tuple[str, str], object] = {}
    choices: dict[str, int] = {}
    is_open = True
    for (actor, id_, type_, data), outcome in zip(wanted, outcomes, strict=True):
        key = actor.participant_id, id_
        if key in said:
            assert outcome == said[key]
        elif type_ == "poll_close":
            is_open = False
        elif not is_open or data["option"] == 2:
            assert isinstance(outcome, LecternError)
            assert outcome.code == ("option_unknown" if is_open else "poll_closed")
        else:
            said[key] = outcome
            choices[actor.participant_id] = int(str(data["option"]))
    state = (await engine_over(engine.database).current(SESSION)).state.of(POLL).by_id[poll]
    assert {who: cast.picks for who, cast in state.votes.items()} == {who: (n,) for who, n in choices.items()}
