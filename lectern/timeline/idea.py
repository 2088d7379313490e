"""An idea: one kind of thing that happens in a class, as pure functions over its slice of state."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random, SystemRandom
from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

import msgspec

from lectern.kernel.clock import UtcMs
from lectern.kernel.roles import SessionRole
from lectern.timeline.event import Event, NewEvent, TextErased, TimelineEvent

S = TypeVar("S")
T = TypeVar("T")
Entity: TypeAlias = Any
"""What a client keeps at a path: a JSON object, or `true` where being there says it all."""


class Audience(StrEnum):
    """Viewers who see shared things alike."""

    STAFF = "staff"
    LEARNER = "learner"
    SCREEN = "screen"

    @classmethod
    def of(cls, role: SessionRole) -> "Audience":
        """Return the audience that a role belongs to."""
        if role.is_staff:
            return cls.STAFF
        return cls.SCREEN if role is SessionRole.SCREEN else cls.LEARNER


EVERYBODY = frozenset(Audience)
STAFF_ONLY = frozenset({Audience.STAFF})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks at a session."""

    participant_id: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class Touch:
    """An entity that may have changed, and who is to hear of it.

    With `owner`, only that participant does, and `render` draws the owner's own view. Without, every
    viewer in `audiences` does; `members`, where given, narrows all audiences but staff to these participants.
    """

    path: str
    audiences: frozenset[Audience] = EVERYBODY
    members: frozenset[str] | None = None
    owner: str | None = None

    def addresses(self, viewer: Viewer) -> bool:
        """Tell whether `viewer` hears of this."""
        if self.owner is not None:
            return viewer.participant_id == self.owner
        if viewer.audience not in self.audiences:
            return False
        return (
            self.members is None or viewer.audience is Audience.STAFF or viewer.participant_id in self.members
        )


class Texts(Protocol):
    """The erasable words of a session, by reference; None where they were erased."""

    def get(self, ref: str, /) -> str | None:
        """Return the words behind `ref`."""


class Idea(Protocol[S]):
    """What a package registers to take part in the timeline. All methods are pure but for `apply`.

    `apply` changes the slice it is given, and nothing else; the fold owns the slice. `touched` and
    `entities` are asked after `apply`. A path belongs to one idea: its first segment is in `paths`
    (for `my/…` the first two segments).
    """

    @property
    def name(self) -> str:
        """The idea's own name, unique."""

    @property
    def events(self) -> tuple[type[Event], ...]:
        """The payloads it follows."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The first segments of the paths it draws."""

    def empty(self) -> S:
        """Return the slice of a session in which nothing has happened yet."""

    def apply(self, slice_: S, event: TimelineEvent) -> None:
        """Take in one event of this idea."""

    def touched(self, slice_: S, event: TimelineEvent) -> Iterable[Touch]:
        """Name the entities that `event` may have changed."""

    def entities(self, slice_: S) -> Iterable[Touch]:
        """Name every entity, for a snapshot; of two touches of one path for a viewer the later wins."""

    def render(self, slice_: S, touch: Touch, audience: Audience, texts: Texts) -> Entity | None:
        """Draw an entity as `audience` (or `touch.owner`) may see it; None if it is not there for them."""


@runtime_checkable
class Personal(Protocol):
    """An idea with entities of single participants (`my/…`), too many to walk through for every snapshot."""

    def own(self, slice_: Any, participant_id: str) -> Iterable[Touch]:
        """Name what belongs to one participant alone; `entities` leaves these out."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who gives a command."""

    participant_id: str
    role: SessionRole
    person_id: str | None = None

    @property
    def is_staff(self) -> bool:
        """Presenter or host."""
        return self.role.is_staff


@dataclass(frozen=True, slots=True)
class Call:
    """One command as `decide` sees it: who, when, and where new ids and chance come from.

    `rng` draws from the system's entropy: nobody can foresee a draw. Tests pass a seeded one.
    """

    actor: Actor
    now: UtcMs
    new_id: Callable[[], str]
    rng: Random = field(default_factory=SystemRandom)


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a command: events to append (perhaps none) and the answer to the caller.

    `erase` names words that are deleted for good, after the events. `orders` are for clerks: what is to be
    written beside the timeline in the same transaction, because the timeline must not know it.
    """

    events: tuple[NewEvent, ...] = ()
    result: dict[str, Any] = field(default_factory=dict)
    erase: tuple[str, ...] = ()
    orders: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One type of command: the shape of its data, who may give it, and the pure decision.

    `decide(state, call, data)` raises `Rejected` (or a subclass) to refuse. `takes_away`: it ends what
    somebody may do, and who enforces that is warned before a disk has it (`TimelineEngine.forewarn`).
    """

    name: str
    data: type[msgspec.Struct]
    roles: frozenset[SessionRole]
    decide: Callable[["ClassState", Call, Any], Decision]
    takes_away: bool = False


STAFF = frozenset({SessionRole.PRESENTER, SessionRole.HOST})
LEARNERS = frozenset({SessionRole.LEARNER})
ANYONE = STAFF | LEARNERS


@dataclass(slots=True)
class ClassState:
    """The folded state of one session: a slice per idea, and the words."""

    seq: int = 0
    slices: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    taken_in: dict[str, int] = field(default_factory=dict)
    """The number of the last event that each idea took in, by the idea's name."""
    _read_off: dict[Any, tuple[tuple[int, ...], Any]] = field(default_factory=dict, repr=False, compare=False)

    def of(self, idea: Idea[S]) -> S:
        """Return the slice of `idea`."""
        slice_: S = self.slices[idea.name]
        return slice_

    def read_off(self, read: Callable[["ClassState"], T], ideas: Iterable[Idea[Any]]) -> T:
        """Return `read(self)`, made anew only when one of `ideas` has taken in an event since the last time.

        `read` reads the slices of these ideas and nothing else; nobody changes what it returns.
        """
        at = tuple(self.taken_in.get(idea.name, 0) for idea in ideas)
        known = self._read_off.get(read)
        if known is None or known[0] != at:
            known = self._read_off[read] = at, read(self)
        made: T = known[1]
        return made


@dataclass(frozen=True, slots=True)
class Registry:
    """Every idea and command that this installation knows, wired in `lectern.app`."""

    ideas: tuple[Idea[Any], ...]
    commands: Mapping[str, Command]
    personal: Mapping[str, Personal]
    _by_event: Mapping[str, tuple[Idea[Any], ...]]
    _payloads: Mapping[str, type[Event]]

    @classmethod
    def of(cls, ideas: Iterable[Idea[Any]], commands: Iterable[Command]) -> "Registry":
        """Index ideas and commands. Several ideas may follow one event type.

        Raises:
            ValueError: two payloads claim one event type, or a path or a command type is registered twice.
        """
        ideas = tuple(ideas)
        by_event: dict[str, tuple[Idea[Any], ...]] = {}
        payloads: dict[str, type[Event]] = {TextErased.TYPE: TextErased}
        paths: set[str] = set()
        for idea in ideas:
            for payload in idea.events:
                if payloads.setdefault(payload.TYPE, payload) is not payload:
                    msg = f"two payloads claim the event type {payload.TYPE}"
                    raise ValueError(msg)
                by_event[payload.TYPE] = (*by_event.get(payload.TYPE, ()), idea)
            if paths.intersection(idea.paths):
                msg = f"a path of idea {idea.name} is registered twice"
                raise ValueError(msg)
            paths.update(idea.paths)
        by_type: dict[str, Command] = {}
        for command in commands:
            if command.name in by_type:
                msg = f"command type {command.name} is registered twice"
                raise ValueError(msg)
            by_type[command.name] = command
        personal = {idea.name: idea for idea in ideas if isinstance(idea, Personal)}
        return cls(ideas, by_type, personal, by_event, payloads)

    def empty(self) -> ClassState:
        """Return the state of a session in which nothing has happened yet."""
        return ClassState(slices={idea.name: idea.empty() for idea in self.ideas})

    def decode(self, type_: str, raw: dict[str, Any]) -> Event | None:
        """Turn a stored payload into its struct; None for a type of a later release."""
        payload = self._payloads.get(type_)
        return None if payload is None else msgspec.convert(raw, payload)

    def ideas_of(self, event: TimelineEvent) -> tuple[Idea[Any], ...]:
        """Return the ideas that follow `event`."""
        return self._by_event.get(event.type, ())
