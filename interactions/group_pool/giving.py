"""Giving a group questions of the pool to work on: as part of the plan, or while it works."""

from collections.abc import Sequence

from interactions.group_pool.events import GivenQuestion, GroupPoolGiven, PoolClass
from interactions.group_pool.idea import GroupPool
from interactions.question.idea import QUESTION
from interactions.question.pool import OPEN, PUBLIC, Pool, Question
from interactions.wording import wording
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import Call, ClassState

MOST_GIVEN = 50
"""Questions that a group has at most: more than a group can read in a lesson."""
MOST_CLASSES = 12
CLASS_CHARS = 30


def questions_named(state: ClassState, ids: Sequence[str] | None) -> tuple[Question, ...]:
    """Return the questions of these ids; for None all published ones that wait, the most wanted first.

    Of a question that was merged the one is given that it was merged into.

    Raises:
        Rejected: too many are named (`too_many_given`).
        NotFound: one of them does not exist (`question_not_found`).
        Conflict: one is answered or dismissed (`question_state_invalid`), none waits (`pool_empty`).
    """
    pool = state.of(QUESTION)
    if ids is None:
        waiting = [each for each in pool.by_id.values() if each.state in OPEN & PUBLIC]
        if not waiting:
            raise Conflict("pool_empty", "No published question waits. Publish some first, or choose some.")
        return tuple(sorted(waiting, key=lambda each: -len(each.supporters))[:MOST_GIVEN])
    if len(ids) > MOST_GIVEN:
        raise Rejected("too_many_given", f"A group gets at most {MOST_GIVEN} questions.", limit=MOST_GIVEN)
    return tuple({each.id: each for each in (_named(pool, id_) for id_ in ids)}.values())


def given(
    call: Call,
    group: str,
    questions: Sequence[Question],
    classes: Sequence[str],
    has: GroupPool | None = None,
) -> NewEvent | None:
    """Return the event that gives a group what it does not have yet; None if it has all of it.

    Raises:
        Rejected: the group would have too many questions (`too_many_given`) or classes (`too_many_classes`).
    """
    new = [each for each in questions if has is None or each.id not in has.items]
    names = tuple(classes)
    if len(new) + (0 if has is None else len(has.items)) > MOST_GIVEN:
        raise Rejected("too_many_given", f"A group gets at most {MOST_GIVEN} questions.", limit=MOST_GIVEN)
    if len(names) + (0 if has is None else len(has.classes)) > MOST_CLASSES:
        raise too_many_classes()
    if not new and not names:
        return None
    texts = {call.new_id(): name for name in names}
    payload = GroupPoolGiven(
        group=group,
        questions=tuple(
            GivenQuestion(id=each.id, text_ref=each.text_ref, asker=each.author, anonymous=each.is_anonymous)
            for each in new
        ),
        classes=tuple(PoolClass(id=call.new_id(), name_ref=ref) for ref in texts),
    )
    return NewEvent(payload=payload, actor=call.actor.participant_id, texts=texts)


def class_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return what classes are called, each once, on one line.

    Raises:
        Rejected: one is empty (`text_empty`) or too long (`text_too_long`), or they are too many.
    """
    lines = tuple(dict.fromkeys(" ".join(wording(name, CLASS_CHARS, "classes").split()) for name in names))
    if len(lines) > MOST_CLASSES:
        raise too_many_classes()
    return lines


def too_many_classes() -> Rejected:
    """Return the refusal of one class more than there may be."""
    return Rejected("too_many_classes", f"A group has at most {MOST_CLASSES} classes.", limit=MOST_CLASSES)


def _named(pool: Pool, id_: str) -> Question:
    if id_ not in pool.by_id:
        raise NotFound("question_not_found", "There is no such question.")
    question = pool.root(id_)
    if question.state not in OPEN:
        raise Conflict(
            "question_state_invalid",
            f"This cannot be done with a question that is {question.state}.",
            state=question.state.value,
        )
    return question
