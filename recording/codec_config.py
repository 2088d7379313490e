"""What a decoder must know before the first frame: parameter sets, size (pure)."""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CodecConfig:
    """One decoder configuration. `codec` is `H264`, `VP8`, `opus` or `aac`.

    `sps` and `pps` are NAL units without start code (H.264); `asc` is the AudioSpecificConfig (AAC). Sound
    has width and height 0.
    """

    codec: str
    width: int = 0
    height: int = 0
    sps: tuple[bytes, ...] = ()
    pps: tuple[bytes, ...] = ()
    asc: bytes = b""
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Derives a short stable name, so that equal configurations share one init segment."""
        digest = hashlib.sha256()
        for part in (
            self.codec.encode(),
            f"{self.width}x{self.height}".encode(),
            *self.sps,
            *self.pps,
            self.asc,
        ):
            digest.update(len(part).to_bytes(4, "big") + part)
        object.__setattr__(self, "name", digest.hexdigest()[:10])


class _Bits:
    """Reads an RBSP bit by bit (H.264 §7.2). Raises ValueError past its end."""

    def __init__(self, rbsp: bytes) -> None:
        self._value = int.from_bytes(rbsp, "big")
        self._left = 8 * len(rbsp)

    def u(self, count: int) -> int:
        if count > self._left:
            raise ValueError("parameter set ends too early")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def ue(self) -> int:
        zeros = 0
        while self.u(1) == 0:
            zeros += 1
            if zeros > 31:
                raise ValueError("number too long")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        value = self.ue()
        return (value + 1) // 2 if value % 2 else -(value // 2)


def _rbsp(nal: bytes) -> bytes:
    return nal.replace(b"\x00\x00\x03", b"\x00\x00")


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def sps_id(nal: bytes) -> int:
    """Raises ValueError for a damaged SPS."""
    bits = _Bits(_rbsp(nal[1:32]))
    bits.u(24)
    return bits.ue()


def pps_id(nal: bytes) -> int:
    """Raises ValueError for a damaged PPS."""
    return _Bits(_rbsp(nal[1:32])).ue()


def sps_size(nal: bytes) -> tuple[int, int]:
    """Width and height in luma samples after cropping (H.264 §7.3.2.1.1).

    Raises ValueError for a damaged SPS.
    """
    bits = _Bits(_rbsp(nal[1:]))
    profile = bits.u(8)
    bits.u(16)
    bits.ue()
    chroma = 1
    if profile in {100, 110, 122, 244, 44, 83, 86, 118, 128, 138}:
        chroma = bits.ue()
        if chroma == 3:
            bits.u(1)
        bits.ue()
        bits.ue()
        bits.u(1)
        if bits.u(1):
            for index in range(12 if chroma == 3 else 8):
                if bits.u(1):
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    bits.ue()
    order = bits.ue()
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.u(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
    bits.ue()
    bits.u(1)
    width = 16 * (bits.ue() + 1)
    map_units = bits.ue() + 1
    frame_only = bits.u(1)
    height = 16 * map_units * (2 - frame_only)
    if not frame_only:
        bits.u(1)
    bits.u(1)
    if bits.u(1):
        crop_x = 2 if chroma in {1, 2} else 1
        crop_y = (2 if chroma == 1 else 1) * (2 - frame_only)
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        width -= crop_x * (left + right)
        height -= crop_y * (top + bottom)
    if not (0 < width <= 16384 and 0 < height <= 16384):
        raise ValueError("impossible picture size")
    return width, height
