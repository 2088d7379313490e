"""Statistics of the house as tables. Pure."""

from collections.abc import Mapping, Sequence

from analytics.learned import Learned, added
from analytics.lesson_statistics import LessonFigures, Statistics
from analytics.minutes import minutes
from analytics.sheet_words import Lang
from analytics.view_reports import PeriodReport
from analytics.workbook import Cell, Table

WORDS: Mapping[str, Mapping[Lang, str]] = {
    "statistics": {"en": "Statistics", "zh-CN": "统计"},
    "departments": {"en": "Departments", "zh-CN": "部门"},
    "figure": {"en": "Figure", "zh-CN": "指标"},
    "lessons": {"en": "Lessons", "zh-CN": "课程场次"},
    "people": {"en": "People live", "zh-CN": "直播参与人数"},
    "heads": {"en": "Live, counted in every lesson", "zh-CN": "直播人次"},
    "live_minutes": {"en": "Minutes of lessons", "zh-CN": "直播分钟"},
    "minutes": {"en": "Minutes present", "zh-CN": "在线分钟"},
    "expected": {"en": "Expected", "zh-CN": "应到人次"},
    "attended": {"en": "Took part, of those expected", "zh-CN": "参训人次"},
    "completed": {"en": "Completed, live and by replay", "zh-CN": "完课人次"},
    "media": {"en": "Recordings watched", "zh-CN": "被观看的内容"},
    "viewers": {"en": "Viewers of recordings", "zh-CN": "回看人数"},
    "sittings": {"en": "Times watched", "zh-CN": "观看次数"},
    "view_minutes": {"en": "Minutes watched effectively", "zh-CN": "有效观看分钟"},
    "reached_80": {"en": "Reached 80 %", "zh-CN": "看到80%"},
    "department": {"en": "Department", "zh-CN": "部门"},
    "watched": {"en": "Minutes watched of recordings", "zh-CN": "回看分钟"},
    "learned": {"en": "Minutes learned", "zh-CN": "学习分钟"},
    "live_in": {"en": "Live, {month}", "zh-CN": "{month} 直播"},
    "watched_in": {"en": "Recordings, {month}", "zh-CN": "{month} 回看"},
    "together": {"en": "All departments", "zh-CN": "合计"},
    "none": {"en": "Without a department", "zh-CN": "无部门"},
}


def statistics_tables(found: Statistics, lang: Lang) -> list[Table]:
    """Return the figures beside those of the period before, and the departments."""

    def word(name: str) -> str:
        return WORDS[name][lang]

    now, before = _figures(found.lessons, found.viewing), _figures(found.lessons_before, found.viewing_before)
    figures: list[list[Cell]] = [[word(name), now[name], before[name]] for name in now]
    departments: list[list[Cell]] = [
        [
            line.name if line.name is not None else word("none"),
            line.presence.heads,
            minutes(line.presence.present_ms),
            line.presence.completed,
            line.viewers,
            minutes(line.whole.watched_ms),
            minutes(line.whole.whole_ms),
        ]
        for line in found.departments
    ]
    columns = ("department", "heads", "minutes", "completed", "viewers", "watched", "learned")
    headings = [word(name) for name in columns]
    return [
        Table(
            f"{word('statistics')} {found.period}",
            [word("figure"), found.period, found.before or ""],
            figures,
        ),
        Table(f"{word('departments')} {found.period}", headings, departments),
        learned_table(found, lang),
    ]


def learned_table(found: Statistics, lang: Lang) -> Table:
    """Return minutes learned by department: live and of recordings in each month, and all of it.

    The last row is all departments together.
    """

    def word(name: str, month: str = "") -> str:
        return WORDS[name][lang].format(month=month)

    def row(name: str, learned: Sequence[Learned]) -> list[Cell]:
        whole = added(learned)
        by_month = [minutes(ms) for each in learned for ms in (each.live_ms, each.watched_ms)]
        sums = [minutes(whole.live_ms), minutes(whole.watched_ms), minutes(whole.whole_ms)]
        return [name, *(by_month if len(learned) > 1 else ()), *sums]

    months = found.months if len(found.months) > 1 else ()
    headings = [
        word("department"),
        *(word(name, month) for month in months for name in ("live_in", "watched_in")),
        *(word(name) for name in ("minutes", "watched", "learned")),
    ]
    rows = [
        row(line.name if line.name is not None else word("none"), line.learned) for line in found.departments
    ]
    by_month = [added(line.learned[at] for line in found.departments) for at in range(len(found.months))]
    rows.append(row(word("together"), by_month))
    return Table(f"{word('learned')} {found.period}", headings, rows)


def _figures(lessons: LessonFigures, viewing: PeriodReport | None) -> dict[str, Cell]:
    sums = viewing.sums if viewing else None
    return {
        "lessons": lessons.lessons,
        "people": lessons.people,
        "heads": lessons.presence.heads,
        "live_minutes": minutes(lessons.live_ms),
        "minutes": minutes(lessons.presence.present_ms),
        "expected": lessons.expected,
        "attended": lessons.attended,
        "completed": lessons.presence.completed,
        "media": viewing.media if viewing else None,
        "viewers": viewing.people if viewing else None,
        "sittings": sums.sittings if sums else None,
        "view_minutes": minutes(sums.effort_ms) if sums else None,
        "reached_80": sums.reached_80 if sums else None,
    }
