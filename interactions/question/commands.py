"""Deciding about questions."""

import msgspec

from interactions.lesson.idea import require_not_over
from interactions.question.events import (
    QuestionAnswered,
    QuestionAsked,
    QuestionDismissed,
    QuestionPublished,
    QuestionUpvoted,
)
from interactions.question.idea import PUBLIC, QUESTION, TRANSITIONS, Question
from interactions.wording import QUESTION_CHARS, wording, wording_or_none
from lectern.kernel.errors import Conflict, NotFound
from lectern.timeline.event import Event, NewEvent
from lectern.timeline.idea import LEARNERS, STAFF, Call, ClassState, Command, Decision


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Ask a question."""

    text: str


class Upvote(msgspec.Struct, frozen=True, kw_only=True):
    """Want a question answered, or take that back."""

    id: str
    on: bool


class OneQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Names a question."""

    id: str


class AnswerQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Answer a question in writing, or (`text` null) say that it was answered aloud."""

    id: str
    text: str | None = None


def ask(state: ClassState, call: Call, data: Ask) -> Decision:
    """Put a question before staff."""
    require_not_over(state)
    text = wording(data.text, QUESTION_CHARS, "text")
    asked = QuestionAsked(id=call.new_id(), text_ref=call.new_id())
    event = NewEvent(payload=asked, actor=call.actor.participant_id, texts={asked.text_ref: text})
    return Decision((event,), {"id": asked.id})


def upvote(state: ClassState, call: Call, data: Upvote) -> Decision:
    """Count each participant once; saying the same again changes nothing."""
    require_not_over(state)
    question = _question(state, data.id)
    voter = call.actor.participant_id
    if question.state not in PUBLIC:
        if question.author != voter:
            raise _unknown()
        raise Conflict("question_not_public", "Only published questions can be voted for.")
    if (voter in question.upvoters) == data.on:
        return Decision()
    return Decision((NewEvent(payload=QuestionUpvoted(id=question.id, on=data.on), actor=voter),))


def publish(state: ClassState, call: Call, data: OneQuestion) -> Decision:
    """Show a question to everybody, or bring a dismissed one back."""
    require_not_over(state)
    return _turn(state, call, QuestionPublished(id=data.id), data.id)


def dismiss(state: ClassState, call: Call, data: OneQuestion) -> Decision:
    """Take a question off the list."""
    require_not_over(state)
    return _turn(state, call, QuestionDismissed(id=data.id), data.id)


def answer(state: ClassState, call: Call, data: AnswerQuestion) -> Decision:
    """Answer a published question; a second answer replaces the first, whose words are erased."""
    require_not_over(state)
    text = wording_or_none(data.text, QUESTION_CHARS, "text")
    ref = None if text is None else call.new_id()
    texts = {} if ref is None or text is None else {ref: text}
    earlier = _question(state, data.id).answer_ref
    erase = () if earlier is None else (earlier,)
    return _turn(state, call, QuestionAnswered(id=data.id, answer_ref=ref), data.id, texts=texts, erase=erase)


def _turn(
    state: ClassState,
    call: Call,
    turn: Event,
    id_: str,
    *,
    texts: dict[str, str] | None = None,
    erase: tuple[str, ...] = (),
) -> Decision:
    question = _question(state, id_)
    if type(turn) not in TRANSITIONS[question.state]:
        raise Conflict(
            "question_state_invalid",
            f"This cannot be done with a question that is {question.state}.",
            state=question.state.value,
        )
    event = NewEvent(payload=turn, actor=call.actor.participant_id, texts=texts or {})
    return Decision((event,), erase=erase)


def _question(state: ClassState, id_: str) -> Question:
    question = state.of(QUESTION).by_id.get(id_)
    if question is None:
        raise _unknown()
    return question


def _unknown() -> NotFound:
    return NotFound("question_not_found", "There is no such question.")


COMMANDS = (
    Command("question_ask", Ask, LEARNERS, ask),
    Command("question_upvote", Upvote, LEARNERS, upvote),
    Command("question_publish", OneQuestion, STAFF, publish),
    Command("question_dismiss", OneQuestion, STAFF, dismiss),
    Command("question_answer", AnswerQuestion, STAFF, answer),
)
