"""From a row of the register to the numbers that a verdict stands on. Pure."""

from collections.abc import Mapping

from analytics.attendance.register import Attendance, Course
from analytics.attendance.rule import Rule
from analytics.attendance.verdict import Evidence
from analytics.spans import NOTHING, Spans, difference, intersection, length_ms, union
from lectern.manifest.clock_map import ClockMap

_COUNTED: Mapping[str, str] = {"on_time": "on_time", "late": "late", "make_up": "made_up"}
"""Which number a check-in's status adds to."""


def caught_up(covered: Spans, clock: ClockMap | None, course: Course) -> Spans:
    """Return which live time somebody has seen again, UTC: played spans of the replay, through its clock."""
    if clock is None or course.first_utc_ms is None:
        return NOTHING
    seen = []
    for piece in clock.pieces:
        shift = course.first_utc_ms + piece.session_ms - piece.media_ms
        within = intersection(covered, ((piece.media_ms, piece.media_ms + piece.duration_ms),))
        seen += [(start + shift, end + shift) for start, end in within]
    return intersection(union(seen), course.live)


def evidence_of(row: Attendance, course: Course, caught: Spans, rule: Rule) -> Evidence:
    """Return the evidence of one row; `caught` is live time that they watched in the replay."""
    counted = row.there if rule.away_counts else difference(row.there, row.away)
    rounds = dict.fromkeys(("on_time", "late", "made_up"), 0)
    for _, status in row.checkins:
        if status in _COUNTED:
            rounds[_COUNTED[status]] += 1
    return Evidence(
        lesson_ms=course.lesson_ms,
        over=course.over,
        present_ms=row.present_ms,
        away_ms=length_ms(row.away),
        attentive_ms=row.attentive_ms,
        replay_ms=length_ms(difference(caught, counted)) if caught else 0,
        rounds=len(course.rounds),
        **rounds,
        polls=row.polls,
        answers=row.answers,
        words=row.messages + row.questions,
        stage_ms=row.stage_ms,
    )
