"""What a server process knows of the others. Pure: times are the database's clock, or `now` in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lectern.kernel.clock import UtcMs

BEAT_S: Final = 1.5
"""How often a server says that it is there."""
SOONEST_BEAT_S: Final = 0.3
"""It says so earlier, but not more often, when it has a reason to look who else is there."""
SILENT_AFTER_S: Final = 6.0
"""A server that was not heard for so long may lose what it steers."""
FORGOTTEN_AFTER_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server process. `loads` are what it put on media processes, by name: transports, homes."""

    id: str
    address: str
    seen: UtcMs
    loads: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def is_silent(self, now: UtcMs) -> bool:
        """Whether it may be dead."""
        return now - self.seen > SILENT_AFTER_S * 1_000


@dataclass(frozen=True, slots=True)
class Roll:
    """All servers and stewards as the database had them at `at`."""

    at: UtcMs
    servers: Mapping[str, Server]
    stewards: Mapping[str, str]

    def steward(self, session_id: str) -> Server | None:
        """Return who steers this session, if it seems to be alive."""
        server = self.servers.get(self.stewards.get(session_id, ""))
        return None if server is None or server.is_silent(self.at) else server

    def steered_by(self, server_id: str) -> set[str]:
        """Return the sessions of a server."""
        return {session_id for session_id, steward in self.stewards.items() if steward == server_id}

    def loads_but(self, server_id: str) -> dict[str, tuple[int, int]]:
        """Return what all others together put on each media process."""
        found: dict[str, tuple[int, int]] = {}
        for server in self.servers.values():
            if server.id == server_id or server.is_silent(self.at):
                continue
            for name, (transports, homes) in server.loads.items():
                before = found.get(name, (0, 0))
                found[name] = before[0] + transports, before[1] + homes
        return found


EMPTY: Final = Roll(UtcMs(0), {}, {})


@dataclass(slots=True)
class Pulse:
    """This server's own word about itself: how long it counts, and since when without a gap."""

    _counts_until: float = float("-inf")
    _unbroken_since: float = float("inf")

    def beaten(self, now: float) -> None:
        """A beat is in the database that was begun at `now`."""
        if now >= self._counts_until:
            self._unbroken_since = now
        self._counts_until = now + SILENT_AFTER_S

    def counts(self, now: float) -> bool:
        """Whether nobody can have taken anything from us yet."""
        return now < self._counts_until

    def may_take_over(self, now: float) -> bool:
        """Whether silence of others is theirs.

        While the database was away nobody could be heard. Whoever comes back first leaves the others time.
        """
        return self.counts(now) and now - self._unbroken_since >= SILENT_AFTER_S
