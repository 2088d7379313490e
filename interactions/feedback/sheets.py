"""Feedback as tables, in both languages. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal

from interactions.feedback.form import GRADES, Figure, Recommendation
from interactions.feedback.neighbours import Cell
from interactions.feedback.work_items import Item

Lang = Literal["zh-CN", "en"]
Table = tuple[str, Sequence[str], Sequence[Sequence[Cell]]]

WORDS: Mapping[str, Mapping[Lang, str]] = {
    "grades": {"en": "Grades", "zh-CN": "评分"},
    "question": {"en": "Question", "zh-CN": "问题"},
    "answered": {"en": "Answered", "zh-CN": "评分人数"},
    "mean": {"en": "Mean", "zh-CN": "平均分"},
    "grade": {"en": "Grade", "zh-CN": "分值"},
    "count": {"en": "Times given", "zh-CN": "次数"},
    "teacher": {"en": "Teacher", "zh-CN": "讲师"},
    "course": {"en": "Course", "zh-CN": "课程"},
    "organisation": {"en": "Organisation", "zh-CN": "组织"},
    "recommend": {"en": "Would recommend", "zh-CN": "推荐意愿"},
    "summary": {"en": "Summary", "zh-CN": "汇总"},
    "given": {"en": "Handed in", "zh-CN": "已提交"},
    "attendees": {"en": "Attendees", "zh-CN": "到课人数"},
    "rate": {"en": "Feedback rate", "zh-CN": "反馈率"},
    "nps": {"en": "Net promoter score", "zh-CN": "净推荐值"},
    "promoters": {"en": "Promoters (9-10)", "zh-CN": "推荐者(9-10)"},
    "passives": {"en": "Passives (7-8)", "zh-CN": "中立者(7-8)"},
    "detractors": {"en": "Detractors (0-6)", "zh-CN": "贬损者(0-6)"},
    "figure": {"en": "Figure", "zh-CN": "指标"},
    "value": {"en": "Value", "zh-CN": "数值"},
    "texts": {"en": "Texts", "zh-CN": "文字反馈"},
    "text": {"en": "Text", "zh-CN": "内容"},
    "kind": {"en": "Kind", "zh-CN": "类别"},
    "state": {"en": "State", "zh-CN": "状态"},
    "owner": {"en": "Owner", "zh-CN": "负责人"},
    "due": {"en": "Due", "zh-CN": "截止日期"},
    "note": {"en": "Note", "zh-CN": "备注"},
    "short_term": {"en": "short-term", "zh-CN": "短期改进"},
    "long_term": {"en": "long-term", "zh-CN": "长期改进"},
    "call_back": {"en": "call back", "zh-CN": "回访"},
    "new": {"en": "new", "zh-CN": "待处理"},
    "in_progress": {"en": "in progress", "zh-CN": "处理中"},
    "done": {"en": "done", "zh-CN": "已完成"},
    "dropped": {"en": "dropped", "zh-CN": "不处理"},
}


def grades_table(figures: Sequence[Figure], lang: Lang) -> Table:
    """Return every grade of every question that shows, with how often it was given."""
    rows: list[list[Cell]] = []
    for figure in figures:
        if figure.counts is None or figure.mean is None:
            continue
        shown = zip(GRADES[figure.question], figure.counts, strict=True)
        mean = round(figure.mean, 2)
        rows += [[_word(figure.question, lang), figure.answered, mean, grade, n] for grade, n in shown]
    return _table("grades", ("question", "answered", "mean", "grade", "count"), rows, lang)


def summary_table(given: int, attendees: int, nps: Recommendation | None, lang: Lang) -> Table:
    """Return the figures that are one number each."""
    rows: list[list[Cell]] = [
        [_word("given", lang), given],
        [_word("attendees", lang), attendees],
        [_word("rate", lang), round(given / attendees, 4) if attendees else None],
    ]
    if nps is not None:
        rows.append([_word("nps", lang), round(nps.score, 1)])
        rows += [[_word(part, lang), getattr(nps, part)] for part in ("promoters", "passives", "detractors")]
    return _table("summary", ("figure", "value"), rows, lang)


def texts_table(items: Sequence[Item], names: Mapping[str, str], lang: Lang) -> Table:
    """Return the texts and what became of them; without contact details, which stay in the house."""
    rows: list[list[Cell]] = [
        [
            item.body,
            _word(item.kind, lang) if item.kind else None,
            _word(item.state, lang),
            names.get(item.owner_person_id or ""),
            item.due_on,
            item.note,
        ]
        for item in items
    ]
    return _table("texts", ("text", "kind", "state", "owner", "due", "note"), rows, lang)


def _table(name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], lang: Lang) -> Table:
    return _word(name, lang), [_word(column, lang) for column in columns], rows


def _word(name: str, lang: Lang) -> str:
    return WORDS[name][lang]
