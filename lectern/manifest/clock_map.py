"""Where a moment of the session lies in its replay, and back (pure)."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClockPiece:
    """One recording of the session: `duration_ms` of it start at `media_ms` of the replay."""

    session_ms: int
    media_ms: int
    duration_ms: int


class ClockMap:
    """Piecewise-linear map between `session_ms` and `media_ms`.

    Between recordings the session's clock runs and the replay's does not: such a moment maps to the joint.
    Before the first and after the last recording the map is clamped. Both directions never decrease.
    """

    def __init__(self, pieces: Sequence[ClockPiece]) -> None:
        self.pieces = tuple(sorted(pieces, key=lambda piece: piece.media_ms))
        self._session_starts = [piece.session_ms for piece in self.pieces]
        self._media_starts = [piece.media_ms for piece in self.pieces]

    @property
    def duration_ms(self) -> int:
        """Length of the replay."""
        return self.pieces[-1].media_ms + self.pieces[-1].duration_ms if self.pieces else 0

    def media_ms(self, session_ms: int) -> int:
        """Where in the replay this moment of the session is seen."""
        index = bisect.bisect_right(self._session_starts, session_ms) - 1
        if index < 0:
            return 0
        piece = self.pieces[index]
        return piece.media_ms + min(session_ms - piece.session_ms, piece.duration_ms)

    def session_ms(self, media_ms: int) -> int:
        """Which moment of the session this moment of the replay shows; 0 without any recording."""
        if not self.pieces:
            return 0
        piece = self.pieces[max(0, bisect.bisect_right(self._media_starts, media_ms) - 1)]
        return piece.session_ms + min(max(0, media_ms - piece.media_ms), piece.duration_ms)
