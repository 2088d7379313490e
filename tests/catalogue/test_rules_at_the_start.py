"""Rules that are written while the lesson begins: on PostgreSQL, where both go on at once."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.lesson_replays import LessonReplays
from catalogue.media import Replay
from catalogue.publishing_routes import PublishingModel, PublishingRoutes, ReplayRulesModel
from catalogue.publishing_store import PublishingStore
from catalogue.store import CatalogueStore
from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.edge.routes import Request
from lectern.kernel.errors import Conflict
from lectern.timeline.event import SessionStarted, TimelineEvent
from lectern.timeline.store import Head
from tests.catalogue.conftest import PEOPLE, SESSION, House, open_house
from tests.lesson import Lesson

pytestmark = [pytest.mark.services, pytest.mark.timeout(60)]
UNSEEN = ReplayRulesModel(learners_unseen=True)


class SlowStart:
    """A start whose rules are fixed, and that is not written down before it may go on."""

    def __init__(self, replays: LessonReplays) -> None:
        self._replays = replays
        self.has_fixed, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
        """See `Follower`."""
        await self._replays.follow(tx, head, events)
        self.has_fixed.set()
        await self.may_go_on.wait()


class Looking(CatalogueStore):
    """Tells when somebody has looked whether the lesson has begun."""

    def __init__(self) -> None:
        self.has_looked = asyncio.Event()

    async def replay_of(self, tx: AsyncConnection, session_id: str, *, lock: bool = False) -> Replay | None:
        """See `CatalogueStore`."""
        found = await super().replay_of(tx, session_id, lock=lock)
        self.has_looked.set()
        return found


async def _somebody_waits(database: Database) -> bool:
    async with database.read() as tx:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool((await tx.execute(waiting)).scalar_one())


async def _set_rules(house: House, store: CatalogueStore, rules: ReplayRulesModel) -> PublishingModel:
    routes = PublishingRoutes(house.database, store, house, house, house, house, house.clock)
    http: web.Request = make_mocked_request("PUT", "/")
    path: dict[str, str] = {"id": SESSION}
    nothing: Any = None
    return await routes.set_rules(Request(http, PEOPLE["presenter"], path, nothing, rules))


async def test_rules_come_before_the_start_or_not_at_all(postgres_url: str, tmp_path: Path) -> None:
    database = Database(postgres_url)
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    house = await open_house(database, tmp_path)
    start = SlowStart(LessonReplays(house, house.store))
    looking = Looking()
    async with database.write() as tx:  # the house has begun its lesson's timeline with another follower
        await tx.execute(text("DELETE FROM timeline_heads"))
    lesson = await Lesson.open(database, SESSION, start)
    async with asyncio.TaskGroup() as tasks:
        starting = tasks.create_task(lesson.at(0, SessionStarted()))
        await start.has_fixed.wait()
        asking = tasks.create_task(_refused(house, looking))
        # Either it looks at a lesson that has not begun, as far as anybody can see, or it waits.
        async with asyncio.timeout(30):
            while not looking.has_looked.is_set() and not await _somebody_waits(database):
                await asyncio.sleep(0.01)
        start.may_go_on.set()
        await starting
        assert await asking == "lesson_running"
    async with database.read() as tx:
        rules = await PublishingStore().rules(tx, SESSION)
    assert rules.learners_unseen is False
    await database.close()


async def _refused(house: House, store: CatalogueStore) -> str | None:
    try:
        await _set_rules(house, store, UNSEEN)
    except Conflict as refusal:
        return refusal.code
    return None
