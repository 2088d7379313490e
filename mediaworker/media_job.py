"""What a media job is asked for, what it gives, and how it can fail.

Jobs travel as JSON in the rows of `lectern.jobs`: `msgspec.json.decode(row, type=MediaJob)`.
"""

from pathlib import PurePosixPath
from typing import Literal

import msgspec

INTRO_MS = 3000
"""How long a card is seen."""
MAX_LOGO_BYTES = 256 * 1024
MAX_RANGES = 100

Arrangement = Literal["inset", "side_by_side", "slides"]
"""While screen and camera both run: the camera in the screen's corner, beside it, or not seen."""


class Compose(msgspec.Struct, frozen=True, tag="compose", tag_field="kind"):
    """The whole replay as one MP4 file and as a ladder. `output` is relative to the session's folder."""

    output: str = "derived/download"
    arrangement: Arrangement = "inset"


class Microcourse(msgspec.Struct, frozen=True, tag="microcourse", tag_field="kind"):
    """`start_ms` to `end_ms` of the replay, after an intro card with `title` and `subtitle`.

    `output` is a folder of its own for every version, relative to the session's folder. `accent` is the
    colour of the organisation, as `#rrggbb`; `logo` a PNG or JPEG for its cards; with `outro`, a card with
    these words ends it. `ranges`, where given, are joined in their order instead of the one range. `source`
    is the output of a finished `Compose` of the same replay: where it is there, in the same arrangement, its
    picture is copied between keyframes; where not, the range is composed. `intro_clip` and `outro_clip` are
    folders of finished `Clip` jobs, relative to the library: they stand before the card with the title and
    behind everything. Without `card` there is none.
    """

    output: str
    start_ms: int
    end_ms: int
    title: str
    subtitle: str = ""
    accent: str = "#6EA0FF"
    ranges: tuple[tuple[int, int], ...] = ()
    source: str = ""
    outro: str = ""
    logo: bytes = b""
    arrangement: Arrangement = "inset"
    intro_clip: str = ""
    outro_clip: str = ""
    card: bool = True


class Clip(msgspec.Struct, frozen=True, tag="clip", tag_field="kind"):
    """A video that somebody brought (`upload` in the job's folder), made ready to stand before and behind
    microcourses: on the grid of pictures, at even loudness, in every size."""

    output: str = "made"


class Hear(msgspec.Struct, frozen=True, tag="hear", tag_field="kind"):
    """Hear and see the whole replay for its editor (`mediaworker.signals`); makes no medium."""

    output: str


MediaJob = Compose | Microcourse | Clip
"""What makes a medium."""
AnyJob = MediaJob | Hear


class MediaResult(msgspec.Struct, frozen=True):
    """A finished medium. Paths are relative to the session's folder; `thumbnail` is a JPEG.

    `ladder` is an HLS master playlist of all renditions, `tiles` a WebVTT that maps times to pictures of the
    sprite sheets; "" in results of earlier releases. `lead_ms` is what a microcourse begins with: an intro,
    a title card. `arrangement`: how it was composed; earlier releases composed replays in one way.
    """

    video: str
    thumbnail: str
    duration_ms: int
    width: int
    height: int
    bytes: int
    ladder: str = ""
    tiles: str = ""
    lead_ms: int = INTRO_MS
    arrangement: Arrangement = "inset"


class MediaFailedError(Exception):
    """The job cannot succeed as it is. `code` is stable, `reason` is for the owner of the medium."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class MediaCancelledError(Exception):
    """The lease was lost, or somebody cancelled: nothing was published."""


def checked_folder(folder: str) -> PurePosixPath:
    """A folder of a job. Raises MediaFailedError if it would leave the session's folder."""
    path = PurePosixPath(folder)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise MediaFailedError("job_invalid", "The output folder must lie inside the session's folder.")
    return path


def checked_ranges(job: MediaJob, duration_ms: int) -> list[tuple[int, int]]:
    """What of a replay of `duration_ms` is shown, in milliseconds; never empty. Raises MediaFailedError."""
    if not isinstance(job, Microcourse):
        wanted: list[tuple[int, int]] = [(0, duration_ms)]
    else:
        wanted = list(job.ranges) or [(job.start_ms, job.end_ms)]
    if len(wanted) > MAX_RANGES:
        raise MediaFailedError("range_invalid", f"More than {MAX_RANGES} pieces cannot be joined.")
    clipped = [(max(0, start), min(end, duration_ms)) for start, end in wanted]
    if any(end - start < 1000 for start, end in clipped):
        raise MediaFailedError("range_invalid", "The range is shorter than a second or outside the replay.")
    return clipped
