"""What viewers answer, on the wire (docs/protocol.md, "REST")."""

from typing import Literal

from pydantic import BaseModel, Field

from catalogue.response.rating import MOST_STARS
from catalogue.shelf.arrange import ShelfKind


class StarsModel(BaseModel):
    """How often one star to five were given; `mean` is null of nobody."""

    count: int
    mean: float | None
    counts: list[int]


class OwnRating(BaseModel):
    """What the asker thinks. `waiting`: not shown yet, as anonymous; `hidden_reason`: why staff hid it."""

    stars: int
    comment: str
    anonymous: bool
    waiting: bool
    hidden_reason: str | None


class ResponseModel(BaseModel):
    """How a medium was answered. `may_rate`: the asker has watched enough of it.

    `kept` is on their list. Anonymous ratings show together, at least `fewest` of them. `moderates`: they may
    hide comments.
    """

    stars: StarsModel
    comments: int
    mine: OwnRating | None
    may_rate: bool
    kept: bool
    fewest: int
    moderates: bool


class NewRating(BaseModel):
    """Stars with a comment; anonymous ones show with others, without a name."""

    stars: int = Field(ge=1, le=MOST_STARS)
    comment: str = Field(default="", max_length=10_000)
    anonymous: bool = False


class CommentModel(BaseModel):
    """A comment. `name` is null of an anonymous one; only staff gets hidden ones, with the reason."""

    id: str
    stars: int
    comment: str
    name: str | None
    shown_utc_ms: int
    hidden: bool
    hidden_reason: str | None


class CommentPage(BaseModel):
    """Comments, the latest first; `next` is the cursor of the next page."""

    items: list[CommentModel]
    next: str | None


class HideComment(BaseModel):
    """Why a comment is hidden: its author reads it."""

    reason: str = Field(max_length=2_000)


class KeptModel(BaseModel):
    """Whether a medium is on the asker's list."""

    kept: bool


class CommentsQuery(BaseModel):
    """Where a page begins."""

    cursor: str | None = Field(default=None, max_length=96)


class ResponsesQuery(BaseModel):
    """Which raw answers."""

    kind: Literal["rating", "favourite", "share"] = "rating"
    cursor: str | None = Field(default=None, max_length=400)


class FedResponse(BaseModel):
    """One answer. `subject` is the person's id; null of an anonymous rating, whose time is when it was shown.

    `stars`, `comment` (null while staff hides it), `version` only of ratings; `times` only of shares.
    """

    kind: Literal["rating", "favourite", "share"]
    medium: ShelfKind
    id: str
    session_id: str | None
    subject: str | None
    utc_ms: int
    month: str
    stars: int | None = None
    comment: str | None = None
    version: int | None = None
    times: int | None = None


class ResponsesPage(BaseModel):
    """A page of the feed; `next` asks for more."""

    items: list[FedResponse]
    next: str | None
