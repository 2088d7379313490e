"""Reasons and rules in words, in both languages, for exported tables. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict

from analytics.attendance.report import AttendanceReport
from analytics.attendance.verdict import FORMULA, Reason
from analytics.sheet_words import Lang, column, value
from analytics.workbook import Cell

REASONS: Mapping[str, Mapping[Lang, str]] = {
    "excused": {"en": "excused by staff", "zh-CN": "已由负责人准假"},
    "decided": {"en": "set by staff", "zh-CN": "由负责人认定"},
    "lesson_open": {"en": "the lesson is not over", "zh-CN": "课程尚未结束"},
    "no_trace": {"en": "never came", "zh-CN": "没有任何到课记录"},
    "time_enough": {
        "en": "{minutes:.2f} min counted, {needed:.2f} needed ({percent:.0f} % of {of:.2f}): enough",
        "zh-CN": "计入 {minutes:.2f} 分钟,需 {needed:.2f} 分钟({of:.2f} 的 {percent:.0f}%):达到",
    },
    "time_short": {
        "en": "{minutes:.2f} min counted, {needed:.2f} needed ({percent:.0f} % of {of:.2f}): too short",
        "zh-CN": "计入 {minutes:.2f} 分钟,需 {needed:.2f} 分钟({of:.2f} 的 {percent:.0f}%):不足",
    },
    "away_left_out": {"en": "away {minutes:.2f} min, not counted", "zh-CN": "离开 {minutes:.2f} 分钟,不计入"},
    "away_counted": {"en": "away {minutes:.2f} min, counted", "zh-CN": "离开 {minutes:.2f} 分钟,仍计入"},
    "replay_counted": {
        "en": "missed and watched in the replay: {minutes:.2f} min, counted",
        "zh-CN": "缺席部分已看回放 {minutes:.2f} 分钟,计入",
    },
    "replay_left_out": {
        "en": "missed and watched in the replay: {minutes:.2f} min, not counted",
        "zh-CN": "缺席部分已看回放 {minutes:.2f} 分钟,不计入",
    },
    "checkins_enough": {
        "en": "check-ins {counted:.0f} of {rounds:.0f}, {needed:.0f} needed: enough",
        "zh-CN": "签到 {counted:.0f}/{rounds:.0f} 次,需 {needed:.0f} 次:达到",
    },
    "checkins_short": {
        "en": "check-ins {counted:.0f} of {rounds:.0f}, {needed:.0f} needed: too few",
        "zh-CN": "签到 {counted:.0f}/{rounds:.0f} 次,需 {needed:.0f} 次:不足",
    },
    "no_rounds": {"en": "no check-in was held", "zh-CN": "本课没有签到"},
    "make_up_counted": {
        "en": "made-up check-ins counted: {rounds:.0f}", "zh-CN": "补签 {rounds:.0f} 次,计入",
    },
    "make_up_left_out": {
        "en": "made-up check-ins not counted: {rounds:.0f}", "zh-CN": "补签 {rounds:.0f} 次,不计入",
    },
    "answered": {
        "en": "polls answered: {answers:.0f} of {polls:.0f}", "zh-CN": "答题 {answers:.0f}/{polls:.0f}",
    },
    "spoke": {
        "en": "messages and questions {words:.0f}, on stage {stage_minutes:.2f} min",
        "zh-CN": "发言与提问 {words:.0f} 条,台上 {stage_minutes:.2f} 分钟",
    },
}  # fmt: skip
_BETWEEN: Mapping[Lang, str] = {"en": "; ", "zh-CN": ";"}


def reason_words(reasons: Iterable[Reason], lang: Lang) -> str:
    """Return reasons as one line."""
    return _BETWEEN[lang].join(REASONS[reason.code][lang].format(**reason.numbers) for reason in reasons)


def rule_rows(report: AttendanceReport, lang: Lang) -> list[list[Cell]]:
    """Return the rule that a report was judged by, part by part."""
    rows: list[list[Cell]] = []
    for name, amount in asdict(report.rule).items():
        shown: Cell = value("yes" if amount else "no", lang) if isinstance(amount, bool) else amount
        rows.append([column(name, lang), shown])
    rows.append([column("formula", lang), FORMULA])
    return rows
