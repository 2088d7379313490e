"""What a datagram is, from its first bytes, before anything parses it (RFC 7983, RFC 5761)."""

from enum import Enum


class DatagramKind(Enum):
    """The protocols that share one media port."""

    STUN = "stun"
    DTLS = "dtls"
    RTP = "rtp"
    RTCP = "rtcp"
    UNKNOWN = "unknown"


def kind_of(data: bytes) -> DatagramKind:
    """Classify by the first byte, and RTP against RTCP by the second (RFC 5761 section 4)."""
    if len(data) < 2:
        return DatagramKind.UNKNOWN
    first = data[0]
    if 128 <= first <= 191:
        return DatagramKind.RTCP if 192 <= data[1] <= 223 else DatagramKind.RTP
    if first <= 3:
        return DatagramKind.STUN
    if 20 <= first <= 63:
        return DatagramKind.DTLS
    return DatagramKind.UNKNOWN
