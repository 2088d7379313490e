"""A seeded network in virtual time: loss, bursts, delay, jitter, reordering, a narrow link with a queue.

Nothing here knows what the datagrams hold.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

IP_AND_UDP_BYTES: Final = 28


class Agenda(Protocol):
    """Virtual time: what the moment is, and what happens later."""

    now: float

    def at(self, when: float, action: Callable[[], None]) -> None:
        """Run `action` then; actions of one moment run in the order in which they were added."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What one direction does to datagrams.

    `delay_s` one way, plus up to `jitter_s` (which keeps the order). `loss` is the share lost in the long
    run; losses come in runs of `burst` packets on average (Gilbert-Elliott, everything lost in the bad state;
    1: no memory). `reordered` is the share that takes `reordered_by_s` longer and may be overtaken.
    `rate_bps` (with headers) is served first come, first served; what does not fit into `queue_bytes` is
    dropped.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    burst: float = 1.0
    reordered: float = 0.0
    reordered_by_s: float = 0.02
    rate_bps: float | None = None
    queue_bytes: int = 64_000


class Link:
    """One direction. Change `conditions` at any time; packets on their way keep their delay."""

    def __init__(
        self, agenda: Agenda, rng: Random, conditions: Conditions, deliver: Callable[[bytes], None]
    ) -> None:
        self.conditions = conditions
        self.lost = 0
        self.overflowed = 0
        self.delivered_bytes = 0
        self.queued_bytes = 0
        self._agenda = agenda
        self._rng = rng
        self._deliver = deliver
        self._is_bad = False
        self._queue: deque[bytes] = deque()
        self._is_serving = False
        self._last_arrival = float("-inf")

    def send(self, data: bytes) -> None:
        """Put one datagram in."""
        if self._loses():
            self.lost += 1
            return
        if self.conditions.rate_bps is None and not self._queue:
            self._travel(data)
            return
        size = len(data) + IP_AND_UDP_BYTES
        if self.queued_bytes + size > self.conditions.queue_bytes:
            self.overflowed += 1
            return
        self.queued_bytes += size
        self._queue.append(data)
        if not self._is_serving:
            self._serve()

    def _loses(self) -> bool:
        """One step of the chain: the mean run in the bad state is `burst`, its share of time `loss`."""
        loss, burst = self.conditions.loss, self.conditions.burst
        if burst <= 1:
            return self._rng.random() < loss
        leaves = 1 / burst
        changes = leaves if self._is_bad else loss * leaves / (1 - loss)
        if self._rng.random() < changes:
            self._is_bad = not self._is_bad
        return self._is_bad

    def _serve(self) -> None:
        self._is_serving = True
        rate_bps = self.conditions.rate_bps
        size = len(self._queue[0]) + IP_AND_UDP_BYTES
        self._agenda.at(self._agenda.now + (8 * size / rate_bps if rate_bps else 0.0), self._depart)

    def _depart(self) -> None:
        data = self._queue.popleft()
        self.queued_bytes -= len(data) + IP_AND_UDP_BYTES
        self._travel(data)
        self._is_serving = False
        if self._queue:
            self._serve()

    def _travel(self, data: bytes) -> None:
        conditions, rng = self.conditions, self._rng
        arrival = self._agenda.now + conditions.delay_s
        if conditions.jitter_s:
            arrival += conditions.jitter_s * rng.random()
        if conditions.reordered and rng.random() < conditions.reordered:
            arrival += conditions.reordered_by_s
        else:
            arrival = self._last_arrival = max(arrival, self._last_arrival)
        self._agenda.at(arrival, lambda: self._arrive(data))

    def _arrive(self, data: bytes) -> None:
        self.delivered_bytes += len(data)
        self._deliver(data)
