"""Who calls those that wait for media jobs: Redis where there is one, else nobody, and they look."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lectern.db.engine import Database
from lectern.jobs.calls import Calls, Looks
from lectern.jobs.redis_calls import AWAY_S, RedisCalls
from lectern.jobs.store import DUE


@asynccontextmanager
async def calls_of(redis_url: str, database: Database) -> AsyncIterator[Calls]:
    """Hold the calls; every job that `database` makes due in this process rings."""
    if not redis_url:
        yield Looks(AWAY_S)
        return
    async with RedisCalls.connected(redis_url) as calls:
        database.on_commit(DUE, calls.ring)
        yield calls
