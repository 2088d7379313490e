"""The hint after a time without interaction: when it comes, what puts it off, and who sees it."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.quiet_hint.idea import HINT_MINUTES, QUIET_HINT, Quiet, QuietHintIdea, hint_at
from interactions.registry import COMMANDS, ideas
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import NewEvent, ParticipantRemoved
from lectern.timeline.idea import Registry
from tests.class_proof import Proof
from tests.interactions.lesson import end, live_lesson, refused, wait, waiting_lesson
from tests.interactions.test_any_lesson import AnyLesson

MINUTE_MS = 60_000


def hint(proof: Proof) -> int | None:
    """Return in how many minutes the host gets the hint; None for never."""
    at = proof.clients["h"].entities["attention"]["hint_utc_ms"]
    return None if at is None else (at - proof.now) // MINUTE_MS


def test_it_comes_after_the_time_and_only_while_the_lesson_is_on() -> None:
    assert hint(waiting_lesson()) is None
    proof = live_lesson()
    assert hint(proof) == HINT_MINUTES
    wait(proof, 20 * 60)
    assert hint(proof) == HINT_MINUTES - 20
    end(proof)
    assert hint(proof) is None


def test_only_staff_hear_of_it() -> None:
    proof = live_lesson()
    proof.command("h", "hint_snooze", minutes=5)
    assert "attention" in proof.clients["p"].entities
    for who in ("l1", "s"):
        assert "attention" not in proof.clients[who].entities
    refused(proof, "not_allowed", "l1", "hint_snooze", minutes=5)


@pytest.mark.parametrize(
    ("who", "command", "data"),
    [
        ("p", "poll_open", {"question": "Q", "options": ["A", "B"]}),
        ("h", "checkin_open", {"message": None, "seconds": 60}),
    ],
)
def test_interaction_begins_the_time_anew(who: str, command: str, data: dict[str, Any]) -> None:
    proof = live_lesson()
    wait(proof, 10 * 60)
    proof.command(who, command, **data)
    assert hint(proof) == HINT_MINUTES


def test_what_learners_do_among_themselves_is_none() -> None:
    proof = live_lesson()
    wait(proof, 10 * 60)
    proof.command("l1", "chat_send", text="hello")
    proof.command("l2", "question_ask", text="Why?")
    proof.command("l3", "hand_raise")
    proof.command("l3", "hand_lower")
    assert hint(proof) == HINT_MINUTES - 10


def test_a_question_that_is_taken_up_is() -> None:
    proof = live_lesson()
    asked = proof.command("l1", "question_ask", text="Why?")["id"]
    proof.command("h", "question_publish", id=asked)
    wait(proof, 10 * 60)
    assert hint(proof) == HINT_MINUTES - 10
    proof.command("p", "question_pin", id=asked)
    assert hint(proof) == HINT_MINUTES


def test_no_hint_while_groups_work_or_a_learner_is_on_stage() -> None:
    proof = live_lesson()
    proof.command("p", "breakout_open", groups=[{"name": "One", "members": ["l1"]}])
    assert hint(proof) is None
    proof.command("p", "breakout_close")
    assert hint(proof) == HINT_MINUTES
    for leave in ("lower", "remove"):
        proof.command("p", "stage_invite", participant="l1")
        wait(proof, 60 * 60)
        assert hint(proof) is None
        if leave == "lower":
            proof.command("l1", "hand_lower")
        else:
            proof.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
        assert hint(proof) == HINT_MINUTES


def test_it_is_put_off_for_all_of_the_staff_or_for_good() -> None:
    proof = live_lesson()
    wait(proof, 20 * 60)
    proof.command("p", "hint_snooze", minutes=10)
    assert hint(proof) == 10
    proof.command("h", "hint_snooze")
    assert hint(proof) is None
    proof.command("h", "hint_snooze", minutes=10)
    assert hint(proof) == 10
    for minutes in (0, 241):
        refused(proof, "minutes_invalid", "h", "hint_snooze", minutes=minutes)
    end(proof)
    refused(proof, "session_over", "h", "hint_snooze", minutes=5)


def test_an_installation_sets_the_time_or_does_without() -> None:
    listening = Quiet(since_utc_ms=UtcMs(0))
    assert hint_at(listening, 3) == 3 * MINUTE_MS
    assert hint_at(listening, 0) is None
    found = [idea for idea in Registry.of(ideas(3), COMMANDS).ideas if isinstance(idea, QuietHintIdea)]
    assert [idea.minutes for idea in found] == [3]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_a_hint_is_never_due_earlier_than_the_time_after_the_last_event_that_counts(seed: int) -> None:
    lesson = AnyLesson(Random(seed))
    for _ in range(40):
        lesson.step()
        quiet = lesson.proof.state.of(QUIET_HINT)
        at = hint_at(quiet, HINT_MINUTES)
        counted = [e.utc_ms for e in lesson.proof.stored if e.type in {"poll_opened", "checkin_opened"}]
        if at is not None:
            assert quiet.since_utc_ms is not None
            assert at >= max([quiet.since_utc_ms, *counted]) + HINT_MINUTES * MINUTE_MS
