"""What a job's row asks of a media worker: the row of the catalogue, in the worker's own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.brand.look import Look, LookStore
from catalogue.brand.work import CLIP, MADE, ClipArgs
from catalogue.work import (
    COMPOSE,
    MICROCOURSE,
    SIGNALS,
    ComposeArgs,
    MicrocourseArgs,
    SignalsArgs,
    download_folder,
    endings,
)
from catalogue.workers.forms import HEARD, MEDIUM, Form
from lectern.db.engine import Database
from lectern.jobs.desk import OnOver
from lectern.jobs.job import Job, JobFailed
from lectern.jobs.states import JobState
from lectern.jobs.store import JobStore
from mediaworker.clip_check import UPLOAD
from mediaworker.media_job import AnyJob, Clip, Compose, Hear, Microcourse
from mediaworker.pipeline import library_files
from mediaworker.steps import step_at


class Order(msgspec.Struct, frozen=True):
    """`media` is to be done in the folder `root`: a session's, or a clip's."""

    root: str
    media: AnyJob

    def as_row(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        row: dict[str, Any] = msgspec.to_builtins(self)
        return row

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> "Order":
        """Return what `as_row` made, perhaps in another release.

        Raises:
            JobFailed: this release does not know what is asked for.
        """
        try:
            return msgspec.convert(row, cls)
        except msgspec.ValidationError as error:
            raise _unknown() from error

    @property
    def sources(self) -> tuple[str, ...]:
        """The folders, as keys, that the work reads."""
        source = self.media.source if isinstance(self.media, Microcourse) else ""
        return (f"{self.root}/hls", *([f"{self.root}/{source}"] if source else []))

    @property
    def assets(self) -> tuple[str, ...]:
        """Single files that it reads besides."""
        if isinstance(self.media, Hear):
            return ()
        upload = (f"{self.root}/{UPLOAD}",) if isinstance(self.media, Clip) else ()
        return (*upload, *library_files(self.media))

    @property
    def output(self) -> str:
        """The folder, as a key, that it makes."""
        return f"{self.root}/{self.media.output}"

    @property
    def form(self) -> Form:
        """What it hands in."""
        return HEARD if isinstance(self.media, Hear) else MEDIUM


@dataclass(frozen=True, slots=True)
class Orders:
    """Makes orders of rows. `org_name` stands on cards."""

    database: Database
    org_name: str
    looks: LookStore = field(default_factory=LookStore)
    jobs: JobStore = field(default_factory=JobStore)

    async def of(self, job: Job) -> Order:
        """Return what `job` asks for.

        Raises:
            JobFailed: nobody here knows such a job; a release before or after this one made it.
        """
        try:
            if job.kind == MICROCOURSE:
                return await self._microcourse(job.org_id, msgspec.convert(job.args, MicrocourseArgs))
            if job.kind == COMPOSE:
                args = msgspec.convert(job.args, ComposeArgs)
                return Order(f"sessions/{args.session_id}", Compose(output=args.folder))
            if job.kind == SIGNALS:
                heard = msgspec.convert(job.args, SignalsArgs)
                return Order(f"sessions/{heard.session_id}", Hear(output=heard.folder))
            if job.kind == CLIP:
                return Order(msgspec.convert(job.args, ClipArgs).folder, Clip(output=MADE))
        except msgspec.ValidationError as error:
            raise _unknown() from error
        raise _unknown()

    async def _look(self, tx: AsyncConnection, org_id: str, args: MicrocourseArgs) -> Look:
        if args.look:
            return await self.looks.look(tx, args.look, args.look_version)
        look_id = (await self.looks.given_to(tx, org_id, [org_id])).get(org_id, org_id)
        return await self.looks.look(tx, look_id, (await self.looks.named(tx, org_id, look_id)).version)

    async def _microcourse(self, org_id: str, args: MicrocourseArgs) -> Order:
        async with self.database.read() as tx:
            look = await self._look(tx, org_id, args) if args.branded else Look()
            ready = {
                clip.id: f"{clip.folder}/{MADE}"
                for clip in await self.looks.clips(tx, org_id)
                if clip.id in (look.intro_id, look.outro_id)
                and (await self.jobs.get(tx, clip.job_id)).state is JobState.DONE
            }
        media = Microcourse(
            output=args.folder,
            start_ms=args.start_ms,
            end_ms=args.end_ms,
            title=args.title,
            subtitle=args.subtitle or self.org_name,
            source=download_folder(args.replay_version) if args.replay_version else "",
            accent=look.accent,
            logo=look.logo,
            card=look.title_card,
            outro=look.outro_words,
            intro_clip=ready.get(look.intro_id or "", ""),
            outro_clip=ready.get(look.outro_id or "", ""),
            ranges=args.ranges,
            arrangement=args.arrangement,
        )
        return Order(f"sessions/{args.session_id}", media)


def media_endings() -> Mapping[str, OnOver]:
    """Return every kind of job that `Orders` knows, with what follows when one is over; each may leave the
    house."""
    return {**endings(), CLIP: _nothing_to_write}


def step_of(kind: str, progress: float) -> tuple[str | None, float]:
    """Return the step that a job of a kind is at, if it has steps, and how much of it is done."""
    return step_at(progress) if kind in (MICROCOURSE, COMPOSE, CLIP) else (None, progress)


async def _nothing_to_write(_tx: AsyncConnection, _job: Job) -> None:
    """A clip's state is its job's."""


def _unknown() -> JobFailed:
    return JobFailed("job_invalid", "This release does not know what this job asks for. Update the worker.")
