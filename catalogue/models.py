"""The catalogue's answers and requests on the wire (docs/protocol.md, "REST")."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from catalogue.states import MicrocourseState


class VideoModel(BaseModel):
    """One video; `url` is signed and relative to the origin.

    `spans` are the stretches, as [from_ms, to_ms], in which it shows something; empty for a live broadcast.
    """

    source: str
    url: str
    spans: list[tuple[int, int]] = []


class DownloadModel(BaseModel):
    """The MP4 of a replay; `state` is its job's, or `none`. How long it still takes, and why it failed or is
    held, is for those who may edit it."""

    state: str
    progress: float
    url: str | None
    estimate_s: float | None = None
    reason_code: str | None = None


class LadderModel(BaseModel):
    """A finished medium as one picture: HLS of all renditions with the sound (`master_url`), the same in two
    playlists, and a WebVTT of tiles."""

    master_url: str
    pictures_url: str
    sound_url: str
    tiles_url: str


class MarkModel(BaseModel):
    """Something that happened at `at_ms` of the replay; `end_ms`: where a question's spoken answer ends."""

    at_ms: int
    end_ms: int | None = None
    kind: Literal["poll", "question", "checkin", "breakout", "outcome", "group_pool", "standing"]
    id: str
    title: str
    data: dict[str, Any] | None


class WrittenQuestionModel(BaseModel):
    """A public question without a moment in the replay; `answer` is null while there is none."""

    id: str
    text: str | None
    votes: int | None
    answer: str | None


class GapModel(BaseModel):
    """From `from_ms` to `to_ms` of the replay `missing_ms` of a source are gone; `why`: docs/recording.md.

    With source `all` the lesson was not recorded for `missing_ms`, and the replay goes on at that moment.
    """

    from_ms: int
    to_ms: int
    missing_ms: int
    source: Literal["mic", "camera", "screen", "all"]
    why: str


class ChapterModel(BaseModel):
    """A part of a medium, from `at_ms` to the next one.

    `kind` is `own` of one that an editor set, `start` of the first, else that of the mark it follows from:
    the kind is its title where `title` is empty.
    """

    at_ms: int
    title: str
    kind: Literal["own", "start", "poll", "question", "checkin", "breakout"]


class ReplayModel(BaseModel):
    """A replay; lists leave `marks`, `questions`, `gaps` and `chapters` empty.

    It is shown from `from_utc_ms` until `to_utc_ms`; null: no such bound. While `held`, only to those who may
    edit it. Its addresses run out at `until_utc_ms`. `has_groups`: groups of the class recorded something.
    """

    id: str
    session_id: str
    title: str
    state: str
    duration_ms: int
    videos: list[VideoModel]
    audio_url: str | None
    program_url: str | None
    download: DownloadModel
    ladder: LadderModel | None = None
    marks: list[MarkModel]
    questions: list[WrittenQuestionModel] = []
    gaps: list[GapModel] = []
    chapters: list[ChapterModel] = []
    position_ms: int
    version: int
    created_utc_ms: int
    from_utc_ms: int | None = None
    to_utc_ms: int | None = None
    until_utc_ms: int
    held: bool = False
    has_groups: bool = False


class ReplayPage(BaseModel):
    """Replays, newest first; `next` is the cursor of the next page."""

    items: list[ReplayModel]
    next: str | None


class PageOfPastModel(BaseModel):
    """Pages of one picture of what was. `{page}` in `url` stands for a page's number, six digits."""

    source: str
    url: str


class PastModel(BaseModel):
    """What of a live lesson can be looked back at, on its replay's clock, without what was said aside.

    Page `n` holds `page_ms` from `n * page_ms` on. `media_ms` is where it ends at the moment, `utc_ms` when
    that was.
    """

    page_ms: int
    media_ms: int
    utc_ms: int
    videos: list[PageOfPastModel]
    audio_url: str


class BroadcastModel(BaseModel):
    """The live HLS of a lesson; its addresses run out at `until_utc_ms`."""

    videos: list[VideoModel]
    audio_url: str | None
    program_url: str | None
    past: PastModel | None
    until_utc_ms: int


class JobModel(BaseModel):
    """How the work on something goes; `reason` is for its owner, `reason_code` for pages' own words."""

    state: str
    progress: float
    reason_code: str | None
    reason: str | None
    estimate_s: int | None


class LookOfCourse(BaseModel):
    """The look that a microcourse stands in, and whether that is as it is now; without a name the
    organisation's own.
    """

    id: str
    name: str
    version: int
    newest: bool


class MicrocourseModel(BaseModel):
    """A microcourse; `job` and `look` only for those who may edit it.

    `ranges` of the replay are joined in their order, from the earliest `start_ms` to the latest `end_ms`;
    `chapters` are in its own time. `live_version` is what learners see; `may`: what the asking person may do
    with it now (ask, take_back, approve, send_back, publish, retire). Addresses run out at `until_utc_ms`.
    `source_gone`, for those who may edit it: its replay was deleted, so it cannot be cut anew.
    """

    until_utc_ms: int

    id: str
    replay_id: str
    session_id: str
    title: str
    start_ms: int
    end_ms: int
    ranges: list[tuple[int, int]] = []
    chapters: list[ChapterModel] = []
    state: MicrocourseState
    job: JobModel | None
    duration_ms: int | None
    video_url: str | None
    thumbnail_url: str | None
    ladder: LadderModel | None = None
    version: int
    warning: Literal["long", "very_long"] | None
    position_ms: int
    live_version: int | None = None
    may: list[str] = []
    look: LookOfCourse | None = None
    source_gone: bool = False


class MicrocoursePage(BaseModel):
    """Microcourses, newest first; `next` is the cursor of the next page."""

    items: list[MicrocourseModel]
    next: str | None


class NewMicrocourse(BaseModel):
    """A range of a replay to be cut."""

    title: str = Field(max_length=1_000)
    start_ms: int
    end_ms: int


class MicrocourseChange(BaseModel):
    """What is to change; the rest stays."""

    title: str | None = Field(default=None, max_length=1_000)
    start_ms: int | None = None
    end_ms: int | None = None


class ReplayQuery(BaseModel):
    """Which replays."""

    q: str = Field(default="", max_length=200)
    cursor: str | None = Field(default=None, max_length=64)


class VersionQuery(BaseModel):
    """Which version: one that was published once, or the one in work; else what can be watched."""

    version: int | None = Field(default=None, ge=1)


class MicrocourseQuery(BaseModel):
    """Which microcourses."""

    session: str | None = Field(default=None, max_length=64)
    state: MicrocourseState | None = None
    cursor: str | None = Field(default=None, max_length=64)
