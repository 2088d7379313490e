"""Poll results as tables: the questions, the people, and every attempt. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from analytics.answering import Grade
from analytics.poll_report import PollReport, QuestionLine
from analytics.sheet_words import Lang
from analytics.workbook import Cell, Table

WORDS: Mapping[str, Mapping[Lang, str]] = {
    "questions": {"en": "Questions", "zh-CN": "题目"},
    "people": {"en": "People", "zh-CN": "人员"},
    "answers": {"en": "Answers", "zh-CN": "作答记录"},
    "number": {"en": "No.", "zh-CN": "序号"},
    "question": {"en": "Question", "zh-CN": "题目"},
    "kind": {"en": "Kind", "zh-CN": "题型"},
    "points": {"en": "Knowledge points", "zh-CN": "知识点"},
    "answered": {"en": "Answered", "zh-CN": "作答人数"},
    "attempts": {"en": "Attempts", "zh-CN": "作答次数"},
    "right": {"en": "Right", "zh-CN": "答对"},
    "rate": {"en": "Correct rate", "zh-CN": "正确率"},
    "first_rate": {"en": "Correct at first", "zh-CN": "首次正确率"},
    "seconds": {"en": "Median seconds", "zh-CN": "用时中位数(秒)"},
    "corrected": {"en": "Corrected / once wrong", "zh-CN": "矫正 / 曾答错"},
    "growth": {"en": "Growth since the run before", "zh-CN": "较上次增长"},
    "result": {"en": "Result", "zh-CN": "结果"},
    "wrong": {"en": "Wrong choices", "zh-CN": "错选分布"},
    "name": {"en": "Name", "zh-CN": "姓名"},
    "external_id": {"en": "Employee ID", "zh-CN": "工号"},
    "department": {"en": "Department", "zh-CN": "部门"},
    "score": {"en": "Score", "zh-CN": "得分"},
    "asked": {"en": "Scored questions", "zh-CN": "计分题数"},
    "attempt": {"en": "Attempt", "zh-CN": "第几次"},
    "answer": {"en": "Answer", "zh-CN": "回答"},
    "share": {"en": "Points", "zh-CN": "题目得分"},
    "correct": {"en": "Correct", "zh-CN": "对错"},
    "time": {"en": "Time ({zone})", "zh-CN": "时间({zone})"},
    "took": {"en": "Seconds", "zh-CN": "用时(秒)"},
    "yes": {"en": "right", "zh-CN": "对"},
    "no": {"en": "wrong", "zh-CN": "错"},
    "anonymous": {"en": "(anonymous)", "zh-CN": "(匿名)"},
    "anonymous_answers": {"en": "Anonymous answers", "zh-CN": "匿名回答"},
    "hidden": {
        "en": "(hidden: too few answers, or not all yours to see)",
        "zh-CN": "(不显示:人数过少,或超出你的查看范围)",
    },
    "guest": {"en": "guest", "zh-CN": "访客"},
    "single": {"en": "single choice", "zh-CN": "单选"},
    "multiple": {"en": "multiple choice", "zh-CN": "多选"},
    "rating": {"en": "rating", "zh-CN": "评分"},
    "ranking": {"en": "ranking", "zh-CN": "排序"},
    "text": {"en": "short text", "zh-CN": "简答"},
    "matching": {"en": "matching", "zh-CN": "匹配"},
}


def poll_tables(report: PollReport, lang: Lang) -> tuple[Table, ...]:
    """Return the tables: questions, people, every attempt under a name, and what was written anonymously.

    The last one is a sheet of its own, in the order of the count: its rows cannot be laid beside the people.
    """
    return (
        _questions(report, lang),
        _people(report, lang),
        Table(_word("answers", lang), _headings(report, lang), _attempts(report, lang)),
        _anonymous_texts(report, lang),
    )


def answers_table(report: PollReport, lang: Lang) -> Table:
    """Return one row for every attempt, in order, and then what is known of anonymous polls.

    Of these every written answer is a row, in alphabetical order, and of other kinds the result is one:
    without a name, a time or a number of their own.
    """
    rows = _attempts(report, lang) + _nobodys(report, lang)
    return Table(_word("answers", lang), _headings(report, lang), rows)


def _headings(report: PollReport, lang: Lang) -> list[str]:
    names = (
        "number",
        "question",
        "name",
        "external_id",
        "department",
        "attempt",
        "answer",
        "correct",
        "share",
    )
    headings = [_word(name, lang) for name in names]
    return [*headings, _word("time", lang).format(zone=report.facts.zone), _word("took", lang)]


def _attempts(report: PollReport, lang: Lang) -> list[list[Cell]]:
    zone = ZoneInfo(report.facts.zone)
    rows: list[list[Cell]] = []
    for number, line in enumerate(report.questions, start=1):
        tries: dict[str, int] = {}
        for attempt in line.asked.attempts if not line.asked.anonymous else ():
            who = report.respondents.get(attempt.participant)
            if who is None:
                continue
            tries[who.id] = tries.get(who.id, 0) + 1
            judged = {True: "yes", False: "no"}.get(attempt.correct) if attempt.correct is not None else None
            moment = datetime.fromtimestamp(attempt.utc_ms / 1000, zone)
            rows.append(
                [
                    number,
                    line.question,
                    who.name,
                    who.card.external_id if who.card else _word("guest", lang),
                    who.card.department if who.card else None,
                    tries[who.id],
                    line.in_words(attempt, report.texts),
                    _word(judged, lang) if judged else None,
                    None if attempt.share is None else round(attempt.share, 4),
                    moment.strftime("%Y-%m-%d %H:%M:%S"),
                    round(attempt.took_ms / 1000, 1),
                ]
            )
    return rows


def _nobodys(report: PollReport, lang: Lang) -> list[list[Cell]]:
    """Return the rows of anonymous polls in the columns of the attempts."""
    anonymous = _word("anonymous", lang)
    rows: list[list[Cell]] = []
    for number, line in enumerate(report.questions, start=1):
        if not line.asked.anonymous:
            continue
        said = [_result(line) or _word("hidden", lang)]
        if line.written is not None:
            said = [report.texts.get(each.text_ref, "") for each in line.written]
        rows += [[number, line.question, anonymous, *[None] * 3, text, *[None] * 4] for text in said]
    return rows


def _anonymous_texts(report: PollReport, lang: Lang) -> Table:
    rows: list[list[Cell]] = [
        [number, line.question, report.texts.get(each.text_ref, "")]
        for number, line in enumerate(report.questions, start=1)
        if line.asked.anonymous
        for each in line.written or ()
    ]
    headings = [_word(name, lang) for name in ("number", "question", "answer")]
    return Table(_word("anonymous_answers", lang), headings, rows)


def _questions(report: PollReport, lang: Lang) -> Table:
    names = (
        "number", "question", "kind", "points", "answered", "attempts", "right", "rate", "first_rate",
        "seconds", "corrected", "growth", "result", "wrong",
    )  # fmt: skip
    rows = [
        [
            number,
            line.question,
            _word(line.kind, lang),
            "; ".join(line.points),
            *_figures(line.sums, scored=line.asked.scored),
            None if line.growth is None else round(line.growth, 4),
            _result(line),
            "; ".join(f"{line.options[pick]}: {n}" for pick, n in sorted(line.wrong.items())),
        ]
        for number, line in enumerate(report.questions, start=1)
    ]
    return Table(_word("questions", lang), [_word(name, lang) for name in names], rows)


def _people(report: PollReport, lang: Lang) -> Table:
    names = (
        "name", "external_id", "department", "asked", "answered", "attempts", "score", "rate", "first_rate",
        "seconds", "corrected",
    )  # fmt: skip
    asked = sum(line.asked.scored and not line.asked.anonymous for line in report.questions)
    rows = [
        [
            who.name,
            who.card.external_id if who.card else _word("guest", lang),
            who.card.department if who.card else None,
            asked,
            *_figures(sums, scored=True, points=True),
        ]
        for who, sums in report.people
    ]
    return Table(_word("people", lang), [_word(name, lang) for name in names], rows)


def _figures(sums: Grade, *, scored: bool, points: bool = False) -> Iterable[Cell]:
    """Answered, attempts, right (or points), rate, rate at first, median seconds, corrected."""
    judged = scored and sums.answered > 0
    return (
        sums.answered,
        sums.attempts,
        (round(sums.points, 2) if points else sums.right) if scored else None,
        round(sums.points / sums.answered, 4) if judged else None,
        round(sums.first_points / sums.answered, 4) if judged else None,
        None if sums.took_ms is None else round(sums.took_ms / 1000, 1),
        f"{sums.corrected} / {sums.once_wrong}" if judged else None,
    )


def _result(line: QuestionLine) -> str:
    if line.counts is None:
        return ""
    low = int(line.asked.opened.get("low", 1))
    labels = (
        [str(low + at) for at in range(len(line.counts))] if line.kind == "rating" else list(line.options)
    )
    return "; ".join(f"{label}: {count}" for label, count in zip(labels, line.counts, strict=False))


def _word(name: str, lang: Lang) -> str:
    return WORDS[name][lang]
