"""Cutting frames out of recent events: one for an audience, others only for those who are told more. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from lectern.timeline.fold import Projected, WireEvent
from lectern.timeline.idea import Viewer

F = TypeVar("F")

_NOBODY = ""
"""A participant id that nobody has: sees what the audience sees, and nothing that is for somebody alone."""


@dataclass(slots=True)
class Frames(Generic[F]):
    """The frames of one range of events, each made once.

    `recent` is not empty. `make(told, head, events)` encodes a frame that leads clients from the cursor
    `told` to `head`, the last of these events; the state may be ahead of it by the time a frame is sent.
    """

    recent: Sequence[Projected]
    make: Callable[[int, int, list[WireEvent]], F]
    _concerned: frozenset[str] = field(init=False)
    _shared: dict[str, list[WireEvent]] = field(default_factory=dict)
    _made: dict[tuple[str, int], F] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._concerned = frozenset().union(*(projected.concerned for projected in self.recent))

    @property
    def head(self) -> int:
        """The last event of this range."""
        return self.recent[-1].event.seq

    def for_viewer(self, viewer: Viewer, told: int) -> F | None:
        """Return the frame for `viewer`, or None if nothing in this range is their business."""
        if viewer.participant_id in self._concerned:
            events = self._seen_by(viewer)
            return self.make(told, self.head, events) if events else None
        audience = viewer.audience.value
        if audience not in self._shared:
            self._shared[audience] = self._seen_by(Viewer(_NOBODY, viewer.audience))
        if not self._shared[audience]:
            return None
        if (audience, told) not in self._made:
            self._made[audience, told] = self.make(told, self.head, self._shared[audience])
        return self._made[audience, told]

    def _seen_by(self, viewer: Viewer) -> list[WireEvent]:
        return [wire for projected in self.recent if (wire := projected.for_viewer(viewer)) is not None]
