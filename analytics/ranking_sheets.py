"""Rankings as tables. Pure."""

from collections.abc import Mapping, Sequence

from analytics.chance import Share
from analytics.ranking import Ranking, Standing
from analytics.sheet_words import Lang
from analytics.view_sheets import WORDS as VIEW_WORDS
from analytics.workbook import Cell, Table

WORDS: Mapping[str, Mapping[Lang, str]] = {
    "top": {"en": "Top", "zh-CN": "热门榜"},
    "retire": {"en": "Few complete it", "zh-CN": "完课偏低"},
    "promote": {"en": "Much liked", "zh-CN": "好评内容"},
    "place": {"en": "Place", "zh-CN": "名次"},
    "score": {"en": "Score (mean of percentiles)", "zh-CN": "综合分(百分位均值)"},
    "click": {"en": "Opened by, of those who watched anything", "zh-CN": "点击率(占当期观看者)"},
    "feedback": {"en": "Feedback rate of the lesson", "zh-CN": "课程反馈率"},
    "positive": {"en": "Positive rate (grades 4-5)", "zh-CN": "好评率(4-5分)"},
    "low": {"en": "at least", "zh-CN": "下限"},
    "high": {"en": "at most", "zh-CN": "上限"},
    "advice": {"en": "Advice", "zh-CN": "建议"},
    "advice_too_few": {"en": "too few viewers", "zh-CN": "观看人数太少"},
    "advice_retire": {"en": "retire or rework", "zh-CN": "下架或重做"},
    "advice_watch": {"en": "keep an eye on it", "zh-CN": "继续观察"},
    "advice_keep": {"en": "keep", "zh-CN": "保留"},
    "advice_promising": {"en": "promising", "zh-CN": "值得期待"},
    "advice_promote": {"en": "make more of it", "zh-CN": "推广并多做"},
}


def ranking_tables(ranking: Ranking, lang: Lang) -> list[Table]:
    """Return the three lists, each with every measure."""
    lists = (("top", ranking.top), ("retire", ranking.retire), ("promote", ranking.promote))
    return [_table(name, f"{WORDS[name][lang]} {ranking.period}", rows, lang) for name, rows in lists]


def _table(name: str, title: str, standings: Sequence[Standing], lang: Lang) -> Table:
    def word(key: str) -> str:
        return (WORDS.get(key) or VIEW_WORDS[key])[lang]

    headings = [
        word("place"), word("title"), word("kind"), word("version"), word("viewers"), word("click"),
        word("completion"), f"{word('completion')}, {word('low')}", f"{word('completion')}, {word('high')}",
        word("feedback"), word("positive"), f"{word('positive')}, {word('low')}",
        f"{word('positive')}, {word('high')}", word("score"), word("advice"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            place if name == "top" else None,
            each.line.title,
            word(each.line.medium.named.medium),
            each.line.medium.named.version,
            each.line.sums.viewers,
            _rate(each.click),
            _rate(each.completion),
            *_interval(each.completion),
            _rate(each.feedback),
            _rate(each.positive),
            *_interval(each.positive),
            None if each.score is None else round(each.score, 4),
            word(f"advice_{each.advice}"),
        ]
        for place, each in enumerate(standings, 1)
    ]
    return Table(title, headings, rows)


def _rate(share: Share) -> float | None:
    return None if share.rate is None else round(share.rate, 4)


def _interval(share: Share) -> tuple[float | None, float | None]:
    """Return between what a share lies; of nobody, nothing."""
    if share.of == 0:
        return None, None
    low, high = share.interval
    return round(low, 4), round(high, 4)
