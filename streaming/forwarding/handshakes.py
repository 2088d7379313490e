"""Paces DTLS handshakes: a step costs a third of a millisecond of signing, and many joiners come at once.

`STEPS_PER_TICK` of them are taken in each tick of 10 ms, so that a class that joins together takes a sixth of
the core, and live packets wait a millisecond or two; the rest waits its turn, in order. The queue is bounded,
as a whole and for each peer (policy drop_newest): DTLS repeats what was dropped. Generic over what the plane
calls a peer.
"""

from collections import Counter, deque
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

STEPS_PER_TICK: Final = 4
MAX_WAITING: Final = 2048
MAX_WAITING_OF_ONE: Final = 8

PeerT = TypeVar("PeerT", bound=Hashable)


class Handshakes(Generic[PeerT]):
    """See the module."""

    def __init__(self) -> None:
        self.dropped = 0
        self._left = STEPS_PER_TICK
        self._waiting: deque[tuple[PeerT, bytes]] = deque()
        self._of_one: Counter[PeerT] = Counter()

    def may_step(self, peer: PeerT, data: bytes) -> bool:
        """Whether this record may be taken in now; if not, it waits for `next_tick`, or is dropped."""
        if self._left > 0 and not self._waiting:
            self._left -= 1
            return True
        if len(self._waiting) < MAX_WAITING and self._of_one[peer] < MAX_WAITING_OF_ONE:
            self._waiting.append((peer, data))
            self._of_one[peer] += 1
        else:
            self.dropped += 1
        return False

    def next_tick(self) -> list[tuple[PeerT, bytes]]:
        """What waited longest, to be taken in now."""
        due = [self._waiting.popleft() for _ in range(min(STEPS_PER_TICK, len(self._waiting)))]
        for peer, _ in due:
            self._of_one[peer] -= 1
            if not self._of_one[peer]:
                del self._of_one[peer]
        self._left = STEPS_PER_TICK - len(due)
        return due
