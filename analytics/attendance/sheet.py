"""The attendance report as files that spreadsheets open without harm: CSV, and a workbook. Pure.

Every number that a verdict stands on is a column, so that anybody can compute it again (docs/attendance.md).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analytics.attendance.report import AttendanceLine, AttendanceReport
from analytics.attendance.sheet_words import reason_words, rule_rows
from analytics.minutes import minutes
from analytics.sheet_words import Lang, column, value
from analytics.workbook import Cell, Table, csv_file, disposition, xlsx_file

__all__ = ["Lang", "attendance_csv", "attendance_xlsx", "file_name"]


def attendance_csv(report: AttendanceReport, lang: Lang) -> bytes:
    """Return the report in UTF-8 with a byte order mark; times in UTC and in the session's zone."""
    table = _table(report, lang)
    rows = [[f"{cell:.2f}" if isinstance(cell, float) else cell for cell in row] for row in table.rows]
    return csv_file(Table(table.name, table.headings, rows))


def attendance_xlsx(report: AttendanceReport, lang: Lang) -> bytes:
    """Return a workbook: the rows, and the rule that they were judged by."""
    rule = Table(
        column("rule", lang), (column("part", lang), column("amount", lang)), rule_rows(report, lang)
    )
    return xlsx_file([_table(report, lang), rule])


def file_name(report: AttendanceReport, ending: str) -> str:
    """Return the `Content-Disposition` of the file: dated, titled, and safe as a name on any system."""
    day = datetime.fromtimestamp(report.facts.starts_utc_ms / 1000, _zone(report.facts.zone)).date()
    return disposition("attendance", day.isoformat(), report.facts.title, ending=ending)


def _table(report: AttendanceReport, lang: Lang) -> Table:
    zone = _zone(report.facts.zone)
    rows = [list(_cells(line, report, zone, lang)) for line in report.lines]
    return Table(column("attendance", lang), list(_header(report, lang)), rows)


def _header(report: AttendanceReport, lang: Lang) -> Iterator[str]:
    zone = report.facts.zone
    yield from (column(name, lang) for name in ("name", "external_id", "department", "kind", "expected"))
    yield from (column(name, lang) for name in ("verdict", "confidence", "computed", "reasons", "decision"))
    yield from (
        column(name, lang, zone=zone) for name in ("joined_utc", "joined_zone", "left_utc", "left_zone")
    )
    yield from (column(name, lang) for name in ("intervals", "devices", "minutes", "checkin"))
    yield from (column("round", lang, number=number) for number, _ in enumerate(report.rounds, start=1))
    yield from (column(name, lang) for name in ("answers", "messages", "questions", "replay_minutes"))
    yield from (column(name, lang) for name in ("source", "screens", "corrected"))
    yield from (column(name, lang) for name in ("hands", "upvotes", "reactions", "stage_minutes"))
    yield from (
        column(name, lang)
        for name in (
            "lesson_minutes", "base_minutes", "needed_minutes", "counted_minutes", "away_minutes",
            "attentive_minutes", "caught_minutes", "rounds_held", "rounds_on_time", "rounds_late",
            "rounds_made_up", "polls_held",
        )
    )  # fmt: skip


def _cells(line: AttendanceLine, report: AttendanceReport, zone: tzinfo, lang: Lang) -> Iterable[Cell]:
    row, card, judgement, evidence = line.row, line.card, line.judgement, line.evidence
    joined = row.intervals[0].joined_utc_ms if row.intervals else None
    left = row.intervals[-1].left_utc_ms if row.intervals else None
    devices = dict.fromkeys(interval.device for interval in row.intervals if interval.device)
    yield line.name or ""
    yield card.external_id if card else ""
    yield (card.department or "") if card else ""
    yield value(row.kind, lang)
    yield value("yes" if row.expected else "no", lang)
    yield value(f"verdict_{judgement.verdict}", lang)
    yield judgement.confidence
    yield value(f"verdict_{judgement.computed}", lang)
    yield reason_words(judgement.reasons, lang)
    yield (line.history[-1][1] or "") if judgement.decision and line.history else ""
    for moment in (joined, left):
        yield _time(moment, UTC)
        yield _time(moment, zone)
    yield "; ".join(f"{_time(i.joined_utc_ms, UTC)} / {_time(i.left_utc_ms, UTC)}" for i in row.intervals)
    yield ", ".join(value(device, lang) for device in devices)
    yield minutes(row.present_ms)
    yield value(row.checkin_status, lang)
    yield from (value(status, lang) for _, status in row.checkins)
    yield from (row.answers, row.messages, row.questions)
    yield minutes(line.replay_ms)
    yield value("screen" if line.screens else None, lang)
    yield ", ".join(line.screens)
    yield ", ".join(str(at) for at, (round_, _) in enumerate(row.checkins, 1) if round_ in row.corrected)
    yield from (row.hands, row.upvotes, row.reactions)
    yield minutes(row.stage_ms)
    yield minutes(report.course.lesson_ms)
    yield from (judgement.base_minutes, judgement.needed_minutes, judgement.counted_minutes)
    yield from map(minutes, (evidence.away_ms, evidence.attentive_ms, evidence.replay_ms))
    yield from (evidence.rounds, evidence.on_time, evidence.late, evidence.made_up, evidence.polls)


def _time(utc_ms: int | None, zone: tzinfo) -> str:
    if utc_ms is None:
        return ""
    return datetime.fromtimestamp(utc_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
