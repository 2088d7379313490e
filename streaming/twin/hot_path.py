"""The compiled twin as `streaming.forwarding.hot_path` offers it: the same names and meanings as in Python.

Raises ImportError where the twin was not built.
"""

from functools import lru_cache
from typing import Self

from streaming.control.extensions import ABS_SEND_TIME
from streaming.forwarding.hot_path.latency import Latencies
from streaming.srtp import SrtpSender
from streaming.twin import _twin
from streaming.twin._twin import Reader, forward

__all__ = ["Batch", "Lane", "Reader", "forward"]


@lru_cache(maxsize=1024)
def _style(
    mid: str, mid_id: int | None, numbering: tuple[tuple[str, int], ...], repeats: bool
) -> _twin.Style:
    ids = dict(numbering)
    send_time_id = ids.pop(ABS_SEND_TIME, 0)
    return _twin.Style(mid.encode(), -1 if mid_id is None else mid_id, ids, send_time_id, repeats)


class Lane(_twin.Lane):
    """See hot_path/python.py."""

    __slots__ = ()

    def __init__(
        self,
        ssrc: int,
        mid: str,
        mid_id: int | None,
        extension_ids: dict[str, int],
        *,
        repeats: bool = True,
        is_urgent: bool = False,
    ) -> None:
        """See hot_path/python.py."""
        self._begin(ssrc, _style(mid, mid_id, tuple(sorted(extension_ids.items())), repeats), is_urgent)

    def __new__(cls, *_arguments: object, **_options: object) -> Self:
        """The arguments are for `__init__`."""
        return super().__new__(cls)

    def protect_with(self, sender: SrtpSender) -> None:
        """The subscriber's DTLS is done."""
        keys = sender.gcm
        if keys is None:
            self._call_to_protect(sender.protect_rtp)
            return
        if keys.sealer is None:
            keys.sealer = _twin.Gcm(keys.rtp_key)
        self._seal_with(keys.sealer, keys.rtp_salt.to_bytes(12, "big"))


class Batch(_twin.Batch):
    """See hot_path/batch.py. Datagrams of equal size for one lane leave together; the kernel cuts them."""

    __slots__ = ()
    SLICE = 512

    @property
    def latencies(self) -> Latencies:
        """See hot_path/batch.py."""
        found = Latencies()
        found.buckets, found.sum_s = self._latencies()
        return found
