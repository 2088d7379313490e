"""Points of groups: given and taken, for right answers, shown, announced; ties."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from interactions.breakout.activity import group_activity
from interactions.group_points.standing import standing
from tests.class_proof import Proof
from tests.interactions.lesson import live_lesson, refused
from tests.interactions.test_breakout import split

QUIZ: dict[str, Any] = {"question": "Which?", "options": ["A", "B"], "right": [0]}


def board(proof: Proof, who: str) -> Any:
    """Return name, points and place of each group as somebody sees them; None if they do not."""
    seen = proof.clients[who].entities.get("group_points")
    return seen and [(each["name"], each["points"], each["place"]) for each in seen["groups"]]


@given(points=st.dictionaries(st.text(max_size=3), st.integers(-300, 300), min_size=1, max_size=8))
def test_places_follow_points_and_are_shared(points: dict[str, int]) -> None:
    places = standing(points)
    assert {each.group: each.points for each in places} == points
    assert places[0].place == 1
    for before, after in pairwise(places):
        assert before.points >= after.points
        assert (before.place == after.place) == (before.points == after.points)
    for each in places:
        assert each.place == 1 + sum(points[other] > each.points for other in points)


def test_points_are_given_taken_shown_and_announced() -> None:
    proof = live_lesson()
    refused(proof, "group_not_found", "h", "group_points_show", on=True)
    one, two = split(proof)
    refused(proof, "points_missing", "h", "group_points_final")
    for wrong in (0, 101, -101):
        refused(proof, "points_invalid", "h", "group_points_give", group=one, points=wrong)
    refused(proof, "group_not_found", "h", "group_points_give", group="nothing", points=1)
    refused(proof, "not_allowed", "l1", "group_points_give", group=one, points=1)
    proof.command("h", "group_points_give", group=two, points=5, why="First to be ready")
    assert board(proof, "h") == [("Two", 5, 1), ("One", 0, 2)]
    assert board(proof, "l1") is None
    assert all(event["type"] != "group_points_given" for event in proof.clients["l1"].events)
    assert all("points_mark" not in path for path in proof.clients["l1"].entities)
    proof.command("h", "group_points_show", on=True)
    proof.command("h", "group_points_give", group=one, points=5)
    for who in ("l1", "l3", "s", "p"):
        assert board(proof, who) == [("One", 5, 1), ("Two", 5, 1)], "a tie is one place"
    proof.command("h", "group_points_show", on=False)
    assert board(proof, "s") is None
    # Announced it is shown; the final standing outlives the groups, points given later open it again.
    proof.command("p", "breakout_close")
    id_ = proof.state.seq
    proof.command("p", "group_points_final")
    proof.command("p", "group_points_final")
    assert proof.state.seq == id_ + 1
    (final,) = (e for path, e in proof.clients["s"].entities.items() if path.startswith("standing/"))
    assert final["winners"] == "One · Two"
    proof.command("h", "group_points_give", group=one, points=-1)
    assert proof.clients["l1"].entities["group_points"]["final"] is False
    activity = {each.id: (each.points, each.place) for each in group_activity(proof.stored, proof.now)}
    assert activity == {one: (4, 2), two: (5, 1)}
    split(proof)
    assert board(proof, "l1") is None
    assert board(proof, "h") is None, "new groups begin anew"
    assert len([path for path in proof.clients["l3"].entities if path.startswith("standing/")]) == 1


def test_right_answers_bring_a_group_its_part_once() -> None:
    proof = live_lesson()
    one, two = split(proof)
    id_ = proof.command("h", "poll_open", **QUIZ, by_group=True)["id"]
    refused(proof, "poll_not_scored", "h", "group_points_poll", poll=id_, points=10)
    voters = {
        who: group for group in (one, two) for who in proof.clients["h"].entities[f"group/{group}"]["members"]
    }
    for at, who in enumerate(sorted(voters)):
        proof.command(who, "poll_vote", id=id_, option=0 if at == 0 else 1)
    proof.command("h", "poll_close", id=id_)
    proof.command("h", "group_points_poll", poll=id_, points=10)
    winner = voters[min(voters)]
    size = sum(group == winner for group in voters.values())
    points = {each["id"]: each["points"] for each in proof.clients["h"].entities["group_points"]["groups"]}
    assert points[winner] == int(10 / size + 0.5)
    assert sum(points.values()) == points[winner]
    refused(proof, "poll_scored_already", "h", "group_points_poll", poll=id_, points=10)
    opinion = proof.command("h", "poll_open", question="Which?", options=["A", "B"], by_group=True)["id"]
    proof.command("h", "poll_close", id=opinion)
    refused(proof, "poll_not_scored", "h", "group_points_poll", poll=opinion, points=10)
    # What only one group was asked: who did not answer counts as not right.
    asked = proof.command("h", "poll_open", **QUIZ, group=two)["id"]
    members = proof.clients["h"].entities[f"group/{two}"]["members"]
    proof.command(members[0], "poll_vote", id=asked, option=0)
    proof.command("h", "poll_close", id=asked)
    before = points[two]
    proof.command("h", "group_points_poll", poll=asked, points=10)
    points = {each["id"]: each["points"] for each in proof.clients["h"].entities["group_points"]["groups"]}
    assert points[two] - before == int(10 / len(members) + 0.5)
