"""The report of one lesson as a table. Pure."""

from collections.abc import Mapping

from analytics.chance import Share
from analytics.session_report import SessionReport
from analytics.sheet_words import Lang
from analytics.signal_words import LEVELS
from analytics.signal_words import WORDS as SIGNALS
from analytics.signals import Level, SignalFound
from analytics.workbook import Cell, Table

WORDS: Mapping[str, Mapping[Lang, str]] = {
    "report": {"en": "Report of a lesson", "zh-CN": "课程报告"},
    "layer": {"en": "Part", "zh-CN": "部分"},
    "figure": {"en": "Figure", "zh-CN": "指标"},
    "value": {"en": "Value", "zh-CN": "数值"},
    "of": {"en": "Of", "zh-CN": "基数"},
    "rate": {"en": "Share", "zh-CN": "比例"},
    "came": {"en": "Who came", "zh-CN": "到课情况"},
    "said": {"en": "1. What they say", "zh-CN": "一、学员评价"},
    "served": {"en": "2. Whether it served", "zh-CN": "二、是否有用"},
    "volume": {"en": "How they took part", "zh-CN": "互动情况"},
    "replay": {"en": "Afterwards", "zh-CN": "课后"},
    "expected": {"en": "Expected", "zh-CN": "应到"},
    "sign_in": {"en": "Signed in", "zh-CN": "签到率"},
    "took_part": {"en": "Took part", "zh-CN": "参训率"},
    "learners": {"en": "Learners there", "zh-CN": "到课人数"},
    "minutes_each": {"en": "Minutes present, each", "zh-CN": "人均在线分钟"},
    "lesson_minutes": {"en": "Minutes live", "zh-CN": "直播分钟"},
    "feedback": {"en": "Feedback handed in", "zh-CN": "反馈率"},
    "teacher": {"en": "Teacher (1-5)", "zh-CN": "讲师(1-5)"},
    "course": {"en": "Course (1-5)", "zh-CN": "课程(1-5)"},
    "organisation": {"en": "Organisation (1-5)", "zh-CN": "组织(1-5)"},
    "positive": {"en": "Grades 4 and 5", "zh-CN": "好评率"},
    "recommendation": {"en": "Net promoter score", "zh-CN": "净推荐值"},
    "completion": {"en": "Completed", "zh-CN": "完课率"},
    "answers_right": {"en": "Right answers", "zh-CN": "正确率"},
    "activity": {"en": "Did anything in the class", "zh-CN": "参与互动的学员"},
    "messages": {"en": "Chat messages", "zh-CN": "发言数"},
    "questions": {"en": "Questions", "zh-CN": "提问数"},
    "answered": {"en": "Questions answered", "zh-CN": "已答提问"},
    "upvotes": {"en": "Votes for questions", "zh-CN": "附议数"},
    "reactions": {"en": "Reactions", "zh-CN": "点赞等表态数"},
    "polls": {"en": "Polls", "zh-CN": "题目数"},
    "answers": {"en": "Answers", "zh-CN": "答题数"},
    "hands": {"en": "Hands raised", "zh-CN": "举手数"},
    "whole": {"en": "Interactions", "zh-CN": "互动参与量"},
    "per_learner": {"en": "Interactions per learner", "zh-CN": "人均互动"},
    "viewers": {"en": "Viewers of the replay", "zh-CN": "回看人数"},
    "watched": {"en": "Minutes of replay watched", "zh-CN": "回看分钟"},
    "signals": {"en": "What to do", "zh-CN": "建议"},
    "signal": {"en": "Signal", "zh-CN": "信号"},
    "level": {"en": "How it stands", "zh-CN": "状态"},
    "limit": {"en": "Limit", "zh-CN": "界限"},
    "limit_of": {"en": "Whose limit", "zh-CN": "界限来源"},
    "limit_required": {"en": "as companies use it", "zh-CN": "业界常用值"},
    "limit_own": {"en": "the product's own default", "zh-CN": "产品自定默认值"},
    "meaning": {"en": "What it may mean", "zh-CN": "可能的含义"},
    "action": {"en": "What to do", "zh-CN": "建议做法"},
    "together": {"en": "Covered 80 %, live and replay together", "zh-CN": "直播与回放合计看到80%"},
}


def report_table(found: SessionReport, lang: Lang) -> Table:
    """Return one row for every figure, in the order of the review."""
    came, said, volume = found.attending, found.reaction, found.volume

    def row(layer: str, name: str, value: Share | Cell) -> list[Cell]:
        words: list[Cell] = [WORDS[layer][lang], WORDS[name][lang]]
        if isinstance(value, Share):
            rate = value.rate
            return [*words, value.hits, value.of, None if rate is None else round(rate, 4)]
        return [*words, value, None, None]

    def mean(name: str) -> float | None:
        return None if name not in said.means else round(said.means[name], 2)

    rows = [
        row("came", "expected", came.expected),
        row("came", "sign_in", came.sign_in),
        row("came", "took_part", came.took_part),
        row("came", "learners", came.learners),
        row("came", "lesson_minutes", came.lesson_minutes),
        row("came", "minutes_each", came.minutes_each),
        row("said", "feedback", found.feedback_rate),
        *(row("said", name, mean(name)) for name in ("teacher", "course", "organisation")),
        row("said", "positive", found.positive_rate),
        row("said", "recommendation", said.recommendation),
        row("served", "completion", found.completion),
        row("served", "answers_right", found.answers_right),
        row("served", "activity", came.activity),
        row("volume", "messages", volume.messages),
        row("volume", "questions", volume.questions + volume.anonymous),
        row("volume", "answered", volume.answered),
        row("volume", "upvotes", volume.upvotes),
        row("volume", "reactions", volume.reactions),
        row("volume", "polls", volume.polls),
        row("volume", "answers", volume.answers),
        row("volume", "hands", volume.hands),
        row("volume", "whole", volume.whole),
        row("volume", "per_learner", round(found.per_learner, 2)),
    ]
    if found.watching is not None:
        rows += [
            row("replay", "viewers", found.watching.viewers),
            row("replay", "watched", found.watching.minutes),
        ]
    if found.together is not None:
        rows.append(row("replay", "together", Share(found.together.completed, found.together.people)))
    headings = [WORDS[name][lang] for name in ("layer", "figure", "value", "of", "rate")]
    return Table(WORDS["report"][lang], headings, rows)


def is_low(found: SignalFound) -> bool:
    """Tell whether something is to be done about a signal."""
    return found.level in {Level.LOW, Level.PERHAPS}


def signals_table(found: SessionReport, lang: Lang) -> Table:
    """Return one row for every signal; meaning and action only where there is something to do."""

    def word(name: str) -> str:
        return WORDS[name][lang]

    names = ("signal", "level", "value", "of", "rate", "limit", "limit_of", "meaning", "action")
    rows = [signal_row(each, lang) for each in found.signals]
    return Table(word("signals"), [word(name) for name in names], rows)


def signal_row(found: SignalFound, lang: Lang) -> list[Cell]:
    """Return a signal's name, level, hits, of, rate, limit, whose limit, meaning and action."""
    words, rate = SIGNALS[found.signal][lang], found.share.rate
    whose = WORDS["limit_own" if found.own else "limit_required"][lang]
    return [
        words.name if found.apart is None else f"{words.name}: {found.apart[0]} / {found.apart[1]}",
        LEVELS[found.level][lang],
        found.share.hits,
        found.share.of,
        None if rate is None else round(rate, 4),
        found.limit,
        None if found.limit is None else whose,
        words.meaning if is_low(found) else None,
        words.action if is_low(found) else None,
    ]
