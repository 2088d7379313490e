"""Reactions: every command counted once, nobody more than the limit, one event a second."""

from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.reaction.commands import MOST_PER_INTERVAL, Waiting, count, wait_ms
from interactions.reaction.events import ReactionsCounted
from interactions.reaction.idea import REACTION
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Overloaded
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantRemoved
from lectern.timeline.idea import Actor
from tests.class_proof import Proof
from tests.interactions.lesson import end, live_lesson, refused, wait, waiting_lesson

L1, L2 = Actor("l1", SessionRole.LEARNER), Actor("l2", SessionRole.LEARNER)


def counted(proof: Proof, *waiting: Waiting) -> dict[int, str]:
    """Count what waits, as the gatherer does. Return the codes of refusals."""
    decided = count(proof.state, waiting)
    if decided.event is not None:
        proof.append(decided.event)
    return {at: refusal.code for at, refusal in decided.refused.items()}


def likes(proof: Proof) -> int:
    """Return what everybody sees."""
    seen = {client.entities["reactions"]["like"] for client in proof.clients.values()}
    (n,) = seen
    assert isinstance(n, int)
    return n


def test_everybody_sees_one_sum_and_the_timeline_knows_who() -> None:
    proof = live_lesson()
    before = proof.state.seq
    counted(proof, Waiting(L1, "a", {"like": 2}), Waiting(L2, "b", {"like": 3, "clap": 1}))
    assert (likes(proof), proof.state.seq) == (5, before + 1)
    assert "l1" not in str(proof.clients["p"].events[-1])
    payload = proof.stored[-1].payload
    assert isinstance(payload, ReactionsCounted)
    assert {p.participant: p.counts for p in payload.people} == {
        "l1": {"like": 2},
        "l2": {"like": 3, "clap": 1},
    }


def test_a_repeated_command_counts_once_within_an_event_and_after_it() -> None:
    proof = live_lesson()
    same = Waiting(L1, "a", {"like": 2})
    assert counted(proof, same, same) == {}
    assert counted(proof, same) == {}
    assert counted(proof, Waiting(L2, "a", {"like": 1})) == {}, "an id is its participant's own"
    assert likes(proof) == 3


def test_nobody_counts_more_than_the_limit_in_one_event() -> None:
    proof = live_lesson()
    flood = [Waiting(L1, f"{n}", {"like": 3}) for n in range(9)]
    refusals = counted(proof, *flood, Waiting(L2, "b", {"like": 1}))
    assert refusals == dict.fromkeys(range(MOST_PER_INTERVAL // 3, 9), "too_fast")
    assert likes(proof) == MOST_PER_INTERVAL // 3 * 3 + 1


@pytest.mark.parametrize("lesson", [waiting_lesson, live_lesson])
def test_only_a_live_lesson_is_reacted_to(lesson: object) -> None:
    proof = waiting_lesson() if lesson is waiting_lesson else live_lesson()
    if lesson is live_lesson:
        end(proof)
    code = "session_not_live" if lesson is waiting_lesson else "session_over"
    assert counted(proof, Waiting(L1, "a", {"like": 1})) == {0: code}
    refused(proof, code, "l1", "react", counts={"like": 1})


def test_who_was_sent_out_counts_no_longer() -> None:
    proof = live_lesson()
    proof.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
    assert counted(proof, Waiting(L1, "a", {"like": 1})) == {0: "removed"}


def test_one_command_alone_keeps_the_distance_too() -> None:
    proof = live_lesson()
    proof.command("l1", "react", counts={"like": 1})
    wait(proof, 0.9)
    error = refused(proof, "too_fast", "l2", "react", counts={"like": 1})
    assert error.details["retry_after_s"] == 0.1
    wait(proof, 0.1)
    proof.command("l2", "react", counts={"like": 1})
    assert likes(proof) == 2


@pytest.mark.parametrize(
    ("after_ms", "left_ms"), [(0, 1_000), (400, 600), (1_000, 0), (-3_600_000, 1_000), (3_600_000, 0)]
)
def test_a_clock_that_jumps_never_stops_the_counting(after_ms: int, left_ms: int) -> None:
    proof = live_lesson()
    counted(proof, Waiting(L1, "a", {"like": 1}))
    assert wait_ms(proof.state.of(REACTION), UtcMs(proof.now + after_ms)) == left_ms


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_sums_are_what_was_acknowledged(seed: int) -> None:
    """Against a model: each command that was not refused counts once, however often it is sent."""
    rng, proof = Random(seed), live_lesson()
    acknowledged: dict[tuple[str, str], int] = {}
    sent: list[Waiting] = []
    for step in range(15):
        fresh = [
            Waiting(rng.choice((L1, L2)), f"{step}-{n}", {"like": rng.randint(1, 4)})
            for n in range(rng.randrange(6))
        ]
        sent.extend(fresh)
        batch = [*fresh, *rng.sample(sent[-4:], min(len(sent), rng.randrange(3), 4))]
        with suppress(Overloaded):
            refusals = counted(proof, *batch)
            for at, command in enumerate(batch):
                if at not in refusals:
                    acknowledged[command.actor.participant_id, command.command_id] = command.counts["like"]
    assert likes(proof) == sum(acknowledged.values())
