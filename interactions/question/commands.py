"""Deciding about questions.

Learners ask, vote and explain until the lesson is over. Staff work on the pool at any time, so that what was
not answered in the lesson still is afterwards; only what is said aloud needs a live lesson.
"""

from typing import Annotated

import msgspec

from interactions.lesson.idea import require_live, require_not_over
from interactions.question.events import (
    QuestionAnswered,
    QuestionAsked,
    QuestionAssigned,
    QuestionDismissed,
    QuestionExplained,
    QuestionMerged,
    QuestionPinned,
    QuestionPlaced,
    QuestionPublished,
    QuestionQueried,
    QuestionReworded,
    QuestionRulesSet,
    QuestionSorted,
    QuestionSplit,
    QuestionUnpinned,
    QuestionUpvoted,
)
from interactions.question.idea import QUESTION
from interactions.question.pool import OPEN, PUBLIC, TRANSITIONS, Pool, Question, State
from interactions.wording import QUESTION_CHARS, wording, wording_or_none
from lectern.kernel.errors import Conflict, Forbidden, NotFound, Rejected
from lectern.timeline.event import Event, NewEvent
from lectern.timeline.idea import ANYONE, LEARNERS, STAFF, Call, ClassState, Command, Decision

MAX_PENDING = 20
"""Questions of one asker that staff have not decided about yet."""
MAX_QUESTIONS = 2_000
MAX_TAGS = 5
TAG_CHARS = 30
SPEAKER_CHARS = 100


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Ask a question; with `anonymous` nobody in the class is told who did."""

    text: str
    anonymous: bool = False


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


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """Say that a question asks the same as another."""

    id: str
    into: str


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Words about a question: its own anew, a query, an explanation."""

    id: str
    text: str


class Sort(msgspec.Struct, frozen=True, kw_only=True):
    """Classify a question; an empty list takes its tags away."""

    id: str
    tags: Annotated[list[str], msgspec.Meta(max_length=50)]


class Assign(msgspec.Struct, frozen=True, kw_only=True):
    """Say who is to answer; null: nobody in particular."""

    id: str
    speaker: str | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Put a question at a place of the run (from 0; beyond the end means last), or (null) take it out."""

    id: str
    at: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Whether learners may ask now, and whether without their name."""

    open: bool
    anonymous: bool


def ask(state: ClassState, call: Call, data: Ask) -> Decision:
    """Put a question before staff.

    Raises:
        Conflict: staff take no questions now (`questions_closed`), too many of this asker wait
            (`too_many_pending`), the pool is full (`pool_full`).
        Forbidden: no questions without a name here (`anonymous_not_allowed`).
    """
    require_not_over(state)
    pool, who = state.of(QUESTION), call.actor.participant_id
    text = wording(data.text, QUESTION_CHARS, "text")
    if not pool.is_open:
        raise Conflict("questions_closed", "The host takes no questions at the moment.")
    if data.anonymous and not pool.anonymous:
        raise Forbidden("anonymous_not_allowed", "In this lesson questions carry the asker's name.")
    if pool.pending_of[who] >= MAX_PENDING:
        raise Conflict(
            "too_many_pending",
            f"{MAX_PENDING} of your questions still wait for the host. Please wait for some of them.",
            limit=MAX_PENDING,
        )
    if len(pool.by_id) >= MAX_QUESTIONS:
        raise Conflict("pool_full", f"There are {MAX_QUESTIONS} questions already.", limit=MAX_QUESTIONS)
    asker = who if data.anonymous else None
    asked = QuestionAsked(id=call.new_id(), text_ref=call.new_id(), participant=asker)
    actor = None if data.anonymous else who
    return Decision((NewEvent(payload=asked, actor=actor, texts={asked.text_ref: text}),), {"id": asked.id})


def upvote(state: ClassState, call: Call, data: Upvote) -> Decision:
    """Count each participant once; a vote for a merged question counts for the one it was merged into."""
    require_not_over(state)
    pool, voter = state.of(QUESTION), call.actor.participant_id
    named = _question(pool, data.id)
    question = pool.root(named.id)
    if question.state not in PUBLIC:
        if voter not in (named.author, question.author):
            raise _unknown()
        raise Conflict("question_not_public", "Only published questions can be voted for.")
    if (voter in question.supporters) == data.on:
        return Decision()
    return Decision((NewEvent(payload=QuestionUpvoted(id=question.id, on=data.on), actor=voter),))


def publish(state: ClassState, call: Call, data: OneQuestion) -> Decision:
    """Show a question to everybody, or bring a dismissed one back."""
    return _turn(state, call, QuestionPublished(id=data.id), data.id)


def dismiss(state: ClassState, call: Call, data: OneQuestion) -> Decision:
    """Take a question off the list."""
    return _turn(state, call, QuestionDismissed(id=data.id), data.id)


def pin(state: ClassState, call: Call, data: OneQuestion) -> Decision:
    """Give a question its turn; it ends the turn of another."""
    require_live(state)
    pool = state.of(QUESTION)
    if pool.pinned == data.id:
        return Decision()
    turn = _turn(state, call, QuestionPinned(id=data.id), data.id)
    if pool.pinned is None:
        return turn
    over = NewEvent(payload=QuestionUnpinned(id=pool.pinned), actor=call.actor.participant_id)
    return Decision((over, *turn.events))


def unpin(state: ClassState, call: Call, data: OneQuestion) -> Decision:
    """End a question's turn without an answer."""
    require_live(state)
    return _turn(state, call, QuestionUnpinned(id=data.id), data.id)


def answer(state: ClassState, call: Call, data: AnswerQuestion) -> Decision:
    """Answer a published question; a second answer replaces the first, whose words are erased."""
    text = wording_or_none(data.text, QUESTION_CHARS, "text")
    ref = None if text is None else call.new_id()
    texts = {} if ref is None or text is None else {ref: text}
    earlier = _question(state.of(QUESTION), data.id).answer_ref
    turned = _turn(state, call, QuestionAnswered(id=data.id, answer_ref=ref), data.id)
    (event,) = turned.events
    return Decision((msgspec.structs.replace(event, texts=texts),), erase=_those(earlier))


def merge(state: ClassState, call: Call, data: Merge) -> Decision:
    """Let a question count as another: their voters together, each once.

    Raises:
        Conflict: the other one is it or was merged into it (`merge_into_itself`), is dismissed
            (`question_state_invalid`), or is hidden while this one is public (`merge_into_hidden`).
    """
    pool = state.of(QUESTION)
    question = _question(pool, data.id)
    into = pool.root(_question(pool, data.into).id)
    if into is question:
        raise Conflict("merge_into_itself", "These two are one question already.")
    if into.state is State.DISMISSED:
        raise _state_invalid(into)
    if question.state in PUBLIC and into.state not in PUBLIC:
        raise Conflict("merge_into_hidden", "Publish the other question first: this one is public.")
    return _turn(state, call, QuestionMerged(id=question.id, into=into.id), question.id)


def split(state: ClassState, call: Call, data: OneQuestion) -> Decision:
    """Take a merge back."""
    return _turn(state, call, QuestionSplit(id=data.id), data.id)


def reword(state: ClassState, call: Call, data: Words) -> Decision:
    """Word a question anew: staff as long as it is open, its asker until it is published."""
    pool, actor = state.of(QUESTION), call.actor
    question = _question(pool, data.id)
    if not actor.is_staff:
        require_not_over(state)
        _require_own(question, actor.participant_id)
        if question.state is not State.PENDING:
            raise Forbidden("not_allowed", "It was published already; only the host can change its words.")
    if question.state not in OPEN:
        raise _state_invalid(question)
    text, ref = wording(data.text, QUESTION_CHARS, "text"), call.new_id()
    reworded = QuestionReworded(id=question.id, text_ref=ref, by_staff=actor.is_staff)
    event = NewEvent(payload=reworded, actor=_shown(question, call), texts={ref: text})
    return Decision((event,), erase=(question.text_ref,))


def query(state: ClassState, call: Call, data: Words) -> Decision:
    """Ask the asker back; an earlier query and its explanation are erased."""
    require_not_over(state)
    question = _open(state, data.id)
    text, ref = wording(data.text, QUESTION_CHARS, "text"), call.new_id()
    queried = QuestionQueried(id=question.id, text_ref=ref)
    event = NewEvent(payload=queried, actor=call.actor.participant_id, texts={ref: text})
    return Decision((event,), erase=_those(question.query_ref, question.reply_ref))


def explain(state: ClassState, call: Call, data: Words) -> Decision:
    """Answer what staff asked back.

    Raises:
        Conflict: nothing was asked back (`nothing_to_explain`).
    """
    require_not_over(state)
    question = _question(state.of(QUESTION), data.id)
    _require_own(question, call.actor.participant_id)
    if question.query_ref is None:
        raise Conflict("nothing_to_explain", "The host has not asked you anything about this question.")
    text, ref = wording(data.text, QUESTION_CHARS, "text"), call.new_id()
    explained = QuestionExplained(id=question.id, text_ref=ref)
    event = NewEvent(payload=explained, actor=_shown(question, call), texts={ref: text})
    return Decision((event,), erase=_those(question.reply_ref))


def sort(state: ClassState, call: Call, data: Sort) -> Decision:
    """Classify a question by tags; the same tag twice is one.

    Raises:
        Rejected: more than five (`too_many_tags`).
    """
    question = _question(state.of(QUESTION), data.id)
    tags = tuple(dict.fromkeys(_line(tag, TAG_CHARS, "tags") for tag in data.tags))
    if len(tags) > MAX_TAGS:
        raise Rejected("too_many_tags", f"A question has at most {MAX_TAGS} tags.", limit=MAX_TAGS)
    ref = call.new_id() if tags else None
    texts = {ref: "\n".join(tags)} if ref else {}
    event = NewEvent(
        payload=QuestionSorted(id=question.id, tags_ref=ref), actor=call.actor.participant_id, texts=texts
    )
    return Decision((event,), erase=_those(question.tags_ref))


def assign(state: ClassState, call: Call, data: Assign) -> Decision:
    """Say who is to answer, perhaps a guest who is not here yet."""
    question = _question(state.of(QUESTION), data.id)
    speaker = None if data.speaker is None or not data.speaker.strip() else data.speaker
    name = None if speaker is None else _line(speaker, SPEAKER_CHARS, "speaker")
    ref = None if name is None else call.new_id()
    texts = {} if ref is None or name is None else {ref: name}
    event = NewEvent(
        payload=QuestionAssigned(id=question.id, speaker_ref=ref),
        actor=call.actor.participant_id,
        texts=texts,
    )
    return Decision((event,), erase=_those(question.speaker_ref))


def place(state: ClassState, call: Call, data: Place) -> Decision:
    """Order the run; the same place again changes nothing."""
    pool = state.of(QUESTION)
    question = _open(state, data.id) if data.at is not None else _question(pool, data.id)
    now_at = pool.run.index(question.id) if question.id in pool.run else None
    last = len(pool.run) - (now_at is not None)
    at = None if data.at is None else min(data.at, last)
    if at == now_at:
        return Decision()
    event = NewEvent(payload=QuestionPlaced(id=question.id, at=at), actor=call.actor.participant_id)
    return Decision((event,))


def rules(state: ClassState, call: Call, data: Rules) -> Decision:
    """Open or close the pool, allow questions without a name or not."""
    require_not_over(state)
    pool = state.of(QUESTION)
    if (pool.is_open, pool.anonymous) == (data.open, data.anonymous):
        return Decision()
    payload = QuestionRulesSet(open=data.open, anonymous=data.anonymous)
    return Decision((NewEvent(payload=payload, actor=call.actor.participant_id),))


def _turn(state: ClassState, call: Call, turn: Event, id_: str) -> Decision:
    question = _question(state.of(QUESTION), id_)
    if type(turn) not in TRANSITIONS[question.state]:
        raise _state_invalid(question)
    return Decision((NewEvent(payload=turn, actor=call.actor.participant_id),))


def _question(pool: Pool, id_: str) -> Question:
    question = pool.by_id.get(id_)
    if question is None:
        raise _unknown()
    return question


def _open(state: ClassState, id_: str) -> Question:
    question = _question(state.of(QUESTION), id_)
    if question.state not in OPEN:
        raise _state_invalid(question)
    return question


def _require_own(question: Question, participant_id: str) -> None:
    if question.author == participant_id:
        return
    if question.state in PUBLIC:
        raise Forbidden("not_allowed", "This is somebody else's question.")
    raise _unknown()


def _shown(question: Question, call: Call) -> str | None:
    """Whom the event names: nobody where it would betray who asked without a name."""
    is_secret = question.is_anonymous and not call.actor.is_staff
    return None if is_secret else call.actor.participant_id


def _line(text: str, limit: int, field: str) -> str:
    return " ".join(wording(text, limit, field).split())


def _those(*refs: str | None) -> tuple[str, ...]:
    return tuple(ref for ref in refs if ref is not None)


def _state_invalid(question: Question) -> Conflict:
    return Conflict(
        "question_state_invalid",
        f"This cannot be done with a question that is {question.state}.",
        state=question.state.value,
    )


def _unknown() -> NotFound:
    return NotFound("question_not_found", "There is no such question.")


COMMANDS = (
    Command("question_ask", Ask, LEARNERS, ask),
    Command("question_upvote", Upvote, LEARNERS, upvote),
    Command("question_explain", Words, LEARNERS, explain),
    Command("question_reword", Words, ANYONE, reword),
    Command("question_publish", OneQuestion, STAFF, publish),
    Command("question_dismiss", OneQuestion, STAFF, dismiss),
    Command("question_pin", OneQuestion, STAFF, pin),
    Command("question_unpin", OneQuestion, STAFF, unpin),
    Command("question_answer", AnswerQuestion, STAFF, answer),
    Command("question_merge", Merge, STAFF, merge),
    Command("question_split", OneQuestion, STAFF, split),
    Command("question_query", Words, STAFF, query),
    Command("question_sort", Sort, STAFF, sort),
    Command("question_assign", Assign, STAFF, assign),
    Command("question_place", Place, STAFF, place),
    Command("question_rules", Rules, STAFF, rules),
)
