"""A recorded lesson of any length in seconds: some of it is encoded, and repeated under its own times.

Camera and screen are what a lesson shows (a person's noise and slow light; pages of text that turn) with a
counter in the upper left corner, and the sound beeps at every full second (`tests.media_pattern`), so that
what is made of it can be read back. Written as the packager writes a closed replay.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.codec.context import Flags
from PIL import Image, ImageDraw

from lectern.manifest.clock_map import ClockPiece
from lectern.manifest.replay import Replay, ReplaySpan, ReplayVideo, write_replay
from mediaworker.intro_card import load_font
from recording.codec_config import CodecConfig
from recording.fmp4 import Sample, init_segment, media_segment
from recording.h264_encoder import encode_segment
from tests.media_pattern import draw_counter, sound_frame

LOOP_S = 16
"""A whole number of AAC frames and of segments."""
SEGMENT_S = 2
TICKS = 90_000
AAC_FRAME = 1024
GROUP = 100
"""AAC frames in a segment of sound."""
COUNTER_BOX = (0, 0, 320, 180)
CAMERA_FPS, SCREEN_FPS = 30, 15
UTC_MS = 1_795_312_800_000

Segments = list[tuple[CodecConfig, list[Sample]]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What the lesson is like: seconds; the screen is shared between `screen_s`."""

    duration_s: int
    screen_s: tuple[int, int]
    size: tuple[int, int] = (1280, 720)


def make_lesson(session: Path, shape: Shape) -> Replay:
    """Write `hls/` of a closed session of this shape into `session`; return its description."""
    hls = session / "hls"
    loop_s = min(LOOP_S, shape.duration_s)
    camera = _encoded(_camera(*shape.size), CAMERA_FPS, loop_s)
    screen = _encoded(_screen(*shape.size), SCREEN_FPS, loop_s)
    dark = np.full((360 * 3 // 2, 640), 128, np.uint8)
    dark[:360] = 24
    still = [encode_segment([(0, av.VideoFrame.from_ndarray(dark, format="yuv420p"))], SEGMENT_S * TICKS)]
    first, last = shape.screen_s
    _write_video(hls / "camera", camera, shape.duration_s, lambda _: None)
    _write_video(hls / "screen", screen, shape.duration_s, lambda s: None if first <= s < last else still[0])
    _write_sound(hls / "audio", shape.duration_s)
    length_ms = shape.duration_s * 1000
    spans = {"camera": ReplaySpan(0, length_ms), "screen": ReplaySpan(first * 1000, last * 1000)}
    replay = Replay(
        duration_ms=length_ms,
        utc_ms=UTC_MS,
        videos=(
            ReplayVideo("camera", "camera/index.m3u8", (spans["camera"],)),
            ReplayVideo("screen", "screen/index.m3u8", (spans["screen"],)),
        ),
        clock=(ClockPiece(session_ms=0, media_ms=0, duration_ms=length_ms),),
    )
    write_replay(hls / "replay.json", replay)
    return replay


def _camera(width: int, height: int) -> Callable[[int], av.VideoFrame]:
    """A soft light that wanders, and the noise of a small lens."""
    rng = np.random.default_rng(7)
    noise = rng.normal(0, 3.0, (8, height, width)).astype(np.int16)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)

    def draw(index: int) -> av.VideoFrame:
        at = index / CAMERA_FPS
        left, top = width * (0.5 + 0.1 * np.sin(at)), height * (0.55 + 0.05 * np.cos(at * 1.3))
        far = np.hypot((x - left) / width, (y - top) / height)
        luma = np.clip(200 - 260 * far + noise[index % 8], 20, 220).astype(np.uint8)
        return _picture(luma, index)

    return draw


def _screen(width: int, height: int) -> Callable[[int], av.VideoFrame]:
    """Pages of text, a new one every eight seconds, and a pointer that moves."""
    font = load_font(max(10, height // 26))
    pages: list[np.ndarray[tuple[int, int], np.dtype[np.uint8]]] = []
    for number in range(8):
        page = Image.new("L", (width, height), 235)
        draw = ImageDraw.Draw(page)
        for line in range(17):
            text = f"第{number + 1}页 · Line {line + 1}: how to greet a customer in {number * 7 + line} words"
            draw.text((width // 16, height // 10 + line * height // 20), text, font=font, fill=30)
        pages.append(np.asarray(page, np.uint8))

    def draw_frame(index: int) -> av.VideoFrame:
        luma = pages[index // (8 * SCREEN_FPS) % 8].copy()
        left = index * 5 % (width - 16)
        luma[height // 2 : height // 2 + 16, left : left + 16] = 60
        return _picture(luma, index)

    return draw_frame


def _picture(luma: np.ndarray[tuple[int, int], np.dtype[np.uint8]], index: int) -> av.VideoFrame:
    height, width = luma.shape
    _, _, box_width, box_height = COUNTER_BOX
    draw_counter(luma[: box_height * height // 720, : box_width * width // 1280], index)
    image = np.full((height * 3 // 2, width), 128, np.uint8)
    image[:height] = luma
    return av.VideoFrame.from_ndarray(image, format="yuv420p")


def _encoded(draw: Callable[[int], av.VideoFrame], fps: int, loop_s: int) -> Segments:
    per_segment = SEGMENT_S * fps
    return [
        encode_segment(
            [(i * TICKS // fps, draw(number * per_segment + i)) for i in range(per_segment)],
            SEGMENT_S * TICKS,
        )
        for number in range(loop_s // SEGMENT_S)
    ]


def _write_video(
    folder: Path,
    loop: Segments,
    duration_s: int,
    instead: Callable[[int], tuple[CodecConfig, list[Sample]] | None],
) -> None:
    folder.mkdir(parents=True)
    playlist = Playlist()
    for number in range(duration_s // SEGMENT_S):
        config, samples = instead(number * SEGMENT_S) or loop[number % len(loop)]
        init = f"init-{config.width}x{config.height}.mp4"
        (folder / init).write_bytes(init_segment(config))
        name = f"{number:06d}.m4s"
        (folder / name).write_bytes(media_segment(number + 1, number * SEGMENT_S * TICKS, samples))
        playlist.add(init, name, SEGMENT_S)
    (folder / "index.m3u8").write_text(playlist.text())


def _write_sound(folder: Path, duration_s: int) -> None:
    folder.mkdir(parents=True)
    config, loop = _encoded_sound()
    (folder / "init.mp4").write_bytes(init_segment(config))
    playlist = Playlist()
    total = duration_s * 48_000 // AAC_FRAME
    for number, start in enumerate(range(0, total, GROUP)):
        samples = [loop[index % len(loop)] for index in range(start, min(total, start + GROUP))]
        name = f"{number:06d}.m4s"
        (folder / name).write_bytes(media_segment(number + 1, start * AAC_FRAME, samples))
        playlist.add("init.mp4", name, len(samples) * AAC_FRAME / 48_000)
    (folder / "index.m3u8").write_text(playlist.text())


def _encoded_sound() -> tuple[CodecConfig, list[Sample]]:
    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "fltp"
    encoder.bit_rate = 96_000
    encoder.flags |= Flags.global_header
    resampler = av.AudioResampler("fltp", "mono", 48_000, AAC_FRAME)
    packets: list[av.Packet[av.AudioStream]] = []
    frames = LOOP_S * 48_000 // AAC_FRAME
    for number in range(frames + 1):
        for frame in resampler.resample(sound_frame(number * AAC_FRAME, AAC_FRAME)):
            frame.time_base = Fraction(1, 48_000)
            packets += encoder.encode(frame)
    packets += encoder.encode(None)
    kept = [packet for packet in packets if packet.pts is not None and packet.pts >= 0]
    samples = [Sample(bytes(packet), AAC_FRAME, keyframe=True) for packet in kept[:frames]]
    return CodecConfig("aac", asc=encoder.extradata or b""), samples


class Playlist:
    """The text of a closed media playlist; a new map is a discontinuity."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._map = ""

    def add(self, init: str, name: str, length_s: float) -> None:
        if init != self._map:
            if self._map:
                self._lines.append("#EXT-X-DISCONTINUITY")
            self._lines.append(f'#EXT-X-MAP:URI="{init}"')
            self._map = init
        self._lines += [f"#EXTINF:{length_s:.6f},", name]

    def text(self) -> str:
        head = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:4", "#EXT-X-PLAYLIST-TYPE:EVENT"]
        return "\n".join([*head, *self._lines, "#EXT-X-ENDLIST"]) + "\n"


def seen_between(fps: int, start_s: float, end_s: float, duration_s: int) -> Iterator[int]:
    """The counters that a picture of `fps` shows in a stretch of the lesson."""
    loop = min(LOOP_S, duration_s) * fps
    yield from (index % loop for index in range(round(start_s * fps), round(end_s * fps)))


def onsets(duration_s: float) -> Sequence[float]:
    """The seconds at which the sound beeps."""
    return [float(second) for second in range(int(duration_s))]
