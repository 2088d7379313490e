"""Which layers of a track somebody needs: more at once, fewer only after a while."""

from collections.abc import Iterable
from typing import Final

KEEP_S: Final = 4.0
"""A layer that nobody needs is kept for so long: people scroll back, links recover."""


class LayerDemand:
    """Hysteresis over the layers wanted. A publisher is expected to send all until it is told otherwise.

    `others` is for who is no slot (the recorder, a pipe): {name: layer indices}.
    """

    __slots__ = ("_last_needed", "announced", "others")

    def __init__(self, count: int) -> None:
        self.announced: frozenset[int] = frozenset(range(count))
        self.others: dict[str, frozenset[int]] = {}
        self._last_needed: dict[int, float] = {}

    def update(self, needed: Iterable[int], now: float) -> frozenset[int] | None:
        """What the publisher should send, if that is news. Never nothing: the smallest layer stays.

        So the track stays alive, and who comes next has a picture at once.
        """
        wanted = frozenset(needed).union(*self.others.values()) or frozenset({0})
        for index in wanted:
            self._last_needed[index] = now
        for index in self.announced - wanted:
            if now - self._last_needed.setdefault(index, now) < KEEP_S:
                wanted |= {index}
        if wanted == self.announced:
            return None
        self.announced = wanted
        return wanted
