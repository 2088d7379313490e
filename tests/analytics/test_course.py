"""Growth over days and sessions: the five measures against what they mean."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.answering import Asked, Attempt
from analytics.course import Tried, days_of, grouped, measured, slope, tries_of

FIRST = date(2026, 11, 2)
DAY_MS = 86_400_000


def tried(day: int, who: str, question: str, correct: bool, *points: str) -> Tried:
    return Tried(FIRST + timedelta(days=day), day * DAY_MS, who, question, points, correct, float(correct))


COURSE = [
    tried(0, "ann", "q1", False, "fire"),
    tried(0, "ann", "q2", True, "fire", "exits"),
    tried(0, "bob", "q1", False, "fire"),
    tried(2, "ann", "q1", True, "fire"),
    tried(2, "ann", "q3", True),
    tried(2, "bob", "q1", False, "fire"),
]


def test_the_five_measures_of_a_course() -> None:
    days = days_of(COURSE)
    assert [(day.day.day, day.answers, day.right) for day in days] == [(2, 3, 1), (3, 0, 0), (4, 3, 2)]
    whole = measured(COURSE, days)
    assert (whole.answers, whole.right, whole.rate, whole.last_day) == (6, 3, 0.5, 2)
    assert (whole.once_wrong, whole.corrected) == (2, 1)
    assert whole.slope == pytest.approx(0.5)
    people = grouped(COURSE, days, lambda t: [t.who])
    assert (people["bob"].answers, people["bob"].right, people["bob"].slope) == (2, 0, 0.0)
    assert (people["ann"].corrected, people["ann"].last_day) == (1, 2)
    points = grouped(COURSE, days, lambda t: t.points)
    assert {name: (sums.answers, sums.right) for name, sums in points.items()} == {
        "fire": (5, 2),
        "exits": (1, 1),
    }


def test_parts_of_points_make_rate_slope_and_last_day() -> None:
    parts = [
        Tried(FIRST + timedelta(days=day), day * DAY_MS, "ann", "q", (), share == 1, share)
        for day, share in ((0, 0.5), (1, 0.75), (2, 1.0))
    ]
    days = days_of(parts)
    sums = measured(parts, days)
    assert (sums.answers, sums.right, sums.points, sums.rate, sums.last_day) == (3, 1, 2.25, 0.75, 1.0)
    assert sums.slope == pytest.approx(0.25)
    assert [day.points for day in days] == [0.5, 0.75, 1.0]


def test_a_course_of_a_day_has_no_slope_and_an_empty_one_nothing() -> None:
    assert slope([3]) is None
    empty = measured([], days_of([]))
    assert (empty.answers, empty.rate, empty.slope, empty.last_day) == (0, None, None, 0)


@given(st.integers(-5, 5), st.integers(0, 20), st.integers(2, 30))
def test_the_slope_of_a_line_is_its_slope(rise: int, start: int, days: int) -> None:
    assert slope([start + rise * day for day in range(days)]) == pytest.approx(rise)


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from("ab"), st.sampled_from("xyz"), st.booleans()),
        max_size=40,
    )
)
def test_groups_of_people_add_up_to_the_whole(raw: list[tuple[int, str, str, bool]]) -> None:
    tries = [tried(*each) for each in raw]
    days = days_of(tries)
    whole, people = measured(tries, days), grouped(tries, days, lambda t: [t.who]).values()
    for name in ("answers", "right", "last_day", "once_wrong", "corrected"):
        assert getattr(whole, name) == sum(getattr(each, name) for each in people)
    assert sum(day.right for day in days) == whole.right
    if whole.slope is not None:
        assert whole.slope == pytest.approx(sum(each.slope or 0 for each in people))


def test_only_named_attempts_at_questions_with_a_right_answer_count() -> None:
    def asked(id_: str, opened: dict[str, Any], correct: bool | None) -> Asked:
        poll = Asked(id_, id_, opened, 0)
        for who in ("p1", "p2"):
            poll.attempts.append(Attempt(id_, who, 16 * 3_600_000, (0,), None, correct, 5))
        return poll

    polls = [
        asked("a", {"right": [0], "item": "library"}, True),
        asked("b", {}, None),
        asked("c", {"right": [0], "anonymous": True}, None),
    ]
    names = {"p1": "ann"}
    found = tries_of(polls, "Asia/Shanghai", names.get, lambda _: ("fire",))
    # 16:00 UTC is the next day in Shanghai.
    assert found == [Tried(date(1970, 1, 2), 16 * 3_600_000, "ann", "library", ("fire",), True, 1.0)]
