"""Hands: raised, granted, lowered."""

from interactions.hand.idea import may_speak
from lectern.timeline.event import NewEvent, ParticipantRemoved
from tests.class_proof import FIRST_UTC_MS
from tests.interactions.lesson import end, live_lesson, refused, waiting_lesson


def test_a_hand_goes_up_is_granted_and_comes_down() -> None:
    proof = live_lesson()
    proof.command("l1", "hand_raise")
    up = {"participant": "l1", "raised_utc_ms": FIRST_UTC_MS, "granted": False}
    assert proof.clients["l2"].entities["hand/l1"] == up
    assert not may_speak(proof.state, "l1")
    proof.command("h", "hand_grant", participant="l1")
    assert proof.clients["l2"].entities["hand/l1"] == up | {"granted": True}
    assert may_speak(proof.state, "l1")
    proof.command("l1", "hand_lower")
    assert "hand/l1" not in proof.clients["l2"].entities
    assert not may_speak(proof.state, "l1")


def test_repeating_changes_nothing() -> None:
    proof = live_lesson()
    proof.command("l1", "hand_lower")
    proof.command("l1", "hand_raise")
    seq = proof.state.seq
    proof.command("l1", "hand_raise")
    assert proof.state.seq == seq
    proof.command("p", "hand_grant", participant="l1")
    proof.command("p", "hand_grant", participant="l1")
    proof.command("l1", "hand_raise")
    assert proof.state.seq == seq + 1


def test_staff_lower_the_hand_of_others_and_learners_do_not() -> None:
    proof = live_lesson()
    proof.command("l1", "hand_raise")
    refused(proof, "not_allowed", "l2", "hand_lower", participant="l1")
    proof.command("p", "hand_lower", participant="l1")
    assert "hand/l1" not in proof.clients["l1"].entities


def test_only_a_raised_hand_is_granted_and_only_by_staff() -> None:
    proof = live_lesson()
    refused(proof, "hand_not_raised", "p", "hand_grant", participant="l1")
    refused(proof, "not_allowed", "l2", "hand_grant", participant="l2")


def test_hands_come_down_with_their_owner_and_with_the_lesson() -> None:
    proof = live_lesson()
    for who in ("l1", "l2", "l3"):
        proof.command(who, "hand_raise")
    proof.command("p", "hand_grant", participant="l2")
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
    assert "hand/l1" not in proof.clients["p"].entities
    end(proof)
    assert not [path for path in proof.clients["p"].entities if path.startswith("hand/")]
    assert not may_speak(proof.state, "l2")


def test_no_hands_before_the_lesson() -> None:
    refused(waiting_lesson(), "session_not_live", "l1", "hand_raise")
