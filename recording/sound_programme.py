"""One sound for the whole session: every microphone, mixed, as AAC segments that depend on nothing before
them.

A segment is encoded by a fresh encoder that hears a little before and after it, so that segments join without
a click although each can be made again alone (ISO/IEC 14496-3: a frame overlaps only its neighbours).
"""

from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags

from recording.codec_config import CodecConfig
from recording.fmp4 import AUDIO_TIMESCALE, Sample, media_segment
from recording.frames import FragmentReader
from recording.timeline_plan import (
    FORGOTTEN_AT_ONCE,
    GRID,
    TICKS_PER_S,
    Piece,
    Segment,
    ended_before,
)

FRAME = 1024
BEFORE = 6 * FRAME
AFTER = 3 * FRAME
BIT_RATE = 96_000
SNAP = 480
"""A packet at most 10 ms off the end of the one before belongs right behind it."""
RUN_UP = 2 * TICKS_PER_S
GROWTH = 4 * AUDIO_TIMESCALE
_NOTHING_HEARD = 1 << 62

Pcm = npt.NDArray[np.float32]


def sample_at(tick: int) -> int:
    """Index of the sample (48 kHz) at a tick."""
    return tick * AUDIO_TIMESCALE // TICKS_PER_S


class SoundProgramme:
    """Mixes microphones along the replay's clock.

    `mics` is the plan's list, which grows; what was heard long ago is taken out of it.
    """

    def __init__(self, mics: list[Piece], reader: FragmentReader) -> None:
        self.config = CodecConfig("aac", asc=_make_encoder().extradata or b"")
        self.undecodable = 0
        self._mics = mics
        self._reader = reader
        self._taken = 0
        self._start = 0
        self._mix: Pcm = np.zeros((2, 0), np.float32)
        self._decoders: dict[str, tuple[av.AudioCodecContext, int]] = {}

    def render(self, segment: Segment) -> bytes:
        """The media segment. Segments are asked for in order; a leap seeks."""
        start, end = sample_at(segment.start), sample_at(segment.end)
        pcm = self._hear(start - BEFORE, end + AFTER)
        samples = _encode(pcm, start - BEFORE, start, end)
        return media_segment(segment.number + 1, start, samples)

    def forget_before(self, tick: int) -> None:
        """What ended before `tick` is not heard any more."""
        heard = ended_before(self._mics, tick)
        if heard >= FORGOTTEN_AT_ONCE:
            del self._mics[:heard]
            self._taken = max(0, self._taken - heard)

    def rest(self) -> None:
        """Keep no sound until a segment is asked for again."""
        self._mix = np.zeros((2, 0), np.float32)
        self._start = _NOTHING_HEARD
        self._decoders.clear()

    def _hear(self, start: int, end: int) -> Pcm:
        if start < self._start or start > self._start + self._mix.shape[1] + 10 * AUDIO_TIMESCALE:
            self._seek(start)
        until = end * TICKS_PER_S // AUDIO_TIMESCALE
        while self._taken < len(self._mics) and self._mics[self._taken].start < until + RUN_UP:
            self._add(self._mics[self._taken])
            self._taken += 1
        self._extend(end)
        pcm = self._mix[:, start - self._start : end - self._start].copy()
        keep = end - BEFORE - AFTER - FRAME - self._start
        if keep > 0:
            self._mix = self._mix[:, keep:]
            self._start += keep
        return np.clip(pcm, -1.0, 1.0)

    def _seek(self, start: int) -> None:
        tick = start * TICKS_PER_S // AUDIO_TIMESCALE - RUN_UP
        self._start, self._mix = start, np.zeros((2, 0), np.float32)
        self._decoders.clear()
        self._taken = 0
        while self._taken < len(self._mics) and self._mics[self._taken].end < tick:
            self._taken += 1

    def _add(self, piece: Piece) -> None:
        track = piece.path.rpartition("/")[0]
        decoder, expected = self._decoders.get(track) or (_make_decoder(), -1)
        for frame in self._reader.frames(piece):
            at = sample_at(frame.tick)
            at = expected if expected >= 0 and abs(at - expected) <= SNAP else at
            for pcm in self._decode(decoder, frame.data):
                self._place(pcm, at, expected)
                at += pcm.shape[1]
            expected = max(expected, at)
        self._decoders[track] = (decoder, expected)

    def _place(self, pcm: Pcm, at: int, expected: int) -> None:
        """Add samples at their time; what overlaps the track's own earlier samples, or is mixed already, is
        cut."""
        skip = max(0, expected - at, self._start - at)
        if skip >= pcm.shape[1]:
            return
        begin = at + skip - self._start
        self._extend(at + pcm.shape[1])
        self._mix[:, begin : begin + pcm.shape[1] - skip] += pcm[:, skip:]

    def _extend(self, end: int) -> None:
        missing = end - self._start - self._mix.shape[1]
        if missing > 0:
            more = np.zeros((2, max(missing, GROWTH)), np.float32)
            self._mix = np.concatenate([self._mix, more], axis=1)

    def _decode(self, decoder: av.AudioCodecContext, data: bytes) -> list[Pcm]:
        try:
            frames = decoder.decode(av.Packet(data))
        except av.FFmpegError:
            self.undecodable += 1
            return []
        out: list[Pcm] = []
        for frame in frames:
            pcm = np.asarray(frame.to_ndarray(), np.float32)
            out.append(np.repeat(pcm, 2, axis=0) if pcm.shape[0] == 1 else pcm[:2])
        return out


def _make_decoder() -> av.AudioCodecContext:
    decoder = av.CodecContext.create("opus", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.sample_rate = AUDIO_TIMESCALE
    decoder.layout = "stereo"
    decoder.open()
    return decoder


def _make_encoder() -> av.AudioCodecContext:
    encoder = av.CodecContext.create("aac", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate = AUDIO_TIMESCALE
    encoder.layout = "stereo"
    encoder.format = "fltp"
    encoder.bit_rate = BIT_RATE
    encoder.time_base = Fraction(1, AUDIO_TIMESCALE)
    encoder.flags |= Flags.global_header
    encoder.open()
    return encoder


def _encode(pcm: Pcm, first: int, start: int, end: int) -> list[Sample]:
    """`pcm` begins at sample `first`; the frames of `start` to `end`, both on the grid of AAC frames."""
    assert (end - start) % FRAME == 0
    assert GRID * AUDIO_TIMESCALE == FRAME * TICKS_PER_S
    encoder = _make_encoder()
    packets: list[av.Packet[av.AudioStream]] = []
    for offset in range(0, pcm.shape[1], FRAME):
        part = np.ascontiguousarray(pcm[:, offset : offset + FRAME])
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
        frame.sample_rate = AUDIO_TIMESCALE
        frame.pts, frame.time_base = offset, Fraction(1, AUDIO_TIMESCALE)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [
        Sample(bytes(packet), FRAME, keyframe=True)
        for packet in packets
        if packet.pts is not None and start <= packet.pts + first < end
    ]
