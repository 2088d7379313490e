"""Commands in, events out: the one way in which a timeline grows.

A change locks the session's row, catches the state up to the head, decides, appends, lets the followers write
their tables, and commits; only then is it announced and acknowledged. Commands that wait for the same
timeline share a transaction (`line`); each is decided on what those before it decided. The cached state is
disposable: it is what the database says, folded.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.engine import Database
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.kernel.errors import Forbidden, ProtocolViolation, Rejected
from lectern.kernel.ids import new_id
from lectern.timeline.bus import Bus
from lectern.timeline.event import NewEvent, TextErased, TimelineEvent
from lectern.timeline.fold import WireEvent, snapshot
from lectern.timeline.idea import Actor, Call, ClassState, Command, Entity, Registry, Viewer
from lectern.timeline.line import Line
from lectern.timeline.live import LiveSession, fold
from lectern.timeline.numbering import number
from lectern.timeline.store import FirstResult, Head, TimelineStore
from lectern.timeline.work import CommandWork, Guard, Work

_CACHED_SESSIONS = 256


class Follower(Protocol):
    """Writes rows that must agree with the timeline, in the transaction that appends the events."""

    async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
        """Take in `events` of the session of `head`. Raising refuses the whole change."""


class Clerk(Protocol):
    """Carries out one kind of a decision's orders, in the transaction of the decision."""

    async def carry_out(self, tx: AsyncConnection, head: Head, order: Any) -> Sequence[NewEvent]:
        """Do it, and return the events that follow. Raising (before any write) refuses the decision."""


Forewarning = Callable[[str, Sequence[NewEvent]], Callable[[], None]]
"""Hears of a session what a command will append if nothing comes between; calls back when that is decided."""


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


@dataclass(slots=True)
class Counts:
    """What the engine did since the process started, for metrics."""

    works: int = 0
    commits: int = 0


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
        self.forewarn: Forewarning | None = None
        self._followers = followers
        self._guard = guard
        self._clerks = clerks or {}
        self._live: OrderedDict[str, LiveSession] = OrderedDict()
        self._lines: dict[str, Line[Work]] = {}
        self.counts = Counts()

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
        work = CommandWork(self.store, self._guard, command, actor, command_id, data)
        with self._forewarned(session_id, actor, command, data):
            await self.carry_out(session_id, work)
        assert work.first is not None, "a work that was carried out was decided or refused"
        return work.first

    @contextmanager
    def _forewarned(self, session_id: str, actor: Actor, command: Command, data: Any) -> Iterator[None]:
        """While a disk makes us wait, what a command takes away is taken away already.

        Decided on the state at hand, and again in the transaction, which alone counts.
        """
        live = self._live.get(session_id)
        if self.forewarn is None or live is None or not command.takes_away:
            yield
            return
        try:
            if self._guard is not None:
                self._guard(live.state, actor)
            expected = command.decide(live.state, Call(actor, self.clock(), new_id), data).events
        except Rejected:
            expected = ()
        decided = self.forewarn(session_id, expected)
        try:
            yield
        finally:
            decided()

    async def carry_out(self, session_id: str, work: Work) -> None:
        """Do `work`, in one transaction with whatever else waits for this timeline.

        Raises:
            NotFound: there is no such session.
            Rejected: refused, for reasons of its own.
        """
        async with self._in_line(session_id) as line:
            await line.together(work)
        if work.refusal is not None:
            raise work.refusal

    @asynccontextmanager
    async def change(self, session_id: str) -> AsyncIterator[Change]:
        """Hold a session's timeline, with its state at the head, for one transaction.

        Raises:
            NotFound: there is no such session.
        """
        async with self._in_line(session_id) as line, line.alone():
            async with self.database.write() as tx:
                head = await self.store.lock(tx, session_id)
                live = await self._caught_up(tx, head)
                change = Change(tx, head, await self._ahead(tx, head, live), self.clock())
                yield change
                change.appended = await self.store.append(tx, head, change.pending, change.now)
                for ref in change.erased:
                    await self.store.erase(tx, session_id, ref)
                await self._tell_followers(tx, head, change.appended)
            self._advance(live, change.appended)
        await self._announce(session_id, change.appended)

    async def begin(
        self, tx: AsyncConnection, session_id: str, events: Sequence[NewEvent], now: UtcMs
    ) -> None:
        """Append the first events of a timeline that `tx` has just created; nobody can be listening yet."""
        head = await self.store.lock(tx, session_id)
        await self._tell_followers(tx, head, await self.store.append(tx, head, events, now))

    async def _carry_out(self, session_id: str, works: Sequence[Work]) -> None:
        """Do a batch in one transaction. Works that are refused do not hinder the others."""
        live: LiveSession | None = None
        try:
            async with self.database.write() as tx:
                head = await self.store.lock(tx, session_id)
                live = await self._caught_up(tx, head)
                state, now = await self._ahead(tx, head, live), self.clock()
                kinds: dict[type[Work], list[Work]] = {}
                for work in works:
                    kinds.setdefault(type(work), []).append(work)
                for kind, same in kinds.items():
                    await kind.read(tx, head, same)
                appended: list[TimelineEvent] = []
                erased: list[str] = []
                position = head.position
                for work in works:
                    try:
                        outcome = work.decide(state, now)
                        followed = await self.obey(tx, head, outcome.orders)
                    except Exception as refusal:  # noqa: BLE001 (it is raised to whoever brought this work)
                        work.refuse(refusal)
                        continue
                    placed, position = number(position, outcome.all_events + followed, now)
                    fold(self.registry, state, placed)
                    appended += placed
                    erased += outcome.erase
                await self.store.write(tx, head, appended, position)
                for ref in erased:
                    await self.store.erase(tx, session_id, ref)
                await self._tell_followers(tx, head, appended)
                for kind, same in kinds.items():
                    if decided := [work for work in same if work.refusal is None]:
                        await kind.write(tx, head, decided)
        except BaseException:
            if live is not None:
                live.ahead = None
            raise
        self.counts.works += len(works)
        self.counts.commits += 1
        self._advance(live, appended)
        await self._announce(session_id, appended)

    @asynccontextmanager
    async def _in_line(self, session_id: str) -> AsyncIterator[Line[Work]]:
        """Hold the line of a timeline; it goes when nobody stands in it."""
        line = self._lines.get(session_id)
        if line is None:
            line = self._lines[session_id] = Line(partial(self._carry_out, session_id))
        try:
            yield line
        finally:
            if line.is_empty and self._lines.get(session_id) is line:
                del self._lines[session_id]

    async def _tell_followers(
        self, tx: AsyncConnection, head: Head, appended: Sequence[TimelineEvent]
    ) -> None:
        if appended:
            for follower in self._followers:
                await follower.follow(tx, head, appended)

    async def _announce(self, session_id: str, appended: Sequence[TimelineEvent]) -> None:
        if appended:
            await self.bus.announce(session_id, appended[-1].seq)

    async def obey(self, tx: AsyncConnection, head: Head, orders: Iterable[Any]) -> tuple[NewEvent, ...]:
        """Hand a decision's orders to their clerks in turn, and return the events that follow."""
        followed: list[NewEvent] = []
        for order in orders:
            followed += await self._clerks[type(order)].carry_out(tx, head, order)
        return tuple(followed)

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

    async def view(
        self, session_id: str, viewer: Viewer, after: int | None, *, at_hand: bool = False
    ) -> View:
        """Return what `viewer` needs to be up to date: events since `after`, else a snapshot.

        With `at_hand`, the state that this process holds will do, if it reaches `after`: for a caller who has
        just changed this timeline, and whom frames will tell of the rest.
        """
        live = await self.current(session_id, at_least=(after or 0) if at_hand else None)
        recent = None if after is None else live.since(after)
        if recent is None:
            entities = snapshot(self.registry, live.state, viewer, live.alike)
            return View(live.state.seq, entities, None)
        return View(live.state.seq, None, recent.for_viewer(viewer))

    async def _caught_up(self, tx: AsyncConnection, head: Head) -> LiveSession:
        live = self._live.get(head.session_id)
        if live is None:
            fresh = LiveSession(self.registry.empty(), self.registry.empty())
            live = self._live.setdefault(head.session_id, fresh)
            if len(self._live) > _CACHED_SESSIONS:
                self._live.popitem(last=False)
        self._live.move_to_end(head.session_id)
        if live.state.seq < head.seq:
            self._advance(live, await self.store.read(tx, head.session_id, live.state.seq))
        return live

    async def _ahead(self, tx: AsyncConnection, head: Head, live: LiveSession) -> ClassState:
        """Return the state to decide on, at the head that `tx` has locked."""
        if live.ahead is None or live.ahead.seq != live.state.seq:
            events = await self.store.read(tx, head.session_id, 0)
            live.ahead = fold(self.registry, self.registry.empty(), events)
        return live.ahead

    def _advance(self, live: LiveSession, events: Sequence[TimelineEvent]) -> None:
        live.advance(self.registry, events)
