"""A receiver's bandwidth estimate as browsers make it: delay trend over abs-send-time, AIMD, REMB.

Our own small version of what draft-ietf-rmcat-gcc-02 describes. Like libwebrtc's, it never goes beyond
1.5 times what comes in, starts from what comes in, and says nothing before it has an estimate.
"""

from collections import deque
from typing import Final

GROUP_S: Final = 0.005
POINTS: Final = 20
SMOOTHING: Final = 0.9
GAIN: Final = 4.0
FIRST_THRESHOLD_MS: Final = 12.5
OVERUSE_S: Final = 0.01
BACK_OFF: Final = 0.85
GROWTH: Final = 1.08
RATE_WINDOW_S: Final = 1.0
SHORTEST_WINDOW_S: Final = 0.005
SILENCE_S: Final = 2.0
"""After so long without packets nothing is reported, and delays are learnt anew."""
FIRST_ESTIMATE_S: Final = 5.0
REPORT_S: Final = 1.0
WORTH_SAYING: Final = 0.97
_WRAP: Final = 1 << 24
_TICKS_PER_S: Final = 1 << 18


class DelayTrend:
    """Whether packets take longer and longer: `overuses`, `relaxes` (a queue drains)."""

    def __init__(self) -> None:
        self.overuses = False
        self.relaxes = False
        self._group: tuple[float, float, float] | None = None  # first sent, last sent, last arrival
        self._before: tuple[float, float] | None = None
        self._delay_ms = 0.0
        self._smooth_ms = 0.0
        self._points: deque[tuple[float, float]] = deque(maxlen=POINTS)
        self._count = 0
        self._threshold_ms = FIRST_THRESHOLD_MS
        self._adapted_at: float | None = None
        self._over_since: float | None = None
        self._last_trend_ms = 0.0

    def receive(self, sent: float, now: float) -> None:
        """A packet, sent and arrived at these moments (each on its own clock)."""
        if self._group is None or sent - self._group[0] > GROUP_S:
            if self._group is not None:
                self._close(self._group[1], self._group[2], now)
            self._group = (sent, sent, now)
        elif sent >= self._group[0]:
            self._group = (self._group[0], max(sent, self._group[1]), now)

    def _close(self, sent: float, arrived: float, now: float) -> None:
        before, self._before = self._before, (sent, arrived)
        if before is None:
            return
        self._delay_ms += 1000 * ((arrived - before[1]) - (sent - before[0]))
        self._smooth_ms = SMOOTHING * self._smooth_ms + (1 - SMOOTHING) * self._delay_ms
        self._points.append((1000 * arrived, self._smooth_ms))
        self._count += 1
        if len(self._points) < POINTS:
            return
        trend_ms = min(self._count, 60) * self._slope() * GAIN
        self._judge(trend_ms, now)
        self._adapt(trend_ms, now)

    def _slope(self) -> float:
        count = len(self._points)
        mean_x = sum(x for x, _ in self._points) / count
        mean_y = sum(y for _, y in self._points) / count
        below = sum((x - mean_x) ** 2 for x, _ in self._points)
        return sum((x - mean_x) * (y - mean_y) for x, y in self._points) / below if below else 0.0

    def _judge(self, trend_ms: float, now: float) -> None:
        self.relaxes = trend_ms < -self._threshold_ms
        if trend_ms <= self._threshold_ms:
            self._over_since = None
            self.overuses = False
        elif self._over_since is None:
            self._over_since = now
        elif now - self._over_since > OVERUSE_S and trend_ms >= self._last_trend_ms:
            self.overuses = True
        self._last_trend_ms = trend_ms

    def _adapt(self, trend_ms: float, now: float) -> None:
        passed_ms = 0.0 if self._adapted_at is None else min(100.0, 1000 * (now - self._adapted_at))
        self._adapted_at = now
        size = abs(trend_ms)
        if size > self._threshold_ms + 15:
            return
        rate = 0.039 if size < self._threshold_ms else 0.0087
        self._threshold_ms += rate * (size - self._threshold_ms) * passed_ms
        self._threshold_ms = min(600.0, max(6.0, self._threshold_ms))


class RembSender:
    """Feed it packets; `due(now)` returns the bitrate to report, when there is one to report."""

    def __init__(self) -> None:
        self.estimate_bps: float | None = None
        self._trend = DelayTrend()
        self._ticks: int | None = None
        self._window: deque[tuple[float, int]] = deque()
        self._bytes = 0
        self._first_at: float | None = None
        self._window_at = 0.0
        self._heard_at = float("-inf")
        self._changed_at = 0.0
        self._holds = False
        self._link_bps: float | None = None
        self._said_bps = float("inf")
        self._said_at = float("-inf")

    def receive(self, stamp: bytes, size_bytes: int, now: float) -> None:
        """A packet with its abs-send-time."""
        value = int.from_bytes(stamp, "big")
        self.incoming_bps(now)  # lets old packets fall out, so that it shows whether it begins anew
        last = value if self._ticks is None else self._ticks
        self._ticks = last + ((value - last + _WRAP // 2) % _WRAP) - _WRAP // 2
        if self._first_at is None:
            self._first_at = now
        if now - self._heard_at > SILENCE_S:
            self._trend = DelayTrend()
        self._heard_at = now
        if not self._window:
            self._window_at = now
        self._window.append((now, size_bytes))
        self._bytes += size_bytes
        self._trend.receive(self._ticks / _TICKS_PER_S, now)
        if self._trend.overuses:
            self._decrease(now)

    def incoming_bps(self, now: float) -> float | None:
        """Over the last second, or the time since it began to come in again."""
        while self._window and self._window[0][0] < now - RATE_WINDOW_S:
            self._bytes -= self._window.popleft()[1]
        passed = now - self._window_at
        if len(self._window) < 2 or passed < SHORTEST_WINDOW_S:
            return None
        return 8 * self._bytes / min(RATE_WINDOW_S, passed)

    def _decrease(self, now: float) -> None:
        incoming = self.incoming_bps(now)
        if incoming is None:
            return
        soon = now - self._changed_at < 0.2
        if soon and self.estimate_bps is not None and incoming >= 0.5 * self.estimate_bps:
            return
        lower = BACK_OFF * incoming - 5000
        if self.estimate_bps is not None and lower > self.estimate_bps and self._link_bps is not None:
            lower = BACK_OFF * self._link_bps
        if self.estimate_bps is None or lower < self.estimate_bps:
            self.estimate_bps = max(10_000.0, lower)
        self._link_bps = (
            incoming
            if self._link_bps is None or abs(incoming - self._link_bps) > 0.3 * self._link_bps
            else 0.95 * self._link_bps + 0.05 * incoming
        )
        self._changed_at = now
        self._holds = True

    def _increase(self, now: float) -> None:
        incoming = self.incoming_bps(now)
        if incoming is None:
            return
        if self.estimate_bps is None:
            if self._first_at is not None and now - self._first_at >= FIRST_ESTIMATE_S:
                self.estimate_bps = incoming
                self._changed_at = now
            return
        if self._trend.overuses:
            return
        if self._trend.relaxes:
            self._holds = True
            return
        if self._holds:
            self._holds = False
            self._changed_at = now
        passed = min(1.0, now - self._changed_at)
        self._changed_at = now
        if self._link_bps is not None and incoming > 1.3 * self._link_bps:
            self._link_bps = None
        most = 1.5 * incoming + 10_000
        if self.estimate_bps >= most:
            return
        added = max(1000.0, self.estimate_bps * (GROWTH**passed - 1))
        if self._link_bps is not None:
            added = passed * 8 * 1200 / 0.2
        self.estimate_bps = min(most, self.estimate_bps + added)

    def due(self, now: float) -> int | None:
        """Return what a REMB should say now; call it some times a second."""
        if now - self._changed_at >= 0.2 or self.estimate_bps is None:
            self._increase(now)
        if self.estimate_bps is None or now - self._heard_at > SILENCE_S:
            return None
        if now - self._said_at < REPORT_S and self.estimate_bps > WORTH_SAYING * self._said_bps:
            return None
        self._said_at, self._said_bps = now, self.estimate_bps
        return int(self.estimate_bps)
