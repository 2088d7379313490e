"""Growth as tables: by day, and the five measures by person, department, knowledge point. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from analytics.course import Measures
from analytics.course_report import CourseReport, Learner
from analytics.sheet_words import Lang
from analytics.workbook import Cell, Table

WORDS: Mapping[str, Mapping[Lang, str]] = {
    "growth": {"en": "Growth", "zh-CN": "成长"},
    "days": {"en": "Days", "zh-CN": "按日"},
    "people": {"en": "People", "zh-CN": "人员"},
    "departments": {"en": "Departments", "zh-CN": "部门"},
    "points": {"en": "Knowledge points", "zh-CN": "知识点"},
    "by": {"en": "By", "zh-CN": "口径"},
    "whole": {"en": "all together", "zh-CN": "全部"},
    "person": {"en": "person", "zh-CN": "人员"},
    "department": {"en": "department", "zh-CN": "部门"},
    "point": {"en": "knowledge point", "zh-CN": "知识点"},
    "name": {"en": "Name", "zh-CN": "名称"},
    "external_id": {"en": "Employee ID", "zh-CN": "工号"},
    "unit": {"en": "Department", "zh-CN": "所在部门"},
    "guest": {"en": "guest", "zh-CN": "访客"},
    "none": {"en": "no department", "zh-CN": "无部门"},
    "day": {"en": "Day", "zh-CN": "日期"},
    "answers": {"en": "Answers", "zh-CN": "总答题量"},
    "right": {"en": "Right", "zh-CN": "答对"},
    "score": {"en": "Points", "zh-CN": "得分"},
    "rate": {"en": "Correct rate", "zh-CN": "正确率"},
    "slope": {"en": "Growth a day", "zh-CN": "日均增长"},
    "last_day": {"en": "Points on the last day", "zh-CN": "最后一天得分"},
    "once_wrong": {"en": "Once wrong", "zh-CN": "曾答错"},
    "corrected": {"en": "Corrected", "zh-CN": "已矫正"},
    "correction": {"en": "Correction rate", "zh-CN": "错题矫正率"},
}

_MEASURES = (
    "answers",
    "right",
    "score",
    "rate",
    "slope",
    "last_day",
    "once_wrong",
    "corrected",
    "correction",
)


def growth_table(report: CourseReport, lang: Lang) -> Table:
    """Return one row for everybody together, and one for each person, department and knowledge point."""
    rows: list[list[Cell]] = [[_word("whole", lang), None, None, None, *_figures(report.whole)]]
    rows += [[_word("person", lang), *row] for row in _people(report, lang)]
    rows += [
        [_word("department", lang), name or _word("none", lang), None, None, *_figures(sums)]
        for name, sums in report.departments
    ]
    rows += [[_word("point", lang), name, None, None, *_figures(sums)] for name, sums in report.points]
    return _table("growth", ("by", "name", "external_id", "unit", *_MEASURES), rows, lang)


def growth_tables(report: CourseReport, lang: Lang) -> tuple[Table, ...]:
    """Return the sheets of a workbook: days, people, departments, knowledge points."""
    days: list[list[Cell]] = [
        [day.day.isoformat(), day.answers, day.right, round(day.points, 4), _share(day.points, day.answers)]
        for day in report.days
    ]
    departments: list[list[Cell]] = [
        [name or _word("none", lang), *_figures(sums)] for name, sums in report.departments
    ]
    points: list[list[Cell]] = [[name, *_figures(sums)] for name, sums in report.points]
    return (
        _table("days", ("day", "answers", "right", "score", "rate"), days, lang),
        _table("people", ("name", "external_id", "unit", *_MEASURES), _people(report, lang), lang),
        _table("departments", ("department", *_MEASURES), departments, lang),
        _table("points", ("point", *_MEASURES), points, lang),
    )


def _people(report: CourseReport, lang: Lang) -> list[list[Cell]]:
    return [[*_who(learner, lang), *_figures(sums)] for learner, sums in report.people]


def _who(learner: Learner, lang: Lang) -> Iterable[Cell]:
    card = learner.card
    if card is None:
        return learner.name, _word("guest", lang), None
    return learner.name, card.external_id, card.department


def _figures(sums: Measures) -> Iterable[Cell]:
    """Return the cells of `_MEASURES`; empty where there is nothing to divide by."""
    return (
        sums.answers,
        sums.right,
        round(sums.points, 4),
        None if sums.rate is None else round(sums.rate, 4),
        None if sums.slope is None else round(sums.slope, 3),
        round(sums.last_day, 4),
        sums.once_wrong,
        sums.corrected,
        _share(sums.corrected, sums.once_wrong),
    )


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _table(name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], lang: Lang) -> Table:
    return Table(_word(name, lang), [_word(column, lang) for column in columns], rows)


def _word(name: str, lang: Lang) -> str:
    return WORDS[name][lang]
