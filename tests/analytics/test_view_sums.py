"""Sums and curves: examples, and that they are the same however the reports come."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.play_record import NEVER, Device, tag_of
from analytics.spans import intersection, length_ms
from analytics.view_sums import (
    ALL,
    Change,
    Sums,
    Terms,
    Whole,
    cell_of,
    difference,
    drawn,
    month_of,
    months_of,
    periods_of,
    share_of,
)
from analytics.viewing import Played, completion_classes, heat
from tests.analytics.players import DURATION_MS, Sent, recorded, watching

TERMS = Terms(DURATION_MS, "Asia/Shanghai")
FRIDAY_NIGHT = round(datetime(2026, 7, 31, 15, 59, 0, tzinfo=UTC).timestamp() * 1_000)
"""23:59 in Shanghai, at the end of a month."""


def stretch(from_s: int, to_s: int, at_s: int, **change: bool) -> Played:
    length_ms = (to_s - from_s) * 1_000
    how = {"visible": True, "audible": True} | change
    return Played(f"{at_s}", from_s * 1_000, to_s * 1_000, FRIDAY_NIGHT + at_s * 1_000, length_ms, 1.0, **how)


def test_one_viewer_adds_to_everything() -> None:
    record = NEVER.adding(tag_of("a"), Device.PHONE, [stretch(0, 150, 0), stretch(10, 30, 200)])
    share = share_of(record, TERMS)
    assert set(share.periods) == {ALL, "2026-07", "2026-Q3", "2026", "2026-08"}
    whole = share.periods[ALL]
    assert (whole.viewers, whole.sittings, whole.bounce, whole.reached_80, whole.full) == (1, 1, 0, 1, 0)
    assert (whole.played_ms, whole.covered_ms, whole.effort_ms) == (170_000, 150_000, 170_000)
    friday, saturday = cell_of(Device.PHONE, 4, 23), cell_of(Device.PHONE, 5, 0)
    assert whole.hours == {friday: 60_000, saturday: 110_000}
    assert share.periods["2026-Q3"] == share.periods["2026"] == whole
    assert share.periods["2026-08"].reached_80 == 0, "in August it was only looked at again"
    assert share.periods["2026-08"].covered_ms == 20_000
    curves = drawn(share, TERMS.seconds)
    assert curves.heat == (1,) * 150 + (0,) * 30
    assert curves.rewatch == (0,) * 10 + (1,) * 20 + (0,) * 150
    assert curves.staying == (1,) * 151 + (0,) * 29


def test_opening_and_closing_at_once_is_counted_as_that() -> None:
    record = NEVER.adding(tag_of("a"), Device.PC, [stretch(0, 9, 0)])
    assert share_of(record, TERMS).periods[ALL].bounce == 1
    longer = record.adding(tag_of("a"), Device.PC, [stretch(9, 10, 9)])
    change = difference(share_of(record, TERMS), share_of(longer, TERMS))
    assert change.periods[ALL].bounce == -1
    assert change.periods[ALL].viewers == 0
    assert (change.heat, change.left) == ({9: -1 + 1, 10: -1} | {9: 1}, {9: -1, 10: 1})


def test_periods_and_zones() -> None:
    assert periods_of("2026-11") == ("2026-11", "2026-Q4", "2026")
    assert periods_of("2026-01")[1] == "2026-Q1"
    assert month_of("Asia/Shanghai", FRIDAY_NIGHT + 60_000) == "2026-08"
    assert month_of("UTC", FRIDAY_NIGHT + 60_000) == "2026-07"
    assert month_of("Asia/Kathmandu", FRIDAY_NIGHT + 60_000) == "2026-07"
    assert share_of(NEVER, TERMS).is_nothing
    assert months_of(
        Change(periods={ALL: Sums(1), "2026": Sums(1), "2026-Q1": Sums(1), "2026-02": Sums(1)})
    ) == {"2026-02"}


@given(st.lists(watching(), max_size=3), st.randoms(use_true_random=False))
def test_sums_of_changes_are_what_a_computation_from_all_records_gives(
    people: list[list[Sent]], rng: Random
) -> None:
    reports = [(number, sent) for number, each in enumerate(people) for sent in each]
    reports += rng.choices(reports, k=len(reports) // 2) if reports else []
    rng.shuffle(reports)
    records = dict.fromkeys(range(len(people)), NEVER)
    changes = []
    while reports:
        batch, reports = reports[: (size := rng.randint(1, 4))], reports[size:]
        before = dict(records)
        for number, sent in batch:
            tag = tag_of(sent.player)
            new = [played for played in sent.played if not records[number].holds(tag, played)]
            records[number] = records[number].adding(tag, sent.device, new)
        changes += [
            difference(share_of(before[number], TERMS), share_of(records[number], TERMS))
            for number in records
        ]
    rng.shuffle(changes)
    followed = Change()
    for change in changes:
        followed.add(change)
    anew = Whole(TERMS)
    for each in people:
        anew.add(recorded(each))
    assert followed == anew.change


@given(st.lists(watching(), max_size=4))
def test_sums_and_curves_agree_with_their_definitions(people: list[list[Sent]]) -> None:
    records = [record for each in people if (record := recorded(each)).sittings]
    whole = Whole(TERMS)
    for record in records:
        whole.add(record)
    covered = [record.covered for record in records]
    sums, classes = whole.change.periods.get(ALL, Sums()), completion_classes(covered, DURATION_MS)
    assert (sums.viewers, sums.bounce, sums.reached_80, sums.full) == (
        classes.viewers, classes.bounce, classes.reached_80, classes.full,
    )  # fmt: skip
    curves = drawn(whole.change, TERMS.seconds)
    assert list(curves.heat) == heat(covered, DURATION_MS)
    assert sum(curves.left) == len(records)
    assert all(one >= other for one, other in zip(curves.staying, curves.staying[1:], strict=False))
    assert min(curves.plays, default=0) >= 0
    inside = sum(length_ms(intersection(each, ((0, DURATION_MS),))) for each in covered)
    assert abs(sum(curves.heat) * 1_000 - inside) <= 1_000 * sum(len(each) for each in covered)
    assert sum(sums.hours.values()) == sum(each.wall_ms for record in records for each in record.stretches)


@pytest.mark.parametrize("duration_ms", [0, 1, 999, 1_000])
def test_very_short_media_have_curves(duration_ms: int) -> None:
    record = NEVER.adding(tag_of("a"), Device.TV, [stretch(0, 1, 0)])
    curves = drawn(share_of(record, Terms(duration_ms, "UTC")), Terms(duration_ms, "UTC").seconds)
    assert len(curves.heat) == len(curves.staying) == (1 if duration_ms else 0)


@given(watching(), st.integers(0, 6))
def test_what_was_watched_stays_with_the_department_one_was_in(sent: list[Sent], moved_at: int) -> None:
    """Whoever moves takes nothing with them: every report counts for the department of its moment."""
    record, sums = NEVER, Change()
    for number, each in enumerate(sent):
        before, department = record, "lab" if number < moved_at else "shop"
        new = [played for played in each.played if not record.holds(tag_of(each.player), played)]
        record = record.adding(tag_of(each.player), each.device, new)
        sums.add(difference(share_of(before, TERMS, department), share_of(record, TERMS, department)))
    whole = share_of(record, TERMS)
    for period, expected in whole.periods.items():
        found = sums.periods[period]
        assert sum(found.departments.values()) == expected.effort_ms == found.effort_ms
        if moved_at >= len(sent):
            assert set(found.departments) <= {"lab"}
        if moved_at == 0:
            assert set(found.departments) <= {"shop"}
