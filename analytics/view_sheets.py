"""A period's viewing as a table. Pure."""

from collections.abc import Mapping

from analytics.minutes import minutes
from analytics.sheet_words import Lang
from analytics.view_reports import PeriodReport
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
