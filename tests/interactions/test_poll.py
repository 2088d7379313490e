"""Polls: one vote each, changeable until the close, shown as asked."""

import pytest

from tests.class_proof import Proof
from tests.interactions.lesson import end, live_lesson, refused


def opened(proof: Proof, show: str = "live") -> str:
    """Open a poll of three options."""
    id_ = proof.command("p", "poll_open", question="Which?", options=["A", "B", "C"], show=show)["id"]
    assert isinstance(id_, str)
    return id_


def test_a_changed_vote_counts_once() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    proof.command("l1", "poll_vote", id=id_, option=0)
    proof.command("l1", "poll_vote", id=id_, option=2)
    proof.command("l2", "poll_vote", id=id_, option=2)
    seen = proof.clients["l3"].entities[f"poll/{id_}"]
    assert (seen["counts"], seen["voters"], seen["options"]) == ([0, 0, 2], 2, ["A", "B", "C"])
    assert proof.clients["l1"].entities[f"my/vote/{id_}"] == {"option": 2}
    seq = proof.state.seq
    proof.command("l1", "poll_vote", id=id_, option=2)
    assert proof.state.seq == seq


@pytest.mark.parametrize(
    ("show", "open_counts", "closed_counts"),
    [("live", [1, 0, 0], [1, 0, 0]), ("after_close", None, [1, 0, 0]), ("staff_only", None, None)],
)
def test_counts_are_shown_as_asked(
    show: str, open_counts: list[int] | None, closed_counts: list[int] | None
) -> None:
    proof = live_lesson()
    id_ = opened(proof, show)
    proof.command("l1", "poll_vote", id=id_, option=0)
    for who in ("l1", "l2", "s"):
        assert proof.clients[who].entities[f"poll/{id_}"]["counts"] == open_counts
    assert proof.clients["h"].entities[f"poll/{id_}"]["counts"] == [1, 0, 0]
    proof.command("h", "poll_close", id=id_)
    for who in ("l1", "l2", "s"):
        assert proof.clients[who].entities[f"poll/{id_}"]["counts"] == closed_counts


def test_other_learners_are_not_told_who_voted() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    proof.command("l1", "poll_vote", id=id_, option=0)
    for who in ("l2", "s"):
        vote = proof.clients[who].events[-1]
        assert vote["type"] == "poll_voted"
        assert vote["actor"] is None
        assert [path for path, _ in vote["put"]] == [f"poll/{id_}"]


def test_no_votes_after_the_close_or_the_end() -> None:
    proof = live_lesson()
    first, second = opened(proof), opened(proof)
    proof.command("p", "poll_close", id=first)
    refused(proof, "poll_closed", "l1", "poll_vote", id=first, option=0)
    end(proof)
    refused(proof, "session_over", "l1", "poll_vote", id=second, option=0)
    assert proof.clients["l1"].entities[f"poll/{second}"]["state"] == "closed"
    assert proof.clients["l1"].entities[f"poll/{second}"]["closed_utc_ms"] == proof.now


@pytest.mark.parametrize("option", [-1, 3, 10**30])
def test_an_option_that_is_not_there(option: int) -> None:
    proof = live_lesson()
    refused(proof, "option_unknown", "l1", "poll_vote", id=opened(proof), option=option)


@pytest.mark.parametrize(
    ("code", "question", "options"),
    [
        ("options_count_invalid", "Q", ["A"]),
        ("options_count_invalid", "Q", ["A"] * 11),
        ("text_empty", " \x00 ", ["A", "B"]),
        ("text_empty", "Q", ["A", ""]),
        ("text_too_long", "Q" * 501, ["A", "B"]),
        ("text_too_long", "Q", ["A" * 201, "B"]),
    ],
)
def test_a_poll_that_makes_no_sense_is_refused(code: str, question: str, options: list[str]) -> None:
    refused(live_lesson(), code, "p", "poll_open", question=question, options=options, show="live")


def test_roles() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    refused(proof, "not_allowed", "p", "poll_vote", id=id_, option=0)
    refused(proof, "not_allowed", "l1", "poll_close", id=id_)
    refused(proof, "poll_not_found", "l1", "poll_vote", id="nothing", option=0)
