"""The points of groups as a slice of class state."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from interactions.group_points.events import (
    GroupPointsFinal,
    GroupPointsGiven,
    GroupPointsShown,
    Standing,
)
from interactions.group_points.standing import standing
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import BreakoutOpened, Event, TimelineEvent
from lectern.timeline.idea import STAFF_ONLY, Audience, Entity, Texts, Touch

BOARD = "group_points"


@dataclass(frozen=True, slots=True)
class Mark:
    """Points that were given or taken once."""

    given: GroupPointsGiven
    by: str | None
    utc_ms: UtcMs


@dataclass(frozen=True, slots=True)
class Final:
    """A final standing that was announced, with the names of its groups; it outlives them."""

    standing: tuple[Standing, ...]
    names: dict[str, str]
    utc_ms: UtcMs


@dataclass(slots=True)
class Points:
    """The board of the present or last groups, and every final standing.

    `is_final`: nothing was given since the last one was announced. `before` are the marks of earlier groups.
    """

    names: dict[str, str] = field(default_factory=dict)
    by_group: dict[str, int] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    polls: set[str] = field(default_factory=set)
    finals: dict[str, Final] = field(default_factory=dict)
    is_shown: bool = False
    is_final: bool = False
    before: tuple[str, ...] = ()
    had_board: bool = False

    @property
    def has_board(self) -> bool:
        """Whether there is one: before the first points there is not, unless it is shown already."""
        return bool(self.marks) or self.is_shown


class GroupPointsIdea:
    """Folds and draws the points of groups."""

    name = "group_points"
    events: tuple[type[Event], ...] = (GroupPointsGiven, GroupPointsShown, GroupPointsFinal, BreakoutOpened)
    paths: tuple[str, ...] = (BOARD, "points_mark", "standing")

    def empty(self) -> Points:
        """See `Idea`."""
        return Points()

    def apply(self, slice_: Points, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case GroupPointsGiven() as given:
                slice_.by_group[given.group] += given.points
                slice_.marks[given.id] = Mark(given, event.actor, event.utc_ms)
                slice_.is_final = False
                if given.poll is not None:
                    slice_.polls.add(given.poll)
            case GroupPointsShown(on=on):
                slice_.is_shown = on
            case GroupPointsFinal(id=id_, standing=places):
                slice_.finals[id_] = Final(places, slice_.names, event.utc_ms)
                slice_.is_shown = slice_.is_final = True
            case BreakoutOpened(groups=groups):
                slice_.before, slice_.had_board = tuple(slice_.marks), slice_.has_board
                slice_.names = {group.id: group.name_ref for group in groups}
                slice_.by_group = dict.fromkeys(slice_.names, 0)
                slice_.marks = {}
                slice_.is_shown = slice_.is_final = False

    def touched(self, slice_: Points, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        match event.payload:
            case GroupPointsGiven(id=id_):
                yield Touch(f"points_mark/{id_}", STAFF_ONLY)
                yield _board(slice_)
            case GroupPointsFinal(id=id_):
                yield Touch(BOARD)
                yield Touch(f"standing/{id_}")
            case BreakoutOpened():
                yield from (Touch(BOARD),) if slice_.had_board else ()
                yield from (Touch(f"points_mark/{id_}", STAFF_ONLY) for id_ in slice_.before)
            case _:
                yield Touch(BOARD)

    def entities(self, slice_: Points) -> Iterable[Touch]:
        """See `Idea`."""
        if slice_.has_board:
            yield _board(slice_)
        yield from (Touch(f"points_mark/{id_}", STAFF_ONLY) for id_ in slice_.marks)
        yield from (Touch(f"standing/{id_}") for id_ in slice_.finals)

    def render(self, slice_: Points, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        kind, _, id_ = touch.path.partition("/")
        if kind == "standing":
            return _draw_final(id_, slice_.finals[id_], texts)
        if kind == "points_mark":
            mark = slice_.marks.get(id_)
            return None if mark is None else _draw_mark(mark, texts)
        if not slice_.has_board or not (slice_.is_shown or audience is Audience.STAFF):
            return None
        return {
            "shown": slice_.is_shown,
            "final": slice_.is_final,
            "given": len(slice_.marks),
            "groups": _draw_places(standing(slice_.by_group), slice_.names, texts),
        }


def _board(slice_: Points) -> Touch:
    """While it is not shown the class does not even hear that somebody got points."""
    return Touch(BOARD) if slice_.is_shown else Touch(BOARD, STAFF_ONLY)


def _draw_places(places: Iterable[Standing], names: dict[str, str], texts: Texts) -> list[Entity]:
    return [
        {"id": each.group, "name": texts.get(names[each.group]), "points": each.points, "place": each.place}
        for each in places
    ]


def _draw_mark(mark: Mark, texts: Texts) -> Entity:
    given = mark.given
    return {
        "id": given.id,
        "group": given.group,
        "points": given.points,
        "why": None if given.why_ref is None else texts.get(given.why_ref),
        "poll": given.poll,
        "by": mark.by,
        "utc_ms": mark.utc_ms,
    }


def _draw_final(id_: str, final: Final, texts: Texts) -> Entity:
    groups = _draw_places(final.standing, final.names, texts)
    winners = " · ".join(each["name"] or "—" for each in groups if each["place"] == 1)
    return {"id": id_, "winners": winners, "groups": groups, "utc_ms": final.utc_ms}


GROUP_POINTS = GroupPointsIdea()
