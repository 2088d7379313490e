"""RTP payloads → access units (pure): H.264 (RFC 6184), VP8 (RFC 7741), Opus (RFC 7587).

A depacketiser takes packets in order. After a gap it drops what it was assembling and, for video, everything
up to the next keyframe: a decoder fed with the rest would show smeared pictures. Malformed payloads are
counted in `malformed` and act like a gap; nothing raises.
"""

from dataclasses import dataclass
from typing import Protocol

from recording.codec_config import CodecConfig, pps_id, sps_id, sps_size
from recording.rtp_order import RtpPacket

MAX_ACCESS_UNIT_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One frame or sound packet.

    `config` comes with every keyframe. H.264 is length-prefixed (4 bytes), not Annex B.
    """

    timestamp: int
    data: bytes
    keyframe: bool
    config: CodecConfig | None


class Depacketiser(Protocol):
    """Turns the packets of one track into access units."""

    malformed: int
    wants_keyframe: bool

    def receive(self, packet: RtpPacket, *, gap: bool) -> list[AccessUnit]:
        """`gap`: packets right before this one are missing. A packet may complete up to two units."""


def make_depacketiser(codec: str) -> Depacketiser:
    """Raises ValueError for a codec that cannot be recorded."""
    makers: dict[str, type[H264Depacketiser | Vp8Depacketiser | OpusDepacketiser]] = {
        "H264": H264Depacketiser,
        "VP8": Vp8Depacketiser,
        "OPUS": OpusDepacketiser,
    }
    if codec.upper() not in makers:
        message = f"codec {codec!r} cannot be recorded"
        raise ValueError(message)
    return makers[codec.upper()]()


class OpusDepacketiser:
    """One packet, one unit (RFC 7587 §4.2)."""

    def __init__(self) -> None:
        self.malformed = 0
        self.wants_keyframe = False
        self._config = CodecConfig("opus")

    def receive(self, packet: RtpPacket, *, gap: bool) -> list[AccessUnit]:
        """A packet of a paused sender may be empty: it is skipped."""
        del gap  # a lost sound packet is a short silence, not a reason to wait
        if not packet.payload:
            return []
        return [AccessUnit(packet.timestamp, packet.payload, keyframe=True, config=self._config)]


class Vp8Depacketiser:
    """Frames of VP8: joined from S=1, PID=0 up to the marker."""

    def __init__(self) -> None:
        self.malformed = 0
        self.wants_keyframe = True
        self._parts: list[bytes] = []
        self._size = 0
        self._timestamp: int | None = None
        self._config: CodecConfig | None = None

    def receive(self, packet: RtpPacket, *, gap: bool) -> list[AccessUnit]:
        """See `Depacketiser`."""
        if gap:
            self._break()
        if not packet.payload:
            return []
        start = vp8_descriptor_size(packet.payload)
        if start is None or start >= len(packet.payload):
            self._malformed()
            return []
        out: list[AccessUnit] = []
        if packet.payload[0] & 0x10 and packet.payload[0] & 0x07 == 0:
            if self._parts:
                out += self._finish()
            self._timestamp = packet.timestamp
        elif self._timestamp != packet.timestamp or not self._parts:
            self._break()
            return out
        self._parts.append(packet.payload[start:])
        self._size += len(packet.payload) - start
        if self._size > MAX_ACCESS_UNIT_BYTES:
            self._malformed()
        elif packet.marker:
            out += self._finish()
        return out

    def _finish(self) -> list[AccessUnit]:
        data = b"".join(self._parts)
        self._parts, self._size = [], 0
        assert self._timestamp is not None
        keyframe = not data[0] & 1
        if keyframe:
            size = vp8_size(data)
            if size is None:
                self._malformed()
                return []
            self._config = CodecConfig("VP8", *size)
            self.wants_keyframe = False
        if self.wants_keyframe:
            return []
        return [AccessUnit(self._timestamp, data, keyframe, self._config if keyframe else None)]

    def _break(self) -> None:
        self._parts, self._size, self._timestamp = [], 0, None
        self.wants_keyframe = True

    def _malformed(self) -> None:
        self.malformed += 1
        self._break()


def vp8_descriptor_size(payload: bytes) -> int | None:
    """Bytes of the payload descriptor (RFC 7741 §4.2); None if it is cut short."""
    size = 1
    if payload[0] & 0x80:
        if len(payload) < 2:
            return None
        flags = payload[1]
        size = 2
        if flags & 0x80:
            if len(payload) < 3:
                return None
            size += 2 if payload[2] & 0x80 else 1
        size += bool(flags & 0x40) + bool(flags & 0x30)
    return size


def vp8_size(frame: bytes) -> tuple[int, int] | None:
    """Width and height of a keyframe (RFC 6386 §9.1); None if it is none."""
    if len(frame) < 10 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    width = int.from_bytes(frame[6:8], "little") & 0x3FFF
    height = int.from_bytes(frame[8:10], "little") & 0x3FFF
    return (width, height) if width and height else None


class H264Depacketiser:
    """Access units of H.264 in packetization modes 0 and 1: single NAL units, STAP-A, FU-A.

    A unit ends with the marker or with a new timestamp. Parameter sets are remembered and put before every
    IDR picture that came without them, so that each keyframe stands alone.
    """

    def __init__(self) -> None:
        self.malformed = 0
        self.wants_keyframe = True
        self._nals: list[bytes] = []
        self._fragments: list[bytes] | None = None
        self._size = 0
        self._timestamp: int | None = None
        self._damaged = False
        self._sps: dict[int, bytes] = {}
        self._pps: dict[int, bytes] = {}

    def receive(self, packet: RtpPacket, *, gap: bool) -> list[AccessUnit]:
        """See `Depacketiser`."""
        if gap:
            self._break()
        if not packet.payload:
            return []
        out: list[AccessUnit] = []
        if self._timestamp is not None and packet.timestamp != self._timestamp:
            out += self._finish()
        self._timestamp = packet.timestamp
        if gap:
            self._damaged = not _starts_keyframe(packet.payload)
        if not self._take(packet.payload):
            self.malformed += 1
            self._break()
        if self._size > MAX_ACCESS_UNIT_BYTES:
            self._break()
        if packet.marker:
            out += self._finish()
        return out

    def _take(self, payload: bytes) -> bool:
        kind = payload[0] & 0x1F
        if kind == 28:
            return self._take_fragment(payload)
        if self._fragments is not None:
            return False
        if 1 <= kind <= 23:
            self._add(payload)
            return True
        return kind == 24 and self._take_aggregate(payload)

    def _take_aggregate(self, payload: bytes) -> bool:
        at = 1
        while at < len(payload):
            size = int.from_bytes(payload[at : at + 2], "big")
            nal = payload[at + 2 : at + 2 + size]
            if size == 0 or len(nal) != size:
                return False
            self._add(nal)
            at += 2 + size
        return at > 1

    def _take_fragment(self, payload: bytes) -> bool:
        if len(payload) < 3:
            return False
        start, end = payload[1] & 0x80, payload[1] & 0x40
        if start:
            if self._fragments is not None:
                return False
            self._fragments = [bytes([payload[0] & 0xE0 | payload[1] & 0x1F])]
        if self._fragments is None:
            return self._damaged  # the rest of a unit that is already given up
        self._fragments.append(payload[2:])
        self._size += len(payload)
        if end:
            nal = b"".join(self._fragments)
            self._fragments = None
            self._add(nal)
        return True

    def _add(self, nal: bytes) -> None:
        kind = nal[0] & 0x1F
        try:
            if kind == 7:
                sps_size(nal)
                self._sps[sps_id(nal)] = nal
            elif kind == 8:
                self._pps[pps_id(nal)] = nal
        except ValueError:
            self.malformed += 1
            return
        if kind != 9:  # access unit delimiters only cost bytes in MP4
            self._nals.append(nal)
            self._size += len(nal)

    def _finish(self) -> list[AccessUnit]:
        nals, timestamp = self._nals, self._timestamp
        damaged = self._damaged or self._fragments is not None
        self._nals, self._fragments, self._size = [], None, 0
        self._timestamp, self._damaged = None, False
        if damaged:
            self.wants_keyframe = True
        kinds = {nal[0] & 0x1F for nal in nals}
        if damaged or timestamp is None or not kinds & {1, 2, 3, 4, 5}:
            return []
        config = None
        if 5 in kinds and self._sps and self._pps:
            sps, pps = tuple(self._sps.values()), tuple(self._pps.values())
            config = CodecConfig("H264", *sps_size(sps[-1]), sps, pps)
            missing = [*(sps if 7 not in kinds else ()), *(pps if 8 not in kinds else ())]
            nals = [*missing, *nals]
            self.wants_keyframe = False
        if self.wants_keyframe:
            return []
        data = b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)
        return [AccessUnit(timestamp, data, config is not None, config)]

    def _break(self) -> None:
        self._nals, self._fragments, self._size = [], None, 0
        self._damaged = self.wants_keyframe = True


def _starts_keyframe(payload: bytes) -> bool:
    """Whether this payload is certainly the first of a keyframe: a parameter set, or the slice at macroblock
    0."""
    kind = payload[0] & 0x1F
    if kind == 24 and len(payload) > 3:
        return payload[3] & 0x1F in {7, 9}
    if kind == 28 and len(payload) > 2:
        return payload[1] & 0x9F == 0x85 and bool(payload[2] & 0x80)
    return kind in {7, 9} or (kind == 5 and len(payload) > 1 and bool(payload[1] & 0x80))
