"""A viewer's record: what is merged, what is kept, how small it is; laws for any reports."""

from dataclasses import replace
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.play_record import NEVER, Device, PlayRecord, device_of, packed, tag_of, unpacked
from analytics.spans import length_ms
from analytics.viewing import Pace, Played, coverage
from tests.analytics.players import DURATION_MS, NOW, Sent, honest, recorded, watching

GOOD = Played("i", 10_000, 20_000, NOW - 60_000, 10_000, 1.0, visible=True, audible=True)
TAB = tag_of("tab")


def after(*played: Played, player: str = "tab") -> PlayRecord:
    return NEVER.adding(tag_of(player), Device.PC, played)


def pieces(count: int, piece_ms: int = 4_000) -> list[Played]:
    """Somebody watching without a break, as a player reports it."""
    return [
        replace(
            GOOD,
            id=str(n),
            from_ms=n * piece_ms,
            to_ms=(n + 1) * piece_ms,
            started_utc_ms=NOW - 900_000 + n * piece_ms,
            wall_ms=piece_ms,
        )
        for n in range(count)
    ]


def test_jumping_to_the_end_completes_nothing() -> None:
    at_ends = after(
        replace(GOOD, from_ms=0, to_ms=1_000, wall_ms=1_000),
        replace(GOOD, from_ms=179_000, to_ms=180_000, wall_ms=1_000, started_utc_ms=NOW - 9_000),
    )
    assert coverage(at_ends.covered, DURATION_MS) == pytest.approx(2 / 180)


def test_effort_needs_a_visible_page_and_sound_and_counts_two_tabs_once() -> None:
    tab = replace(GOOD, from_ms=30_000, to_ms=40_000, started_utc_ms=GOOD.started_utc_ms + 5_000)
    hidden = replace(GOOD, started_utc_ms=NOW - 500_000, visible=False)
    silent = replace(GOOD, started_utc_ms=NOW - 400_000, audible=False)
    record = after(GOOD, hidden, silent).adding(tag_of("other tab"), Device.PHONE, [tab])
    assert length_ms(record.effort) == 15_000
    assert length_ms(record.covered) == 20_000
    assert record.last_utc_ms == tab.wall[1]


@pytest.mark.parametrize(
    ("visible", "audible", "captions", "counts"),
    [
        (True, True, False, True),
        (True, False, True, True),
        (True, True, True, True),
        (True, False, False, False),
        (False, True, True, False),
        (False, False, True, False),
    ],
)
@pytest.mark.parametrize("speed", [0.25, 1.0, 4.0])
def test_captions_do_for_sound_but_not_for_a_picture(
    visible: bool, audible: bool, captions: bool, counts: bool, speed: float
) -> None:
    """Muted in an open office, or deaf: who reads along watches."""
    wall_ms = round(10_000 / speed)
    played = replace(GOOD, visible=visible, audible=audible, captions=captions, speed=speed, wall_ms=wall_ms)
    record = unpacked(packed(after(played)))
    [stretch] = record.stretches
    assert (stretch.is_visible, stretch.is_audible, stretch.has_captions) == (visible, audible, captions)
    assert stretch.speed == speed
    assert length_ms(record.effort) == (wall_ms if counts else 0)


def test_records_from_before_captions_were_reported_are_without() -> None:
    """As they were stored: five numbers a stretch, three things a sitting."""
    stored = msgspec.msgpack.encode([NOW, [[TAB, 0, [[0, 4_000, 0, 4_000, 4_002]]]]])
    [stretch] = unpacked(stored).stretches
    found = (stretch.speed, stretch.is_visible, stretch.is_audible, stretch.has_captions)
    assert found == (1.0, False, True, False)
    assert (unpacked(stored).shift_of(TAB), unpacked(stored).shift_of(tag_of("other"))) == (0, None)


def test_watching_without_a_break_is_one_stretch_however_it_was_reported() -> None:
    reports = pieces(40)
    record = after(*reports)
    assert record.size == 1
    [stretch] = record.stretches
    assert (stretch.from_ms, stretch.to_ms, stretch.wall_ms, stretch.speed) == (0, 160_000, 160_000, 1.0)
    assert (stretch.is_visible, stretch.is_audible) == (True, True)
    one_by_one = recorded([Sent("tab", Device.PC, (each,)) for each in reversed(reports)])
    assert (one_by_one.covered, one_by_one.size) == (record.covered, 1)


def test_a_record_of_a_lesson_watched_in_three_parts_is_small() -> None:
    first, second, third = pieces(150), pieces(20), pieces(5)
    record = after(
        *first,
        *(replace(each, started_utc_ms=each.started_utc_ms + 10**7) for each in second),
        *(replace(each, started_utc_ms=each.started_utc_ms + 2 * 10**7) for each in third),
    )
    assert len(packed(record)) <= 80


@pytest.mark.parametrize(
    "change",
    [
        {"from_ms": 20_001},
        {"started_utc_ms": NOW - 49_999},
        {"visible": False},
        {"speed": 1.25},
        {"captions": True},
    ],
)
def test_what_does_not_follow_on_stays_apart(change: dict[str, Any]) -> None:
    following = replace(GOOD, from_ms=20_000, to_ms=30_000, started_utc_ms=NOW - 50_000)
    assert after(GOOD, following).size == 1
    assert after(GOOD, replace(following, **change)).size == 2
    assert after(GOOD).adding(tag_of("other"), Device.PC, [following]).size == 2


def test_a_repeated_report_is_known_whole_or_in_parts_but_not_of_another_player() -> None:
    reports = pieces(5)
    record = after(*reports)
    assert all(record.holds(TAB, each) for each in reports)
    assert not record.holds(tag_of("other"), reports[0])
    assert not record.holds(TAB, replace(reports[0], to_ms=90_000))
    assert not record.holds(TAB, replace(reports[0], audible=False))
    assert not NEVER.holds(TAB, reports[0])


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120 Safari/537.36", Device.PC),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Mobile/15E148 Safari/604.1", Device.PHONE),
        ("Mozilla/5.0 (Linux; Android 13) Mobile Safari/537.36 MicroMessenger/8.0.40", Device.IN_APP),
        ("Mozilla/5.0 (iPhone) Mobile DingTalk/7.0", Device.IN_APP),
        ("Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) Safari/537.36", Device.TV),
        ("", Device.PC),
    ],
)
def test_the_kind_of_device_is_read_from_what_the_browser_says(user_agent: str, device: Device) -> None:
    assert device_of(user_agent) is device


@given(watching(), st.randoms(use_true_random=False))
def test_order_repetition_and_batches_do_not_matter(sent: list[Sent], rng: Random) -> None:
    at_once = recorded(sent)
    shuffled = sent * 2
    rng.shuffle(shuffled)
    step_by_step = NEVER
    for each in shuffled:
        tag = tag_of(each.player)
        new = [played for played in each.played if not step_by_step.holds(tag, played)]
        step_by_step = step_by_step.adding(tag, each.device, new)
    assert step_by_step.covered == at_once.covered
    assert length_ms(step_by_step.effort) == length_ms(at_once.effort)
    assert step_by_step.last_utc_ms == at_once.last_utc_ms
    assert step_by_step.size == at_once.size


@given(watching())
def test_a_record_is_stored_and_read(sent: list[Sent]) -> None:
    record = recorded(sent)
    assert unpacked(packed(record)) == record


@given(watching(most_players=1))
def test_the_pace_of_a_player_is_that_of_its_reports(sent: list[Sent]) -> None:
    record = recorded(sent)
    pace = record.pace_of(tag_of("player 0"))
    expected = Pace.of([played for each in sent for played in each.played])
    assert pace.needed_ms == pytest.approx(expected.needed_ms)
    assert replace(pace, needed_ms=expected.needed_ms) == expected


@given(st.lists(honest(), max_size=6))
def test_coverage_is_a_share_that_never_falls(reports: list[Played]) -> None:
    record, before = NEVER, 0.0
    for report in reports:
        record = record.adding(TAB, Device.PC, [report])
        now = coverage(record.covered, DURATION_MS)
        assert before <= now <= 1
        before = now
