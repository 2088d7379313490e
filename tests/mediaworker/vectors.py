"""Vectors of composition: who is seen where at a moment of a replay, in each arrangement.

`tests/vectors/arrangements.json` is shared with the web client, whose editor shows a microcourse as it will
be made. After a change that is meant to change it, write it again and look at the difference:

    .venv/bin/python -m tests.mediaworker.vectors
"""

from pathlib import Path
from typing import get_args

import msgspec

from lectern.manifest import Replay, ReplaySpan, ReplayVideo
from mediaworker.layout import BACKGROUND, HEIGHT, WHOLE, WIDTH, Box, boxes, compose_layout
from mediaworker.media_job import Arrangement

FILE = Path(__file__).parents[1] / "vectors" / "arrangements.json"
ARRANGEMENTS: tuple[Arrangement, ...] = get_args(Arrangement)
_LENGTH_MS = 60_000
_SPANS = {"camera": ((0, 20_000), (30_000, 50_000)), "screen": ((10_000, 40_000),)}
_MOMENTS = {
    "the camera alone": 5_000,
    "the first picture of both": 10_000,
    "both": 15_000,
    "the camera has ended": 20_000,
    "the screen alone": 25_000,
    "both again": 39_999,
    "the screen has ended": 40_000,
}


def shown(at_ms: int, arrangement: Arrangement) -> dict[str, Box]:
    """Which sources a microcourse of that replay shows at a moment, and where."""
    videos = tuple(
        ReplayVideo(source, f"{source}/index.m3u8", tuple(ReplaySpan(*span) for span in _SPANS[source]))
        for source in ("camera", "screen")
    )
    replay = Replay(duration_ms=_LENGTH_MS, utc_ms=0, videos=videos, clock=())
    layout = compose_layout(replay, 0, _LENGTH_MS)
    at_s = at_ms / 1000
    if any(start <= at_s < end for start, end in layout.both):
        return boxes(arrangement)
    alone = any(start <= at_s < end for start, end in layout.camera_alone)
    return {"camera" if alone else "screen": WHOLE}


def written() -> bytes:
    """The file's content."""
    moments = [
        {"name": name, "at_ms": at_ms, "shows": {each: shown(at_ms, each) for each in ARRANGEMENTS}}
        for name, at_ms in _MOMENTS.items()
    ]
    picture = {"width": WIDTH, "height": HEIGHT, "background": f"#{BACKGROUND}"}
    described = {"picture": picture, "spans": _SPANS, "moments": moments}
    return msgspec.json.format(msgspec.json.encode(described), indent=1) + b"\n"


if __name__ == "__main__":
    FILE.write_bytes(written())
