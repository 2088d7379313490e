"""Commands in, events out: the one way in which a timeline grows.

A change locks the session's row, catches the cached state up to the head, decides, appends, lets the
followers write their tables, and commits; only then is it announced. The cached state is disposable: it is
what the database says, folded.
"""

from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.engine import Database
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Forbidden, ProtocolViolation
from lectern.kernel.ids import new_id
from lectern.timeline.bus import Bus
from lectern.timeline.event import NewEvent, TextErased, TimelineEvent
from lectern.timeline.fold import Projected, WireEvent, apply, project, snapshot
from lectern.timeline.idea import Actor, Call, ClassState, Entity, Registry, Viewer
from lectern.timeline.store import FirstResult, Head, TimelineStore

_RECENT_EVENTS = 2_000
_CACHED_SESSIONS = 256


class Follower(Protocol):
    """Writes rows that must agree with the timeline, in the transaction that appends the events."""

    async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
        """Take in `events` of the session of `head`. Raising refuses the whole change."""


class Clerk(Protocol):
    """Carries out one kind of a decision's orders, in the transaction of the decision."""

    async def carry_out(self, change: "Change", order: Any) -> None:
        """Do it; may append events. Raising refuses the whole change."""


Guard = Callable[[ClassState, Actor], None]
"""Raises when somebody may not give commands any more (removed from the session)."""


@dataclass(slots=True)
class LiveSession:
    """A session's folded state in this process, and its most recent events as projected."""

    state: ClassState
    recent: deque[Projected] = field(default_factory=lambda: deque(maxlen=_RECENT_EVENTS))

    def since(self, after: int) -> list[Projected] | None:
        """Return the events after `after`, or None if they are not at hand (a snapshot serves then)."""
        if after > self.state.seq or after < self.state.seq - len(self.recent):
            return None
        return list(islice(self.recent, len(self.recent) - (self.state.seq - after), None))

    def forget(self, ref: str) -> None:
        """Take the words behind `ref` out of the recent events; they have been erased."""
        cleaned = [projected.without_words(ref) for projected in self.recent]
        self.recent.clear()
        self.recent.extend(cleaned)


@dataclass(frozen=True, slots=True)
class View:
    """What one viewer gets: all entities, or the wire events after the cursor it named."""

    seq: int
    entities: dict[str, Entity] | None
    events: list[WireEvent] | None


@dataclass(slots=True)
class Change:
    """A transaction on one timeline, while its row is locked."""

    tx: AsyncConnection
    head: Head
    state: ClassState
    now: UtcMs
    pending: list[NewEvent] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    appended: list[TimelineEvent] = field(default_factory=list)

    def append(self, *events: NewEvent) -> None:
        """Add events to what this change appends when its block ends."""
        self.pending.extend(events)

    def erase(self, ref: str) -> None:
        """Delete the words behind `ref` for good, and say so on the timeline."""
        self.erased.append(ref)
        self.pending.append(NewEvent(payload=TextErased(ref=ref)))


class TimelineEngine:
    """All timelines, as one process sees and changes them."""

    def __init__(
        self,
        database: Database,
        registry: Registry,
        bus: Bus,
        *,
        followers: Sequence[Follower] = (),
        guard: Guard | None = None,
        clerks: Mapping[type, Clerk] | None = None,
        clock: Clock = utc_ms,
    ) -> None:
        self.database = database
        self.registry = registry
        self.bus = bus
        self.store = TimelineStore(registry)
        self.clock = clock
        self._followers = followers
        self._guard = guard
        self._clerks = clerks or {}
        self._live: OrderedDict[str, LiveSession] = OrderedDict()

    async def execute(
        self, session_id: str, actor: Actor, command_id: str, command_type: str, raw: Any
    ) -> FirstResult:
        """Carry out a command once; repeating its id returns the first result.

        Raises:
            ProtocolViolation: unknown command, or data of the wrong shape.
            Rejected: refused by role, by state, or by the idea's own rules.
        """
        command = self.registry.commands.get(command_type)
        if command is None:
            raise ProtocolViolation("command_unknown", "This command does not exist.", type=command_type[:64])
        if actor.role not in command.roles:
            raise Forbidden("not_allowed", "Your role in this session does not allow this.")
        try:
            data: Any = msgspec.convert(raw, command.data)
        except msgspec.ValidationError as error:
            raise ProtocolViolation(
                "command_invalid", "The command's data is not valid.", reason=str(error)
            ) from None
        async with self.change(session_id) as change:
            first = await self.store.first_result(change.tx, session_id, actor.participant_id, command_id)
            if first is not None:
                return first
            if self._guard is not None:
                self._guard(change.state, actor)
            decision = command.decide(change.state, Call(actor, change.now, new_id), data)
            change.append(*decision.events)
            for ref in decision.erase:
                change.erase(ref)
            await self.carry_out(change, decision.orders)
            first = FirstResult(decision.result, change.head.seq + len(change.pending))
            await self.store.remember_result(change.tx, change.head, actor.participant_id, command_id, first)
        return first

    @asynccontextmanager
    async def change(self, session_id: str) -> AsyncIterator[Change]:
        """Hold a session's timeline, with its state at the head, for one transaction.

        Raises:
            NotFound: there is no such session.
        """
        async with self.database.write() as tx:
            head = await self.store.lock(tx, session_id)
            live = await self._caught_up(tx, head)
            change = Change(tx, head, live.state, self.clock())
            yield change
            change.appended = await self.store.append(tx, head, change.pending, change.now)
            for ref in change.erased:
                await self.store.erase(tx, session_id, ref)
            if change.appended:
                for follower in self._followers:
                    await follower.follow(tx, head, change.appended)
        if change.appended:
            self._advance(live, change.appended)
            await self.bus.announce(session_id, change.appended[-1].seq)

    async def carry_out(self, change: Change, orders: Iterable[Any]) -> None:
        """Hand a decision's orders to their clerks, in turn."""
        for order in orders:
            await self._clerks[type(order)].carry_out(change, order)

    async def current(self, session_id: str, *, at_least: int | None = None) -> LiveSession:
        """Return the session's state as the database has it now.

        With `at_least`, a state that already reaches that number will do, and the database is not asked.

        Raises:
            NotFound: there is no such session.
        """
        if at_least is not None:
            live = self._live.get(session_id)
            if live is not None and live.state.seq >= at_least:
                return live
        async with self.database.read() as tx:
            return await self._caught_up(tx, await self.store.head(tx, session_id))

    async def view(self, session_id: str, viewer: Viewer, after: int | None) -> View:
        """Return what `viewer` needs to be up to date: events since `after`, else a snapshot."""
        live = await self.current(session_id)
        recent = None if after is None else live.since(after)
        if recent is None:
            return View(live.state.seq, snapshot(self.registry, live.state, viewer), None)
        events = [wire for projected in recent if (wire := projected.for_viewer(viewer)) is not None]
        return View(live.state.seq, None, events)

    async def _caught_up(self, tx: AsyncConnection, head: Head) -> LiveSession:
        live = self._live.get(head.session_id)
        if live is None:
            live = self._live.setdefault(head.session_id, LiveSession(self.registry.empty()))
            if len(self._live) > _CACHED_SESSIONS:
                self._live.popitem(last=False)
        self._live.move_to_end(head.session_id)
        if live.state.seq < head.seq:
            self._advance(live, await self.store.read(tx, head.session_id, live.state.seq))
        return live

    def _advance(self, live: LiveSession, events: Sequence[TimelineEvent]) -> None:
        """Fold what is new; another coroutine may have been faster with some of it."""
        for event in events:
            if event.seq == live.state.seq + 1:
                apply(self.registry, live.state, event)
                if isinstance(event.payload, TextErased):
                    live.forget(event.payload.ref)
                if events[-1].seq - event.seq < _RECENT_EVENTS:
                    live.recent.append(project(self.registry, live.state, event))
