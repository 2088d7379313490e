"""How often the same kind of news may be told of one lesson: the first at once, then ever more seldom. Pure.

A plan that goes to and fro must not write to everybody each time. What changes during a pause is told at its
end, once, as it stands then; who moved a lesson back in time has said nothing.
"""

from typing import Final

import msgspec

from lectern.kernel.clock import UtcMs

MINUTE_MS: Final = 60_000
PAUSES_MS: Final = tuple(minutes * MINUTE_MS for minutes in (2, 10, 20, 40, 80, 120))
"""After the first piece of news, the second, and so on; the last one from then on."""
QUIET_MS: Final = 6 * 60 * MINUTE_MS
"""After so much silence it begins anew."""
SHORTEST_MS: Final = 2 * MINUTE_MS
MANY: Final = 10
MANY_SHORTEST_MS: Final = 10 * MINUTE_MS
"""From the tenth on no pause is shorter, whatever the hurry."""


class Pace(msgspec.Struct, frozen=True):
    """When something was told last, and how often without `QUIET_MS` in between."""

    told_utc_ms: int | None = None
    count: int = 0

    def free_utc_ms(self, now: UtcMs, urgent_utc_ms: int | None = None) -> int:
        """Return from when on it may be told again (0: at once).

        With something `urgent` ahead (a start that people go by) a pause takes no more than a quarter of the
        time that was left to it. A clock that was set back holds nothing up.
        """
        if self.told_utc_ms is None or self.told_utc_ms > now or now - self.told_utc_ms >= QUIET_MS:
            return 0
        pause = PAUSES_MS[min(self.count, len(PAUSES_MS)) - 1]
        if urgent_utc_ms is not None:
            pause = min(pause, max(0, urgent_utc_ms - self.told_utc_ms) // 4)
        return self.told_utc_ms + max(pause, SHORTEST_MS if self.count < MANY else MANY_SHORTEST_MS)

    def told(self, now: UtcMs) -> "Pace":
        """Count what is told now."""
        is_new = self.told_utc_ms is None or not 0 <= now - self.told_utc_ms < QUIET_MS
        return Pace(now, 1 if is_new else self.count + 1)
