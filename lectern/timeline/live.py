"""A session as one process holds it: what is committed, for viewers; what is decided, for commands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lectern.timeline.event import TextErased, TimelineEvent
from lectern.timeline.fold import Projected, Put, apply, project
from lectern.timeline.idea import Audience, ClassState, Registry

RECENT_EVENTS = 2_000

_PutKey = tuple[str, str | None, frozenset[Audience]]


def _key(put: Put) -> _PutKey:
    return put.touch.path, put.touch.owner, put.touch.audiences


@dataclass(slots=True)
class Recent:
    """The latest events as projected, each entity only where it was put last.

    Whoever catches up reads to the end, so an earlier put of the same entity for the same viewers is never
    needed: leaving it out is what makes a burst of votes one small frame.
    """

    _events: dict[int, Projected] = field(default_factory=dict)
    _last_put: dict[_PutKey, int] = field(default_factory=dict)

    def add(self, projected: Projected) -> None:
        """Take in the event after the last one, and let go of the oldest."""
        seq = projected.event.seq
        for put in projected.puts:
            key = _key(put)
            earlier = self._events.get(self._last_put.get(key, 0))
            if earlier is not None:
                self._events[earlier.event.seq] = _without(earlier, key, put)
            self._last_put[key] = seq
        self._events[seq] = projected
        if len(self._events) > RECENT_EVENTS:
            oldest = self._events.pop(next(iter(self._events)))
            for put in oldest.puts:
                if self._last_put.get(_key(put)) == oldest.event.seq:
                    del self._last_put[_key(put)]

    def between(self, after: int, upto: int) -> list[Projected] | None:
        """Return the events with `after < seq <= upto`, or None if they are not all here."""
        if not after <= upto or (
            after < upto and (after + 1 not in self._events or upto not in self._events)
        ):
            return None
        return [self._events[seq] for seq in range(after + 1, upto + 1)]

    def forget(self, ref: str) -> None:
        """Take the words behind `ref` out; they have been erased."""
        for seq, projected in self._events.items():
            self._events[seq] = projected.without_words(ref)


def _without(projected: Projected, key: _PutKey, by: Put) -> Projected:
    """Return `projected` without what `by` puts again for everybody who would have seen it."""
    kept = tuple(put for put in projected.puts if _key(put) != key or not _covers(by, put))
    return projected if len(kept) == len(projected.puts) else Projected(projected.event, kept)


def _covers(later: Put, earlier: Put) -> bool:
    if later.touch.members is None:
        return True
    return earlier.touch.members is not None and earlier.touch.members <= later.touch.members


@dataclass(slots=True)
class LiveSession:
    """`state` and `recent` are what the database has committed; only `advance` changes them.

    `ahead` is what commands are decided on: it runs ahead of `state` by the batch that is being written. It
    is None after a batch that failed: what it held never happened.
    """

    state: ClassState
    ahead: ClassState | None
    recent: Recent = field(default_factory=Recent)

    def since(self, after: int) -> list[Projected] | None:
        """Return the events after `after`, or None if they are not at hand (a snapshot serves then)."""
        return self.recent.between(after, self.state.seq)

    def advance(self, registry: Registry, events: Sequence[TimelineEvent]) -> None:
        """Take in committed events; another coroutine may have been faster with some of them."""
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
