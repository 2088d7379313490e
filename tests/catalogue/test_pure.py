"""Marks, the clock of a replay, ranges, warnings, and who may watch."""

from typing import Any

import pytest

from catalogue.access import may_edit, may_watch, viewer_of
from catalogue.marks import Moment, remembered
from catalogue.media import Limits, checked_cut
from lectern.kernel.errors import Rejected
from lectern.kernel.roles import SessionRole
from lectern.manifest.clock_map import ClockMap, ClockPiece
from tests.catalogue.conftest import PEOPLE, SESSION, guest

TWO_RECORDINGS = ClockMap([ClockPiece(10_000, 0, 60_000), ClockPiece(100_000, 60_000, 30_000)])


def test_marks_stand_once_in_order_and_show_only_what_learners_see() -> None:
    moments = [
        Moment(1, "question_published", 30_000, {"id": "q1"}),
        Moment(2, "poll_opened", 20_000, {"id": "p1"}),
        Moment(3, "question_published", 40_000, {"id": "q1"}),
        Moment(4, "question_published", 41_000, {"id": "dismissed"}),
        Moment(5, "checkin_opened", 50_000, {"id": "c1"}),
        Moment(6, "breakout_opened", 60_000, {}),
        Moment(7, "hand_raised", 61_000, {"id": "h"}),
        Moment(8, "breakout_shown", 62_000, {"id": "g1", "on": True}),
        Moment(9, "breakout_shown", 63_000, {"id": "hidden_again", "on": True}),
    ]
    entities: dict[str, dict[str, Any]] = {
        "poll/p1": {"question": "Which?", "counts": [1, 2]},
        "question/q1": {"text": None},
        "checkin/c1": {"message": "Here?"},
        "outcome/g1": {"group": "One", "text": "Ours"},
    }
    found = [(m.at_ms, m.kind, m.id, m.title) for m in remembered(moments, entities, TWO_RECORDINGS).marks]
    assert found == [
        (10_000, "poll", "p1", "Which?"),
        (20_000, "question", "q1", ""),
        (40_000, "checkin", "c1", "Here?"),
        (50_000, "breakout", "6", ""),
        (52_000, "outcome", "g1", "One"),
    ]


def test_what_began_aside_leaves_no_mark() -> None:
    moments = [
        Moment(1, "poll_opened", 19_000, {"id": "before"}),
        Moment(2, "poll_opened", 20_000, {"id": "aside"}),
        Moment(3, "question_published", 25_000, {"id": "asked_aside"}),
        Moment(4, "question_published", 10_000, {"id": "answered_aside"}),
        Moment(5, "poll_opened", 30_000, {"id": "after"}),
    ]
    entities: dict[str, dict[str, Any]] = {
        "poll/before": {}, "poll/aside": {}, "poll/after": {}, "question/asked_aside": {},
        "question/answered_aside": {"id": "answered_aside", "start_ms": 21_000, "end_ms": 29_000},
    }  # fmt: skip
    found = remembered(moments, entities, TWO_RECORDINGS, left_out=[(20_000, 30_000)])
    assert [mark.id for mark in found.marks] == ["before", "after"]
    assert [question["id"] for question in found.questions] == ["answered_aside"]


def test_a_question_stands_at_its_spoken_answer_and_apart_if_it_has_no_moment() -> None:
    moments = [
        Moment(1, "question_published", 0, {"id": "spoken"}),
        Moment(2, "question_published", 0, {"id": "before"}),
        Moment(3, "question_published", 20_000, {"id": "during"}),
        Moment(4, "question_published", 500_000, {"id": "after"}),
        Moment(5, "question_published", 0, {"id": "restored"}),
        Moment(6, "question_published", 25_000, {"id": "restored"}),
    ]
    names = ("spoken", "before", "during", "after", "restored")
    entities: dict[str, dict[str, Any]] = {
        f"question/{name}": {"id": name, "text": name, "start_ms": None, "end_ms": None} for name in names
    }
    entities["question/spoken"] |= {"start_ms": 110_000, "end_ms": 120_000}
    found = remembered(moments, entities, TWO_RECORDINGS)
    assert [(mark.id, mark.at_ms, mark.end_ms) for mark in found.marks] == [
        ("during", 10_000, None),
        ("restored", 15_000, None),
        ("spoken", 70_000, 80_000),
    ]
    assert [question["id"] for question in found.questions] == ["before", "after"]


@pytest.mark.parametrize(
    ("title", "start_ms", "end_ms", "code"),
    [
        ("  ", 0, 5_000, "title_empty"),
        ("x" * 201, 0, 5_000, "title_too_long"),
        ("t", -1, 5_000, "range_outside"),
        ("t", 0, 62_000, "range_outside"),
        ("t", 5_000, 5_999, "range_too_short"),
        ("t", 9_000, 5_000, "range_too_short"),
    ],
)
def test_a_cut_that_cannot_be_made_is_refused(title: str, start_ms: int, end_ms: int, code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        checked_cut(title, start_ms, end_ms, 60_000)
    assert refusal.value.code == code


def test_a_cut_may_end_a_frame_late() -> None:
    cut = checked_cut("  two \n words ", 50_000, 60_040, 60_000)
    assert (cut.title, cut.end_ms) == ("two words", 60_000)


@pytest.mark.parametrize(
    ("minutes", "warning"), [(10, None), (15, None), (15.1, "long"), (20, "long"), (20.1, "very_long")]
)
def test_length_is_warned_of(minutes: float, warning: str | None) -> None:
    assert Limits().warning(round(minutes * 60_000)) == warning


@pytest.mark.parametrize(
    ("who", "watches", "edits"),
    [
        ("presenter", True, True),
        ("learner", True, False),
        ("stranger", False, False),
        ("guest", True, False),
        ("other_guest", False, False),
        ("key", False, False),
    ],
)
def test_who_may_watch_and_edit(who: str, watches: bool, edits: bool) -> None:
    assert may_watch(PEOPLE[who], "org", SESSION, on_roster=False) is watches
    assert may_edit(PEOPLE[who], "org", SESSION) is edits


def test_the_roster_opens_the_door_but_not_for_anothers_token() -> None:
    assert may_watch(PEOPLE["key"], "org", SESSION, on_roster=True)
    assert not may_watch(PEOPLE["other_guest"], "org", SESSION, on_roster=True)
    assert may_edit(guest(SESSION, SessionRole.HOST), "org", SESSION)


def test_watching_belongs_to_a_person_or_a_guest() -> None:
    assert viewer_of(PEOPLE["learner"]) == "learner"
    assert viewer_of(PEOPLE["guest"]) == "g1"
    assert viewer_of(PEOPLE["key"]) is None
