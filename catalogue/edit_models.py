"""The editor's answers and requests on the wire (docs/protocol.md, "REST")."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictInt

from catalogue.edit_history import Step
from catalogue.edits import MOST_RANGES, Operation, Restore, Title
from catalogue.models import ChapterModel

_Ms = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]


class ContentModel(BaseModel):
    """An edit list; times in the replay. `chapters` is null while it takes those of the replay; `look` is
    empty while it is the one that it has by itself.
    """

    ranges: list[tuple[int, int]]
    title: str
    subtitle: str
    arrangement: Literal["inset", "side_by_side", "slides"]
    chapters: list[ChapterModel] | None
    branded: bool
    look: str


class AuthorModel(BaseModel):
    """Who saved it; without a name if they came by a link, or are an API key. `own`: whoever asks."""

    name: str | None
    own: bool


class EditModel(BaseModel):
    """A draft, or the chapters of a replay, as it stands; `undo` and `redo` tell whether there is one."""

    id: str
    replay_id: str
    kind: Literal["microcourse", "chapters"]
    revision: int
    content: ContentModel
    length_ms: int
    warning: Literal["long", "very_long"] | None
    undo: bool
    redo: bool
    author: AuthorModel
    utc_ms: int
    microcourse_id: str | None


class DraftsModel(BaseModel):
    """The drafts of a replay, oldest first, and its chapters."""

    items: list[EditModel]
    chapters: EditModel


class RevisionModel(BaseModel):
    """One saved state; `equals` is the revision whose content it has."""

    revision: int
    step: Step
    what: str
    equals: int
    author: AuthorModel
    utc_ms: int
    content: ContentModel


class RevisionsModel(BaseModel):
    """The latest revisions, newest first."""

    items: list[RevisionModel]


class NewEdit(BaseModel):
    """A draft to begin with."""

    ranges: list[tuple[_Ms, _Ms]] = Field(min_length=1, max_length=MOST_RANGES)
    title: Title = ""
    subtitle: Title = ""


class NewRevision(BaseModel):
    """A change, or a step. `over` is the latest revision that was seen; without it, it is `from_revision`."""

    change_id: str = Field(min_length=8, max_length=64)
    from_revision: StrictInt = Field(ge=0)
    over: StrictInt | None = Field(default=None, ge=0)
    step: Literal["change", "undo", "redo"] = "change"
    operation: Annotated[Operation | Restore, Field(discriminator="kind")] | None = None


class Produce(BaseModel):
    """Which revision is to be cut; `newest_look`: in its look as that is now, not as it was the last time."""

    revision: StrictInt
    newest_look: bool = False


class Presence(BaseModel):
    """A page that has the editor open; `tab` is its own, `edit_id` the draft it shows."""

    tab: str = Field(min_length=8, max_length=64)
    edit_id: str | None = Field(default=None, max_length=64)
    leaving: bool = False


class OtherModel(BaseModel):
    """Somebody else who has the editor open; `own` are one's own other pages."""

    name: str | None
    own: bool
    edit_id: str | None


class PresenceModel(BaseModel):
    """Who else is there, and where every draft (and the chapters, once changed) stands."""

    others: list[OtherModel]
    revisions: dict[str, int]


class ProducedModel(BaseModel):
    """The microcourse that is being cut, and its version."""

    microcourse_id: str
    version: int
