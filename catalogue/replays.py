"""Replays: how they appear with the lesson, become ready with its last segment, and look to a viewer."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.marks import Remembered, remembered
from catalogue.media import Replay, hls_folder
from catalogue.neighbours import Titles
from catalogue.states import REPLAY_TABLE, ReplayEvent, ReplayState, after
from catalogue.store import CatalogueStore
from catalogue.work import COMPOSE, ComposeArgs
from lectern.db.engine import Database
from lectern.jobs.job import NewJob
from lectern.jobs.store import JobStore
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Gone, NotFound
from lectern.kernel.ids import new_id
from lectern.manifest.replay import Replay as Recorded
from lectern.storage.files import Files
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import SessionEnded, SessionStarted, TimelineEvent
from lectern.timeline.idea import Audience, Viewer
from lectern.timeline.store import Head

_log = structlog.get_logger()
_ANY_LEARNER = Viewer("", Audience.LEARNER)


@dataclass(frozen=True, slots=True)
class ReplayKeeper:
    """Keeps replays in step with their sessions.

    As a timeline `Follower` it writes the row in the transaction that starts or ends the lesson. `refresh`
    is for the supervisor, when a packager ended; readers call it too, so that a replay is ready as soon as
    its playlists are closed.
    """

    database: Database
    files: Files
    titles: Titles
    store: CatalogueStore
    jobs: JobStore
    clock: Clock = utc_ms

    async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
        """See `lectern.timeline.engine.Follower`."""
        for event in events:
            if event.type == SessionStarted.TYPE:
                await self._started(tx, head, event)
            elif event.type == SessionEnded.TYPE:
                replay = await self.store.replay_of(tx, head.session_id, lock=True)
                if replay is not None:
                    await self.store.change_replay(tx, replay.id, ended_utc_ms=event.utc_ms)

    async def refresh(self, session_id: str) -> bool:
        """Make the session's replay ready if the lesson is over and the packager has closed it.

        Returns whether it is ready now. Safe to call at any time, from any process.
        """
        async with self.database.read() as tx:
            replay = await self.store.replay_of(tx, session_id)
        if replay is None or replay.ended_utc_ms is None:
            return False
        if replay.state is ReplayState.READY:
            return True
        recorded = await self._recorded(session_id)
        if recorded is None:
            return False
        async with self.database.write() as tx:
            replay = await self.store.replay(tx, replay.id, lock=True)
            if replay.ended_utc_ms is None or replay.state is ReplayState.READY:
                return replay.state is ReplayState.READY
            await self._close(tx, replay, recorded)
        _log.info("replay_ready", session_id=session_id, duration_ms=recorded.duration_ms)
        return True

    async def give_up(self, session_id: str) -> None:
        """Say that a session's recording cannot be made playable; `refresh` takes that back."""
        async with self.database.write() as tx:
            replay = await self.store.replay_of(tx, session_id, lock=True)
            if replay is not None and replay.state is ReplayState.LIVE:
                state = after(REPLAY_TABLE, replay.state, ReplayEvent.GIVEN_UP)
                await self.store.change_replay(tx, replay.id, state=state)

    async def _started(self, tx: AsyncConnection, head: Head, event: TimelineEvent) -> None:
        replay = await self.store.replay_of(tx, head.session_id, lock=True)
        if replay is not None:
            state = after(REPLAY_TABLE, replay.state, ReplayEvent.RESTARTED)
            version = replay.version + (replay.ready_utc_ms is not None)
            await self.store.change_replay(
                tx, replay.id, state=state, version=version, ended_utc_ms=None, ready_utc_ms=None
            )
            return
        await self.store.add_replay(
            tx,
            Replay(
                id=new_id(),
                org_id=head.org_id,
                session_id=head.session_id,
                title=await self.titles.session_title(tx, head.session_id),
                state=ReplayState.LIVE,
                version=1,
                duration_ms=0,
                recorded=None,
                download_job_id=None,
                created_utc_ms=event.utc_ms,
                ended_utc_ms=None,
                ready_utc_ms=None,
            ),
        )

    async def _recorded(self, session_id: str) -> Recorded | None:
        try:
            content = await self.files.get(hls_folder(session_id) + "replay.json")
            return msgspec.json.decode(content, type=Recorded)
        except (
            NotFound,
            Gone,
        ):  # not closed, or not carried into the bucket as a whole, or nobody can tell now
            return None
        except msgspec.DecodeError:
            _log.error("replay_file_damaged", session_id=session_id)
            return None

    async def _close(self, tx: AsyncConnection, replay: Replay, recorded: Recorded) -> None:
        now = self.clock()
        args = ComposeArgs(replay.session_id, replay.id, replay.version, replay.title)
        download = NewJob(replay.org_id, COMPOSE, replay.id, msgspec.to_builtins(args))
        job = await self.jobs.enqueue(tx, download, now) if recorded.duration_ms > 0 else None
        await self.store.change_replay(
            tx,
            replay.id,
            state=after(REPLAY_TABLE, replay.state, ReplayEvent.CLOSED),
            duration_ms=recorded.duration_ms,
            recorded=recorded,
            download_job_id=None if job is None else job.id,
            ready_utc_ms=now,
        )


async def remembered_of(engine: TimelineEngine, store: CatalogueStore, replay: Replay) -> Remembered:
    """Return what a ready replay shows of its class, with polls and questions as the class left them."""
    if replay.recorded is None:
        return Remembered()
    view = await engine.view(replay.session_id, _ANY_LEARNER, None)
    async with engine.database.read() as tx:
        moments = await store.moments(tx, replay.session_id)
    return remembered(moments, view.entities or {}, replay.recorded.clock_map)
