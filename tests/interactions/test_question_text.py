"""Prepared questions in plain text: read as people write them, written so that they are read the same."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.answers.draft import Draft, checked
from interactions.answers.form import Kind
from interactions.question_sets.reading import MOST_CHARS, read_questions
from interactions.question_sets.writing import Lang, write_questions
from lectern.kernel.errors import Rejected

ENGLISH = """\
1. Which exit is nearest? [60s]
A. The door
*B. The window
Explanation: It is wider.
It really is.
Points: fire, exits

2) Pick what burns [multiple, anonymous]
- [x] Paper
- [ ] Stone
- Wood (correct)

How was it? [rating 0-10]

Put them in order [ranking]
(a) second
(b) first
Answer: B > A

Match [matching]
- H2O = water
- NaCl = salt
- = sugar

What is 2.5 + 2.5? Write it down.
Answer: 5 / five

The earth is flat.
Answer: false
"""

CHINESE = """\
一线员工消防测试
1、灭火器多久检查一次？（限时30秒）
A、每月（正确）
B、每年
解析：按规定每月一次。
2、以下哪些可以灭油火？【多选，手动公布】
Ａ．干粉
Ｂ．水
Ｃ．灭火毯
正确答案：ＡＣ
知识点：灭火、厨房
第3题 酒精属于易燃品。【判断】
答案：对
4．说说你的感受【匿名】
"""


def test_english_as_people_write_it() -> None:
    reading = read_questions(ENGLISH)
    assert reading.errors == ()
    one, two, rate, rank, match, text, flat = (each.draft for each in reading.questions)
    assert (one.question, one.options, one.right) == (
        "Which exit is nearest?",
        ("The door", "The window"),
        (1,),
    )
    assert (one.explanation, one.points, one.seconds) == (
        "It is wider.\nIt really is.",
        ("fire", "exits"),
        60,
    )
    assert (two.kind, two.options, two.right, two.anonymous) == (
        "multiple",
        ("Paper", "Stone", "Wood"),
        (0, 2),
        True,
    )
    assert (rate.kind, rate.low, rate.high) == ("rating", 0, 10)
    assert (rank.kind, rank.options, rank.right) == ("ranking", ("second", "first"), (1, 0))
    assert (match.options, match.matches, match.right) == (
        ("H2O", "NaCl"),
        ("salt", "sugar", "water"),
        (2, 0),
    )
    assert (text.kind, text.accepted) == ("text", ("5", "five"))
    assert (flat.options, flat.right) == (("True", "False"), (1,))


def test_chinese_as_people_write_it() -> None:
    reading = read_questions(CHINESE)
    assert reading.errors == ()
    title, first, second, third, fourth = (each.draft for each in reading.questions)
    assert title.kind == "text"  # a heading reads like a question for words: the preview shows it
    assert (first.right, first.seconds, first.explanation) == ((0,), 30, "按规定每月一次。")
    assert first.options == ("每月", "每年")
    assert (second.kind, second.right, second.show) == ("multiple", (0, 2), "staff_only")
    assert (second.options, second.points) == (("干粉", "水", "灭火毯"), ("灭火", "厨房"))
    assert (third.question, third.options, third.right) == ("酒精属于易燃品。", ("对", "错"), (0,))
    assert (fourth.kind, fourth.anonymous, fourth.question) == ("text", True, "说说你的感受")


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("A. an option of nothing", 1, "line_unclear"),
        ("1. Q\nA. a\nB. b\nand then?", 4, "line_unclear"),
        ("1. Q\nA. a", 1, "options_count_invalid"),
        ("ok?\n\n2. Q\nA. a\nB. b\nAnswer: C", 6, "answer_unknown"),
        ("1. Q [single]\n*A. a\n*B. b", 1, "right_answer_invalid"),
        ("1. Q [true/false]\nAnswer: perhaps", 2, "answer_unknown"),
        ("1. Q [matching]\n- a\n- b", 1, "pair_incomplete"),
        ("1. Q\nA. same\nB. Same", 1, "options_repeated"),
        ("1. " + "x" * 501, 1, "text_too_long"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, code: str) -> None:
    assert [(error.line, error.code) for error in read_questions(text).errors] == [(line, code)]


def test_a_mistake_costs_its_own_question_alone() -> None:
    reading = read_questions("1. Bad\nA. a\n\n2. Good\nA. a\nB. b\n\n3. Good too")
    assert [each.draft.question for each in reading.questions] == ["Good", "Good too"]
    assert [each.line for each in reading.questions] == [4, 8]


@pytest.mark.parametrize("question", ["What does [x] mean?", "Is 3.14 pi (roughly)?", "2024 was hot, no?"])
def test_brackets_and_numbers_of_a_question_stay(question: str) -> None:
    (read,) = read_questions(f"{question}\nA. yes\nB. no").questions
    assert (read.draft.question, read.draft.kind) == (question, "single")


def test_a_letter_of_another_script_names_no_option() -> None:
    reading = read_questions("1. Which?\nA. one\nB. two\nAnswer: \ufcb2B")
    assert [error.code for error in reading.errors] == ["answer_unknown"]


def test_parts_of_points_are_asked_for_in_brackets() -> None:
    reading = read_questions(
        "1. Which? [partial]\n*A. one\n*B. two\nC. three\n2、哪些？【多选，部分给分】\n*A. 一\nB. 二"
    )
    assert [each.draft.partial for each in reading.questions] == [True, True]
    assert not reading.errors
    impossible = read_questions("1. Which? [partial]\nA. one\nB. two").errors
    assert [error.code for error in impossible] == ["partial_impossible"]


def test_too_much() -> None:
    with pytest.raises(Rejected):
        read_questions("x" * (MOST_CHARS + 1))
    many = read_questions("\n\n".join(f"{n % 900}. Q\nA. a\nB. b" for n in range(1, 203)))
    assert (len(many.questions), [e.code for e in many.errors]) == (200, ["questions_too_many"])


@settings(max_examples=200)
@given(st.text(alphabet="12.、)A*✓-[]()【】:：= >?？答案解析 \n\t\x00\u202e匿名x", max_size=120))
def test_nothing_breaks_it(text: str) -> None:
    reading = read_questions(text)
    for read in reading.questions:
        assert checked(read.draft) == read.draft


PARTS = {"multiple", "ranking", "matching"}
words = st.text(alphabet="abc日本語 ?", min_size=1, max_size=12).map(str.strip).filter(bool)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Return any question that can be prepared."""
    kind: Kind = draw(st.sampled_from(get_args(Kind)))
    options = [f"{n}{text}" for n, text in enumerate(draw(st.lists(words, min_size=2, max_size=5)), start=1)]
    n = len(options)
    matches = sorted(f"{text}!" for text in options)
    right = {
        "single": draw(st.sampled_from([(), (0,), (n - 1,)])),
        "multiple": tuple(sorted(draw(st.sets(st.integers(0, n - 1))))),
        "ranking": draw(st.sampled_from([(), tuple(range(n))])),
        "matching": tuple(draw(st.permutations(range(n)))),
    }.get(kind, ())
    return checked(
        Draft(
            question=draw(words) + "?",
            kind=kind,
            options=tuple(options),
            matches=tuple(matches),
            right=right,
            accepted=tuple(draw(st.lists(words, max_size=3))),
            low=draw(st.integers(0, 4)) if kind == "rating" else 1,
            high=draw(st.integers(5, 10)) if kind == "rating" else 5,
            most=draw(st.none() | st.integers(max(1, len(right)), n)) if kind == "multiple" else None,
            explanation=draw(st.none() | words),
            points=tuple(draw(st.lists(words, max_size=3))),
            show=draw(st.sampled_from(["live", "after_close", "staff_only"])),
            seconds=draw(st.none() | st.integers(5, 86_400)),
            anonymous=(anonymous := draw(st.booleans())),
            partial=bool(right) and kind in PARTS and not anonymous and draw(st.booleans()),
        )
    )


@given(st.lists(drafts(), max_size=4), st.sampled_from(["en", "zh-CN"]))
def test_what_is_written_is_read_again(prepared: list[Draft], lang: Lang) -> None:
    reading = read_questions(write_questions(prepared, lang))
    assert reading.errors == ()
    read = [each.draft for each in reading.questions]
    # Pairs may change places: they are written in the order of their left sides' partners.
    assert [_unordered(each) for each in read] == [_unordered(each) for each in prepared]


def _unordered(draft: Draft) -> tuple[object, ...]:
    if draft.kind != "matching":
        return (draft,)
    pairs = {(draft.options[at], draft.matches[pick]) for at, pick in enumerate(draft.right)}
    return draft.question, frozenset(pairs), draft.matches, draft.explanation, draft.points, draft.partial
