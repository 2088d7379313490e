"""Polls and groups: one question with a result for each group, and questions that stay inside of one."""

from typing import Any

from interactions.breakout import commands as breakout
from interactions.poll.idea import FEWEST_SHOWN
from lectern.kernel.roles import SessionRole
from tests.class_proof import Proof
from tests.interactions.lesson import end, live_lesson, refused, wait
from tests.interactions.test_breakout import split

ASK: dict[str, Any] = {"question": "Which?", "options": ["A", "B"]}


def poll_of(proof: Proof, who: str, id_: str) -> Any:
    """Return a poll as somebody sees it, None if they do not."""
    return proof.clients[who].entities.get(f"poll/{id_}")


def leader(proof: Proof, who: str, how: str = "breakout_reporter", **more: object) -> None:
    """Let somebody report for their group, or tutor it."""
    proof.command("h", how, participant=who, **more)


def test_everybody_is_asked_and_each_group_is_counted() -> None:
    proof = live_lesson()
    refused(proof, "breakout_closed", "h", "poll_open", **ASK, by_group=True)
    one, two = split(proof)
    proof.join("l4", SessionRole.LEARNER)
    refused(proof, "by_group_anonymous", "h", "poll_open", **ASK, by_group=True, anonymous=True)
    id_ = proof.command("h", "poll_open", **ASK, by_group=True)["id"]
    for who, option in (("l1", 0), ("l2", 1), ("l3", 1), ("l4", 0), ("l1", 1)):
        proof.command(who, "poll_vote", id=id_, option=option)
    expected = [
        {"id": one, "name": "One", "counts": [0, 1], "voters": 1},
        {"id": two, "name": "Two", "counts": [0, 2], "voters": 2},
    ]
    for who in ("h", "l4", "s"):
        seen = poll_of(proof, who, id_)
        assert (seen["counts"], seen["voters"], seen["groups"]) == ([1, 3], 4, expected)
    # Who is moved and answers again counts where they are now; nobody counts twice.
    proof.command("h", "breakout_move", participant="l1", group=two)
    proof.command("l1", "poll_vote", id=id_, option=0)
    assert [(g["counts"], g["voters"]) for g in poll_of(proof, "h", id_)["groups"]] == [
        ([0, 0], 0),
        ([1, 2], 3),
    ]
    proof.command("h", "breakout_close")
    assert poll_of(proof, "h", id_)["state"] == "open", "everybody was asked: it goes on"
    proof.command("h", "poll_close", id=id_)
    again = proof.command("h", "poll_run_again", id=id_)["id"]
    proof.command("l1", "poll_vote", id=again, option=1)
    seen = poll_of(proof, "h", again)
    assert (seen["rerun_of"], seen["counts"], "groups" in seen) == (id_, [0, 1], False), "the groups are back"
    proof.command("h", "poll_close", id=again)
    three, _ = split(proof)
    later = proof.command("h", "poll_run_again", id=id_)["id"]
    assert poll_of(proof, "h", later)["groups"][0]["id"] == three, "by the groups that there are now"


def test_what_one_group_was_asked_is_asked_again_of_that_group_alone() -> None:
    proof = live_lesson()
    one, _ = split(proof)
    id_ = proof.command("h", "poll_open", **ASK, group=one)["id"]
    proof.command("h", "poll_close", id=id_)
    again = proof.command("h", "poll_run_again", id=id_)["id"]
    assert poll_of(proof, "h", again)["group"] == one
    assert poll_of(proof, "l2", again) is None
    proof.command("h", "breakout_close")
    refused(proof, "breakout_closed", "h", "poll_run_again", id=id_)
    split(proof)
    refused(proof, "group_not_found", "h", "poll_run_again", id=id_)


def test_counts_of_groups_are_kept_back_like_all_counts() -> None:
    proof = live_lesson()
    split(proof)
    id_ = proof.command("h", "poll_open", **ASK, by_group=True, show="staff_only")["id"]
    assert poll_of(proof, "l1", id_)["groups"] is None
    assert poll_of(proof, "h", id_)["groups"] is not None
    proof.command("h", "poll_publish", id=id_)
    assert poll_of(proof, "l1", id_)["groups"] is not None


def test_a_group_asks_itself() -> None:
    proof = live_lesson()
    one, two = split(proof)
    refused(proof, "not_leader", "l2", "poll_open", **ASK, group=two)
    leader(proof, "l2")
    refused(proof, "not_allowed", "l2", "poll_open", **ASK)
    refused(proof, "group_not_found", "l2", "poll_open", **ASK, group=one)
    refused(proof, "not_allowed", "l2", "poll_open", **ASK, group=two, right=[0])
    refused(proof, "not_allowed", "l2", "poll_open", **ASK, group=two, show="staff_only")
    id_ = proof.command("l2", "poll_open", **ASK, group=two)["id"]
    assert [who for who in ("l1", "l2", "l3", "s", "h") if poll_of(proof, who, id_)] == ["l2", "l3", "h"]
    assert (poll_of(proof, "l3", id_)["group"], poll_of(proof, "l3", id_)["asked_by"]) == (two, "l2")
    refused(proof, "poll_not_found", "l1", "poll_vote", id=id_, option=0)
    proof.command("l3", "poll_vote", id=id_, option=1)
    refused(proof, "not_leader", "l3", "poll_close", id=id_)
    proof.command("l2", "poll_close", id=id_)
    assert poll_of(proof, "l3", id_)["counts"] == [0, 1]
    refused(proof, "not_allowed", "l2", "poll_publish", id=id_)


def test_a_tutor_asks_and_whoever_comes_is_asked_too() -> None:
    proof = live_lesson()
    one, two = split(proof)
    leader(proof, "l1", "breakout_tutor", group=one, on=True)
    id_ = proof.command("l1", "poll_open", **ASK, group=one)["id"]
    proof.command("h", "breakout_move", participant="l3", group=one)
    assert poll_of(proof, "l3", id_)["state"] == "open"
    proof.command("l3", "poll_vote", id=id_, option=0)
    proof.command("h", "breakout_move", participant="l3", group=two)
    refused(proof, "poll_not_found", "l3", "poll_vote", id=id_, option=1)
    proof.command("h", "breakout_move", participant="l1", group=two)  # the tutor goes, and the group is empty
    refused(proof, "group_not_found", "l1", "poll_close", id=id_)
    proof.command("h", "poll_close", id=id_)
    assert poll_of(proof, "l3", id_)["counts"] == [1, 0], "what one took part in stays"


def test_polls_inside_of_groups_end_with_them() -> None:
    for how in ("host", "time", "lesson"):
        proof = live_lesson()
        one, _ = split(proof, seconds=20)
        mine = proof.command("h", "poll_open", **ASK, group=one)["id"]
        everybodys = proof.command("h", "poll_open", **ASK)["id"]
        if how == "host":
            proof.command("h", "breakout_close")
        elif how == "time":
            wait(proof, 30)
            proof.append(*breakout.due(proof.state, proof.now)[0])
        else:
            end(proof)
        assert poll_of(proof, "l1", mine)["state"] == "closed"
        assert poll_of(proof, "l2", everybodys)["state"] == ("closed" if how == "lesson" else "open")


def test_an_anonymous_poll_in_a_small_group_shows_nothing() -> None:
    proof = live_lesson()
    _, two = split(proof)
    id_ = proof.command("h", "poll_open", **ASK, group=two, anonymous=True)["id"]
    proof.command("l2", "poll_vote", id=id_, option=0, secret="a-secret-of-l2-l2")
    proof.command("h", "poll_close", id=id_)
    seen = poll_of(proof, "h", id_)
    assert (seen["counts"], seen["voters"], seen["counted"], seen["fewest"]) == (None, 1, True, FEWEST_SHOWN)
