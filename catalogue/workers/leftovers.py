"""Throws away what workers wrote for nobody: after their lease had gone, or after what they made was deleted.

Two kinds of place are looked through, each when its turn comes, again and again, so that a kill in the middle
costs nothing:

* corners of leases (`incoming/<job>/<lease>`). A lease that does not hold its job now never will again: every
  claim makes a new one. So a corner is thrown away as soon as its lease is seen not to be in force, and what
  comes through a bucket's address after that goes with the next round.
* folders of microcourses that are deleted, and not in the bin: their rows never come back; their jobs' rows
  say where they were.

Nothing else is touched: what a lease in force has sent, a recording, a replay, and every version of a
microcourse that is not deleted, or waits in the bin, have no way into either list.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import msgspec
import structlog
from sqlalchemy import select

from catalogue.bin.store import in_bin
from catalogue.media import microcourse_folder
from catalogue.tables import microcourses
from catalogue.work import MICROCOURSE, MicrocourseArgs
from catalogue.workers.intake import Corner, Intake
from lectern.db.engine import Database
from lectern.jobs.job import Job
from lectern.jobs.states import JobState
from lectern.jobs.store import JobStore
from lectern.jobs.tables import jobs
from lectern.kernel.errors import Gone

_log = structlog.get_logger()
EVERY_S: Final = 600.0
_AT_ONCE: Final = 100
"""Folders of deleted microcourses that one round looks at."""


class Shelves(Protocol):
    """Where what is finished lies."""

    async def delete(self, prefix: str) -> int:
        """Delete a folder; returns how many files there were."""


def not_in_force(found: Iterable[str], held: Mapping[str, Job]) -> list[str]:
    """Return those corners (keys of folders) whose lease does not hold its job; `held` is by job."""
    in_force = {
        Corner(job.id, job.lease_owner).folder
        for job in held.values()
        if job.state is JobState.RUNNING and job.lease_owner is not None
    }
    return [folder for folder in found if folder not in in_force]


class Leftovers:
    """See the module. Every server process may do it; what is gone is gone."""

    def __init__(
        self, database: Database, intake: Intake, shelves: Shelves, store: JobStore, every_s: float = EVERY_S
    ) -> None:
        self._database = database
        self._intake = intake
        self._shelves = shelves
        self._store = store
        self._every_s = every_s
        self._after = ""

    async def run(self) -> None:
        """Go round until cancelled."""
        while True:
            try:
                await self.sweep()
            except Gone as error:
                _log.info("leftovers_wait", code=error.code)
            await asyncio.sleep(self._every_s)

    async def sweep(self) -> int:
        """Go round once; returns how many places were emptied. Raises Gone: the files cannot be reached."""
        emptied = await self._corners() + await self._deleted()
        if emptied:
            _log.info("leftovers_swept", places=emptied)
        return emptied

    async def _corners(self) -> int:
        # First what is there, then who holds what: a lease made in between is not in the list.
        found = await self._intake.corners()
        async with self._database.read() as tx:
            held = await self._store.get_many(tx, {folder.split("/")[1] for folder in found})
        gone = not_in_force(found, held)
        for folder in gone:
            await self._intake.drop_corner(folder)
        await self._intake.drop_passing()
        return len(gone)

    async def _deleted(self) -> int:
        query = (
            select(jobs.c.id, jobs.c.args)
            .outerjoin(microcourses, microcourses.c.id == jobs.c.subject)
            .where(jobs.c.kind == MICROCOURSE, microcourses.c.id.is_(None), jobs.c.id > self._after)
            .where(~in_bin("microcourse", jobs.c.subject))
            .order_by(jobs.c.id)
            .limit(_AT_ONCE)
        )
        async with self._database.read() as tx:
            rows = list(await tx.execute(query))
        self._after = rows[-1].id if len(rows) == _AT_ONCE else ""
        emptied = 0
        for folder in dict.fromkeys(_folder_of(row.args) for row in rows):
            emptied += bool(await self._shelves.delete(folder))
        return emptied


def _folder_of(args: Mapping[str, object]) -> str:
    asked = msgspec.convert(args, MicrocourseArgs)
    return microcourse_folder(asked.session_id, asked.microcourse_id).removesuffix("/")
