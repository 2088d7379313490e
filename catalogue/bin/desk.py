"""Deleting a replay or a microcourse, and taking it back: each in one transaction with its entry in the log.

Nothing is erased here: that is `catalogue.bin.eraser`, when the days of grace are over.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_edit, may_edit
from catalogue.bin.states import DAY_MS, Binned, BinState, Place
from catalogue.bin.store import BinStore
from catalogue.bin.uses import UseReader, UsesOfReplay
from catalogue.media import MediumKind, Microcourse, Replay
from catalogue.neighbours import BinNews, Leaders, NewsOfBin
from catalogue.review_store import ReviewStore
from catalogue.series import Key
from catalogue.states import MICROCOURSE_TABLE, MicrocourseEvent, MicrocourseState, after
from catalogue.store import CatalogueStore
from catalogue.work import COMPOSE, SIGNALS
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.jobs.states import JobState
from lectern.jobs.store import JobStore
from lectern.kernel.access import Permission, Principal, insist_on_running, runs
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Conflict, Forbidden, NotFound

PAGE = 50
CANCELLED = "cancelled"
"""The reason of a job that somebody ended."""


@dataclass(frozen=True, slots=True)
class BinDesk:
    """What people do with the bin; what is put in is erased `days` (1 or more) later.

    Every method raises `NotFound` or `Forbidden` for those who may not. Replays are deleted by whoever runs
    the lesson and by administrators, microcourses by whoever edits them.
    """

    database: Database
    store: CatalogueStore
    jobs: JobStore
    leaders: Leaders
    uses: UseReader
    trail: Trail
    news: NewsOfBin
    days: int = 30
    clock: Clock = utc_ms
    bin: BinStore = field(default_factory=BinStore)
    reviews: ReviewStore = field(default_factory=ReviewStore)

    async def uses_of(self, who: Principal, replay_id: str) -> UsesOfReplay:
        """Return what uses a replay."""
        async with self.database.read() as tx:
            replay = await self._run_by(tx, who, replay_id)
            return await self.uses.of(tx, replay)

    async def delete_replay(
        self, who: Principal, replay_id: str, *, seen: str, with_microcourses: bool
    ) -> Binned:
        """Put a replay into the bin, alone or with everything that was cut from it (retired first).

        Raises:
            Conflict: its lesson is not over (`lesson_not_over`), or what uses it is not what was `seen`
            (`uses_changed`).
        """
        async with self.database.write() as tx:
            await self._run_by(tx, who, replay_id)
            courses = await self._locked_courses(tx, replay_id)
            replay = await self._run_by(tx, who, replay_id, lock=True)
            if replay.ended_utc_ms is None:
                raise Conflict("lesson_not_over", "This can be deleted when the lesson is over.")
            if (await self.uses.of(tx, replay)).mark != seen:
                raise Conflict(
                    "uses_changed", "What uses this replay has changed since you looked. Look again."
                )
            now = self.clock()
            await self._end_jobs(tx, replay, now)
            if with_microcourses:
                for course in courses:
                    await self._put_course(tx, who, course, now, with_replay=replay.id)
            download = replay.download_job_id and await self.jobs.get(tx, replay.download_job_id)
            was_told = bool(download and download.state is JobState.DONE)
            await self.bin.put_in(
                tx, "replay", replay.id, by=who.subject_id, now=now, due=self._due(now), was_told=was_told
            )
            about = BinNews(replay.org_id, replay.session_id, Key("replay", replay.id))
            await self.news.put_in(tx, about)
            gone = len(courses) if with_microcourses else 0
            details = {"session_id": replay.session_id, "version": replay.version, "microcourses": gone}
            await self.trail.write(tx, who, "replay_deleted", replay.id, details)
            return await self._binned(tx, "replay", replay.id)

    async def delete_microcourse(self, who: Principal, microcourse_id: str) -> Binned:
        """Put a microcourse into the bin; the replay it was cut from stays."""
        async with self.database.write() as tx:
            seen = await self.store.microcourse(tx, microcourse_id)
            insist_on_edit(who, seen.org_id, seen.session_id)
            if seen.job_id is not None:  # the order of a worker that ends a job: its row first
                await self.jobs.get(tx, seen.job_id, lock=True)
            found = await self.store.microcourse(tx, microcourse_id, lock=True)
            if found.job_id != seen.job_id:
                raise Conflict(
                    "microcourse_changed", "Somebody else has just changed this. Look at it again."
                )
            await self._put_course(tx, who, found, self.clock(), with_replay=None)
            return await self._binned(tx, "microcourse", microcourse_id)

    async def listed(self, who: Principal, behind: Place | None = None) -> list[Binned]:
        """Return what `who` may take out behind a place, the latest first: up to a page, and one."""
        if Permission.REPLAYS_WRITE not in who.permissions or who.grant is not None:
            return []
        async with self.database.read() as tx:
            lessons = await self._lessons(tx, who)
            return await self.bin.listed(tx, who.org_id, replays_of=lessons, behind=behind, limit=PAGE + 1)

    async def restore(self, who: Principal, medium: MediumKind, medium_id: str) -> Binned:
        """Take something out of the bin; with a replay, what was deleted together with it.

        Microcourses come back as they were when they were put in: withdrawn, if learners saw them.

        Raises:
            Conflict: it is being erased, or was (`bin_left`).
        """
        async with self.database.write() as tx:
            one = await self._mine(tx, who, medium, medium_id)
            now = self.clock()
            together = await self.bin.together_with(tx, one.id) if medium == "replay" else []
            for each in (one, *together):
                await self.bin.take_out(tx, each, now)
                reviews = await self.reviews.ids_of(tx, each.id)
                about = BinNews(each.org_id, each.session_id, Key(each.medium, each.id), reviews)
                await self.news.taken_out(tx, about)
            if medium == "replay":
                await self._resume_jobs(tx, one, now)
            details = {"session_id": one.session_id, "microcourses": len(together)}
            await self.trail.write(tx, who, f"{medium}_restored", one.id, details)
            return one

    async def hurry(self, who: Principal, medium: MediumKind, medium_id: str) -> Binned:
        """Have something in the bin erased at once, with what was deleted together with it.

        Raises:
            Forbidden: no administrator. Conflict: it is not in the bin any more.
        """
        who.require(Permission.ADMIN)
        async with self.database.write() as tx:
            one = await self._mine(tx, who, medium, medium_id)
            if one.state is not BinState.IN:
                raise Conflict("bin_left", "This is not in the bin any more. Look again.", state=one.state)
            together = await self.bin.together_with(tx, one.id) if medium == "replay" else []
            for each in (one, *together):
                await self.bin.change(tx, each, due_utc_ms=self.clock())
            details = {"session_id": one.session_id, "microcourses": len(together)}
            await self.trail.write(tx, who, f"{medium}_erased", one.id, details)
            return one

    async def _run_by(
        self, tx: AsyncConnection, who: Principal, replay_id: str, *, lock: bool = False
    ) -> Replay:
        try:
            replay = await self.store.replay(tx, replay_id, lock=lock)
        except NotFound:
            binned = await self.bin.find(tx, "replay", replay_id)
            if binned is None or binned.org_id != who.org_id:
                raise
            await self._insist_on_running(tx, who, binned.session_id)
            raise Conflict("bin_already", "This is in the bin already, or erased.") from None
        if replay.org_id != who.org_id:
            raise NotFound("replay_not_found", "There is no such replay.")
        await self._insist_on_running(tx, who, replay.session_id)
        return replay

    async def _lessons(self, tx: AsyncConnection, who: Principal) -> Collection[str] | None:
        """Return of which lessons `who` may take replays back, as `_insist_on_running`; None: of all."""
        if Permission.SESSIONS_WRITE not in who.permissions:
            return ()
        if runs(who, ()) or who.person_id is None:
            return None
        return await self.leaders.led_by(tx, who.org_id, who.person_id)

    async def _insist_on_running(self, tx: AsyncConnection, who: Principal, session_id: str) -> None:
        led = await self.leaders.led(tx, session_id)
        if led is None or led.org_id != who.org_id:
            raise NotFound("replay_not_found", "There is no such replay.")
        who.require(Permission.REPLAYS_WRITE)
        insist_on_running(who, led.by)

    async def _locked_courses(self, tx: AsyncConnection, replay_id: str) -> list[Microcourse]:
        """Return what was cut from a replay, each job and then each row locked, as workers lock them."""
        seen = await self.store.cut_from(tx, replay_id)
        for job_id in sorted(each.job_id for each in seen if each.job_id is not None):
            await self.jobs.get(tx, job_id, lock=True)
        found = await self.store.cut_from(tx, replay_id, lock=True)
        if [(each.id, each.job_id) for each in found] != [(each.id, each.job_id) for each in seen]:
            raise Conflict("uses_changed", "What uses this replay has changed since you looked. Look again.")
        return found

    async def _put_course(
        self,
        tx: AsyncConnection,
        who: Principal,
        course: Microcourse,
        now: UtcMs,
        *,
        with_replay: str | None,
    ) -> None:
        """Put in a microcourse that its caller has locked: withdrawn first, and nothing cuts it any more."""
        was_told = bool(await self.reviews.releases(tx, course.id))
        state = course.state
        if course.job_id is not None and not (await self.jobs.get(tx, course.job_id)).over:
            await self.jobs.cancel(tx, course.job_id, now)
        if state is MicrocourseState.PROCESSING:
            state = after(MICROCOURSE_TABLE, state, MicrocourseEvent.CUT_FAILED)
        if course.live_version is not None:
            await self.reviews.withdraw(tx, course.id, now)
            if state is MicrocourseState.PUBLISHED:
                state = after(MICROCOURSE_TABLE, state, MicrocourseEvent.RETIRED)
        await self.store.change_microcourse(tx, course.id, state=state, live_version=None)
        await self.bin.put_in(
            tx,
            "microcourse",
            course.id,
            by=who.subject_id,
            now=now,
            due=self._due(now),
            was_told=was_told,
            with_replay=with_replay,
        )
        reviews = await self.reviews.ids_of(tx, course.id)
        key = Key("microcourse", course.id)
        await self.news.put_in(tx, BinNews(course.org_id, course.session_id, key, reviews))
        details = {"session_id": course.session_id, "version": course.version}
        await self.trail.write(tx, who, "microcourse_deleted", course.id, details)

    async def _end_jobs(self, tx: AsyncConnection, replay: Replay, now: UtcMs) -> None:
        """End what is made for the replay itself; cuts go on, from files that stay as long as the grace."""
        for kind in (COMPOSE, SIGNALS):
            job = await self.jobs.newest(tx, kind, replay.id)
            if job is not None and not job.over:
                await self.jobs.cancel(tx, job.id, now)

    async def _resume_jobs(self, tx: AsyncConnection, one: Binned, now: UtcMs) -> None:
        for kind in (COMPOSE, SIGNALS):
            job = await self.jobs.newest(tx, kind, one.id)
            if job is not None and job.state is JobState.FAILED and job.reason_code == CANCELLED:
                await self.jobs.resume(tx, job.id, now)

    async def _mine(self, tx: AsyncConnection, who: Principal, medium: MediumKind, medium_id: str) -> Binned:
        """Return something deleted that `who` may take back, locked."""
        one = await self.bin.find(tx, medium, medium_id, lock=True)
        if one is None or one.org_id != who.org_id:
            raise NotFound("bin_not_found", "This is not in the bin (any more).")
        if not await self._may(tx, who, one):
            raise Forbidden("not_allowed", "Whoever could delete it can take it out: ask an administrator.")
        return one

    async def _may(self, tx: AsyncConnection, who: Principal, one: Binned) -> bool:
        if one.medium == "microcourse":
            return may_edit(who, one.org_id, one.session_id)
        try:
            await self._insist_on_running(tx, who, one.session_id)
        except (Forbidden, NotFound):
            return False
        return True

    async def _binned(self, tx: AsyncConnection, medium: MediumKind, medium_id: str) -> Binned:
        one = await self.bin.find(tx, medium, medium_id)
        assert one is not None
        return one

    def _due(self, now: UtcMs) -> int:
        return now + self.days * DAY_MS
