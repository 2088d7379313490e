"""Renders planned video segments: stills, remuxed H.264, anything else transcoded."""

from dataclasses import dataclass
from functools import lru_cache

import av
import numpy as np

from recording.codec_config import CodecConfig
from recording.fmp4 import Sample, init_segment, media_segment
from recording.frames import FragmentReader, Frame
from recording.h264_encoder import encode_segment
from recording.timeline_plan import TICKS_PER_S, Piece, Segment, Span

STILL_SIZE = (640, 360)
STILL_LUMA = 24
STILL_STEP = TICKS_PER_S // 2
DECODERS = {"VP8": "vp8", "H264": "h264"}


@dataclass(frozen=True, slots=True)
class Rendered:
    """Bytes of a segment, and of the init segment that belongs before it."""

    init: bytes
    data: bytes


@lru_cache(maxsize=1)
def _still() -> tuple[CodecConfig, list[Sample]]:
    width, height = STILL_SIZE
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    picture[:height] = STILL_LUMA
    frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
    return encode_segment([(index * STILL_STEP, frame) for index in range(8)], 8 * STILL_STEP)


def map_name(segment: Segment) -> str:
    """Name of the init segment of a segment: follows from the plan alone."""
    return f"init-{segment.span.config}.mp4" if segment.span else "init-still.mp4"


class VideoSegments:
    """Renders the segments of one source, best in their order; any order works, at the price of decoding
    again."""

    def __init__(self, reader: FragmentReader) -> None:
        self._reader = reader
        self._transcoder: Transcoder | None = None

    def render(self, segment: Segment) -> Rendered:
        """A segment whose media cannot be read any more becomes a still."""
        span = segment.span
        if span is None:
            return still_segment(segment)
        if span.codec == "H264":
            return self._remux(segment, span) or still_segment(segment)
        if self._transcoder is None or self._transcoder.span is not span:
            self._transcoder = Transcoder(span, self._reader)
        pictures = self._transcoder.pictures(segment.start, segment.end)
        if not pictures:
            return still_segment(segment)
        config, samples = encode_segment(pictures, segment.end)
        return Rendered(init_segment(config), media_segment(segment.number + 1, segment.start, samples))

    def _remux(self, segment: Segment, span: Span) -> Rendered | None:
        first = segment.start == span.start
        since = min(span.keyframe, segment.start) if first else segment.start
        readable = [
            (piece, frame)
            for piece in pieces_between(span, since, segment.end)
            for frame in self._reader.frames(piece)
            if max(since, span.keyframe) <= frame.tick < segment.end
        ]
        if not readable:
            return None
        frames = [frame for _, frame in readable]
        starts: list[int] = []
        for index, frame in enumerate(frames):
            earliest = starts[-1] + 1 if starts else segment.start
            starts.append(segment.start if index == 0 else max(earliest, frame.tick))
        following = [*starts[1:], max(segment.end, starts[-1] + 1)]
        samples = [
            Sample(frame.data, after - start, frame.keyframe)
            for frame, start, after in zip(frames, starts, following, strict=True)
        ]
        init = self._reader.init_segment(readable[0][0])
        return Rendered(init, media_segment(segment.number + 1, segment.start, samples))


def still_segment(segment: Segment) -> Rendered:
    """A dark picture for as long as the segment lasts."""
    config, frames = _still()
    length = segment.end - segment.start
    count = min(len(frames), max(1, -(-length // STILL_STEP)))
    samples = [Sample(frame.data, STILL_STEP, frame.keyframe) for frame in frames[: count - 1]]
    last = frames[count - 1]
    samples.append(Sample(last.data, length - STILL_STEP * (count - 1), last.keyframe))
    return Rendered(init_segment(config), media_segment(segment.number + 1, segment.start, samples))


def pieces_between(span: Span, start: int, end: int) -> list[Piece]:
    """The pieces of a span that hold frames of `start` to `end`."""
    low, high = 0, len(span.pieces)
    while low < high:
        middle = (low + high) // 2
        if span.pieces[middle].end <= start:
            low = middle + 1
        else:
            high = middle
    out: list[Piece] = []
    for piece in span.pieces[low:]:
        if piece.start >= end:
            break
        out.append(piece)
    return out


class Transcoder:
    """Decodes one span forward and hands out its pictures, stretch by stretch."""

    def __init__(self, span: Span, reader: FragmentReader) -> None:
        self.span = span
        self.undecodable = 0
        self._reader = reader
        self._decoder = self._make_decoder()
        self._position: int | None = None
        self._next_piece = 0
        self._frames: list[Frame] = []
        self._held: av.VideoFrame | None = None

    def pictures(self, start: int, end: int) -> list[tuple[int, av.VideoFrame]]:
        """(tick, picture) from `start` on; the first is the one seen at `start`, whenever it was taken."""
        if self._position != start:
            self._seek(start)
        self._position = end
        shown = self._held
        out: list[tuple[int, av.VideoFrame]] = []
        while (frame := self._next_frame()) is not None and frame.tick < end:
            self._frames.pop(0)
            picture = self._decode(frame) if frame.tick >= self.span.keyframe else None
            if picture is None:
                continue
            self._held = picture
            if frame.tick <= start:
                shown = picture
            else:
                out.append((frame.tick, picture))
        if shown is None:
            return [(start, out[0][1]), *out[1:]] if out else []
        return [(start, shown), *out]

    def _next_frame(self) -> Frame | None:
        pieces = self.span.pieces
        while not self._frames and self._next_piece - self.span.dropped < len(pieces):
            self._frames = list(self._reader.frames(pieces[self._next_piece - self.span.dropped]))
            self._next_piece += 1
        return self._frames[0] if self._frames else None

    def _decode(self, frame: Frame) -> av.VideoFrame | None:
        try:
            pictures = self._decoder.decode(av.Packet(frame.data))
        except av.FFmpegError:
            self.undecodable += 1
            return None
        return pictures[-1] if pictures else None

    def _seek(self, start: int) -> None:
        """Go back to the last keyframe at or before `start`, or to the beginning."""
        self._decoder = self._make_decoder()
        self._frames, self._held, self._next_piece = [], None, self.span.dropped
        for index, piece in enumerate(self.span.pieces, self.span.dropped):
            if piece.start > start:
                break
            if piece.keyframes and piece.keyframes[0] == piece.start:
                self._next_piece = index

    def _make_decoder(self) -> av.VideoCodecContext:
        decoder = av.CodecContext.create(DECODERS[self.span.codec], "r")
        assert isinstance(decoder, av.VideoCodecContext)
        decoder.thread_count = 1
        return decoder
