"""Questions as a slice of class state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from interactions.question.events import (
    QuestionAnswered,
    QuestionAsked,
    QuestionDismissed,
    QuestionPublished,
    QuestionUpvoted,
)
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import Event, TimelineEvent
from lectern.timeline.idea import EVERYBODY, STAFF_ONLY, Audience, Entity, Texts, Touch


class State(StrEnum):
    """Where a question stands."""

    PENDING = "pending"
    PUBLISHED = "published"
    ANSWERED = "answered"
    DISMISSED = "dismissed"


TRANSITIONS: Mapping[State, Mapping[type[Event], State]] = MappingProxyType(
    {
        State.PENDING: {QuestionPublished: State.PUBLISHED, QuestionDismissed: State.DISMISSED},
        State.PUBLISHED: {QuestionAnswered: State.ANSWERED, QuestionDismissed: State.DISMISSED},
        State.ANSWERED: {QuestionAnswered: State.ANSWERED, QuestionDismissed: State.DISMISSED},
        State.DISMISSED: {QuestionPublished: State.PUBLISHED},
    }
)
"""What staff may do with a question. Answering again corrects the answer; publishing restores."""

PUBLIC = frozenset({State.PUBLISHED, State.ANSWERED})


@dataclass(slots=True)
class Question:
    """One question, with those who want it answered."""

    id: str
    author: str
    text_ref: str
    created_utc_ms: UtcMs
    state: State = State.PENDING
    was_public: bool = False
    answer_ref: str | None = None
    upvoters: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Questions:
    """All questions of a lesson."""

    by_id: dict[str, Question] = field(default_factory=dict)


class QuestionIdea:
    """Folds and draws questions."""

    name = "question"
    events: tuple[type[Event], ...] = (
        QuestionAsked,
        QuestionUpvoted,
        QuestionPublished,
        QuestionAnswered,
        QuestionDismissed,
    )
    paths: tuple[str, ...] = ("question", "my/upvote")

    def empty(self) -> Questions:
        """See `Idea`."""
        return Questions()

    def apply(self, slice_: Questions, event: TimelineEvent) -> None:
        """See `Idea`."""
        match event.payload:
            case QuestionAsked() as asked if event.actor is not None:
                slice_.by_id[asked.id] = Question(asked.id, event.actor, asked.text_ref, event.utc_ms)
            case QuestionUpvoted(id=id_, on=on) if event.actor is not None:
                upvoters = slice_.by_id[id_].upvoters
                (upvoters.add if on else upvoters.discard)(event.actor)
            case QuestionPublished(id=id_) | QuestionAnswered(id=id_) | QuestionDismissed(id=id_) as turn:
                question = slice_.by_id[id_]
                question.state = TRANSITIONS[question.state][type(turn)]
                question.was_public = question.was_public or question.state in PUBLIC
                if isinstance(turn, QuestionAnswered):
                    question.answer_ref = turn.answer_ref

    def touched(self, slice_: Questions, event: TimelineEvent) -> Iterable[Touch]:
        """See `Idea`."""
        id_ = event.raw["id"]
        yield from _touches(slice_.by_id[id_])
        if isinstance(event.payload, QuestionUpvoted):
            yield Touch(f"my/upvote/{id_}", owner=event.actor)

    def entities(self, slice_: Questions) -> Iterable[Touch]:
        """See `Idea`."""
        for question in slice_.by_id.values():
            yield from _touches(question)

    def own(self, slice_: Questions, participant_id: str) -> Iterable[Touch]:
        """See `Personal`."""
        for id_, question in slice_.by_id.items():
            if participant_id in question.upvoters:
                yield Touch(f"my/upvote/{id_}", owner=participant_id)

    def render(self, slice_: Questions, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """See `Idea`."""
        question = slice_.by_id[touch.path.rpartition("/")[2]]
        if touch.path.startswith("my/"):
            return True if touch.owner in question.upvoters else None
        seen = question.state in PUBLIC or audience is Audience.STAFF or touch.owner == question.author
        if not seen:
            return None
        answered = question.state is State.ANSWERED and question.answer_ref is not None
        return {
            "id": question.id,
            "text": texts.get(question.text_ref),
            "author": question.author,
            "state": question.state.value,
            "votes": len(question.upvoters),
            "answer": texts.get(question.answer_ref) if answered and question.answer_ref else None,
            "created_utc_ms": question.created_utc_ms,
        }


def _touches(question: Question) -> Iterable[Touch]:
    """The author comes last and so keeps seeing what others do not.

    Of a question that was never public the class hears nothing: not even that somebody asked, and who.
    """
    path = f"question/{question.id}"
    yield Touch(path, EVERYBODY if question.was_public else STAFF_ONLY)
    if question.state not in PUBLIC:
        yield Touch(path, owner=question.author)


QUESTION = QuestionIdea()
