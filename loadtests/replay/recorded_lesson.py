"""Fragments of a lesson of any length in seconds of work: as the recorder writes them, their times real.

A camera (1280×720, 15 pictures a second, a key picture every 2 s) and a microphone: 16 s of each are encoded,
and repeated under their own times.
"""

from fractions import Fraction
from pathlib import Path

import av

from lectern.manifest import (
    Clock,
    Fragment,
    Line,
    RecordingEnded,
    RecordingStarted,
    TrackStarted,
    encode_line,
)
from recording.codec_config import CodecConfig
from recording.fmp4 import AUDIO_TIMESCALE, VIDEO_TIMESCALE, Sample, init_segment, media_segment
from recording.h264_encoder import encode_segment
from recording.packager import Packager
from recording.strand import Strand, TrackName
from recording.timeline_plan import Segment
from tests.media_pattern import picture, sound_frame

LOOP_S = 16
FPS = 15
OPUS_FRAME = 960
_LOOP_SEGMENTS = LOOP_S // 2


def write_recording(folder: Path, duration_s: int, utc_ms: int) -> None:
    """Write recording `folder` (`…/rec/1`) of a lesson that lasted `duration_s` and began at `utc_ms`."""
    camera, config = _pictures(), CodecConfig("opus")
    sound = sound_by_second()
    (folder / "camera-1").mkdir(parents=True)
    (folder / "mic-2").mkdir()
    lines: list[Line] = [
        RecordingStarted(session_ms=0, utc_ms=utc_ms),
        TrackStarted("camera", "camera", "video", "p1", "H264", VIDEO_TIMESCALE, 0.0),
        TrackStarted("mic", "mic", "audio", "p1", "opus", AUDIO_TIMESCALE, 0.0),
    ]
    for second in range(duration_s):
        number, at_ms = second + 1, second * 1000.0
        pictures, shown = camera[second % LOOP_S]
        name = f"camera-1/{number:06d}.mp4"
        data = init_segment(shown) + media_segment(number, second * VIDEO_TIMESCALE, pictures)
        (folder / name).write_bytes(data)
        key = (at_ms,) if pictures[0].keyframe else ()
        size = shown.width, shown.height
        lines.append(Fragment("camera", name, at_ms, 1000.0, len(data), shown.name, *size, key))
        name = f"mic-2/{number:06d}.mp4"
        heard = sound[second % LOOP_S]
        data = init_segment(config) + media_segment(number, second * AUDIO_TIMESCALE, heard)
        (folder / name).write_bytes(data)
        lines.append(Fragment("mic", name, at_ms, 1000.0, len(data), config.name, keyframes=(at_ms,)))
        lines.append(Clock(at_ms + 200.0))
    lines.append(RecordingEnded(duration_s * 1000.0))
    (folder / "manifest.jsonl").write_bytes(b"".join(map(encode_line, lines)))


class QuickPackager(Packager):
    """Packages in seconds, too: after the first segments it repeats what they hold, under the names and times
    that the plan has for them."""

    def _write(self, strand: Strand, name: TrackName, segment: Segment) -> None:
        if segment.number < 2 * _LOOP_SEGMENTS:
            super()._write(strand, name, segment)
            return
        like = segment.number % _LOOP_SEGMENTS + _LOOP_SEGMENTS
        target = self._hls / name / f"{segment.number:06d}.m4s"
        scale = AUDIO_TIMESCALE if name == "audio" else VIDEO_TIMESCALE
        data = (self._hls / name / f"{like:06d}.m4s").read_bytes()
        target.write_bytes(_at(data, segment.start * scale // VIDEO_TIMESCALE))


def _at(data: bytes, ticks: int) -> bytes:
    """Return a segment with another decode time (`tfdt`, ISO/IEC 14496-12 §8.8.12, version 1)."""
    at = data.index(b"tfdt") + 8
    return data[:at] + ticks.to_bytes(8, "big") + data[at + 8 :]


def _pictures() -> list[tuple[list[Sample], CodecConfig]]:
    """What is seen in each second of the loop; every other second begins with a key picture."""
    seconds: list[tuple[list[Sample], CodecConfig]] = []
    for start in range(0, LOOP_S, 2):
        drawn = [
            (index * VIDEO_TIMESCALE // FPS, picture(start * FPS + index, 1280, 720))
            for index in range(2 * FPS)
        ]
        config, samples = encode_segment(drawn, 2 * VIDEO_TIMESCALE)
        seconds += [(samples[:FPS], config), (samples[FPS:], config)]
    return seconds


def sound_by_second() -> list[list[Sample]]:
    """What is heard in each second of the loop."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = AUDIO_TIMESCALE, "mono", "s16"
    encoder.bit_rate = 32_000
    packets: list[bytes] = []
    for index in range(LOOP_S * 50 + 5):
        frame = sound_frame(index * OPUS_FRAME, OPUS_FRAME)
        frame.time_base = Fraction(1, AUDIO_TIMESCALE)
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    samples = [Sample(packet, OPUS_FRAME, keyframe=True) for packet in packets[: LOOP_S * 50]]
    return [samples[second * 50 : (second + 1) * 50] for second in range(LOOP_S)]
