"""What was told lately, to catch up from: each entity once, where it was put last. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lectern.timeline.fold import Projected, Put, WireEvent
from lectern.timeline.idea import Audience, Viewer

RECENT_EVENTS = 4_000
"""Events of which somebody was told, and which can be told again."""

_PutKey = tuple[str, str | None, frozenset[Audience]]


def _key(put: Put) -> _PutKey:
    return put.touch.path, put.touch.owner, put.touch.audiences


@dataclass(slots=True)
class Stretch:
    """Recent events from one number to another, arranged so that a viewer's part is found without the rest.

    `after` is the number before the first of them, `upto` that of the last one; those that nobody is told
    anything of are left out. Good for as long as the events that it was made of: one delivery.
    """

    after: int
    upto: int
    _events: Sequence[Projected]
    _common: list[Projected] = field(default_factory=list)
    _of: dict[str, list[Projected]] = field(default_factory=dict)
    _members: set[str] = field(default_factory=set)
    _shared: dict[Audience, list[WireEvent]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for projected in self._events:
            owners = {put.touch.owner for put in projected.puts}
            if None in owners:
                self._common.append(projected)
            for owner in owners:
                if owner is not None:
                    self._of.setdefault(owner, []).append(projected)
            for put in projected.puts:
                self._members.update(put.touch.members or ())

    @property
    def length(self) -> int:
        """How many of these events are told to more than their owner."""
        return len(self._common)

    def is_shared_by(self, viewer: Viewer) -> bool:
        """Whether this viewer is told just what the audience is."""
        return viewer.participant_id not in self._of and viewer.participant_id not in self._members

    def for_viewer(self, viewer: Viewer) -> list[WireEvent]:
        """Return what `viewer` is told. The list may be shared: it must not be changed."""
        if self.is_shared_by(viewer):
            shared = self._shared.get(viewer.audience)
            if shared is None:
                nobody = Viewer(_NOBODY, viewer.audience)
                shared = self._shared[viewer.audience] = _told(nobody, self._common)
            return shared
        own = self._of.get(viewer.participant_id, ())
        if not own:
            return _told(viewer, self._common)
        by_seq = {projected.event.seq: projected for projected in (*self._common, *own)}
        return _told(viewer, [by_seq[seq] for seq in sorted(by_seq)])


_NOBODY = ""
"""A participant id that nobody has: sees what the audience sees, and nothing that is for somebody alone."""


def _told(viewer: Viewer, events: Iterable[Projected]) -> list[WireEvent]:
    return [wire for projected in events if (wire := projected.for_viewer(viewer)) is not None]


@dataclass(slots=True)
class Recent:
    """The latest events that somebody was told of, each entity only where it was put last.

    Whoever catches up reads to the end, so an earlier put of the same entity for the same viewers is never
    needed: leaving it out is what makes a burst of votes one small frame. An event of which nothing is left
    is let go, so thousands of silent ones (a whole class that comes back) push nothing out.
    """

    _events: dict[int, Projected] = field(default_factory=dict)
    _last_put: dict[_PutKey, int] = field(default_factory=dict)
    _floor: int | None = None
    _head: int = 0

    def add(self, projected: Projected) -> None:
        """Take in the event after the last one, and let go of the oldest."""
        seq = projected.event.seq
        if self._floor is None:
            self._floor = seq - 1
        self._head = seq
        for put in projected.puts:
            key = _key(put)
            earlier = self._events.get(self._last_put.get(key, 0))
            if earlier is not None:
                self._keep(_without(earlier, key, put))
            self._last_put[key] = seq
        self._keep(projected)
        if len(self._events) > RECENT_EVENTS:
            oldest = self._events.pop(next(iter(self._events)))
            self._floor = oldest.event.seq
            for put in oldest.puts:
                if self._last_put.get(_key(put)) == oldest.event.seq:
                    del self._last_put[_key(put)]

    def _keep(self, projected: Projected) -> None:
        if projected.puts:
            self._events[projected.event.seq] = projected
        else:
            self._events.pop(projected.event.seq, None)

    def between(self, after: int, upto: int) -> Stretch | None:
        """Return what is told of the events with `after < seq <= upto`; None if they are not all here."""
        if after == upto:
            return Stretch(after, upto, ())
        if self._floor is None or not self._floor <= after < upto <= self._head:
            return None
        found: list[Projected] = []
        for seq in reversed(self._events):
            if seq <= after:
                break
            if seq <= upto:
                found.append(self._events[seq])
        found.reverse()
        return Stretch(after, upto, found)

    def forget(self, ref: str) -> None:
        """Take the words behind `ref` out; they have been erased."""
        for projected in list(self._events.values()):
            self._keep(projected.without_words(ref))


def _without(projected: Projected, key: _PutKey, by: Put) -> Projected:
    """Return `projected` without what `by` puts again for everybody who would have seen it."""
    kept = tuple(put for put in projected.puts if _key(put) != key or not _covers(by, put))
    return projected if len(kept) == len(projected.puts) else Projected(projected.event, kept)


def _covers(later: Put, earlier: Put) -> bool:
    if later.touch.members is None:
        return True
    return earlier.touch.members is not None and earlier.touch.members <= later.touch.members
