"""What every kind of media job comes down to: the pipeline, over a session's folder that is here, or whose
files are elsewhere: in a bucket, or behind the addresses that a server hands out."""

import asyncio
import shutil
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import msgspec
import structlog

from lectern.app.media_orders import Order
from lectern.jobs.job import Job, JobFailed, LeaseLost
from lectern.jobs.runner import Attempt
from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Conflict, Gone, NotFound, Unauthenticated
from lectern.manifest.medium import RESULT
from lectern.manifest.signals import Signals
from lectern.storage.files import StoredFile
from lectern.storage.kinds import is_final
from lectern.storage.tiered import copy_folder
from mediaworker import pipeline
from mediaworker.clip_check import UPLOAD
from mediaworker.media_job import (
    Clip,
    Hear,
    MediaCancelledError,
    MediaFailedError,
    MediaJob,
    MediaResult,
)
from mediaworker.signals import work as signals_work

_log = structlog.get_logger()
_PATIENCE_S: Final = 600.0
"""So long a bucket that is away is waited for, with the work that is done kept."""
_AGAIN_S: Final = 3.0
_LEFT_BEHIND_S: Final = 7 * 24 * 3600

ResultT = TypeVar("ResultT")


class Shelf(Protocol):
    """What the work asks of the place where a session's files are; see `lectern.storage.files.Files`."""

    async def get(self, key: str) -> bytes:
        """Return a small file."""

    async def read(self, key: str, start: int, length: int) -> bytes:
        """Return up to `length` bytes from `start`."""

    async def list(self, prefix: str) -> list[StoredFile]:
        """Return every file under a folder."""

    async def fetch(self, key: str, target: Path) -> None:
        """Make `target` hold the content."""

    async def put_file(self, key: str, source: Path) -> None:
        """Store a file of this machine."""


class MediaWork:
    """Does jobs in threads. `loop` runs what asks for files elsewhere.

    `order` says what a job's row asks for. `shelf` gives the files for a
    job, None where its session's folder is here, below `data`.
    """

    def __init__(
        self,
        data: Path,
        loop: asyncio.AbstractEventLoop,
        *,
        order: Callable[[Job], Coroutine[Any, Any, Order]],
        shelf: Callable[[Job], Shelf | None],
    ) -> None:
        """Raises OSError: `data` cannot be written."""
        self._loop = loop
        self._order = order
        self._shelf = shelf
        self._data = data
        self._scratch = data / "scratch"
        _sweep(self._scratch)

    def do(self, attempt: Attempt) -> dict[str, object]:
        """Do a job of any kind."""
        with _told():
            order = self._ask(attempt, partial(self._order, attempt.job))
            shelf = self._shelf(attempt.job)
            if isinstance(order.media, Hear):
                return self._signals(attempt, shelf, order.root, order.media)
            if shelf is None:
                result = _do(attempt, order.media, self._data / order.root, self._data)
            else:
                result = self._elsewhere(attempt, shelf, order.root, order.media)
        return {"duration_ms": result.duration_ms, "ladder": bool(result.ladder), "lead_ms": result.lead_ms}

    def _signals(self, attempt: Attempt, shelf: Shelf | None, session: str, job: Hear) -> dict[str, object]:
        """Hear and see a replay, for its editor."""
        if shelf is None:
            found = _heard(attempt, job.output, self._data / session)
        else:
            found = self._heard_elsewhere(attempt, shelf, session, job.output)
        return {
            "utterances": len(found.utterances),
            "scenes": len(found.scenes),
            "lacks": list(found.lacks),
        }

    def _heard_elsewhere(self, attempt: Attempt, files: Shelf, session: str, folder: str) -> Signals:
        name = f"{folder}/{RESULT}"
        done = self._ask(attempt, partial(_decoded, files, f"{session}/{name}", Signals))
        if done is not None:
            return done
        scratch = self._scratch / attempt.job.id
        fetch = partial(copy_folder, files, f"{session}/hls", scratch / "hls")
        self._ask(attempt, partial(fetch, lambda name: not is_final(name)))
        needed = signals_work.needed_files(scratch / "hls")
        self._ask(attempt, partial(fetch, needed.__contains__))
        try:
            found = _heard(attempt, folder, scratch)
        except MediaFailedError as error:
            if error.code != "disk_error":  # nothing of it helps another attempt
                shutil.rmtree(scratch)
            raise
        self._ask(attempt, partial(files.put_file, f"{session}/{name}", scratch / name))
        shutil.rmtree(scratch)
        return found

    def _elsewhere(self, attempt: Attempt, files: Shelf, session: str, job: MediaJob) -> MediaResult:
        """Bring what it needs of the replay here, do the job, put its files where they belong, its result
        last.

        What was done stays in the scratch folder until it is safe: another attempt on this machine goes on
        there.
        """
        output = f"{session}/{job.output}"
        done = self._ask(attempt, partial(_decoded, files, f"{output}/{RESULT}", MediaResult))
        if done is not None:  # another attempt got that far, and died before it could say so
            return done
        scratch = self._scratch / attempt.job.id
        library = scratch / "library"
        for key in pipeline.library_files(job):
            self._ask(attempt, partial(_fetch_new, files, key, library / key))
        if isinstance(job, Clip):
            self._ask(attempt, partial(_fetch_new, files, f"{session}/{UPLOAD}", scratch / UPLOAD))
        else:
            self._bring_replay(attempt, files, session, job)
        try:
            result = _do(attempt, job, scratch, library)
        except MediaFailedError as error:
            if error.code != "disk_error":  # nothing of it helps another attempt
                shutil.rmtree(scratch)
            raise
        made = scratch / job.output
        for path in sorted(made.iterdir(), key=lambda path: path.name == RESULT):
            key = f"{output}/{path.name}"
            self._ask(attempt, partial(files.put_file, key, path))
        shutil.rmtree(scratch)
        return result

    def _bring_replay(self, attempt: Attempt, files: Shelf, session: str, job: MediaJob) -> None:
        scratch = self._scratch / attempt.job.id
        hls = scratch / "hls"
        fetch = partial(copy_folder, files, f"{session}/hls", hls)
        self._ask(attempt, partial(fetch, lambda name: not is_final(name)))
        for words in pipeline.source_words(job):
            self._ask(attempt, partial(_fetch_if_there, files, f"{session}/{words}", scratch / words))
        needed = {name.removeprefix("hls/") for name in pipeline.needed_files(job, scratch)}
        self._ask(attempt, partial(fetch, needed.__contains__))
        for name, parts in pipeline.needed_parts(job, scratch).items():
            self._ask(attempt, partial(_fetch_parts, files, f"{session}/{name}", scratch / name, parts))

    def _ask(self, attempt: Attempt, question: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
        """Ask for files from this thread, again and again while they cannot be reached."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            if attempt.cancelled():
                raise LeaseLost
            try:
                return asyncio.run_coroutine_threadsafe(question(), self._loop).result()
            except (Conflict, Unauthenticated) as error:  # what a server says whose lease was lost
                raise LeaseLost from error
            except Gone as error:
                if time.monotonic() > until:
                    raise JobFailed(error.code, error.message, retry=True) from error
                _log.info("job_waits_for_storage", job_id=attempt.job.id)
                attempt.stop.wait(_AGAIN_S)


@contextmanager
def _told() -> Iterator[None]:
    """What stops media work, as the rows of jobs say it."""
    try:
        yield
    except MediaFailedError as error:
        raise JobFailed(error.code, error.reason, hold=error.code == "disk_error") from error
    except MediaCancelledError as error:
        raise LeaseLost from error
    except NotFound as error:
        raise JobFailed("source_unreadable", "A file that this needs is not there any more.") from error
    except OSError as error:
        reason = f"The video could not be made on this machine: {error.strerror}."
        raise JobFailed("disk_error", reason, hold=True) from error


def _heard(attempt: Attempt, folder: str, session: Path) -> Signals:
    return signals_work.run(folder, files=session, progress=attempt.progress, cancelled=attempt.cancelled)


def _do(attempt: Attempt, job: MediaJob, files: Path, library: Path) -> MediaResult:
    return pipeline.run(
        job, files=files, progress=attempt.progress, cancelled=attempt.cancelled, library=library
    )


async def _decoded(files: Shelf, key: str, type_: type[ResultT]) -> ResultT | None:
    """A description that may be missing, or damaged: then it is made again."""
    try:
        return msgspec.json.decode(await files.get(key), type=type_)
    except (NotFound, msgspec.DecodeError):
        return None


async def _fetch_new(files: Shelf, key: str, target: Path) -> None:
    """A file that never changes: once it is here it is not fetched again."""
    if not await asyncio.to_thread(target.exists):
        await files.fetch(key, target)


async def _fetch_if_there(files: Shelf, key: str, target: Path) -> None:
    """A small file that may be missing, or be replaced: it comes anew."""
    try:
        content = await files.get(key)
    except NotFound:
        await asyncio.to_thread(target.unlink, missing_ok=True)
        return
    await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
    await asyncio.to_thread(target.write_bytes, content)


async def _fetch_parts(files: Shelf, key: str, target: Path, parts: list[tuple[int, int]]) -> None:
    """Bring some bytes of a large file here, at their places; the rest of `target` is a hole."""
    with await asyncio.to_thread(target.open, "wb") as file:
        for offset, length in parts:
            content = await files.read(key, offset, length)
            file.seek(offset)
            await asyncio.to_thread(file.write, content)


def _sweep(scratch: Path) -> None:
    """Throw away what jobs left behind that nobody took up again."""
    if not scratch.is_dir():
        return
    for folder in scratch.iterdir():
        if utc_ms() / 1000 - folder.stat().st_mtime > _LEFT_BEHIND_S:
            shutil.rmtree(folder, ignore_errors=True)
