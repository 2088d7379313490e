"""What viewers' records come to: sums of a month, a quarter, a year, and curves over the medium. Pure.

Everything here is a sum over viewers of a function of one viewer's record. So what a report changes is that
function after it minus that function before it, and adding up changes in any order, in any batches, gives
what a computation from all records gives.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from analytics.play_record import PlayRecord, Stretch
from analytics.spans import Span, Spans, length_ms, union
from analytics.viewing import BOUNCE_MS, REACHED, coverage, is_full

NO_DEPARTMENT = ""
"""Where guests are, and people without a department."""
ALL = "all"
"""The period that everything lies in."""
CELLS_PER_DEVICE = 7 * 24
_QUARTER_HOUR_MS = 15 * 60_000
_HALF_S, _S = 500, 1_000
_MONTH = re.compile(r"\d{4}-\d\d")


class Sums(msgspec.Struct, array_like=True, frozen=True):
    """How a medium was watched in one period, summed over viewers; all times in milliseconds.

    `sittings` counts players that played; `played_ms` is media time with repetition, `covered_ms` without;
    `effort_ms` wall time of effective watching; `hours` wall time by device and hour of the week, see
    `cell_of`. `bounce`, `reached_80` and `full` look at what was covered within the period. `departments` is
    `effort_ms` by the department that viewers were in when they watched.
    """

    viewers: int = 0
    sittings: int = 0
    bounce: int = 0
    reached_80: int = 0
    full: int = 0
    played_ms: int = 0
    covered_ms: int = 0
    effort_ms: int = 0
    hours: dict[int, int] = {}
    departments: dict[str, int] = {}

    def plus(self, other: "Sums", *, times: int = 1) -> "Sums":
        """Return this and `other`, or with `times` -1 this without it."""
        return Sums(
            self.viewers + times * other.viewers,
            self.sittings + times * other.sittings,
            self.bounce + times * other.bounce,
            self.reached_80 + times * other.reached_80,
            self.full + times * other.full,
            self.played_ms + times * other.played_ms,
            self.covered_ms + times * other.covered_ms,
            self.effort_ms + times * other.effort_ms,
            _summed(self.hours, other.hours, times),
            _summed(self.departments, other.departments, times),
        )

    @property
    def is_nothing(self) -> bool:
        """Whether adding this changes nothing."""
        return self == _NO_SUMS


_NO_SUMS = Sums()
_Key = TypeVar("_Key", int, str)


def _summed(mine: Mapping[_Key, int], others: Mapping[_Key, int], times: int) -> dict[_Key, int]:
    """Return two tables as one, without what comes to nothing."""
    found = dict(mine)
    for key, value in others.items():
        found[key] = found.get(key, 0) + times * value
    return {key: value for key, value in found.items() if value}


Edges = dict[int, int]
"""A curve over seconds by its steps: at this second it rises by so much. Steps of 0 are left out."""


class Change(msgspec.Struct, array_like=True):
    """What is to be added to the sums and curves of one version of a medium.

    `heat` counts viewers who covered a second, `plays` how often it was played (both by steps); `left` counts
    those who got exactly so far (no steps).
    """

    periods: dict[str, Sums] = msgspec.field(default_factory=dict)
    heat: Edges = msgspec.field(default_factory=dict)
    plays: Edges = msgspec.field(default_factory=dict)
    left: Edges = msgspec.field(default_factory=dict)

    def add(self, other: "Change", *, times: int = 1) -> None:
        """Add `other` to this (with `times` -1, take it away)."""
        # Mostly all periods hold one and the same sums, and gain the same: that is worked out once.
        totals: dict[tuple[int, int], Sums] = {}
        for period, sums in other.periods.items():
            mine = self.periods.get(period, _NO_SUMS)
            total = totals.get((id(mine), id(sums)))
            if total is None:
                total = totals[id(mine), id(sums)] = mine.plus(sums, times=times)
            if total.is_nothing:
                self.periods.pop(period, None)
            else:
                self.periods[period] = total
        for edges, others in ((self.heat, other.heat), (self.plays, other.plays), (self.left, other.left)):
            _add_edges(edges, others.items(), times)

    @property
    def is_nothing(self) -> bool:
        """Whether adding this changes nothing."""
        return not (self.periods or self.heat or self.plays or self.left)


@dataclass(frozen=True, slots=True)
class Terms:
    """What sums of one version of a medium depend on: how long it is, and where its organisation is."""

    duration_ms: int
    zone: str

    @property
    def seconds(self) -> int:
        """How many seconds of the medium have begun."""
        return -(-max(0, self.duration_ms) // _S)


def share_of(record: PlayRecord, terms: Terms, department: str = NO_DEPARTMENT) -> Change:
    """Return what one viewer's record adds to sums and curves; `department` is the one they are in.

    What a report changes is the share after it minus the share before it, both with the department of that
    moment: so what somebody watched stays with the department they were in.
    """
    if not record.sittings:
        return Change()
    covered = record.covered
    found = Change()
    _add_curve(found.heat, covered, terms.seconds)
    for each in record.stretches:
        _add_curve(found.plays, ((each.from_ms, each.to_ms),), terms.seconds)
    found.left[min(covered[-1][1] // _S, max(0, terms.seconds - 1))] = 1
    whole = _sums(record, covered, terms, department)
    months = _by_month(record, terms.zone)
    found.periods[ALL] = whole
    for names, stretches in _nested(months):
        part = record.within(stretches) if len(months) > 1 else record
        sums = _sums(part, part.covered, terms, department) if len(months) > 1 else whole
        found.periods |= dict.fromkeys(names, sums)
    return found


def of_itself(change: Change) -> Change:
    """Return a change without its months: what is in no statistics has its own figures alone."""
    whole = {period: sums for period, sums in change.periods.items() if period == ALL}
    return Change(whole, change.heat, change.plays, change.left)


def within_period(record: PlayRecord, terms: Terms, period: str) -> Sums:
    """Return what one viewer's record adds to the sums of a period."""
    if not record.sittings:
        return _NO_SUMS
    found = [
        each
        for month, stretches in _by_month(record, terms.zone).items()
        if period in (*periods_of(month), ALL)
        for each in stretches
    ]
    if not found:
        return _NO_SUMS
    part = record.within(found)
    return _sums(part, part.covered, terms, NO_DEPARTMENT)


def difference(before: Change, after: Change) -> Change:
    """Return what has to be added to `before` to make it `after`."""
    found = Change()
    found.add(after)
    found.add(before, times=-1)
    return found


def periods_of(month: str) -> tuple[str, str, str]:
    """Return a month, its quarter and its year, for "2026-11": "2026-11", "2026-Q4", "2026"."""
    year, number = month.split("-")
    return month, f"{year}-Q{(int(number) + 2) // 3}", year


def cell_of(device: int, weekday: int, hour: int) -> int:
    """Return the number of a cell of the table of hours; `weekday` 0 is Monday."""
    return device * CELLS_PER_DEVICE + weekday * 24 + hour


@lru_cache(maxsize=16)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=65_536)
def _local(zone: str, quarter_hour: int) -> tuple[str, int]:
    """Return the month, and the hour of the week, of a quarter of an hour (counted from the epoch, UTC)."""
    moment = datetime.fromtimestamp(quarter_hour * _QUARTER_HOUR_MS / 1_000, UTC).astimezone(_zone(zone))
    return f"{moment.year:04}-{moment.month:02}", moment.weekday() * 24 + moment.hour


def month_of(zone: str, utc_ms: int) -> str:
    """Return the month of a moment, where the organisation is."""
    return _local(zone, utc_ms // _QUARTER_HOUR_MS)[0]


def hour_of_week(zone: str, utc_ms: int) -> int:
    """Return the hour of a moment, 0..167 from Monday 0:00 on, where the organisation is."""
    return _local(zone, utc_ms // _QUARTER_HOUR_MS)[1]


def _by_month(record: PlayRecord, zone: str) -> dict[str, list[Stretch]]:
    """Return a record's stretches by the month in which they began."""
    found: dict[str, list[Stretch]] = {}
    for each in record.stretches:
        found.setdefault(month_of(zone, record.base_utc_ms + each.after_ms), []).append(each)
    return found


def _nested(months: Mapping[str, Sequence[Stretch]]) -> list[tuple[tuple[str, ...], list[Stretch]]]:
    """Return the periods that anything was played in, with what was; those of one content together."""
    if len(months) == 1:
        [(month, only)] = months.items()
        return [(periods_of(month), list(only))]
    by_period: dict[str, list[Stretch]] = {}
    for month, stretches in months.items():
        for period in periods_of(month):
            by_period.setdefault(period, []).extend(stretches)
    return [((period,), stretches) for period, stretches in by_period.items()]


def months_of(change: Change) -> set[str]:
    """Return the months that a change speaks of."""
    return {period for period in change.periods if _MONTH.fullmatch(period)}


def _sums(record: PlayRecord, covered: Spans, terms: Terms, department: str) -> Sums:
    effort_ms = length_ms(record.effort)
    reached = coverage(covered, terms.duration_ms) >= REACHED
    hours: dict[int, int] = {}
    for sitting in record.sittings:
        first = sitting.device * CELLS_PER_DEVICE
        for each in sitting.stretches:
            start = record.base_utc_ms + each.after_ms
            for piece_start, piece_end in _quarters(start, start + each.wall_ms):
                cell = first + _local(terms.zone, piece_start // _QUARTER_HOUR_MS)[1]
                hours[cell] = hours.get(cell, 0) + piece_end - piece_start
    return Sums(
        viewers=1,
        sittings=len(record.sittings),
        bounce=int(not reached and length_ms(covered) < BOUNCE_MS),
        reached_80=int(reached),
        full=int(reached and is_full(covered, terms.duration_ms)),
        played_ms=sum(each.to_ms - each.from_ms for each in record.stretches),
        covered_ms=length_ms(covered),
        effort_ms=effort_ms,
        hours=hours,
        departments={department: effort_ms} if effort_ms else {},
    )


def _quarters(start: int, end: int) -> Iterable[Span]:
    """Cut a stretch of time where quarters of an hour begin: no zone's hour begins elsewhere."""
    while start < end:
        until = min(end, (start // _QUARTER_HOUR_MS + 1) * _QUARTER_HOUR_MS)
        yield start, until
        start = until


def _add_curve(edges: Edges, spans: Iterable[Span], seconds: int) -> None:
    """Add one to every second of which at least half lies in `spans`."""
    for start, end in union(((s + _HALF_S) // _S, (e + _HALF_S) // _S) for s, e in spans):
        _add_edges(edges, ((min(start, seconds), 1), (min(end, seconds), -1)), 1)


def _add_edges(mine: Edges, others: Iterable[tuple[int, int]], times: int) -> None:
    for second, step in others:
        total = mine.get(second, 0) + times * step
        if total:
            mine[second] = total
        else:
            mine.pop(second, None)


@dataclass(frozen=True, slots=True)
class Curves:
    """How a medium was watched, second by second.

    `heat`: viewers who covered it; `plays`: how often it was played; `left`: viewers who got so far and no
    further.
    """

    heat: tuple[int, ...] = ()
    plays: tuple[int, ...] = ()
    left: tuple[int, ...] = ()

    @property
    def rewatch(self) -> tuple[int, ...]:
        """How often a second was played again by somebody who had seen it."""
        return tuple(max(0, plays - heat) for plays, heat in zip(self.plays, self.heat, strict=True))

    @property
    def staying(self) -> tuple[int, ...]:
        """Viewers who got at least so far: the drop-off curve, falling from all to those at the end."""
        found, further = [], sum(self.left)
        for gone in self.left:
            found.append(further)
            further -= gone
        return tuple(found)


def drawn(change: Change, seconds: int) -> Curves:
    """Return the curves that a sum of changes describes."""

    def levels(edges: Edges) -> tuple[int, ...]:
        level, found = 0, []
        for second in range(seconds):
            level += edges.get(second, 0)
            found.append(level)
        return tuple(found)

    left = tuple(change.left.get(second, 0) for second in range(seconds))
    return Curves(levels(change.heat), levels(change.plays), left)


@dataclass(slots=True)
class Whole:
    """A sum that grows record by record."""

    terms: Terms
    change: Change = field(default_factory=Change)

    def add(self, record: PlayRecord, department: str = NO_DEPARTMENT) -> Change:
        """Count one viewer's record in, and return what it adds; `department` is the one they are in."""
        share = share_of(record, self.terms, department)
        self.change.add(share)
        return share
