"""Edit lists, their history, and chapters: every rule, and that nothing said can break one."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from catalogue import chapters as chapter_rules
from catalogue.chapters import Chapter, derived, placed
from catalogue.edit_history import Course, Step, course
from catalogue.edits import (
    MOST_RANGES,
    SHORTEST_MS,
    Add,
    Arrange,
    Brand,
    CutOut,
    DeriveChapters,
    DropChapter,
    EditList,
    Join,
    Move,
    Name,
    Operation,
    Remove,
    SetChapter,
    Source,
    Split,
    Trim,
    changed,
    checked,
)
from catalogue.marks import Mark
from lectern.kernel.errors import Rejected
from mediaworker import cutting, media_job

HOUR = 3_600_000
REPLAY = Source(HOUR, (Chapter(0, "Start", "start"), Chapter(600_000, "Valves", "poll")))
TWO = EditList(ranges=((60_000, 120_000), (300_000, 400_000)), title="T")


@pytest.mark.parametrize(
    ("operation", "ranges"),
    [
        (Trim(0, 61_000, 119_000), ((61_000, 119_000), (300_000, 400_000))),
        (Trim(1, 120_000, HOUR + 900), ((60_000, 120_000), (120_000, HOUR))),
        (Add(0, 1_000), ((60_000, 120_000), (300_000, 400_000), (0, 1_000))),
        (Add(0, 1_000, at=0), ((0, 1_000), (60_000, 120_000), (300_000, 400_000))),
        (Remove(0), ((300_000, 400_000),)),
        (CutOut(70_000, 80_000), ((60_000, 70_000), (80_000, 120_000), (300_000, 400_000))),
        (CutOut(60_500, 399_500), ((60_000, 60_500),)),
        (CutOut(0, 60_000), TWO.ranges),
        (CutOut(60_400, 90_000), ((90_000, 120_000), (300_000, 400_000))),
        (Split(0, 90_000), ((60_000, 90_000), (90_000, 120_000), (300_000, 400_000))),
        (Join(0), ((60_000, 400_000),)),
        (Move(1, 0), ((300_000, 400_000), (60_000, 120_000))),
    ],
)
def test_what_operations_do(operation: Operation, ranges: tuple[tuple[int, int], ...]) -> None:
    if operation == CutOut(
        60_500, 399_500
    ):  # both slivers are shorter than a second, and nothing else is left
        with pytest.raises(Rejected) as refused:
            changed(TWO, operation, REPLAY)
        assert refused.value.code == "edit_empty"
        return
    assert changed(TWO, operation, REPLAY).ranges == ranges


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (Trim(0, -1, 5_000), "range_outside"),
        (Trim(0, 0, HOUR + 1_001), "range_outside"),
        (Trim(0, 5_000, 5_999), "range_too_short"),
        (Trim(0, 9_000, 5_000), "range_too_short"),
        (Trim(0, 60_000, 300_001), "ranges_overlap"),
        (Trim(2, 0, 5_000), "range_missing"),
        (Trim(-1, 0, 5_000), "range_missing"),
        (Add(119_999, 200_000), "ranges_overlap"),
        (Add(0, 1_000, at=3), "range_missing"),
        (Split(0, 60_999), "range_too_short"),
        (Split(0, 60_000), "range_too_short"),
        (Split(0, 500_000), "range_too_short"),
        (Join(1), "range_missing"),
        (Move(0, 2), "range_missing"),
        (CutOut(5_000, 5_000), "range_too_short"),
        (Name("x" * 201), "title_too_long"),
        (SetChapter(0, " "), "title_empty"),
        (SetChapter(0, "x" * 121), "title_too_long"),
        (SetChapter(HOUR, "x"), "range_outside"),
    ],
)
def test_what_is_refused(operation: Operation, code: str) -> None:
    with pytest.raises(Rejected) as refused:
        changed(TWO, operation, REPLAY)
    assert refused.value.code == code


def test_the_last_part_stays_and_parts_out_of_order_do_not_join() -> None:
    with pytest.raises(Rejected, match="edit_empty"):
        changed(EditList(ranges=((0, 5_000),)), Remove(0), REPLAY)
    with pytest.raises(Rejected, match="ranges_out_of_order"):
        changed(changed(TWO, Move(0, 1), REPLAY), Join(0), REPLAY)
    many = EditList(ranges=tuple((at * 2_000, at * 2_000 + 1_000) for at in range(MOST_RANGES)))
    with pytest.raises(Rejected, match="edit_too_many_ranges"):
        changed(many, Add(HOUR - 1_000, HOUR), REPLAY)
    with pytest.raises(Rejected, match="ranges_overlap"):  # one that stands between comes along twice
        changed(EditList(ranges=((0, 5_000), (50_000, 60_000), (20_000, 30_000))), Join(0), REPLAY)


def test_names_and_chapters_of_a_list() -> None:
    named = changed(TWO, Name("  Valves \n in five ", " Part 1"), REPLAY)
    assert (named.title, named.subtitle) == ("Valves in five", "Part 1")
    assert changed(TWO, Arrange("side_by_side"), REPLAY).arrangement == "side_by_side"
    assert (TWO.branded, changed(TWO, Brand(branded=False), REPLAY).branded) == (True, False)
    wide = EditList(ranges=((500_000, 700_000),))
    own = changed(wide, SetChapter(510_000, "Mine"), REPLAY)
    assert own.chapters == (Chapter(510_000, "Mine"), Chapter(600_000, "Valves", "poll"))
    moved = changed(own, SetChapter(620_000, "Valves", moved_from_ms=600_000), REPLAY)
    assert moved.chapters == (Chapter(510_000, "Mine"), Chapter(620_000, "Valves"))
    assert changed(moved, DropChapter(510_000), REPLAY).chapters == (Chapter(620_000, "Valves"),)
    assert changed(moved, DeriveChapters(), REPLAY).chapters is None


def test_only_the_chapters_of_a_whole_replay_change() -> None:
    whole = replace(REPLAY, whole=True)
    own = changed(EditList(), DropChapter(600_000), whole)
    assert own.chapters == (Chapter(0, "Start", "start"),)
    with pytest.raises(Rejected, match="edit_not_here"):
        changed(own, Add(0, 5_000), whole)
    full = EditList(chapters=tuple(Chapter(at, "x") for at in range(chapter_rules.MOST_CHAPTERS)))
    with pytest.raises(Rejected, match="chapters_too_many"):
        changed(full, SetChapter(5_000, "One more"), whole)


_MS = st.integers(-2_000, HOUR + 2_000)
_INDEX = st.integers(-1, 6)
_OPERATIONS = st.one_of(
    st.builds(Trim, _INDEX, _MS, _MS),
    st.builds(Add, _MS, _MS, st.none() | _INDEX),
    st.builds(Remove, _INDEX),
    st.builds(CutOut, _MS, _MS),
    st.builds(Split, _INDEX, _MS),
    st.builds(Join, _INDEX),
    st.builds(Move, _INDEX, _INDEX),
    st.builds(SetChapter, _MS, st.text(max_size=5)),
    st.builds(DropChapter, _MS),
)


@given(st.lists(_OPERATIONS, max_size=30))
def test_no_sequence_of_operations_breaks_a_rule(operations: list[Operation]) -> None:
    edit = TWO
    for operation in operations:
        try:
            after = changed(edit, operation, REPLAY)
        except Rejected:
            continue
        edit = after
        assert checked(edit, REPLAY) == edit
        assert 0 < len(edit.ranges) <= MOST_RANGES
        assert all(s >= 0 and e - s >= SHORTEST_MS and e <= HOUR for s, e in edit.ranges)
        shown = sum(e - s for s, e in edit.ranges)
        assert shown == edit.length_ms <= HOUR  # nothing twice
        assert list(edit.chapters or ()) == sorted(edit.chapters or (), key=lambda c: c.at_ms)
        assert msgspec.json.decode(msgspec.json.encode(edit), type=EditList) == edit


@given(_MS, _MS)
def test_what_is_cut_out_is_not_shown_and_the_rest_is(start: int, end: int) -> None:
    try:
        after = changed(TWO, CutOut(start, end), REPLAY)
    except Rejected:
        return
    assert all(e <= start or s >= end for s, e in after.ranges)
    lost = TWO.length_ms - after.length_ms
    inside = sum(max(0, min(e, end) - max(s, start)) for s, e in TWO.ranges)
    assert inside <= lost < inside + 2 * len(TWO.ranges) * SHORTEST_MS


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "trim", "index": 0, "start_ms": 1.0, "end_ms": 5_000},
        {"kind": "trim", "index": True, "start_ms": 1, "end_ms": 5_000},
        {"kind": "split", "index": 0, "at_ms": "5"},
        {"kind": "split", "index": 0, "at_ms": float("nan")},
        {"kind": "explode"},
    ],
)
def test_only_whole_numbers_are_times(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Operation).validate_python(said)


def test_undo_and_redo_go_over_revisions_that_stay() -> None:
    done = course([Step.CHANGE, Step.CHANGE, Step.UNDO, Step.UNDO])
    assert (done.at, done.undo_to, done.redo_to) == (0, None, 1)
    done.take(Step.REDO)
    assert (done.at, done.undo_to, done.redo_to) == (1, 0, 2)
    done.take(Step.CHANGE)
    assert (done.latest, done.at, done.undo_to, done.redo_to) == (6, 6, 1, None)


@given(st.lists(st.sampled_from(Step), max_size=60))
def test_undo_is_what_it_is_in_any_editor(wished: list[Step]) -> None:
    """Against the plain model: a list of states and a place in it."""
    states, place, steps = [0], 0, []
    for step in wished:
        if (step is Step.UNDO and place == 0) or (step is Step.REDO and place == len(states) - 1):
            continue
        steps.append(step)
        if step is Step.CHANGE:
            states, place = [*states[: place + 1], len(steps)], place + 1
        else:
            place += 1 if step is Step.REDO else -1
    found = course(steps)
    assert found.at == states[place]
    assert found.undo_to == (states[place - 1] if place else None)
    assert found.redo_to == (states[place + 1] if place + 1 < len(states) else None)
    assert Course() == course([])


def mark(at_ms: int, kind: str, title: str = "T") -> Mark:
    return Mark(at_ms, kind, f"{kind}{at_ms}", title, None)


def test_chapters_follow_from_the_class_a_minute_apart() -> None:
    marks = [
        mark(20_000, "checkin"), mark(200_000, "question"), mark(230_000, "poll"),
        mark(250_000, "breakout", ""), mark(500_000, "outcome"),
        mark(600_000, "question", "  Why\n? "), mark(895_000, "poll"),
    ]  # fmt: skip
    assert derived(marks, 900_000, "Lesson") == (
        Chapter(0, "Lesson", "start"),
        Chapter(250_000, "", "breakout"),
        Chapter(600_000, "Why ?", "question"),
    )
    assert derived([mark(20_000, "poll")], 900_000, "Lesson") == ()
    long = derived([mark(at * 70_000, "poll", "x" * 300) for at in range(200)], 4 * HOUR, "Lesson")
    assert len(long) <= 31
    assert max(len(chapter.title) for chapter in long) == chapter_rules.LONGEST_CHAPTER_TITLE


def test_chapters_are_placed_behind_the_card_in_the_order_of_the_ranges() -> None:
    chapters = [Chapter(0, "A"), Chapter(100_000, "B"), Chapter(200_000, "C"), Chapter(300_000, "D")]
    assert placed(chapters, [(150_000, 250_000)]) == (Chapter(0, "B"), Chapter(53_000, "C"))
    assert placed(chapters, [(250_000, 320_000), (50_000, 110_000)]) == (
        Chapter(0, "C"), Chapter(53_000, "D"), Chapter(73_000, "A"), Chapter(123_000, "B")
    )  # fmt: skip
    assert placed(chapters, [(97_000, 150_000), (198_000, 220_000)]) == (
        Chapter(0, "B"),
        Chapter(58_000, "C"),
    )
    assert placed(chapters, [(110_000, 150_000), (160_000, 190_000)]) == ()
    assert placed([], [(0, 5_000)]) == ()


@given(
    st.lists(st.integers(0, 10_000).map(lambda n: n * 100), unique=True, max_size=12),
    st.lists(st.integers(0, 9).map(lambda n: n * 100_000), unique=True, min_size=1, max_size=6),
    st.integers(1_000, 100_000),
)
def test_placed_chapters_are_in_order_and_inside(at: list[int], starts: list[int], length: int) -> None:
    chapters = [Chapter(ms, str(ms)) for ms in sorted(at)]
    ranges = [(start, start + length) for start in starts]
    found = placed(chapters, ranges)
    assert [c.at_ms for c in found] == sorted({c.at_ms for c in found})
    whole_ms = sum(r.count for r in cutting.on_grid(ranges)) * 1000 / cutting.FPS
    assert all(0 <= c.at_ms <= media_job.INTRO_MS + whole_ms + 40 for c in found)


def test_the_grid_and_the_card_are_the_workers() -> None:
    assert (chapter_rules.CARD_MS, chapter_rules.PICTURES_PER_S) == (media_job.INTRO_MS, cutting.FPS)
    assert (MOST_RANGES, SHORTEST_MS) == (media_job.MAX_RANGES, 1_000)
