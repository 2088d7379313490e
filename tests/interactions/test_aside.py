"""What is not for the replay: everybody is told, staff decide, the lesson's end ends it."""

from lectern.timeline.event import NewEvent, SessionStarted
from tests.interactions.lesson import end, live_lesson, refused, wait, waiting_lesson


def test_everybody_is_told_and_the_end_ends_it() -> None:
    proof = live_lesson()
    assert "aside" not in proof.clients["l1"].entities
    proof.command("p", "aside_begin")
    since = proof.clients["l1"].entities["aside"]
    wait(proof, 3)
    proof.command("h", "aside_begin")  # again: nothing changes
    assert proof.clients["p"].entities["aside"] == since
    proof.command("h", "aside_end")
    proof.command("p", "aside_end")
    assert "aside" not in proof.clients["l1"].entities
    proof.command("p", "aside_begin")
    end(proof)
    assert "aside" not in proof.clients["l1"].entities


def test_learners_do_not_decide_and_only_a_lesson_has_asides() -> None:
    proof = waiting_lesson()
    refused(proof, "session_not_live", "p", "aside_begin")
    proof.append(NewEvent(payload=SessionStarted(), actor="p"))
    refused(proof, "not_allowed", "l1", "aside_begin")
