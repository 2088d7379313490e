"""The timeline in SQL: the only file here that speaks it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.one_of import one_of
from lectern.kernel.clock import SessionMs, UtcMs
from lectern.kernel.errors import NotFound
from lectern.timeline import tables as t
from lectern.timeline.event import NewEvent, TimelineEvent
from lectern.timeline.idea import Registry
from lectern.timeline.numbering import Position, number

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Head:
    """Where a session's timeline stands. Locked for the transaction that read it with `lock`."""

    session_id: str
    org_id: str
    seq: int
    first_started_utc_ms: UtcMs | None
    session_ms: SessionMs

    @property
    def position(self) -> Position:
        """The same for numbering."""
        return Position(self.seq, self.first_started_utc_ms, self.session_ms)


@dataclass(frozen=True, slots=True)
class FirstResult:
    """What a command answered when it came for the first time."""

    result: dict[str, Any]
    seq: int


class TimelineStore:
    """Appends and reads events. Every method works inside the caller's transaction."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def create(self, tx: AsyncConnection, session_id: str, org_id: str) -> None:
        """Begin an empty timeline."""
        await tx.execute(
            insert(t.heads).values(
                session_id=session_id, org_id=org_id, seq=0, first_started_utc_ms=None, session_ms=0
            )
        )

    async def lock(self, tx: AsyncConnection, session_id: str) -> Head:
        """Lock the session's row until the transaction ends; commit order is timeline order.

        Raises:
            NotFound: there is no such session.
        """
        return await self._head(tx, session_id, lock=True)

    async def head(self, tx: AsyncConnection, session_id: str) -> Head:
        """Read where the timeline stands, without locking.

        Raises:
            NotFound: there is no such session.
        """
        return await self._head(tx, session_id, lock=False)

    async def _head(self, tx: AsyncConnection, session_id: str, *, lock: bool) -> Head:
        query = select(t.heads).where(t.heads.c.session_id == session_id)
        row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
        if row is None:
            raise NotFound("session_not_found", "There is no such session.")
        return Head(row.session_id, row.org_id, row.seq, row.first_started_utc_ms, row.session_ms)

    async def append(
        self, tx: AsyncConnection, head: Head, events: Sequence[NewEvent], now: UtcMs
    ) -> list[TimelineEvent]:
        """Append `events` after `head`, which this transaction has locked, and return them as stored."""
        appended, after = number(head.position, events, now)
        await self.write(tx, head, appended, after)
        return appended

    async def write(
        self, tx: AsyncConnection, head: Head, appended: Sequence[TimelineEvent], after: Position
    ) -> None:
        """Store events that were numbered from `head` on, up to `after`."""
        if not appended:
            return
        same: dict[str, Any] = {"session_id": head.session_id, "org_id": head.org_id}
        await tx.execute(
            insert(t.events),
            [
                same
                | {
                    "seq": e.seq,
                    "type": e.type,
                    "version": e.version,
                    "utc_ms": e.utc_ms,
                    "session_ms": e.session_ms,
                    "actor": e.actor,
                    "payload": e.raw,
                }
                for e in appended
            ],
        )
        words = [
            same | {"id": ref, "seq": e.seq, "owner": e.actor, "body": body}
            for e in appended
            for ref, body in e.texts.items()
        ]
        if words:
            await tx.execute(insert(t.texts), words)
        await tx.execute(
            update(t.heads)
            .where(t.heads.c.session_id == head.session_id)
            .values(
                seq=after.seq, first_started_utc_ms=after.first_started_utc_ms, session_ms=after.session_ms
            )
        )

    async def read(
        self, tx: AsyncConnection, session_id: str, after: int, limit: int | None = None
    ) -> list[TimelineEvent]:
        """Return the events after `after`, in order, with the words that still exist."""
        query = (
            select(t.events)
            .where(t.events.c.session_id == session_id, t.events.c.seq > after)
            .order_by(t.events.c.seq)
            .limit(limit)
        )
        rows = (await tx.execute(query)).all()
        if not rows:
            return []
        words: dict[int, dict[str, str]] = {}
        texts = select(t.texts.c.id, t.texts.c.seq, t.texts.c.body).where(
            t.texts.c.session_id == session_id, t.texts.c.seq > after, t.texts.c.seq <= rows[-1].seq
        )
        for ref, seq, body in await tx.execute(texts):
            words.setdefault(seq, {})[ref] = body
        return [
            TimelineEvent(
                seq=row.seq,
                type=row.type,
                version=row.version,
                utc_ms=row.utc_ms,
                session_ms=row.session_ms,
                actor=row.actor,
                payload=self._registry.decode(row.type, row.payload),
                raw=row.payload,
                texts=words.get(row.seq, {}),
            )
            for row in rows
        ]

    async def words(self, tx: AsyncConnection, org_id: str, refs: Collection[str]) -> dict[str, str]:
        """Return the words behind these references, without those that were erased."""
        query = select(t.texts.c.id, t.texts.c.body).where(
            t.texts.c.org_id == org_id, one_of(t.texts.c.id, refs)
        )
        return {row.id: row.body for row in await tx.execute(query)}

    async def erase(self, tx: AsyncConnection, session_id: str, ref: str) -> None:
        """Delete the words behind `ref`. The caller appends `TextErased` in the same transaction."""
        await tx.execute(delete(t.texts).where(t.texts.c.session_id == session_id, t.texts.c.id == ref))

    async def first_results(
        self, tx: AsyncConnection, session_id: str, keys: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], FirstResult]:
        """Return what those of these commands (actor, command id) answered that came before."""
        query = select(
            t.commands.c.actor, t.commands.c.command_id, t.commands.c.result, t.commands.c.seq
        ).where(
            t.commands.c.session_id == session_id,
            one_of(t.commands.c.actor, {actor for actor, _ in keys}),
            one_of(t.commands.c.command_id, [command_id for _, command_id in keys]),
        )
        return {
            (row.actor, row.command_id): FirstResult(row.result, row.seq)
            for row in await tx.execute(query)
            if (row.actor, row.command_id) in keys
        }

    async def remember_results(
        self, tx: AsyncConnection, head: Head, results: Mapping[tuple[str, str], FirstResult]
    ) -> None:
        """Keep answers, so that repeating a command after a reconnect returns its first one."""
        if results:
            await tx.execute(
                insert(t.commands),
                [
                    {
                        "session_id": head.session_id,
                        "org_id": head.org_id,
                        "actor": actor,
                        "command_id": command_id,
                        "seq": first.seq,
                        "result": first.result,
                    }
                    for (actor, command_id), first in results.items()
                ],
            )
