"""What happens to a question."""

from typing import ClassVar

from lectern.timeline.event import Event


class QuestionAsked(Event, frozen=True, kw_only=True):
    """The actor asks; staff see it first."""

    TYPE: ClassVar[str] = "question_asked"
    id: str
    text_ref: str


class QuestionUpvoted(Event, frozen=True, kw_only=True):
    """The actor wants this question answered, or (`on` false) no longer does."""

    TYPE: ClassVar[str] = "question_upvoted"
    ACTOR_SHOWN: ClassVar[bool] = False
    id: str
    on: bool


class QuestionPublished(Event, frozen=True, kw_only=True):
    """Everybody sees the question (for the first time, or again)."""

    TYPE: ClassVar[str] = "question_published"
    id: str


class QuestionAnswered(Event, frozen=True, kw_only=True):
    """The question is answered: in writing, or (`answer_ref` null) aloud."""

    TYPE: ClassVar[str] = "question_answered"
    id: str
    answer_ref: str | None


class QuestionDismissed(Event, frozen=True, kw_only=True):
    """Staff took the question off the list; its author still sees it."""

    TYPE: ClassVar[str] = "question_dismissed"
    id: str
