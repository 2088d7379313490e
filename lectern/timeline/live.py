"""A session as one process holds it: what is committed, for viewers; what is decided, for commands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lectern.timeline.event import TextErased, TimelineEvent
from lectern.timeline.fold import Alike, apply, project
from lectern.timeline.idea import ClassState, Registry
from lectern.timeline.recent import RECENT_EVENTS, Recent, Stretch

_STRETCHES_KEPT = 64


@dataclass(slots=True)
class LiveSession:
    """`state` and `recent` are what the database has committed; only `advance` changes them.

    `ahead` is what commands are decided on: it runs ahead of `state` by the batch that is being written. It
    is None after a batch that failed: what it held never happened.
    """

    state: ClassState
    ahead: ClassState | None
    recent: Recent = field(default_factory=Recent)
    alike: Alike = field(default_factory=Alike)
    _stretches: dict[int, Stretch] = field(default_factory=dict)

    def since(self, after: int) -> Stretch | None:
        """Return the events after `after`, or None if they are not at hand (a snapshot serves then).

        A class that comes back asks for few different numbers, and gets the same stretches.
        """
        known = self._stretches.get(after)
        if known is not None and known.upto == self.state.seq:
            return known
        found = self.recent.between(after, self.state.seq)
        if found is not None:
            if len(self._stretches) >= _STRETCHES_KEPT:
                self._stretches.clear()
            self._stretches[after] = found
        return found

    def advance(self, registry: Registry, events: Sequence[TimelineEvent]) -> None:
        """Take in committed events; another coroutine may have been faster with some of them."""
        if events:
            self._stretches.clear()
            self.alike = Alike()
        for event in events:
            if event.seq == self.state.seq + 1:
                apply(registry, self.state, event)
                if isinstance(event.payload, TextErased):
                    self.recent.forget(event.payload.ref)
                if events[-1].seq - event.seq < RECENT_EVENTS:
                    self.recent.add(project(registry, self.state, event))
        if self.ahead is not None:
            fold(registry, self.ahead, events)


def fold(registry: Registry, state: ClassState, events: Iterable[TimelineEvent]) -> ClassState:
    """Apply those of `events` that `state` does not have yet, and return it."""
    for event in events:
        if event.seq == state.seq + 1:
            apply(registry, state, event)
    return state
