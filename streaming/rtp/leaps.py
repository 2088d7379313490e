"""How many sequence numbers a publisher may leave out, so that no viewer loses count.

What a publisher skips, its viewers see skipped: it is how they learn of a loss. But who receives SRTP guesses
the upper half of each number from the last one that came (RFC 3711 section 3.3.1), and guesses wrong for good
when 2^15 numbers went by in between. So what is left out is rationed: `BURST` numbers at once, as a silence
of ten seconds on the publisher's side may cost, and `PER_S` in the long run, more than any path loses that
carries a picture. A viewer that hears nothing for 30 s of a full stream (500 packets a second) is still below
2^15. Beyond the ration numbers go on without a gap, as with a new stream.
"""

from typing import Final

BURST: Final = 3000
"""As RFC 3550 section A.1 has it (MAX_DROPOUT)."""
PER_S: Final = 300


class LeapRation:
    """See the module. Belongs to a layer for as long as it lives, whatever stream feeds it."""

    __slots__ = ("_at", "left")

    def __init__(self) -> None:
        self._at = float("-inf")
        self.left = float(BURST)

    def may_skip(self, count: int, now: float) -> bool:
        """Whether so many numbers may be left out now."""
        self.left = min(BURST, self.left + max(0.0, now - self._at) * PER_S)
        self._at = now
        return count <= self.left

    def skip(self, count: int, now: float) -> None:
        """They were."""
        self.may_skip(count, now)
        self.left = max(0.0, self.left - count)
