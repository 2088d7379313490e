"""Who is seen where, when: the composition of camera and screen (pure).

While both run they stand as the arrangement has it (`boxes`); whichever runs alone fills the picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lectern.manifest import Replay, ReplaySpan
from mediaworker.media_job import Arrangement

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the made picture. All even: chroma has half as many."""

WIDTH, HEIGHT = 1280, 720
WHOLE: Box = (0, 0, WIDTH, HEIGHT)
BACKGROUND = "181818"
"""What is seen beside a picture that does not fill its box: RRGGBB."""
_BOXES: dict[Arrangement, dict[str, Box]] = {
    "inset": {"screen": WHOLE, "camera": (944, 524, 320, 180)},
    "side_by_side": {"screen": (16, 116, 864, 486), "camera": (896, 256, 368, 206)},
    "slides": {"screen": WHOLE},
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Times in seconds since the start of the cut. `sources` are the playlists that are needed, by source."""

    duration_s: float
    sources: dict[str, str]
    camera_alone: tuple[tuple[float, float], ...]
    both: tuple[tuple[float, float], ...]


def compose_layout(replay: Replay, start_ms: int, end_ms: int) -> Layout:
    """The composition of `start_ms` to `end_ms` of a replay."""
    spans = {video.source: _clip(video.spans, start_ms, end_ms) for video in replay.videos}
    camera, screen = spans.get("camera", []), spans.get("screen", [])
    sources: dict[str, str] = {video.source: video.playlist for video in replay.videos if spans[video.source]}
    if not sources:
        sources = {"camera": "camera/index.m3u8"}  # always there; dark where nobody was seen
    return Layout(
        duration_s=(end_ms - start_ms) / 1000,
        sources=sources,
        camera_alone=_seconds(_without(camera, screen), start_ms),
        both=_seconds(_common(camera, screen), start_ms),
    )


def boxes(arrangement: Arrangement) -> dict[str, Box]:
    """Where each source stands while both run; a source that is not named is not seen then.

    The web client's editor shows the same (`web/src/core/arrangement.ts`, held to this by
    `tests/vectors/arrangements.json`).
    """
    return dict(_BOXES[arrangement])


def between(times: Sequence[tuple[float, float]]) -> str:
    """An ffmpeg expression that is true within the times."""
    return "+".join(f"between(t,{start:.3f},{end - 0.001:.3f})" for start, end in times)


def _clip(spans: Iterable[ReplaySpan], start_ms: int, end_ms: int) -> list[ReplaySpan]:
    clipped = (ReplaySpan(max(span.start_ms, start_ms), min(span.end_ms, end_ms)) for span in spans)
    return [span for span in clipped if span.end_ms > span.start_ms]


def _common(one: Sequence[ReplaySpan], other: Sequence[ReplaySpan]) -> list[ReplaySpan]:
    return [piece for span in one for piece in _clip(other, span.start_ms, span.end_ms)]


def _without(one: Sequence[ReplaySpan], other: Sequence[ReplaySpan]) -> list[ReplaySpan]:
    out: list[ReplaySpan] = []
    for span in one:
        at = span.start_ms
        for hole in _clip(other, span.start_ms, span.end_ms):
            if hole.start_ms > at:
                out.append(ReplaySpan(at, hole.start_ms))
            at = max(at, hole.end_ms)
        if at < span.end_ms:
            out.append(ReplaySpan(at, span.end_ms))
    return out


def _seconds(spans: Iterable[ReplaySpan], start_ms: int) -> tuple[tuple[float, float], ...]:
    return tuple(((span.start_ms - start_ms) / 1000, (span.end_ms - start_ms) / 1000) for span in spans)
