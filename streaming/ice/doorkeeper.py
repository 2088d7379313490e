"""Bounds what TCP connections may cost before they have proven whose they are. Pure: `now` is an argument.

A stranger's connection is one of `MAX_UNPROVEN` (of its address: `MAX_UNPROVEN_OF_ONE`; a company may be one
address), sends at most `MAX_UNPROVEN_BYTES`, and has `PROVE_WITHIN_S` for a valid connectivity check. When a
bound is reached the oldest stranger goes (policy drop_oldest): a crowd of silent ones keeps nobody out.
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Final

MAX_UNPROVEN: Final = 512
MAX_UNPROVEN_OF_ONE: Final = 256
MAX_UNPROVEN_BYTES: Final = 8192
PROVE_WITHIN_S: Final = 10.0


@dataclass(slots=True)
class _Stranger:
    host: str
    until: float
    received: int = 0


class Doorkeeper:
    """See the module. Connections are numbers."""

    def __init__(self) -> None:
        self._strangers: OrderedDict[int, _Stranger] = OrderedDict()
        self._by_host: Counter[str] = Counter()

    def arrived(self, number: int, host: str, now: float) -> int | None:
        """A connection was made; returns another that must be closed for it."""
        sent_away: int | None = None
        if self._by_host[host] >= MAX_UNPROVEN_OF_ONE:
            sent_away = next(n for n, stranger in self._strangers.items() if stranger.host == host)
        elif len(self._strangers) >= MAX_UNPROVEN:
            sent_away = next(iter(self._strangers))
        if sent_away is not None:
            self.left(sent_away)
        self._strangers[number] = _Stranger(host, now + PROVE_WITHIN_S)
        self._by_host[host] += 1
        return sent_away

    def is_stranger(self, number: int) -> bool:
        """Whether it has yet to prove itself."""
        return number in self._strangers

    def received(self, number: int, size: int) -> bool:
        """Count what it sent; False when a stranger has said too much."""
        stranger = self._strangers.get(number)
        if stranger is None:
            return True
        stranger.received += size
        return stranger.received <= MAX_UNPROVEN_BYTES

    def left(self, number: int) -> None:
        """It has proven itself, or is gone; unknown ones are fine."""
        stranger = self._strangers.pop(number, None)
        if stranger is not None:
            self._by_host[stranger.host] -= 1
            if not self._by_host[stranger.host]:
                del self._by_host[stranger.host]

    def due(self, now: float) -> list[int]:
        """Those whose time is over."""
        late: list[int] = []
        for number, stranger in self._strangers.items():
            if stranger.until > now:
                break
            late.append(number)
        return late
