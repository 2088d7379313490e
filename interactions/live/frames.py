"""Cutting frames out of recent events: one for an audience, others only for those who are told more. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from lectern.timeline.fold import WireEvent
from lectern.timeline.idea import Viewer
from lectern.timeline.recent import Stretch

F = TypeVar("F")


@dataclass(slots=True)
class Frames(Generic[F]):
    """The frames of one stretch of events, each made once.

    `make(told, head, events)` encodes a frame that leads clients from the cursor `told` to `head`, where the
    stretch ends; the state may be ahead of it by the time a frame is sent.
    """

    recent: Stretch
    make: Callable[[int, int, list[WireEvent]], F]
    _made: dict[tuple[str, int], F] = field(default_factory=dict)

    @property
    def head(self) -> int:
        """The last event of this stretch."""
        return self.recent.upto

    def for_viewer(self, viewer: Viewer, told: int) -> F | None:
        """Return the frame for `viewer`, or None if nothing in this stretch is their business."""
        events = self.recent.for_viewer(viewer)
        if not events:
            return None
        if not self.recent.is_shared_by(viewer):
            return self.make(told, self.head, events)
        audience = viewer.audience.value
        if (audience, told) not in self._made:
            self._made[audience, told] = self.make(told, self.head, events)
        return self._made[audience, told]
