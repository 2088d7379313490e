"""The desk of a worker that has only a token: the server's, over HTTPS."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

import structlog

from lectern import __version__
from lectern.app.media_orders import Order
from lectern.app.remote.far_files import FarFiles, Roundabout
from lectern.app.remote.line import Line
from lectern.jobs.job import LEASE_MS, Job, JobFailed, Measured
from lectern.jobs.states import JobState
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, Gone, NotFound, Rejected, Unauthenticated

_log = structlog.get_logger()
WAIT_S: Final = 20.0
"""How long the server lets us wait for a job before it answers that there is none."""
_AGAIN_S: Final = 2.0
_REFUSED_S: Final = 20.0
"""After a refusal that only a person can change: a token that is not valid."""


class FarDesk:
    """`lectern.jobs.desk.Desk` over a server. `worker` names this process."""

    def __init__(self, line: Line, *, worker: str, clock: Clock = utc_ms, wait_s: float = WAIT_S) -> None:
        self._line = line
        self._worker = worker
        self._clock = clock
        self._wait_s = wait_s
        self._round_about = Roundabout()
        self._lease_ms = LEASE_MS
        self._files: dict[str, FarFiles] = {}

    @property
    def lease_ms(self) -> int:
        """See `Desk`: as the server says with each job."""
        return self._lease_ms

    def files(self, job: Job) -> FarFiles:
        """Return the files of a job that is ours."""
        return self._files[_lease(job)]

    async def order(self, job: Job) -> Order:
        """Return what the server asks for."""
        return Order.of_row(job.args)

    async def claim(self, kinds: Collection[str]) -> Job | None:
        """See `Desk`. Waits at the server. While it is away, or our token is not valid, it is asked again."""
        body = {
            "worker": self._worker,
            "version": __version__,
            "kinds": list(kinds),
            "wait_s": self._wait_s,
        }
        try:
            answer = await self._line.say("claim", body)
        except (Gone, Rejected) as error:
            _log.warning("claim_failed", code=error.code)
            await asyncio.sleep(_AGAIN_S if isinstance(error, Gone) else _REFUSED_S)
            return None
        if answer is None:
            return None
        now = self._clock()
        self._lease_ms = int(answer["lease_ms"])
        job = Job(
            id=str(answer["id"]),
            org_id=str(answer["org_id"]),
            kind=str(answer["kind"]),
            subject="",
            args={"root": answer["root"], "media": answer["media"]},
            state=JobState.RUNNING,
            attempts=int(answer["attempts"]),
            max_attempts=int(answer["max_attempts"]),
            lease_owner=str(answer["lease"]),
            lease_until_ms=now + self._lease_ms,
            not_before_ms=now,
            progress=0.0,
            reason_code=None,
            reason=None,
            estimate_s=None,
            created_ms=now,
            started_ms=now,
            finished_ms=None,
            result=None,
        )
        self._files[_lease(job)] = FarFiles(self._line, job.id, _lease(job), self._round_about)
        return job

    async def heartbeat(self, job: Job, measure: Measured) -> bool:
        """See `Desk`. A token that was taken back has lost its jobs."""
        try:
            await self._say(job, "heartbeat", progress=measure.progress, estimate_s=measure.estimate_s)
        except (Conflict, NotFound, Unauthenticated):
            return False
        return True

    async def complete(self, job: Job, result: Mapping[str, Any]) -> Job | None:
        """See `Desk`. While the server is away the result is kept, and handed in for as long as it may be."""
        sent = [{"name": name, "size_bytes": size} for name, size in self.files(job).sent.items()]
        written = await self._handed_in(job, "complete", files=sent)
        return None if written is None else replace(written, result=dict(result))

    async def fail(self, job: Job, failure: JobFailed) -> Job | None:
        """See `Desk`."""
        written = await self._handed_in(
            job, "fail", code=failure.code, reason=failure.reason[:500], retry=failure.retry,
            hold=failure.hold,
        )  # fmt: skip
        return written and replace(written, reason_code=failure.code, reason=failure.reason)

    async def release(self, job: Job) -> None:
        """See `Desk`. If the server is away, the lease runs out by itself."""
        self._files.pop(_lease(job), None)
        try:
            await self._say(job, "release")
        except (Gone, Rejected) as error:
            _log.info("release_failed", job_id=job.id, code=error.code)

    async def _handed_in(self, job: Job, what: str, **said: Any) -> Job | None:
        """Hand in; the heart beats beside it. Ends with the lease: the server then says that it is lost."""
        try:
            while True:
                try:
                    answer = await self._say(job, what, **said)
                    return replace(job, state=JobState(answer["state"]))
                except Gone:
                    await asyncio.sleep(_AGAIN_S)
                except Conflict as error:
                    if error.code != "result_in_progress":
                        return None
                    await asyncio.sleep(_AGAIN_S)
                except Rejected as error:
                    _log.error("result_refused", job_id=job.id, code=error.code)
                    return None
        finally:
            self._files.pop(_lease(job), None)

    async def _say(self, job: Job, what: str, **said: Any) -> Any:
        return await self._line.say(f"jobs/{job.id}/{what}", {"lease": _lease(job), **said})


def _lease(job: Job) -> str:
    assert job.lease_owner is not None
    return job.lease_owner
