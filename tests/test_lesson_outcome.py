"""What remains of a lesson in which the real class took part: attendance rows and replay marks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analytics.attendance.register import READ, attendance
from analytics.store import AnalyticsStore
from catalogue.lesson_replays import LessonReplays
from catalogue.marks import MARKED
from catalogue.publishing import ReplayRules
from catalogue.publishing_store import PublishingStore
from catalogue.replays import remembered_of
from lectern.db.engine import Database
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import Event, NewEvent, ParticipantJoined, SessionEnded, SessionStarted
from lectern.timeline.idea import Actor
from sessions.presence.idea import ConnectionClosed, ConnectionOpened
from tests.catalogue.conftest import SESSION, open_house
from tests.lesson import START, Lesson, real_class

HOST = Actor("p_host", SessionRole.HOST, "host")
ANN = Actor("p_ann", SessionRole.LEARNER, "ann")
GUEST = Actor("p_guest", SessionRole.LEARNER)


def joined(actor: Actor) -> NewEvent:
    ref = f"name_{actor.participant_id}"
    payload = ParticipantJoined(
        participant=actor.participant_id,
        kind="person" if actor.person_id else "guest",
        role=actor.role,
        person=actor.person_id,
        name_ref=ref,
    )
    return NewEvent(payload=payload, actor=actor.participant_id, texts={ref: actor.participant_id})


def opened(actor: Actor, connection: str) -> Event:
    return ConnectionOpened(connection=connection, participant=actor.participant_id, device="phone")


async def teach(lesson: Lesson) -> dict[str, Any]:
    """Go through a lesson with everything in it; returns the ids of what was opened."""
    await lesson.at(0, *map(joined, (HOST, ANN, GUEST)), opened(ANN, "c1"), opened(GUEST, "c2"))
    await lesson.at(10, SessionStarted())
    command = lesson.command
    checkin = (await command(20, HOST, "checkin_open", seconds=60, late_after_seconds=10, message="Here?"))[
        "id"
    ]
    await command(25, ANN, "checkin_answer", id=checkin)
    await command(40, GUEST, "checkin_answer", id=checkin)
    await command(45, HOST, "checkin_close", id=checkin)
    poll = (await command(50, HOST, "poll_open", question="Which?", options=["A", "B"], show="after_close"))[
        "id"
    ]
    await command(51, ANN, "poll_vote", id=poll, option=0)
    await command(52, ANN, "poll_vote", id=poll, option=1)
    question = (await command(60, GUEST, "question_ask", text="Why?"))["id"]
    hidden = (await command(61, GUEST, "question_ask", text="Hm?"))["id"]
    await command(70, HOST, "question_publish", id=question)
    await command(71, HOST, "question_publish", id=hidden)
    await command(72, HOST, "question_dismiss", id=hidden)
    await command(80, ANN, "chat_send", text="Hello", group=None)
    groups = [{"name": "One", "task": "Talk", "members": ["p_ann"]}]
    await command(90, HOST, "breakout_open", groups=groups, seconds=None)
    gone = ConnectionClosed(connection="c2", participant="p_guest", at_utc_ms=START + 70_000, reason="lost")
    await lesson.at(100, gone)
    await lesson.at(130, SessionEnded())
    return {"checkin": checkin, "poll": poll, "question": question}


async def test_attendance_tells_what_everybody_did(sqlite_database: Database) -> None:
    lesson = await Lesson.open(sqlite_database, SESSION, registry=real_class())
    ids = await teach(lesson)
    async with sqlite_database.read() as tx:
        happenings = await AnalyticsStore().happenings(tx, SESSION)
    ann, away, guest = attendance(happenings, ["ann", "away"], lesson.now)
    assert (ann.person, ann.present_ms, ann.checkins) == ("ann", 120_000, ((ids["checkin"], "on_time"),))
    assert (ann.answers, ann.messages, ann.questions) == (1, 1, 0)
    assert (guest.present_ms, guest.checkin_status, guest.questions) == (60_000, "late", 2)
    assert (away.present_ms, away.checkin_status, away.participant) == (0, "absent", None)


async def test_marks_show_the_class_as_learners_last_saw_it(
    sqlite_database: Database, tmp_path: Path
) -> None:
    house = await open_house(sqlite_database, tmp_path)
    follower = LessonReplays(house, house.store)
    house.lesson = await Lesson.open(sqlite_database, "real", follower, registry=real_class())
    house.keeper = replace(house.keeper, engine=house.lesson.engine)
    ids = await teach(house.lesson)
    async with sqlite_database.read() as tx:
        assert await house.store.unfinished(tx) == ["real"]
    await house.pack(session_id="real")
    assert await house.keeper.refresh("real")
    async with sqlite_database.read() as tx:
        replay = await house.store.replay_of(tx, "real")
    assert replay is not None
    found = (await remembered_of(house.lesson.engine, house.store, replay)).marks
    assert [(mark.kind, mark.at_ms, mark.title) for mark in found] == [
        ("checkin", 0, "Here?"),
        ("poll", 30_000, "Which?"),
        ("question", 50_000, "Why?"),
        ("breakout", 70_000, ""),
    ]
    assert [mark.id for mark in found[:3]] == [ids["checkin"], ids["poll"], ids["question"]]
    poll = found[1].data
    assert poll is not None
    assert (poll["state"], poll["counts"], poll["voters"]) == ("closed", [0, 1], 1)


async def test_a_replay_can_be_silent_about_who_was_there(sqlite_database: Database, tmp_path: Path) -> None:
    house = await open_house(sqlite_database, tmp_path)
    follower = LessonReplays(house, house.store)
    house.lesson = await Lesson.open(sqlite_database, "real", follower, registry=real_class())
    house.keeper = replace(house.keeper, engine=house.lesson.engine)
    await teach(house.lesson)
    await house.pack(session_id="real")
    assert await house.keeper.refresh("real")

    async def told() -> str:
        async with sqlite_database.read() as tx:
            replay = await house.store.replay_of(tx, "real")
        assert replay is not None
        return repr(await remembered_of(house.lesson.engine, house.store, replay))

    assert "p_guest" in await told(), "whose question it was"
    rules = ReplayRules(learners_unnamed=True)
    async with sqlite_database.write() as tx:
        await PublishingStore().set_rules(tx, "org", "real", rules, START)
    silent = await told()
    assert "Why?" in silent
    for word in ("p_ann", "p_guest", "p_host", "ann", "Hello"):
        assert word not in silent.replace("answer", ""), word


@pytest.mark.parametrize("type_", sorted(READ | set(MARKED)))
def test_every_event_that_is_read_is_written_by_somebody(type_: str) -> None:
    types = {payload.TYPE for idea in real_class().ideas for payload in idea.events}
    assert type_ in types
