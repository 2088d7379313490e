"""How much of a lesson somebody saw in all: live and in its replay, on the replay's clock. Pure.

Being there live is carried over by the clock map; what was seen both times counts once. A pause of the
recording is in neither: the replay does not have it. Whoever sat in the lesson has seen what a microcourse
shows of it, too: its ranges are looked up on the replay's clock, and its cards are nobody's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analytics.neighbours import ShownPart
from analytics.spans import NOTHING, Spans, intersection, length_ms, union
from analytics.viewing import coverage
from lectern.manifest.clock_map import ClockMap


def seen_live(there: Spans, first_utc_ms: int | None, clock: ClockMap | None) -> Spans:
    """Return which part of the replay somebody saw live: presence (UTC) through the clock map.

    `first_utc_ms` is when the session's clock began; None before its first start.
    """
    if clock is None or first_utc_ms is None:
        return NOTHING
    seen = []
    for piece in clock.pieces:
        shift = first_utc_ms + piece.session_ms - piece.media_ms
        start = piece.media_ms + shift
        seen += [
            (begin - shift, end - shift)
            for begin, end in intersection(there, ((start, start + piece.duration_ms),))
        ]
    return union(seen)


def seen_in(seen: Spans, parts: Sequence[ShownPart]) -> Spans:
    """Return where in a microcourse that is which somebody saw, `seen` being on its replay's clock."""
    found = []
    for part in parts:
        shift = part.at_ms - part.replay_ms
        within = intersection(seen, ((part.replay_ms, part.replay_ms + part.duration_ms),))
        found += [(start + shift, end + shift) for start, end in within]
    return union(found)


def shown_spans(parts: Sequence[ShownPart]) -> Spans:
    """Return the spans of a microcourse that show something of its replay: all but its cards."""
    return union((part.at_ms, part.at_ms + part.duration_ms) for part in parts)


@dataclass(frozen=True, slots=True)
class Shares:
    """Of a replay's length, or of what a microcourse shows, 0..1: there live, played of it, and either."""

    live: float
    replay: float
    together: float


def shares_of(live: Spans, replay: Spans, duration_ms: int) -> Shares:
    """Return how much of a replay was seen live, in the replay, and in all."""
    return Shares(
        coverage(live, duration_ms), coverage(replay, duration_ms), coverage(union(live, replay), duration_ms)
    )


def shares_of_shown(live: Spans, played: Spans, parts: Sequence[ShownPart]) -> Shares:
    """Return how much of what a microcourse shows was seen live, in the microcourse, and in all.

    `live` is on the replay's clock, `played` on the microcourse's own.
    """
    shown = shown_spans(parts)
    whole_ms = length_ms(shown)
    if whole_ms == 0:
        return Shares(0.0, 0.0, 0.0)
    there, here = seen_in(live, parts), intersection(played, shown)
    return Shares(
        length_ms(there) / whole_ms, length_ms(here) / whole_ms, length_ms(union(there, here)) / whole_ms
    )


@dataclass(frozen=True, slots=True)
class LessonSums:
    """A lesson over all who saw any of it.

    `completed` saw at least the threshold's share in all, `completed_by_replay` of them not live alone;
    `mean` is the mean share in all.
    """

    live_only: int = 0
    replay_only: int = 0
    both: int = 0
    completed: int = 0
    completed_by_replay: int = 0
    mean: float = 0.0

    @property
    def people(self) -> int:
        """How many saw any of it."""
        return self.live_only + self.replay_only + self.both


def lesson_sums(people: Iterable[Shares], completed_from: float) -> LessonSums:
    """Sum up those who saw anything."""
    seen = [each for each in people if each.together > 0]
    completed = [each for each in seen if each.together >= completed_from]
    return LessonSums(
        live_only=sum(each.live > 0 and each.replay == 0 for each in seen),
        replay_only=sum(each.replay > 0 and each.live == 0 for each in seen),
        both=sum(each.live > 0 and each.replay > 0 for each in seen),
        completed=len(completed),
        completed_by_replay=sum(each.live < completed_from for each in completed),
        mean=sum(each.together for each in seen) / len(seen) if seen else 0.0,
    )
