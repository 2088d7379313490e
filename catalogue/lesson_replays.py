"""Every lesson has a replay: its row comes with the lesson's start, in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.bin.store import BinStore
from catalogue.media import Replay
from catalogue.neighbours import Titles
from catalogue.publishing import at_end, at_start
from catalogue.publishing_store import PublishingStore
from catalogue.states import REPLAY_TABLE, ReplayEvent, ReplayState, after
from catalogue.store import CatalogueStore
from lectern.kernel.errors import Conflict
from lectern.kernel.ids import new_id
from lectern.timeline.event import SessionEnded, SessionStarted, TimelineEvent
from lectern.timeline.store import Head


@dataclass(frozen=True, slots=True)
class LessonReplays:
    """A timeline `Follower`."""

    titles: Titles
    store: CatalogueStore
    publishing: PublishingStore = field(default_factory=PublishingStore)
    bin: BinStore = field(default_factory=BinStore)

    async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
        """See `lectern.timeline.engine.Follower`."""
        for event in events:
            if event.type == SessionStarted.TYPE:
                await self._started(tx, head, event)
            elif event.type == SessionEnded.TYPE:
                replay = await self.store.replay_of(tx, head.session_id, lock=True)
                if replay is not None:
                    await self.store.change_replay(tx, replay.id, ended_utc_ms=event.utc_ms)
                    await self._ended(tx, head, event)

    async def _ended(self, tx: AsyncConnection, head: Head, event: TimelineEvent) -> None:
        rules = await self.publishing.rules_in_force(tx, head.org_id, head.session_id)
        before = await self.publishing.decision(tx, head.session_id)
        decision = at_end(rules, before, event.utc_ms)
        if decision != before:
            await self.publishing.decide(tx, head.org_id, head.session_id, decision)

    async def _fix_rules(self, tx: AsyncConnection, head: Head, event: TimelineEvent) -> None:
        own = await self.publishing.rules(tx, head.session_id)
        fixed = at_start(own, await self.publishing.rules(tx, head.org_id))
        if fixed != own:
            await self.publishing.set_rules(tx, head.org_id, head.session_id, fixed, event.utc_ms)

    async def _started(self, tx: AsyncConnection, head: Head, event: TimelineEvent) -> None:
        await self._fix_rules(tx, head, event)
        replay = await self.store.replay_of(tx, head.session_id, lock=True)
        if replay is not None:
            state = after(REPLAY_TABLE, replay.state, ReplayEvent.RESTARTED)
            version = replay.version + (replay.ready_utc_ms is not None)
            await self.store.change_replay(
                tx, replay.id, state=state, version=version, ended_utc_ms=None, ready_utc_ms=None
            )
            return
        if await self.bin.replay_of(tx, head.session_id) is not None:
            # What is recorded now would bring back, with the same recordings, what somebody deleted.
            raise Conflict(
                "lesson_replay_deleted",
                "The replay of this lesson was deleted, so it cannot go on. Begin a new lesson.",
            )
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
