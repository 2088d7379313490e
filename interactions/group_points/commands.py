"""Deciding about points of groups: while they work, and after it, as long as the lesson lasts."""

from collections import Counter

import msgspec

from interactions.breakout.idea import BREAKOUT
from interactions.breakout.placing import require_group
from interactions.group_points.events import GroupPointsFinal, GroupPointsGiven, GroupPointsShown
from interactions.group_points.idea import GROUP_POINTS, Points
from interactions.group_points.standing import standing
from interactions.lesson.idea import require_live
from interactions.poll.idea import POLL, Poll
from interactions.wording import WHY_CHARS, wording_or_none
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.timeline.event import Event, NewEvent
from lectern.timeline.idea import STAFF, Call, ClassState, Command, Decision

MOST_AT_ONCE = 100
MOST_MARKS = 500


class GivePoints(msgspec.Struct, frozen=True, kw_only=True):
    """Give a group points, or take some (below 0), perhaps with a word why."""

    group: str
    points: int
    why: str | None = None


class FromPoll(msgspec.Struct, frozen=True, kw_only=True):
    """Give points for the right answers of a poll: `points` to a group whose members are all right."""

    poll: str
    points: int


class ShowBoard(msgspec.Struct, frozen=True, kw_only=True):
    """Whether everybody sees the board."""

    on: bool


class Announce(msgspec.Struct, frozen=True, kw_only=True):
    """Announce the standing of now as the final one."""


def give_points(state: ClassState, call: Call, data: GivePoints) -> Decision:
    """Give or take points; to correct a mistake the opposite is given."""
    require_live(state)
    group = require_group(state.of(BREAKOUT), data.group)
    _require_amount(data.points, lowest=-MOST_AT_ONCE)
    _require_room(state.of(GROUP_POINTS), 1)
    why = wording_or_none(data.why, WHY_CHARS, "why")
    ref = None if why is None else call.new_id()
    texts = {} if ref is None or why is None else {ref: why}
    given = GroupPointsGiven(id=call.new_id(), group=group.id, points=data.points, why_ref=ref)
    return Decision((NewEvent(payload=given, actor=call.actor.participant_id, texts=texts),))


def from_poll(state: ClassState, call: Call, data: FromPoll) -> Decision:
    """Give each group its part of the points: as many as its share of right answers, rounded.

    Who is in the group and did not answer counts as not right: a large group has no advantage, and nobody
    wins by answering alone.

    Raises:
        Conflict: the poll is open or anonymous, nothing is right in it, or these groups were not asked
            (`poll_not_scored`); it gave points already (`poll_scored_already`).
    """
    require_live(state)
    _require_amount(data.points, lowest=1)
    poll = state.of(POLL).by_id.get(data.poll)
    if poll is None:
        raise NotFound("poll_not_found", "There is no such poll.")
    groups = state.of(BREAKOUT).groups
    asked = [id_ for id_ in _asked(poll) if id_ in groups]
    if poll.closed_utc_ms is None or not poll.is_scored or poll.opened.anonymous or not asked:
        raise Conflict(
            "poll_not_scored", "Points are given for a closed quiz question that groups were asked."
        )
    points = state.of(GROUP_POINTS)
    if poll.id in points.polls:
        raise Conflict("poll_scored_already", "This poll has given its points already.")
    _require_room(points, len(asked))
    own = poll.opened.group
    answers = Counter(cast.group or own for cast in poll.votes.values())
    right = Counter(cast.group or own for cast in poll.votes.values() if cast.correct)
    events = [
        GroupPointsGiven(
            id=call.new_id(),
            group=id_,
            points=_share(data.points, right[id_], max(len(groups[id_].members), answers[id_])),
            poll=poll.id,
        )
        for id_ in asked
    ]
    return Decision(tuple(NewEvent(payload=each, actor=call.actor.participant_id) for each in events))


def show_board(state: ClassState, call: Call, data: ShowBoard) -> Decision:
    """Show everybody the board, or staff alone again."""
    require_live(state)
    points = _board(state)
    if points.is_shown == data.on:
        return Decision()
    return _one(call, GroupPointsShown(on=data.on))


def announce(state: ClassState, call: Call, data: Announce) -> Decision:
    """Announce who won; points that are given later make it open again."""
    require_live(state)
    points = _board(state)
    if not points.marks:
        raise Conflict("points_missing", "No group has got points yet.")
    if points.is_final:
        return Decision()
    return _one(call, GroupPointsFinal(id=call.new_id(), standing=standing(points.by_group)))


def _share(points: int, right: int, of: int) -> int:
    """Return the part, rounded half up."""
    return 0 if of == 0 else (2 * points * right + of) // (2 * of)


def _asked(poll: Poll) -> tuple[str, ...]:
    if poll.opened.group is not None:
        return (poll.opened.group,)
    return tuple(group.id for group in poll.opened.groups)


def _board(state: ClassState) -> Points:
    points = state.of(GROUP_POINTS)
    if not points.names:
        raise NotFound("group_not_found", "There are no groups.")
    return points


def _require_amount(points: int, *, lowest: int) -> None:
    if points == 0 or not lowest <= points <= MOST_AT_ONCE:
        raise Rejected("points_invalid", f"Give up to {MOST_AT_ONCE} points at once.", limit=MOST_AT_ONCE)


def _require_room(points: Points, more: int) -> None:
    if len(points.marks) + more > MOST_MARKS:
        raise Conflict("points_full", f"Points were given {MOST_MARKS} times already.", limit=MOST_MARKS)


def _one(call: Call, payload: Event) -> Decision:
    return Decision((NewEvent(payload=payload, actor=call.actor.participant_id),))


COMMANDS = (
    Command("group_points_give", GivePoints, STAFF, give_points),
    Command("group_points_poll", FromPoll, STAFF, from_poll),
    Command("group_points_show", ShowBoard, STAFF, show_board),
    Command("group_points_final", Announce, STAFF, announce),
)
