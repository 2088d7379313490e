"""Writing questions as the plain text that `reading` understands. Pure."""

from collections.abc import Iterable, Mapping
from typing import Literal

from interactions.answers.draft import Draft
from interactions.answers.form import Kind

Lang = Literal["zh-CN", "en"]
_LETTERS = "ABCDEFGHIJKL"

_KINDS: Mapping[Lang, Mapping[Kind, str]] = {
    "en": {
        "single": "single",
        "multiple": "multiple",
        "rating": "rating",
        "ranking": "ranking",
        "text": "text",
        "matching": "matching",
    },
    "zh-CN": {
        "single": "单选",
        "multiple": "多选",
        "rating": "评分",
        "ranking": "排序",
        "text": "简答",
        "matching": "匹配",
    },
}
_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "en": {
        "anonymous": "anonymous",
        "instant": "instant feedback",
        "partial": "partial points",
        "after_close": "after close",
        "staff_only": "when published",
        "seconds": "{n}s",
        "most": "max {n}",
        "answer": "Answer: ",
        "explanation": "Explanation: ",
        "points": "Points: ",
        "comma": ", ",
        "dot": ". ",
    },
    "zh-CN": {
        "anonymous": "匿名",
        "instant": "即时反馈",
        "partial": "部分给分",
        "after_close": "结束后公布",
        "staff_only": "手动公布",
        "seconds": "{n}秒",
        "most": "最多选{n}项",
        "answer": "答案：",
        "explanation": "解析：",
        "points": "知识点：",
        "comma": "，",
        "dot": "．",
    },
}


def write_questions(drafts: Iterable[Draft], lang: Lang) -> str:
    """Return questions as text, numbered, with an empty line between them."""
    return "\n\n".join("\n".join(_lines(n, draft, lang)) for n, draft in enumerate(drafts, start=1))


def _lines(number: int, draft: Draft, lang: Lang) -> Iterable[str]:
    words = _WORDS[lang]
    yield f"{number}{words['dot']}[{words['comma'].join(_tags(draft, lang))}] {draft.question}"
    yield from _options(draft)
    if draft.kind == "ranking" and draft.right:
        yield words["answer"] + ", ".join(_LETTERS[pick] for pick in draft.right)
    if draft.accepted:
        yield words["answer"] + " / ".join(draft.accepted)
    if draft.explanation:
        yield words["explanation"] + draft.explanation
    if draft.points:
        yield words["points"] + words["comma"].join(draft.points)


def _options(draft: Draft) -> Iterable[str]:
    if draft.kind == "matching":
        rights = {pick: draft.options[at] for at, pick in enumerate(draft.right)}
        yield from (f"- {rights[pick]} -> {draft.matches[pick]}" for pick in draft.right)
        yield from (f"- -> {match}" for pick, match in enumerate(draft.matches) if pick not in rights)
        return
    marks = draft.right if draft.kind in {"single", "multiple"} else ()
    for at, option in enumerate(draft.options):
        yield f"{'*' if at in marks else ''}{_LETTERS[at]}. {option}"


def _tags(draft: Draft, lang: Lang) -> Iterable[str]:
    words = _WORDS[lang]
    scale = f" {draft.low}-{draft.high}" if draft.kind == "rating" else ""
    yield _KINDS[lang][draft.kind] + scale
    if draft.most is not None:
        yield words["most"].format(n=draft.most)
    if draft.seconds is not None:
        yield words["seconds"].format(n=draft.seconds)
    if draft.anonymous:
        yield words["anonymous"]
    if draft.instant:
        yield words["instant"]
    if draft.partial:
        yield words["partial"]
    if draft.show != "live":
        yield words[draft.show]
