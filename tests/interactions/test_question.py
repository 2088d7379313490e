"""Questions: who sees which, and what may become of them."""

import pytest

from interactions.question.idea import QUESTION
from interactions.question.pool import TRANSITIONS, State
from lectern.timeline.event import NewEvent, TextErased
from tests.class_proof import Proof
from tests.interactions.lesson import end, live_lesson, refused, waiting_lesson

COMMAND_TO = {
    "question_publish": "QuestionPublished",
    "question_pin": "QuestionPinned",
    "question_unpin": "QuestionUnpinned",
    "question_dismiss": "QuestionDismissed",
    "question_answer": "QuestionAnswered",
    "question_merge": "QuestionMerged",
    "question_split": "QuestionSplit",
}
PATH_TO = {
    State.PENDING: (),
    State.PUBLISHED: ("question_publish",),
    State.PINNED: ("question_publish", "question_pin"),
    State.ANSWERED: ("question_publish", "question_answer"),
    State.DISMISSED: ("question_dismiss",),
    State.MERGED: ("question_merge",),
}


def asked(proof: Proof, text: str = "Why?") -> str:
    """Let l1 ask."""
    id_ = proof.command("l1", "question_ask", text=text)["id"]
    assert isinstance(id_, str)
    return id_


def seers(proof: Proof, id_: str) -> set[str]:
    """Name those whose client shows the question."""
    return {who for who, client in proof.clients.items() if f"question/{id_}" in client.entities}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("command", COMMAND_TO)
def test_every_state_and_command_against_the_table(state: State, command: str) -> None:
    proof = live_lesson()
    other, id_ = asked(proof), asked(proof)
    proof.command("p", "question_publish", id=other)
    for step in PATH_TO[state]:
        proof.command("p", step, id=id_, **_into(step, other))
    allowed = {event.__name__: target for event, target in TRANSITIONS[state].items()}
    if (state, command) == (State.PINNED, "question_pin"):
        before = proof.state.seq
        proof.command("h", command, id=id_)
        assert proof.state.seq == before
    elif COMMAND_TO[command] in allowed:
        proof.command("h", command, id=id_, **_into(command, other))
        assert proof.clients["p"].entities[f"question/{id_}"]["state"] == allowed[COMMAND_TO[command]]
    else:
        refused(proof, "question_state_invalid", "h", command, id=id_, **_into(command, other))


def _into(command: str, other: str) -> dict[str, str]:
    return {"into": other} if command == "question_merge" else {}


def test_pending_and_dismissed_are_for_staff_and_author() -> None:
    proof = live_lesson()
    id_ = asked(proof)
    assert seers(proof, id_) == {"p", "h", "l1"}
    proof.command("p", "question_publish", id=id_)
    assert seers(proof, id_) == {"p", "h", "s", "l1", "l2", "l3"}
    proof.command("p", "question_dismiss", id=id_)
    assert seers(proof, id_) == {"p", "h", "l1"}
    proof.command("p", "question_publish", id=id_)
    assert seers(proof, id_) == {"p", "h", "s", "l1", "l2", "l3"}


def test_the_class_does_not_hear_that_somebody_asked_what_never_became_public() -> None:
    proof = live_lesson()
    heard = {who: len(client.events) for who, client in proof.clients.items()}
    proof.command("p", "question_dismiss", id=asked(proof))
    told = {who: [e["type"] for e in client.events[heard[who] :]] for who, client in proof.clients.items()}
    for who in ("p", "h", "l1"):
        assert told[who] == ["question_asked", "question_dismissed"], who
    for who in ("s", "l2", "l3"):
        assert told[who] == [], who


def test_an_upvote_counts_once_and_can_be_taken_back() -> None:
    proof = live_lesson()
    id_ = asked(proof)
    proof.command("p", "question_publish", id=id_)
    for _ in range(2):
        proof.command("l2", "question_upvote", id=id_, on=True)
    proof.command("l3", "question_upvote", id=id_, on=True)
    assert proof.clients["s"].entities[f"question/{id_}"]["votes"] == 2
    assert proof.clients["l2"].entities[f"my/upvote/{id_}"] is True
    proof.command("l2", "question_upvote", id=id_, on=False)
    assert proof.clients["s"].entities[f"question/{id_}"]["votes"] == 1
    assert f"my/upvote/{id_}" not in proof.clients["l2"].entities


def test_what_is_not_public_cannot_be_voted_for_nor_found() -> None:
    proof = live_lesson()
    id_ = asked(proof)
    refused(proof, "question_not_found", "l2", "question_upvote", id=id_, on=True)
    refused(proof, "question_not_public", "l1", "question_upvote", id=id_, on=True)
    refused(proof, "question_not_found", "l2", "question_upvote", id="nothing", on=True)


def test_a_corrected_answer_erases_the_first() -> None:
    proof = live_lesson()
    id_ = asked(proof)
    proof.command("p", "question_publish", id=id_)
    proof.command("p", "question_answer", id=id_, text="Because.")
    assert proof.clients["l3"].entities[f"question/{id_}"]["answer"] == "Because."
    proof.command("p", "question_answer", id=id_, text="Therefore.")
    assert proof.clients["l3"].entities[f"question/{id_}"]["answer"] == "Therefore."
    assert "Because." not in proof.state.texts.values()
    proof.command("p", "question_answer", id=id_, text=None)
    assert proof.clients["l3"].entities[f"question/{id_}"]["answer"] is None


def test_questions_are_welcome_in_the_waiting_room_but_not_after_the_end() -> None:
    proof = waiting_lesson()
    asked(proof)
    end(proof)
    refused(proof, "session_over", "l1", "question_ask", text="Still there?")


@pytest.mark.parametrize(("code", "text"), [("text_empty", "\n"), ("text_too_long", "x" * 1_001)])
def test_texts_have_limits(code: str, text: str) -> None:
    refused(live_lesson(), code, "l1", "question_ask", text=text)


@pytest.mark.parametrize("is_public", [True, False])
def test_erased_words_vanish_for_all_who_see_them_and_nothing_else_is_told(is_public: bool) -> None:
    """As retention and a person's wish erase them: by reference, without a command of this idea."""
    proof = live_lesson()
    id_, other = asked(proof, "My name is X"), asked(proof)
    if is_public:
        proof.command("p", "question_publish", id=id_)
    proof.append(NewEvent(payload=TextErased(ref=proof.state.of(QUESTION).by_id[id_].text_ref)))
    for who in seers(proof, id_):
        assert proof.clients[who].entities[f"question/{id_}"]["text"] is None
        assert [path for path, _ in proof.clients[who].events[-1]["put"]] == [f"question/{id_}"]
    assert proof.clients["l1"].entities[f"question/{other}"]["text"] == "Why?"
