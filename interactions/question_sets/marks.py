"""How lines of prepared questions begin, and what the words in brackets mean. Pure, both languages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

QUESTION = re.compile(
    r"^(?:第?\s*\d{1,3}\s*(?:[.．、。)）:：](?!\d)|题[.、:：]?)|(?:Q|问|题目|question)\s*\d*\s*[:：.、])\s*",
    re.IGNORECASE,
)
OPTION = re.compile(
    r"^(?P<tick>[*＊✓✔√]\s*)?[(（]?\s*(?P<letter>[A-Za-zＡ-Ｚａ-ｚ])\s*[)）.．、:：,，]\s*(?P<text>\S.*)$"
)
BULLET = re.compile(r"^[-•‧·–—]\s*(?:\[(?P<box>[ xX✓√]?)\]\s*)?(?P<tick>[*＊✓✔√]\s*)?(?P<text>\S.*)$")
ANSWER = re.compile(
    r"^(?:正确答案|参考答案|答案|answers?|correct answers?|key)\s*[:：]\s*(?P<text>.*)$", re.IGNORECASE
)
EXPLANATION = re.compile(r"^(?:答案解析|解析|说明|explanation|why)\s*[:：]\s*(?P<text>.*)$", re.IGNORECASE)
POINTS = re.compile(
    r"^(?:知识点|考点|knowledge points?|points?|tags?)\s*[:：]\s*(?P<text>.*)$", re.IGNORECASE
)
RIGHT_BEHIND = re.compile(
    r"\s*(?:[✓✔√]|[(（\[【]\s*(?:✓|✔|√|正确答案|正确|答案|correct|right)\s*[)）\]】])\s*$", re.IGNORECASE
)
PAIR = re.compile(r"\s*(?:->|=>|→|⇒)\s*")
LOOSE_PAIR = re.compile(r"\s*(?:->|=>|→|⇒|=|＝|——)\s*")
SEPARATORS = re.compile(r"[,，、;；/|\s>＞]+")
LISTED = re.compile(r"\s*[,，、;；]\s*")
EITHER = re.compile(r"\s*[/／|｜;；]\s*")

_BRACKETS = re.compile(r"^[\[【（(]([^\]】）)]{1,80})[\]】）)]\s*|\s*[\[【（(]([^\]】）)]{1,80})[\]】）)]$")
_TIME = re.compile(
    r"^(?:限时|time)?\s*(\d{1,5})\s*(秒钟?|分钟?|s|secs?|seconds?|mins?|minutes?|m)$", re.IGNORECASE
)
_SCALE = re.compile(
    r"^(?:评分|打分|量表|rating|rate|scale)\s*(?:(\d{1,2})\s*[-~–—至到]\s*(\d{1,2}))?$", re.IGNORECASE
)
_MOST = re.compile(r"^(?:最多选?|至多选?|max|at most)\s*(\d{1,2})\s*(?:项|个)?$", re.IGNORECASE)

TRUE_FALSE = "true_false"
MOST_BRACKETS = 8
"""How many brackets are taken off one line: each is looked for from the front."""
_WORDS: Mapping[str, Mapping[str, Any]] = {
    word: meaning
    for words, meaning in (
        (("单选", "单选题", "single", "single choice"), {"kind": "single"}),
        (("多选", "多选题", "multiple", "multiple choice"), {"kind": "multiple"}),
        (("判断", "判断题", "true/false", "true or false"), {"kind": TRUE_FALSE}),
        (("排序", "排序题", "ranking", "rank"), {"kind": "ranking"}),
        (("匹配", "匹配题", "连线", "连线题", "matching", "match"), {"kind": "matching"}),
        (("简答", "简答题", "问答", "填空", "填空题", "text", "short answer", "open"), {"kind": "text"}),
        (("匿名", "anonymous"), {"anonymous": True}),
        (("即时反馈", "instant", "instant feedback"), {"instant": True}),
        (("部分给分", "部分得分", "partial", "partial points"), {"partial": True}),
        (("全对给分", "all or nothing"), {"partial": False}),
        (("实时公布", "live"), {"show": "live"}),
        (("结束后公布", "after close"), {"show": "after_close"}),
        (("手动公布", "when published"), {"show": "staff_only"}),
    )
    for word in words
}
_TRUE = frozenset({"对", "正确", "是", "√", "✓", "t", "true", "yes", "right", "correct"})
_FALSE = frozenset({"错", "错误", "否", "×", "✗", "x", "f", "false", "no", "wrong", "incorrect"})


@dataclass(frozen=True, slots=True)
class Tagged:
    """A question line without its brackets, and what they said."""

    text: str
    tags: Mapping[str, Any]


def without_tags(line: str) -> Tagged:
    """Take the brackets that say how to ask off both ends of a question; other brackets are its own words."""
    tags: dict[str, Any] = {}
    for _ in range(MOST_BRACKETS):
        found = next((f for f in _BRACKETS.finditer(line) if _meaning(f[1] or f[2]) is not None), None)
        if found is None:
            break
        tags |= _meaning(found[1] or found[2]) or {}
        line = (line[: found.start()] + line[found.end() :]).strip()
    return Tagged(line, tags)


def letter_at(letter: str) -> int:
    """Return which option a letter names (A is 0), in any width and case; -1 if it is no Latin letter."""
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ".find(normalize("NFKC", letter).upper() or "?")


def truth(text: str) -> bool | None:
    """Tell what an answer to a true-or-false question says; None if it is none."""
    word = text.strip().casefold().rstrip(".。")
    return True if word in _TRUE else False if word in _FALSE else None


def _meaning(inside: str) -> dict[str, Any] | None:
    """Return what all words of a bracket mean together; None if one of them means nothing here."""
    tags: dict[str, Any] = {}
    for word in LISTED.split(inside.strip()):
        one = _one(normalize("NFKC", word).strip().casefold())
        if one is None:
            return None
        tags |= one
    return tags


def _one(word: str) -> Mapping[str, Any] | None:
    if word in _WORDS:
        return _WORDS[word]
    if found := _TIME.match(word):
        return {"seconds": int(found[1]) * (60 if found[2][0] in "分mM" else 1)}
    if found := _SCALE.match(word):
        scale = {} if found[1] is None else {"low": int(found[1]), "high": int(found[2])}
        return {"kind": "rating"} | scale
    if found := _MOST.match(word):
        return {"kind": "multiple", "most": int(found[1])}
    return None
