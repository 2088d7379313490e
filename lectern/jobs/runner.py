"""The loop of a worker: claim, work in a thread, beat, write down the outcome."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from lectern.jobs.calls import Call, Calls, Looks
from lectern.jobs.desk import Desk
from lectern.jobs.job import Job, JobFailed, LeaseLost, measured
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Gone
from lectern.kernel.tasks import run_forever, task_group

_log = structlog.get_logger()
_POLL_S = 1.0
_GRACE_S = 10.0
_BUG = JobFailed("internal", "The media worker met an unexpected problem. It will try again.", retry=True)


@dataclass(slots=True)
class Attempt:
    """One attempt at a job, as the work in its thread sees it. Both methods may be called from any thread."""

    job: Job
    share: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)

    def progress(self, share: float) -> None:
        """Say how much of the work is done, 0..1; the next heartbeat carries it to the database."""
        self.share = share

    def cancelled(self) -> bool:
        """Tell whether the work is no longer wanted here: raise `LeaseLost` as soon as this is true."""
        return self.stop.is_set()


Work = Callable[[Attempt], dict[str, Any]]
"""Does the job, in a thread, and returns its result. Raises `JobFailed` with a reason for the owner."""


class Runner:
    """Works off jobs until it is cancelled.

    A cancelled runner tells its work to stop, waits for it for up to 10 s, and gives the job back for another
    worker to take at once. A runner that loses a lease does the same, and writes nothing.
    """

    def __init__(
        self,
        desk: Desk,
        work: Mapping[str, Work],
        *,
        concurrency: int = 1,
        clock: Clock = utc_ms,
        calls: Calls | None = None,
    ) -> None:
        """`work` says by kind what to do; `concurrency` jobs run side by side. `calls` says when to look
        again after a look that found nothing: by itself, once a second."""
        self._desk = desk
        self._work = work
        self._concurrency = concurrency
        self._clock = clock
        self._calls = calls or Looks(_POLL_S)

    async def run(self) -> None:
        """Work until cancelled. A passing fault of the database ends nothing."""
        threads = ThreadPoolExecutor(self._concurrency, thread_name_prefix="job")
        try:
            async with task_group() as tasks:
                for _ in range(self._concurrency):
                    tasks.create_task(run_forever("job_runner", lambda: self._work_off(threads)))
        finally:
            threads.shutdown(wait=False)

    async def _work_off(self, threads: ThreadPoolExecutor) -> None:
        kinds = list(self._work)
        call: Call | None = None
        while True:
            try:
                job = await self._desk.claim(kinds)
            finally:
                if call is not None:
                    await call.answered()
                    call = None
            if job is None:
                call = await self._calls.wait(kinds)
            else:
                await self._attempt(threads, job)

    async def _attempt(self, threads: ThreadPoolExecutor, job: Job) -> None:
        attempt = Attempt(job)
        log = _log.bind(job_id=job.id, kind=job.kind, attempt=job.attempts)
        log.info("job_started")
        async with task_group() as tasks:
            heart = tasks.create_task(self._beat(attempt))
            try:
                outcome = await self._outcome(threads, attempt)
                written = None if outcome is None else await self._write_down(job, outcome)
            finally:
                heart.cancel()
        if written is None:
            log.warning("job_lost")
        else:
            log.info("job_ended", state=written.state, reason_code=written.reason_code)

    async def _outcome(
        self, threads: ThreadPoolExecutor, attempt: Attempt
    ) -> dict[str, Any] | JobFailed | None:
        work = self._work[attempt.job.kind]
        doing = asyncio.get_running_loop().run_in_executor(threads, work, attempt)
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            attempt.stop.set()
            await self._give_back(attempt.job, doing)
            raise
        except JobFailed as failure:
            return failure
        except LeaseLost:
            return None
        except Exception as error:  # noqa: BLE001 (work of any kind may fail in any way; the worker goes on)
            _log.error("job_crashed", job_id=attempt.job.id, error=type(error).__name__, exc_info=error)
            return _BUG

    async def _give_back(self, job: Job, doing: "asyncio.Future[dict[str, Any]]") -> None:
        done, _ = await asyncio.wait([doing], timeout=_GRACE_S)
        if done:
            doing.exception()  # the work was told to stop: how it did so is of no interest
        await self._desk.release(job)
        _log.info("job_given_back", job_id=job.id, kind=job.kind, stopped=bool(done))

    async def _write_down(self, job: Job, outcome: dict[str, Any] | JobFailed) -> Job | None:
        if isinstance(outcome, JobFailed):
            return await self._desk.fail(job, outcome)
        return await self._desk.complete(job, outcome)

    async def _beat(self, attempt: Attempt) -> None:
        """Renew the lease three times in its length; stop the work when it is lost, or surely expired."""
        job = attempt.job
        assert job.lease_until_ms is not None
        assert job.started_ms is not None
        until = job.lease_until_ms
        while True:
            await asyncio.sleep(self._desk.lease_ms / 3000)
            now = self._clock()
            measure = measured(attempt.share, job.started_ms, now)
            try:
                mine = await self._desk.heartbeat(job, measure)
            except (Gone, SQLAlchemyError, OSError) as error:
                _log.warning("job_heartbeat_failed", job_id=job.id, error=type(error).__name__)
                mine = now < until
            else:
                until = now + self._desk.lease_ms
            if not mine:
                attempt.stop.set()
                return
