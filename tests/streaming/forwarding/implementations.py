"""Both implementations of the hot path, for tests that hold them to the same."""

import importlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from streaming import srtp
from streaming.forwarding.hot_path import batch, python, reader
from streaming.rtp import packet as rtp
from streaming.rtp.packet_ring import ForwardPacket
from streaming.twin import load

if TYPE_CHECKING:
    from streaming.forwarding.hot_path import Batch, Lane, Reader


@dataclass(frozen=True, slots=True)
class Implementation:
    """What one implementation provides, under the types of the Python one."""

    name: str
    new_batch: "type[Batch]"
    new_lane: "type[Lane]"
    new_reader: "type[Reader]"
    forward: "Callable[[ForwardPacket, Iterable[Lane], Batch, float], None]"
    new_receiver: type[srtp.GcmReceiver]
    parse: Callable[[bytes], rtp.RtpPacket | None]


PYTHON = Implementation(
    "python", batch.Batch, python.Lane, reader.Reader, python.forward, srtp.GcmReceiver, rtp.parse_in_python
)


def _find_twin() -> Implementation | None:
    try:
        twin = load()
    except ImportError:
        if os.environ.get("LECTERN_REQUIRE_TWIN"):
            raise
        return None
    hot_path = importlib.import_module("streaming.twin.hot_path")
    return Implementation(
        "compiled",
        cast("type[Batch]", hot_path.Batch),
        cast("type[Lane]", hot_path.Lane),
        cast("type[Reader]", hot_path.Reader),
        cast("Callable[[ForwardPacket, Iterable[Lane], Batch, float], None]", hot_path.forward),
        srtp.TwinGcmReceiver,
        twin.parse,
    )


_TWIN = _find_twin()
needs_twin = pytest.mark.skipif(_TWIN is None, reason="the twin was not built (script/build-twin)")
both = pytest.mark.parametrize(
    "hot",
    [PYTHON, pytest.param(_TWIN, marks=needs_twin)],
    ids=["python", "compiled"],
)


def twin_or_none() -> Implementation | None:
    """The compiled one, where it was built."""
    return _TWIN


def twin() -> Implementation:
    """The compiled one, in tests marked `needs_twin`."""
    assert _TWIN is not None
    return _TWIN
