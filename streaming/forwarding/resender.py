"""What a subscriber says it lost (NACK): which of it is sent again, and how much of that is allowed.

Bounded are the numbers looked up, how often and how soon one packet is repeated, all repetitions together,
and over a narrow link what they take away from what is new. What is refused is counted.
"""

from typing import Final

from streaming.forwarding.hot_path import Output, forward
from streaming.forwarding.output_stream import OutputStream
from streaming.forwarding.pacer import Pacer
from streaming.forwarding.rtx_stream import RtxStream
from streaming.rtp.sequence import unwrap16

USUAL_TRIP_S: Final = 0.1
RESEND_SPACING: Final = 0.8
"""Of a round trip: who asks again sooner cannot have missed the answer yet."""
SHORTEST_SPACING_S: Final = 0.02
LONGEST_SPACING_S: Final = 0.4
MAX_RESENDS: Final = 6
MAX_RESEND_MEMORY: Final = 512
RESEND_BURST_OCTETS: Final = 200_000
RESEND_SHARE: Final = 0.5
"""Of what was sent, so much may be sent again in the long run, and RESEND_BURST_OCTETS at once."""
MAX_NACK_NUMBERS: Final = 256
NACK_NUMBERS_PER_S: Final = 1000
NACK_NUMBERS_BURST: Final = 512
"""Looking one up costs some 3 us, and a datagram can name 8,000: more than any honest viewer misses waits."""


class Resender:
    """See the module. `unanswered` are numbers that were not looked up, not here any more, or too many."""

    def __init__(self, stream: OutputStream, rtx: RtxStream, pacer: Pacer) -> None:
        self.round_trip_s = USUAL_TRIP_S
        self.nacks = 0
        self.unanswered = 0
        self.resent = 0
        self._stream = stream
        self._rtx = rtx
        self._pacer = pacer
        self._credit_octets = float(RESEND_BURST_OCTETS)
        self._earned_at_octets = 0
        self._last_resent: dict[int, tuple[float, int]] = {}
        self._numbers_left = float(NACK_NUMBERS_BURST)
        self._nacked_at = 0.0

    def receive_nack(self, lost: tuple[int, ...], output: Output, now: float, *, is_paused: bool) -> None:
        """Send again what the ring still has: on the RTX SSRC if agreed, else the identical packet."""
        self.nacks += 1
        earned = (now - self._nacked_at) * NACK_NUMBERS_PER_S
        allowed = min(self._numbers_left + earned, NACK_NUMBERS_BURST)
        asked = lost[: min(MAX_NACK_NUMBERS, int(allowed))]
        self._nacked_at, self._numbers_left = now, allowed - len(asked)
        self.unanswered += len(lost) - len(asked)
        for seq16 in asked:
            source, last_seq = self._stream.source_of(seq16), self._stream.map.last_seq
            if source is None or last_seq is None:
                self.unanswered += 1
                continue
            seq = unwrap16(seq16, last_seq)
            packet = source.ring.get(seq - source.seq_offset)
            if packet is None:
                self.unanswered += 1
            elif self._may_resend(seq, len(packet.payload), now, is_paused=is_paused):
                self.resent += 1
                if source.codec.rtx_pt is None:
                    forward(packet, (self._stream.lane,), output, now)
                else:
                    self._rtx.resend(packet, seq16, source, output, now)

    def _may_resend(self, seq: int, size: int, now: float, *, is_paused: bool) -> bool:
        last, times = self._last_resent.get(seq, (float("-inf"), 0))
        spacing_s = min(LONGEST_SPACING_S, max(SHORTEST_SPACING_S, RESEND_SPACING * self.round_trip_s))
        if now - last < spacing_s or times >= MAX_RESENDS:
            return False
        if self._pacer.is_pacing:
            if is_paused or not self._pacer.may_overdraw:
                self.unanswered += 1
                return False
            self._pacer.spend(size)
        octets = self._stream.lane.octets
        earned = RESEND_SHARE * (octets - self._earned_at_octets)
        self._earned_at_octets = octets
        self._credit_octets = min(self._credit_octets + earned, RESEND_BURST_OCTETS)
        if self._credit_octets < size:
            self.unanswered += 1
            return False
        self._credit_octets -= size
        if len(self._last_resent) >= MAX_RESEND_MEMORY:
            del self._last_resent[next(iter(self._last_resent))]
        self._last_resent[seq] = (now, times + 1)
        return True
