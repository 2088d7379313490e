"""Signals over several lessons as tables. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from analytics.chance import Share
from analytics.lesson_signals import HeldLesson
from analytics.lesson_signals_report import SignalsOfLessons
from analytics.session_report_sheets import WORDS as REPORT
from analytics.session_report_sheets import signal_row
from analytics.sheet_words import Lang
from analytics.signal_words import WORDS as SIGNALS
from analytics.workbook import Cell, Table

WORDS: Mapping[str, Mapping[Lang, str]] = {
    "below": {"en": "Lessons below it, not by chance", "zh-CN": "低于界限的课程数（非偶然）"},
    "lessons": {"en": "Lessons", "zh-CN": "课程"},
    "lesson": {"en": "Lesson", "zh-CN": "课程"},
    "began": {"en": "Began", "zh-CN": "开始时间"},
    "other": {"en": "Share of the other department", "zh-CN": "另一部门的比例"},
}
_COLUMNS = ("signal", "level", "value", "of", "rate", "limit", "limit_of", "meaning", "action")


def signals_table(found: SignalsOfLessons, lang: Lang) -> Table:
    """Return one row for every signal, with how many lessons pull it down."""
    rows: list[list[Cell]] = [[*signal_row(each.found, lang), len(each.pulling)] for each in found.signals]
    headings = [*(REPORT[name][lang] for name in _COLUMNS), WORDS["below"][lang]]
    return Table(REPORT["signals"][lang], headings, rows)


def pulling_table(found: SignalsOfLessons, lang: Lang) -> Table:
    """Return one row for every lesson that pulls a signal down, the worst of each signal first."""
    rows: list[list[Cell]] = [
        [
            SIGNALS[each.found.signal][lang].name,
            pulling.lesson.title,
            _began(pulling.lesson),
            pulling.share.hits,
            pulling.share.of,
            _rate(pulling.share),
            _rate(pulling.other),
            each.found.limit,
        ]
        for each in found.signals
        for pulling in each.pulling
    ]
    headings = [
        REPORT["signal"][lang],
        *(WORDS[name][lang] for name in ("lesson", "began")),
        *(REPORT[name][lang] for name in ("value", "of", "rate")),
        WORDS["other"][lang],
        REPORT["limit"][lang],
    ]
    return Table(WORDS["lessons"][lang], headings, rows)


def _rate(share: Share | None) -> float | None:
    rate = None if share is None else share.rate
    return None if rate is None else round(rate, 4)


def _began(lesson: HeldLesson) -> str:
    at = datetime.fromtimestamp(lesson.began_utc_ms / 1_000, UTC).astimezone(ZoneInfo(lesson.zone))
    return at.strftime("%Y-%m-%d %H:%M")
