"""From what is known of a lesson to the entries of its record. Pure.

Public are pseudonymous ids, times, counts and codes; private whatever names somebody or is in somebody's own
words. Decimals travel as strings with at most four places, so that every reader sees the same number.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from analytics.attendance.report import AttendanceLine, AttendanceReport
from analytics.attendance.verdict import FORMULA
from analytics.closing.canonical import Json
from analytics.closing.chain import Entry
from analytics.closing.differences import NAMED, Change
from analytics.closing.neighbours import Lesson
from analytics.closing.verdicts import judgement_of
from analytics.spans import Spans


@dataclass(frozen=True, slots=True)
class Amending:
    """What makes a version of the one before: who began when, what is different; `names` are of people."""

    supersedes: int
    begun_by: str
    begun_utc_ms: int
    changes: tuple[Change, ...]
    rule_changed: bool
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Closing:
    """The act of closing: the how-many-eth time, on top of what, by whom, when, why, over what."""

    edition: int
    previous_head: str | None
    by: str
    by_name: str | None
    utc_ms: int
    reason: str | None
    accepted: tuple[str, ...]
    amending: Amending | None = None


def header_of(lesson: Lesson, closing: Closing, report: AttendanceReport) -> Entry:
    """Return the first line: which lesson, judged by which rule, closed how."""
    public: dict[str, Json] = {
        "accepted": list(closing.accepted),
        "closed_by": closing.by,
        "closed_utc_ms": closing.utc_ms,
        "edition": closing.edition,
        "expected": report.expected,
        "formula": FORMULA,
        "live": _spans(report.course.live),
        "organisation": {"id": lesson.org_id, "name": lesson.organisation},
        "previous": closing.previous_head,
        "rounds": list(report.rounds),
        "rule": msgspec.to_builtins(report.rule),
        "session": {
            "ended_utc_ms": lesson.ended_utc_ms,
            "id": lesson.id,
            "started_utc_ms": lesson.started_utc_ms,
            "starts_utc_ms": lesson.starts_utc_ms,
            "title": lesson.title,
            "zone": lesson.zone,
        },
    }
    private: dict[str, Json] = {}
    if closing.by_name is not None:
        private["closed_by"] = closing.by_name
    if closing.reason is not None:
        private["reason"] = closing.reason
    amending = closing.amending
    if amending is not None:
        public["amendment"] = {
            "begun_by": amending.begun_by,
            "begun_utc_ms": amending.begun_utc_ms,
            "changes": [
                {
                    "by": list(change.by),
                    "from": change.was,
                    "n": change.n,
                    "subject": change.subject,
                    "to": change.now,
                    "what": list(change.what),
                }
                for change in amending.changes
            ],
            "rule_changed": amending.rule_changed,
            "supersedes": amending.supersedes,
        }
        by = dict.fromkeys(who for change in amending.changes for who in change.by)
        private |= {f"{NAMED}{who}": amending.names[who] for who in by if who in amending.names}
    return Entry(public, private)


def row_of(line: AttendanceLine, forgotten: Collection[str] = ()) -> Entry:
    """Return the line of one person; those of `forgotten` subjects say nothing that is private."""
    row, card = line.row, line.card
    corrected = dict(zip(row.corrected, row.correctors, strict=True))
    public: dict[str, Json] = {
        "away": _spans(row.away),
        "caught": _spans(line.caught),
        "checkin_status": row.checkin_status,
        "checkins": [
            {
                "by": corrected.get(round_),
                "corrected": round_ in corrected,
                "round": round_,
                "status": status,
            }
            for round_, status in row.checkins
        ],
        "counts": {
            "answers": row.answers,
            "hands": row.hands,
            "messages": row.messages,
            "questions": row.questions,
            "reactions": row.reactions,
            "upvotes": row.upvotes,
        },
        "decisions": [
            {"by": decision.by, "id": decision.id, "utc_ms": decision.utc_ms, "verdict": decision.verdict}
            for decision, _ in line.history
        ],
        "evidence": msgspec.to_builtins(line.evidence),
        "expected": row.expected,
        "intervals": [
            {"device": stay.device, "from": stay.joined_utc_ms, "to": stay.left_utc_ms}
            for stay in row.intervals
        ],
        "judgement": judgement_of(line.judgement),
        "objections": [
            {
                "against": objection.against,
                "answered_by": objection.answered_by,
                "answered_utc_ms": objection.answered_utc_ms,
                "id": objection.id,
                "objected_utc_ms": objection.objected_utc_ms,
                "state": objection.state.value,
            }
            for objection in line.objections
        ],
        "participant": row.participant,
        "person": row.person,
        "present_ms": row.present_ms,
        "replay_ms": line.replay_ms,
        "screens": list(row.screens),
        "stage_ms": row.stage_ms,
        "there": _spans(row.there),
        "who": row.kind,
    }
    if forgotten and line.subject in forgotten:
        return Entry(public, {})
    private: dict[str, Json] = {
        "identity": {
            "department": card.department if card else None,
            "external_id": card.external_id if card else None,
            "name": line.name,
        }
    }
    private |= {f"decision.{decision.id}": why for decision, why in line.history if why is not None}
    private |= {f"objection.{one.id}": one.body for one in line.objections if one.body is not None}
    private |= {f"answer.{one.id}": one.answer for one in line.objections if one.answer is not None}
    return Entry(public, private)


def subjects_of(header: Entry, by: str, lines: Sequence[tuple[str, Entry]]) -> dict[tuple[int, str], str]:
    """Return whose each disclosure is, by line (0: the header, of who closed or is named) and label."""
    numbered: Iterable[tuple[int, str, Entry]] = (
        (at, subject, entry) for at, (subject, entry) in enumerate([(by, header), *lines])
    )
    return {
        (at, label): label.removeprefix(NAMED) if label.startswith(NAMED) else subject
        for at, subject, entry in numbered
        for label in entry.private
    }


def _spans(spans: Spans) -> list[Json]:
    return [[start, end] for start, end in spans]
