"""The jobs of the catalogue: what a worker is asked for, and what follows from its answer.

| kind | args | result |
|---|---|---|
| `microcourse` | `MicrocourseArgs` | `{duration_ms}`; leaves a medium in `folder` |
| `compose` | `ComposeArgs` | `{duration_ms, ladder}`; leaves a medium in `folder` |
| `signals` | `SignalsArgs` | `{utterances, scenes, lacks}`; leaves `result.json` (`Signals`) in `folder` |

A medium is `video.mp4`, `thumbnail.jpg`, a ladder (`master.m3u8` with what it names), and `tiles.vtt` with
small pictures by time.

`folder` is relative to `sessions/<session_id>/` and ends without a slash. All may be repeated.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.chapters import CARD_MS
from catalogue.edit_store import EditStore
from catalogue.media import Replay
from catalogue.states import MICROCOURSE_TABLE, MicrocourseEvent, MicrocourseState, after
from catalogue.store import CatalogueStore
from lectern.jobs.desk import OnOver
from lectern.jobs.job import Job, NewJob
from lectern.jobs.states import JobState
from lectern.kernel.errors import Conflict, NotFound

MICROCOURSE = "microcourse"
COMPOSE = "compose"
SIGNALS = "signals"
VIDEO = "video.mp4"
THUMBNAIL = "thumbnail.jpg"
DOWNLOAD = "video.mp4"
LADDER, LADDER_PICTURES, LADDER_SOUND = "master.m3u8", "pictures.m3u8", "sound.m3u8"
"""Of a medium whose job's result says `ladder`: all renditions with their sound, without it, the sound."""
TILES = "tiles.vtt"
"""And its small pictures."""


class MicrocourseArgs(msgspec.Struct, frozen=True, omit_defaults=True):
    """Cut `start_ms`..`end_ms` of the session's replay, with an intro card that shows `title` and `subtitle`
    (without one, the organisation's name).

    `ranges`, where there are some, are joined in their order instead.

    `replay_version`, where known, tells which finished download the pictures may be copied from.
    `branded`: in a look, with its intro and outro: in version `look_version` of `look`; a job of an earlier
    release names none and gets the organisation's as it is.
    """

    session_id: str
    microcourse_id: str
    version: int
    title: str
    start_ms: int
    end_ms: int
    replay_version: int = 0
    branded: bool = True
    ranges: tuple[tuple[int, int], ...] = ()
    arrangement: Literal["inset", "side_by_side", "slides"] = "inset"
    subtitle: str = ""
    look: str = ""
    look_version: int = 0

    @property
    def folder(self) -> str:
        """Where the files go."""
        return f"microcourses/{self.microcourse_id}/{self.version}"


class ComposeArgs(msgspec.Struct, frozen=True):
    """Make one MP4 of the whole replay."""

    session_id: str
    replay_id: str
    version: int
    title: str

    @property
    def folder(self) -> str:
        """Where the file goes."""
        return download_folder(self.version)


class SignalsArgs(msgspec.Struct, frozen=True):
    """Hear and see the whole replay, for its editor."""

    session_id: str
    replay_id: str
    version: int
    title: str = ""

    @property
    def folder(self) -> str:
        """Where the file goes."""
        return f"derived/signals/{self.version}"


class MicrocourseResult(msgspec.Struct, frozen=True):
    """What the worker found out about the file that it made; `lead_ms` is what comes before the lesson."""

    duration_ms: int
    lead_ms: int = CARD_MS


def download_folder(version: int) -> str:
    """Return where a replay's download lies, relative to its session's folder."""
    return f"download/{version}"


def signals_job(replay: Replay) -> NewJob:
    """Return the job that hears and sees a replay as it is now."""
    args = SignalsArgs(replay.session_id, replay.id, replay.version, replay.title)
    return NewJob(replay.org_id, SIGNALS, replay.id, msgspec.to_builtins(args))


def endings() -> Mapping[str, OnOver]:
    """Return, for every kind, what follows when a job of it is over."""
    store = CatalogueStore()

    async def on_microcourse_over(tx: AsyncConnection, job: Job) -> None:
        await microcourse_over(tx, store, job)

    return {MICROCOURSE: on_microcourse_over, COMPOSE: _nothing_to_write, SIGNALS: _nothing_to_write}


async def microcourse_over(tx: AsyncConnection, store: CatalogueStore, job: Job) -> None:
    """Write down how a cut ended. A cut of a version that was edited away, or deleted, is of no interest."""
    args = msgspec.convert(job.args, MicrocourseArgs)
    try:
        row = await store.microcourse(tx, args.microcourse_id, lock=True)
    except NotFound:
        return
    if row.job_id != job.id or row.state is not MicrocourseState.PROCESSING:
        return
    if job.state is JobState.DONE:
        result = msgspec.convert(job.result, MicrocourseResult)
        state = after(MICROCOURSE_TABLE, row.state, MicrocourseEvent.CUT)
        await store.change_microcourse(tx, row.id, state=state, duration_ms=result.duration_ms)
        await EditStore().shift_chapters(tx, row.id, row.version, result.lead_ms - CARD_MS)
    else:
        state = after(MICROCOURSE_TABLE, row.state, MicrocourseEvent.CUT_FAILED)
        await store.change_microcourse(tx, row.id, state=state)


async def microcourse_resumed(tx: AsyncConnection, store: CatalogueStore, job: Job) -> None:
    """Write down that a failed cut is being made after all.

    Raises:
        Conflict: nobody waits for this cut any more (`job_obsolete`).
    """
    args = msgspec.convert(job.args, MicrocourseArgs)
    try:
        row = await store.microcourse(tx, args.microcourse_id, lock=True)
    except NotFound:
        row = None
    if row is None or row.job_id != job.id:
        raise Conflict(
            "job_obsolete", "This microcourse was deleted, or cut anew since. Nothing waits for this."
        )
    if row.state is MicrocourseState.FAILED:
        state = after(MICROCOURSE_TABLE, row.state, MicrocourseEvent.RETRIED)
        await store.change_microcourse(tx, row.id, state=state)


async def insist_on_replay(tx: AsyncConnection, store: CatalogueStore, job: Job) -> None:
    """Refuse to make something for a replay that was deleted.

    Raises:
        Conflict: nobody waits for it any more (`job_obsolete`).
    """
    if not await store.sources(tx, [job.subject]):
        raise Conflict("job_obsolete", "This replay was deleted. Nothing waits for this.")


async def _nothing_to_write(tx: AsyncConnection, job: Job) -> None:
    """The state of a download, and of signals, is their job's."""
