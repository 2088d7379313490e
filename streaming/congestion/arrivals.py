"""When a publisher's packets arrived, for its own congestion control (transport-wide feedback).

One recorder per transport: its numbers run over all m-lines. Feedback goes out every INTERVAL_S, sooner when
much came in. A late packet is reported when it comes, in a report that begins with it.
"""

from typing import Final

from streaming.rtp import transport_feedback
from streaming.rtp.sequence import unwrap16

INTERVAL_S: Final = 0.1
SHORT_INTERVAL_S: Final = 0.05
MANY_PACKETS: Final = 25
"""As many within SHORT_INTERVAL_S are some 5 Mbps: then the sender hears of it twice as often."""
MAX_SPAN: Final = 1024
"""Of sequence numbers in one report; what lies further back than that is not worth a report."""


class ArrivalRecorder:
    """Drain: when `is_due(now)`, send everything that `feedback` returns."""

    __slots__ = ("_arrivals", "_highest", "_number", "_reported_at", "media_ssrc")

    def __init__(self) -> None:
        self.media_ssrc = 0
        self._arrivals: dict[int, float] = {}
        self._highest: int | None = None
        self._number = 0
        self._reported_at = 0.0

    def receive_packet(self, seq16: int, media_ssrc: int, now: float) -> None:
        """A packet with this transport-wide sequence number arrived; the first arrival of a number counts."""
        highest = seq16 if self._highest is None else self._highest
        ext_seq = unwrap16(seq16, highest)
        if ext_seq <= highest - MAX_SPAN:
            return
        if ext_seq >= highest + MAX_SPAN:
            self._arrivals.clear()
        self._highest = max(highest, ext_seq)
        self.media_ssrc = media_ssrc
        self._arrivals.setdefault(ext_seq, now)

    def is_due(self, now: float) -> bool:
        """Whether to report now."""
        passed = now - self._reported_at
        many = len(self._arrivals) >= MANY_PACKETS
        return bool(self._arrivals) and passed >= (SHORT_INTERVAL_S if many else INTERVAL_S)

    def feedback(self, ssrc: int, now: float) -> list[bytes]:
        """Return RTCP packets that report all arrivals since the last time."""
        arrivals, self._arrivals = self._arrivals, {}
        self._reported_at = now
        newest = max(arrivals, default=0)
        listed = sorted(item for item in arrivals.items() if item[0] > newest - MAX_SPAN)
        packets = transport_feedback.build(ssrc, self.media_ssrc, self._number, listed)
        self._number += len(packets)
        return packets
