"""What RTP header extensions say."""


def abs_send_time(now: float) -> bytes:
    """The value for monotonic seconds: modulo 64, 24 bits with 18 of fraction."""
    return (int(now * 262144) & 0xFFFFFF).to_bytes(3, "big")


def audio_level(value: bytes) -> int | None:
    """Level in -dBov, 0 (loud) to 127 (silent), of an RFC 6464 element."""
    return value[0] & 0x7F if value else None
