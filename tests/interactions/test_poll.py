"""Polls: one vote each, changeable until the close, shown as asked."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from interactions.poll.commands import due
from interactions.poll.idea import POLL, Poll
from lectern.kernel.errors import Conflict, Rejected
from lectern.timeline.event import NewEvent, ParticipantJoined
from tests.class_proof import Proof
from tests.interactions.lesson import end, live_lesson, refused, wait


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
    assert proof.clients["l1"].entities[f"my/vote/{id_}"] == {"option": 2, "picks": [2], "correct": None}
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


QUIZ: dict[str, Any] = {
    "question": "2 + 2?",
    "options": ["3", "4"],
    "right": [1],
    "explanation": "Count.",
    "points": ["sums"],
    "show": "staff_only",
}


def test_what_is_partly_right_gets_part_of_the_point() -> None:
    proof = live_lesson()
    ask = {"question": "Which?", "kind": "multiple", "options": ["A", "B", "C", "D"], "right": [0, 2, 3]}
    id_ = proof.command("p", "poll_open", **ask, partial=True, instant=True, show="after_close")["id"]
    assert proof.command("l1", "poll_vote", id=id_, picks=[0, 1]) == {"correct": False, "marks": 0}
    assert proof.command("l1", "poll_vote", id=id_, picks=[0, 2]) == {"correct": False, "marks": 2}
    assert proof.command("l2", "poll_vote", id=id_, picks=[3, 2, 0]) == {"correct": True, "marks": 3}
    seen = proof.clients["l1"].entities
    assert seen[f"my/vote/{id_}"]["marks"] == 2
    assert (seen[f"poll/{id_}"]["full_marks"], seen[f"poll/{id_}"]["marks"]) == (3, None)
    proof.command("p", "poll_close", id=id_)
    assert (seen[f"poll/{id_}"]["marks"], seen[f"poll/{id_}"]["right_count"]) == (5, 1)
    again = proof.command("p", "poll_run_again", id=id_)["id"]
    assert seen[f"poll/{again}"]["full_marks"] == 3
    whole = proof.command("p", "poll_open", **ask, instant=True)["id"]
    assert proof.command("l1", "poll_vote", id=whole, picks=[0, 2]) == {"correct": False}
    assert "marks" not in seen[f"poll/{whole}"]
    assert "marks" not in seen[f"my/vote/{whole}"]


def test_the_right_answer_comes_out_when_staff_publish() -> None:
    proof = live_lesson()
    id_ = proof.command("p", "poll_open", **QUIZ)["id"]
    proof.command("l1", "poll_vote", id=id_, option=0)
    proof.command("l1", "poll_vote", id=id_, picks=[1])
    proof.command("l2", "poll_vote", id=id_, option=0)
    hidden = proof.clients["l1"].entities[f"poll/{id_}"]
    for field in ("counts", "right", "right_count", "explanation", "accepted"):
        assert hidden[field] is None
    staff = proof.clients["h"].entities[f"poll/{id_}"]
    assert (staff["counts"], staff["right_count"]) == ([1, 1], 1)
    desk = proof.clients["h"].entities[f"poll_desk/{id_}"]
    assert desk == {"points": ["sums"], "item": None, "extended": {}}
    assert f"poll_desk/{id_}" not in proof.clients["l1"].entities
    proof.command("h", "poll_publish", id=id_)
    shown = proof.clients["l1"].entities[f"poll/{id_}"]
    assert (shown["state"], shown["published"], shown["counts"]) == ("closed", True, [1, 1])
    assert (shown["right"], shown["explanation"], shown["right_count"]) == ([1], "Count.", 1)
    seq = proof.state.seq
    proof.command("p", "poll_publish", id=id_)
    assert proof.state.seq == seq


def test_every_attempt_stays_on_the_timeline_with_its_judgement() -> None:
    proof = live_lesson()
    id_ = proof.command("p", "poll_open", **QUIZ)["id"]
    for option in (0, 0, 1, 0, 1):
        proof.command("l1", "poll_vote", id=id_, option=option)
    votes = [event.raw for event in proof.stored if event.type == "poll_voted"]
    assert [(vote["option"], vote["correct"]) for vote in votes] == [
        (0, False),
        (1, True),
        (0, False),
        (1, True),
    ]
    assert proof.clients["p"].entities[f"poll/{id_}"]["counts"] == [0, 1]


def test_instant_questions_tell_at_once_and_only_who_answered() -> None:
    proof = live_lesson()
    id_ = proof.command("p", "poll_open", **QUIZ | {"instant": True})["id"]
    assert proof.command("l1", "poll_vote", id=id_, option=0) == {"correct": False}
    assert proof.command("l1", "poll_vote", id=id_, option=1) == {"correct": True}
    assert proof.clients["l1"].entities[f"my/vote/{id_}"]["correct"] is True
    assert proof.clients["l1"].entities[f"poll/{id_}"]["right"] is None
    later = proof.command("p", "poll_open", **QUIZ)["id"]
    assert proof.command("l1", "poll_vote", id=later, option=1) == {}
    assert proof.clients["l1"].entities[f"my/vote/{later}"]["correct"] is None


def test_written_answers_are_seen_by_staff_and_their_author_until_published() -> None:
    proof = live_lesson()
    id_ = proof.command("p", "poll_open", question="Why?", kind="text", accepted=["because"])["id"]
    proof.command("l1", "poll_vote", id=id_, text="  BECAUSE. ")
    proof.command("l1", "poll_vote", id=id_, text="\u202e<b>x</b>")
    proof.command("l2", "poll_vote", id=id_, text="because")
    assert proof.clients["l1"].entities[f"answer/{id_}/l1"]["correct"] is None
    assert f"answer/{id_}/l1" not in proof.clients["l2"].entities
    seen = proof.clients["h"].entities
    assert seen[f"answer/{id_}/l1"]["text"] == "\u202e<b>x</b>"
    assert (seen[f"answer/{id_}/l1"]["correct"], seen[f"answer/{id_}/l2"]["correct"]) == (False, True)
    proof.command("h", "poll_publish", id=id_)
    assert proof.clients["s"].entities[f"poll/{id_}"]["texts"] == ["\u202e<b>x</b>", "because"]
    refused(proof, "text_too_long", "l1", "poll_vote", id=written(proof), text="x" * 1_000_000)
    refused(proof, "answer_invalid", "l1", "poll_vote", id=written(proof), option=0)


def written(proof: Proof) -> str:
    """Open a question to be answered in words."""
    return str(proof.command("p", "poll_open", question="Why?", kind="text")["id"])


def test_time_runs_out_for_all_but_who_was_given_more() -> None:
    proof = live_lesson()
    id_ = proof.command("p", "poll_open", **QUIZ | {"seconds": 10})["id"]
    proof.command("h", "poll_extend", id=id_, seconds=20, participant="l1")
    assert proof.clients["l1"].entities[f"my/poll_time/{id_}"] == {"closes_utc_ms": proof.now + 30_000}
    assert f"my/poll_time/{id_}" not in proof.clients["l2"].entities
    assert proof.clients["h"].entities[f"poll_desk/{id_}"]["extended"] == {"l1": proof.now + 30_000}
    wait(proof, 10)
    refused(proof, "poll_closed", "l2", "poll_vote", id=id_, option=1)
    proof.command("l1", "poll_vote", id=id_, option=1)
    assert due(proof.state, proof.now).events == ()
    wait(proof, 20)
    refused(proof, "poll_closed", "l1", "poll_vote", id=id_, option=0)
    (closing,) = due(proof.state, proof.now).events
    proof.append(closing)
    assert proof.clients["l2"].entities[f"poll/{id_}"]["state"] == "closed"
    refused(proof, "poll_closed", "h", "poll_extend", id=id_, seconds=20)


def test_more_time_for_everybody_and_a_time_for_what_had_none() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    refused(proof, "poll_untimed", "p", "poll_extend", id=id_, seconds=20, participant="l1")
    proof.command("p", "poll_extend", id=id_, seconds=20)
    proof.command("p", "poll_extend", id=id_, seconds=40)
    assert proof.clients["l3"].entities[f"poll/{id_}"]["closes_utc_ms"] == proof.now + 60_000
    refused(proof, "participant_not_found", "p", "poll_extend", id=id_, seconds=20, participant="nobody")
    for seconds in (0, -5, 100_000):
        refused(proof, "duration_invalid", "p", "poll_extend", id=id_, seconds=seconds)


def test_the_same_question_again_to_compare() -> None:
    proof = live_lesson()
    first = proof.command("p", "poll_open", **QUIZ)["id"]
    refused(proof, "poll_open", "p", "poll_run_again", id=first)
    proof.command("l1", "poll_vote", id=first, option=0)
    proof.command("p", "poll_publish", id=first)
    second = proof.command("p", "poll_run_again", id=first, seconds=30)["id"]
    again = proof.clients["l1"].entities[f"poll/{second}"]
    assert (again["question"], again["rerun_of"], again["counts"], again["right"]) == (
        "2 + 2?",
        first,
        None,
        None,
    )
    proof.command("l1", "poll_vote", id=second, option=1)
    proof.command("p", "poll_close", id=second)
    third = proof.command("p", "poll_run_again", id=second)["id"]
    assert proof.clients["p"].entities[f"poll/{third}"]["rerun_of"] == first
    assert proof.clients["p"].entities[f"poll/{first}"]["counts"] == [1, 0]


def test_a_survey_is_several_questions_at_once() -> None:
    proof = live_lesson()
    questions = [{"question": "A?", "options": ["1", "2"]}, {"question": "B?", "kind": "rating"}]
    result = proof.command("p", "poll_open_survey", questions=questions)
    assert {proof.clients["l1"].entities[f"poll/{id_}"]["survey"] for id_ in result["polls"]} == {
        result["id"]
    }
    proof.command("l1", "poll_vote", id=result["polls"][1], picks=[5])
    assert proof.clients["l1"].entities[f"poll/{result['polls'][1]}"]["counts"] == [0, 0, 0, 0, 1]
    for wrong in ([], questions * 11):
        refused(proof, "questions_count_invalid", "p", "poll_open_survey", questions=wrong)


def test_a_host_who_was_made_a_learner_runs_no_polls() -> None:
    proof = live_lesson()
    id_ = opened(proof)
    joined = ParticipantJoined(participant="h", kind="person", role="learner", person=None, name_ref="x0001")
    proof.append(NewEvent(payload=joined, actor="h"))
    for command in ("poll_close", "poll_publish", "poll_run_again"):
        refused(proof, "not_allowed", "h", command, id=id_)


class AnyPoll(RuleBasedStateMachine):
    """Whatever people do to a poll of any kind, the counts are those of everybody's last accepted answer."""

    def __init__(self) -> None:
        super().__init__()
        self.proof = live_lesson()
        self.answers: dict[str, tuple[int, ...]] = {}

    @initialize(kind=st.sampled_from(["single", "multiple", "rating", "ranking", "matching"]))
    def ask(self, kind: str) -> None:
        right = [2, 1, 0] if kind == "matching" else []
        question = {"question": "Q", "kind": kind, "options": ["A", "B", "C"], "matches": ["1", "2", "3"]}
        self.id = self.proof.command("p", "poll_open", **question, right=right, seconds=60)["id"]
        self.closed = False

    @property
    def poll(self) -> Poll:
        return self.proof.state.of(POLL).by_id[self.id]

    @rule(who=st.sampled_from(["l1", "l2", "l3"]), picks=st.lists(st.integers(-1, 5), max_size=4))
    def answer(self, who: str, picks: list[int]) -> None:
        until = self.poll.closes_for(who)
        late = self.closed or (until is not None and self.proof.now >= until)
        refusal = None
        try:
            self.proof.command(who, "poll_vote", id=self.id, picks=picks)
            self.answers[who] = self.poll.form.checked(picks)
        except Rejected as error:
            refusal = error.code
        assert refusal in {None, "option_unknown", "answer_invalid", "poll_closed"}
        assert late == (refusal == "poll_closed")

    @rule(seconds=st.integers(5, 60), who=st.sampled_from([None, "l1"]))
    def give_time(self, seconds: int, who: str | None) -> None:
        with suppress(Conflict):
            self.proof.command("h", "poll_extend", id=self.id, seconds=seconds, participant=who)
            assert not self.closed

    @rule(seconds=st.integers(1, 50))
    def time_passes(self, seconds: int) -> None:
        wait(self.proof, seconds)
        decision = due(self.proof.state, self.proof.now)
        self.closed = self.closed or bool(decision.events)
        self.proof.carry_out(decision.events, decision.orders)

    @rule()
    def close(self) -> None:
        self.proof.command("p", "poll_close", id=self.id)
        self.closed = True

    @invariant()
    def counts_are_right(self) -> None:
        seen = self.proof.clients["h"].entities[f"poll/{self.id}"]
        assert seen["counts"] == self.poll.form.tally(self.answers.values(), (2, 1, 0))
        assert seen["voters"] == len(self.answers)
        assert seen["state"] == ("closed" if self.closed else "open")


TestAnyPoll = AnyPoll.TestCase
TestAnyPoll.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
