"""The figures of answers, by their definitions in docs/data-dictionary.md."""

from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.answering import Asked, by_key, grade, growth, put_to_each, read_answers, worst, wrong_picks
from analytics.attendance.happening import Happening
from interactions.answers.form import Form, Kind

START = 1_000_000
PAGE = (Path(__file__).parents[2] / "docs" / "data-dictionary.md").read_text()


def happened(second: float, type_: str, actor: str | None = None, /, **payload: Any) -> Happening:
    return Happening(type_, START + round(second * 1000), actor, payload)


def joined(who: str, **more: Any) -> Happening:
    payload = {"role": "learner", "person": f"{who}-person", "name_ref": f"n-{who}", "kind": "person"}
    return happened(0, "participant_joined", who, participant=who, **payload | more)


def here(second: float, who: str, connection: str = "c") -> Happening:
    return happened(second, "connection_opened", who, participant=who, connection=connection + who)


def gone(second: float, who: str, connection: str = "c") -> Happening:
    return happened(second, "connection_closed", None, participant=who, connection=connection + who)


def opened(second: float, id_: str, **more: Any) -> Happening:
    payload = {"kind": "single", "option_refs": ["a", "b", "c"], "right": [1]} | more
    return happened(second, "poll_opened", "p", id=id_, **payload)


def voted(second: float, id_: str, who: str, option: int, *, correct: bool | None = None) -> Happening:
    right = option == 1 if correct is None else correct
    return happened(second, "poll_voted", who, poll=id_, option=option, picks=[option], correct=right)


def polls_of(*happenings: Happening) -> list[Asked]:
    return read_answers(happenings)[0]


LESSON = (
    joined("l1"),
    joined("l2"),
    joined("l3"),
    joined("s", kind="screen"),
    joined("h", role="host"),
    here(1, "l1"),
    here(2, "l2"),
    opened(10, "q1"),
    voted(14, "q1", "l1", 0),
    voted(15, "q1", "l1", 1),
    voted(20, "q1", "l2", 2),
    here(30, "l3"),  # came late: the question is shown to them now
    voted(32, "q1", "l3", 1),
    happened(40, "poll_closed", "p", id="q1"),
    opened(50, "q2", rerun_of="q1"),
    voted(51, "q2", "l1", 1),
    voted(52, "q2", "l2", 1),
    voted(53, "q2", "l3", 0),
)
ALL = {"l1", "l2", "l3"}


def test_every_attempt_counts_and_the_last_is_the_answer() -> None:
    q1, _ = polls_of(*LESSON)
    sums = grade([q1], ALL)
    assert (sums.answered, sums.attempts, sums.right, sums.first_right) == (3, 4, 2, 1)
    assert sums.rate == 2 / 3
    assert sums.took_ms == 4_000  # of 4, 10 and 2 seconds
    assert (sums.once_wrong, sums.corrected) == (2, 1)
    assert wrong_picks(q1, ALL) == {0: 1, 2: 1}


def test_a_mistake_may_be_corrected_in_a_later_run_but_not_in_an_earlier_one() -> None:
    sums = grade(polls_of(*LESSON), ALL)
    assert (sums.once_wrong, sums.corrected) == (3, 2)  # l3 was right, and is wrong now
    assert growth(polls_of(*LESSON), ALL) == {"q2": 0.0}
    assert growth(polls_of(*LESSON), {"l1", "l2"}) == {"q2": 0.5}


def test_the_example_of_the_page_comes_out_as_it_says() -> None:
    section = PAGE.split("**Points.**")[1].split("### Growth")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if " A" in line and line[0] == "|"
    ]
    assert [row[0] for row in rows].count("multiple") == 4
    for kind, right, answer, marks, full, points in rows:
        key, picks = ([ord(letter) - ord("A") for letter in each.split()] for each in (right, answer))
        form = Form(cast("Kind", kind), options=4, matches=4)
        assert (form.marks(tuple(picks), tuple(key)), form.full_marks(tuple(key))) == (int(marks), int(full))
        assert f"{int(marks) / int(full):.2f}" == points
    votes = [
        happened(n, "poll_voted", f"l{n}", poll="q", picks=[0], correct=row[1] == row[2], marks=int(row[3]))
        for n, row in enumerate(rows[:4])
    ]
    (poll,) = polls_of(opened(0, "q", kind="multiple", right=[0, 2, 3], full_marks=3), *votes)
    sums = grade([poll], {f"l{n}" for n in range(4)})
    rates = f"points {sums.points:.2f}, correct rate {sums.rate:.4f}"
    assert f"answered {sums.answered}, right {sums.right}, {rates}" in section
    assert worst([poll], {"l1"})[0][1].wrong_rate == pytest.approx(1 / 3)


def test_only_those_asked_about_count() -> None:
    q1, _ = polls_of(*LESSON)
    sums = grade([q1], {"l2"})
    assert (sums.answered, sums.right, sums.rate, sums.wrong_rate) == (1, 0, 0.0, 1.0)
    nobody = grade([q1], set())
    assert (nobody.rate, nobody.took_ms, nobody.wrong_rate) == (None, None, 0.0)


def test_members_are_learners_with_or_without_a_person() -> None:
    _, members = read_answers((*LESSON, joined("g", person=None)))
    assert {id_: member.person for id_, member in members.items()} == {
        "l1": "l1-person",
        "l2": "l2-person",
        "l3": "l3-person",
        "g": None,
    }


def test_who_was_away_when_a_question_came_sees_it_on_return() -> None:
    (q1,) = polls_of(
        joined("l1"), here(0, "l1"), gone(5, "l1"), opened(10, "q1"), here(60, "l1"), here(61, "l1", "tab"),
        voted(63, "q1", "l1", 1),
    )  # fmt: skip
    assert grade([q1], {"l1"}).took_ms == 3_000


def test_events_of_the_first_release_are_read() -> None:
    (poll,) = polls_of(
        happened(0, "poll_opened", "p", id="v", question_ref="q", option_refs=["a", "b"], show="live"),
        happened(1, "poll_voted", "l1", poll="v", option=1),
    )
    assert (poll.scored, poll.anonymous, poll.root) == (False, False, "v")
    assert poll.attempts[0].picks == (1,)
    sums = grade([poll], {"l1"})
    assert (sums.answered, sums.right, sums.once_wrong) == (1, 0, 0)


def test_anonymous_answers_are_nobodys() -> None:
    (poll,) = polls_of(
        opened(0, "v", anonymous=True),
        happened(1, "poll_voted", "l1", poll="v", option=-1),
        happened(2, "poll_counted", None, id="v", ballots=1, shown=False),
        happened(3, "poll_counted", None, id="never opened", ballots=9, shown=True),
    )
    assert grade([poll], {"l1"}).answered == 0
    assert poll.counted == {"id": "v", "ballots": 1, "shown": False}


def test_the_ten_most_often_wrong() -> None:
    happenings = [joined("l1"), joined("l2")]
    for n in range(15):
        happenings += [opened(n, f"q{n}"), voted(n, f"q{n}", "l1", n % 3)]
    happenings += [opened(20, "both"), voted(21, "both", "l1", 0), voted(21, "both", "l2", 0)]
    found = [asked.id for asked, _ in worst(polls_of(*happenings), ALL)]
    assert found == ["both", "q0", "q2", "q3", "q5", "q6", "q8", "q9", "q11", "q12"]


def test_by_knowledge_point() -> None:
    points = {"q1": ("fire", "exits"), "q2": ("fire",)}
    sums = by_key(polls_of(*LESSON), lambda asked: points[asked.id], ALL)
    assert {name: (each.answered, each.right) for name, each in sums.items()} == {
        "fire": (6, 4),
        "exits": (3, 2),
    }


@given(st.lists(st.tuples(st.sampled_from(["l1", "l2", "l3"]), st.integers(0, 2)), max_size=30))
def test_sums_hold_together(answers: list[tuple[str, int]]) -> None:
    votes = [voted(n + 1, "q", who, option) for n, (who, option) in enumerate(answers)]
    (asked,) = polls_of(opened(0, "q"), *votes)
    whole, parts = grade([asked], ALL), [grade([asked], {who}) for who in ALL]
    assert whole.attempts == len(answers)
    for name in ("answered", "attempts", "right", "first_right", "once_wrong", "corrected"):
        assert getattr(whole, name) == sum(getattr(part, name) for part in parts)
    assert whole.corrected <= whole.once_wrong <= whole.answered
    assert sum(wrong_picks(asked, ALL).values()) == sum(option != 1 for _, option in answers)
    if answers:
        last = dict(answers)
        assert whole.right == sum(option == 1 for option in last.values())


def test_a_question_of_a_group_is_timed_from_when_somebody_was_in_the_group() -> None:
    planned = [
        {"id": "g", "name_ref": "n", "members": ["l1"]},
        {"id": "h", "name_ref": "m", "members": ["l2"]},
    ]
    asked = polls_of(
        *(joined(who) for who in ("l1", "l2", "l3")),
        *(here(1, who) for who in ("l1", "l2", "l3")),
        happened(5, "breakout_opened", "p", groups=planned),
        opened(10, "all"),
        opened(10, "q", group="g"),
        happened(20, "breakout_placed", "p", participant="l2", group="g", left="h"),
        voted(23, "q", "l1", 1),
        voted(23, "q", "l2", 1),
        voted(23, "all", "l2", 1),
    )
    everybodys, of_group = asked
    assert [attempt.took_ms for attempt in of_group.attempts] == [13_000, 3_000]
    assert (of_group.put_to, of_group.group_ref) == ({"l1", "l2"}, "n")
    assert everybodys.put_to == {"l1", "l2", "l3"}
    assert put_to_each(asked, ("l1", "l2", "l3")) == {"l1": 2, "l2": 2, "l3": 1}
