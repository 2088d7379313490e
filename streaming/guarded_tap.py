"""A wall around the recorder: whatever it does, forwarding goes on."""

from collections.abc import Callable
from typing import Any, Final

from streaming.control.messages import Kind, Source
from streaming.tap import Tap

MAX_FAILURES: Final = 100
"""A tap that keeps failing is no longer called."""


class GuardedTap:
    """Calls a tap; its exceptions are counted, the first one is reported."""

    def __init__(self, tap: Tap, report: Callable[[Exception], None]) -> None:
        self.failures = 0
        self._tap = tap
        self._report = report

    def on_track(  # noqa: PLR0917 - as Tap.on_track
        self,
        track: str,
        source: Source,
        kind: Kind,
        codec: str,
        clock_rate: int,
        participant: str,
        group: str = "",
    ) -> None:
        """See Tap."""
        self._call(self._tap.on_track, track, source, kind, codec, clock_rate, participant, group)

    def on_rtp(self, track: str, packet: bytes, arrival_s: float) -> None:
        """See Tap."""
        self._call(self._tap.on_rtp, track, packet, arrival_s)

    def on_sender_report(self, track: str, ntp_s: float, rtp_ts: int) -> None:
        """See Tap."""
        self._call(self._tap.on_sender_report, track, ntp_s, rtp_ts)

    def on_track_end(self, track: str) -> None:
        """See Tap."""
        self._call(self._tap.on_track_end, track)

    async def close(self) -> None:
        """See Tap. Errors are reported, and the recording counts as closed."""
        try:
            await self._tap.close()
        except Exception as error:  # noqa: BLE001 - a recorder's bug must not keep a room open
            self._failed(error)

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        if self.failures >= MAX_FAILURES:
            return
        try:
            function(*arguments)
        except Exception as error:  # noqa: BLE001 - a recorder's bug must not stop a lesson
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        if self.failures == 1:
            self._report(error)
