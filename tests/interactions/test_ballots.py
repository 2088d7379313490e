"""Anonymous polls: counted once, changeable by whoever holds the secret, and linkable by nobody."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text

from interactions.ballots.tables import ballots
from interactions.deadlines import Deadlines
from interactions.poll.idea import FEWEST_SHOWN, MOST_TEXTS_SHOWN, POLL, SAME_CHARS
from lectern.db.engine import Database
from lectern.kernel.errors import Conflict
from lectern.kernel.roles import SessionRole
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent, SessionEnded
from lectern.timeline.idea import Actor
from tests.class_proof import Proof
from tests.interactions.class_server import SESSION, begin, engine_over, join
from tests.interactions.lesson import end, live_lesson, refused

P = Actor("p", SessionRole.PRESENTER)
QUESTION: dict[str, Any] = {"question": "Honestly?", "options": ["Yes", "No"], "anonymous": True}
LEARNERS = [f"l{n}" for n in range(1, FEWEST_SHOWN + 1)]


def secret(who: str) -> str:
    """Return the secret that somebody's browser holds."""
    return f"secret-of-{who}".ljust(16, "x")


def full_lesson(learners: int) -> tuple[Proof, str]:
    """Return a lesson with an open anonymous poll."""
    proof = live_lesson()
    for n in range(4, learners + 1):
        proof.join(f"l{n}", SessionRole.LEARNER)
    return proof, proof.command("p", "poll_open", **QUESTION)["id"]


@pytest.mark.parametrize(("learners", "counts"), [(FEWEST_SHOWN, [4, 1]), (FEWEST_SHOWN - 1, None)])
def test_results_appear_after_the_close_and_only_of_enough_ballots(
    learners: int, counts: list[int] | None
) -> None:
    proof, id_ = full_lesson(learners)
    for n in range(1, learners + 1):
        proof.command(f"l{n}", "poll_vote", id=id_, option=int(n == 1), secret=secret(f"l{n}"))
        seen = proof.clients["h"].entities[f"poll/{id_}"]
        assert (seen["voters"], seen["counts"], seen["fewest"]) == (n, None, FEWEST_SHOWN)
    proof.command("h", "poll_close", id=id_)
    for who in ("h", "l1", "s"):
        seen = proof.clients[who].entities[f"poll/{id_}"]
        assert (seen["counts"], seen["counted"], seen["voters"]) == (counts, True, learners)


def test_an_answer_is_changed_with_its_secret_and_with_no_other() -> None:
    proof, id_ = full_lesson(FEWEST_SHOWN)
    for who in LEARNERS:
        proof.command(who, "poll_vote", id=id_, option=0, secret=secret(who))
    seq = proof.state.seq
    proof.command("l1", "poll_vote", id=id_, option=1, secret=secret("l1"))
    assert proof.state.seq == seq  # not even that somebody changed their mind is on the timeline
    refused(proof, "ballot_elsewhere", "l1", "poll_vote", id=id_, option=0, secret=secret("new phone"))
    refused(proof, "ballot_secret_missing", "l2", "poll_vote", id=id_, option=0)
    proof.command("p", "poll_publish", id=id_)
    assert proof.clients["l2"].entities[f"poll/{id_}"]["counts"] == [4, 1]
    assert proof.clients["l1"].entities[f"my/vote/{id_}"] == {"option": None, "picks": [], "correct": None}


def test_somebody_elses_secret_is_of_no_use_to_who_has_not_answered() -> None:
    proof, id_ = full_lesson(3)
    proof.command("l1", "poll_vote", id=id_, option=0, secret=secret("l1"))
    refused(proof, "ballot_elsewhere", "l2", "poll_vote", id=id_, option=1, secret=secret("l1"))


def test_what_was_written_comes_in_an_order_that_says_nothing() -> None:
    proof, _ = full_lesson(FEWEST_SHOWN)
    id_ = proof.command("p", "poll_open", question="Why?", kind="text", anonymous=True)["id"]
    for who, words in zip(reversed(LEARNERS), "edcba", strict=True):
        proof.command(who, "poll_vote", id=id_, text=words, secret=secret(who))
    proof.command("p", "poll_close", id=id_)
    assert proof.clients["p"].entities[f"poll/{id_}"]["texts"] == list("abcde")
    assert proof.clients["l1"].entities[f"poll/{id_}"]["texts"] is None
    proof.command("p", "poll_publish", id=id_)
    assert proof.clients["l1"].entities[f"poll/{id_}"]["texts"] == list("abcde")
    assert not any(path.startswith("answer/") for path in proof.clients["p"].entities)


def test_of_many_texts_the_most_frequent_are_shown_with_how_many_there_are() -> None:
    """An alphabetical cut showed whatever begins with the last letters, and nobody could read the rest."""
    proof, _ = full_lesson(FEWEST_SHOWN)
    for n in range(FEWEST_SHOWN + 1, MOST_TEXTS_SHOWN + 6):
        proof.join(f"l{n}", SessionRole.LEARNER)
    id_ = proof.command("p", "poll_open", question="Why?", kind="text", anonymous=True)["id"]
    long = "z" * (SAME_CHARS + 1)
    said = ["Z last", "ｚ  LAST", long, long.upper()] + [f"a{n:02}" for n in range(MOST_TEXTS_SHOWN + 1)]
    for n, words in enumerate(said, start=1):
        proof.command(f"l{n}", "poll_vote", id=id_, text=words, secret=secret(f"l{n}"))
    proof.command("p", "poll_publish", id=id_)
    poll = proof.state.of(POLL).by_id[id_]
    assert poll.texts_shown is not None, "drawn once for everybody, now that nobody answers any more"
    for who in ("p", "l1"):
        seen = proof.clients[who].entities[f"poll/{id_}"]
        assert (len(seen["texts"]), seen["texts_total"]) == (MOST_TEXTS_SHOWN, len(said))
        assert (seen["texts"][0], seen["text_counts"][:2]) == ("Z last", [2, 1])
        assert seen["texts"][1] == "Z" * len(long), "as it was written, and not one with its small letters"
        assert seen["texts"][2:] == [f"a{n:02}" for n in range(MOST_TEXTS_SHOWN - 2)]


def test_the_end_of_the_lesson_leaves_the_ballots_to_the_clockwork() -> None:
    proof, id_ = full_lesson(3)
    proof.command("l1", "poll_vote", id=id_, option=0, secret=secret("l1"))
    end(proof)
    assert proof.clients["p"].entities[f"poll/{id_}"]["counted"] is False


@pytest.fixture
async def engine(database: Database) -> TimelineEngine:
    engine = engine_over(database)
    await begin(engine)
    for who in LEARNERS:
        await join(engine, who, SessionRole.LEARNER)
    return engine


async def opened(engine: TimelineEngine) -> str:
    """Open an anonymous poll that everybody answers, the last one first."""
    id_ = str((await engine.execute(SESSION, P, "open", "poll_open", QUESTION)).result["id"])
    for who in reversed(LEARNERS):
        await answer(engine, id_, who, int(who == "l1"))
    return id_


async def answer(engine: TimelineEngine, id_: str, who: str, option: int, command: str = "1") -> None:
    """Let somebody answer."""
    data = {"id": id_, "option": option, "secret": secret(who)}
    await engine.execute(SESSION, Actor(who, SessionRole.LEARNER), command, "poll_vote", data)


async def everything(database: Database, *but: str) -> str:
    """Return all rows of all tables as text, without the tables `but`."""
    async with database.read() as tx:
        tables = [table for table in ballots.metadata.tables if table not in but]
        rows = [
            [list(map(str, row)) for row in await tx.execute(text(f'SELECT * FROM "{table}"'))]
            for table in tables
        ]
    return json.dumps(rows)


async def test_storage_cannot_link_a_ballot_to_a_person(engine: TimelineEngine) -> None:
    await opened(engine)
    async with engine.database.read() as tx:
        rows = (await tx.execute(text("SELECT * FROM poll_ballots"))).mappings().all()
    assert len(rows) == FEWEST_SHOWN
    for row in rows:
        assert set(row) == {"poll_id", "key", "org_id", "session_id", "answer"}
        assert set(json.loads(row["answer"])) == {"picks", "text", "right"}
        assert row["key"] not in await everything(engine.database, "poll_ballots")
    keys = [row["key"] for row in rows]
    if engine.database.is_sqlite:
        assert keys == sorted(keys)  # as they lie in the file, without a row number beside them
    assert "secret-of" not in await everything(engine.database)


async def test_two_devices_at_once_are_one_answer_and_a_refusal_stays_one(engine: TimelineEngine) -> None:
    id_ = str((await engine.execute(SESSION, P, "open", "poll_open", QUESTION)).result["id"])

    async def vote(who: str, command: str, by: str, option: int = 0) -> str:
        data = {"id": id_, "option": option, "secret": secret(by)}
        try:
            await engine.execute(SESSION, Actor(who, SessionRole.LEARNER), command, "poll_vote", data)
        except Conflict as refusal:
            return refusal.code
        return "ok"

    # Two devices of everybody, and every command twice, all at once.
    tried = [(who, f"{device}", f"{who}{device}") for who in LEARNERS for device in (1, 2) for _ in range(2)]
    said = await asyncio.gather(*(vote(*each) for each in tried))
    for who in LEARNERS:
        answers = [code for each, code in zip(tried, said, strict=True) if each[0] == who]
        assert answers == ["ok", "ok", "ballot_elsewhere", "ballot_elsewhere"]
    async with engine.database.read() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM poll_ballots"))).scalar() == FEWEST_SHOWN
    await engine.execute(SESSION, P, "close", "poll_close", {"id": id_})
    assert (await engine.current(SESSION)).state.slices["poll"].by_id[id_].counts == [FEWEST_SHOWN, 0]


async def test_the_close_counts_and_destroys_the_ballots_once(engine: TimelineEngine) -> None:
    id_ = await opened(engine)
    await answer(engine, id_, "l2", 1, command="2")
    await answer(engine, id_, "l2", 1, command="2")
    data = {"id": id_, "option": 0, "secret": "x" * 16}
    with pytest.raises(Conflict):
        await engine.execute(SESSION, Actor("l3", SessionRole.LEARNER), "2", "poll_vote", data)
    for command in ("c1", "c2"):
        await engine.execute(SESSION, P, command, "poll_close", {"id": id_})
    async with engine.database.read() as tx:
        events = await engine.store.read(tx, SESSION, 0)
        left = (await tx.execute(text("SELECT count(*) FROM poll_ballots"))).scalar()
    counted = [event.raw for event in events if event.type == "poll_counted"]
    assert [count["counts"] for count in counted] == [[FEWEST_SHOWN - 2, 2]]
    assert left == 0
    assert sum(event.type == "poll_voted" for event in events) == FEWEST_SHOWN


async def test_ballots_of_a_lesson_that_ended_are_counted_by_whoever_runs(engine: TimelineEngine) -> None:
    id_ = await opened(engine)
    async with engine.change(SESSION) as change:
        change.append(NewEvent(payload=SessionEnded(), actor="p"))
    other = engine_over(engine.database)
    assert await Deadlines(other).close_due() is None
    assert await Deadlines(engine).close_due() is None
    polls = (await engine.current(SESSION)).state.slices["poll"]
    assert polls.by_id[id_].counts == [FEWEST_SHOWN - 1, 1]
    async with engine.database.read() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM poll_ballots"))).scalar() == 0
        assert (await tx.execute(text("SELECT count(*) FROM class_deadlines"))).scalar() == 0
