"""A session's media as the server has arranged it: where it is at home, where it is open, who records."""

from dataclasses import dataclass, field
from pathlib import Path

from signaling.plane.node import MediaNode
from streaming.control import messages as m
from streaming.control.client import MediaClient


@dataclass(slots=True)
class Room:
    """What was asked of media processes for one session.

    Connections stand for what was asked over them: a node that comes back has another one, so what its
    predecessor was told does not count. `in_step` is the situation that the media processes were last told.
    `sounding` are the tracks that somebody speaks on, as each connection last said, the first one first;
    `spoke` the participants who spoke lately, the latest first.
    """

    session_id: str
    home: MediaNode
    open_over: set[MediaClient] = field(default_factory=set)
    recorded_over: MediaClient | None = None
    in_step: object = None
    sounding: dict[MediaClient, tuple[str, ...]] = field(default_factory=dict)
    spoke: tuple[str, ...] = ()

    @property
    def is_recorded(self) -> bool:
        """Whether the home of now was told to record."""
        return self.recorded_over is not None and self.recorded_over is self.home.client

    async def open_at(self, client: MediaClient) -> None:
        """Make the room known to a media process. Raises MediaGone, MediaRefused."""
        if client not in self.open_over:
            await client.open_room(self.session_id)
            self.open_over.add(client)

    def lost(self, client: MediaClient) -> None:
        """What was asked over this connection is gone."""
        self.open_over.discard(client)
        self.sounding.pop(client, None)
        if self.recorded_over is client:
            self.recorded_over = None
        self.in_step = None


def new_recording(
    sessions_dir: Path, session_id: str, now_ms: int, first_started_ms: int | None
) -> m.RecordSpec:
    """Make the folder of a session's next recording. Blocks. Raises OSError."""
    folder = sessions_dir / session_id / "rec"
    folder.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(p.name) for p in folder.iterdir() if p.name.isdigit()), default=0)
    directory = folder / str(number)
    directory.mkdir()
    return m.RecordSpec(str(directory), now_ms - (first_started_ms or now_ms), now_ms)
