"""Live and replay together: what somebody saw of a lesson, however they saw it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.attendance.evidence import caught_up
from analytics.attendance.register import Course
from analytics.lesson_coverage import Shares, lesson_sums, seen_live, shares_of
from analytics.spans import NOTHING, Spans, length_ms, union
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import OrgRole
from lectern.manifest.clock_map import ClockMap, ClockPiece
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.analytics.conftest import READERS, Office, person
from tests.analytics.test_attendance_routes import closed, joined, opened
from tests.analytics.test_view_routes import VIEWS, interval, report
from tests.lesson import START

BEGAN = 1_000_000


@st.composite
def clocks(draw: st.DrawFn) -> ClockMap:
    """Recordings one after the other, with pauses between them in which the lesson goes on."""
    pieces, session_ms, media_ms = [], 0, 0
    for pause_ms, duration_ms in draw(
        st.lists(st.tuples(st.integers(0, 500), st.integers(1, 2_000)), max_size=4)
    ):
        session_ms += pause_ms
        pieces.append(ClockPiece(session_ms, media_ms, duration_ms))
        session_ms, media_ms = session_ms + duration_ms, media_ms + duration_ms
    return ClockMap(pieces)


@st.composite
def spans(draw: st.DrawFn, start: int = 0) -> Spans:
    pairs = draw(st.lists(st.tuples(st.integers(0, 8_000), st.integers(1, 3_000)), max_size=4))
    return union((start + at, start + at + length) for at, length in pairs)


@given(clock=clocks(), there=spans(start=BEGAN))
def test_what_was_seen_live_can_be_carried_back(clock: ClockMap, there: Spans) -> None:
    live = seen_live(there, BEGAN, clock)
    assert length_ms(live) <= min(clock.duration_ms, length_ms(there))
    course = Course(there, BEGAN, over=True, rounds=(), polls=0)
    back = caught_up(live, clock, course)
    assert length_ms(back) == length_ms(live), "attendance's way through the same clock says the same"
    whole = caught_up(((0, clock.duration_ms),), clock, replace(course, live=((0, 10**9),)))
    assert length_ms(live) == sum(
        max(0, min(end, b) - max(start, a)) for start, end in there for a, b in whole
    ), "all of the recorded time at which they were there, and nothing else"


@given(clock=clocks(), there=spans(start=BEGAN), played=spans())
def test_seen_twice_counts_once(clock: ClockMap, there: Spans, played: Spans) -> None:
    live = seen_live(there, BEGAN, clock)
    shares = shares_of(live, played, clock.duration_ms)
    assert max(shares.live, shares.replay) <= shares.together <= min(1.0, shares.live + shares.replay + 1e-9)
    assert shares_of(live, live, clock.duration_ms).together == shares.live


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1))))
def test_everybody_who_saw_something_is_in_one_sum(people: list[tuple[float, float]]) -> None:
    shares = [Shares(live, replay, max(live, replay)) for live, replay in people]
    sums = lesson_sums(shares, 0.8)
    assert sums.people == sum(each.together > 0 for each in shares)
    assert sums.completed_by_replay <= sums.completed <= sums.people
    assert 0 <= sums.mean <= 1


def test_without_a_clock_nothing_was_seen_live() -> None:
    assert seen_live(((0, 9),), None, ClockMap((ClockPiece(0, 0, 9),))) == NOTHING
    assert seen_live(((0, 9),), 0, None) == NOTHING


async def test_live_and_replay_are_one_per_person_and_in_sums(office: Office) -> None:
    at = office.lesson.at
    await at(0, SessionStarted(), joined("p_ann", "ann", "Ann"), opened("p_ann", "c1", "pc"))
    await at(0, joined("p_guest", None, "Visitor"), opened("p_guest", "c2", "pc"))
    await at(60, closed("p_ann", "c1", 60))
    await at(100, SessionEnded(), closed("p_guest", "c2", 100))
    office.now = UtcMs(START + 3_600_000)
    office.replay_clock = ClockMap((ClockPiece(0, 0, 100_000),))
    await report(office, "ann", interval("a", 50, 90, 1_000))
    await report(office, "bob", interval("b", 0, 50, 1_000))
    status, found = await office.call("GET", f"{VIEWS}/replay/film/lesson", "admin")
    assert status == 200, found
    seen = {
        p["person"]["name"]: (p["live"], p["replay"], p["together"], p["completed"]) for p in found["people"]
    }
    assert seen == {
        "Visitor": (1.0, 0.0, 1.0, True),
        "安 Ann": (0.6, 0.4, 0.9, True),
        "Bob": (0.0, 0.5, 0.5, False),
    }
    assert found["sums"] == {
        "live_only": 1, "replay_only": 1, "both": 1, "completed": 2, "completed_by_replay": 1, "mean": 0.8,
    }  # fmt: skip
    _, found = await office.call("GET", f"{VIEWS}/replay/film/lesson", "manager")
    assert [p["person"]["name"] for p in found["people"]] == ["Bob"]
    for who, code in (("bob", 403), ("stranger", 404), ("other_host", 403)):
        status, _ = await office.call("GET", f"{VIEWS}/replay/film/lesson", who)
        assert status == code, who


async def test_viewers_leave_as_a_table(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(READERS, "eve", person("eve", OrgRole.LEARNER))
    await report(office, "eve", interval("a", 0, 90, 0))
    answer = await office.raw("GET", f"{VIEWS}/replay/film/viewers.csv?lang=en", "admin")
    text = (await answer.read()).decode("utf-8-sig")
    assert answer.status == 200
    assert text.splitlines()[0].startswith("Name,Employee ID,Department,Share covered,Completed")
    assert text.splitlines()[1].startswith("'=HYPERLINK(1),E3,Laboratory,0.9,yes,1.5,")
    workbook = await office.raw("GET", f"{VIEWS}/replay/film/viewers.xlsx", "admin")
    assert (await workbook.read())[:2] == b"PK"
    assert ("admin", "viewers_exported", "film") in office.audit_log
    assert (await office.raw("GET", f"{VIEWS}/replay/film/viewers.csv", "ann")).status == 403
