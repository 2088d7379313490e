"""Deciding about the work of groups on questions.

Members classify, vote, clarify and mark; staff may do all of it but vote, in any group. Who leaves a group
leaves behind what they did there.
"""

from typing import Annotated

import msgspec

from interactions.breakout.placing import require_group, require_open
from interactions.group_pool.events import (
    GroupPoolClarified,
    GroupPoolClassDropped,
    GroupPoolClassed,
    GroupPoolClassRenamed,
    GroupPoolMarked,
    GroupPoolShown,
    GroupPoolSorted,
    GroupPoolTaken,
    GroupPoolVoted,
)
from interactions.group_pool.giving import (
    CLASS_CHARS,
    MOST_CLASSES,
    class_names,
    given,
    questions_named,
    too_many_classes,
)
from interactions.group_pool.idea import GROUP_POOL, TOP_MOST, VOTES_EACH, GroupPool, Item
from interactions.group_pool.idea import State as Work
from interactions.group_pool.taking import taken_over
from interactions.lesson.idea import require_live
from interactions.wording import CLARIFICATION_CHARS, wording
from lectern.kernel.errors import Conflict, Forbidden, NotFound
from lectern.timeline.event import Event, NewEvent
from lectern.timeline.idea import ANYONE, LEARNERS, STAFF, Call, ClassState, Command, Decision

MOST_CLARIFICATIONS = 20
"""Clarifications of one question in one group."""


class Give(msgspec.Struct, frozen=True, kw_only=True):
    """Give questions (null: all published ones that wait) to a group (null: to every group)."""

    group: str | None = None
    questions: Annotated[list[str], msgspec.Meta(max_length=200)] | None = None
    classes: Annotated[list[str], msgspec.Meta(max_length=50)] = []


class AddClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class that a group thought of."""

    group: str
    name: str


class RenameClass(msgspec.Struct, frozen=True, kw_only=True):
    """Another name for a class."""

    group: str
    id: str
    name: str


class DropClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class that is not wanted."""

    group: str
    id: str


class SortInto(msgspec.Struct, frozen=True, kw_only=True):
    """Put a question into a class; null: into none."""

    group: str
    question: str
    into: str | None = None


class OnOff(msgspec.Struct, frozen=True, kw_only=True):
    """Vote for a question, or mark it to be brought back; or (`on` false) no longer."""

    group: str
    question: str
    on: bool


class Clarify(msgspec.Struct, frozen=True, kw_only=True):
    """Add what makes a question clearer."""

    group: str
    question: str
    text: str


class Show(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the whole class sees what a group made of its questions."""

    id: str
    on: bool


class Take(msgspec.Struct, frozen=True, kw_only=True):
    """Take over what a group made of its questions into the pool."""

    id: str


def give(state: ClassState, call: Call, data: Give) -> Decision:
    """Give groups at work questions of the pool; what a group has already it is not given again."""
    breakout = require_open(state)
    groups = list(breakout.groups) if data.group is None else [require_group(breakout, data.group).id]
    questions, names = questions_named(state, data.questions), class_names(data.classes)
    events: list[NewEvent] = []
    for id_ in groups:
        has = state.of(GROUP_POOL).by_group.get(id_)
        known = set() if has is None else {state.texts.get(ref) for ref in has.classes.values()}
        event = given(call, id_, questions, [name for name in names if name not in known], has)
        if event is not None:
            events.append(event)
    return Decision(tuple(events))


def add_class(state: ClassState, call: Call, data: AddClass) -> Decision:
    """Add a class of the group's own; one that it has already is no error."""
    pool = _working(state, call, data.group)
    name = " ".join(wording(data.name, CLASS_CHARS, "name").split())
    for id_, ref in pool.classes.items():
        if state.texts.get(ref) == name:
            return Decision(result={"id": id_})
    if len(pool.classes) >= MOST_CLASSES:
        raise too_many_classes()
    classed = GroupPoolClassed(group=pool.group, id=call.new_id(), name_ref=call.new_id())
    event = NewEvent(payload=classed, actor=call.actor.participant_id, texts={classed.name_ref: name})
    return Decision((event,), {"id": classed.id})


def rename_class(state: ClassState, call: Call, data: RenameClass) -> Decision:
    """Give a class another name.

    Raises:
        Forbidden: the presenter set it (`class_given`). Conflict: another has this name (`class_name_taken`).
    """
    pool = _working(state, call, data.group)
    ref = _class_of_theirs(pool, call, data.id)
    name = " ".join(wording(data.name, CLASS_CHARS, "name").split())
    if state.texts.get(ref) == name:
        return Decision()
    if any(state.texts.get(other) == name for other in pool.classes.values()):
        raise Conflict("class_name_taken", "There is a class of this name. Sort the questions into that one.")
    renamed = GroupPoolClassRenamed(group=pool.group, id=data.id, name_ref=call.new_id())
    event = NewEvent(payload=renamed, actor=call.actor.participant_id, texts={renamed.name_ref: name})
    return Decision((event,))


def drop_class(state: ClassState, call: Call, data: DropClass) -> Decision:
    """Take a class away; what was in it is in none.

    Raises:
        Forbidden: the presenter set it (`class_given`).
    """
    pool = _working(state, call, data.group)
    if data.id not in pool.classes:
        return Decision()
    _class_of_theirs(pool, call, data.id)
    return _one(call, GroupPoolClassDropped(group=pool.group, id=data.id))


def _class_of_theirs(pool: GroupPool, call: Call, id_: str) -> str:
    """Return the reference of the name of a class that the actor may change."""
    ref = pool.classes.get(id_)
    if ref is None:
        raise NotFound("class_not_found", "This group has no such class.")
    if id_ not in pool.own and not call.actor.is_staff:
        raise Forbidden("class_given", "The presenter set this class. Groups change their own.")
    return ref


def sort_into(state: ClassState, call: Call, data: SortInto) -> Decision:
    """Put a question into a class; the last word counts."""
    pool = _working(state, call, data.group)
    item = _item(pool, data.question)
    if data.into is not None and data.into not in pool.classes:
        raise NotFound("class_not_found", "This group has no such class.")
    if item.class_id == data.into:
        return Decision()
    return _one(call, GroupPoolSorted(group=pool.group, question=item.given.id, into=data.into))


def vote(state: ClassState, call: Call, data: OnOff) -> Decision:
    """Give one of one's votes, or take it back.

    Raises:
        Conflict: all votes are given (`votes_spent`).
    """
    pool, who = _working(state, call, data.group), call.actor.participant_id
    item = _item(pool, data.question)
    if (who in item.voters) == data.on:
        return Decision()
    if data.on and pool.spent[who] >= VOTES_EACH:
        raise Conflict(
            "votes_spent", f"You have given your {VOTES_EACH} votes. Take one back first.", limit=VOTES_EACH
        )
    return _one(call, GroupPoolVoted(group=pool.group, question=item.given.id, on=data.on))


def clarify(state: ClassState, call: Call, data: Clarify) -> Decision:
    """Add a clarification to a question, one's own too.

    Raises:
        Conflict: there are enough of them (`clarifications_full`).
    """
    pool = _working(state, call, data.group)
    item = _item(pool, data.question)
    text, ref = wording(data.text, CLARIFICATION_CHARS, "text"), call.new_id()
    if len(item.clarifications) >= MOST_CLARIFICATIONS:
        raise Conflict(
            "clarifications_full",
            f"There are {MOST_CLARIFICATIONS} clarifications of this question.",
            limit=MOST_CLARIFICATIONS,
        )
    payload = GroupPoolClarified(group=pool.group, question=item.given.id, text_ref=ref)
    return Decision((NewEvent(payload=payload, actor=call.actor.participant_id, texts={ref: text}),))


def mark(state: ClassState, call: Call, data: OnOff) -> Decision:
    """Mark a question to be brought back, or no longer.

    Raises:
        Conflict: as many are marked as can be (`top_full`).
    """
    pool = _working(state, call, data.group)
    item = _item(pool, data.question)
    if (item.given.id in pool.top) == data.on:
        return Decision()
    if data.on and len(pool.top) >= TOP_MOST:
        raise Conflict("top_full", f"Your group brings back {TOP_MOST}. Take one back first.", limit=TOP_MOST)
    return _one(call, GroupPoolMarked(group=pool.group, question=item.given.id, on=data.on))


def show(state: ClassState, call: Call, data: Show) -> Decision:
    """Show everybody what a group brought back, or its group alone again."""
    require_live(state)
    pool = _brought_back(state, data.id)
    if pool.is_shown == data.on:
        return Decision()
    return _one(call, GroupPoolShown(id=pool.group, on=data.on))


def take(state: ClassState, call: Call, data: Take) -> Decision:
    """Make classes tags, and votes of the group votes of the pool; also after the lesson. Once."""
    pool = _brought_back(state, data.id)
    if pool.is_taken:
        return Decision()
    questions, texts, erased = taken_over(state, call, pool)
    payload = GroupPoolTaken(id=pool.group, questions=questions)
    event = NewEvent(payload=payload, actor=call.actor.participant_id, texts=texts)
    return Decision((event,), erase=erased)


def _working(state: ClassState, call: Call, group_id: str) -> GroupPool:
    """Return the work of a group on its questions, for a member of it or for staff."""
    group = require_group(require_open(state), group_id)
    if not call.actor.is_staff and call.actor.participant_id not in group.members:
        raise NotFound("group_not_found", "You are in no such group.")
    pool = state.of(GROUP_POOL).by_group.get(group.id)
    if pool is None:
        raise NotFound("group_pool_not_found", "This group was given no questions.")
    return pool


def _brought_back(state: ClassState, group_id: str) -> GroupPool:
    pool = state.of(GROUP_POOL).by_group.get(group_id)
    if pool is None:
        raise NotFound("group_pool_not_found", "This group was given no questions.")
    if pool.state is Work.OPEN:
        raise Conflict("group_pool_open", "The group still works on its questions. Bring it back first.")
    return pool


def _item(pool: GroupPool, id_: str) -> Item:
    item = pool.items.get(id_)
    if item is None:
        raise NotFound("question_not_found", "There is no such question.")
    return item


def _one(call: Call, payload: Event) -> Decision:
    return Decision((NewEvent(payload=payload, actor=call.actor.participant_id),))


COMMANDS = (
    Command("group_pool_give", Give, STAFF, give),
    Command("group_pool_class", AddClass, ANYONE, add_class),
    Command("group_pool_class_rename", RenameClass, ANYONE, rename_class),
    Command("group_pool_class_drop", DropClass, ANYONE, drop_class),
    Command("group_pool_sort", SortInto, ANYONE, sort_into),
    Command("group_pool_vote", OnOff, LEARNERS, vote),
    Command("group_pool_clarify", Clarify, ANYONE, clarify),
    Command("group_pool_mark", OnOff, ANYONE, mark),
    Command("group_pool_show", Show, STAFF, show),
    Command("group_pool_take", Take, STAFF, take),
)
