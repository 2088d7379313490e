"""The RTP header extensions that we understand, by URI."""

from typing import Final

MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
COLOR_SPACE: Final = "http://www.webrtc.org/experiments/rtp-hdrext/color-space"
VIDEO_ORIENTATION: Final = "urn:3gpp:video-orientation"

FORWARDED: Final = frozenset({AUDIO_LEVEL, COLOR_SPACE, VIDEO_ORIENTATION})
"""Copied from publisher to subscriber, renumbered; MID is written anew, the rest ends here."""

UNDERSTOOD: Final = FORWARDED | {MID, ABS_SEND_TIME}


def audio_level(value: bytes) -> int | None:
    """Level in -dBov, 0 (loud) to 127 (silent), of an RFC 6464 element."""
    return value[0] & 0x7F if value else None
