"""Packets that follow each other to the same subscribers, waiting to be sent together. Pure.

Datagrams of one size (the last may be shorter) that go to one address can be handed to the kernel in one
call, which cuts them (UDP_SEGMENT of udp(7)). A picture is a few packets of nearly one size, to many
subscribers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from streaming.forwarding.hot_path.batch import Datagram, Path

MAX_SHEETS: Final = 16
MAX_RUN_BYTES: Final = 60_000
"""To one subscriber: no UDP datagram may be longer before it is cut."""


@dataclass(slots=True, eq=False)
class Run:
    """`sheets[i][j]` is the i-th datagram for `paths[j]`; more than one sheet where they can go together.

    `size` is that of every datagram of the first sheet, 0 where they differ (then nothing can join).
    `causes`: when what led to each sheet arrived (monotonic seconds). `sent`: subscribers who have theirs.
    """

    paths: list["Path"]
    sheets: list[list[bytes]]
    size: int
    causes: list[float] = field(default_factory=list)
    sent: int = 0
    octets_each: int = 0
    """Per subscriber, while all sizes of a sheet are the same."""
    is_closed: bool = False

    def __post_init__(self) -> None:
        self.octets_each = self.size
        self.is_closed = self.size == 0

    def join(self, sheet: list[bytes], size: int) -> bool:
        """Take in one datagram more for the same paths, all of this size; False: it has to be another run."""
        if (
            self.is_closed
            or self.sent
            or not 0 < size <= self.size
            or len(self.sheets) == MAX_SHEETS
            or self.octets_each + size > MAX_RUN_BYTES
        ):
            return False
        self.sheets.append(sheet)
        self.octets_each += size
        self.is_closed = size < self.size  # only the last may be shorter
        return True

    def take(self, subscribers: int) -> int:
        """Count these many more as sent; returns how many bytes that were."""
        before, self.sent = self.sent, self.sent + subscribers
        if self.size:
            return subscribers * self.octets_each
        return sum(map(len, self.sheets[0][before : self.sent]))

    def pairs(self) -> Iterator["Datagram"]:
        """What was not sent."""
        for sheet in self.sheets:
            yield from zip(self.paths[self.sent :], sheet[self.sent :], strict=True)
