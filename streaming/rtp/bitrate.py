"""How much of a stream arrived lately."""

from typing import Final

_BUCKETS: Final = 8
_BUCKETS_PER_S: Final = 8


class BitrateMeter:
    """Bits per second over the last second, in steps of an eighth; costs an addition per packet."""

    __slots__ = ("_at", "_began", "_octets")

    def __init__(self) -> None:
        self._octets = [0] * _BUCKETS
        self._at = -1
        self._began: int | None = None

    def receive(self, octets: int, now: float) -> None:
        """So many bytes arrived. `now` never goes back."""
        at = int(now * _BUCKETS_PER_S)
        if at != self._at:
            self._turn(at)
        self._octets[self._at % _BUCKETS] += octets

    def bps(self, now: float) -> int:
        """The rate; right from the first eighth of a second on."""
        self._turn(int(now * _BUCKETS_PER_S))
        if self._began is None:
            return 0
        span = min(_BUCKETS, self._at - self._began + 1)
        return sum(self._octets) * 8 * _BUCKETS_PER_S // span

    def _turn(self, at: int) -> None:
        if self._began is None:
            self._began = self._at = at
        elif at > self._at:
            for passed in range(self._at + 1, min(at, self._at + _BUCKETS) + 1):
                self._octets[passed % _BUCKETS] = 0
            self._at = at
