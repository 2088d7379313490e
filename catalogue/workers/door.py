"""What a worker with a token may do: claim a job, beat, get the job's files, hand in what it made of them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog

from catalogue.workers.bell import Bell
from catalogue.workers.forms import MEDIUM, MOST_TOLD_BYTES, Form
from catalogue.workers.grants import WorkGrant, WorkSigner, dead
from catalogue.workers.intake import MOST_BYTES, Corner, Intake
from catalogue.workers.tokens import Sighting, WorkerToken, note_sighting
from lectern.db.engine import Database
from lectern.jobs.desk import DatabaseDesk, OnOver
from lectern.jobs.job import Job, JobFailed, Measured
from lectern.jobs.states import JobState
from lectern.jobs.store import JobStore
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.manifest.asides import is_aside
from lectern.manifest.groups import is_of_group
from lectern.manifest.medium import MOST_FILES, RESULT
from lectern.storage.files import Files, FoundFile, StoredFile
from lectern.storage.keys import below, file_key

_log = structlog.get_logger()
ADDRESS_MS: Final = 15 * 60_000
"""How long an address lasts; one of this server dies with the lease, one of the bucket with its time."""
_SEEN_EVERY_MS: Final = 20_000
_PUBLISHING: Final = 0.99


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """What a job asks for. `media` is for the worker alone; `output` and `sources` are keys of folders.

    A worker may read what is below a source or is named in `assets`, and what is finished of its output; it
    may write the files of `form` into its output.
    """

    root: str
    media: Mapping[str, Any]
    output: str
    sources: tuple[str, ...]
    assets: tuple[str, ...] = ()
    form: Form = MEDIUM

    def may_read(self, key: str) -> bool:
        """Whether the job needs this file."""
        if key in self.assets or key.startswith(f"{self.output}/"):
            return True
        return any(key.startswith(f"{source}/") and _is_for_jobs(source, key) for source in self.sources)


OrderOf = Callable[[Job], Awaitable[WorkOrder]]
"""Says what a job asks for. Raises JobFailed: it asks for nothing that can be done."""


class Signing(Protocol):
    """A bucket that hands out addresses of its own."""

    async def signed(self, method: Any, keys: Sequence[str], expires_s: int) -> Sequence[str]:
        """Return addresses that read (GET) or write (PUT) these files, for so long."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that a worker says it has sent."""

    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job with what it asks for."""

    job: Job
    order: WorkOrder


@dataclass(frozen=True, slots=True)
class Asking:
    """A worker by the name of its process, and the kinds of job that it waits for, for so long."""

    worker: str
    version: str
    kinds: Collection[str]
    wait_s: float


class Door:
    """See the module. Every method takes the worker's token, and speaks for its organisation alone."""

    def __init__(
        self,
        database: Database,
        files: Files,
        intake: Intake,
        bell: Bell,
        signer: WorkSigner,
        *,
        order_of: OrderOf,
        endings: Mapping[str, OnOver],
        bucket: Signing | None = None,
        store: JobStore | None = None,
        clock: Clock = utc_ms,
        now: Callable[[], float],
    ) -> None:
        """`endings` names the kinds of job that leave the house. `now` in monotonic seconds."""
        self.bell = bell
        self._database = database
        self._files = files
        self._intake = intake
        self._signer = signer
        self._order_of = order_of
        self._endings = endings
        self._bucket = bucket
        self._store = store or JobStore()
        self._clock = clock
        self._now = now
        self._seen: dict[str, int] = {}
        self._taking: set[str] = set()

    @property
    def lease_ms(self) -> int:
        """How long a worker may be silent."""
        return self._store.lease_ms

    async def claim(
        self, token: WorkerToken, asking: Asking, still_there: Callable[[], bool]
    ) -> Claimed | None:
        """Wait for a job, and lease it. `still_there`: somebody listens to the answer."""
        worker, version, kinds, wait_s = asking.worker, asking.version, asking.kinds, asking.wait_s
        name = f"{token.id}:{worker}"
        await self._note(token, name, version)
        known = [kind for kind in kinds if kind in self._endings]
        until = self._now() + wait_s
        while known and await self.bell.wait(token.org_id, known, until):
            if not still_there():
                return None
            desk = self._desk(token, name)
            job = await desk.claim(known)
            if job is None:
                continue
            try:
                return Claimed(job, await self._order_of(job))
            except JobFailed as failure:
                await desk.fail(job, failure)
        return None

    async def heartbeat(self, token: WorkerToken, job_id: str, lease: str, measure: Measured) -> None:
        """Renew a lease.

        Raises:
            Conflict: it is lost (`lease_lost`).
        """
        job = await self._mine(token, job_id, lease)
        if not await self._desk(token).heartbeat(job, measure):
            raise _lost()

    async def listing(self, token: WorkerToken, job_id: str, lease: str, folder: str) -> Sequence[StoredFile]:
        """Return the files below a folder that the job reads.

        Raises:
            Conflict: the lease is lost. NotFound: it is none of the job's folders.
        """
        order = await self._order(token, job_id, lease)
        if folder not in order.sources:
            raise _foreign()
        return [file for file in await self._files.list(folder) if _is_for_jobs(folder, file.key)]

    async def addresses(
        self, token: WorkerToken, job_id: str, lease: str, *, read: Sequence[str], write: Sequence[Sent],
        direct: bool,
    ) -> tuple[list[str], list[str]]:  # fmt: skip
        """Return an address for each file to read (by key) and to write (by name).

        They are the bucket's own if there is one and `direct` is asked for, else this server's, relative to
        the origin. What is not carried into the bucket yet is only found here.

        Raises:
            Conflict: the lease is lost. NotFound: a file is none of the job's, or no name of a medium's file.
        """
        order = await self._order(token, job_id, lease)
        for key in read:
            if not order.may_read(file_key(key)):
                raise _foreign()
        for one in write:
            most = MOST_TOLD_BYTES if one.name == RESULT else MOST_BYTES
            if not order.form.is_file(one.name) or not 0 <= one.size_bytes <= most:
                raise _foreign()
        expires = self._clock() + ADDRESS_MS
        reading = [WorkGrant(job_id, lease, key, expires) for key in read]
        writing = [
            WorkGrant(job_id, lease, below(f"{order.output}/", one.name), expires, one.size_bytes)
            for one in write
        ]
        near = [[self._signer.path(grant) for grant in grants] for grants in (reading, writing)]
        if self._bucket is None or not direct:
            return near[0], near[1]
        reads = list(await self._bucket.signed("GET", read, ADDRESS_MS // 1000)) if read else []
        corner = Corner(job_id, lease)
        writes = []
        for one, own in zip(write, near[1], strict=True):
            corner_key = self._intake.signed_path(corner, one.name, one.size_bytes)
            if corner_key is None:
                writes.append(own)
            else:
                writes += await self._bucket.signed("PUT", [corner_key], ADDRESS_MS // 1000)
        return reads, writes

    async def found(self, address: str) -> FoundFile:
        """Return the file behind an address to read from.

        Raises:
            Unauthenticated: the address is dead. NotFound: there is no such file.
        """
        grant = await self._granted(address, writing=False)
        return await self._files.find(grant.key)

    async def receive(self, address: str, body: AsyncIterator[bytes], announced: int | None) -> None:
        """Take a file in.

        Raises:
            Unauthenticated: the address is dead. ProtocolViolation: it is not as long as was said. Gone: no
                room for it.
        """
        grant = await self._granted(address, writing=True)
        assert grant.size_bytes is not None
        if announced is not None and announced != grant.size_bytes:
            raise Rejected("body_size_wrong", "The file is not as long as was announced.")
        name = grant.key.rpartition("/")[2]
        await self._intake.receive(Corner(grant.job_id, grant.lease), name, body, grant.size_bytes)

    async def complete(self, token: WorkerToken, job_id: str, lease: str, sent: Sequence[Sent]) -> JobState:
        """Take a result: every file of a medium, each as long as was said; they get their places, the row
        its end. With nothing sent, what a former attempt has published is the result.

        Raises:
            Conflict: the lease is lost. Rejected: a file is missing, or not as it was announced
                (`result_incomplete`).
        """
        job = await self._mine(token, job_id, lease)
        order = await self._order_of(job)
        if job_id in self._taking:
            raise Conflict("result_in_progress", "This result is being taken in.", retry_after_s=1)
        self._taking.add(job_id)
        try:
            if sent:
                result = await self._taken(token, job, order, sent)
            else:
                result = await self._published(order)
            written = await self._desk(token).complete(job, result)
        finally:
            self._taking.discard(job_id)
        if written is None:
            raise _lost()
        await self._intake.drop(job_id)
        _log.info("result_taken", job_id=job_id, files=len(sent), token_id=token.id)
        return written.state

    async def fail(self, token: WorkerToken, job_id: str, lease: str, failure: JobFailed) -> JobState:
        """Write down a failure. Raises Conflict: the lease is lost."""
        written = await self._desk(token).fail(await self._mine(token, job_id, lease), failure)
        if written is None:
            raise _lost()
        await self._intake.drop(job_id)
        return written.state

    async def release(self, token: WorkerToken, job_id: str, lease: str) -> None:
        """Take a job back unharmed. Raises Conflict: the lease is lost."""
        await self._desk(token).release(await self._mine(token, job_id, lease))
        await self._intake.drop(job_id)

    async def _taken(
        self, token: WorkerToken, job: Job, order: WorkOrder, sent: Sequence[Sent]
    ) -> dict[str, Any]:
        names = [one.name for one in sent]
        assert job.lease_owner is not None
        corner = Corner(job.id, job.lease_owner)
        there = await self._intake.waiting(corner)
        if (
            len(names) > MOST_FILES
            or len(set(names)) != len(names)
            or not all(map(order.form.is_file, names))
        ):
            raise _incomplete("its files are not those of this job")
        if order.form.required - set(names):
            raise _incomplete("files are missing")
        if any(there.get(one.name) != one.size_bytes for one in sent):
            raise _incomplete("a file has not come as it was announced")
        try:
            if there[RESULT] > MOST_TOLD_BYTES:
                raise ValueError("too long")
            result = order.form.told(await self._intake.content(corner, RESULT))
        except ValueError:
            raise _incomplete("its description cannot be read") from None
        desk = self._desk(token)
        for name in sorted(names, key=lambda name: name == RESULT):
            # The lease is held while files get their places: two attempts never mix.
            if not await desk.heartbeat(job, Measured(_PUBLISHING, 1)):
                raise _lost()
            await self._intake.publish(corner, order.output, [name])
        return result

    async def _published(self, order: WorkOrder) -> dict[str, Any]:
        try:
            return order.form.told(await self._files.get(f"{order.output}/{RESULT}"))
        except (NotFound, ValueError):
            raise _incomplete("nothing of it has come") from None

    async def _granted(self, address: str, *, writing: bool) -> WorkGrant:
        grant = self._signer.open(address, self._clock())
        if (grant.size_bytes is not None) != writing:
            raise dead()
        async with self._database.read() as tx:
            job = await self._store.holds(tx, grant.job_id, grant.lease, self._clock())
        if job is None:
            raise dead()
        return grant

    async def _order(self, token: WorkerToken, job_id: str, lease: str) -> WorkOrder:
        return await self._order_of(await self._mine(token, job_id, lease))

    async def _mine(self, token: WorkerToken, job_id: str, lease: str) -> Job:
        job = None
        if lease.startswith(f"{token.id}:"):
            async with self._database.read() as tx:
                job = await self._store.holds(tx, job_id, lease, self._clock())
        if job is None or job.org_id != token.org_id:
            raise _lost()
        return job

    def _desk(self, token: WorkerToken, name: str = "") -> DatabaseDesk:
        return DatabaseDesk(
            self._database, self._endings, worker=name, store=self._store, clock=self._clock,
            org_id=token.org_id,
        )  # fmt: skip

    async def _note(self, token: WorkerToken, name: str, version: str) -> None:
        """Write down that a worker is there; not more often than anybody looks."""
        now = self._clock()
        if now - self._seen.get(name, 0) < _SEEN_EVERY_MS:
            return
        self._seen = {known: at for known, at in self._seen.items() if now - at < _SEEN_EVERY_MS}
        self._seen[name] = now
        async with self._database.write() as tx:
            await note_sighting(tx, Sighting(name, token.id, version, now))


def _lost() -> Conflict:
    return Conflict("lease_lost", "This job is not this worker's any more. Stop, and claim another one.")


def _foreign() -> NotFound:
    return NotFound("file_not_found", "There is no such file.")


def _incomplete(what: str) -> Rejected:
    return Rejected("result_incomplete", f"The result cannot be taken: {what}. Send it again.")


def _is_for_jobs(source: str, key: str) -> bool:
    """Nothing is made of what was said aside, or what groups recorded: no worker needs it."""
    inside = key.removeprefix(f"{source}/")
    return not (is_aside(inside) or is_of_group(inside))
