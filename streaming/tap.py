"""What the media process gives to a recorder, and what it expects back.

The recorder is one more subscriber, in the same process, of decrypted RTP. It is loaded by name
(`--tap recording.tap:create`), so that nothing here imports it.
"""

from collections.abc import Callable
from typing import Literal, Protocol

from streaming.control.messages import RecordSpec

RequestKeyframe = Callable[[str], None]
"""Called with a track id; coalesced by the media process. Event loop only."""

Notify = Callable[[str, str], None]
"""Called with (event, code), as in ("recording_problem", "disk_full"). From any thread."""


class Tap(Protocol):
    """One recording of one room.

    All `on_*` methods are called on the event loop of the media process, in arrival order: they must neither
    block nor raise. What they raise nevertheless is counted, logged once, and costs only the recording.
    """

    def on_track(  # noqa: PLR0917 - the positions are the contract between two packages
        self,
        track: str,
        source: Literal["mic", "camera", "screen"],
        kind: Literal["audio", "video"],
        codec: str,
        clock_rate: int,
        participant: str,
        group: str = "",
        /,
    ) -> None:
        """A track starts, or goes on with another codec (`VP8`, `H264`, `opus`) or another numbering.

        It is for the main room, or what a `group` of the class records for itself.
        """

    def on_rtp(self, track: str, packet: bytes, arrival_s: float, /) -> None:
        """One decrypted RTP packet, each once, perhaps out of order; `arrival_s` is monotonic seconds."""

    def on_sender_report(self, track: str, ntp_s: float, rtp_ts: int, /) -> None:
        """The publisher says: its wall clock `ntp_s` (s since 1900) is RTP time `rtp_ts` of this track."""

    def on_track_end(self, track: str, /) -> None:
        """No more packets of this track."""

    async def close(self) -> None:
        """Write and close everything; returns when the files are complete."""


class CreateTap(Protocol):
    """The entry named by `--tap module:function`."""

    async def __call__(self, spec: RecordSpec, request_keyframe: RequestKeyframe, notify: Notify, /) -> Tap:
        """Must not block the loop, whatever the disk does. Raises OSError when it cannot be written."""
