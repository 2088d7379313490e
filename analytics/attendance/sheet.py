"""The attendance report as a CSV file that spreadsheets open without harm. Pure."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analytics.attendance.report import AttendanceLine, AttendanceReport
from analytics.minutes import minutes
from analytics.sheet_words import Lang, column, value
from analytics.workbook import safe_cell

_BOM = "\ufeff"
_LONGEST_NAME = 80


def attendance_csv(report: AttendanceReport, lang: Lang) -> bytes:
    """Return the report in UTF-8 with a byte order mark; times in UTC and in the session's zone."""
    zone = _zone(report.facts.zone)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(map(safe_cell, _header(report, lang)))
    for line in report.lines:
        writer.writerow(map(safe_cell, _cells(line, zone, lang)))
    return (_BOM + out.getvalue()).encode()


def disposition(report: AttendanceReport) -> str:
    """Return the `Content-Disposition` of the file: dated, titled, and safe as a name on any system."""
    day = datetime.fromtimestamp(report.facts.starts_utc_ms / 1000, _zone(report.facts.zone)).date()
    title = unicodedata.normalize("NFC", report.facts.title)
    kept = "".join(c if c.isalnum() or c in "-_" else " " for c in title)
    name = "-".join(["attendance", day.isoformat(), *kept.split()])[:_LONGEST_NAME]
    plain = "-".join(filter(None, name.encode("ascii", "ignore").decode().split("-")))
    return f"attachment; filename=\"{plain}.csv\"; filename*=UTF-8''{quote(name, safe='')}.csv"


def _header(report: AttendanceReport, lang: Lang) -> Iterable[str]:
    zone = report.facts.zone
    yield from (column(name, lang) for name in ("name", "external_id", "department", "kind", "expected"))
    yield from (
        column(name, lang, zone=zone) for name in ("joined_utc", "joined_zone", "left_utc", "left_zone")
    )
    yield from (column(name, lang) for name in ("intervals", "devices", "minutes", "checkin"))
    yield from (column("round", lang, number=number) for number, _ in enumerate(report.rounds, start=1))
    yield from (column(name, lang) for name in ("answers", "messages", "questions", "replay_minutes"))
    yield from (column(name, lang) for name in ("source", "screens", "corrected"))
    yield from (column(name, lang) for name in ("hands", "upvotes", "reactions", "stage_minutes"))


def _cells(line: AttendanceLine, zone: tzinfo, lang: Lang) -> Iterable[str]:
    row, card = line.row, line.card
    joined = row.intervals[0].joined_utc_ms if row.intervals else None
    left = row.intervals[-1].left_utc_ms if row.intervals else None
    devices = dict.fromkeys(interval.device for interval in row.intervals if interval.device)
    yield line.name or ""
    yield card.external_id if card else ""
    yield (card.department or "") if card else ""
    yield value(row.kind, lang)
    yield value("yes" if row.expected else "no", lang)
    for moment in (joined, left):
        yield _time(moment, UTC)
        yield _time(moment, zone)
    yield "; ".join(f"{_time(i.joined_utc_ms, UTC)} / {_time(i.left_utc_ms, UTC)}" for i in row.intervals)
    yield ", ".join(value(device, lang) for device in devices)
    yield f"{minutes(row.present_ms):.2f}"
    yield value(row.checkin_status, lang)
    yield from (value(status, lang) for _, status in row.checkins)
    yield from (str(number) for number in (row.answers, row.messages, row.questions))
    yield f"{minutes(line.replay_ms):.2f}"
    yield value("screen" if line.screens else None, lang)
    yield ", ".join(line.screens)
    yield ", ".join(str(at) for at, (round_, _) in enumerate(row.checkins, 1) if round_ in row.corrected)
    yield from (str(number) for number in (row.hands, row.upvotes, row.reactions))
    yield f"{minutes(row.stage_ms):.2f}"


def _time(utc_ms: int | None, zone: tzinfo) -> str:
    if utc_ms is None:
        return ""
    return datetime.fromtimestamp(utc_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S")


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
