"""The routes of the console."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.brand.look import LookStore
from catalogue.brand.work import CLIP
from catalogue.console.models import Act, JobQuery, MediaJobModel, MediaJobs, WorkerModel
from catalogue.store import CatalogueStore
from catalogue.work import COMPOSE, MICROCOURSE, SIGNALS, insist_on_replay, microcourse_resumed
from catalogue.workers.tokens import Sighting, WorkerTokens, sightings
from lectern.db.engine import Database
from lectern.db.trail import Trail
from lectern.edge.routes import Request, Route
from lectern.jobs.desk import OnOver
from lectern.jobs.job import Job
from lectern.jobs.states import JOB_TABLE, JobEvent, JobState
from lectern.jobs.store import JobStore
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import NotFound

_log = structlog.get_logger()
PAGE: Final = 50
_RECENT_MS: Final = 60_000
_EVENTS: Final[Mapping[Act, JobEvent]] = {
    "resume": JobEvent.RESUMED,
    "hold": JobEvent.HELD,
    "cancel": JobEvent.CANCELLED,
}
_OPEN: Final = (JobState.QUEUED, JobState.RUNNING, JobState.HELD, JobState.FAILED)

StepOf = Callable[[str, float], tuple[str | None, float]]
"""Which step a share of the work of a kind belongs to, if it has steps, and how much of that is done."""


@dataclass(frozen=True, slots=True)
class ConsoleRoutes:
    """The handlers; all for administrators. `endings` says what follows when a job of a kind is over,
    `forget` throws away what a worker sent for one."""

    database: Database
    jobs: JobStore
    tokens: WorkerTokens
    trail: Trail
    endings: Mapping[str, OnOver]
    step_of: StepOf
    forget: Callable[[str], Awaitable[None]]
    clock: Clock = utc_ms

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        api = "/api/v1/media-jobs"
        return [
            Route("GET", api, self.listed, "List media jobs and workers", MediaJobs, query=JobQuery),
            Route("POST", f"{api}/{{id}}/resume", self.resume, "Try a job again", MediaJobModel),
            Route("POST", f"{api}/{{id}}/hold", self.hold, "Hold a job", MediaJobModel),
            Route("POST", f"{api}/{{id}}/cancel", self.cancel, "End a job for good", MediaJobModel),
        ]

    async def listed(self, request: Request) -> MediaJobs:
        """List jobs."""
        who: Principal = request.who
        who.require(Permission.ADMIN)
        query: JobQuery = request.query
        states = _OPEN if query.state == "open" else (JobState(query.state),) if query.state else None
        tokens = {token.id: token.name for token in await self.tokens.listed(who.org_id)}
        async with self.database.read() as tx:
            found = await self.jobs.listed(
                tx, who.org_id, list(self.endings), states=states, before=query.cursor, limit=PAGE + 1
            )
            counts = await self.jobs.count_by_state(tx)
            seen = await sightings(tx, UtcMs(self.clock() - _RECENT_MS))
            running = await self.jobs.listed(
                tx, who.org_id, list(self.endings), states=(JobState.RUNNING,), before="", limit=500
            )
            names = await self._clip_names(tx, who.org_id, found)
        holders = Counter(_holder(job) for job in running)
        return MediaJobs(
            items=[self._shown(job, names) for job in found[:PAGE]],
            workers=_workers(seen, tokens, holders),
            counts=counts,
            next=found[PAGE - 1].id if len(found) > PAGE else None,
        )

    async def resume(self, request: Request) -> MediaJobModel:
        """Have a failed or held job done again."""
        return await self._act(request, "resume")

    async def hold(self, request: Request) -> MediaJobModel:
        """Keep a job from being done; its worker stops at its next heartbeat, and keeps what it has."""
        return await self._act(request, "hold")

    async def cancel(self, request: Request) -> MediaJobModel:
        """End a job."""
        return await self._act(request, "cancel")

    async def _act(self, request: Request, act: Act) -> MediaJobModel:
        who: Principal = request.who
        who.require(Permission.ADMIN)
        now = self.clock()
        async with self.database.write() as tx:
            job = await self.jobs.get(tx, request.path["id"], lock=True)
            if job.org_id != who.org_id or job.kind not in self.endings:
                raise NotFound("job_not_found", "There is no such job.")
            if act == "resume":
                changed = await self.jobs.resume(tx, job.id, now)
                if job.kind == MICROCOURSE:
                    await microcourse_resumed(tx, CatalogueStore(), changed)
                elif job.kind in (COMPOSE, SIGNALS):
                    await insist_on_replay(tx, CatalogueStore(), changed)
            else:
                # A job that failed or is held already was over before: nobody has to be told again.
                was_over = job.finished_ms is not None
                changed = await (self.jobs.hold if act == "hold" else self.jobs.cancel)(tx, job.id, now)
                if not was_over:
                    await self.endings[job.kind](tx, changed)
            await self.trail.write(tx, who, f"media_job_{_PAST[act]}", job.id, {"kind": job.kind})
            names = await self._clip_names(tx, who.org_id, [changed])
        if act == "cancel":
            await self.forget(job.id)
        _log.info("job_changed", job_id=job.id, act=act)
        return self._shown(changed, names)

    async def _clip_names(self, tx: AsyncConnection, org_id: str, jobs: list[Job]) -> Mapping[str, str]:
        if not any(job.kind == CLIP for job in jobs):
            return {}
        return {clip.id: clip.name for clip in await LookStore().clips(tx, org_id)}

    def _shown(self, job: Job, names: Mapping[str, str]) -> MediaJobModel:
        running = job.state is JobState.RUNNING
        step, share = self.step_of(job.kind, job.progress)
        return MediaJobModel(
            id=job.id,
            kind=job.kind,
            title=names.get(job.subject) or str(job.args.get("title", "")),
            session_id=job.args.get("session_id"),
            state=job.state,
            step=step if running else None,
            step_share=share if running else 0.0,
            progress=job.progress,
            estimate_s=job.estimate_s,
            attempts=job.attempts,
            max_attempts=job.max_attempts,
            worker=_process(_holder(job)) if running else None,
            reason_code=job.reason_code,
            reason=job.reason,
            created_utc_ms=job.created_ms,
            started_utc_ms=job.started_ms,
            finished_utc_ms=job.finished_ms,
            acts=[act for act, event in _EVENTS.items() if event in JOB_TABLE[job.state]],
        )


_PAST: Final[Mapping[Act, str]] = {"resume": "resumed", "hold": "held", "cancel": "cancelled"}


def _workers(
    seen: list[Sighting], tokens: Mapping[str, str], holders: Mapping[str, int]
) -> list[WorkerModel]:
    return [
        WorkerModel(
            name=_process(one.name),
            token=None if one.token_id is None else tokens.get(one.token_id, "?"),
            version=one.version,
            seen_utc_ms=one.seen_utc_ms,
            jobs=holders.get(one.name, 0),
        )
        for one in seen
        if one.token_id is None or one.token_id in tokens
    ]


def _holder(job: Job) -> str:
    """Who holds a job: `host:pid`, after the id of its token where it has one."""
    return (job.lease_owner or "").rpartition("/")[0]


def _process(name: str) -> str:
    """`host:pid` of a holder."""
    return ":".join(name.split(":")[-2:])
