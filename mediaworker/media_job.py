"""What a media job is asked for, what it gives, and how it can fail.

Jobs travel as JSON in the rows of `lectern.jobs`: `msgspec.json.decode(row, type=MediaJob)`.
"""

from pathlib import PurePosixPath

import msgspec

INTRO_MS = 3000


class Compose(msgspec.Struct, frozen=True, tag="compose", tag_field="kind"):
    """The whole replay as one MP4 file. `output` is a folder relative to the session's folder."""

    output: str = "derived/download"


class Microcourse(msgspec.Struct, frozen=True, tag="microcourse", tag_field="kind"):
    """`start_ms` to `end_ms` of the replay, after an intro card with `title` and `subtitle`.

    `output` is a folder of its own for every version, relative to the session's folder. `accent` is the
    colour of the organisation, as `#rrggbb`.
    """

    output: str
    start_ms: int
    end_ms: int
    title: str
    subtitle: str = ""
    accent: str = "#6EA0FF"


MediaJob = Compose | Microcourse


class MediaResult(msgspec.Struct, frozen=True):
    """A finished medium. Paths are relative to the session's folder; `thumbnail` is a JPEG."""

    video: str
    thumbnail: str
    duration_ms: int
    width: int
    height: int
    bytes: int


class MediaFailedError(Exception):
    """The job cannot succeed as it is. `code` is stable, `reason` is for the owner of the medium."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class MediaCancelledError(Exception):
    """The lease was lost, or somebody cancelled: nothing was published."""


def checked_output(job: MediaJob) -> PurePosixPath:
    """The output folder. Raises MediaFailedError if it would leave the session's folder."""
    path = PurePosixPath(job.output)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise MediaFailedError("job_invalid", "The output folder must lie inside the session's folder.")
    return path
