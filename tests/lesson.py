"""A small class for tests of what follows from a lesson: one idea with polls and questions, and a clock.

Most of these tests only need entities that open, close, and can be hidden; `real_class` has the real ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from interactions.registry import COMMANDS, IDEAS
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs
from lectern.kernel.ids import new_id
from lectern.timeline.bus import LocalBus
from lectern.timeline.engine import Follower, TimelineEngine
from lectern.timeline.event import Event, NewEvent, SessionEnded, SessionStarted, TimelineEvent
from lectern.timeline.idea import Actor, Audience, Entity, Registry, Texts, Touch
from sessions.presence.idea import PRESENCE

START = UtcMs(1_800_000_000_000)


class PollOpened(Event, frozen=True, kw_only=True):
    """A poll as these tests know it."""

    TYPE: ClassVar[str] = "poll_opened"
    id: str
    question_ref: str


class PollVoted(Event, frozen=True, kw_only=True):
    """One more vote."""

    TYPE: ClassVar[str] = "poll_voted"
    id: str


class QuestionPublished(Event, frozen=True, kw_only=True):
    """A question shows."""

    TYPE: ClassVar[str] = "question_published"
    id: str


class QuestionDismissed(Event, frozen=True, kw_only=True):
    """A question shows no more."""

    TYPE: ClassVar[str] = "question_dismissed"
    id: str


@dataclass(slots=True)
class Board:
    """What the class sees."""

    polls: dict[str, str] = field(default_factory=dict)
    votes: dict[str, int] = field(default_factory=dict)
    questions: set[str] = field(default_factory=set)


class BoardIdea:
    """Polls with votes, and questions."""

    name = "board"
    events: tuple[type[Event], ...] = (
        SessionStarted, SessionEnded, PollOpened, PollVoted, QuestionPublished, QuestionDismissed,
    )  # fmt: skip
    paths: tuple[str, ...] = ("poll", "question")

    def empty(self) -> Board:
        return Board()

    def apply(self, slice_: Board, event: TimelineEvent) -> None:
        match event.payload:
            case PollOpened(id=id_, question_ref=ref):
                slice_.polls[id_] = ref
                slice_.votes[id_] = 0
            case PollVoted(id=id_):
                slice_.votes[id_] += 1
            case QuestionPublished(id=id_):
                slice_.questions.add(id_)
            case QuestionDismissed(id=id_):
                slice_.questions.discard(id_)

    def touched(self, slice_: Board, event: TimelineEvent) -> Iterable[Touch]:
        return self.entities(slice_)

    def entities(self, slice_: Board) -> Iterable[Touch]:
        yield from (Touch(f"poll/{id_}") for id_ in slice_.polls)
        yield from (Touch(f"question/{id_}") for id_ in slice_.questions)

    def render(self, slice_: Board, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        kind, _, id_ = touch.path.partition("/")
        if kind == "poll":
            return {"id": id_, "question": texts.get(slice_.polls[id_]), "voters": slice_.votes[id_]}
        return {"id": id_, "text": f"text of {id_}"}


class Raw(msgspec.Struct, frozen=True):
    """A timeline event that some other package would append: any type, any payload."""

    type: str
    payload: dict[str, Any]
    actor: str | None = None
    texts: dict[str, str] = {}


def raw_event(raw: Raw) -> NewEvent:
    """Return an event of a type that no registry of this test knows."""

    fields = [(name, Any, msgspec.field(default=value)) for name, value in raw.payload.items()]
    struct = msgspec.defstruct(
        "RawPayload", fields, bases=(Event,), namespace={"TYPE": raw.type}, frozen=True, kw_only=True
    )
    payload = struct()
    assert isinstance(payload, Event)
    return NewEvent(payload=payload, actor=raw.actor, texts=raw.texts)


def real_class() -> Registry:
    """Return the registry of the real class: people who come and go, and every idea with its commands."""
    return Registry.of((PRESENCE, *IDEAS), COMMANDS)


@dataclass
class Lesson:
    """A session's timeline whose clock the test sets."""

    engine: TimelineEngine
    session_id: str
    now: UtcMs = START

    @classmethod
    async def open(
        cls,
        database: Database,
        session_id: str,
        *followers: Follower,
        org_id: str = "org",
        registry: Registry | None = None,
    ) -> "Lesson":
        """Begin a session's timeline, with the small class above or with the ideas of `registry`."""
        small = Registry.of([BoardIdea()], [])
        engine = TimelineEngine(database, registry or small, LocalBus(), followers=followers)
        lesson = cls(engine, session_id)
        engine.clock = lambda: lesson.now
        async with database.write() as tx:
            await engine.store.create(tx, session_id, org_id)
        return lesson

    async def at(self, second: float, *events: NewEvent | Raw | Event) -> None:
        """Append events `second` seconds after the beginning of time."""
        self.now = UtcMs(START + round(second * 1000))
        async with self.engine.change(self.session_id) as change:
            for event in events:
                if isinstance(event, Raw):
                    change.append(raw_event(event))
                else:
                    change.append(NewEvent(payload=event) if isinstance(event, Event) else event)

    async def command(self, second: float, actor: Actor, type_: str, **data: Any) -> dict[str, Any]:
        """Give a command of the real class and return its result."""
        self.now = UtcMs(START + round(second * 1000))
        return (await self.engine.execute(self.session_id, actor, new_id(), type_, data)).result
