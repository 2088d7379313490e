"""What can be done to a timeline together with others: read at once, decided one by one, written at once."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.kernel.clock import UtcMs
from lectern.kernel.ids import new_id
from lectern.timeline.event import NewEvent, TextErased
from lectern.timeline.idea import Actor, Call, ClassState, Command
from lectern.timeline.store import FirstResult, Head, TimelineStore

Guard = Callable[[ClassState, Actor], None]
"""Raises when somebody may not give commands any more (removed from the session)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from one work: events, in order, words to delete for good, and orders for clerks."""

    events: tuple[NewEvent, ...] = ()
    erase: tuple[str, ...] = ()
    orders: tuple[Any, ...] = ()

    @property
    def all_events(self) -> tuple[NewEvent, ...]:
        """The events, then what says of the deleted words that they are gone."""
        return self.events + tuple(NewEvent(payload=TextErased(ref=ref)) for ref in self.erase)


class Work(ABC):
    """One thing to do to one timeline. Works of a class are read and written together.

    It may be carried out more than once until a transaction commits: `read` begins anew each time.
    `refusal` is set for a work whose `decide` raised; it changes nothing, and others do not notice.
    """

    refusal: Exception | None = None

    @classmethod
    @abstractmethod
    async def read(cls, tx: AsyncConnection, head: Head, works: Sequence[Self]) -> None:
        """Fetch what these works need to decide, in as few queries as there are."""

    @abstractmethod
    def decide(self, state: ClassState, now: UtcMs) -> Outcome:
        """Decide, with everything decided before it in `state`. Pure but for what it notes in itself."""

    def refuse(self, refusal: Exception) -> None:
        """Note that `decide`, or a clerk that it gave an order, raised."""
        self.refusal = refusal

    @classmethod
    @abstractmethod
    async def write(cls, tx: AsyncConnection, head: Head, works: Sequence[Self]) -> None:
        """Write the rows of those of them that were not refused."""


@dataclass(slots=True, eq=False)
class CommandWork(Work):
    """A participant's command. The first result for its id is the only one."""

    store: TimelineStore
    guard: Guard | None
    command: Command
    actor: Actor
    id: str
    data: Any
    first: FirstResult | None = None
    is_repeated: bool = False
    _known: dict[tuple[str, str], FirstResult] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same command when it comes again."""
        return self.actor.participant_id, self.id

    @classmethod
    async def read(cls, tx: AsyncConnection, head: Head, works: Sequence[Self]) -> None:
        """See `Work`."""
        known = await works[0].store.first_results(tx, head.session_id, {work.key for work in works})
        for work in works:
            work.first, work.is_repeated, work.refusal = None, False, None
            work._known = known

    def decide(self, state: ClassState, now: UtcMs) -> Outcome:
        """See `Work`."""
        self.first = self._known.get(self.key)
        if self.first is not None:
            self.is_repeated = True
            return Outcome()
        if self.guard is not None:
            self.guard(state, self.actor)
        decision = self.command.decide(state, Call(self.actor, now, new_id), self.data)
        outcome = Outcome(decision.events, decision.erase, decision.orders)
        self.first = FirstResult(decision.result, state.seq + len(outcome.all_events))
        self._known[self.key] = self.first
        return outcome

    def refuse(self, refusal: Exception) -> None:
        """See `Work`. Whoever repeats it in the same batch is not told of a success that was none."""
        self.refusal = refusal
        if not self.is_repeated:
            self._known.pop(self.key, None)

    @classmethod
    async def write(cls, tx: AsyncConnection, head: Head, works: Sequence[Self]) -> None:
        """See `Work`."""
        new = {work.key: work.first for work in works if work.first is not None and not work.is_repeated}
        await works[0].store.remember_results(tx, head, new)
