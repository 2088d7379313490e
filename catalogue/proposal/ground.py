"""The places where a replay may be cut, and what speaks for each. Pure.

Nobody speaks there, and no poll is open, no group phase runs, nothing is marked as not for the replay. What
speaks for a place: a long pause, another picture on the screen, both together, and what the class did.
"""

import bisect
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from catalogue.proposal.cutting import FULL_WEIGHT, Place
from lectern.manifest.signals import Signals

Kind = Literal["poll", "question", "checkin", "breakout", "pause", "chapter", "joint"]
"""A `pause` is not for the replay; at a `joint` one recording follows another."""

Span = tuple[int, int]

CLOSED: frozenset[Kind] = frozenset({"poll", "breakout", "pause"})
"""Inside these there is no cut."""

GUARD_MS = 150
"""So far a cut keeps from what was heard."""
SHORTEST_GAP_MS = 400
_LEAD_MS = 400
"""A lesson begins so long before its first word."""
_SLIDE_LEAD_MS = 2_500
"""It begins with its first slide, if that came not earlier than this before its first word."""
_LONG_GAP_MS = 20_000
"""A longer pause has several places in it."""
QUIET_MS = 45_000
"""Where nothing is heard for so long, the time may be left out."""
_BURST_MS = 600
"""A sound so short (a cough, a yes) does not end a pause."""
_NEAR_MS = 4_000
"""A new picture so near a pause belongs to it."""
_LEAST_SHARE = 0.1
_BRIEF_MS = 45_000
"""A picture that gives way sooner is likely a title."""
_AFTER_MS = 90_000
"""So long after a poll or an answer a topic is likely to end."""
_BESIDE_MS = 20_000

PAUSE, SCENE, BOTH = 300, 500, 200
"""What a perfect pause, a perfect change of the picture, and both together give a place."""


@dataclass(frozen=True, slots=True)
class Happening:
    """What the class did from `from_ms` to `to_ms` of the replay; `ref` is its id, `title` its words."""

    kind: Kind
    from_ms: int
    to_ms: int
    ref: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for a cut; `length_ms` is that of a pause."""

    code: str
    at_ms: int
    ref: str | None = None
    length_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """All places in order, with their reasons, and what may be left out: from place to place, and why."""

    places: list[Place] = field(default_factory=list)
    reasons: dict[int, tuple[Reason, ...]] = field(default_factory=dict)
    idle: dict[int, int] = field(default_factory=dict)
    idle_codes: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Gap:
    """A pause, from the end of one utterance to the next; `felt_ms` is its length without short bursts."""

    from_ms: int
    to_ms: int
    felt_ms: int


def survey(signals: Signals, happened: Sequence[Happening]) -> Ground:
    """Return the places of a replay."""
    duration = signals.duration_ms
    gaps = _gaps(signals.utterances, duration)
    weighing = _Weighing(signals.scenes, happened, _usual_ms(gaps))
    ground, found = Ground(), dict[int, tuple[int, tuple[Reason, ...]]]()
    closed = _joined((h.from_ms, h.to_ms) for h in happened if h.kind in CLOSED)
    for gap in gaps:
        for begin, end in _free(gap, closed, duration):
            places = _places_in(begin, end, gap, weighing)
            for at in places:
                if 0 < at < duration:
                    found.setdefault(at, weighing.weigh(at, (begin, end), gap))
            if end - begin >= QUIET_MS and signals.utterances:
                _leave_out(ground, places[0] if begin > 0 else 0, places[-1] if end < duration else duration)
    for at in sorted(found):
        weight, reasons = found[at]
        ground.places.append(Place(at, weight))
        ground.reasons[at] = reasons
    _leave_out_closed(ground, happened, duration)
    return ground


def is_free(at_ms: int, signals: Signals, happened: Sequence[Happening]) -> bool:
    """Tell whether a cut may be made: nobody speaks, nothing that must stay whole goes on."""
    if any(begin < at_ms < end for begin, end in signals.utterances):
        return False
    return not any(h.kind in CLOSED and h.from_ms < at_ms < h.to_ms for h in happened)


def _gaps(utterances: Sequence[Span], duration: int) -> list[_Gap]:
    ends = [0, *(end for _, end in utterances)]
    begins = [*(begin for begin, _ in utterances), duration]
    spans = [(a, b) for a, b in zip(ends, begins, strict=True) if b - a >= SHORTEST_GAP_MS]
    felt: list[int] = []
    group: list[Span] = []
    for span in [*spans, None]:
        if group and (span is None or span[0] - group[-1][1] > _BURST_MS):
            felt += [sum(b - a for a, b in group)] * len(group)
            group = []
        if span is not None:
            group.append(span)
    return [_Gap(a, b, min(f, 3 * (b - a))) for (a, b), f in zip(spans, felt, strict=True)]


def _usual_ms(gaps: Sequence[_Gap]) -> int:
    """How long this speaker's ordinary pauses are: the middle one, within what speakers do."""
    lengths = sorted(gap.to_ms - gap.from_ms for gap in gaps)
    return min(1_000, max(500, lengths[len(lengths) // 2] if lengths else 0))


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans that overlap, or touch, as one."""
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif end > begin:
            joined.append((begin, end))
    return joined


def _free(gap: _Gap, closed: Sequence[Span], duration: int) -> Iterator[Span]:
    """The parts of a pause in which a cut may be made, ends included."""
    begin = gap.from_ms + (GUARD_MS if gap.from_ms > 0 else 0)
    last = gap.to_ms - (GUARD_MS if gap.to_ms < duration else 0)
    for from_ms, to_ms in closed[max(0, bisect.bisect_left(closed, (begin, 0)) - 1) :]:
        if from_ms > last:
            break
        if from_ms >= begin:
            yield begin, from_ms
        begin = max(begin, to_ms)
    if begin <= last:
        yield begin, last


def _places_in(begin: int, end: int, gap: _Gap, weighing: "_Weighing") -> list[int]:
    """Where to cut in a free part of a pause, in order."""
    speaks_at = gap.to_ms if end == gap.to_ms - GUARD_MS else end
    lead = max(begin, min(end, speaks_at - _LEAD_MS))
    scenes = [at for at in weighing.scenes_between(begin, end) if at <= lead]
    if end - begin <= _LONG_GAP_MS:
        return [scenes[-1] if scenes and speaks_at - scenes[-1] <= _SLIDE_LEAD_MS else lead]
    follow = min(end, begin + _LEAD_MS)
    return sorted({follow, *scenes, lead})


def _leave_out(ground: Ground, begin: int, end: int, code: str = "left_out_quiet") -> None:
    if begin < end and begin not in ground.idle and end not in ground.idle.values():
        ground.idle[begin] = end
        ground.idle_codes[begin] = code


def _leave_out_closed(ground: Ground, happened: Sequence[Happening], duration: int) -> None:
    """Group phases, and what is not for the replay, between the places next to them."""
    times = [0, *(place.at_ms for place in ground.places), duration]
    for each in happened:
        if each.kind not in ("breakout", "pause") or each.to_ms - each.from_ms < QUIET_MS:
            continue
        before = times[max(0, bisect.bisect_right(times, each.from_ms) - 1)]
        after = times[min(len(times) - 1, bisect.bisect_left(times, each.to_ms))]
        if each.from_ms - before <= _BESIDE_MS and after - each.to_ms <= _BESIDE_MS:
            _leave_out(ground, before, after, f"left_out_{each.kind}")


class _Weighing:
    """Weighs places of one replay."""

    def __init__(
        self, scenes: Sequence[tuple[int, float]], happened: Sequence[Happening], usual_gap_ms: int
    ) -> None:
        self._scenes = _weighed(scenes)
        self._scene_times = [at for at, _ in self._scenes]
        self._usual_gap_ms = usual_gap_ms
        self._edges = sorted(_edges(happened))
        self._edge_times = [edge[0] for edge in self._edges]

    def scenes_between(self, begin: int, end: int) -> list[int]:
        """Times of the changes that are more than a line of text."""
        first = bisect.bisect_left(self._scene_times, begin)
        return self._scene_times[first : bisect.bisect_right(self._scene_times, end)]

    def weigh(self, at: int, free: Span, gap: _Gap) -> tuple[int, tuple[Reason, ...]]:
        """Return what speaks for a place, as a number (0..1000) and in detail, the strongest first."""
        told: list[tuple[float, Reason]] = []
        begin = gap.from_ms if free[0] - gap.from_ms <= GUARD_MS else free[0]
        end = gap.to_ms if gap.to_ms - free[1] <= GUARD_MS else free[1]
        length = end - begin
        felt = min(3 * length, max(length, gap.felt_ms - (gap.to_ms - gap.from_ms - length)), _LONG_GAP_MS)
        pause = min(1.0, max(0.0, (math.log2(max(1, felt) / self._usual_gap_ms) - 0.3) / 1.7))
        if pause > 0.1:
            told.append((PAUSE * pause, Reason("pause", begin, length_ms=length)))
        scene, scene_at = self._scene(at, gap)
        if scene > 0.2:
            told.append(((SCENE + BOTH * pause) * scene, Reason("scene", scene_at)))
        of_class = list(self._of_class(at))
        told += of_class
        best = max((given for given, _ in of_class), default=0.0)
        total = PAUSE * pause + SCENE * scene + BOTH * pause * scene + best
        told.sort(key=lambda each: (-each[0], each[1].at_ms, each[1].code, each[1].ref or ""))
        return min(FULL_WEIGHT, round(total)), tuple(reason for _, reason in told)

    def _scene(self, at: int, gap: _Gap) -> tuple[float, int]:
        """The strongest change of the picture in or near the pause (0..1), and when it was."""
        begin, end = gap.from_ms, gap.to_ms
        if end - begin > _LONG_GAP_MS:
            begin, end = max(begin, at - _NEAR_MS), min(end, at + _NEAR_MS)
        first = bisect.bisect_left(self._scene_times, begin - _NEAR_MS)
        last = bisect.bisect_right(self._scene_times, end + _NEAR_MS)
        best, best_at = 0.0, at
        for moment, weight in self._scenes[first:last]:
            away = max(0, begin - moment, moment - end)
            strength = weight * (1 - away / _NEAR_MS)
            if strength > best:
                best, best_at = strength, moment
        return best, best_at

    def _of_class(self, at: int) -> Iterator[tuple[float, Reason]]:
        first = bisect.bisect_left(self._edge_times, at - _AFTER_MS)
        last = bisect.bisect_right(self._edge_times, at + _BESIDE_MS)
        for moment, code, ref in self._edges[first:last]:
            most, before_ms, after_ms = _MARKS[code]
            reach = after_ms if moment <= at else before_ms
            given = most * (1 - abs(at - moment) / reach) if abs(at - moment) < reach else 0.0
            if given > _LEAST_GIVEN:
                yield given, Reason(code, moment, ref or None)


def _weighed(scenes: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """What a change of the picture says of a new topic, 0..1, of those that are more than a line of text.

    More than this lesson's usual change says more. So does a picture that soon gives way (a title), and what
    comes after such a picture says less: the topic has begun by then.
    """
    large = [(at, share) for at, share in scenes if share >= _LEAST_SHARE]
    if not large:
        return []
    usual = sorted(share for _, share in large)[len(large) // 2]
    weighed: list[tuple[int, float]] = []
    title: tuple[int, float] | None = None
    for index, (at, share) in enumerate(large):
        strength = min(1.0, max(0.3, 0.3 + (share / usual - 1) * 1.4))
        is_brief = index + 1 < len(large) and large[index + 1][0] - at < _BRIEF_MS
        leaves_title = title is not None and at - title[0] < _BRIEF_MS and share < 1.3 * title[1]
        title = (at, share) if is_brief and not leaves_title and strength > 0.6 else None
        weighed.append((at, strength * (1 if is_brief else 0.75) * (0.4 if leaves_title else 1)))
    return weighed


_MARKS: dict[str, tuple[int, int, int]] = {
    "poll_opened": (15, 5_000, 1),
    "poll_closed": (75, 2_000, _AFTER_MS),
    "question_taken": (15, 5_000, 1),
    "question_answered": (75, 5_000, _AFTER_MS),
    "checkin_opened": (60, 15_000, 1),
    "checkin_closed": (60, 1, 15_000),
    "breakout_began": (400, 15_000, 5_000),
    "breakout_ended": (400, 5_000, _BESIDE_MS),
    "pause_began": (300, 15_000, 1),
    "pause_ended": (300, 1, 15_000),
    "chapter": (600, 5_000, 5_000),
    "joint": (300, 3_000, 3_000),
}
"""How much a moment of the class gives at most, and how far before it and after it a place may be."""
_LEAST_GIVEN = 8.0

_NAMES: dict[Kind, tuple[str, str | None]] = {
    "poll": ("poll_opened", "poll_closed"),
    "question": ("question_taken", "question_answered"),
    "checkin": ("checkin_opened", "checkin_closed"),
    "breakout": ("breakout_began", "breakout_ended"),
    "pause": ("pause_began", "pause_ended"),
    "chapter": ("chapter", None),
    "joint": ("joint", None),
}


def _edges(happened: Sequence[Happening]) -> Iterator[tuple[int, str, str]]:
    for each in happened:
        began, ended = _NAMES[each.kind]
        yield each.from_ms, began, each.ref
        if ended is not None:
            yield each.to_ms, ended, each.ref
