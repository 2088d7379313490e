"""Writes fragmented MP4 (ISO/IEC 14496-12, -14, -15; Opus, VP codec bindings): init segments and media
segments (pure).

Written by hand because every byte must follow from the arguments alone: a segment that is written twice,
before and after a crash, is the same segment, with the same decode time. One track a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from recording.codec_config import CodecConfig

VIDEO_TIMESCALE = 90_000
AUDIO_TIMESCALE = 48_000
_MATRIX = b"".join(value.to_bytes(4, "big") for value in (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000))


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame. `duration` in ticks of the track's timescale."""

    data: bytes
    duration: int
    keyframe: bool


def timescale(config: CodecConfig) -> int:
    """Ticks per second."""
    return VIDEO_TIMESCALE if config.width else AUDIO_TIMESCALE


def init_segment(config: CodecConfig) -> bytes:
    """`ftyp` and `moov`: what EXT-X-MAP points to. Raises ValueError for a codec without a sample entry."""
    video = bool(config.width)
    scale = timescale(config)
    tkhd = _full(
        b"tkhd", 0, 3,
        bytes(8), _u32(1), bytes(4), bytes(4), bytes(8), _u16(0), _u16(0), _u16(0 if video else 0x100),
        bytes(2), _MATRIX, _u32(config.width << 16), _u32(config.height << 16),
    )  # fmt: skip
    mdhd = _full(b"mdhd", 0, 0, bytes(8), _u32(scale), bytes(4), _u16(0x55C4), bytes(2))
    hdlr = _full(b"hdlr", 0, 0, bytes(4), b"vide" if video else b"soun", bytes(12), b"lectern\0")
    header = _full(b"vmhd", 0, 1, bytes(8)) if video else _full(b"smhd", 0, 0, bytes(4))
    dinf = _box(b"dinf", _full(b"dref", 0, 0, _u32(1), _full(b"url ", 0, 1)))
    tables = b"".join((
        _full(b"stsd", 0, 0, _u32(1), _sample_entry(config)),
        _full(b"stts", 0, 0, _u32(0)), _full(b"stsc", 0, 0, _u32(0)),
        _full(b"stsz", 0, 0, _u32(0), _u32(0)), _full(b"stco", 0, 0, _u32(0)),
    ))  # fmt: skip
    mdia = _box(b"mdia", mdhd, hdlr, _box(b"minf", header, dinf, _box(b"stbl", tables)))
    mvhd = _full(
        b"mvhd", 0, 0, bytes(8), _u32(scale), bytes(4), _u32(0x10000), _u16(0x100), bytes(10), _MATRIX,
        bytes(24), _u32(2),
    )  # fmt: skip
    trex = _full(b"trex", 0, 0, _u32(1), _u32(1), bytes(12))
    return _box(b"ftyp", b"iso6", _u32(1), b"iso6", b"cmfc", b"mp41") + _box(
        b"moov", mvhd, _box(b"trak", tkhd, mdia), _box(b"mvex", trex)
    )


def media_segment(sequence: int, start: int, samples: Sequence[Sample]) -> bytes:
    """`moof` and `mdat`. `start` is the decode time of the first sample in ticks since time 0."""
    rows = b"".join(
        _u32(sample.duration) + _u32(len(sample.data)) + _u32(0x02000000 if sample.keyframe else 0x01010000)
        for sample in samples
    )
    tfhd = _full(b"tfhd", 0, 0x020000, _u32(1))
    tfdt = _full(b"tfdt", 1, 0, start.to_bytes(8, "big"))

    def moof(data_offset: int) -> bytes:
        trun = _full(b"trun", 0, 0x000701, _u32(len(samples)), _u32(data_offset), rows)
        return _box(
            b"moof", _full(b"mfhd", 0, 0, _u32(sequence & 0xFFFFFFFF)), _box(b"traf", tfhd, tfdt, trun)
        )

    head = moof(len(moof(0)) + 8)
    return head + _box(b"mdat", b"".join(sample.data for sample in samples))


def _sample_entry(config: CodecConfig) -> bytes:
    if config.codec == "H264":
        sps = config.sps[-1]
        avcc = b"".join((
            b"\x01", sps[1:4], b"\xff", bytes([0xE0 | len(config.sps)]),
            *(_u16(len(nal)) + nal for nal in config.sps), bytes([len(config.pps)]),
            *(_u16(len(nal)) + nal for nal in config.pps),
        ))  # fmt: skip
        if sps[1] in {100, 110, 122, 144}:
            avcc += b"\xfd\xf8\xf8\x00"  # 4:2:0, 8 bit: all that browsers send
        return _visual(b"avc1", config, _box(b"avcC", avcc))
    if config.codec == "VP8":
        return _visual(b"vp08", config, _full(b"vpcC", 1, 0, b"\x00\x1f\x82\x02\x02\x02\x00\x00"))
    if config.codec == "opus":
        return _sound(b"Opus", _box(b"dOps", b"\x00\x02", _u16(0), _u32(48_000), b"\x00\x00\x00"))
    if config.codec == "aac":
        decoder = _descriptor(
            4, b"\x40\x15", bytes(3), _u32(128_000), _u32(128_000), _descriptor(5, config.asc)
        )
        esds = _full(b"esds", 0, 0, _descriptor(3, _u16(1), b"\x00", decoder, _descriptor(6, b"\x02")))
        return _sound(b"mp4a", esds)
    message = f"no MP4 sample entry for codec {config.codec!r}"
    raise ValueError(message)


def _visual(kind: bytes, config: CodecConfig, extra: bytes) -> bytes:
    return _box(
        kind, bytes(6), _u16(1), bytes(16), _u16(config.width), _u16(config.height),
        _u32(0x480000), _u32(0x480000), bytes(4), _u16(1), bytes(32), _u16(24), b"\xff\xff", extra,
    )  # fmt: skip


def _sound(kind: bytes, extra: bytes) -> bytes:
    return _box(
        kind, bytes(6), _u16(1), bytes(8), _u16(2), _u16(16), bytes(4), _u32(AUDIO_TIMESCALE << 16), extra
    )


def _descriptor(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes([tag, 0x80, 0x80, 0x80, len(body)]) + body


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return _u32(len(body) + 8) + kind + body


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, bytes([version]) + flags.to_bytes(3, "big"), *parts)


def _u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "big")
