"""The worker's pure parts: which pictures are copied, playlists over bytes, tiles, loudness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaworker.cutting import CARD, GROUP, PART, Range, composed, cut, on_grid, plan
from mediaworker.ladder import (
    Fragment,
    Fragmented,
    Variant,
    master_playlist,
    media_playlist,
    needed_bytes,
    overlapping,
    read_stretches,
    stretches,
)
from mediaworker.loudness import gain_db, integrated_of
from mediaworker.media_job import (
    MAX_RANGES,
    Compose,
    MediaFailedError,
    Microcourse,
    checked_folder,
    checked_ranges,
)
from mediaworker.tiles import COLUMNS, ROWS, cues

ranges = st.tuples(st.integers(0, 200_000), st.integers(1, 30_000)).map(lambda one: Range(one[0], sum(one)))


@given(ranges)
def test_a_cut_shows_every_picture_once_and_encodes_less_than_two_groups(wanted: Range) -> None:
    pieces = cut(wanted)
    shown = [picture for piece in pieces for picture in range(piece.range.first, piece.range.last)]
    assert shown == list(range(wanted.first, wanted.last))
    encoded = sum(piece.range.count for piece in pieces if piece.kind == "edge")
    assert encoded < 2 * GROUP
    for piece in pieces:
        if piece.kind == "copy":
            assert piece.range.first % GROUP == piece.range.last % GROUP == 0


@given(ranges)
def test_a_composition_is_made_in_parts_that_begin_with_a_group(wanted: Range) -> None:
    pieces = composed(Range(0, wanted.count))
    assert [piece.range.first for piece in pieces] == list(range(0, wanted.count, PART))
    assert sum(piece.range.count for piece in pieces) == wanted.count
    assert PART % GROUP == 0


def test_cards_go_around_the_ranges() -> None:
    pieces = plan([Range(10, 20), Range(90, 200)], from_composed=True, intro=True, outro=True)
    assert [piece.kind for piece in pieces] == ["intro", "edge", "edge", "copy", "edge", "outro"]
    assert pieces[0].range.count == CARD


@pytest.mark.parametrize(
    "job",
    [
        Microcourse(output="a", start_ms=0, end_ms=1, title="", ranges=((0, 2_000),) * (MAX_RANGES + 1)),
        Microcourse(output="a", start_ms=0, end_ms=9_000, title="", ranges=((0, 2_000), (9_500, 9_900))),
        Microcourse(output="a", start_ms=5_000, end_ms=4_000, title=""),
        Microcourse(output="a", start_ms=-(2**70), end_ms=900, title=""),
    ],
)
def test_impossible_ranges_are_refused(job: Microcourse) -> None:
    with pytest.raises(MediaFailedError) as failed:
        checked_ranges(job, 10_000)
    assert failed.value.code == "range_invalid"


def test_ranges_are_clipped_to_the_replay_and_kept_in_their_order() -> None:
    job = Microcourse(output="a", start_ms=0, end_ms=1, title="", ranges=((5_000, 99_000), (0, 2_000)))
    assert checked_ranges(job, 10_000) == [(5_000, 10_000), (0, 2_000)]
    assert on_grid([(5_000, 10_000)]) == [Range(150, 300)]
    assert checked_ranges(Compose(), 10_000) == [(0, 10_000)]


@pytest.mark.parametrize("folder", ["", "/etc", "a/../../b"])
def test_folders_stay_inside_the_session(folder: str) -> None:
    with pytest.raises(MediaFailedError):
        checked_folder(folder)


lengths = st.lists(st.tuples(st.integers(1, 300), st.integers(1, 10**6)), min_size=1, max_size=60)


@given(lengths)
def test_a_ladder_of_bytes_is_read_as_it_was_written(parts: list[tuple[int, int]]) -> None:
    offset, start, fragments = 100, 0, []
    for frames, size in parts:
        fragments.append(Fragment(offset, size, start))
        offset, start = offset + size, start + frames
    total_s = start / 30
    segments = stretches(Fragmented(100, tuple(fragments)), 30, total_s)
    assert sum(one.length for one in segments) == offset - 100
    assert sum(one.length_s for one in segments) == pytest.approx(total_s)
    assert all(one.length_s >= 5.99 for one in segments[:-1])
    init, read = read_stretches(media_playlist("720.mp4", 100, segments))
    assert init == 100
    assert [(one.offset, one.length) for one in read] == [(one.offset, one.length) for one in segments]
    middle = total_s / 2
    needed = needed_bytes(media_playlist("720.mp4", 100, segments), [(middle, middle + 0.01)])
    assert needed[0] == (0, 100)
    assert {(one.offset, one.length) for one in overlapping(read, middle, middle + 0.01)} <= set(needed)
    assert len(needed) <= 3


def test_the_master_playlist_names_every_rendition_with_the_sound() -> None:
    text = master_playlist([Variant("360", 640, 360, 500_000, "avc1.64001e")], sound=True)
    assert 'CODECS="avc1.64001e,mp4a.40.2",AUDIO="sound"\n360.m3u8\n' in text
    assert 'TYPE=AUDIO,GROUP-ID="sound"' in text
    alone = master_playlist([Variant("360", 640, 360, 500_000, "avc1.64001e")], sound=False)
    assert 'CODECS="avc1.64001e"\n360.m3u8\n' in alone
    with pytest.raises(ValueError, match="not a playlist"):
        read_stretches(text)


def test_tiles_are_named_by_sheet_and_place() -> None:
    text = cues(COLUMNS * ROWS + 2, 5.0, 329.0)
    assert text.startswith("WEBVTT\n")
    assert "00:00:45.000 --> 00:00:50.000\ntiles-000.jpg#xywh=160,90,160,90" in text
    assert "00:05:25.000 --> 00:05:29.000\ntiles-001.jpg#xywh=160,0,160,90" in text


def test_the_gain_leads_to_sixteen_below_and_leaves_silence_alone() -> None:
    assert gain_db(-26.5) == 10.5
    assert gain_db(-10.0) == -6.0
    assert gain_db(-45.0) == 24.0
    assert gain_db(-70.0) == gain_db(None) == 0.0
    assert integrated_of("  Integrated loudness:\n    I:         -23.4 LUFS\n") == -23.4
    assert integrated_of("nothing") is None
