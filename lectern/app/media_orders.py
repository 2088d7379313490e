"""What a job's row asks of a media worker: the row of the catalogue, in the worker's own words."""

from dataclasses import dataclass
from typing import Any

import msgspec

from catalogue.work import COMPOSE, MICROCOURSE, ComposeArgs, MicrocourseArgs, download_folder
from lectern.jobs.job import Job, JobFailed
from mediaworker.media_job import Compose, MediaJob, Microcourse


class Order(msgspec.Struct, frozen=True):
    """`media` is to be done in the folder of the session."""

    session_id: str
    media: MediaJob

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
        session = f"sessions/{self.session_id}"
        source = self.media.source if isinstance(self.media, Microcourse) else ""
        return (f"{session}/hls", *([f"{session}/{source}"] if source else []))

    @property
    def output(self) -> str:
        """The folder, as a key, that it makes."""
        return f"sessions/{self.session_id}/{self.media.output}"


@dataclass(frozen=True, slots=True)
class Orders:
    """Makes orders of rows. `org_name` stands on cards."""

    org_name: str

    def of(self, job: Job) -> Order:
        """Return what `job` asks for.

        Raises:
            JobFailed: nobody here knows such a job; a release before or after this one made it.
        """
        try:
            if job.kind == MICROCOURSE:
                return self._microcourse(msgspec.convert(job.args, MicrocourseArgs))
            if job.kind == COMPOSE:
                args = msgspec.convert(job.args, ComposeArgs)
                return Order(args.session_id, Compose(output=args.folder))
        except msgspec.ValidationError as error:
            raise _unknown() from error
        raise _unknown()

    def _microcourse(self, args: MicrocourseArgs) -> Order:
        media = Microcourse(
            output=args.folder,
            start_ms=args.start_ms,
            end_ms=args.end_ms,
            title=args.title,
            subtitle=args.subtitle or self.org_name,
            source=download_folder(args.replay_version) if args.replay_version else "",
            ranges=args.ranges,
            arrangement=args.arrangement,
        )
        return Order(args.session_id, media)


def _unknown() -> JobFailed:
    return JobFailed("job_invalid", "This release does not know what this job asks for. Update the worker.")
