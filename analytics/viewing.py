"""What somebody really watched of a medium, from the intervals that their player reports. Pure.

`W(u, v)` is the union of the played media intervals, holes of up to a second closed; coverage is `|W| / |v|`,
and completion looks at nothing else: jumping to the end completes nothing. Effort is counted in wall time,
and only while the page was visible and the sound audible; playing in two tabs at once takes the time once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analytics.spans import NOTHING, Spans, intersection, length_ms, union

GAP_MS = 1_000
BOUNCE_MS = 10_000
REACHED = 0.8
_FULL_SLACK_MS = 2_000
_FULL_SLACK_SHARE = 0.05
SLOWEST, FASTEST = 0.25, 4.0
_LONGEST_WALL_MS = 24 * 3_600_000
_CLOCK_SLACK_MS = 60_000
"""How wrong the clock of somebody's telephone may be before its reports are from the future."""
_MEASURE_SLACK_MS = 1_000
"""How wrong a player may measure: timers fire late, and a medium's end is rounded to a frame."""


class Refusal(StrEnum):
    """Why an interval does not count."""

    EMPTY = "empty"
    OUTSIDE_MEDIUM = "outside_medium"
    SPEED_OUT_OF_RANGE = "speed_out_of_range"
    FASTER_THAN_TIME = "faster_than_time"
    IN_FUTURE = "in_future"
    OVERLAPPING = "overlapping"
    VERSION_UNKNOWN = "version_unknown"


@dataclass(frozen=True, slots=True)
class Played:
    """One stretch of continuous playing: `from_ms`..`to_ms` of the medium in `wall_ms` of real time."""

    id: str
    from_ms: int
    to_ms: int
    started_utc_ms: int
    wall_ms: int
    speed: float
    visible: bool
    audible: bool

    @property
    def wall(self) -> tuple[int, int]:
        """When it was played, UTC; time in which the player only waited for data is left out at the end."""
        needed_ms = (self.to_ms - self.from_ms) / self.speed + _MEASURE_SLACK_MS
        return self.started_utc_ms, self.started_utc_ms + min(self.wall_ms, round(needed_ms))


@dataclass(frozen=True, slots=True)
class Watched:
    """All that one viewer has watched of one version of a medium.

    `covered` is W, in media time; `effort` the wall time (UTC) of effective watching.
    """

    covered: Spans = NOTHING
    effort: Spans = NOTHING
    last_utc_ms: int = 0

    def adding(self, played: Iterable[Played]) -> "Watched":
        """Return this and `played`; the order of reports, and repeating one, make no difference."""
        new = list(played)
        return Watched(
            union(self.covered, ((p.from_ms, p.to_ms) for p in new), gap_ms=GAP_MS),
            union(self.effort, (p.wall for p in new if p.visible and p.audible)),
            max([self.last_utc_ms, *(p.wall[1] for p in new)]),
        )


def refusal(played: Played, *, duration_ms: int, now: int, busy: Spans) -> Refusal | None:
    """Return why `played` cannot be true, or None.

    `busy` is the wall time for which the same player has reported already: one player cannot play twice at
    once. Media time may exceed wall time times speed only by measuring errors.
    """
    if not SLOWEST <= played.speed <= FASTEST:
        return Refusal.SPEED_OUT_OF_RANGE
    media_ms = played.to_ms - played.from_ms
    checks = (
        (media_ms <= 0 or not 0 < played.wall_ms <= _LONGEST_WALL_MS, Refusal.EMPTY),
        (
            played.from_ms < 0 or played.to_ms > duration_ms + _MEASURE_SLACK_MS,
            Refusal.OUTSIDE_MEDIUM,
        ),
        (played.started_utc_ms + played.wall_ms > now + _CLOCK_SLACK_MS, Refusal.IN_FUTURE),
        (media_ms > played.wall_ms * played.speed + _MEASURE_SLACK_MS, Refusal.FASTER_THAN_TIME),
        (length_ms(intersection((played.wall,), busy)) > _MEASURE_SLACK_MS, Refusal.OVERLAPPING),
    )
    return next((code for failed, code in checks if failed), None)


def sift(
    reported: Iterable[Played], *, duration_ms: int, now: int, busy: Spans
) -> tuple[list[Played], list[tuple[str, Refusal]]]:
    """Part what a player reports into what counts and what does not, with the reason."""
    accepted: list[Played] = []
    refused: list[tuple[str, Refusal]] = []
    for played in sorted(reported, key=lambda played: played.started_utc_ms):
        why = refusal(played, duration_ms=duration_ms, now=now, busy=busy)
        if why is None:
            accepted.append(played)
            busy = union(busy, [played.wall])
        else:
            refused.append((played.id, why))
    return accepted, refused


def coverage(covered: Spans, duration_ms: int) -> float:
    """Return the share of a medium that was played, 0..1."""
    if duration_ms <= 0:
        return 0.0
    return length_ms(intersection(covered, ((0, duration_ms),))) / duration_ms


@dataclass(frozen=True, slots=True)
class CompletionClasses:
    """How many viewers got how far (ANA-04). `full` are among `reached_80`; the rest is in no class."""

    viewers: int
    bounce: int
    reached_80: int
    full: int


def completion_classes(watched: Sequence[Spans], duration_ms: int) -> CompletionClasses:
    """Count who left within 10 s of material, who covered 80 %, and who covered all of it.

    All of it: but for 2 s, or 5 % of a very short medium; players stop a moment before the end.
    """
    slack_ms = min(_FULL_SLACK_MS, duration_ms * _FULL_SLACK_SHARE)
    reached = [spans for spans in watched if coverage(spans, duration_ms) >= REACHED]
    return CompletionClasses(
        viewers=len(watched),
        bounce=sum(length_ms(spans) < BOUNCE_MS and spans not in reached for spans in watched),
        reached_80=len(reached),
        full=sum(duration_ms * (1 - coverage(spans, duration_ms)) <= slack_ms for spans in reached),
    )


def heat(watched: Iterable[Spans], duration_ms: int) -> list[int]:
    """Return for every second of a medium how many viewers covered it; half a second rounds up."""
    seconds = -(-max(0, duration_ms) // 1_000)
    change = [0] * (seconds + 1)
    for spans in watched:
        for start, end in union(((s + 500) // 1_000, (e + 500) // 1_000) for s, e in spans):
            change[min(start, seconds)] += 1
            change[min(end, seconds)] -= 1
    viewers, found = 0, []
    for difference in change[:seconds]:
        viewers += difference
        found.append(viewers)
    return found
