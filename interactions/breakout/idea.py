"""The breakout as a slice of class state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from lectern.kernel.clock import UtcMs
from lectern.timeline.event import (
    BreakoutClosed,
    BreakoutGroup,
    BreakoutOpened,
    Event,
    SessionEnded,
    TimelineEvent,
)
from lectern.timeline.idea import Audience, ClassState, Entity, Texts, Touch


class State(StrEnum):
    """Whether the class is split."""

    NONE = "none"
    OPEN = "open"
    CLOSED = "closed"


TRANSITIONS: Mapping[State, Mapping[type[Event], State]] = MappingProxyType(
    {
        State.NONE: {BreakoutOpened: State.OPEN},
        State.OPEN: {BreakoutClosed: State.CLOSED, SessionEnded: State.CLOSED},
        State.CLOSED: {BreakoutOpened: State.OPEN},
    }
)


@dataclass(slots=True)
class Breakout:
    """The present or last breakout; each has groups of its own."""

    state: State = State.NONE
    groups: dict[str, BreakoutGroup] = field(default_factory=dict)
    ends_utc_ms: UtcMs | None = None

    @property
    def is_open(self) -> bool:
        """Whether the class is split now."""
        return self.state is State.OPEN


class BreakoutIdea:
    """Folds and draws the breakout."""

    name = "breakout"
    events: tuple[type[Event], ...] = (BreakoutOpened, BreakoutClosed, SessionEnded)
    paths: tuple[str, ...] = ("breakout",)

    def empty(self) -> Breakout:
        """See `Idea`."""
        return Breakout()

    def apply(self, slice_: Breakout, event: TimelineEvent) -> None:
        """See `Idea`."""
        turn = event.payload
        slice_.state = TRANSITIONS[slice_.state].get(type(turn), slice_.state) if turn else slice_.state
        if isinstance(turn, BreakoutOpened):
            slice_.groups = {group.id: group for group in turn.groups}
            slice_.ends_utc_ms = turn.ends_utc_ms

    def touched(self, slice_: Breakout, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        return (Touch("breakout"),)

    def entities(self, slice_: Breakout) -> Iterable[Touch]:
        """See `Idea`."""
        return (Touch("breakout"),)

    def render(self, slice_: Breakout, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        groups = [
            {
                "id": group.id,
                "name": texts.get(group.name_ref),
                "task": None if group.task_ref is None else texts.get(group.task_ref),
                "members": list(group.members),
            }
            for group in slice_.groups.values()
        ]
        return {"state": slice_.state.value, "groups": groups, "ends_utc_ms": slice_.ends_utc_ms}


BREAKOUT = BreakoutIdea()


def group_of(state: ClassState, participant_id: str) -> str | None:
    """Return the group in which somebody is now; None is the main room (signaling asks this)."""
    breakout = state.of(BREAKOUT)
    if not breakout.is_open:
        return None
    return next((g.id for g in breakout.groups.values() if participant_id in g.members), None)
