"""The hot path: one published packet, rewritten, protected and addressed for many subscribers.

Two implementations of one interface, held to the same tests: Python here, C in `streaming.twin`.
"""

from typing import TYPE_CHECKING

from streaming.forwarding.hot_path.batch import Address, Datagram, Path
from streaming.twin import IMPLEMENTATION, PROBLEM

if TYPE_CHECKING or IMPLEMENTATION == "python":
    from streaming.forwarding.hot_path.batch import Batch
    from streaming.forwarding.hot_path.python import Lane, forward
    from streaming.forwarding.hot_path.reader import Reader
else:
    from streaming.twin.hot_path import Batch, Lane, Reader, forward

Output = Batch

__all__ = [
    "IMPLEMENTATION", "PROBLEM", "Address", "Batch", "Datagram", "Lane", "Output", "Path", "Reader",
    "forward",
]  # fmt: skip
