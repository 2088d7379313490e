"""What happens to a question."""

from typing import ClassVar

from lectern.timeline.event import Event


class QuestionAsked(Event, frozen=True, kw_only=True):
    """The actor asks; staff see it first.

    Of an anonymous question the event has no actor: nobody in the class, staff included, is told who asked.
    `participant` is the asker then, kept so that they can be asked back; attendance counts it for nobody.
    """

    TYPE: ClassVar[str] = "question_asked"
    id: str
    text_ref: str
    participant: str | None = None


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


class QuestionPinned(Event, frozen=True, kw_only=True):
    """The question's turn: everybody sees it on top, and its answer begins."""

    TYPE: ClassVar[str] = "question_pinned"
    id: str


class QuestionUnpinned(Event, frozen=True, kw_only=True):
    """Its turn is over without an answer: another one's turn came, or staff put it back."""

    TYPE: ClassVar[str] = "question_unpinned"
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


class QuestionMerged(Event, frozen=True, kw_only=True):
    """The question asks what `into` asks: its voters and its asker count there from now on."""

    TYPE: ClassVar[str] = "question_merged"
    id: str
    into: str


class QuestionSplit(Event, frozen=True, kw_only=True):
    """The merge was a mistake: the question waits for staff again, with its own voters."""

    TYPE: ClassVar[str] = "question_split"
    id: str


class QuestionReworded(Event, frozen=True, kw_only=True):
    """Its words are others now; the earlier ones are erased. `by_staff`: not its asker changed them.

    No actor where the asker of an anonymous question did it.
    """

    TYPE: ClassVar[str] = "question_reworded"
    id: str
    text_ref: str
    by_staff: bool = False


class QuestionQueried(Event, frozen=True, kw_only=True):
    """Staff ask the asker back; only the two sides read it."""

    TYPE: ClassVar[str] = "question_queried"
    id: str
    text_ref: str


class QuestionExplained(Event, frozen=True, kw_only=True):
    """The asker answers what staff asked back. No actor where the question is anonymous."""

    TYPE: ClassVar[str] = "question_explained"
    id: str
    text_ref: str


class QuestionSorted(Event, frozen=True, kw_only=True):
    """Staff classified the question: `tags_ref` holds its tags, one a line; null where it has none."""

    TYPE: ClassVar[str] = "question_sorted"
    id: str
    tags_ref: str | None


class QuestionAssigned(Event, frozen=True, kw_only=True):
    """Somebody is to answer it: `speaker_ref` names them as staff wrote it; null: nobody any more."""

    TYPE: ClassVar[str] = "question_assigned"
    id: str
    speaker_ref: str | None


class QuestionPlaced(Event, frozen=True, kw_only=True):
    """The question's place in the order of the run, from 0; null: it is not in the run."""

    TYPE: ClassVar[str] = "question_placed"
    id: str
    at: int | None


class QuestionRulesSet(Event, frozen=True, kw_only=True):
    """Whether learners may ask now, and whether they may ask without their name."""

    TYPE: ClassVar[str] = "question_rules_set"
    open: bool
    anonymous: bool
