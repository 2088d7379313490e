"""Manifest lines, torn lines, and the map between the session's clock and the replay's."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lectern.manifest import (
    Clock,
    ClockMap,
    ClockPiece,
    Fragment,
    Line,
    ManifestReader,
    RecordingEnded,
    RecordingStarted,
    TrackEnded,
    TrackStarted,
    encode_line,
)

LINES: list[Line] = [
    RecordingStarted(session_ms=1, utc_ms=2),
    TrackStarted("t1", "camera", "video", "p1", "H264", 90_000, 12.5),
    Fragment("t1", "camera-1/000001.mp4", 12.5, 1000.0, 4321, "abc", 1280, 720, (12.5, 800.0)),
    Clock(700.0),
    TrackEnded("t1", 1012.5),
    RecordingEnded(2000.0),
]


def test_lines_come_back(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(b"".join(encode_line(line) for line in LINES))
    assert ManifestReader(path).poll() == LINES


def test_a_manifest_written_by_the_first_release_is_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    path.write_text(
        '{"type":"recording_started","session_ms":1,"utc_ms":2,"version":1}\n'
        '{"type":"fragment","track":"t","file":"f.mp4","start_ms":0.0,"duration_ms":1.0,"bytes":3,"config":"c",'
        '"a_later_field":true}\n'
    )
    started, fragment = ManifestReader(path).poll()
    assert started == RecordingStarted(1, 2)
    assert fragment == Fragment("t", "f.mp4", 0.0, 1.0, 3, "c")


def test_a_torn_last_line_is_left_until_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    reader = ManifestReader(path)
    assert reader.poll() == []
    whole = encode_line(LINES[0]) + encode_line(LINES[1])
    path.write_bytes(whole[:-7])
    assert reader.poll() == LINES[:1]
    assert reader.poll() == []
    path.write_bytes(whole)
    assert reader.poll() == LINES[1:2]
    assert reader.skipped == 0


def test_damage_in_the_middle_costs_one_line(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(
        encode_line(LINES[0]) + b'{"type":"frag\xff\n\n{"type":"newer"}\n' + encode_line(LINES[3])
    )
    reader = ManifestReader(path)
    assert reader.poll() == [LINES[0], LINES[3]]
    assert reader.skipped == 2


def test_a_keyframe_at_the_start_makes_a_fragment_decodable_alone() -> None:
    fragment = LINES[2]
    assert isinstance(fragment, Fragment)
    assert fragment.keyframe
    assert fragment.end_ms == 1012.5
    assert not Fragment("t", "f", 5.0, 1.0, 1, "c", keyframes=(6.0,)).keyframe


TWO = ClockMap([ClockPiece(1000, 0, 5000), ClockPiece(60_000, 5000, 3000)])


def test_moments_between_recordings_map_to_the_joint() -> None:
    assert [TWO.media_ms(at) for at in (0, 1000, 3500, 6000, 30_000, 60_000, 61_000, 99_000)] == [
        0, 0, 2500, 5000, 5000, 5000, 6000, 8000,
    ]  # fmt: skip
    assert [TWO.session_ms(at) for at in (0, 2500, 4999, 5000, 8000, 9000)] == [
        1000, 3500, 5999, 60_000, 63_000, 63_000,
    ]  # fmt: skip
    assert TWO.duration_ms == 8000
    assert ClockMap([]).media_ms(5) == ClockMap([]).session_ms(5) == 0


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 5000)), min_size=1, max_size=6), st.data())
def test_the_map_never_decreases_and_returns(parts: list[tuple[int, int]], data: st.DataObject) -> None:
    pieces, session_ms, media_ms = [], 0, 0
    for pause_ms, duration_ms in parts:
        session_ms += pause_ms
        pieces.append(ClockPiece(session_ms, media_ms, duration_ms))
        session_ms += duration_ms
        media_ms += duration_ms
    clock = ClockMap(pieces)
    one, other = sorted(data.draw(st.tuples(st.integers(0, 40_000), st.integers(0, 40_000))))
    assert clock.media_ms(one) <= clock.media_ms(other)
    assert clock.session_ms(one) <= clock.session_ms(other)
    inside = data.draw(st.integers(0, clock.duration_ms - 1))
    assert clock.media_ms(clock.session_ms(inside)) == inside
