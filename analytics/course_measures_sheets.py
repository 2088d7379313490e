"""Course measures as a table. Pure."""

from collections.abc import Mapping

from analytics.course_measures_report import CourseMeasures
from analytics.minutes import minutes
from analytics.sheet_words import Lang
from analytics.workbook import Cell, Table

WORDS: Mapping[str, Mapping[Lang, str]] = {
    "measures": {"en": "Course measures", "zh-CN": "课程指标"},
    "title": {"en": "Title", "zh-CN": "标题"},
    "kind": {"en": "Kind", "zh-CN": "类型"},
    "replay": {"en": "replay", "zh-CN": "回放"},
    "microcourse": {"en": "microcourse", "zh-CN": "微课"},
    "session": {"en": "lesson", "zh-CN": "课程"},
    "series": {"en": "series", "zh-CN": "系列"},
    "media": {"en": "Media", "zh-CN": "内容数"},
    "viewers": {"en": "Viewers (use of the resource)", "zh-CN": "观看人数(资源使用)"},
    "sittings": {"en": "Times watched (views)", "zh-CN": "观看次数(点击)"},
    "minutes": {"en": "Minutes watched (learning time)", "zh-CN": "观看分钟(学习时长)"},
    "completion": {"en": "Completion rate (80 % covered)", "zh-CN": "完课率(看到 80%)"},
    "rating": {"en": "Rating, mean of 1 to 5", "zh-CN": "评分均值(1–5)"},
    "ratings": {"en": "Ratings", "zh-CN": "评分人数"},
    "stars": {"en": "Rated {n}", "zh-CN": "{n} 星人数"},
    "comments": {"en": "Comments", "zh-CN": "评论"},
    "favourites": {"en": "Kept for later", "zh-CN": "收藏"},
    "shares": {"en": "Shared by", "zh-CN": "分享人数"},
    "forward": {"en": "Forward rate", "zh-CN": "转发率"},
    "exam": {"en": "Answers right (exam)", "zh-CN": "答题正确率(考试)"},
    "exam_answers": {"en": "Answers with a right one", "zh-CN": "计分答题数"},
    "homework": {"en": "Homework (not in this product)", "zh-CN": "作业(本产品不提供)"},
    "practice": {"en": "Practice (not in this product)", "zh-CN": "练习(本产品不提供)"},
    "none": {"en": "–", "zh-CN": "–"},
}


def measures_table(found: CourseMeasures, lang: Lang) -> Table:
    """Return a row for every line; what there is no such measure of is a dash."""

    def word(name: str) -> str:
        return WORDS[name][lang]

    headings = [
        word("title"), word("kind"), word("media"), word("viewers"), word("sittings"), word("minutes"),
        word("completion"), word("rating"), word("ratings"),
        *(word("stars").format(n=stars) for stars in range(1, 6)), word("comments"), word("favourites"),
        word("shares"), word("forward"), word("exam"), word("exam_answers"), word("homework"),
        word("practice"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for line in found.lines:
        each, none = line.row.measures, word("none")
        exam = each.exam.rate if each.exam else None
        rows.append(
            [
                line.title, word(line.row.kind), line.row.media, each.viewers, each.sittings,
                minutes(each.effort_ms), _share(each.completion, none), _share(each.rating, none),
                each.ratings, *each.stars, each.comments, each.favourites, each.shares,
                _share(each.forward, none), _share(exam, none), each.exam.of if each.exam else none,
                none, none,
            ]
        )  # fmt: skip
    return Table(f"{word('measures')} {found.wanted.period}", headings, rows)


def _share(value: float | None, none: str) -> Cell:
    return none if value is None else round(value, 4)
