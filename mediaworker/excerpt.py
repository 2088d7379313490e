"""Cuts a playlist down to the segments that a range needs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """A segment of a playlist: `map` is the file that it begins with, `name` its own, `length` as written."""

    map: str
    name: str
    start_s: float
    length_s: float


def entries(text: str) -> Iterator[Entry]:
    """Take the text of a media playlist apart."""
    position_s, length_s, current = 0.0, 0.0, ""
    for line in text.splitlines():
        if line.startswith("#EXT-X-MAP:"):
            current = line.split('"')[1]
        elif line.startswith("#EXTINF:"):
            length_s = float(line[8:].rstrip(","))
        elif line and not line.startswith("#"):
            yield Entry(current, line, position_s, length_s)
            position_s += length_s


def touched(text: str, start_s: float, duration_s: float) -> list[Entry]:
    """Return the segments of a playlist that overlap a range."""
    end_s = start_s + duration_s
    return [one for one in entries(text) if one.start_s + one.length_s > start_s and one.start_s < end_s]


def write_excerpt(playlist: Path, target: Path, start_s: float, duration_s: float) -> Path:
    """Write `target`, a closed playlist of the segments of `playlist` that overlap the range; return it.

    The segments stay where they are (absolute paths) and keep their own timestamps. Raises OSError.
    """
    return write_segments(playlist, target, touched(playlist.read_text(), start_s, duration_s))


def write_segments(playlist: Path, target: Path, chosen: Iterable[Entry]) -> Path:
    """Write `target`, a closed playlist of these segments of `playlist`; return it. Raises OSError."""
    heads = ("#EXTM3U", "#EXT-X-VERSION", "#EXT-X-TARGETDURATION")
    out = [line for line in playlist.read_text().splitlines() if line.startswith(heads)]
    written = ""
    for entry in chosen:
        if entry.map != written:
            out.append(f'#EXT-X-MAP:URI="{(playlist.parent / entry.map).resolve()}"')
            written = entry.map
        out += [f"#EXTINF:{entry.length_s:.6f},", str((playlist.parent / entry.name).resolve())]
    target.write_text("\n".join([*out, "#EXT-X-ENDLIST"]) + "\n")
    return target
