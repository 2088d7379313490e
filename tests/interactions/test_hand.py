"""Hands: raised, granted, lowered."""

from interactions.hand.idea import invited, may_speak, places_taken
from lectern.kernel.roles import SessionRole
from lectern.kernel.stage import MAX_ON_STAGE
from lectern.timeline.event import NewEvent, ParticipantRemoved, TrackPublished, TrackUnpublished
from tests.class_proof import FIRST_UTC_MS, Proof
from tests.interactions.lesson import end, live_lesson, refused, wait, waiting_lesson


def test_time_on_stage_is_kept_of_everybody_whatever_ends_it() -> None:
    proof = live_lesson()
    for seconds in (30, 12):
        proof.command("l1", "hand_raise")
        wait(proof, 100)
        proof.command("h", "hand_grant", participant="l1")
        wait(proof, seconds / 2)
        proof.command("h", "stage_invite", participant="l1", camera=True)
        wait(proof, seconds / 2)
        proof.command("l1", "hand_lower")
    proof.command("h", "stage_invite", participant="l2")
    invited_utc_ms = proof.now
    wait(proof, 5)
    times = {
        path: entity for path, entity in proof.clients["p"].entities.items() if path.startswith("stage_time")
    }
    assert times == {
        "stage_time/l1": {"participant": "l1", "turns": 2, "total_ms": 42_000, "since_utc_ms": None},
        "stage_time/l2": {"participant": "l2", "turns": 1, "total_ms": 0, "since_utc_ms": invited_utc_ms},
    }
    end(proof)
    assert proof.clients["p"].entities["stage_time/l2"]["total_ms"] == 5_000
    assert not [path for path in proof.clients["l1"].entities if path.startswith("stage_time")]


def test_a_hand_goes_up_is_granted_and_comes_down() -> None:
    proof = live_lesson()
    proof.command("l1", "hand_raise")
    up = {
        "participant": "l1",
        "raised_utc_ms": FIRST_UTC_MS,
        "granted": False,
        "camera": False,
        "granted_utc_ms": None,
    }
    assert proof.clients["l2"].entities["hand/l1"] == up
    assert not may_speak(proof.state, "l1")
    proof.command("h", "hand_grant", participant="l1")
    assert proof.clients["l2"].entities["hand/l1"] == up | {"granted": True, "granted_utc_ms": FIRST_UTC_MS}
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


def published(proof: Proof, who: str, source: str = "mic") -> None:
    kind = "audio" if source == "mic" else "video"
    track = TrackPublished(track=f"{who}:{source}", participant=who, source=source, kind=kind, codec="")
    proof.append(NewEvent(payload=track, actor=who))


def test_staff_invite_a_learner_whose_hand_is_down_with_the_camera_or_without() -> None:
    proof = live_lesson()
    proof.command("h", "stage_invite", participant="l1", camera=True)
    there = {
        "participant": "l1",
        "raised_utc_ms": FIRST_UTC_MS,
        "granted": True,
        "camera": True,
        "granted_utc_ms": FIRST_UTC_MS,
    }
    assert proof.clients["l2"].entities["hand/l1"] == there
    assert invited(proof.state) == {"l1": True}
    proof.command("h", "stage_invite", participant="l1")
    assert invited(proof.state) == {"l1": False}
    seq = proof.state.seq
    proof.command("h", "stage_invite", participant="l1")
    assert proof.state.seq == seq
    refused(proof, "not_allowed", "l2", "stage_invite", participant="l2")
    refused(proof, "not_invitable", "p", "stage_invite", participant="s")
    refused(proof, "not_invitable", "p", "stage_invite", participant="nobody")


def test_twelve_have_a_place_and_the_thirteenth_is_told() -> None:
    proof = live_lesson()
    for n in range(12):
        proof.join(f"x{n}", SessionRole.LEARNER)
    for n in range(11):  # the presenter's place is kept
        proof.command("h", "stage_invite", participant=f"x{n}", camera=True)
    assert len(places_taken(proof.state)) == MAX_ON_STAGE
    assert refused(proof, "stage_full", "p", "stage_invite", participant="x11").details == {"limit": 12}
    proof.command("x11", "hand_raise")
    refused(proof, "stage_full", "p", "hand_grant", participant="x11")
    proof.command("h", "stage_invite", participant="x3")  # whoever is there may be changed
    proof.command("h", "hand_lower", participant="x0")
    proof.command("h", "hand_grant", participant="x11")


def test_a_host_takes_a_place_while_publishing_and_nobody_takes_two() -> None:
    proof = live_lesson()
    published(proof, "p")
    published(proof, "l2")  # in a group, say: no place of the main room
    assert places_taken(proof.state) == ("p",)
    published(proof, "h")
    published(proof, "h", "camera")
    assert places_taken(proof.state) == ("p", "h")
    for source in ("mic", "camera"):
        proof.append(NewEvent(payload=TrackUnpublished(track=f"h:{source}"), actor="h"))
    assert places_taken(proof.state) == ("p",)
