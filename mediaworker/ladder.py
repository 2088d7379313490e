"""HLS over whole files: playlists whose segments are ranges of bytes (RFC 8216 §4.3.2.2).

A file for each rendition instead of a thousand small ones: what is published, carried into a bucket, and
deleted is a handful. Text in, text out; only `fragments_of` reads a file.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

SEGMENT_S: Final = 6.0
SOUND: Final = "sound"
_HEAD = ("#EXTM3U", "#EXT-X-VERSION:7")


@dataclass(frozen=True, slots=True)
class Fragment:
    """One or several `moof` with their `mdat`: bytes of the file, ticks of the track."""

    offset: int
    length: int
    start: int


@dataclass(frozen=True, slots=True)
class Fragmented:
    """A fragmented MP4: what precedes its fragments, and these."""

    init_bytes: int
    fragments: tuple[Fragment, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment of a playlist: bytes of its file, seconds of the medium."""

    offset: int
    length: int
    start_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Variant:
    """A rendition in the master playlist; `codec` as RFC 6381 has it."""

    name: str
    width: int
    height: int
    bandwidth_bps: int
    codec: str


def fragments_of(path: Path) -> Fragmented:
    """Find the fragments of a file. Raises OSError, ValueError if it is none of ours."""
    init = 0
    found: list[Fragment] = []
    with path.open("rb") as file:
        for kind, offset, length in _boxes(file, 0, path.stat().st_size):
            if kind == b"moof":
                found.append(Fragment(offset, length, _decode_time(file, offset, length)))
            elif kind == b"mdat" and found:
                last = found[-1]
                found[-1] = Fragment(last.offset, offset + length - last.offset, last.start)
            elif not found:
                init = offset + length
    if not found or not init:
        raise ValueError("no fragments")
    return Fragmented(init, tuple(found))


def stretches(fragmented: Fragmented, scale: int, total_s: float) -> list[Stretch]:
    """Group fragments into segments of about six seconds."""
    starts = [fragment.start / scale for fragment in fragmented.fragments]
    groups: list[list[int]] = []
    for index, start in enumerate(starts):
        if groups and start < starts[groups[-1][0]] + SEGMENT_S - 0.001:
            groups[-1].append(index)
        else:
            groups.append([index])
    ends = [*(starts[group[0]] for group in groups[1:]), max(total_s, starts[-1])]
    out = []
    for group, end in zip(groups, ends, strict=True):
        first, last = fragmented.fragments[group[0]], fragmented.fragments[group[-1]]
        length = last.offset + last.length - first.offset
        out.append(Stretch(first.offset, length, starts[group[0]], end - starts[group[0]]))
    return out


def media_playlist(file: str, init_bytes: int, segments: Sequence[Stretch]) -> str:
    """The playlist of one file."""
    target = max((round(one.length_s) for one in segments), default=1)
    lines = [
        *_HEAD,
        f"#EXT-X-TARGETDURATION:{max(1, target)}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{file}",BYTERANGE="{init_bytes}@0"',
    ]
    for one in segments:
        lines += [f"#EXTINF:{one.length_s:.6f},", f"#EXT-X-BYTERANGE:{one.length}@{one.offset}", file]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def master_playlist(variants: Iterable[Variant], *, sound: bool) -> str:
    """All renditions, with the one sound that they share, or for players that play it beside them."""
    codec, group = (",mp4a.40.2", ',AUDIO="sound"') if sound else ("", "")
    lines = [*_HEAD, "#EXT-X-INDEPENDENT-SEGMENTS"]
    if sound:
        lines.append(
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",'
            f'URI="{SOUND}.m3u8"'
        )
    for one in variants:
        lines += [
            (
                f"#EXT-X-STREAM-INF:BANDWIDTH={one.bandwidth_bps},RESOLUTION={one.width}x{one.height},"
                f'FRAME-RATE=30.000,CODECS="{one.codec}{codec}"{group}'
            ),
            f"{one.name}.m3u8",
        ]
    return "\n".join(lines) + "\n"


def codec_of(avc_configuration: bytes) -> str:
    """The name of a codec from its `avcC` (ISO/IEC 14496-15 §5.3.3)."""
    return f"avc1.{avc_configuration[1:4].hex()}"


def peak_bps(segments: Sequence[Stretch]) -> int:
    """Bits a second of the segment with the most."""
    return max(round(one.length * 8 / max(one.length_s, 0.5)) for one in segments)


def read_stretches(text: str) -> tuple[int, list[Stretch]]:
    """What `media_playlist` wrote: the bytes before the fragments, and the segments. Raises ValueError."""
    init, at_s, length_s = 0, 0.0, 0.0
    found: list[Stretch] = []
    for line in text.splitlines():
        if line.startswith("#EXT-X-MAP:"):
            init = int(line.rpartition('BYTERANGE="')[2].partition("@")[0])
        elif line.startswith("#EXTINF:"):
            length_s = float(line[8:].rstrip(","))
        elif line.startswith("#EXT-X-BYTERANGE:"):
            length, _, offset = line.partition(":")[2].partition("@")
            found.append(Stretch(int(offset), int(length), at_s, length_s))
            at_s += length_s
    if not init or not found:
        raise ValueError("not a playlist of ours")
    return init, found


def overlapping(segments: Iterable[Stretch], start_s: float, end_s: float) -> list[Stretch]:
    """The segments that hold anything of a range."""
    slack = 0.0005  # what the text rounds off
    return [
        one
        for one in segments
        if one.start_s + one.length_s > start_s + slack and one.start_s < end_s - slack
    ]


def needed_bytes(text: str, ranges: Iterable[tuple[float, float]]) -> list[tuple[int, int]]:
    """Which (offset, length) of a file show ranges in seconds, what precedes the fragments included."""
    init, segments = read_stretches(text)
    wanted = {(0, init)}
    for start_s, end_s in ranges:
        wanted |= {(one.offset, one.length) for one in overlapping(segments, start_s, end_s)}
    return sorted(wanted)


def carve(file: Path, text: str, start_s: float, end_s: float, target: Path) -> None:
    """Write the segments of a range as a file of their own, with their timestamps. Raises OSError."""
    with file.open("rb") as source, target.open("wb") as out:
        for offset, length in needed_bytes(text, [(start_s, end_s)]):
            source.seek(offset)
            out.write(source.read(length))


def _boxes(file: BinaryIO, offset: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while offset + 8 <= end:
        file.seek(offset)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8 or offset + length > end:
            raise ValueError("a box leaves the file")
        yield head[4:8], offset, length
        offset += length


def _decode_time(file: BinaryIO, offset: int, length: int) -> int:
    for kind, traf, traf_length in _boxes(file, offset + 8, offset + length):
        if kind != b"traf":
            continue
        for name, at, _ in _boxes(file, traf + 8, traf + traf_length):
            if name == b"tfdt":
                file.seek(at + 8)
                long = file.read(1) == b"\x01"
                file.seek(at + 12)
                return int.from_bytes(file.read(8 if long else 4), "big")
    raise ValueError("a fragment without a time")
