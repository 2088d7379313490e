"""Live and replay together: what somebody saw of a lesson, however they saw it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.attendance.evidence import caught_up
from analytics.attendance.register import Course
from analytics.lesson_coverage import (
    Shares,
    lesson_sums,
    seen_in,
    seen_live,
    shares_of,
    shares_of_shown,
)
from analytics.spans import NOTHING, Spans, intersection, length_ms, union
from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import OrgRole
from lectern.manifest.clock_map import ClockMap, ClockPiece
from lectern.timeline.event import SessionEnded, SessionStarted
from tests.analytics.conftest import READERS, Office, Part, person
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


@st.composite
def cuts(draw: st.DrawFn) -> tuple[Part, ...]:
    """Ranges of a replay in any order, none overlapping, behind something that shows nothing of it."""
    edges = sorted(draw(st.sets(st.integers(0, 8_000), max_size=8)))
    ranges = draw(st.permutations(list(zip(edges[::2], edges[1::2], strict=False))))
    found, at_ms = [], draw(st.integers(0, 5_000))
    for start, end in ranges:
        found.append(Part(at_ms, start, end - start))
        at_ms += end - start
    return tuple(found)


@given(parts=cuts(), live=spans(), played=spans())
def test_a_microcourse_was_seen_live_as_far_as_its_ranges_were(
    parts: tuple[Part, ...], live: Spans, played: Spans
) -> None:
    ranges = union((part.replay_ms, part.replay_ms + part.duration_ms) for part in parts)
    assert length_ms(seen_in(live, parts)) == length_ms(intersection(live, ranges)), "what is cut out is not"
    for moment in (m for span in seen_in(live, parts) for m in (span[0], span[1] - 1)):
        [part] = [each for each in parts if each.at_ms <= moment < each.at_ms + each.duration_ms]
        shown = part.replay_ms + moment - part.at_ms
        assert any(start <= shown < end for start, end in live), "every moment seen shows one that was live"
    shares = shares_of_shown(live, played, parts)
    assert max(shares.live, shares.replay) <= shares.together <= min(1.0, shares.live + shares.replay + 1e-9)
    cards = union(((0, parts[0].at_ms),)) if parts else NOTHING
    assert shares_of_shown(NOTHING, cards, parts).together == 0, "cards are nobody's"


async def test_who_sat_in_the_lesson_saw_its_microcourse_and_did_not_watch_it(office: Office) -> None:
    at = office.lesson.at
    await at(0, SessionStarted(), joined("p_ann", "ann", "Ann"), opened("p_ann", "c1", "pc"))
    await at(60, closed("p_ann", "c1", 60))
    await at(100, SessionEnded())
    office.now = UtcMs(START + 3_600_000)
    office.replay_clock = ClockMap((ClockPiece(0, 0, 100_000),))
    # Three seconds of a card, then 40 to 60 s of the replay, then 20 s that come later in it.
    office.parts = (Part(3_000, 40_000, 20_000), Part(23_000, 70_000, 20_000))
    await report(office, "ann", interval("a", 0, 3, 1_000), medium="microcourse")
    await report(office, "bob", interval("b", 13, 43, 1_000), medium="microcourse")
    status, found = await office.call("GET", f"{VIEWS}/microcourse/film/lesson", "admin")
    assert (status, found["duration_ms"]) == (200, 40_000)
    assert [(p["person"]["name"], p["live"], p["replay"], p["together"]) for p in found["people"]] == [
        ("Bob", 0.0, 0.75, 0.75), ("安 Ann", 0.5, 0.0, 0.5),
    ]  # fmt: skip
    assert (found["sums"]["live_only"], found["sums"]["replay_only"]) == (1, 1)
    _, alone = await office.call("GET", f"{VIEWS}/microcourse/film", "admin")
    watched = {p["person"]["name"]: p["coverage"] for p in alone["people"]}
    assert watched == {"安 Ann": 0.03, "Bob": 0.3}, "of the microcourse itself, only what was played counts"
    await report(office, "ann", interval("c", 23, 43, 60), medium="microcourse")
    shares = {}
    for united in ("false", "true"):
        path = f"/api/v1/still-to-watch/microcourse/film?united={united}"
        _, due = await office.call("GET", path, "admin")
        shares[united] = {p["person"]["name"]: (p["share"], p["done"]) for p in due["people"]}
    assert shares["false"]["安 Ann"] == (0.23, False)
    assert shares["true"]["安 Ann"] == (1.0, True), "live and played together, when that is asked for"
    assert (await office.call("GET", f"{VIEWS}/film/film/lesson", "admin"))[0] == 404
    for who, code in (("bob", 403), ("stranger", 404), ("other_host", 403)):
        assert (await office.call("GET", f"{VIEWS}/microcourse/film/lesson", who))[0] == code, who
