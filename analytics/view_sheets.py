"""Viewing as tables: the media of a period, the viewers of a medium. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime

from analytics.minutes import minutes
from analytics.sheet_words import Lang
from analytics.view_reports import PeriodReport, ViewingReport
from analytics.workbook import Cell, Table

WORDS: Mapping[str, Mapping[Lang, str]] = {
    "views": {"en": "Viewing", "zh-CN": "观看统计"},
    "title": {"en": "Title", "zh-CN": "标题"},
    "kind": {"en": "Kind", "zh-CN": "类型"},
    "version": {"en": "Version", "zh-CN": "版本"},
    "length": {"en": "Minutes long", "zh-CN": "时长(分钟)"},
    "viewers": {"en": "Viewers", "zh-CN": "观看人数"},
    "sittings": {"en": "Times watched", "zh-CN": "观看次数"},
    "effort": {"en": "Minutes watched effectively", "zh-CN": "有效学习(分钟)"},
    "bounce": {"en": "Opened and closed at once", "zh-CN": "打开即关闭"},
    "reached_80": {"en": "Reached 80 %", "zh-CN": "看到80%"},
    "full": {"en": "Watched in full", "zh-CN": "全部看完"},
    "completion": {"en": "Completion rate", "zh-CN": "完课率"},
    "weak": {"en": "Weak", "zh-CN": "待改进"},
    "yes": {"en": "yes", "zh-CN": "是"},
    "no": {"en": "no", "zh-CN": "否"},
    "replay": {"en": "replay", "zh-CN": "回放"},
    "microcourse": {"en": "microcourse", "zh-CN": "微课"},
    "name": {"en": "Name", "zh-CN": "姓名"},
    "external_id": {"en": "Employee ID", "zh-CN": "工号"},
    "department": {"en": "Department", "zh-CN": "部门"},
    "coverage": {"en": "Share covered", "zh-CN": "看过的比例"},
    "completed": {"en": "Completed", "zh-CN": "已完成"},
    "last": {"en": "Last watched (UTC)", "zh-CN": "最近观看(UTC)"},
}
_HEADINGS = (
    "title", "kind", "version", "length", "viewers", "sittings", "effort", "bounce", "reached_80", "full",
    "completion", "weak",
)  # fmt: skip


def period_table(report: PeriodReport, lang: Lang, weak_below: float) -> Table:
    """Return one row for every medium; weak is what too few of its viewers completed (T-10)."""

    def word(name: str) -> str:
        return WORDS[name][lang]

    rows: list[list[Cell]] = [
        [
            line.title,
            word(line.medium.named.medium),
            line.medium.named.version,
            minutes(line.medium.terms.duration_ms),
            line.sums.viewers,
            line.sums.sittings,
            minutes(line.sums.effort_ms),
            line.sums.bounce,
            line.sums.reached_80,
            line.sums.full,
            round(line.completion, 4),
            word("yes" if line.completion < weak_below else "no"),
        ]
        for line in report.lines
    ]
    return Table(f"{word('views')} {report.period}", [word(name) for name in _HEADINGS], rows)


_OF_VIEWERS = ("name", "external_id", "department", "coverage", "completed", "effort", "last")


def viewers_table(report: ViewingReport, lang: Lang, completed_from: float) -> Table:
    """Return one row for every viewer; guests have no number and no department."""

    def word(name: str) -> str:
        return WORDS[name][lang]

    rows: list[list[Cell]] = []
    for line in report.lines:
        last = datetime.fromtimestamp(line.record.last_utc_ms / 1_000, UTC)
        rows.append(
            [
                line.card.name if line.card else line.name,
                line.card.external_id if line.card else None,
                line.card.department if line.card else None,
                round(line.coverage, 4),
                word("yes" if line.coverage >= completed_from else "no"),
                minutes(line.effort_ms),
                f"{last:%Y-%m-%d %H:%M:%S}",
            ]
        )
    return Table(word("views"), [word(name) for name in _OF_VIEWERS], rows)
