"""Numbers that wrap: 16-bit sequence numbers and 32-bit timestamps as ever-growing integers."""

from typing import Final

_HALF16: Final = 1 << 15
_HALF32: Final = 1 << 31
MAX_CORRECTION_S: Final = 1.0
"""A publisher whose reports put its layers farther apart than this has reported nonsense."""


def unwrap16(value: int, near: int) -> int:
    """The extended number with low bits `value` that is closest to `near`; may be negative near zero."""
    return near + ((value - near + _HALF16) & 0xFFFF) - _HALF16


def unwrap32(value: int, near: int) -> int:
    """The extended timestamp with low bits `value` that is closest to `near`."""
    return near + ((value - near + _HALF32) & 0xFFFFFFFF) - _HALF32


class SequenceUnwrapper:
    """seq16 → ext_seq of one stream. The first number lies one cycle up, so that older ones stay positive."""

    __slots__ = ("highest",)

    def __init__(self) -> None:
        self.highest: int | None = None

    def unwrap(self, seq16: int) -> int:
        """The extended number; remembers the highest."""
        highest = self.highest
        if highest is None:
            self.highest = seq16 + 0x10000
            return self.highest
        ext_seq = unwrap16(seq16, highest)
        if ext_seq > highest:
            self.highest = ext_seq
        return ext_seq


class ContinuityMap:
    """Makes one continuous output stream of many source streams (RFC 3550 section 5.1).

    Within a source, numbers and timestamps keep their distances; at a switch the sequence goes on with the
    next number, and the timestamp by the time that passed.
    """

    __slots__ = (
        "first_source_seq",
        "last_sent_at",
        "last_seq",
        "last_timestamp",
        "next_seq",
        "seq_offset",
        "timestamp_offset",
    )

    def __init__(self, first_seq: int, first_timestamp: int) -> None:
        """`first_seq` below 2**15, so that a first loss is never taken for a wrap (RFC 3711 3.3.1)."""
        self.next_seq = first_seq
        self.last_seq: int | None = None
        self.last_timestamp = first_timestamp
        self.last_sent_at: float | None = None
        self.seq_offset = 0
        self.timestamp_offset = 0
        self.first_source_seq: int | None = None

    def switch(
        self,
        source_seq: int,
        source_timestamp: int,
        age_s: float,
        clock_rate: int,
        now: float,
        *,
        aligned: int | None = None,
    ) -> None:
        """The next packets come from another source, beginning with this one, which is `age_s` old.

        Timestamps are laid so that a packet captured now would get the time that passed since the last one.
        `aligned` is the timestamp that the first packet should get by the sources' own clocks, if they have a
        common one; it is taken unless it is more than MAX_CORRECTION_S away from what the time says.
        """
        elapsed = 0.0 if self.last_sent_at is None else now - self.last_sent_at - age_s
        first = self.last_timestamp + max(1, int(elapsed * clock_rate))
        if aligned is not None and abs(aligned - first) <= MAX_CORRECTION_S * clock_rate:
            first = max(aligned, self.last_timestamp + 1)
        self.seq_offset = self.next_seq - source_seq
        self.timestamp_offset = first - source_timestamp
        self.first_source_seq = source_seq

    def sent(self, source_seq: int, source_timestamp: int, now: float) -> None:
        """A packet of the current source went out."""
        seq = source_seq + self.seq_offset
        if seq >= self.next_seq:
            self.next_seq = seq + 1
            self.last_seq = seq
            self.last_timestamp = source_timestamp + self.timestamp_offset
            self.last_sent_at = now

    def source_of(self, out_seq16: int) -> int | None:
        """The source sequence number behind an output number that somebody asks for again."""
        if self.last_seq is None or self.first_source_seq is None:
            return None
        out = unwrap16(out_seq16, self.last_seq)
        source = out - self.seq_offset
        return source if self.first_source_seq <= source and out <= self.last_seq else None
