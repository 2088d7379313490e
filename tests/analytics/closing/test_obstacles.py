"""What has to be settled, or accepted, before an attendance is closed; what counts as a change afterwards."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as altered

from analytics.attendance.report import AttendanceLine
from analytics.attendance.verdict import Decision, Verdict, judge
from analytics.closing.differences import differences
from analytics.closing.freezing import row_of
from analytics.closing.neighbours import Lesson, MakeUps
from analytics.closing.obstacles import InTheWay, Obstacle, in_the_way, insist_on_closing
from analytics.closing.verdicts import decimal
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict
from tests.analytics.closing.lessons import LINES, RULE, START

LESSON = Lesson("s", "org", "ACME", "Title", "UTC", START, START, START + 1, True, "p", "h")
NOW = UtcMs(START + 1000)
SOFT = [one for one in Obstacle if one is not Obstacle.NOT_OVER]


@given(
    over=st.booleans(),
    waiting=st.integers(0, 3),
    until=st.none() | st.integers(START, START + 2000),
    objections=st.integers(0, 3),
    accepted=st.sets(st.sampled_from(SOFT)),
)
def test_closing_needs_the_end_and_a_word_for_each_open_thing(
    over: bool, waiting: int, until: int | None, objections: int, accepted: set[Obstacle]
) -> None:
    found = in_the_way(replace(LESSON, over=over), MakeUps(waiting, until), objections, NOW)
    expected = {
        *([Obstacle.OBJECTIONS_OPEN] if objections else []),
        *([Obstacle.MAKE_UPS_WAITING] if waiting else []),
        *([Obstacle.MAKE_UPS_POSSIBLE] if until is not None and until > NOW else []),
    }
    assert {one.obstacle for one in found} == (expected if over else {Obstacle.NOT_OVER})
    words = [one.value for one in accepted]
    if not over:
        with pytest.raises(Conflict, match="lesson_not_over"):
            insist_on_closing(found, [*words, "not_over"])
    elif expected - accepted:
        with pytest.raises(Conflict, match="closing_unconfirmed") as refused:
            insist_on_closing(found, words)
        assert set(refused.value.details["obstacles"]) == {one.value for one in expected - accepted}
    else:
        insist_on_closing(found, words)


def test_each_obstacle_says_its_number() -> None:
    assert in_the_way(LESSON, MakeUps(2, NOW + 5), 3, NOW) == [
        InTheWay(Obstacle.OBJECTIONS_OPEN, 3),
        InTheWay(Obstacle.MAKE_UPS_WAITING, 2),
        InTheWay(Obstacle.MAKE_UPS_POSSIBLE, NOW + 5),
    ]


def frozen(lines: tuple[AttendanceLine, ...]) -> list[tuple[str, dict[str, object], dict[str, object]]]:
    entries = [(line.subject, row_of(line)) for line in lines]
    return [(subject, dict(entry.public), dict(entry.private)) for subject, entry in entries]


def now(*lines: AttendanceLine) -> int:
    return len(differences(frozen(LINES), frozen(lines)))


def test_nothing_has_changed_at_first() -> None:
    assert now(*LINES) == 0


def test_a_decision_a_name_and_a_person_more_or_less_are_changes() -> None:
    first, second, guest = LINES
    excused = Decision("d2", Verdict.EXCUSED, "p_host", START)
    decided = altered(first, judgement=judge(RULE, first.evidence, excused), history=((excused, "ill"),))
    assert now(decided, second, guest) == 1
    assert now(altered(first, name="王方"), second, guest) == 1
    assert now(first, second) == 1
    assert now(decided, second) == 2


def test_watching_the_replay_is_no_change() -> None:
    first, second, guest = LINES
    assert now(altered(first, replay_ms=999, caught=((1, 2),)), second, guest) == 0


def test_what_was_erased_is_taken_as_unchanged() -> None:
    nothing: dict[str, object] = {}
    erased = [(subject, public, nothing) for subject, public, _ in frozen(LINES)]
    assert differences(erased, frozen(LINES)) == ()


@given(st.integers(-(10**9), 10**9))
def test_decimals_are_plain_and_exact_to_four_places(ten_thousandths: int) -> None:
    text = decimal(ten_thousandths / 10_000)
    assert round(float(text) * 10_000) == ten_thousandths
    assert "e" not in text
    assert text == "0" or not ("." in text and text.endswith("0"))
    assert not text.endswith(".")
