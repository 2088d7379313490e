"""Which server process steers a session's media; `lectern.app` answers where there are several."""

from collections.abc import Mapping
from typing import Protocol


class Stewards(Protocol):
    """Says who steers. A session has one steward at a time; see docs/decisions/0014-several-servers.md."""

    async def steward(self, session_id: str) -> str | None:
        """Return the address of the server that steers this session; None: it is (from now on) this one.

        Raises:
            Gone: that cannot be said for the moment (`media_unavailable`).
        """

    def elsewhere(self, session_id: str) -> str | None:
        """Return the address of another server that steers this session, as far as is known."""

    def is_ours(self, session_id: str) -> bool:
        """Whether this server steers the session, beyond doubt."""

    def others_loads(self) -> Mapping[str, tuple[int, int]]:
        """Return what the other servers put on each media process: transports, homes."""

    def doubt(self) -> None:
        """A steward that was named could not be reached."""


class Alone:
    """The only server process steers everything."""

    async def steward(self, session_id: str) -> str | None:
        """See `Stewards`."""
        del session_id
        return None

    def elsewhere(self, session_id: str) -> str | None:
        """See `Stewards`."""
        del session_id
        return None

    def is_ours(self, session_id: str) -> bool:
        """See `Stewards`."""
        del session_id
        return True

    def others_loads(self) -> Mapping[str, tuple[int, int]]:
        """See `Stewards`."""
        return {}

    def doubt(self) -> None:
        """See `Stewards`."""
