"""What RTP header extensions say."""


def audio_level(value: bytes) -> int | None:
    """Level in -dBov, 0 (loud) to 127 (silent), of an RFC 6464 element."""
    return value[0] & 0x7F if value else None
