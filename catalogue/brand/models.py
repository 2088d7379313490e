"""Branding over HTTP."""

from pydantic import BaseModel, Field

from lectern.jobs.states import JobState


class ClipModel(BaseModel):
    """A clip. `state` is its job's: done, and it can be chosen. `name` is what the file was called."""

    id: str
    name: str
    duration_ms: int
    width: int
    height: int
    state: JobState
    progress: float
    reason_code: str | None
    reason: str | None
    video_url: str | None
    thumbnail_url: str | None
    created_utc_ms: int


class BrandingModel(BaseModel):
    """The look of microcourses. `logo_url` is a data URL; `version` goes with every change."""

    version: int
    accent: str
    title_card: bool
    outro_words: str
    logo_url: str | None
    intro_id: str | None
    outro_id: str | None
    clips: list[ClipModel]
    may_edit: bool


class BrandingChange(BaseModel):
    """The look that it shall have; `version` is the one that was looked at."""

    version: int = Field(ge=0)
    accent: str = Field(pattern=r"^#[0-9A-Fa-f]{6}$")
    title_card: bool
    outro_words: str = Field("", max_length=200)
    intro_id: str | None = None
    outro_id: str | None = None


class UploadQuery(BaseModel):
    """What the file was called."""

    name: str = Field("", max_length=200)


class CardQuery(BaseModel):
    """What to show on a card."""

    title: str = Field("", max_length=200)
    accent: str = Field("", pattern=r"^(#[0-9A-Fa-f]{6})?$")
