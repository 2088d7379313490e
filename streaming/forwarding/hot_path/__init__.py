"""The hot path: one published packet, rewritten, protected and addressed for many subscribers."""

from typing import Final

from streaming.forwarding.hot_path.python import Address, Lane, Output, Path, forward, send_time

IMPLEMENTATION: Final = "python"

__all__ = ["IMPLEMENTATION", "Address", "Lane", "Output", "Path", "forward", "send_time"]
