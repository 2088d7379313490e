"""When to ask a publisher for a keyframe: many wishes, few requests.

A class that joins together must not become a storm: keyframes cost the publisher's bitrate.
"""

from typing import Final

MIN_INTERVAL_S: Final = 0.5


class KeyframeRequests:
    """Coalesces wishes to one request per MIN_INTERVAL_S; a wish in between is granted at the end of it."""

    __slots__ = ("_wished", "last_sent_at", "sent")

    def __init__(self) -> None:
        self._wished = False
        self.last_sent_at = float("-inf")
        self.sent = 0

    def wish(self) -> None:
        """Somebody needs a keyframe."""
        self._wished = True

    def arrived(self) -> None:
        """A keyframe came: earlier wishes are fulfilled."""
        self._wished = False

    def due(self, now: float) -> bool:
        """Whether to send a request now; True counts as sent."""
        if not self._wished or now - self.last_sent_at < MIN_INTERVAL_S:
            return False
        self._wished = False
        self.last_sent_at = now
        self.sent += 1
        return True
