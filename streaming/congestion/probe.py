"""Finding out whether a downlink carries more, before more is promised to it.

    IDLE ──something to gain, and quiet──▶ SENDING ──burst over──▶ LISTENING ──no trouble──▶ IDLE (proven)
      ▲                                       └──────── trouble ───────┴──────────────────▶ IDLE (backs off)

A burst is short and at most twice what is known to go through, so that sound in between is late by less than
it lasts. While it runs, `owed_bytes` of padding are to be sent.
"""

from enum import Enum
from typing import Final

BURST_S: Final = 0.4
LISTEN_S: Final = 1.1
"""Receivers report once a second; what they see at once (a queue that grows) they say at once."""
LISTEN_AT_LEAST_S: Final = 0.25
FIRST_FACTOR: Final = 1.5
NEXT_FACTOR: Final = 2.0
QUIET_S: Final = 1.5
"""After trouble, nothing is tried for so long."""
BACK_OFF_S: Final = 2.0
LONGEST_BACK_OFF_S: Final = 4.0
SLOW_AFTER: Final = 20
SLOW_BACK_OFF_S: Final = 15.0
"""After so many failures in a row a path is taken for what it is."""
REMB_FELL: Final = 0.995


class ProbeState(Enum):
    """See the module."""

    IDLE = "idle"
    SENDING = "sending"
    LISTENING = "listening"


class ProbeEvent(Enum):
    """See the module."""

    BEGIN = "begin"
    SENT = "sent"
    TROUBLE = "trouble"
    PROVEN = "proven"


TABLE: Final[dict[ProbeState, dict[ProbeEvent, ProbeState]]] = {
    ProbeState.IDLE: {ProbeEvent.BEGIN: ProbeState.SENDING},
    ProbeState.SENDING: {ProbeEvent.SENT: ProbeState.LISTENING, ProbeEvent.TROUBLE: ProbeState.IDLE},
    ProbeState.LISTENING: {ProbeEvent.PROVEN: ProbeState.IDLE, ProbeEvent.TROUBLE: ProbeState.IDLE},
}


class Prober:
    """One per subscriber with a limit. `sent` counts bursts, `failed` those that met trouble."""

    __slots__ = (
        "_began_at",
        "_factor",
        "_failures",
        "_next_at",
        "_owed_at",
        "_padding_bps",
        "_remb_bps",
        "_rembs",
        "failed",
        "sent",
        "state",
        "target_bps",
    )

    def __init__(self) -> None:
        self.state = ProbeState.IDLE
        self.target_bps = 0.0
        self.sent = 0
        self.failed = 0
        self._factor = FIRST_FACTOR
        self._failures = 0
        self._next_at = 0.0
        self._began_at = 0.0
        self._owed_at = 0.0
        self._padding_bps = 0.0
        self._remb_bps: int | None = None
        self._rembs = 0

    def consider(
        self, limit_bps: float, flowing_bps: float, next_bps: float | None, trouble_at: float, now: float
    ) -> None:
        """Begin a burst if there is something to gain (`next_bps`) and the path is quiet."""
        if self.state is not ProbeState.IDLE or next_bps is None or next_bps <= limit_bps:
            return
        if now < self._next_at or now - trouble_at < QUIET_S:
            return
        self._go(ProbeEvent.BEGIN)
        self.target_bps = min(next_bps, limit_bps * self._factor)
        self._padding_bps = max(0.0, self.target_bps - flowing_bps)
        self._began_at = self._owed_at = now
        self._remb_bps = None
        self._rembs = 0
        self.sent += 1

    def owed_bytes(self, now: float) -> int:
        """Padding to send now, in bytes with headers."""
        if self.state is not ProbeState.SENDING:
            return 0
        until = min(now, self._began_at + BURST_S)
        owed = int((until - self._owed_at) * self._padding_bps / 8)
        if owed:
            self._owed_at = until
        if now >= self._began_at + BURST_S:
            self._go(ProbeEvent.SENT)
        return owed

    def receive_remb(self, before_bps: int | None, bitrate_bps: int, now: float) -> None:
        """The receiver says something (`before_bps`: what it said last) while a burst is under way."""
        if self.state is ProbeState.IDLE:
            return
        if self._remb_bps is None:
            self._remb_bps = before_bps
        if self._remb_bps is not None and bitrate_bps < REMB_FELL * self._remb_bps:
            self.fail(now)
        elif now - self._began_at > BURST_S + LISTEN_AT_LEAST_S:
            self._rembs += 1

    def fail(self, now: float) -> None:
        """There was trouble."""
        if self.state is ProbeState.IDLE:
            return
        self._go(ProbeEvent.TROUBLE)
        self.failed += 1
        self._failures += 1
        self._factor = FIRST_FACTOR
        longest = SLOW_BACK_OFF_S if self._failures > SLOW_AFTER else LONGEST_BACK_OFF_S
        self._next_at = now + min(longest, BACK_OFF_S * 2 ** min(self._failures - 1, 8))

    def proven_bps(self, rtt_s: float, now: float) -> float | None:
        """What has turned out to go through; None while that is not known, and said once."""
        passed = now - self._began_at - BURST_S - rtt_s
        heard = self._rembs > 0 and passed >= LISTEN_AT_LEAST_S
        if self.state is not ProbeState.LISTENING or not (heard or passed >= LISTEN_S):
            return None
        self._go(ProbeEvent.PROVEN)
        self._failures = 0
        self._factor = NEXT_FACTOR
        self._next_at = now
        return self.target_bps

    def _go(self, event: ProbeEvent) -> None:
        self.state = TABLE[self.state][event]
