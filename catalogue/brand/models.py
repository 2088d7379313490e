"""Branding over HTTP."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from lectern.jobs.states import JobState

LookName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
MOST_PEOPLE = 500


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


class GivenModel(BaseModel):
    """Somebody whose look it is by itself."""

    id: str
    name: str


class BrandingModel(BaseModel):
    """A look of microcourses. `logo_url` is a data URL; `version` goes with every change of what it shows.

    `name` is empty while nobody has named the organisation's own. `microcourses`: how many stand in it.
    """

    id: str
    name: str
    version: int
    accent: str
    title_card: bool
    outro_words: str
    logo_url: str | None
    intro_id: str | None
    outro_id: str | None
    clips: list[ClipModel]
    is_default: bool
    retired: bool
    people: list[GivenModel]
    microcourses: int
    may_edit: bool


class BrandingChange(BaseModel):
    """The look that it shall have; `version` is the one that was looked at. Without `name` it keeps its."""

    version: int = Field(ge=0)
    accent: str = Field(pattern=r"^#[0-9A-Fa-f]{6}$")
    title_card: bool
    outro_words: str = Field("", max_length=200)
    intro_id: str | None = None
    outro_id: str | None = None
    name: LookName | None = None


class LookInList(BaseModel):
    """A look in the list of an organisation's."""

    id: str
    name: str
    version: int
    is_default: bool
    retired: bool
    people: int
    microcourses: int


class LooksModel(BaseModel):
    """An organisation's looks, its own first, the others by name."""

    items: list[LookInList]
    may_edit: bool


class NewLook(BaseModel):
    """A look with a name; it begins as another one (`like`), or as nobody has chosen."""

    name: LookName
    like: str | None = Field(None, max_length=64)


class LookPeople(BaseModel):
    """Whose look it is by itself: people who give lessons or cut them."""

    people: list[Annotated[str, StringConstraints(max_length=64)]] = Field(max_length=MOST_PEOPLE)


class LookChoice(BaseModel):
    """A look that an editor may choose."""

    id: str
    name: str


class LookChoices(BaseModel):
    """What an editor may choose from; `by_itself` is the one that it is otherwise."""

    items: list[LookChoice]
    by_itself: str


class UploadQuery(BaseModel):
    """What the file was called."""

    name: str = Field("", max_length=200)


class CardQuery(BaseModel):
    """What to show on a card."""

    title: str = Field("", max_length=200)
    accent: str = Field("", pattern=r"^(#[0-9A-Fa-f]{6})?$")
