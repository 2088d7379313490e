"""What the benchmark's browsers offer: the same payload types, feedback and extensions to every server."""

from typing import Final

from streaming.control.extensions import ABS_SEND_TIME, AUDIO_LEVEL, MID
from streaming.control.messages import Codec

OPUS: Final = Codec(111, "opus", 48000, 2, "minptime=10;useinbandfec=1")
VP8: Final = Codec(96, "VP8", 90000, rtcp_fb=("goog-remb", "ccm fir", "nack", "nack pli"), rtx_pt=97)
AUDIO_MID: Final = "0"
VIDEO_MID: Final = "1"
EXTENSIONS: Final = {
    "audio": {AUDIO_LEVEL: 1, ABS_SEND_TIME: 2, MID: 4},
    "video": {ABS_SEND_TIME: 2, MID: 4},
}
"""{kind: {uri: id}}."""
AUDIO: Final = 0
VIDEO: Final = 1
"""Numbers of the two streams, in logs and tallies."""
