"""Recorded fragments, read back by an independent reader."""

from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import av
import numpy as np
import pytest

from lectern.manifest import (
    Clock,
    Fragment,
    ManifestReader,
    RecordingEnded,
    RecordingStarted,
    TrackEnded,
    TrackStarted,
)
from tests.media_pattern import beep_onsets, read_counter
from tests.recording.scripted_publisher import ScriptedPublisher, record, rough

L = TypeVar("L")


def lines_of(directory: Path, kind: type[L]) -> list[L]:
    return [line for line in ManifestReader(directory / "manifest.jsonl").poll() if isinstance(line, kind)]


def fragments(directory: Path, track: str) -> list[Fragment]:
    return [line for line in lines_of(directory, Fragment) if line.track == track]


def counters(directory: Path, track: str) -> list[tuple[float, int | None]]:
    """(ms on the recording clock, counter) of every frame; each fragment goes to one decoder per
    configuration."""
    out: list[tuple[float, int | None]] = []
    decoder: av.VideoCodecContext | None = None
    config = ""
    for fragment in fragments(directory, track):
        with av.open(str(directory / fragment.file)) as container:
            stream = container.streams.video[0]
            if decoder is None or fragment.config != config:
                made = av.CodecContext.create(stream.codec_context.name, "r")
                assert isinstance(made, av.VideoCodecContext)
                decoder = made
                decoder.extradata = stream.codec_context.extradata
                config = fragment.config
            for packet in container.demux(stream):
                if packet.size:
                    at_ms = float(packet.pts * packet.time_base * 1000) if packet.pts is not None else -1.0
                    out += [(at_ms, read_counter(frame)) for frame in decoder.decode(packet)]
    return out


def samples(directory: Path, track: str) -> tuple[float, "np.ndarray[tuple[int], np.dtype[np.float32]]"]:
    """Start (ms) and samples of a sound track without gaps."""
    decoder = av.AudioCodecContext.create("opus", "r")
    decoder.sample_rate = 48_000
    parts = []
    start_ms = -1.0
    for fragment in fragments(directory, track):
        with av.open(str(directory / fragment.file)) as container:
            for packet in container.demux(container.streams.audio[0]):
                if not packet.size:
                    continue
                if start_ms < 0:
                    start_ms = fragment.start_ms
                parts += [frame.to_ndarray()[0] for frame in decoder.decode(packet)]
    return start_ms, np.concatenate(parts)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_every_picture_is_recorded_once_in_order_at_its_time(tmp_path: Path, codec: str) -> None:
    publisher = ScriptedPublisher()
    publisher.video("camera", "VP8" if codec == "VP8" else "H264", 0.4, 6.0)
    record([publisher], tmp_path / "1", 7.0)
    seen = counters(tmp_path / "1", "p1-camera")
    assert [value for _, value in seen] == list(range(6, 90))
    for at_ms, value in seen:
        assert value is not None
        assert at_ms == pytest.approx(value * 1000 / 15 + 30, abs=20)


def test_manifest_tells_the_story(tmp_path: Path) -> None:
    publisher = ScriptedPublisher()
    publisher.video("camera", "H264", 0.0, 3.0)
    record([publisher], tmp_path / "1", 4.0, session_ms=5000)
    lines = ManifestReader(tmp_path / "1" / "manifest.jsonl").poll()
    assert lines[0] == RecordingStarted(session_ms=5000, utc_ms=1_795_312_800_000)
    assert isinstance(lines[1], TrackStarted)
    assert isinstance(lines[-1], RecordingEnded)
    assert lines[-1].media_ms == 4000
    assert sum(isinstance(line, TrackEnded) for line in lines) == 1
    clocks = [line.media_ms for line in lines if isinstance(line, Clock)]
    assert clocks == [200.0, 1200.0, 2200.0, 3200.0]
    written = fragments(tmp_path / "1", "p1-camera")
    assert written[0].keyframe
    assert (written[0].width, written[0].height) == (320, 180)
    for fragment in written:
        assert (tmp_path / "1" / fragment.file).stat().st_size == fragment.bytes
        assert fragment.duration_ms < 1100
    for before, after in pairwise(written):
        assert after.start_ms == pytest.approx(before.end_ms, abs=1)


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_reorder_and_repetition_leave_no_trace(tmp_path: Path, codec: str) -> None:
    publisher = ScriptedPublisher()
    network = rough(3, jitter_s=0.1, duplicate=0.2)
    publisher.video("camera", "VP8" if codec == "VP8" else "H264", 0.0, 4.0, network=network)
    record([publisher], tmp_path / "1", 5.0)
    values = [value for _, value in counters(tmp_path / "1", "p1-camera")]
    assert values == list(range(60))


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_after_loss_only_whole_pictures_are_recorded(tmp_path: Path, codec: str) -> None:
    publisher = ScriptedPublisher()
    network = rough(5, loss=0.02)
    publisher.video("camera", "VP8" if codec == "VP8" else "H264", 0.0, 12.0, network=network, keyframe_s=1.0)
    room = record([publisher], tmp_path / "1", 13.0)
    values = [value for _, value in counters(tmp_path / "1", "p1-camera")]
    assert None not in values
    known = [value for value in values if value is not None]
    assert known == sorted(set(known))
    assert 60 < len(known) < 180
    assert room.malformed == 0


def test_sound_and_picture_meet_by_sender_reports(tmp_path: Path) -> None:
    """The picture's path is 250 ms slower than the sound's: arrival alone would part them."""
    publisher = ScriptedPublisher()
    publisher.video("camera", "H264", 0.0, 9.0, encode_delay_s=0.25)
    publisher.mic(0.0, 9.0)
    record([publisher], tmp_path / "1", 10.0)
    start_ms, heard = samples(tmp_path / "1", "p1-mic")
    onsets = [start_ms + onset * 1000 for onset in beep_onsets(heard)]
    times = {value: at_ms for at_ms, value in counters(tmp_path / "1", "p1-camera")}
    for second in range(3, 9):
        onset = min(onsets, key=lambda at_ms: abs(at_ms - second * 1000))
        assert abs(times[second * 15] - onset) < 60


def test_late_start_and_resolution_change(tmp_path: Path) -> None:
    publisher = ScriptedPublisher()
    publisher.video("screen", "H264", 3.0, 5.0, size=(320, 180), close=False)
    publisher.video("screen", "H264", 5.0, 7.0, size=(480, 270), open_track=False)
    record([publisher], tmp_path / "1", 8.0)
    written = fragments(tmp_path / "1", "p1-screen")
    assert written[0].start_ms == pytest.approx(3030, abs=20)
    assert {(line.width, line.height) for line in written} == {(320, 180), (480, 270)}
    assert len({line.config for line in written}) == 2
    assert [value for _, value in counters(tmp_path / "1", "p1-screen")] == list(range(45, 105))


def test_each_fragment_is_readable_alone(tmp_path: Path) -> None:
    publisher = ScriptedPublisher()
    publisher.video("camera", "VP8", 0.0, 4.0, keyframe_s=1.0)
    publisher.mic(0.0, 4.0)
    record([publisher], tmp_path / "1", 5.0)
    for track in ("p1-camera", "p1-mic"):
        for fragment in fragments(tmp_path / "1", track):
            with av.open(str(tmp_path / "1" / fragment.file)) as container:
                stream = container.streams[0]
                assert stream.codec_context.name in {"vp8", "opus"}
                packets = [packet for packet in container.demux(stream) if packet.size]
                assert packets[0].pts is not None
                assert packets[0].time_base is not None
                assert float(packets[0].pts * packets[0].time_base) * 1000 == pytest.approx(fragment.start_ms)
