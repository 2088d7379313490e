"""What a publisher sent and when: the yardstick for what its viewers get."""

from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class SendLog:
    """One stream. Entry number = extended sequence number - `first_seq`; times are wall-clock nanoseconds."""

    first_seq: int
    sent_ns: "array[int]" = field(default_factory=lambda: array("q"))
    sizes: "array[int]" = field(default_factory=lambda: array("q"))
    keyframes: list[tuple[int, int]] = field(default_factory=list)
    """(number of first packet, number of last packet) of each complete keyframe."""

    @property
    def next_seq(self) -> int:
        """Extended sequence number of the next packet."""
        return self.first_seq + len(self.sent_ns)

    def add(self, size_bytes: int, now_ns: int) -> None:
        """A datagram goes out."""
        self.sent_ns.append(now_ns)
        self.sizes.append(size_bytes)

    def times(self) -> NDArray[np.int64]:
        """A copy of all times."""
        return np.array(self.sent_ns, dtype=np.int64)

    def lengths(self) -> NDArray[np.int64]:
        """A copy of all sizes."""
        return np.array(self.sizes, dtype=np.int64)
