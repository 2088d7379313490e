"""URIs of the RTP header extensions that the media process reads, forwards or writes (RFC 8285)."""

from typing import Final

MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID: Final = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_WIDE: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
COLOR_SPACE: Final = "http://www.webrtc.org/experiments/rtp-hdrext/color-space"

FORWARDED: Final = frozenset({AUDIO_LEVEL, COLOR_SPACE})
"""Copied from publisher to subscriber, renumbered. MID is written anew, the rest ends at the media process.

Video orientation is left out on purpose: without it a phone turns its pictures before it encodes them, and
recordings and transcoders need not know.
"""

WRITTEN: Final = frozenset({ABS_SEND_TIME})
"""Written by the media process itself into what a subscriber gets, if the subscriber numbers them."""
