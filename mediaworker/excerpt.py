"""Cuts a playlist down to the segments that a range needs."""

from pathlib import Path


def write_excerpt(playlist: Path, target: Path, start_s: float, duration_s: float) -> Path:
    """Write `target`, a closed playlist of the segments of `playlist` that overlap the range; return it.

    The segments stay where they are (absolute paths) and keep their own timestamps. Raises OSError.
    """
    lines = playlist.read_text().splitlines()
    out = [line for line in lines if line.startswith(("#EXTM3U", "#EXT-X-VERSION", "#EXT-X-TARGETDURATION"))]
    position_s = 0.0
    length_s = 0.0
    current, written = "", ""
    for line in lines:
        if line.startswith("#EXT-X-MAP:"):
            current = line.split('"')[1]
        elif line.startswith("#EXTINF:"):
            length_s = float(line[8:].rstrip(","))
        elif line and not line.startswith("#"):
            if position_s + length_s > start_s and position_s < start_s + duration_s:
                if current != written:
                    out.append(f'#EXT-X-MAP:URI="{(playlist.parent / current).resolve()}"')
                    written = current
                out += [f"#EXTINF:{length_s:.6f},", str((playlist.parent / line).resolve())]
            position_s += length_s
    target.write_text("\n".join([*out, "#EXT-X-ENDLIST"]) + "\n")
    return target
