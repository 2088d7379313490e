"""A worker in a process of its own, for tests: waits for calls, notes in the result who did a job."""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

from lectern.db.engine import Database
from lectern.jobs.desk import DatabaseDesk
from lectern.jobs.redis_calls import RedisCalls
from lectern.jobs.runner import Attempt, Runner
from lectern.jobs.store import JobStore

KIND = "cut"
LEASE_MS = 1_500


def _work(attempt: Attempt) -> dict[str, Any]:
    """As long as the job says; while it is worked on, a file says by whom."""
    folder = Path(attempt.job.args["folder"])
    (folder / f"{attempt.job.id}.{os.getpid()}").touch()
    end = time.monotonic() + attempt.job.args["seconds"]
    while time.monotonic() < end and not attempt.cancelled():
        time.sleep(0.02)
    return {"by": os.getpid()}


async def _tell(tx: Any, job: Any) -> None:
    """Counts in the transaction that ends a job."""
    await tx.exec_driver_sql(f"INSERT INTO ended VALUES ('{job.id}')")


async def _main(database_url: str, redis_url: str) -> None:
    database = Database(database_url)
    desk = DatabaseDesk(database, {KIND: _tell}, worker=f"w:{os.getpid()}", store=JobStore(LEASE_MS))
    async with RedisCalls.connected(redis_url, silent_ms=500, rest_s=2.0) as calls:
        await Runner(desk, {KIND: _work}, calls=calls).run()


async def _take_and_hold(redis_url: str) -> None:
    """Take one call and never answer."""
    async with RedisCalls.connected(redis_url, silent_ms=500) as calls:
        while await calls.wait([KIND]) is None:
            pass
        print("taken", flush=True)
        await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(_take_and_hold(sys.argv[2]) if sys.argv[1] == "hold" else _main(sys.argv[1], sys.argv[2]))
