"""Reading questions out of plain text, as people paste it from their documents. Pure and forgiving.

    1. Which exit is nearest? [60s]
    A. The door
    *B. The window
    Explanation: It is wider.
    Points: fire, exits

    2、以下哪些属于灭火器？【多选】
    A、干粉
    B、二氧化碳
    答案：AB

A question begins with a number, or after an empty line. What is right is marked at the option (`*`, `✓`,
`(correct)`, `（正确）`) or named in a line of its own. Without options it asks for words. Brackets on the
question's line say how it is asked (`marks`). A line that fits nowhere is reported, and costs nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from interactions.answers.draft import Draft, checked
from interactions.answers.form import Picks, plain
from interactions.question_sets import marks as m
from interactions.wording import clear
from lectern.kernel.errors import Rejected
from lectern.kernel.sheet import LineError

MOST_QUESTIONS = 200
MOST_CHARS = 100_000
MOST_ERRORS = 100
"""How many lines are said to be wrong."""
BLANKS_KEPT = 8
"""How many blanks in a row are read: patterns that allow for blanks begin again at each."""
LINE_CHARS = 2_000
"""What is read of a line: a longer one is too long for anything."""

_BLANKS = re.compile(rf"(\s{{{BLANKS_KEPT}}})\s+")


@dataclass(frozen=True, slots=True)
class Read:
    """A question, and the line it begins on (the first is 1)."""

    line: int
    draft: Draft


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text came to."""

    questions: tuple[Read, ...]
    errors: tuple[LineError, ...]


@dataclass(slots=True)
class _Rough:
    """A question as it is being read; `answer_line` is 0 while nobody named the answer."""

    line: int
    words: list[str]
    tags: dict[str, Any]
    numbered: bool
    options: list[str] = field(default_factory=list)
    ticked: list[int] = field(default_factory=list)
    answer: str = ""
    answer_line: int = 0
    explanation: list[str] = field(default_factory=list)
    points: tuple[str, ...] = ()

    @property
    def is_past_its_words(self) -> bool:
        return bool(self.options or self.answer_line or self.explanation or self.points)


class _Unclear(Exception):
    """A line that cannot be understood."""

    def __init__(self, error: LineError) -> None:
        super().__init__(error.code)
        self.error = error


def read_questions(text: str) -> Reading:
    """Return the questions of `text`, and what is wrong with which line.

    Raises:
        Rejected: it is longer than anybody writes (`text_too_long`).
    """
    if len(text) > MOST_CHARS:
        raise Rejected(
            "text_too_long",
            f"This text is too long: at most {MOST_CHARS} characters.",
            field="text",
            limit=MOST_CHARS,
        )
    rough, errors = _gather([_clean(line) for line in text.replace("\r\n", "\n").split("\n")])
    questions = []
    for one in rough:
        try:
            questions.append(Read(one.line, checked(_draft(one))))
        except _Unclear as unclear:
            errors.append(unclear.error)
        except Rejected as refusal:
            errors.append(LineError(one.line, refusal.code, refusal.message))
    if len(questions) > MOST_QUESTIONS:
        errors.append(
            LineError(
                questions[MOST_QUESTIONS].line, "questions_too_many", f"At most {MOST_QUESTIONS} questions."
            )
        )
    errors.sort(key=lambda error: error.line)
    return Reading(tuple(questions[:MOST_QUESTIONS]), tuple(errors[:MOST_ERRORS]))


def _clean(line: str) -> str:
    return _BLANKS.sub(r"\1", clear(line[:LINE_CHARS]))


def _followers(lines: Sequence[str]) -> list[str]:
    """Return for each line the next one that is not empty, or nothing."""
    followers, next_line = [""] * len(lines), ""
    for at in range(len(lines) - 1, -1, -1):
        followers[at] = next_line
        next_line = lines[at] or next_line
    return followers


def _gather(lines: Sequence[str]) -> tuple[list[_Rough], list[LineError]]:
    found: list[_Rough] = []
    errors: list[LineError] = []
    after_gap = True
    followers = _followers(lines)
    for at, line in enumerate(lines):
        if not line:
            after_gap = True
            continue
        current = found[-1] if found else None
        numbered = m.QUESTION.match(line) is not None
        if numbered or _begins_unnumbered(current, line, followers[at], after_gap=after_gap):
            tagged = m.without_tags(m.QUESTION.sub("", line, count=1))
            found.append(_Rough(at + 1, [tagged.text], dict(tagged.tags), numbered))
        elif current is None or not _take(current, line, at + 1):
            errors.append(LineError(at + 1, "line_unclear", "This line belongs to no question."))
        after_gap = False
    return found, errors


def _begins_unnumbered(current: _Rough | None, line: str, following: str, *, after_gap: bool) -> bool:
    """Tell whether a line without a number begins a question: after a gap, or where options follow."""
    if _is_marked(line):
        return False
    if current is None:
        return True
    if not current.is_past_its_words:
        # What needs no options is complete; the words of a numbered question may go on after a gap.
        return after_gap and (not current.numbered or current.tags.get("kind") in {"rating", "text"})
    option = m.OPTION.match(following)
    return after_gap or (option is not None and m.letter_at(option["letter"]) == 0)


def _is_marked(line: str) -> bool:
    return any(mark.match(line) for mark in (m.OPTION, m.BULLET, m.ANSWER, m.EXPLANATION, m.POINTS))


def _take(rough: _Rough, line: str, number: int) -> bool:
    """Add a line to the question it belongs to; False if it does not."""
    if found := m.ANSWER.match(line):
        rough.answer, rough.answer_line = found["text"], number
    elif found := m.EXPLANATION.match(line):
        rough.explanation = [found["text"]]
    elif found := m.POINTS.match(line):
        rough.points = tuple(filter(None, m.LISTED.split(found["text"])))
    elif found := m.OPTION.match(line) or m.BULLET.match(line):
        box = found.groupdict().get("box")
        behind = m.RIGHT_BEHIND.search(found["text"])
        if found["tick"] or (box or "").strip() or behind:
            rough.ticked.append(len(rough.options))
        rough.options.append(m.RIGHT_BEHIND.sub("", found["text"]) if behind else found["text"])
    elif not rough.is_past_its_words:
        rough.words.append(line)
    elif rough.explanation:
        rough.explanation.append(line)
    else:
        return False
    return True


def _draft(rough: _Rough) -> Draft:
    kind = rough.tags.get("kind") or _likely_kind(rough)
    base = Draft(
        question="\n".join(rough.words),
        explanation="\n".join(rough.explanation) if rough.explanation else None,
        points=rough.points,
        **{name: value for name, value in rough.tags.items() if name != "kind"},
    )
    match kind:
        case m.TRUE_FALSE:
            return _true_or_false(rough, base)
        case "matching":
            return _matching(rough, base)
        case "text":
            accepted = tuple(filter(None, m.EITHER.split(rough.answer)))
            return msgspec.structs.replace(base, kind="text", accepted=accepted)
        case "rating":
            return msgspec.structs.replace(base, kind="rating")
        case _:
            right = _named(rough) if rough.answer_line else tuple(rough.ticked)
            return msgspec.structs.replace(base, kind=kind, options=tuple(rough.options), right=right)


def _likely_kind(rough: _Rough) -> str:
    if not rough.options:
        return m.TRUE_FALSE if m.truth(rough.answer) is not None else "text"
    if all(m.PAIR.search(option) for option in rough.options):
        return "matching"
    named = m.SEPARATORS.sub("", rough.answer)
    several = len(rough.ticked) > 1 or (len(named) > 1 and _letters(named, len(rough.options)) is not None)
    return "multiple" if several else "single"


def _letters(named: str, options: int) -> Picks | None:
    """Return which options a run of letters names, or None if it is no such run."""
    picks = tuple(m.letter_at(letter) for letter in named)
    return picks if picks and all(0 <= pick < options for pick in picks) else None


def _named(rough: _Rough) -> Picks:
    """Return the options that the answer line names: by letters, or by their words."""
    by_letter = _letters(m.SEPARATORS.sub("", rough.answer), len(rough.options))
    if by_letter is not None:
        return by_letter
    words = [plain(option) for option in rough.options]
    whole = plain(rough.answer)
    named = [whole] if whole in words else [plain(part) for part in m.LISTED.split(rough.answer)]
    if not all(name in words for name in named):
        raise _Unclear(LineError(rough.answer_line, "answer_unknown", "This answer is none of the options."))
    return tuple(words.index(name) for name in named)


def _true_or_false(rough: _Rough, base: Draft) -> Draft:
    chinese = any("\u4e00" <= character <= "\u9fff" for character in base.question)
    options = tuple(rough.options) or (("对", "错") if chinese else ("True", "False"))
    right: Picks = tuple(rough.ticked)
    if rough.answer_line:
        said = m.truth(rough.answer)
        right = _named(rough) if said is None and rough.options else (0 if said else 1,)
        if said is None and not rough.options:
            raise _Unclear(LineError(rough.answer_line, "answer_unknown", "Answer with true or false."))
    return msgspec.structs.replace(base, kind="single", options=options, right=right)


def _matching(rough: _Rough, base: Draft) -> Draft:
    """Pair up; the right side is put in alphabetical order, so that its order gives nothing away."""
    pairs = [m.LOOSE_PAIR.split(option, maxsplit=1) for option in rough.options]
    if any(len(pair) < 2 or not pair[1] for pair in pairs):
        raise _Unclear(LineError(rough.line, "pair_incomplete", "Write each pair as: left -> right."))
    matches = sorted(right for _, right in pairs)
    lefts = [(left, right) for left, right in pairs if left]
    return msgspec.structs.replace(
        base,
        kind="matching",
        options=tuple(left for left, _ in lefts),
        matches=tuple(matches),
        right=tuple(matches.index(right) for _, right in lefts),
    )
