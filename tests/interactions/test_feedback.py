"""Feedback: the form's figures, who may hand in when, what storage knows, and the work items of its texts."""

import asyncio
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from interactions.feedback import store
from interactions.feedback.commands import FEWEST, Terms, hand_in
from interactions.feedback.form import FORMS, GRADES, Answer, checked, figures, recommendation
from interactions.feedback.tables import counts, texts
from interactions.feedback.work_items import STEPS, Change, Item, Kind, State, Step, changed, differences
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, LecternError, Rejected
from lectern.kernel.roles import SessionRole
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent, ParticipantRemoved, SessionEnded
from tests.class_proof import Proof
from tests.interactions.class_server import SESSION, begin, engine_over, join
from tests.interactions.lesson import end, live_lesson, refused, waiting_lesson

DAY_MS = 86_400_000
TERMS = Terms()
LEARNERS = [f"l{n}" for n in range(1, 2 * FEWEST + 1)]


def hands_in(proof: Proof, who: str) -> str:
    """Let somebody hand in a form; return what came of it."""
    try:
        decision = hand_in(proof.state, proof.now, who, Answer({"course": 4}), TERMS)
    except LecternError as refusal:
        return refusal.code
    proof.append(*decision.events)
    return "taken"


def test_it_is_taken_once_from_the_end_of_the_lesson_to_the_deadline() -> None:
    proof = live_lesson()
    assert hands_in(proof, "l1") == "feedback_too_early"
    end(proof)
    assert [hands_in(proof, who) for who in ("l1", "l1", "l2")] == ["taken", "feedback_given", "taken"]
    proof.now = UtcMs(proof.now + TERMS.days * DAY_MS)
    assert hands_in(proof, "l3") == "taken"
    proof.now = UtcMs(proof.now + 1)
    assert hands_in(proof, "l9") == "feedback_over"


def test_staff_see_how_many_and_nobody_sees_who() -> None:
    proof = live_lesson()
    end(proof)
    hands_in(proof, "l1")
    assert proof.clients["h"].entities["feedback"] == {"on": True, "lang": None, "given": 1}
    for who in ("l1", "l2", "s"):
        assert proof.clients[who].entities["feedback"] == {"on": True, "lang": None, "given": None}
    assert not any(event["type"] == "feedback_given" for event in proof.clients["l2"].events)


def test_staff_switch_it_off_and_choose_the_language_until_people_are_asked() -> None:
    proof = waiting_lesson()
    proof.command("p", "feedback_set", on=False, lang="zh-CN")
    assert proof.clients["l1"].entities["feedback"] == {"on": False, "lang": "zh-CN", "given": None}
    seq = proof.state.seq
    proof.command("h", "feedback_set", on=False, lang="zh-CN")
    assert proof.state.seq == seq
    refused(proof, "not_allowed", "l1", "feedback_set", on=True)
    end(proof)
    refused(proof, "session_over", "p", "feedback_set", on=True)
    assert hands_in(proof, "l1") == "feedback_off"


def test_who_was_removed_is_not_asked() -> None:
    proof = live_lesson()
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
    end(proof)
    assert hands_in(proof, "l1") == "removed"


def test_a_form_needs_something_in_it_and_keeps_to_its_scales() -> None:
    assert checked({"teacher": 5, "course": None}, "  well done ", None) == Answer(
        {"teacher": 5}, "well done"
    )
    assert checked({}, None, "Ann, 4711").contact == "Ann, 4711"
    for grades, words, code in (
        ({"teacher": None}, " ", "feedback_empty"),
        ({"teacher": 6}, None, "grade_invalid"),
        ({"recommend": 11}, None, "grade_invalid"),
        ({"food": 3}, None, "grade_invalid"),
        ({}, "x" * 2_001, "text_too_long"),
    ):
        with pytest.raises(Rejected) as caught:
            checked(grades, words, None)
        assert caught.value.code == code


@given(st.dictionaries(st.sampled_from(sorted(GRADES)), st.lists(st.integers(1, 5), max_size=30)))
def test_figures_agree_with_the_single_grades(grades: dict[str, list[int]]) -> None:
    given = Counter((question, grade) for question, each in grades.items() for grade in each)
    for figure in figures(given, FEWEST):
        each = grades.get(figure.question, [])
        assert figure.answered == len(each)
        if len(each) < FEWEST:
            assert (figure.counts, figure.mean) == (None, None)
        else:
            assert figure.counts is not None
            assert sum(figure.counts) == len(each)
            assert figure.mean == pytest.approx(sum(each) / len(each))


def test_the_net_promoter_score_and_its_parts() -> None:
    answers = [10, 9, 9, 8, 7, 6, 0, 3]
    nps = recommendation(figures(Counter(("recommend", n) for n in answers), FEWEST)[-1])
    assert nps is not None
    assert (nps.promoters, nps.passives, nps.detractors, nps.answered) == (3, 2, 3, 8)
    assert nps.score == 0
    assert recommendation(figures({}, FEWEST)[-1]) is None


# What lies in the database


@pytest.fixture
async def engine(database: Database) -> TimelineEngine:
    engine = engine_over(database)
    await begin(engine)
    for who in LEARNERS[2:]:
        await join(engine, who, SessionRole.LEARNER)
    async with engine.change(SESSION) as change:
        change.append(NewEvent(payload=SessionEnded(), actor="p"))
    return engine


async def give(engine: TimelineEngine, who: str, answer: Answer) -> str:
    """Hand in a form as the HTTP handler does."""
    try:
        async with engine.change(SESSION) as change:
            decision = hand_in(change.state, change.now, who, answer, TERMS)
            change.append(*decision.events)
            change.append(*await engine.obey(change.tx, change.head, decision.orders))
    except Conflict as refusal:
        return refusal.code
    return "taken"


async def shown(engine: TimelineEngine) -> tuple[int, int, list[Item]]:
    """Return how many forms show, how often the course got four points, and the texts."""
    async with engine.database.read() as tx:
        found = await store.shown(tx, SESSION)
        return found.get((FORMS, 0), 0), found.get(("course", 4), 0), await store.items(tx, "org-1")


async def test_forms_show_in_batches_and_only_of_enough(engine: TimelineEngine) -> None:
    for n, who in enumerate(LEARNERS, start=1):
        assert await give(engine, who, Answer({"course": 4}, f"text {n:02}")) == "taken"
        whole = n // FEWEST * FEWEST
        forms, fours, items = await shown(engine)
        assert (forms, fours, len(items)) == (whole, whole, whole)
    ids = [item.id for item in (await shown(engine))[2]]
    assert ids == sorted(ids)
    assert [item.body for item in items] != [f"text {n:02}" for n in range(1, 2 * FEWEST + 1)]


async def test_who_asks_for_a_call_is_seen_at_once(engine: TimelineEngine) -> None:
    await give(engine, "l1", Answer({"course": 1}, "I was hurt", "Li, 4711"))
    forms, _, items = await shown(engine)
    assert forms == 0
    assert [(item.body, item.contact, item.kind) for item in items] == [
        ("I was hurt", "Li, 4711", Kind.CALL_BACK)
    ]


async def test_storage_cannot_join_a_text_or_a_grade_to_a_person(engine: TimelineEngine) -> None:
    for who in LEARNERS:
        await give(engine, who, Answer({"course": 4, "recommend": 9}, f"words of {who}"))
    async with engine.database.read() as tx:
        rows = (await tx.execute(text("SELECT * FROM feedback_texts"))).mappings().all()
        rest = ""
        for table in counts.metadata.tables:
            if table not in (counts.name, texts.name):
                rest += str(list(await tx.execute(text(f'SELECT * FROM "{table}"'))))
        if not engine.database.is_sqlite:
            written = (await tx.execute(text("SELECT xmin::text FROM feedback_texts"))).scalars().all()
            assert len(set(written)) == 1  # the last transaction wrote all of them
            counted = (await tx.execute(text("SELECT xmin::text FROM feedback_counts"))).scalars().all()
            assert set(counted) == set(written)
    assert len(rows) == len(LEARNERS)
    for row in rows:
        told = {name for name, value in row.items() if value is not None}
        assert told == {"id", "org_id", "session_id", "body", "shown", "state", "version"}
        assert row["id"] not in rest
    assert "words of" not in rest
    given = [event for event in await events(engine) if event["type"] == "feedback_given"]
    assert all(event["payload"] == {} for event in given)
    if engine.database.is_sqlite:
        ids = [row["id"] for row in rows]
        assert ids == sorted(ids)  # as they lie in the file, without a row number beside them


async def events(engine: TimelineEngine) -> list[dict[str, object]]:
    """Return the timeline as it is stored."""
    async with engine.database.read() as tx:
        rows = await tx.execute(text("SELECT type, payload FROM timeline_events ORDER BY seq"))
        return [{"type": row.type, "payload": json.loads(row.payload)} for row in rows]


async def test_two_devices_at_once_count_once(engine: TimelineEngine) -> None:
    twice = [who for who in LEARNERS for _ in range(2)]
    said = await asyncio.gather(*(give(engine, who, Answer({"course": 4})) for who in twice))
    assert Counter(said) == {"taken": len(LEARNERS), "feedback_given": len(LEARNERS)}
    forms, fours, _ = await shown(engine)
    assert (forms, fours) == (len(LEARNERS), len(LEARNERS))


async def test_another_process_knows_who_has_handed_in(engine: TimelineEngine) -> None:
    await give(engine, "l1", Answer({"course": 4}))
    assert await give(engine_over(engine.database), "l1", Answer({"course": 4})) == "feedback_given"


# Work items


def item(state: State, **fields: object) -> Item:
    """Return a work item."""
    values: dict[str, object] = {
        "id": "x", "org_id": "o", "session_id": "s", "body": "words", "contact": "Li", "kind": None,
        "state": state, "owner_person_id": None, "due_on": None, "note": None, "version": 3,
    }  # fmt: skip
    return Item(**{**values, **fields})  # type: ignore[arg-type]  # one dict for all kinds of fields


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("step", list(Step))
def test_an_item_moves_as_its_table_says(state: State, step: Step) -> None:
    change = Change(version=3, kind=None, owner_person_id=None, due_on=None, note=None, step=step)
    target = STEPS[state].get(step)
    if target is None:
        with pytest.raises(Conflict) as caught:
            changed(item(state), change)
        assert caught.value.code == "item_step_invalid"
    else:
        after = changed(item(state), change)
        assert (after.state, after.version) == (target, 4)
        assert (after.contact is None) is (target in {State.DONE, State.DROPPED})


def test_every_state_can_be_reached_and_left() -> None:
    assert set(STEPS) == set(State)
    assert {target for steps in STEPS.values() for target in steps.values()} == set(State)


def test_a_change_is_checked_and_told_without_its_words() -> None:
    before = item(State.NEW)
    change = Change(3, Kind.SHORT_TERM, "ann", "2026-12-31", " call her ", Step.FINISH)
    after = changed(before, change)
    assert (after.note, after.due_on, after.owner_person_id) == ("call her", "2026-12-31", "ann")
    assert differences(before, after) == {
        "kind": "short_term",
        "state": "done",
        "owner_person_id": "ann",
        "due_on": "2026-12-31",
        "note": "changed",
        "contact": "deleted",
    }
    assert differences(before, before) == {}
    for stale, due, code in ((2, None, "item_changed"), (3, "31.12.2026", "date_invalid")):
        with pytest.raises(LecternError) as caught:
            changed(before, Change(stale, None, None, due, None))
        assert caught.value.code == code
