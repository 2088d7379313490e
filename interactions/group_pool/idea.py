"""What groups make of the questions that they were given, as a slice of class state."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from interactions.group_pool.events import (
    GivenQuestion,
    GroupPoolClarified,
    GroupPoolClassDropped,
    GroupPoolClassed,
    GroupPoolClassRenamed,
    GroupPoolGiven,
    GroupPoolMarked,
    GroupPoolShown,
    GroupPoolSorted,
    GroupPoolTaken,
    GroupPoolVoted,
)
from interactions.question.events import QuestionDismissed, QuestionReworded
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import (
    BreakoutClosed,
    BreakoutOpened,
    BreakoutPlaced,
    Event,
    ParticipantRemoved,
    SessionEnded,
    TimelineEvent,
)
from lectern.timeline.idea import Audience, Entity, Texts, Touch

TOP_MOST = 3
"""How many questions a group may mark to bring back."""
VOTES_EACH = 5
"""How many of its questions each member may vote for: enough to choose, too few to like everything."""


class State(StrEnum):
    """Whether a group still works on its questions."""

    OPEN = "open"
    CLOSED = "closed"


TRANSITIONS: Mapping[State, Mapping[type[Event], State]] = MappingProxyType(
    {
        State.OPEN: {BreakoutClosed: State.CLOSED, SessionEnded: State.CLOSED},
        State.CLOSED: {},
    }
)


@dataclass(frozen=True, slots=True)
class Clarification:
    """What a member wrote about a question."""

    author: str | None
    text_ref: str
    utc_ms: UtcMs


@dataclass(slots=True)
class Item:
    """One question in one group."""

    given: GivenQuestion
    text_ref: str
    class_id: str | None = None
    voters: dict[str, None] = field(default_factory=dict)
    clarifications: list[Clarification] = field(default_factory=list)


@dataclass(slots=True)
class GroupPool:
    """One group's questions. `classes` are names by id, in order, `own` those that the group thought of."""

    group: str
    name_ref: str
    members: frozenset[str]
    utc_ms: UtcMs
    state: State = State.OPEN
    classes: dict[str, str] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    items: dict[str, Item] = field(default_factory=dict)
    top: list[str] = field(default_factory=list)
    spent: Counter[str] = field(default_factory=Counter)
    is_shown: bool = False
    is_taken: bool = False


@dataclass(slots=True)
class GroupPools:
    """All groups that got questions, of every breakout. `asked` says which groups have a clarified question.

    `members` and `names` are of the present or last groups. `just` are the groups and questions that the last
    event changed beside its own subject; `just_gone` also names who must not see them any more.
    """

    by_group: dict[str, GroupPool] = field(default_factory=dict)
    asked: dict[str, dict[str, None]] = field(default_factory=dict)
    askers: dict[str, str] = field(default_factory=dict)
    mine: dict[str, dict[str, None]] = field(default_factory=dict)
    members: dict[str, frozenset[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    just: tuple[tuple[str, str | None], ...] = ()
    just_gone: tuple[GroupPool, ...] = ()


class GroupPoolIdea:
    """Folds and draws the work of groups on questions."""

    name = "group_pool"
    events: tuple[type[Event], ...] = (
        GroupPoolGiven,
        GroupPoolClassed,
        GroupPoolClassRenamed,
        GroupPoolClassDropped,
        GroupPoolSorted,
        GroupPoolVoted,
        GroupPoolClarified,
        GroupPoolMarked,
        GroupPoolShown,
        GroupPoolTaken,
        QuestionReworded,
        QuestionDismissed,
        BreakoutOpened,
        BreakoutPlaced,
        BreakoutClosed,
        ParticipantRemoved,
        SessionEnded,
    )
    paths: tuple[str, ...] = ("group_pool", "group_question", "my/group_vote", "my/clarified")

    def empty(self) -> GroupPools:
        """See `Idea`."""
        return GroupPools()

    def apply(self, slice_: GroupPools, event: TimelineEvent) -> None:
        """See `Idea`."""
        slice_.just, slice_.just_gone = (), ()
        match event.payload:
            case GroupPoolGiven() as given:
                _give(slice_, given, event.utc_ms)
            case GroupPoolShown(id=id_, on=on):
                slice_.by_group[id_].is_shown = on
            case GroupPoolTaken(id=id_):
                slice_.by_group[id_].is_taken = True
            case GroupPoolClassDropped() as dropped:
                _drop_class(slice_, dropped)
            case GroupPoolClassed() | GroupPoolClassRenamed() | GroupPoolMarked() as turn:
                _mark(slice_.by_group[turn.group], turn)
            case GroupPoolSorted() | GroupPoolVoted() | GroupPoolClarified() as turn:
                _work(slice_, turn, event)
            case QuestionReworded(id=id_, text_ref=ref):
                _reword(slice_, id_, ref)
            case QuestionDismissed(id=id_):
                _drop(slice_, id_)
            case turn if turn is not None:
                _follow(slice_, turn)

    def touched(self, slice_: GroupPools, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case (
                GroupPoolClassed(group=id_)
                | GroupPoolClassRenamed(group=id_)
                | GroupPoolMarked(group=id_)
                | GroupPoolTaken(id=id_)
            ):
                yield _seen(slice_.by_group[id_], None)
            case GroupPoolSorted(group=id_, question=question):
                yield _seen(slice_.by_group[id_], question)
            case GroupPoolVoted(group=id_, question=question):
                yield _seen(slice_.by_group[id_], question)
                yield Touch(f"my/group_vote/{id_}/{question}", owner=event.actor)
            case GroupPoolClarified(group=id_, question=question):
                yield _seen(slice_.by_group[id_], question)
                yield Touch(f"my/clarified/{question}", owner=slice_.askers[question])
            case GroupPoolShown(id=id_):
                yield from _everything(slice_.by_group[id_])
            case GroupPoolGiven(group=id_):
                yield from _of_members(slice_.by_group[id_])
            case _:
                yield from _beside(slice_, event)

    def entities(self, slice_: GroupPools) -> Iterable[Touch]:
        """See `Idea`."""
        for pool in slice_.by_group.values():
            yield from _of_members(pool)
        # Here and not in `own`: words stand in it, and where they are erased only these are looked through.
        for question in slice_.asked:
            yield Touch(f"my/clarified/{question}", owner=slice_.askers[question])

    def own(self, slice_: GroupPools, participant_id: str) -> Iterable[Touch]:
        """See `Personal`."""
        for id_, pool in slice_.by_group.items():
            for question in slice_.mine.get(participant_id, ()) if participant_id in pool.spent else ():
                if question in pool.items:
                    yield Touch(f"my/group_vote/{id_}/{question}", owner=participant_id)

    def render(self, slice_: GroupPools, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        path = touch.path.split("/")
        match path:
            case ["group_pool", id_]:
                pool = slice_.by_group[id_]
                return _draw_pool(pool, texts) if _is_for(pool, touch, audience) else None
            case ["group_question", id_, question]:
                pool, item = slice_.by_group[id_], slice_.by_group[id_].items.get(question)
                if item is None or not _is_for(pool, touch, audience):
                    return None
                return _draw(pool, item, texts, named=not pool.is_shown or audience is Audience.STAFF)
            case [_, "group_vote", id_, question]:
                item = slice_.by_group[id_].items.get(question)
                return True if item is not None and touch.owner in item.voters else None
        return _draw_clarified(slice_, path[-1], texts)


def _give(slice_: GroupPools, given: GroupPoolGiven, now: UtcMs) -> None:
    pool = slice_.by_group.get(given.group)
    if pool is None:
        members = slice_.members.get(given.group, frozenset())
        pool = GroupPool(given.group, slice_.names[given.group], members, now)
        slice_.by_group[given.group] = pool
    for question in given.questions:
        pool.items.setdefault(question.id, Item(question, question.text_ref))
        slice_.askers[question.id] = question.asker
    pool.classes |= {each.id: each.name_ref for each in given.classes}


def _mark(pool: GroupPool, turn: GroupPoolClassed | GroupPoolClassRenamed | GroupPoolMarked) -> None:
    match turn:
        case GroupPoolClassRenamed(id=id_, name_ref=ref):
            pool.classes[id_] = ref
        case GroupPoolClassed(id=id_, name_ref=ref):
            pool.classes[id_] = ref
            pool.own.add(id_)
        case GroupPoolMarked(question=question, on=True):
            pool.top.append(question)
        case GroupPoolMarked(question=question):
            pool.top.remove(question)


def _drop_class(slice_: GroupPools, dropped: GroupPoolClassDropped) -> None:
    pool = slice_.by_group[dropped.group]
    del pool.classes[dropped.id]
    pool.own.discard(dropped.id)
    freed = [item for item in pool.items.values() if item.class_id == dropped.id]
    for item in freed:
        item.class_id = None
    slice_.just = ((pool.group, None), *((pool.group, item.given.id) for item in freed))


def _work(
    slice_: GroupPools, turn: GroupPoolSorted | GroupPoolVoted | GroupPoolClarified, event: TimelineEvent
) -> None:
    pool = slice_.by_group[turn.group]
    item = pool.items[turn.question]
    match turn:
        case GroupPoolSorted(into=into):
            item.class_id = into
        case GroupPoolVoted(on=True) if event.actor is not None:
            item.voters[event.actor] = None
            pool.spent[event.actor] += 1
            slice_.mine.setdefault(event.actor, {})[turn.question] = None
        case GroupPoolVoted(on=False) if event.actor is not None:
            item.voters.pop(event.actor, None)
            pool.spent[event.actor] -= 1
        case GroupPoolClarified(text_ref=ref):
            item.clarifications.append(Clarification(event.actor, ref, event.utc_ms))
            slice_.asked.setdefault(turn.question, {})[pool.group] = None


def _reword(slice_: GroupPools, id_: str, ref: str) -> None:
    found: list[tuple[str, str | None]] = []
    for pool in slice_.by_group.values():
        if id_ in pool.items:
            pool.items[id_].text_ref = ref
            found += [(pool.group, None), (pool.group, id_)]
    slice_.just = tuple(found)


def _drop(slice_: GroupPools, id_: str) -> None:
    """Take what staff dismissed out of every group: votes for it are free again."""
    found: list[tuple[str, str | None]] = []
    for pool in slice_.by_group.values():
        item = pool.items.pop(id_, None)
        if item is None:
            continue
        pool.spent.subtract(item.voters.keys())
        if id_ in pool.top:
            pool.top.remove(id_)
        found += [(pool.group, None), (pool.group, id_)]
    slice_.just = tuple(found)


def _follow(slice_: GroupPools, turn: Event) -> None:
    """Keep who is in which group, and close what ends with the groups."""
    match turn:
        case BreakoutOpened(groups=groups):
            slice_.members = {group.id: frozenset(group.members) for group in groups}
            slice_.names = {group.id: group.name_ref for group in groups}
        case BreakoutPlaced(participant=who, group=to, left=left):
            _leave(slice_, who, (left,) if left is not None else ())
            if to is not None:
                slice_.members[to] = slice_.members.get(to, frozenset()) | {who}
                if to in slice_.by_group:
                    slice_.by_group[to].members |= {who}
        case ParticipantRemoved(participant=who):
            _leave(slice_, who, tuple({**slice_.members, **slice_.by_group}))
        case BreakoutClosed() | SessionEnded():
            closing = [pool for pool in slice_.by_group.values() if type(turn) in TRANSITIONS[pool.state]]
            for pool in closing:
                pool.state = TRANSITIONS[pool.state][type(turn)]
            slice_.just = tuple((pool.group, None) for pool in closing)


def _leave(slice_: GroupPools, who: str, groups: Iterable[str]) -> None:
    gone: list[GroupPool] = []
    for id_ in groups:
        slice_.members[id_] = slice_.members.get(id_, frozenset()) - {who}
        pool = slice_.by_group.get(id_)
        if pool is not None and who in pool.members:
            pool.members -= {who}
            gone.append(pool)
    slice_.just_gone = tuple(gone)


def _beside(slice_: GroupPools, event: TimelineEvent) -> Iterable[Touch]:
    """What the pool's own events, and those of the breakout, change in groups."""
    for id_, question in slice_.just:
        yield _seen(slice_.by_group[id_], question)
    match event.payload:
        case QuestionDismissed(id=id_):
            for pool in slice_.by_group.values():
                for voter in pool.spent if (pool.group, id_) in slice_.just else ():
                    yield Touch(f"my/group_vote/{pool.group}/{id_}", owner=voter)
            if id_ in slice_.asked:
                yield Touch(f"my/clarified/{id_}", owner=slice_.askers[id_])
        case BreakoutPlaced(participant=who, group=to):
            for pool in slice_.just_gone:
                yield from _of_one(pool, who)
            if to is not None and to in slice_.by_group:
                yield from _of_one(slice_.by_group[to], who)
        case ParticipantRemoved(participant=who):
            for pool in slice_.just_gone:
                yield from _of_one(pool, who)


def _is_for(pool: GroupPool, touch: Touch, audience: Audience) -> bool:
    if pool.is_shown or audience is Audience.STAFF:
        return True
    return touch.members is not None or touch.owner in pool.members


def _path(pool: GroupPool, question: str | None) -> str:
    return f"group_pool/{pool.group}" if question is None else f"group_question/{pool.group}/{question}"


def _seen(pool: GroupPool, question: str | None) -> Touch:
    """The group's work, or one question of it, for whoever sees it now."""
    return Touch(_path(pool, question), members=None if pool.is_shown else pool.members)


def _of_members(pool: GroupPool) -> Iterable[Touch]:
    yield _seen(pool, None)
    yield from (_seen(pool, question) for question in pool.items)


def _of_one(pool: GroupPool, who: str) -> Iterable[Touch]:
    """Everything for somebody who came or left. What all see they keep."""
    yield from (Touch(_path(pool, question), owner=who) for question in (None, *pool.items))


def _everything(pool: GroupPool) -> Iterable[Touch]:
    """For the class first, then for the group: of two touches the later wins."""
    for question in (None, *pool.items):
        yield Touch(_path(pool, question))
        if not pool.is_shown:
            yield _seen(pool, question)


def _draw_pool(pool: GroupPool, texts: Texts) -> Entity:
    return {
        "id": pool.group,
        "name": texts.get(pool.name_ref),
        "state": pool.state.value,
        "classes": [
            {"id": id_, "name": texts.get(ref), "own": id_ in pool.own} for id_, ref in pool.classes.items()
        ],
        "questions": list(pool.items),
        "top": list(pool.top),
        "shown": pool.is_shown,
        "taken": pool.is_taken,
        "utc_ms": pool.utc_ms,
        "brought": None if pool.state is State.OPEN else _brought(pool, texts),
    }


def _brought(pool: GroupPool, texts: Texts) -> Entity:
    """What came back, in itself: how many questions in how many classes, and those at the top."""
    used = [item.class_id for item in pool.items.values() if item.class_id is not None]
    return {
        "questions": len(pool.items),
        "classes": len(set(used)),
        "sorted": len(used),
        "top": [_draw_top(pool, pool.items[id_], texts) for id_ in pool.top],
    }


def _draw_top(pool: GroupPool, item: Item, texts: Texts) -> Entity:
    return {
        "id": item.given.id,
        "text": texts.get(item.text_ref),
        "class": None if item.class_id is None else texts.get(pool.classes[item.class_id]),
        "votes": len(item.voters),
    }


def _draw(pool: GroupPool, item: Item, texts: Texts, *, named: bool) -> Entity:
    """What the whole class is shown says what was clarified, and not by whom: that was for the group."""
    given = item.given
    return {
        "id": given.id,
        "group": pool.group,
        "text": texts.get(item.text_ref),
        "author": None if given.anonymous else given.asker,
        "class": item.class_id,
        "votes": len(item.voters),
        "clarifications": [
            _draw_one(one, texts) | ({} if named else {"author": None}) for one in item.clarifications
        ],
    }


def _draw_one(one: Clarification, texts: Texts) -> dict[str, Entity]:
    return {"author": one.author, "text": texts.get(one.text_ref), "utc_ms": one.utc_ms}


def _draw_clarified(slice_: GroupPools, question: str, texts: Texts) -> Entity | None:
    """What all groups said about a question, for whoever asked it; nothing once staff dismissed it."""
    said = [
        {"group": texts.get(pool.name_ref)} | _draw_one(one, texts)
        for pool in (slice_.by_group[id_] for id_ in slice_.asked[question])
        if question in pool.items
        for one in pool.items[question].clarifications
    ]
    return {"id": question, "said": said} if said else None


GROUP_POOL = GroupPoolIdea()
