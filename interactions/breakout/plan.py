"""Opening and closing: how staff plan a breakout, and what of it is refused."""

from typing import Annotated

import msgspec

from interactions.breakout.idea import BREAKOUT
from interactions.group_pool.giving import class_names, given, questions_named
from interactions.lesson.idea import require_live, standing_of, takes_part
from interactions.poll.closing import with_the_groups
from interactions.wording import GROUP_NAME_CHARS, TASK_CHARS, wording, wording_or_none
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, Rejected
from lectern.timeline.event import BreakoutClosed, BreakoutGroup, BreakoutOpened, NewEvent
from lectern.timeline.idea import Call, ClassState, Decision

MOST_GROUPS = 50
LARGEST_LIMIT = 2_000
SHORTEST_S = 10
LONGEST_S = 24 * 3_600
LATE_RULES = frozenset({"stay", "smallest", "choose"})


class PlannedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """One group as staff plan it; `most` limits how many may choose it, `tutors` are staff or members.

    With `pool` it works on all published questions that wait, or on `questions`; `classes` are proposed.
    """

    name: str
    members: list[str] = []
    task: str | None = None
    material: str | None = None
    most: int | None = None
    tutors: list[str] = []
    pool: bool = False
    questions: Annotated[list[str], msgspec.Meta(max_length=200)] = []
    classes: Annotated[list[str], msgspec.Meta(max_length=50)] = []


class OpenBreakout(msgspec.Struct, frozen=True, kw_only=True):
    """Split the class, for `seconds` or (null) until closed.

    `late` (`stay`, `smallest`, `choose`) is what becomes of learners without a group; those in `staying`
    are left in the main room on purpose. `recorded`: what is said in the groups is recorded, as they read.
    """

    groups: tuple[PlannedGroup, ...]
    seconds: int | None = None
    late: str = "stay"
    staying: list[str] = []
    recorded: bool = False


class CloseBreakout(msgspec.Struct, frozen=True, kw_only=True):
    """Bring everybody back."""


def open_breakout(state: ClassState, call: Call, data: OpenBreakout) -> Decision:
    """Split the class; whoever is in no group stays in the main room, until the rule places them."""
    require_live(state)
    if state.of(BREAKOUT).is_open:
        raise Conflict("breakout_already_open", "The class is in groups already. Close them first.")
    if not 1 <= len(data.groups) <= MOST_GROUPS:
        raise Rejected("groups_count_invalid", f"Plan 1 to {MOST_GROUPS} groups.", most=MOST_GROUPS)
    if data.seconds is not None:
        require_duration(data.seconds)
    if data.late not in LATE_RULES:
        raise Rejected("rule_unknown", "Late learners stay, choose, or go to the smallest group.")
    _require_members(state, data)
    texts: dict[str, str] = {}
    groups = tuple(_group(call, planned, texts) for planned in data.groups)
    ends = None if data.seconds is None else UtcMs(call.now + data.seconds * 1_000)
    opened = BreakoutOpened(
        groups=groups,
        ends_utc_ms=ends,
        late=data.late,
        staying=tuple(data.staying),
        recorded=data.recorded,
    )
    event = NewEvent(payload=opened, actor=call.actor.participant_id, texts=texts)
    work = (_pool_work(state, call, *pair) for pair in zip(groups, data.groups, strict=True))
    return Decision((event, *(each for each in work if each is not None)))


def _pool_work(state: ClassState, call: Call, group: BreakoutGroup, planned: PlannedGroup) -> NewEvent | None:
    """Return what gives a group its questions, if it is to work on some."""
    if not planned.pool and not planned.questions:
        return None
    questions = questions_named(state, planned.questions or None)
    return given(call, group.id, questions, class_names(planned.classes))


def close_breakout(state: ClassState, call: Call, data: CloseBreakout) -> Decision:
    """End the groups; when none are open, nothing happens."""
    require_live(state)
    if not state.of(BREAKOUT).is_open:
        return Decision()
    closed = NewEvent(payload=BreakoutClosed(reason="staff"), actor=call.actor.participant_id)
    return Decision((*with_the_groups(state), closed))


def require_duration(seconds: int) -> None:
    """Insist on a sensible time.

    Raises:
        Rejected: too short or too long (`duration_invalid`).
    """
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise Rejected(
            "duration_invalid",
            f"Groups last {SHORTEST_S} seconds to {LONGEST_S // 3_600} hours.",
            shortest_s=SHORTEST_S,
            longest_s=LONGEST_S,
        )


def _require_members(state: ClassState, data: OpenBreakout) -> None:
    placed: set[str] = set()
    for members in (*(group.members for group in data.groups), data.staying):
        for member in members:
            if not takes_part(state, member):
                raise Rejected(
                    "member_unknown",
                    "Somebody in these groups is not in the lesson.",
                    participant=member[:64],
                )
            if member in placed:
                raise Rejected("member_twice", "Nobody can be in two groups at once.", participant=member)
            placed.add(member)
    for group in data.groups:
        for tutor in dict.fromkeys(group.tutors):
            if tutor not in group.members and not standing_of(state, tutor).is_staff():
                raise Conflict("tutor_elsewhere", "A tutor is one of the staff, or a member of the group.")


def _group(call: Call, planned: PlannedGroup, texts: dict[str, str]) -> BreakoutGroup:
    if planned.most is not None and not max(1, len(planned.members)) <= planned.most <= LARGEST_LIMIT:
        raise Rejected(
            "group_limit_invalid",
            f"A group takes 1 to {LARGEST_LIMIT} people, and not fewer than are in it already.",
            most=LARGEST_LIMIT,
        )
    refs: list[str | None] = []
    for field, text in (("task", planned.task), ("material", planned.material)):
        words = wording_or_none(text, TASK_CHARS, field)
        ref = None if words is None else call.new_id()
        if ref is not None and words is not None:
            texts[ref] = words
        refs.append(ref)
    name_ref = call.new_id()
    texts[name_ref] = wording(planned.name, GROUP_NAME_CHARS, "name")
    return BreakoutGroup(
        id=call.new_id(),
        name_ref=name_ref,
        task_ref=refs[0],
        members=tuple(planned.members),
        material_ref=refs[1],
        most=planned.most,
        tutors=tuple(dict.fromkeys(planned.tutors)),
    )
