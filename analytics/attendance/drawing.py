"""Reports as the JSON that goes out. Plain builtins: two thousand rows are encoded in one go, in a thread."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from analytics.attendance.rates import Rates
from analytics.attendance.report import AttendanceLine, AttendanceReport, Signed
from analytics.minutes import minutes
from analytics.neighbours import PersonCard


def drawn_report(
    report: AttendanceReport, names: Mapping[str, str], *, may_judge: bool, weak_below: float
) -> dict[str, Any]:
    """Return an `AttendanceModel` to be encoded; without `may_judge`, without words of staff and learners."""
    course = report.course
    return {
        "expected": report.expected,
        "rule": asdict(report.rule),
        "rule_of": report.rule_of,
        "may_judge": may_judge,
        "course": {
            "live": course.live,
            "over": course.over,
            "minutes": minutes(course.lesson_ms),
            "rounds": course.rounds,
            "polls": course.polls,
        },
        "rates": _rates(report.rates, weak_below, is_over=course.over),
        "screens": [asdict(site) for site in report.sites],
        # Encoded one by one: two thousand rows at once are a hundred thousand objects for a moment.
        "rows": [
            msgspec.Raw(msgspec.json.encode(_row(line, names, may_judge=may_judge))) for line in report.lines
        ],
    }


def drawn_judgement(line: AttendanceLine, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a `JudgedModel`: evidence, verdict, and what was said about it."""
    row, judgement, evidence = line.row, line.judgement, line.evidence
    return {
        "verdict": judgement.verdict,
        "computed": judgement.computed,
        "confidence": judgement.confidence,
        "reasons": [{"code": reason.code, "numbers": reason.numbers} for reason in judgement.reasons],
        "counted_minutes": judgement.counted_minutes,
        "needed_minutes": judgement.needed_minutes,
        "base_minutes": judgement.base_minutes,
        "minutes": minutes(evidence.present_ms),
        "away_minutes": minutes(evidence.away_ms),
        "attentive_minutes": minutes(evidence.attentive_ms),
        "missed_and_watched_minutes": minutes(evidence.replay_ms),
        "intervals": [
            {"joined_utc_ms": i.joined_utc_ms, "left_utc_ms": i.left_utc_ms, "device": i.device}
            for i in row.intervals
        ],
        "away": row.away,
        "watched": line.caught,
        "checkins": [
            {"round": round_, "status": status, "corrected": round_ in row.corrected}
            for round_, status in row.checkins
        ],
        "checkin_status": row.checkin_status,
        "answers": row.answers,
        "messages": row.messages,
        "questions": row.questions,
        "hands": row.hands,
        "upvotes": row.upvotes,
        "reactions": row.reactions,
        "stage_minutes": minutes(row.stage_ms),
        "replay_minutes": minutes(line.replay_ms),
        "decisions": [
            {
                "verdict": decision.verdict,
                "by": names.get(decision.by),
                "utc_ms": decision.utc_ms,
                "reason": reason,
            }
            for decision, reason in line.history
        ],
        "objections": [
            {
                "id": objection.id,
                "state": objection.state,
                "against": objection.against,
                "text": objection.body,
                "objected_utc_ms": objection.objected_utc_ms,
                "answer": objection.answer,
                "answered_by": names.get(objection.answered_by or ""),
                "answered_utc_ms": objection.answered_utc_ms,
            }
            for objection in line.objections
        ],
    }


def drawn_sign_ins(session_id: str, signed: Signed, weak_below: float) -> dict[str, Any]:
    """Return a `SignInsModel`. A lesson that goes on is not weak yet."""
    counted = signed.counted
    return {
        "session": session_id,
        "expected": counted.expected,
        "signed_in": counted.signed_in,
        "made_up": counted.made_up,
        "rate": counted.rate,
        "is_weak": signed.is_over and counted.is_weak(weak_below),
    }


def drawn_person(card: PersonCard) -> dict[str, Any]:
    """Return a `PersonModel`."""
    return {
        "id": card.id,
        "external_id": card.external_id,
        "name": card.name,
        "department": card.department,
    }


def _rates(rates: Rates, weak_below: float, *, is_over: bool) -> dict[str, Any]:
    sign_ins = rates.sign_ins
    return {
        "expected": sign_ins.expected,
        "signed_in": sign_ins.signed_in,
        "made_up": sign_ins.made_up,
        "sign_in_rate": sign_ins.rate,
        "is_weak": is_over and sign_ins.is_weak(weak_below),
        "weak_below": weak_below,
        "attended": rates.attended,
        "started": rates.started,
        "completed": rates.completed,
    }


def _row(line: AttendanceLine, names: Mapping[str, str], *, may_judge: bool) -> dict[str, Any]:
    row = line.row
    drawn = drawn_judgement(line, names) | {
        "subject": line.subject,
        "participant": row.participant,
        "person": drawn_person(line.card) if line.card else None,
        "name": line.name,
        "kind": row.kind,
        "expected": row.expected,
        "source": "screen" if line.screens else None,
        "screens": line.screens,
    }
    return drawn if may_judge else drawn | {"decisions": [], "objections": []}
