"""Encodes pictures into one H.264 segment that depends on nothing before it."""

from collections.abc import Sequence
from fractions import Fraction

import av
from av.video.frame import PictureType

from recording.codec_config import CodecConfig, sps_size
from recording.fmp4 import VIDEO_TIMESCALE, Sample

MAX_HEIGHT = 1080
_TICK = Fraction(1, VIDEO_TIMESCALE)


def encoded_size(width: int, height: int) -> tuple[int, int]:
    """The size that a picture is encoded in: even, and at most 1080 lines."""
    if height > MAX_HEIGHT:
        width, height = width * MAX_HEIGHT // height, MAX_HEIGHT
    return max(2, width // 2 * 2), max(2, height // 2 * 2)


def encode_segment(
    pictures: Sequence[tuple[int, av.VideoFrame]], end: int
) -> tuple[CodecConfig, list[Sample]]:
    """`pictures` are (tick, frame) with rising ticks; the last one is shown until `end`.

    A fresh encoder with fixed settings each time: same input, same bytes, and the same parameter sets for the
    same size. The first picture is an IDR picture with its parameter sets.
    """
    first = pictures[0][1]
    width, height = encoded_size(first.width, first.height)
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = _TICK
    encoder.framerate = Fraction(30)
    encoder.thread_count = 1
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": "24",
        "x264-params": "keyint=infinite:scenecut=0:repeat-headers=1:annexb=1",
    }
    packets: list[av.Packet[av.VideoStream]] = []
    for index, (tick, picture) in enumerate(pictures):
        frame = picture.reformat(width=width, height=height, format="yuv420p")
        frame.pts, frame.time_base = tick, _TICK
        frame.pict_type = PictureType.I if index == 0 else PictureType.NONE
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    ticks = [tick for tick, _ in pictures]
    following = [*ticks[1:], end]
    samples: list[Sample] = []
    config: CodecConfig | None = None
    for packet, tick, after in zip(packets, ticks, following, strict=True):
        nals = [nal for nal in split_annex_b(bytes(packet)) if nal[0] & 0x1F not in {6, 9}]
        if config is None:
            sps = tuple(nal for nal in nals if nal[0] & 0x1F == 7)
            pps = tuple(nal for nal in nals if nal[0] & 0x1F == 8)
            config = CodecConfig("H264", *sps_size(sps[0]), sps, pps)
        data = b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)
        samples.append(Sample(data, after - tick, bool(packet.is_keyframe)))
    assert config is not None
    return config, samples


def split_annex_b(data: bytes) -> list[bytes]:
    """NAL units of a byte stream (H.264 Annex B)."""
    parts = data.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")
    return [part for part in parts if part]
