"""`lectern worker`: takes media jobs and does them, in a process of its own."""

import asyncio
import os
import signal
import socket
import stat
import sys

import msgspec

from catalogue.work import ComposeArgs, MicrocourseArgs, kinds
from lectern.app.settings import Settings
from lectern.app.tables import metadata
from lectern.db.engine import Database
from lectern.db.migrate import upgrade
from lectern.jobs.job import JobFailed, LeaseLost
from lectern.jobs.runner import Attempt, Runner
from lectern.kernel.tasks import task_group
from mediaworker import pipeline
from mediaworker.media_job import Compose, MediaCancelledError, MediaFailedError, Microcourse
from mediaworker.media_job import MediaJob as Work


class MediaWork:
    """What the two kinds of media job come down to: the pipeline, over a session's folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def microcourse(self, attempt: Attempt) -> dict[str, object]:
        """Cut a microcourse."""
        args = msgspec.convert(attempt.job.args, MicrocourseArgs)
        job = Microcourse(
            output=args.folder,
            start_ms=args.start_ms,
            end_ms=args.end_ms,
            title=args.title,
            subtitle=self._settings.org_name,
        )
        return self._run(attempt, args.session_id, job)

    def compose(self, attempt: Attempt) -> dict[str, object]:
        """Make the download of a whole replay."""
        args = msgspec.convert(attempt.job.args, ComposeArgs)
        return self._run(attempt, args.session_id, Compose(output=args.folder))

    def _run(self, attempt: Attempt, session_id: str, job: Work) -> dict[str, object]:
        try:
            result = pipeline.run(
                job,
                files=self._settings.sessions_dir / session_id,
                progress=attempt.progress,
                cancelled=attempt.cancelled,
            )
        except MediaFailedError as error:
            raise JobFailed(error.code, error.reason, hold=error.code == "disk_error") from error
        except MediaCancelledError as error:
            raise LeaseLost from error
        return {"duration_ms": result.duration_ms}


async def work(settings: Settings) -> None:
    """Work until SIGINT, SIGTERM, or the end of standard input if that is a pipe (the server is gone)."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if _is_pipe(sys.stdin.fileno()):
        loop.add_reader(sys.stdin.fileno(), _ended, stop)
    database = Database(settings.database)
    try:
        await upgrade(database, metadata)
        media = MediaWork(settings)
        name = f"{socket.gethostname()}:{os.getpid()}"
        # A lane for each kind: somebody waits for a cut, and it must not queue behind an hour's download.
        lanes = [
            Runner(database, {kind: how}, worker=name)
            for kind, how in kinds(media.microcourse, media.compose).items()
        ]
        async with task_group() as tasks:
            running = [tasks.create_task(lane.run()) for lane in lanes]
            await stop.wait()
            for lane in running:
                lane.cancel()
    finally:
        await database.close()


def _is_pipe(descriptor: int) -> bool:
    """Whether a parent holds the other end; a terminal or /dev/null says nothing about one."""
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _ended(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()
