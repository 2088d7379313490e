"""RTCP: the compound packets that a forwarder reads and writes (RFC 3550, RFC 4585, RFC 5104, REMB).

Reading is forgiving: what is malformed ends the compound, what is unknown is skipped; nothing raises.
"""

import struct
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

SR: Final = 200
RR: Final = 201
SDES: Final = 202
BYE: Final = 203
RTPFB: Final = 205
PSFB: Final = 206

_READ: Final = frozenset({SR, RR, BYE, RTPFB, PSFB})
_NACK: Final = 1
_PLI: Final = 1
_FIR: Final = 4
_APPLICATION: Final = 15

_HEADER = struct.Struct("!BBH")
_REPORT = struct.Struct("!IIIIII")
_U32 = struct.Struct("!I")
_PAIR = struct.Struct("!HH")


class ReportBlock(msgspec.Struct, frozen=True, gc=False):
    """RFC 3550 section 6.4.1. `fraction_lost` in 1/256, `jitter` in timestamp units, `dlsr` in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    cumulative_lost: int
    highest_seq: int
    jitter: int
    lsr: int
    dlsr: int


class SenderReport(msgspec.Struct, frozen=True, gc=False):
    """`ntp` is 32.32 fixed point seconds since 1900."""

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    reports: tuple[ReportBlock, ...] = ()


class ReceiverReport(msgspec.Struct, frozen=True, gc=False):
    """RFC 3550 section 6.4.2."""

    ssrc: int
    reports: tuple[ReportBlock, ...] = ()


class Bye(msgspec.Struct, frozen=True, gc=False):
    """RFC 3550 section 6.6."""

    ssrcs: tuple[int, ...]


class Nack(msgspec.Struct, frozen=True, gc=False):
    """Generic NACK, RFC 4585 section 6.2.1; `lost` are 16-bit sequence numbers."""

    ssrc: int
    media_ssrc: int
    lost: tuple[int, ...]


class PictureLoss(msgspec.Struct, frozen=True, gc=False):
    """PLI (RFC 4585 section 6.3.1) or one entry of a FIR (RFC 5104 section 4.3.1)."""

    ssrc: int
    media_ssrc: int


class Remb(msgspec.Struct, frozen=True, gc=False):
    """draft-alvestrand-rmcat-remb-03: the receiver can take `bitrate_bps` over all `ssrcs`."""

    ssrc: int
    bitrate_bps: int
    ssrcs: tuple[int, ...]


Rtcp: TypeAlias = SenderReport | ReceiverReport | Bye | Nack | PictureLoss | Remb


def parse(data: bytes) -> list[Rtcp]:
    """The packets of a compound that we understand."""
    found: list[Rtcp] = []
    at = 0
    while at + 4 <= len(data):
        first, kind, words = _HEADER.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            break
        body = data[at + 4 : end]
        at = end
        if first & 0x20:
            if not body or not 0 < body[-1] <= len(body):
                break
            body = body[: -body[-1]]
        if kind in _READ:
            found += _parse_one(kind, first & 0x1F, body)
    return found


def _parse_one(kind: int, count: int, body: bytes) -> list[Rtcp]:
    if kind == BYE:
        usable = min(count, len(body) // 4)
        return [Bye(tuple(_U32.unpack_from(body, 4 * i)[0] for i in range(usable)))]
    if len(body) < 4:
        return []
    (ssrc,) = _U32.unpack_from(body)
    if kind == SR and len(body) >= 24:
        ntp, rtp_timestamp, packets, octets = struct.unpack_from("!QIII", body, 4)
        return [SenderReport(ssrc, ntp, rtp_timestamp, packets, octets, _reports(body, 24, count))]
    if kind == RR:
        return [ReceiverReport(ssrc, _reports(body, 4, count))]
    if kind in {RTPFB, PSFB} and len(body) >= 8:
        (media_ssrc,) = _U32.unpack_from(body, 4)
        return _parse_feedback(kind, count, ssrc, media_ssrc, body[8:])
    return []


def _parse_feedback(kind: int, fmt: int, ssrc: int, media_ssrc: int, fci: bytes) -> list[Rtcp]:
    if kind == RTPFB:
        return [Nack(ssrc, media_ssrc, _nack_numbers(fci))] if fmt == _NACK else []
    if fmt == _PLI:
        return [PictureLoss(ssrc, media_ssrc)]
    if fmt == _FIR:
        return [PictureLoss(ssrc, _U32.unpack_from(fci, i)[0]) for i in range(0, len(fci) - 7, 8)]
    if fmt == _APPLICATION and len(fci) >= 8 and fci[:4] == b"REMB":
        mantissa = ((fci[5] & 0x03) << 16) | (fci[6] << 8) | fci[7]
        usable = min(fci[4], (len(fci) - 8) // 4)
        ssrcs = tuple(_U32.unpack_from(fci, 8 + 4 * i)[0] for i in range(usable))
        return [Remb(ssrc, mantissa << (fci[5] >> 2), ssrcs)]
    return []


def _reports(body: bytes, at: int, count: int) -> tuple[ReportBlock, ...]:
    usable = min(count, (len(body) - at) // _REPORT.size)
    blocks = []
    for i in range(usable):
        ssrc, loss, highest, jitter, lsr, dlsr = _REPORT.unpack_from(body, at + i * _REPORT.size)
        lost = loss & 0xFFFFFF
        blocks.append(
            ReportBlock(
                ssrc, loss >> 24, lost - (1 << 24) if lost & 0x800000 else lost, highest, jitter, lsr, dlsr
            )
        )
    return tuple(blocks)


def _nack_numbers(fci: bytes) -> tuple[int, ...]:
    numbers: list[int] = []
    for at in range(0, len(fci) - 3, 4):
        pid, mask = _PAIR.unpack_from(fci, at)
        numbers.append(pid)
        numbers.extend((pid + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
    return tuple(numbers)


# ── building ──────────────────────────────────────────────────────────────────────────────────────────────


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(0x80 | count, kind, len(body) // 4) + body


def _report_bytes(reports: tuple[ReportBlock, ...]) -> bytes:
    return b"".join(
        _REPORT.pack(
            r.ssrc,
            (r.fraction_lost & 0xFF) << 24 | max(-0x800000, min(0x7FFFFF, r.cumulative_lost)) & 0xFFFFFF,
            r.highest_seq & 0xFFFFFFFF,
            r.jitter & 0xFFFFFFFF,
            r.lsr & 0xFFFFFFFF,
            r.dlsr & 0xFFFFFFFF,
        )
        for r in reports
    )


def build_sender_report(report: SenderReport) -> bytes:
    """At most 31 report blocks."""
    body = struct.pack(
        "!IQIII",
        report.ssrc,
        report.ntp & 0xFFFFFFFFFFFFFFFF,
        report.rtp_timestamp & 0xFFFFFFFF,
        report.packet_count & 0xFFFFFFFF,
        report.octet_count & 0xFFFFFFFF,
    )
    return _packet(SR, len(report.reports), body + _report_bytes(report.reports))


def build_receiver_report(report: ReceiverReport) -> bytes:
    """At most 31 report blocks."""
    return _packet(RR, len(report.reports), _U32.pack(report.ssrc) + _report_bytes(report.reports))


@lru_cache(maxsize=8192)
def build_cname(ssrc: int, cname: str) -> bytes:
    """The SDES packet that every compound with reports carries (RFC 3550 section 6.5.1)."""
    text = cname.encode()[:255]
    chunk = _U32.pack(ssrc) + bytes((1, len(text))) + text + b"\0"
    return _packet(SDES, 1, chunk + bytes(-len(chunk) % 4))


def build_bye(ssrcs: tuple[int, ...]) -> bytes:
    """At most 31 sources."""
    return _packet(BYE, len(ssrcs), b"".join(map(_U32.pack, ssrcs)))


def build_nack(ssrc: int, media_ssrc: int, lost: list[int]) -> bytes:
    """`lost` are 16-bit numbers in ascending order modulo 2**16, at least one."""
    fci = bytearray()
    pid, mask = lost[0], 0
    for number in lost[1:]:
        distance = (number - pid - 1) & 0xFFFF
        if distance < 16:
            mask |= 1 << distance
        else:
            fci += _PAIR.pack(pid, mask)
            pid, mask = number, 0
    fci += _PAIR.pack(pid, mask)
    return _packet(RTPFB, _NACK, struct.pack("!II", ssrc, media_ssrc) + bytes(fci))


def build_picture_loss(ssrc: int, media_ssrc: int) -> bytes:
    """A PLI."""
    return _packet(PSFB, _PLI, struct.pack("!II", ssrc, media_ssrc))


def build_full_intra_request(ssrc: int, media_ssrc: int, number: int) -> bytes:
    """A FIR; `number` grows by one with every new request (RFC 5104 section 4.3.1.1)."""
    return _packet(PSFB, _FIR, struct.pack("!IIIBxxx", ssrc, 0, media_ssrc, number & 0xFF))


def build_remb(ssrc: int, bitrate_bps: int, ssrcs: tuple[int, ...]) -> bytes:
    """The bitrate is rounded down to 18 significant bits."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    mantissa = bitrate_bps >> exponent
    body = struct.pack(
        "!II4sBBH", ssrc, 0, b"REMB", len(ssrcs), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF
    )
    return _packet(PSFB, _APPLICATION, body + b"".join(map(_U32.pack, ssrcs)))
