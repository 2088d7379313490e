"""Replays: how they become ready with the last segment, and what they show of the class."""

from dataclasses import dataclass

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.asides import asides, still_in_replay
from catalogue.gaps import LeftOut, gaps_of, nobody_left_out, told, untold
from catalogue.marks import Remembered, remembered, unnamed
from catalogue.media import Replay, hls_folder
from catalogue.publishing import at_close
from catalogue.publishing_store import PublishingStore
from catalogue.states import REPLAY_TABLE, ReplayEvent, ReplayState, after
from catalogue.store import CatalogueStore
from catalogue.work import COMPOSE, ComposeArgs, signals_job
from lectern.db.engine import Database
from lectern.jobs.job import NewJob
from lectern.jobs.store import JobStore
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Gone, NotFound
from lectern.manifest.replay import Replay as Recorded
from lectern.storage.files import Files
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import Audience, Viewer

_log = structlog.get_logger()
_ANY_LEARNER = Viewer("", Audience.LEARNER)


@dataclass(frozen=True, slots=True)
class ReplayKeeper:
    """Keeps replays in step with what was recorded.

    `refresh` is for the supervisor, when a packager ended; readers call it too, so that a replay is ready as
    soon as its playlists are closed.
    """

    engine: TimelineEngine
    files: Files
    store: CatalogueStore
    jobs: JobStore
    clock: Clock = utc_ms

    @property
    def database(self) -> Database:
        """Where timelines and replays are."""
        return self.engine.database

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
        async with self.engine.change(session_id) as change:
            replay = await self.store.replay(change.tx, replay.id, lock=True)
            if replay.ended_utc_ms is None or replay.state is ReplayState.READY:
                return replay.state is ReplayState.READY
            happened = await self.store.happened(change.tx, session_id)
            left_out = await self.left_out(change.tx, session_id)
            gaps = untold(gaps_of(recorded, happened, left_out), happened)
            change.append(*(NewEvent(payload=gap) for gap in gaps))
            within = still_in_replay(asides(happened), recorded.clock_map)
            if within:
                await self._hold(change.tx, replay)
            await self._close(change.tx, replay, recorded)
        if within:
            _log.warning("aside_recorded", session_id=session_id, stretches=len(within))
        _log.info("replay_ready", session_id=session_id, duration_ms=recorded.duration_ms, gaps=len(gaps))
        return True

    async def give_up(self, session_id: str) -> None:
        """Say that a session's recording cannot be made playable; `refresh` takes that back."""
        async with self.database.write() as tx:
            replay = await self.store.replay_of(tx, session_id, lock=True)
            if replay is not None and replay.state is ReplayState.LIVE:
                state = after(REPLAY_TABLE, replay.state, ReplayEvent.GIVEN_UP)
                await self.store.change_replay(tx, replay.id, state=state)

    async def left_out(self, tx: AsyncConnection, session_id: str) -> LeftOut:
        """Return whose sources no recorder is given, by the rules that the lesson began with."""
        rules = await PublishingStore().rules(tx, session_id)
        if not (rules.learners_unseen or rules.learners_unheard):
            return nobody_left_out
        staff = await self.store.staff(tx, session_id)

        def is_left_out(participant: str, source: str) -> bool:
            rule = rules.learners_unheard if source == "mic" else rules.learners_unseen
            return bool(rule) and participant not in staff

        return is_left_out

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

    async def _hold(self, tx: AsyncConnection, replay: Replay) -> None:
        publishing = PublishingStore()
        before = await publishing.decision(tx, replay.session_id)
        decision = at_close(before, holds_aside=True, now=self.clock())
        if decision != before:
            await publishing.decide(tx, replay.org_id, replay.session_id, decision)

    async def _close(self, tx: AsyncConnection, replay: Replay, recorded: Recorded) -> None:
        now = self.clock()
        args = ComposeArgs(replay.session_id, replay.id, replay.version, replay.title)
        download = NewJob(replay.org_id, COMPOSE, replay.id, msgspec.to_builtins(args))
        job = await self.jobs.enqueue(tx, download, now) if recorded.duration_ms > 0 else None
        if recorded.duration_ms > 0:
            await self.jobs.enqueue(tx, signals_job(replay), now)
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
        happened = await store.happened(tx, replay.session_id)
        rules = await PublishingStore().rules(tx, replay.session_id)
    clock = replay.recorded.clock_map
    found = remembered(
        moments, view.entities or {}, clock, gaps=told(happened, clock), left_out=asides(happened)
    )
    return unnamed(found) if rules.learners_unnamed else found
