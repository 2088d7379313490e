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
FINGERPRINT_PACKETS: Final = 400
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
        Unrelated: no place in the log explains what arrived, or several do.
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
    places = np.arange(low, high)[:, None] + numbers[None, :]
    extra = sizes[None, :] - sent_size[places]
    usual = np.median(extra, axis=1).astype(np.int64)
    alike = (extra == usual[:, None]) & (sent_ns[places] <= times[None, :] + _CLOCK_SLACK_NS)
    scores = alike.mean(axis=1)
    best = int(scores.argmax())
    if scores[best] < 0.9 or (scores >= 0.9).sum() != 1:
        msg = f"viewer {arrivals.viewer}: {int((scores >= 0.9).sum())} explanations, best {scores[best]:.2f}"
        raise Unrelated(msg)
    entries: Ints = ext - ext[0] + low + best
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


def deliver(arrivals: Sequence[Arrivals], senders: dict[int, Sent], begin_ns: int, end_ns: int) -> Delivery:
    """Hold what came against what was sent in [begin, end); `senders` is {viewer: its publisher}."""
    found: dict[tuple[int, int], tuple[int, NDArray[np.float64]]] = {}
    for one in arrivals:
        sent = senders.get(one.viewer)
        if sent is None:
            continue
        times = sent.times[one.stream]
        try:
            entries = entry_numbers(one, times, sent.sizes[one.stream])
        except Unrelated:
            continue
        low, high = np.searchsorted(times, [begin_ns, end_ns])
        inside = (entries >= low) & (entries < high)
        unique, first = np.unique(entries[inside], return_index=True)
        delays = (one.arrived_ns[inside][first] - times[unique]) / 1e6
        found[one.viewer, one.stream] = len(unique), delays
    expected = sum(
        int(np.diff(np.searchsorted(times, [begin_ns, end_ns]))[0])
        for sent in senders.values()
        for times in sent.times
    )
    delays_ms = np.concatenate([d for _, d in found.values()] or [np.zeros(0)])
    return Delivery(expected, sum(n for n, _ in found.values()), delays_ms, 2 * len(senders) - len(found))


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
