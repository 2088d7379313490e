"""What stands on the paper of a lesson's report, in the reader's language, ready to be drawn. Pure.

There are no names of people on it: figures, departments, and what to do. Where too few graded to stay
anonymous, there are no grades (`Reaction` has none then).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from analytics.chance import Share
from analytics.session_report import SessionReport
from analytics.session_report_sheets import WORDS, is_low
from analytics.sheet_words import Lang
from analytics.signal_words import LEVELS
from analytics.signal_words import WORDS as SIGNALS
from analytics.signals import SignalFound

MOST_POINTS = 300
_MOST_DEPARTMENTS = 15
_PAPER: dict[str, dict[Lang, str]] = {
    "made": {"en": "Made {when} from what was known then", "zh-CN": "生成于 {when}，依据当时的数据"},
    "rates": {"en": "Rates", "zh-CN": "各项比例"},
    "rates_about": {
        "en": "Bar: the share. Thin line: where the true share lies (95 %). Mark: the limit of a signal.",
        "zh-CN": "横条为比例，细线为真实比例的 95% 区间，竖线为信号界限。",
    },
    "figures": {"en": "Figures", "zh-CN": "数据"},
    "presence": {"en": "Learners there, over the lesson", "zh-CN": "课程进行中的在场人数"},
    "replay": {"en": "The replay, second by second", "zh-CN": "回放逐秒观看"},
    "heat": {"en": "Watched it", "zh-CN": "看过的人"},
    "staying": {"en": "Got at least this far", "zh-CN": "至少看到这里"},
    "there": {"en": "Learners there", "zh-CN": "在场人数"},
    "by_department": {"en": "Completed, by department", "zh-CN": "各部门完课率"},
    "nothing_low": {"en": "No figure is below its limit.", "zh-CN": "没有低于界限的指标。"},
    "of": {"en": "{p} % ({n} of {of})", "zh-CN": "{p}%（{of} 中 {n}）"},
    "limit": {"en": "limit {p} %, {whose}", "zh-CN": "界限 {p}%，{whose}"},
    "against": {"en": "{first}: {low}; {second}: {high}", "zh-CN": "{first}：{low}；{second}：{high}"},
    "means": {"en": "This may mean: {words}", "zh-CN": "可能的含义：{words}"},
    "do": {"en": "What to do: {words}", "zh-CN": "建议做法：{words}"},
    "hidden": {"en": "too few to show", "zh-CN": "人数太少，不显示"},
    "more": {"en": "… and {n} more departments", "zh-CN": "……另有 {n} 个部门"},
    "page": {"en": "Page {n} of {{nb}}", "zh-CN": "第 {n} 页，共 {{nb}} 页"},
}


class Bar(msgspec.Struct, frozen=True):
    """A share as a bar, 0..1; `rate` None: there is nobody to count. `limit` is marked where there is one."""

    label: str
    text: str
    rate: float | None
    low: float = 0.0
    high: float = 1.0
    limit: float | None = None


class Line(msgspec.Struct, frozen=True):
    """One curve, at moments equally far apart."""

    name: str
    points: tuple[int, ...]


class Curve(msgspec.Struct, frozen=True):
    """Curves over the same time; `ends` is the clock at its end."""

    title: str
    lines: tuple[Line, ...]
    ends: str


class Advice(msgspec.Struct, frozen=True):
    """A signal that is low: what it is, how it stands, its figure, what it may mean, what to do."""

    name: str
    level: str
    figure: str
    meaning: str
    action: str


class Paper(msgspec.Struct, frozen=True):
    """Everything on it. `figures` are groups of label and value, `page` the words of a foot with `{n}`."""

    lang: Lang
    kind: str
    title: str
    about: str
    made: str
    advice_title: str
    advice: tuple[Advice, ...]
    nothing_low: str
    rates_title: str
    rates_about: str
    rates: tuple[Bar, ...]
    figures: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    curves: tuple[Curve, ...]
    departments_title: str
    departments: tuple[Bar, ...]
    departments_more: str
    page: str


def paper_of(found: SessionReport, organisation: str, lang: Lang, made_utc_ms: int) -> Paper:
    """Return what stands on the paper of a report."""

    def when(utc_ms: int) -> str:
        moment = datetime.fromtimestamp(utc_ms / 1000, UTC).astimezone(ZoneInfo(found.zone))
        return f"{moment:%Y-%m-%d %H:%M} ({found.zone})"

    came, said, volume = found.attending, found.reaction, found.volume
    limits = {each.signal.value: each.limit for each in found.signals}
    rates = (
        _bar("sign_in", came.sign_in, lang),
        _bar("took_part", came.took_part, lang, limits.get("absence")),
        _bar("completion", found.completion, lang, limits.get("target")),
        _bar("activity", came.activity, lang, limits.get("activity")),
        _bar("answers_right", found.answers_right, lang, limits.get("passed")),
        _bar("feedback", found.feedback_rate, lang),
        _bar("positive", found.positive_rate, lang),
    )
    figures: list[tuple[str, tuple[tuple[str, str], ...]]] = [
        (
            _word("came", lang),
            _lines(
                lang, expected=came.expected, learners=came.learners, lesson_minutes=came.lesson_minutes,
                minutes_each=came.minutes_each,
            ),
        ),
        (
            _word("said", lang),
            (
                *((_word(name, lang), _graded(said.means.get(name), lang)) for name in _DIMENSIONS),
                (_word("recommendation", lang), _graded(said.recommendation, lang)),
            ),
        ),
        (
            _word("volume", lang),
            _lines(
                lang, messages=volume.messages, questions=volume.questions + volume.anonymous,
                answered=volume.answered, upvotes=volume.upvotes, reactions=volume.reactions,
                polls=volume.polls, answers=volume.answers, hands=volume.hands, whole=volume.whole,
                per_learner=found.per_learner,
            ),
        ),
    ]  # fmt: skip
    if found.watching is not None:
        after = _lines(lang, viewers=found.watching.viewers, watched=found.watching.minutes)
        if found.together is not None:
            both = Share(found.together.completed, found.together.people)
            after = (*after, (_word("together", lang), _share(both, lang)))
        figures.append((_word("replay", lang), after))
    known = sorted(found.departments.items(), key=lambda each: (-each[1].of, each[0]))
    left_out = len(known) - _MOST_DEPARTMENTS
    return Paper(
        lang=lang,
        kind=f"{_word('report', lang)}  ·  {organisation}",
        title=found.title,
        about=when(found.starts_utc_ms),
        made=_said("made", lang, when=when(made_utc_ms)),
        advice_title=_word("signals", lang),
        advice=tuple(_advice(each, lang) for each in found.signals if is_low(each)),
        nothing_low=_said("nothing_low", lang),
        rates_title=_said("rates", lang),
        rates_about=_said("rates_about", lang),
        rates=rates,
        figures=tuple(figures),
        curves=tuple(_curves(found, lang)),
        departments_title=_said("by_department", lang),
        departments=tuple(
            _bar(name, share, lang, limits.get("target"), named=True)
            for name, share in known[:_MOST_DEPARTMENTS]
        ),
        departments_more=_said("more", lang, n=left_out) if left_out > 0 else "",
        page=_PAPER["page"][lang],
    )


_DIMENSIONS = ("teacher", "course", "organisation")


def _curves(found: SessionReport, lang: Lang) -> list[Curve]:
    curves = []
    if any(found.presence):
        ends = _clock(round(found.attending.lesson_minutes * 60))
        line = Line(_said("there", lang), thinned(found.presence))
        curves.append(Curve(_said("presence", lang), (line,), ends))
    replay = found.replay
    if replay is not None and any(replay.heat):
        lines = (
            Line(_said("heat", lang), thinned(replay.heat)),
            Line(_said("staying", lang), thinned(replay.staying)),
        )
        curves.append(Curve(_said("replay", lang), lines, _clock(len(replay.heat))))
    return curves


def thinned(points: Sequence[int]) -> tuple[int, ...]:
    """Return a curve in at most `MOST_POINTS` points: of each stretch the most, so that no peak is lost."""
    length = -(-len(points) // MOST_POINTS) or 1
    return tuple(max(points[at : at + length]) for at in range(0, len(points), length))


def _bar(name: str, share: Share, lang: Lang, limit: float | None = None, *, named: bool = False) -> Bar:
    low, high = share.interval
    label = name if named else _word(name, lang)
    return Bar(label, _share(share, lang), share.rate, low, high, limit)


def _advice(found: SignalFound, lang: Lang) -> Advice:
    words = SIGNALS[found.signal][lang]
    figure = _share(found.share, lang)
    if found.apart is not None and found.other is not None:
        first, second = found.apart
        figure = _said(
            "against", lang, first=first, low=figure, second=second, high=_share(found.other, lang)
        )
    if found.limit is not None:
        whose = _word("limit_own" if found.own else "limit_required", lang)
        figure += "  ·  " + _said("limit", lang, p=round(found.limit * 100), whose=whose)
    return Advice(
        words.name,
        LEVELS[found.level][lang],
        figure,
        _said("means", lang, words=words.meaning),
        _said("do", lang, words=words.action),
    )


def _lines(lang: Lang, **values: float) -> tuple[tuple[str, str], ...]:
    return tuple((_word(name, lang), _number(value)) for name, value in values.items())


def _number(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _graded(value: float | None, lang: Lang) -> str:
    return _said("hidden", lang) if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _share(share: Share, lang: Lang) -> str:
    rate = share.rate
    return "—" if rate is None else _said("of", lang, p=round(rate * 100), n=share.hits, of=share.of)


def _clock(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _word(name: str, lang: Lang) -> str:
    return WORDS[name][lang]


def _said(name: str, lang: Lang, **values: object) -> str:
    return _PAPER[name][lang].format(**values)
