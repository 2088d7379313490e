"""A replay, a microcourse, and how long the latter should be. Pure."""

from dataclasses import dataclass, replace
from typing import Literal

from catalogue.states import MicrocourseState, ReplayState
from lectern.kernel.errors import Rejected
from lectern.manifest.replay import Replay as Recorded

MediumKind = Literal["replay", "microcourse"]

_SHORTEST_MS = 1_000
_LONGEST_TITLE = 200
_RANGE_SLACK_MS = 1_000
"""A player's idea of a medium's length may exceed ours by a frame or an audio packet."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From which length of a microcourse on its editor is warned (MIC-01)."""

    long_ms: int = 15 * 60_000
    very_long_ms: int = 20 * 60_000

    def warning(self, length_ms: int) -> Literal["long", "very_long"] | None:
        """Judge a length."""
        if length_ms > self.very_long_ms:
            return "very_long"
        return "long" if length_ms > self.long_ms else None


@dataclass(frozen=True, slots=True)
class Replay:
    """The recording of a session. `recorded` is there once it was ready."""

    id: str
    org_id: str
    session_id: str
    title: str
    state: ReplayState
    version: int
    duration_ms: int
    recorded: Recorded | None
    download_job_id: str | None
    created_utc_ms: int
    ended_utc_ms: int | None
    ready_utc_ms: int | None


@dataclass(frozen=True, slots=True)
class Microcourse:
    """A range of a replay with a title, cut by a job; `duration_ms` includes the intro card.

    `version` is the one in work, which `made_by` made; learners see `live_version`, which may be an earlier
    one (`Released`). It stands in version `look_version` of the look `look_id`: without a look it is plain,
    and without a version it was made before looks were written down.
    """

    id: str
    org_id: str
    replay_id: str
    session_id: str
    title: str
    start_ms: int
    end_ms: int
    state: MicrocourseState
    version: int
    job_id: str | None
    duration_ms: int | None
    created_by: str
    created_utc_ms: int
    published_utc_ms: int | None
    live_version: int | None = None
    made_by: str | None = None
    look_id: str | None = None
    look_version: int | None = None

    @property
    def folder(self) -> str:
        """The key of the folder that holds this version's files; ends with `/`."""
        return f"{microcourse_folder(self.session_id, self.id)}{self.version}/"


@dataclass(frozen=True, slots=True)
class Released:
    """A version of a microcourse that was published, until `replaced_utc_ms`; its files and figures stay."""

    microcourse_id: str
    version: int
    org_id: str
    title: str
    start_ms: int
    end_ms: int
    duration_ms: int
    reviewed_by: str | None
    published_by: str
    published_utc_ms: int
    replaced_utc_ms: int | None = None
    job_id: str | None = None

    def of(self, work: Microcourse) -> Microcourse:
        """Return the microcourse as this version shows it."""
        return replace(
            work,
            version=self.version,
            title=self.title,
            start_ms=self.start_ms,
            end_ms=self.end_ms,
            duration_ms=self.duration_ms,
            published_utc_ms=self.published_utc_ms,
            state=MicrocourseState.PUBLISHED
            if self.version == work.live_version
            else MicrocourseState.RETIRED,
            job_id=self.job_id,
            look_id=work.look_id if self.version == work.version else None,
            look_version=work.look_version if self.version == work.version else None,
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """What an editor asks for, checked."""

    title: str
    start_ms: int
    end_ms: int


def microcourse_folder(session_id: str, microcourse_id: str) -> str:
    """Return the key of the folder with all versions of a microcourse; ends with `/`."""
    return f"sessions/{session_id}/microcourses/{microcourse_id}/"


def hls_folder(session_id: str) -> str:
    """Return the key of the folder with a session's playlists and segments; ends with `/`."""
    return f"sessions/{session_id}/hls/"


def checked_cut(title: str, start_ms: int, end_ms: int, duration_ms: int) -> Cut:
    """Return the range of a replay of `duration_ms` that an editor marked.

    Raises:
        Rejected: no title or a too long one; a range that is empty, reversed, or outside the replay.
    """
    words = " ".join(title.split())
    if not words:
        raise Rejected("title_empty", "Give the microcourse a title.")
    if len(words) > _LONGEST_TITLE:
        raise Rejected("title_too_long", "This title is too long.", limit=_LONGEST_TITLE)
    if start_ms < 0 or end_ms > duration_ms + _RANGE_SLACK_MS:
        raise Rejected("range_outside", "This range is outside the replay.", duration_ms=duration_ms)
    end_ms = min(end_ms, duration_ms)
    if end_ms - start_ms < _SHORTEST_MS:
        raise Rejected("range_too_short", "Mark at least one second.", shortest_ms=_SHORTEST_MS)
    return Cut(words, start_ms, end_ms)
