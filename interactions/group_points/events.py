"""What happens to the points of groups."""

from typing import ClassVar

import msgspec

from lectern.timeline.event import Event


class GroupPointsGiven(Event, frozen=True, kw_only=True):
    """The actor gives a group points, or takes some (`points` below 0). `poll`: for its right answers."""

    TYPE: ClassVar[str] = "group_points_given"
    id: str
    group: str
    points: int
    why_ref: str | None = None
    poll: str | None = None


class GroupPointsShown(Event, frozen=True, kw_only=True):
    """Everybody sees the board, or (`on` false) staff alone."""

    TYPE: ClassVar[str] = "group_points_shown"
    on: bool


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a group stands in the end; groups with the same points share a place."""

    group: str
    points: int
    place: int


class GroupPointsFinal(Event, frozen=True, kw_only=True):
    """The final standing is announced to everybody, the first first."""

    TYPE: ClassVar[str] = "group_points_final"
    id: str
    standing: tuple[Standing, ...]
