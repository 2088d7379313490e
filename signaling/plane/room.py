"""A session's media as the server has arranged it: where it is at home, where it is open, who records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from signaling.plane.left_out import LeftOut
from signaling.plane.node import MediaNode
from signaling.plane.peer import Peer
from signaling.plane.pipe import Pipe
from signaling.plane.pipe_plan import Crossing, crossings
from streaming.control import messages as m
from streaming.control.client import MediaClient, MediaGone, MediaRefused

_log = structlog.get_logger()


@dataclass(slots=True)
class Room:
    """What was asked of media processes for one session.

    `asked_to_record`: who was last asked to record, and whether aside (not for the replay).
    Connections stand for what was asked over them: a node that comes back has another one, so what its
    predecessor was told does not count. `in_step` is the situation that the media processes were last told.
    `pipes` lead from home to siblings; `broken` ones may still have an end that must be closed.
    `sounding` are the tracks that somebody speaks on, as each connection last said, the first one first;
    `spoke` the participants who spoke lately, the latest first. `withheld` are ids of tracks and participants
    from whom nothing is taken in, because of commands that are being written down. `left_out` of learners is
    not recorded; None until the lesson is live.
    """

    session_id: str
    home: MediaNode
    open_over: set[MediaClient] = field(default_factory=set)
    recorded_over: MediaClient | None = None
    asked_to_record: tuple[MediaClient, bool] | None = None
    in_step: object = None
    pipes: dict[MediaNode, Pipe] = field(default_factory=dict)
    broken: list[Pipe] = field(default_factory=list)
    sounding: dict[MediaClient, tuple[str, ...]] = field(default_factory=dict)
    spoke: tuple[str, ...] = ()
    withheld: list[frozenset[str]] = field(default_factory=list)
    left_out: LeftOut | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether the home of now was told to record."""
        return self.recorded_over is not None and self.recorded_over is self.home.client

    def is_recorded_as(self, *, aside: bool) -> bool:
        """Whether it records what it should: for the replay, or `aside`."""
        return self.is_recorded and self.asked_to_record == (self.home.client, aside)

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
        if self.asked_to_record is not None and self.asked_to_record[0] is client:
            self.asked_to_record = None
        for pipe in self.pipes.values():
            pipe.is_broken = pipe.is_broken or client in {pipe.home, pipe.far}
        self.in_step = None

    # ── pipes ──

    def pipe_failed(self, pipe_id: str, reason: str) -> bool:
        """A media process gave a pipe up; False if it is none of this room's."""
        pipe = self._pipe(pipe_id)
        if pipe is None:
            return False
        _log.warning("pipe_failed", session_id=self.session_id, pipe=pipe_id, reason=reason)
        pipe.is_broken = True
        self.in_step = None
        return True

    def pipe_needs(self, notice: m.LayersWanted) -> bool:
        """A receiving end says which layers it needs; False if it is none of this room's."""
        pipe = self._pipe(notice.transport)
        if pipe is None:
            return False
        pipe.needed[notice.mid] = notice.rids
        self.in_step = None
        return True

    def _pipe(self, pipe_id: str) -> Pipe | None:
        return next((pipe for pipe in self.pipes.values() if pipe.id == pipe_id), None)

    async def keep_pipes(
        self, nodes: Mapping[MediaClient, MediaNode], peers: Sequence[Peer], *, is_recorded: bool
    ) -> None:
        """Let tracks cross to where they are needed, and nowhere else. Raises MediaGone, MediaRefused."""
        wanted = needed_crossings(self.home, nodes, peers, is_recorded=is_recorded)
        for node, pipe in tuple(self.pipes.items()):
            fits = pipe.home is self.home.client and pipe.far is node.client and node in wanted
            if pipe.is_broken or not fits:
                self.broken.append(self.pipes.pop(node))
        while self.broken:  # before others bring the same tracks
            await self.broken[-1].close()
            self.broken.pop()
        publishers = {peer.transport: peer for peer in peers}
        failures: list[MediaGone | MediaRefused] = []
        for node, crossing in wanted.items():
            if self.home.client is None or node.client is None:
                continue
            try:
                await self._keep_pipe(self.home.client, node, node.client, crossing, publishers)
            except (MediaGone, MediaRefused) as failure:  # of one sibling: the others go on
                failures.append(failure)
        if failures:
            raise failures[0]

    async def _keep_pipe(
        self,
        home: MediaClient,
        node: MediaNode,
        far: MediaClient,
        crossing: Crossing,
        publishers: Mapping[str, Peer],
    ) -> None:
        if node not in self.pipes:
            await self.open_at(home)
            await self.open_at(far)
            made = self.pipes[node] = Pipe(home, far)
            await made.open(self.session_id)
        await self.pipes[node].carry(crossing, publishers)


def needed_crossings(
    home: MediaNode, nodes: Mapping[MediaClient, MediaNode], peers: Sequence[Peer], *, is_recorded: bool
) -> dict[MediaNode, Crossing]:
    """Which tracks cross: those in viewers' slots, and those that the recording at home holds."""
    wanted: dict[MediaNode, set[str]] = {}
    owners: dict[str, MediaNode] = {}
    for peer in peers:
        node = nodes.get(peer.client)
        if node is None:
            continue
        wanted.setdefault(node, set()).update(track for track in peer.routes.values() if track)
        owners.update((peer.track_of(mid), node) for mid in peer.sources)
        if is_recorded:
            recorded = {peer.track_of(mid) for mid in peer.sources if peer.is_recorded(mid)}
            wanted.setdefault(home, set()).update(recorded)
    return crossings(home, owners, wanted)


def newest_recording(sessions_dir: Path, session_id: str) -> int:
    """Return the highest number of a session's recordings in this folder, or 0. Blocks. Raises OSError."""
    folder = sessions_dir / session_id / "rec"
    if not folder.is_dir():
        return 0
    return max((int(path.name) for path in folder.iterdir() if path.name.isdigit()), default=0)


def new_recording(
    sessions_dir: Path,
    session_id: str,
    number: int,
    *,
    now_ms: int,
    first_started_ms: int | None,
    aside: bool = False,
) -> m.RecordSpec:
    """Make the folder of a session's recording `number`. Blocks. Raises OSError."""
    directory = sessions_dir / session_id / "rec" / str(number)
    directory.mkdir(parents=True)
    name = f"sessions/{session_id}/rec/{number}"
    return m.RecordSpec(str(directory), now_ms - (first_started_ms or now_ms), now_ms, name, aside)
