"""Who lets people in: declared here, wired in `lectern.app`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lectern.timeline.idea import Actor, Viewer


@dataclass(frozen=True, slots=True)
class Admitted:
    """One connection that was let in. `connection_id` is the admission's own name for it."""

    session_id: str
    connection_id: str
    viewer: Viewer
    actor: Actor
    resume_token: str
    lang: str = "en"


class Admission(Protocol):
    """Checks tokens and keeps presence; all of it in the database, so any process may be asked."""

    async def admit(self, auth: Mapping[str, Any], client_ip: str) -> Admitted:
        """Let a connection in, and put its participant on the timeline.

        `auth` is what the client sent (docs/protocol.md), an object, otherwise unchecked.

        Raises:
            LecternError: it is refused; the client gets code, message and details.
        """

    async def left(self, admitted: Admitted) -> None:
        """Note that a connection is gone. Called exactly once for each that was admitted."""

    async def seen(self, present: Sequence[Admitted]) -> None:
        """Note that these connections are there now; called every few seconds."""
