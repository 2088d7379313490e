"""The clip that every publisher of the benchmark sends: 20 s of VP8 720p25 at about 1 Mbps, and Opus.

Encoded once with the libraries that PyAV carries, and kept outside the repository: both servers of a
comparison, and tomorrow's run, get the same bytes.
"""

import itertools
import os
import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import av.filter
import msgspec
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

FPS: Final = 25
SECONDS: Final = 20
KEYFRAME_EVERY: Final = 125
"""Five seconds: a keyframe in a server's cache grows older than servers like, as with real cameras."""
BITRATE_BPS: Final = 1_000_000
OPUS_BPS: Final = 32_000
OPUS_FRAME_S: Final = 0.02
_RATE: Final = 48_000
_PICTURE: Final = f"size=1440x810:rate={FPS}"
_GRAIN: Final = "alls=4"
_SWAY: Final = "x='80+80*sin(n/9)':y='45+45*cos(n/7)':w=1280:h=720"
"""A moving test picture seen by a camera that sways, before a textured wall."""
_REVISION: Final = 2
"""Part of the cached file's name: raise it when the clip is made in another way."""


class VideoFrame(msgspec.Struct, frozen=True):
    """One encoded picture."""

    data: bytes
    is_keyframe: bool


class Clip(msgspec.Struct, frozen=True):
    """Begins with a keyframe. `sound` has a packet of OPUS_FRAME_S each."""

    video: tuple[VideoFrame, ...]
    sound: tuple[bytes, ...]

    @property
    def video_bps(self) -> float:
        """Mean bit rate of the picture."""
        return 8 * FPS * sum(len(frame.data) for frame in self.video) / len(self.video)

    def next_keyframe(self, frame: int) -> int:
        """Number of the first keyframe at or after `frame`, beginning again at the end."""
        count = len(self.video)
        return next(
            (frame + ahead) % count
            for ahead in range(count + 1)
            if self.video[(frame + ahead) % count].is_keyframe
        )


def load() -> Clip:
    """The clip from the cache, made first where it is missing (some ten seconds)."""
    base = os.environ.get("XDG_CACHE_HOME", "") or str(Path.home() / ".cache")
    path = Path(base) / "lectern-bench" / f"clip-{_REVISION}.msgpack"
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Clip)
    except (FileNotFoundError, msgspec.DecodeError):
        clip = encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(msgspec.msgpack.encode(clip))
    Path(file.name).replace(path)
    return clip


def encode(seconds: int = SECONDS) -> Clip:
    """Make the clip anew."""
    return Clip(tuple(_encode_video(seconds * FPS)), tuple(_encode_sound(round(seconds / OPUS_FRAME_S))))


def _encode_video(frames: int) -> Iterator[VideoFrame]:
    pictures = _pictures()
    for _ in range(frames // KEYFRAME_EVERY):
        codec = _vp8()
        for number in range(KEYFRAME_EVERY):
            picture = next(pictures)
            picture.pts, picture.time_base = number, codec.time_base
            picture.pict_type = PictureType.NONE  # sources mark every picture I, which would force keyframes
            yield from _frames(codec.encode(picture))
        yield from _frames(codec.encode(None))


def _frames(packets: "Iterable[Packet[VideoStream]]") -> Iterator[VideoFrame]:
    return (VideoFrame(bytes(packet), packet.is_keyframe) for packet in packets)


def _vp8() -> av.VideoCodecContext:
    """A fresh encoder spends on its keyframe what a browser does (six frames); a tired one two."""
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = 1280, 720, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, FPS), Fraction(FPS)
    codec.bit_rate = BITRATE_BPS
    codec.gop_size = KEYFRAME_EVERY
    codec.options = {
        "deadline": "realtime",
        "cpu-used": "12",
        "lag-in-frames": "0",
        "error-resilient": "1",
    }
    return codec


def _pictures() -> Iterator[av.VideoFrame]:
    graph = av.filter.Graph()
    chain = [
        graph.add("testsrc2", _PICTURE),
        graph.add("noise", _GRAIN),
        graph.add("crop", _SWAY),
        graph.add("format", "pix_fmts=yuv420p"),
        graph.add("buffersink"),
    ]
    for one, following in itertools.pairwise(chain):
        one.link_to(following)
    graph.configure()
    while True:
        yield graph.vpull()


def _encode_sound(packets: int) -> Iterator[bytes]:
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = _RATE, "mono", av.AudioFormat("s16")
    codec.bit_rate = OPUS_BPS
    codec.options = {"vbr": "on", "application": "audio"}
    graph = av.filter.Graph()
    tone = graph.add("sine", f"frequency=220:beep_factor=4:sample_rate={_RATE}")
    hiss = graph.add("anoisesrc", f"color=pink:amplitude=0.1:sample_rate={_RATE}:seed=7")
    mix = graph.add("amix", "inputs=2")
    shape = graph.add("aformat", f"sample_fmts=s16:sample_rates={_RATE}:channel_layouts=mono")
    pieces = graph.add("asetnsamples", f"n={round(_RATE * OPUS_FRAME_S)}")
    sink = graph.add("abuffersink")
    tone.link_to(mix, 0, 0)
    hiss.link_to(mix, 0, 1)
    mix.link_to(shape)
    shape.link_to(pieces)
    pieces.link_to(sink)
    graph.configure()
    made = 0
    while made < packets:
        piece = graph.pull()
        assert isinstance(piece, av.AudioFrame)
        for packet in codec.encode(piece):
            made += 1
            if made <= packets:
                yield bytes(packet)
