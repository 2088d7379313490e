"""From what was sent and what arrived to loss, delay and first pictures. Pure.

A forwarder renumbers, so a viewer's sequence numbers differ from the publisher's by a constant. Nothing is
decrypted to find it: the lengths of consecutive packets are a fingerprint.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_AGE_NS: Final = 10_000_000_000
"""The oldest packet that a server may begin with (a cached keyframe)."""
GLANCE_PACKETS: Final = 24
FINGERPRINT_PACKETS: Final = 400
MAX_REPEATS: Final = 16
"""A clip that is asked for keyframes all the time repeats itself: then the latest passage is meant."""
MIN_PACKETS: Final = 12
_CLOCK_SLACK_NS: Final = 1_000_000

Ints = NDArray[np.int64]


class Unrelated(Exception):
    """What a viewer got is not what its publisher sent, or it got too little to tell."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """One stream of one viewer, in order of arrival. `seq16` as on the wire, `size` in bytes."""

    viewer: int
    stream: int
    seq16: Ints
    size: Ints
    arrived_ns: Ints


def unwrap(seq16: Ints) -> Ints:
    """Extended numbers, each the closest to the one before; they begin anywhere."""
    if len(seq16) == 0:
        return seq16
    steps = (np.diff(seq16) + 0x8000) % 0x10000 - 0x8000
    ext: Ints = np.concatenate((seq16[:1], seq16[0] + np.cumsum(steps)))
    return ext


def entry_numbers(arrivals: Arrivals, sent_ns: Ints, sent_size: Ints) -> Ints:
    """Number in the publisher's log of each packet.

    Raises:
        Unrelated: no place in the log explains what arrived, or too many do.
    """
    ext = unwrap(arrivals.seq16)
    seen = slice(0, FINGERPRINT_PACKETS)
    if len(ext) < MIN_PACKETS:
        msg = f"viewer {arrivals.viewer} got {len(ext)} packets"
        raise Unrelated(msg)
    numbers, sizes, times = ext[seen] - ext[0], arrivals.size[seen], arrivals.arrived_ns[seen]
    first = int(np.searchsorted(sent_ns, times[0] - MAX_AGE_NS))
    last = int(np.searchsorted(sent_ns, times[0] + _CLOCK_SLACK_NS))
    low, high = max(first, -int(numbers.min())), min(last, len(sent_ns) - int(numbers.max()))
    if low >= high:
        msg = f"viewer {arrivals.viewer} got packets that nobody sent"
        raise Unrelated(msg)
    places = np.arange(low, high)
    for count, least in ((GLANCE_PACKETS, 0.7), (FINGERPRINT_PACKETS, 0.9)):  # most are ruled out by a glance
        looked = places[:, None] + numbers[None, :count]
        extra = sizes[None, :count] - sent_size[looked]
        usual = np.median(extra, axis=1)
        alike = (extra == usual[:, None]) & (sent_ns[looked] <= times[None, :count] + _CLOCK_SLACK_NS)
        places = places[alike.mean(axis=1) >= least]
    if not 1 <= len(places) <= MAX_REPEATS:
        msg = f"{len(places)} places in the log explain what viewer {arrivals.viewer} got"
        raise Unrelated(msg)
    entries: Ints = ext - ext[0] + places[-1]
    return entries


@dataclass(frozen=True, slots=True)
class Sent:
    """A publisher's streams: send times and sizes of each, and the extents of the picture's keyframes."""

    times: tuple[Ints, Ints]
    sizes: tuple[Ints, Ints]
    keyframes: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a window of time brought: packets wanted and got over all viewers, and their delays in ms."""

    expected: int
    received: int
    delays_ms: NDArray[np.float64]
    silent: int = 0
    """Streams of viewers that got nothing recognisable."""
    problem: str = ""
    """Why one of those is not recognised."""

    @property
    def loss(self) -> float:
        """Share of packets that never came, 0..1."""
        return 1 - self.received / self.expected if self.expected else 1.0

    def delay_ms(self, share: float) -> float:
        """A quantile; infinite when nothing arrived."""
        return float(np.quantile(self.delays_ms, share)) if len(self.delays_ms) else float("inf")


def split(viewer: Ints, stream: Ints, seq16: Ints, size: Ints, arrived_ns: Ints) -> Iterator[Arrivals]:
    """Sort columns of everything that arrived into streams of viewers."""
    key = viewer * 2 + stream
    order = np.argsort(key, kind="stable")
    borders = np.flatnonzero(np.diff(key[order])) + 1
    for part in np.split(order, borders):
        if len(part):
            by_time = part[np.argsort(arrived_ns[part], kind="stable")]
            one = int(key[by_time[0]])
            yield Arrivals(one // 2, one % 2, seq16[by_time], size[by_time], arrived_ns[by_time])


class Tally:
    """Holds what came against what was sent in [begin, end): `add` every stream, then read `delivery`."""

    def __init__(self, senders: dict[int, Sent], begin_ns: int, end_ns: int) -> None:
        """`senders` is {viewer: its publisher}; viewers that are not in it do not count."""
        self._senders = senders
        self._window = [begin_ns, end_ns]
        self._received = 0
        self._found = 0
        self._problem = ""
        self._delays: list[NDArray[np.float64]] = [np.zeros(0)]

    def add(self, one: Arrivals) -> None:
        """One stream of one viewer."""
        sent = self._senders.get(one.viewer)
        if sent is None:
            return
        times = sent.times[one.stream]
        try:
            entries = entry_numbers(one, times, sent.sizes[one.stream])
        except Unrelated as problem:
            self._problem = str(problem)
            return
        low, high = np.searchsorted(times, self._window)
        inside = (entries >= low) & (entries < high)
        unique, first = np.unique(entries[inside], return_index=True)
        self._received += len(unique)
        self._found += 1
        self._delays.append((one.arrived_ns[inside][first] - times[unique]) / 1e6)

    def delivery(self) -> Delivery:
        """All together."""
        expected = sum(
            int(np.diff(np.searchsorted(times, self._window))[0])
            for sent in self._senders.values()
            for times in sent.times
        )
        silent = 2 * len(self._senders) - self._found
        return Delivery(expected, self._received, np.concatenate(self._delays), silent, self._problem)


def first_picture_ns(arrivals: Arrivals, sent: Sent) -> int | None:
    """When the first keyframe was complete at a viewer (wall clock), None if none was."""
    entries = entry_numbers(arrivals, sent.times[1], sent.sizes[1])
    unique, first = np.unique(entries, return_index=True)
    came = arrivals.arrived_ns[first]
    done: list[int] = []
    for begin, end in sent.keyframes:
        low, high = np.searchsorted(unique, [begin, end + 1])
        if high - low == end - begin + 1:
            done.append(int(came[low:high].max()))
    return min(done, default=None)
