"""Small pictures of a medium on a few sheets, and a WebVTT that says which is seen when.

Only key pictures of the small rendition are decoded: an hour costs seconds.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import av
from PIL import Image

from lectern.manifest.medium import TILES

WIDTH, HEIGHT = 160, 90
COLUMNS, ROWS = 8, 8
EVERY_S = 5.0
SPARSE_EVERY_S = 20.0
LONG_S = 2 * 3600.0
"""From here on tiles are farther apart."""


def sheet_name(number: int) -> str:
    """File name of a sheet."""
    return f"tiles-{number:03d}.jpg"


def interval_s(duration_s: float) -> float:
    """How far tiles of a medium are apart."""
    return EVERY_S if duration_s <= LONG_S else SPARSE_EVERY_S


def write_sheets(video: Path, folder: Path, duration_s: float, look: Callable[[], None]) -> None:
    """Write the sheets, and `tiles.vtt` last. Raises OSError or av.FFmpegError."""
    every_s = interval_s(duration_s)
    per_sheet = COLUMNS * ROWS
    sheet: Image.Image | None = None
    count = 0
    for count, picture in enumerate(_spaced(video, every_s, duration_s), 1):
        index = (count - 1) % per_sheet
        if index == 0:
            look()
            sheet = Image.new("RGB", (COLUMNS * WIDTH, ROWS * HEIGHT))
        assert sheet is not None
        sheet.paste(picture, (index % COLUMNS * WIDTH, index // COLUMNS * HEIGHT))
        if index == per_sheet - 1:
            sheet.save(folder / sheet_name((count - 1) // per_sheet), "JPEG", quality=75)
            sheet = None
    if sheet is not None:
        sheet.save(folder / sheet_name((count - 1) // per_sheet), "JPEG", quality=75)
    (folder / TILES).write_text(cues(count, every_s, duration_s))


def cues(count: int, every_s: float, duration_s: float) -> str:
    """The WebVTT of `count` tiles (media fragments of spatial kind: W3C Media Fragments §4.2.2)."""
    lines = ["WEBVTT", ""]
    for index in range(count):
        end_s = duration_s if index == count - 1 else (index + 1) * every_s
        sheet, place = divmod(index, COLUMNS * ROWS)
        row, column = divmod(place, COLUMNS)
        lines += [
            f"{_time(index * every_s)} --> {_time(end_s)}",
            f"{sheet_name(sheet)}#xywh={column * WIDTH},{row * HEIGHT},{WIDTH},{HEIGHT}",
            "",
        ]
    return "\n".join(lines)


def _spaced(video: Path, every_s: float, duration_s: float) -> Iterator[Image.Image]:
    """The key picture that is seen at 0, `every_s`, twice that …: the last one before."""
    held: Image.Image | None = None
    due_s = 0.0
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        for frame in container.decode(stream):
            while held is not None and (frame.time or 0.0) > due_s + 0.001:
                yield held
                due_s += every_s
            if (frame.time or 0.0) + 2.5 > due_s or held is None:
                pixels = frame.reformat(width=WIDTH, height=HEIGHT, format="rgb24").to_ndarray()
                held = Image.fromarray(pixels)
    while held is not None and due_s < duration_s:
        yield held
        due_s += every_s


def _time(seconds: float) -> str:
    whole_ms = round(seconds * 1000)
    minutes, ms = divmod(whole_ms, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{ms // 1000:02d}.{ms % 1000:03d}"
