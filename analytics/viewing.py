"""What somebody really watched of a medium, from the intervals that their player reports. Pure.

`W(u, v)` is the union of the played media intervals, holes of up to a second closed; coverage is `|W| / |v|`,
and completion looks at nothing else: jumping to the end completes nothing. Effort is counted in wall time,
and only while the page was visible, and the sound audible or captions on; playing in two tabs at once takes
the time once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from analytics.spans import NOTHING, Spans, adding, intersection, length_ms, overlap_ms, union

GAP_MS = 1_000
BOUNCE_MS = 10_000
REACHED = 0.8
_FULL_SLACK_MS = 2_000
_FULL_SLACK_SHARE = 0.05
SLOWEST, FASTEST = 0.25, 4.0
_LONGEST_WALL_MS = 24 * 3_600_000
_CLOCK_SLACK_MS = 60_000
"""How wrong a time may be before it is of the future: reports of one player take longer or shorter."""
OLDEST_MS = 366 * 24 * 3_600_000
"""How long ago something may have been played when it is reported; players give up what waited 60 days."""
_MEASURE_SLACK_MS = 1_000
"""How wrong a player may measure: timers fire late, and a medium's end is rounded to a frame."""
_SHORT_SLACK_MS = 200
_SLACK_SHARE = 0.1
_PACE_SHARE = 0.02


class Refusal(StrEnum):
    """Why an interval does not count."""

    EMPTY = "empty"
    OUTSIDE_MEDIUM = "outside_medium"
    SPEED_OUT_OF_RANGE = "speed_out_of_range"
    FASTER_THAN_TIME = "faster_than_time"
    IN_FUTURE = "in_future"
    TOO_OLD = "too_old"
    NOT_OPEN_YET = "not_open_yet"
    OVERLAPPING = "overlapping"
    VERSION_UNKNOWN = "version_unknown"
    TOO_SCATTERED = "too_scattered"
    SKIPPED_AHEAD = "skipped_ahead"


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
    captions: bool = False

    @property
    def needed_ms(self) -> float:
        """How long it takes to play this at its speed."""
        return (self.to_ms - self.from_ms) / self.speed

    @property
    def wall(self) -> tuple[int, int]:
        """When it was played, UTC; time in which the player only waited for data is left out at the end."""
        most_ms = round(self.needed_ms + _MEASURE_SLACK_MS)
        return self.started_utc_ms, self.started_utc_ms + min(self.wall_ms, most_ms)


@dataclass(frozen=True, slots=True)
class Pace:
    """What one player has reported so far: when it played, and how long that takes at its speeds."""

    busy: Spans = NOTHING
    started_utc_ms: int = 0
    ended_utc_ms: int = 0
    needed_ms: float = 0.0

    @classmethod
    def of(cls, history: Iterable[Played]) -> "Pace":
        """Sum up what a player has reported."""
        played = list(history)
        return cls(
            union(each.wall for each in played),
            min((each.started_utc_ms for each in played), default=0),
            max((each.wall[1] for each in played), default=0),
            sum(each.needed_ms for each in played),
        )

    def adding(self, played: Played) -> "Pace":
        """Return this and one interval more."""
        ended = played.wall[1]
        if not self.busy:
            return Pace((played.wall,), played.started_utc_ms, ended, played.needed_ms)
        return Pace(
            adding(self.busy, played.wall),
            min(self.started_utc_ms, played.started_utc_ms),
            max(self.ended_utc_ms, ended),
            self.needed_ms + played.needed_ms,
        )

    @property
    def outruns_time(self) -> bool:
        """Whether the player claims to have played for longer than from its first start to its last end."""
        elapsed_ms = self.ended_utc_ms - self.started_utc_ms
        return self.needed_ms > elapsed_ms * (1 + _PACE_SHARE) + _MEASURE_SLACK_MS


FRESH = Pace()
"""A player that has reported nothing yet."""


@dataclass(frozen=True, slots=True)
class Given:
    """What one person was given of a version of a medium so far, by all their players together.

    Players are made up by clients: each is held to time by its `Pace`, and all of them together by this. Who
    watches two places in two tabs at once is believed: it is no more than one player at twice the speed.
    """

    busy: Spans = NOTHING
    played_ms: int = 0

    def adding(self, played: Played) -> "Given":
        """Return this and one interval more."""
        return Given(adding(self.busy, played.wall), self.played_ms + played.to_ms - played.from_ms)

    @property
    def outruns_time(self) -> bool:
        """Whether it is more than one player could have played, at the highest speed, in the same time."""
        most_ms = length_ms(self.busy) * (1 + _PACE_SHARE) + _MEASURE_SLACK_MS
        return self.played_ms > most_ms * FASTEST


def by_our_clock(
    reported: Iterable[Played], *, now: int, shift_ms: int, known_ms: int | None = None
) -> tuple[list[Played], int]:
    """Return what a player reports as of this server's clock, and what has to be added to the player's.

    `shift_ms` is what this report says of that, in so far as nothing held it up on its way; `known_ms` is
    what was found when the player first reported anything: that holds, or one thing said twice would be two
    things, unless it puts something into the future. Then the player's clock was set forward meanwhile; what
    was played before is where it was.
    """
    kept_ms = shift_ms if known_ms is None else known_ms
    found, latest_ms = [], kept_ms
    for played in reported:
        is_ahead = played.started_utc_ms + kept_ms + played.wall_ms > now + _CLOCK_SLACK_MS
        mine_ms = shift_ms if is_ahead else kept_ms
        latest_ms = mine_ms if is_ahead else latest_ms
        found.append(replace(played, started_utc_ms=played.started_utc_ms + mine_ms))
    return found, latest_ms


def refusal(
    played: Played,
    *,
    duration_ms: int,
    now: int,
    pace: Pace = FRESH,
    given: Given | None = None,
    earliest_utc_ms: int = 0,
) -> Refusal | None:
    """Return why `played` cannot be true, or None.

    `pace` is what counts already from the same player: one player cannot play twice at once, nor, all in all,
    more than fits into the time in which it played. Without that second rule the measuring error granted to
    each interval would let many tiny ones pass at any speed. `given` is what counts already from all players
    of this person; None: there is no other. Nothing was played before `earliest_utc_ms`.
    """
    if not SLOWEST <= played.speed <= FASTEST:
        return Refusal.SPEED_OUT_OF_RANGE
    slack_ms = min(_MEASURE_SLACK_MS, _SHORT_SLACK_MS + played.wall_ms * _SLACK_SHARE)
    checks = (
        (played.to_ms <= played.from_ms or not 0 < played.wall_ms <= _LONGEST_WALL_MS, Refusal.EMPTY),
        (played.from_ms < 0 or played.to_ms > duration_ms + _MEASURE_SLACK_MS, Refusal.OUTSIDE_MEDIUM),
        (played.started_utc_ms + played.wall_ms > now + _CLOCK_SLACK_MS, Refusal.IN_FUTURE),
        (played.started_utc_ms < now - OLDEST_MS, Refusal.TOO_OLD),
        (played.started_utc_ms < earliest_utc_ms, Refusal.NOT_OPEN_YET),
        (played.needed_ms > played.wall_ms + slack_ms / played.speed, Refusal.FASTER_THAN_TIME),
        (overlap_ms(pace.busy, played.wall) > _MEASURE_SLACK_MS, Refusal.OVERLAPPING),
        (pace.adding(played).outruns_time, Refusal.FASTER_THAN_TIME),
        (given is not None and given.adding(played).outruns_time, Refusal.FASTER_THAN_TIME),
    )
    return next((code for failed, code in checks if failed), None)


def earliest_ms(opened_utc_ms: int, first_utc_ms: int | None) -> int:
    """Return from when on a medium can have been played, in ms of UTC.

    It was opened at `opened_utc_ms`, give or take what clocks differ by; what counts already began at
    `first_utc_ms`, and nothing gets in before that by having been let in so far.
    """
    opened = opened_utc_ms - _CLOCK_SLACK_MS
    return opened if first_utc_ms is None else min(first_utc_ms, opened)


def sift(
    reported: Iterable[Played],
    *,
    duration_ms: int,
    now: int,
    pace: Pace = FRESH,
    given: Given | None = None,
    earliest_utc_ms: int = 0,
) -> tuple[list[Played], list[tuple[str, Refusal]]]:
    """Part what a player reports into what counts and what does not, with the reason."""
    accepted: list[Played] = []
    refused: list[tuple[str, Refusal]] = []
    for played in sorted(reported, key=lambda played: played.started_utc_ms):
        why = refusal(
            played,
            duration_ms=duration_ms,
            now=now,
            pace=pace,
            given=given,
            earliest_utc_ms=earliest_utc_ms,
        )
        if why is None:
            accepted.append(played)
            pace = pace.adding(played)
            given = None if given is None else given.adding(played)
        else:
            refused.append((played.id, why))
    return accepted, refused


def coverage(covered: Spans, duration_ms: int) -> float:
    """Return the share of a medium that was played, 0..1."""
    if duration_ms <= 0:
        return 0.0
    return length_ms(intersection(covered, ((0, duration_ms),))) / duration_ms


def is_full(covered: Spans, duration_ms: int) -> bool:
    """Tell whether all of a medium was covered.

    All of it: but for 2 s, or 5 % of a very short medium; players stop a moment before the end.
    """
    slack_ms = min(_FULL_SLACK_MS, duration_ms * _FULL_SLACK_SHARE)
    return duration_ms * (1 - coverage(covered, duration_ms)) <= slack_ms


@dataclass(frozen=True, slots=True)
class CompletionClasses:
    """How many viewers got how far (ANA-05). `full` are among `reached_80`; the rest is in no class."""

    viewers: int
    bounce: int
    reached_80: int
    full: int


def completion_classes(watched: Sequence[Spans], duration_ms: int) -> CompletionClasses:
    """Count who left within 10 s of material, who covered 80 %, and who covered all of it (`is_full`)."""
    reached = [spans for spans in watched if coverage(spans, duration_ms) >= REACHED]
    return CompletionClasses(
        viewers=len(watched),
        bounce=sum(length_ms(spans) < BOUNCE_MS and spans not in reached for spans in watched),
        reached_80=len(reached),
        full=sum(is_full(spans, duration_ms) for spans in reached),
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
