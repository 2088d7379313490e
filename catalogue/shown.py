"""Which part of a replay each version of a microcourse shows, and where: for whoever compares the two."""

from dataclasses import dataclass, field

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.bin.store import BinStore
from catalogue.edit_store import EditStore
from catalogue.media import Microcourse
from catalogue.parts import ShownPart, parts_of
from catalogue.review_store import ReviewStore
from catalogue.store import CatalogueStore, microcourse_of_row
from catalogue.work import MicrocourseResult
from lectern.jobs.store import JobStore
from lectern.kernel.errors import NotFound

_OF_OLD = MicrocourseResult(duration_ms=0)
"""What begins a microcourse whose job is not known any more: a title card."""


@dataclass(frozen=True, slots=True)
class ShownParts:
    """Reads what versions of microcourses were made of."""

    store: CatalogueStore
    jobs: JobStore = field(default_factory=JobStore)
    edits: EditStore = field(default_factory=EditStore)
    reviews: ReviewStore = field(default_factory=ReviewStore)

    async def of(self, tx: AsyncConnection, microcourse_id: str, version: int) -> tuple[ShownPart, ...]:
        """Return what a version that is in work, or was published, shows, in its order; else nothing.

        Raises:
            NotFound: there is no such microcourse, and never was.
        """
        work = await self._work(tx, microcourse_id)
        if version == work.version:
            start_ms, end_ms, job_id = work.start_ms, work.end_ms, work.job_id
        else:
            released = await self.reviews.released(tx, microcourse_id, version)
            if released is None:
                return ()
            start_ms, end_ms, job_id = released.start_ms, released.end_ms, released.job_id
        made_of = (await self.edits.cuts(tx, [(microcourse_id, version)])).get((microcourse_id, version))
        ranges = made_of.content.ranges if made_of is not None else ()
        job = (await self.jobs.get_many(tx, [job_id])).get(job_id) if job_id is not None else None
        done = job.result if job is not None else None
        result = _OF_OLD if done is None else msgspec.convert(done, MicrocourseResult)
        return parts_of(ranges or ((start_ms, end_ms),), result.lead_ms)

    async def _work(self, tx: AsyncConnection, microcourse_id: str) -> Microcourse:
        try:
            return await self.store.microcourse(tx, microcourse_id)
        except NotFound:  # of one that was deleted, what people saw of it is still to be read
            binned = await BinStore().find(tx, "microcourse", microcourse_id)
            if binned is None:
                raise
            return microcourse_of_row(binned.content)
