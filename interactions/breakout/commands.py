"""Deciding about breakout groups."""

import msgspec

from interactions.breakout.idea import BREAKOUT
from interactions.lesson.idea import require_live, takes_part
from interactions.wording import GROUP_NAME_CHARS, TASK_CHARS, wording, wording_or_none
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, Rejected
from lectern.timeline.event import BreakoutClosed, BreakoutGroup, BreakoutOpened, NewEvent
from lectern.timeline.idea import STAFF, Call, ClassState, Command, Decision

MOST_GROUPS = 50
SHORTEST_S = 10
LONGEST_S = 24 * 3_600


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One group as staff plan it."""

    name: str
    members: tuple[str, ...]
    task: str | None = None


class OpenBreakout(msgspec.Struct, frozen=True, kw_only=True):
    """Split the class, for `seconds` or (null) until closed."""

    groups: tuple[Group, ...]
    seconds: int | None = None


class CloseBreakout(msgspec.Struct, frozen=True, kw_only=True):
    """Bring everybody back."""


def open_breakout(state: ClassState, call: Call, data: OpenBreakout) -> Decision:
    """Split the class; whoever is in no group stays in the main room."""
    require_live(state)
    if state.of(BREAKOUT).is_open:
        raise Conflict("breakout_already_open", "The class is in groups already. Close them first.")
    if not 1 <= len(data.groups) <= MOST_GROUPS:
        raise Rejected("groups_count_invalid", f"Plan 1 to {MOST_GROUPS} groups.", most=MOST_GROUPS)
    if data.seconds is not None and not SHORTEST_S <= data.seconds <= LONGEST_S:
        raise Rejected(
            "duration_invalid",
            f"Groups last {SHORTEST_S} seconds to {LONGEST_S // 3_600} hours.",
            shortest_s=SHORTEST_S,
            longest_s=LONGEST_S,
        )
    _require_members(state, data)
    texts: dict[str, str] = {}
    groups = tuple(_group(call, planned, texts) for planned in data.groups)
    ends = None if data.seconds is None else UtcMs(call.now + data.seconds * 1_000)
    opened = BreakoutOpened(groups=groups, ends_utc_ms=ends)
    return Decision((NewEvent(payload=opened, actor=call.actor.participant_id, texts=texts),))


def close_breakout(state: ClassState, call: Call, data: CloseBreakout) -> Decision:
    """End the groups; when none are open, nothing happens."""
    require_live(state)
    if not state.of(BREAKOUT).is_open:
        return Decision()
    return Decision((NewEvent(payload=BreakoutClosed(reason="staff"), actor=call.actor.participant_id),))


def due(state: ClassState, now: UtcMs) -> tuple[tuple[NewEvent, ...], UtcMs | None]:
    """Return the closing event that time has brought, and when time brings the next one."""
    breakout = state.of(BREAKOUT)
    if not breakout.is_open or breakout.ends_utc_ms is None:
        return (), None
    if now < breakout.ends_utc_ms:
        return (), breakout.ends_utc_ms
    return (NewEvent(payload=BreakoutClosed(reason="time")),), None


def _require_members(state: ClassState, data: OpenBreakout) -> None:
    placed: set[str] = set()
    for group in data.groups:
        for member in group.members:
            if not takes_part(state, member):
                raise Rejected(
                    "member_unknown",
                    "Somebody in these groups is not in the lesson.",
                    participant=member[:64],
                )
            if member in placed:
                raise Rejected("member_twice", "Nobody can be in two groups at once.", participant=member)
            placed.add(member)


def _group(call: Call, planned: Group, texts: dict[str, str]) -> BreakoutGroup:
    name_ref, task_ref = call.new_id(), None
    texts[name_ref] = wording(planned.name, GROUP_NAME_CHARS, "name")
    task = wording_or_none(planned.task, TASK_CHARS, "task")
    if task is not None:
        task_ref = call.new_id()
        texts[task_ref] = task
    return BreakoutGroup(id=call.new_id(), name_ref=name_ref, task_ref=task_ref, members=planned.members)


COMMANDS = (
    Command("breakout_open", OpenBreakout, STAFF, open_breakout),
    Command("breakout_close", CloseBreakout, STAFF, close_breakout),
)
