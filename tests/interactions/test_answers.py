"""Answers of every kind: possible or not, right or not, and what they add up to."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.answers.draft import Draft, checked
from interactions.answers.form import Form, Kind, Picks, is_right, same_words
from lectern.kernel.errors import Rejected

FORMS: dict[str, Form] = {
    "single": Form("single", options=3),
    "multiple": Form("multiple", options=4, most=2),
    "rating": Form("rating", low=0, high=10),
    "ranking": Form("ranking", options=3),
    "matching": Form("matching", options=2, matches=3),
    "text": Form("text"),
}


def test_every_kind_is_tried_here() -> None:
    assert set(FORMS) == set(get_args(Kind))


@pytest.mark.parametrize(
    ("kind", "picks", "one_form"),
    [
        ("single", [2], (2,)),
        ("multiple", [3, 1], (1, 3)),
        ("rating", [0], (0,)),
        ("rating", [10], (10,)),
        ("ranking", [2, 0, 1], (2, 0, 1)),
        ("matching", [2, 0], (2, 0)),
        ("text", [], ()),
    ],
)
def test_possible_answers(kind: str, picks: list[int], one_form: Picks) -> None:
    assert FORMS[kind].checked(picks) == one_form


@pytest.mark.parametrize(
    ("kind", "picks", "code"),
    [
        ("single", [3], "option_unknown"),
        ("single", [-1], "option_unknown"),
        ("single", [], "answer_invalid"),
        ("single", [0, 1], "answer_invalid"),
        ("multiple", [], "answer_invalid"),
        ("multiple", [1, 1], "answer_invalid"),
        ("multiple", [0, 1, 2], "answer_invalid"),
        ("multiple", [4], "option_unknown"),
        ("rating", [11], "option_unknown"),
        ("ranking", [0, 1], "answer_invalid"),
        ("ranking", [0, 1, 1], "answer_invalid"),
        ("ranking", [0, 1, 3], "option_unknown"),
        ("matching", [0, 0], "answer_invalid"),
        ("matching", [3, 0], "option_unknown"),
        ("matching", [0], "answer_invalid"),
        ("text", [0], "option_unknown"),
    ],
)
def test_impossible_answers(kind: str, picks: list[int], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        FORMS[kind].checked(picks)
    assert refused.value.code == code


def any_answer(form: Form) -> st.SearchStrategy[Picks]:
    """Return possible answers."""
    match form.kind:
        case "single":
            return st.integers(0, form.options - 1).map(lambda pick: (pick,))
        case "rating":
            return st.integers(form.low, form.high).map(lambda pick: (pick,))
        case "multiple":
            picks = st.sets(st.integers(0, form.options - 1), min_size=1, max_size=form.most)
            return picks.map(lambda picks: tuple(sorted(picks)))
        case "text":
            return st.just(())
        case "ranking":
            return st.permutations(range(form.options)).map(tuple)
        case _:
            return st.permutations(range(form.matches)).map(lambda p: tuple(p[: form.options]))


@given(st.data())
def test_counts_are_sums_of_single_answers(data: st.DataObject) -> None:
    form = FORMS[data.draw(st.sampled_from(sorted(FORMS)))]
    answers = data.draw(st.lists(any_answer(form), max_size=20))
    right = data.draw(any_answer(form))
    for picks in answers:
        assert form.checked(picks) == picks
    counts = form.tally(answers, right)
    assert len(counts) == form.places
    assert counts == form.tally(reversed(answers), right)
    totals = {
        "single": len(answers),
        "rating": len(answers),
        "multiple": sum(map(len, answers)),
        "ranking": 6 * len(answers),
        "matching": sum(a == r for picks in answers for a, r in zip(picks, right, strict=False)),
        "text": 0,
    }
    assert sum(counts) == totals[form.kind]
    if form.kind == "matching":
        assert all(is_right(right, picks) == (sum(form.tally([picks], right)) == 2) for picks in answers)


def test_the_best_of_a_ranking_gets_most_points() -> None:
    assert FORMS["ranking"].tally([(2, 0, 1), (2, 1, 0)], ()) == [3, 3, 6]


@pytest.mark.parametrize(
    ("text", "right"),
    [("Paris", True), (" ｐａｒｉｓ。", True), ("PARIS.", True), ("Pa ris", False), ("", False)],
)
def test_written_answers_are_compared_as_people_would(text: str, right: bool) -> None:
    assert same_words(text, ["paris", "巴黎"]) is right


@given(st.data(), st.sampled_from(["multiple", "matching", "ranking"]))
def test_marks_are_between_nothing_and_full_and_only_the_right_answer_gets_all(
    data: st.DataObject, kind: Kind
) -> None:
    n = data.draw(st.integers(2, 6))
    form = Form(kind, options=n, matches=n)
    answers: st.SearchStrategy[list[int]] = st.permutations(range(n))
    if kind == "multiple":
        answers = st.sets(st.integers(0, n - 1), min_size=1).map(sorted)
    right, picks = form.checked(data.draw(answers)), form.checked(data.draw(answers))
    full, marks = form.full_marks(right), form.marks(picks, right)
    assert 0 <= marks <= full
    assert (marks == full) is is_right(right, picks)
    assert form.marks(right, right) == full > 0


def test_other_kinds_have_no_parts() -> None:
    for kind in ("single", "rating", "text"):
        assert (FORMS[kind].full_marks((0,)), FORMS[kind].marks((0,), (0,))) == (0, 0)
    assert FORMS["multiple"].full_marks(()) == 0


GOOD = {
    "single": Draft(question="Q", options=("A", "B"), right=(1,)),
    "multiple": Draft(question="Q", kind="multiple", options=("A", "B", "C"), right=(2, 0), most=2),
    "rating": Draft(question="Q", kind="rating", low=0, high=10),
    "ranking": Draft(question="Q", kind="ranking", options=("A", "B"), right=(1, 0)),
    "text": Draft(question="Q", kind="text", accepted=(" a ", "a", "b")),
    "matching": Draft(
        question="Q", kind="matching", options=("A", "B"), matches=("1", "2", "3"), right=(2, 0)
    ),
}


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_a_checked_draft_stays_as_it_is(kind: str) -> None:
    once = checked(GOOD[kind])
    assert checked(once) == once
    assert once.is_scored is (kind != "rating")


def test_words_are_cleaned_and_repetition_is_dropped() -> None:
    assert checked(GOOD["text"]).accepted == ("a", "b")
    assert checked(GOOD["multiple"]).right == (0, 2)
    assert checked(Draft(question=" Q\x00 ", kind="text", points=("x", "x "))).points == ("x",)


@pytest.mark.parametrize(
    ("code", "draft"),
    [
        ("options_count_invalid", Draft(question="Q", options=("A",))),
        ("options_count_invalid", Draft(question="Q", kind="matching", options=("A", "B"), matches=("1",))),
        ("options_count_invalid", Draft(question="Q", kind="text", accepted=tuple("abcdefghijk"))),
        ("options_repeated", Draft(question="Q", options=("Yes", "yes。"))),
        ("rating_scale_invalid", Draft(question="Q", kind="rating", low=5, high=5)),
        ("rating_scale_invalid", Draft(question="Q", kind="rating", low=0, high=11)),
        ("choices_limit_invalid", Draft(question="Q", kind="multiple", options=("A", "B"), most=3)),
        ("right_answer_invalid", Draft(question="Q", options=("A", "B"), right=(2,))),
        ("right_answer_invalid", Draft(question="Q", options=("A", "B"), right=(0, 1))),
        ("right_answer_invalid", Draft(question="Q", kind="ranking", options=("A", "B"), right=(0,))),
        ("right_answer_invalid", Draft(question="Q", kind="rating", right=(3,))),
        (
            "right_answer_invalid",
            Draft(question="Q", kind="matching", options=("A", "B"), matches=("1", "2")),
        ),
        ("duration_invalid", Draft(question="Q", kind="text", seconds=4)),
        ("instant_without_answer", Draft(question="Q", options=("A", "B"), instant=True)),
        (
            "instant_anonymous",
            Draft(question="Q", options=("A", "B"), right=(0,), instant=True, anonymous=True),
        ),
        ("partial_impossible", Draft(question="Q", options=("A", "B"), right=(0,), partial=True)),
        ("partial_impossible", Draft(question="Q", kind="multiple", options=("A", "B"), partial=True)),
        (
            "partial_impossible",
            Draft(
                question="Q", kind="multiple", options=("A", "B"), right=(0,), partial=True, anonymous=True
            ),
        ),
        ("text_empty", Draft(question="\u0007", kind="text")),
        ("text_too_long", Draft(question="Q" * 1_000_000, kind="text")),
        ("text_too_long", Draft(question="Q", kind="text", points=("p" * 61,))),
    ],
)
def test_a_draft_that_makes_no_sense_is_refused(code: str, draft: Draft) -> None:
    with pytest.raises(Rejected) as refused:
        checked(draft)
    assert refused.value.code == code
