"""What a subscriber's downlink carries, from what its browser says: REMB, losses, round-trip times, echoes.

Without a sign of trouble there is no limit: a browser's REMB never exceeds 1.5 times what it gets, so a small
number says nothing as long as it does not fall. Trouble is one of

* a REMB that fell, and lies below what we send (its receiver saw a queue grow);
* a round trip far longer than the shortest lately (a queue stands);
* losses far above what this path loses anyway. Random loss, be it 10 %, is none: sending less would not help.

After trouble the limit is what came through, and rises with the REMB or by probes (`probe.py`). From then on
echoes tell how long the queue is (`echo.py`), and count more than a REMB: browsers' estimates may collapse
when video pauses, and cannot fall when they lag behind what flows.
"""

from collections import deque
from typing import Final

FLOOR_BPS: Final = 60_000
FELL: Final = 0.985
"""A REMB below so much of the one before it fell."""
FIRST_REMB_LOW: Final = 0.65
"""A first REMB is no fall; but below so much of what we send, and not rising, it tells of a queue."""
CATCHING_UP_S: Final = 0.25
"""Video begins with what a viewer missed since the last keyframe, all at once. That is no rate."""
START_S: Final = 3.0
"""Later than this after video began nothing is a start any more."""
SAMPLE_S: Final = 0.1
LONGEST_WINDOW_S: Final = 1.2
SHORTEST_WINDOW_S: Final = 0.35
QUEUE_S: Final = 0.15
"""So much longer than the shortest round trip: a queue stands."""
NO_QUEUE_S: Final = 0.04
PACKETS_UNDER_WAY: Final = 2 * 1200 * 8
"""Bits: a picture's packets that leave together wait for each other, which on a narrow link takes a while."""
SHORTEST_TRIPS: Final = 30
BACK_OFF: Final = 0.85
PROBED_BACK_OFF: Final = 0.9
SETTLE_S: Final = 1.5
"""After a cut, queues drain and old reports arrive for so long."""
USUAL_LOSSES: Final = 10
LOSS_SMOOTHING: Final = 0.5
LOSS_TOO_HIGH: Final = 0.2
"""Above the path's usual share."""
CLEAN_LOSS: Final = 0.05
FORGET_S: Final = 30.0
"""Satisfied and without trouble for so long: the limit is forgotten."""


class DownlinkEstimator:
    """One per subscriber. All bits per second count headers as the media process counts them."""

    __slots__ = (
        "_is_compared",
        "_losses",
        "_queue_s",
        "_samples",
        "_trips",
        "_video_began_at",
        "_video_steady_from",
        "is_clean",
        "limit_bps",
        "loss",
        "remb_bps",
        "rtt_s",
        "trouble_at",
        "troubles",
    )

    def __init__(self) -> None:
        self.limit_bps = float("inf")
        self.remb_bps: int | None = None
        self.loss = 0.0
        self.rtt_s: float | None = None
        self.is_clean = True
        self.trouble_at = float("-inf")
        self.troubles = 0
        self._queue_s = 0.0
        self._samples: deque[tuple[float, int, int]] = deque(maxlen=16)
        self._losses: deque[float] = deque(maxlen=USUAL_LOSSES)
        self._trips: deque[float] = deque(maxlen=SHORTEST_TRIPS)
        self._video_began_at: float | None = None
        self._video_steady_from: tuple[float, int] | None = None
        self._is_compared = False

    @property
    def is_limited(self) -> bool:
        """Whether there was trouble that is not forgotten."""
        return self.limit_bps != float("inf")

    def tolerated_s(self, queue_s: float) -> float:
        """So long a queue that is none: `queue_s`, and what a few packets take at the limit."""
        return queue_s + PACKETS_UNDER_WAY / self.limit_bps

    # ── what we send ──

    def wants_sample(self, now: float) -> bool:
        """Whether the last one is old enough for another."""
        return not self._samples or now - self._samples[-1][0] >= SAMPLE_S

    def sample_sent(self, octets: int, sound_octets: int, now: float) -> None:
        """All bytes sent so far, and the sound among them; as often as you like, and before what follows."""
        if not self.wants_sample(now):
            return
        self._samples.append((now, octets, sound_octets))
        if self._video_began_at is None:
            if octets > sound_octets:
                self._video_began_at = now
        elif self._video_steady_from is None and now - self._video_began_at >= CATCHING_UP_S:
            self._video_steady_from = now, octets

    def sent_bps(self, now: float) -> tuple[float, float] | None:
        """Everything and the sound in it, over the last second or so; None when that is not known."""
        if len(self._samples) < 2:
            return None
        last_at, last, last_sound = self._samples[-1]
        for at, octets, sound in self._samples:
            passed = last_at - at
            if passed >= SHORTEST_WINDOW_S and (now - at <= LONGEST_WINDOW_S or at == self._samples[-2][0]):
                return 8 * (last - octets) / passed, 8 * (last_sound - sound) / passed
        return None

    # ── what it says ──

    def receive_remb(
        self, bitrate_bps: int, now: float, *, is_probed: bool = False, queue_s: float | None = None
    ) -> None:
        """The browser's estimate; it leaves out sound, which comes on top.

        When it falls while we probe, that was our doing: what flowed before went through.
        """
        before, self.remb_bps = self.remb_bps, bitrate_bps
        fell = before is not None and bitrate_bps < FELL * before
        rose = before is not None and bitrate_bps > before
        if not (fell or self.is_limited) and (rose or self._is_compared):
            return  # as nearly always
        sent_bps, sound_bps = self.sent_bps(now) or (0.0, 0.0)
        total_bps = bitrate_bps + sound_bps
        if queue_s is not None and queue_s < self.tolerated_s(NO_QUEUE_S):
            fell = False
        if (fell and total_bps < sent_bps) or (not rose and self._is_low_from_the_start(total_bps)):
            known_bps = PROBED_BACK_OFF * self.limit_bps if is_probed and self.is_limited else 0.0
            self._cut(max(total_bps, known_bps), now)
        elif self.is_limited and total_bps > self.limit_bps and not fell:
            self.limit_bps = total_bps

    def _is_low_from_the_start(self, total_bps: float) -> bool:
        """Whether a REMB that does not rise lies far below what flows steadily; asked once, at the start.

        On free links too browsers start low, but then their REMB rises from message to message.
        """
        if self._is_compared or self._video_steady_from is None:
            return False
        since, before = self._video_steady_from
        last_at, octets, _ = self._samples[-1]
        if last_at - since < SHORTEST_WINDOW_S:
            return False
        self._is_compared = True
        if last_at - since > START_S:
            return False
        return total_bps < FIRST_REMB_LOW * 8 * (octets - before) / (last_at - since)

    def receive_report(
        self,
        loss: float,
        rtt_s: float | None,
        now: float,
        *,
        is_probed: bool = False,
        queue_s: float | None = None,
    ) -> None:
        """Share of packets lost since the last report (0..1), and the round trip if it could be taken."""
        self.loss += LOSS_SMOOTHING * (loss - self.loss)
        usual = min(self._losses, default=0.0)
        self._losses.append(self.loss)
        queues = rtt_s is not None and self._queues(rtt_s) and queue_s is None
        self.is_clean = not queues and loss - usual < CLEAN_LOSS
        if not (queues or min(loss, self.loss) - usual > LOSS_TOO_HIGH):
            return
        sent = self.sent_bps(now)
        if sent is not None and not is_probed and now - self.trouble_at >= SETTLE_S:
            self._cut(BACK_OFF * sent[0] * (1 - loss), now)

    def receive_queue(self, queue_s: float, asked_at: float, now: float) -> None:
        """How long the queue was at that time, by an echo."""
        before, self._queue_s = self._queue_s, queue_s
        sent = self.sent_bps(now)
        if sent is None or asked_at - self.trouble_at < SETTLE_S:
            return
        if queue_s <= max(self.tolerated_s(QUEUE_S), before):
            return
        self._cut(BACK_OFF * sent[0], now)

    def _queues(self, rtt_s: float) -> bool:
        before, self.rtt_s = self.rtt_s, rtt_s
        self._trips.append(rtt_s)
        shortest = min(self._trips)
        is_draining = before is not None and rtt_s < before
        return rtt_s - shortest > max(QUEUE_S, shortest) and not is_draining

    def _cut(self, bitrate_bps: float, now: float) -> None:
        self.limit_bps = max(FLOOR_BPS, min(self.limit_bps, bitrate_bps))
        self.trouble_at = now
        self.troubles += 1

    # ── what was found out ──

    def prove(self, bitrate_bps: float) -> None:
        """So much went through without trouble."""
        if self.is_limited:
            self.limit_bps = max(self.limit_bps, bitrate_bps)

    def rest(self, now: float) -> None:
        """Everybody has what they wish: after long enough the limit is forgotten."""
        if now - self.trouble_at > FORGET_S:
            self.limit_bps = float("inf")
