"""The questions of a lesson as data: their states, who wants which, the order of the run. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from interactions.question.events import (
    QuestionAnswered,
    QuestionDismissed,
    QuestionMerged,
    QuestionPinned,
    QuestionPublished,
    QuestionSplit,
    QuestionUnpinned,
)
from lectern.kernel.clock import SessionMs, UtcMs
from lectern.timeline.event import Event


class State(StrEnum):
    """Where a question stands."""

    PENDING = "pending"
    PUBLISHED = "published"
    PINNED = "pinned"
    ANSWERED = "answered"
    DISMISSED = "dismissed"
    MERGED = "merged"


TRANSITIONS: Mapping[State, Mapping[type[Event], State]] = MappingProxyType(
    {
        State.PENDING: {
            QuestionPublished: State.PUBLISHED,
            QuestionDismissed: State.DISMISSED,
            QuestionMerged: State.MERGED,
        },
        State.PUBLISHED: {
            QuestionPinned: State.PINNED,
            QuestionAnswered: State.ANSWERED,
            QuestionDismissed: State.DISMISSED,
            QuestionMerged: State.MERGED,
        },
        State.PINNED: {
            QuestionUnpinned: State.PUBLISHED,
            QuestionAnswered: State.ANSWERED,
            QuestionDismissed: State.DISMISSED,
            QuestionMerged: State.MERGED,
        },
        State.ANSWERED: {
            QuestionAnswered: State.ANSWERED,
            QuestionDismissed: State.DISMISSED,
        },
        State.DISMISSED: {QuestionPublished: State.PUBLISHED, QuestionMerged: State.MERGED},
        State.MERGED: {QuestionSplit: State.PENDING},
    }
)
"""What staff may do with a question. Answering again corrects the answer, publishing restores what was
dismissed, splitting takes a merge back. The end of the lesson puts what is pinned back to published."""

PUBLIC = frozenset({State.PUBLISHED, State.PINNED, State.ANSWERED})
OPEN = frozenset({State.PENDING, State.PUBLISHED, State.PINNED})
"""Still to be answered: may be in the run, be asked back about, be worded anew."""


@dataclass(slots=True)
class Question:
    """One question. `upvoters` are its own, `supporters` also those of everything merged into it.

    `start_ms` and `end_ms`: when its answer was spoken, on the session's clock; `pinned_ms` while it is.
    """

    id: str
    author: str
    text_ref: str
    created_utc_ms: UtcMs
    is_anonymous: bool = False
    state: State = State.PENDING
    was_public: bool = False
    by_staff: bool = False
    answer_ref: str | None = None
    into: str | None = None
    merged: list[str] = field(default_factory=list)
    upvoters: set[str] = field(default_factory=set)
    supporters: set[str] = field(default_factory=set)
    pinned_ms: SessionMs | None = None
    start_ms: SessionMs | None = None
    end_ms: SessionMs | None = None
    query_ref: str | None = None
    query_utc_ms: UtcMs | None = None
    reply_ref: str | None = None
    tags_ref: str | None = None
    speaker_ref: str | None = None


@dataclass(slots=True)
class Pool:
    """All questions of a lesson, in the order in which they were asked.

    `run` is the order in which staff mean to take them; `pinned` the one whose turn it is; `asked_by` counts
    the undecided questions of each asker. `just_touched` names what the last event changed besides its own.
    """

    by_id: dict[str, Question] = field(default_factory=dict)
    run: list[str] = field(default_factory=list)
    pinned: str | None = None
    is_open: bool = True
    anonymous: bool = False
    is_live: bool = False
    counts: Counter[State] = field(default_factory=Counter)
    published: int = 0
    pending_of: Counter[str] = field(default_factory=Counter)
    mine: dict[str, list[str]] = field(default_factory=dict)
    just_touched: tuple[str, ...] = ()
    run_changed: bool = False

    def root(self, id_: str) -> Question:
        """Return the question that `id_` was merged into at last, or itself.

        Raises:
            KeyError: there is no such question.
        """
        question = self.by_id[id_]
        while question.into is not None:
            question = self.by_id[question.into]
        return question

    def family(self, question: Question) -> Iterator[Question]:
        """Yield `question` and everything that was merged into it, however far."""
        waiting = [question]
        while waiting:
            member = waiting.pop()
            yield member
            waiting.extend(self.by_id[id_] for id_ in member.merged)

    def up(self, question: Question) -> Iterator[Question]:
        """Yield `question` and whatever it was merged into, however far."""
        yield question
        while question.into is not None:
            question = self.by_id[question.into]
            yield question

    def add(self, question: Question) -> None:
        """Take a new question in."""
        self.by_id[question.id] = question
        self.counts[question.state] += 1
        self.pending_of[question.author] += 1
        self.mine.setdefault(question.author, []).append(question.id)

    def vote(self, question: Question, voter: str, *, on: bool) -> None:
        """Count `voter` once, or not at all any more, whichever of the merged ones they voted for."""
        if on:
            question.upvoters.add(voter)
            question.supporters.add(voter)
            return
        for member in self.family(question):
            member.upvoters.discard(voter)
            member.supporters.discard(voter)

    def turn(self, question: Question, event: type[Event]) -> None:
        """Let `event` change the state, and keep what is counted in step."""
        before, after = question.state, TRANSITIONS[question.state][event]
        self._move(question, before, after)

    def put_back(self, question: Question) -> None:
        """Publish what is pinned: the lesson ended."""
        self._move(question, question.state, State.PUBLISHED)

    def merge(self, question: Question, into: Question) -> None:
        """Let the voters of `question` count for `into` as well. The caller has changed its state."""
        question.into = into.id
        into.merged.append(question.id)
        for above in self.up(into):
            above.supporters |= question.supporters

    def split(self, question: Question) -> None:
        """Take a merge back: whom only it had brought is counted no longer."""
        if question.into is None:
            return
        parent = self.by_id[question.into]
        parent.merged.remove(question.id)
        question.into = None
        for above in self.up(parent):
            above.supporters = above.upvoters.union(*(self.by_id[id_].supporters for id_ in above.merged))

    def place(self, id_: str, at: int | None) -> None:
        """Put a question at a place of the run, or take it out."""
        if id_ in self.run:
            self.run.remove(id_)
        if at is not None:
            self.run.insert(at, id_)
        self.run_changed = True

    @property
    def funnel(self) -> dict[str, int]:
        """How many were collected, and what became of them (T-31)."""
        return {
            "collected": len(self.by_id),
            "merged": self.counts[State.MERGED],
            "published": self.published,
            "answered": self.counts[State.ANSWERED],
            "dismissed": self.counts[State.DISMISSED],
        }

    def _move(self, question: Question, before: State, after: State) -> None:
        self.counts[before] -= 1
        self.counts[after] += 1
        self.pending_of[question.author] += (after is State.PENDING) - (before is State.PENDING)
        if after in PUBLIC and not question.was_public:
            question.was_public = True
            self.published += 1
        if after is State.PINNED:
            self.pinned = question.id
        elif self.pinned == question.id:
            self.pinned = None
        question.state = after
        if after not in OPEN and question.id in self.run:
            self.place(question.id, None)
