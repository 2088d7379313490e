"""Which part of a replay each version of a microcourse shows, and where: for whoever compares the two.

Intros, cards and outros are not in it: they show nothing of the replay.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.bin.store import BinStore
from catalogue.chapters import PICTURES_PER_S
from catalogue.edit_store import EditStore
from catalogue.media import Microcourse
from catalogue.review_store import ReviewStore
from catalogue.store import CatalogueStore, microcourse_of_row
from catalogue.work import MicrocourseResult
from lectern.jobs.store import JobStore
from lectern.kernel.errors import NotFound

_OF_OLD = MicrocourseResult(duration_ms=0)
"""What begins a microcourse whose job is not known any more: a title card."""


@dataclass(frozen=True, slots=True)
class ShownPart:
    """From `at_ms` on, a microcourse shows `duration_ms` of its replay from `replay_ms` on."""

    at_ms: int
    replay_ms: int
    duration_ms: int


def parts_of(ranges: Iterable[tuple[int, int]], lead_ms: int) -> tuple[ShownPart, ...]:
    """Return the parts that ranges of a replay become, one behind the other after `lead_ms` of something
    else; each is rounded to whole pictures, as it is cut.
    """
    found: list[ShownPart] = []
    shown = 0
    for start, end in ranges:
        pictures = round(end * PICTURES_PER_S / 1000) - round(start * PICTURES_PER_S / 1000)
        at_ms = lead_ms + shown * 1000 // PICTURES_PER_S
        shown += pictures
        found.append(ShownPart(at_ms, start, lead_ms + shown * 1000 // PICTURES_PER_S - at_ms))
    return tuple(part for part in found if part.duration_ms > 0)


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
