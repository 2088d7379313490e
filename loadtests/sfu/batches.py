"""Reading many sockets at little cost: `recvmmsg` of the C library, kernel time stamps, columns of numpy.

The first bytes of each datagram are kept, its true length, and the moment at which the kernel put it into the
socket (SO_TIMESTAMPNS): so it does not matter for a measured delay when we come to read it.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SLOTS: Final = 2048
PER_CALL: Final = 64
KEPT_BYTES: Final = 512
_CONTROL_BYTES: Final = 64
_MSG_TRUNC: Final = 0x20
_MSG_DONTWAIT: Final = 0x40


# `struct mmsghdr` with 64-bit pointers, in words of 8 bytes: name, its length, iovec, their number, control,
# its length, flags, msg_len. A time stamp's control message: length, level and type, seconds, nanoseconds.
_STRIDE: Final = 64
_IOVEC, _IOVEC_COUNT, _CONTROL, _CONTROL_LENGTH, _MSG_LEN = 2, 3, 4, 5, 7


@dataclass(frozen=True, slots=True)
class Batch:
    """Datagrams in the order in which they were read; `source` says from which of the sockets."""

    source: NDArray[np.int64]
    head: NDArray[np.uint8]
    """(datagrams, KEPT_BYTES); bytes beyond a datagram's length are old."""
    size: NDArray[np.int64]
    arrived_ns: NDArray[np.int64]


class BatchReader:
    """Buffers for SLOTS datagrams. A `Batch` is valid until the next `read`."""

    def __init__(self) -> None:
        if ctypes.sizeof(ctypes.c_void_p) != 8:
            raise OSError("this benchmark needs a 64-bit system")
        library = ctypes.CDLL(None, use_errno=False)
        self._receive = library.recvmmsg
        self._receive.argtypes = (
            ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p,
        )  # fmt: skip
        self._receive.restype = ctypes.c_int
        self._data = np.zeros((SLOTS, KEPT_BYTES), np.uint8)
        self._control = np.zeros((SLOTS, _CONTROL_BYTES // 8), np.int64)
        self._vectors = np.zeros((SLOTS, 2), np.uint64)
        self._headers = np.zeros((SLOTS, _STRIDE // 8), np.uint64)
        numbers = np.arange(SLOTS, dtype=np.uint64)
        self._vectors[:, 0] = self._data.ctypes.data + numbers * np.uint64(KEPT_BYTES)
        self._vectors[:, 1] = KEPT_BYTES
        self._headers[:, _IOVEC] = self._vectors.ctypes.data + numbers * np.uint64(16)
        self._headers[:, _IOVEC_COUNT] = 1
        self._headers[:, _CONTROL] = self._control.ctypes.data + numbers * np.uint64(_CONTROL_BYTES)
        self._headers[:, _CONTROL_LENGTH] = _CONTROL_BYTES
        self._start = self._headers.ctypes.data

    def read(self, descriptors: Sequence[int], first: int) -> tuple[Batch, int]:
        """Read sockets from number `first` on until all are empty or the buffers are full.

        Returns the batch and the number of the socket to go on with, `len(descriptors)` when all were read.
        """
        receive, start, flags = self._receive, self._start, _MSG_DONTWAIT | _MSG_TRUNC
        sources: list[int] = []
        counts: list[int] = []
        used, number = 0, first
        while number < len(descriptors) and used + PER_CALL <= SLOTS:
            got = receive(descriptors[number], start + used * _STRIDE, PER_CALL, flags, None)
            if got > 0:
                sources.append(number)
                counts.append(got)
                used += got
            if got < PER_CALL:
                number += 1
        self._headers[:used, _CONTROL_LENGTH] = _CONTROL_BYTES
        stamps = self._control[:used]
        batch = Batch(
            np.repeat(np.array(sources, np.int64), np.array(counts, np.int64)),
            self._data[:used],
            (self._headers[:used, _MSG_LEN] & np.uint64(0xFFFFFFFF)).astype(np.int64),
            stamps[:, 2] * 1_000_000_000 + stamps[:, 3],
        )
        return batch, number
