"""The timeline in SQL, as reports need it; viewing has a store of its own (`view_store.py`).

Every method works inside the caller's transaction.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.attendance.happening import Happening
from analytics.attendance.register import READ
from analytics.spans import Spans
from analytics.view_store import ViewStore
from lectern.db.one_of import one_of
from lectern.timeline.tables import events, texts


class AnalyticsStore:
    """What reports read of a session's timeline, and of the watching of its replay."""

    async def happenings(
        self, tx: AsyncConnection, session_id: str, types: Collection[str] = READ
    ) -> list[Happening]:
        """Return the events of a session that attendance is made of, or only `types` of them, in order."""
        query = (
            select(events.c.type, events.c.utc_ms, events.c.actor, events.c.payload)
            .where(events.c.session_id == session_id, events.c.type.in_(types))
            .order_by(events.c.seq)
        )
        return [Happening(row.type, row.utc_ms, row.actor, row.payload) for row in await tx.execute(query)]

    async def news(
        self,
        tx: AsyncConnection,
        session_id: str,
        after: int,
        limit: int,
        types: Collection[str] = READ,
    ) -> tuple[int, list[Happening]]:
        """Return the next `limit` events after `after` that attendance reads, and the last one's number.

        Or only those of `types`.
        """
        query = (
            select(events.c.seq, events.c.type, events.c.utc_ms, events.c.actor, events.c.payload)
            .where(events.c.session_id == session_id, events.c.seq > after, events.c.type.in_(types))
            .order_by(events.c.seq)
            .limit(limit)
        )
        rows = (await tx.execute(query)).all()
        last = rows[-1].seq if rows else after
        return last, [Happening(row.type, row.utc_ms, row.actor, row.payload) for row in rows]

    async def watched_replay(
        self, tx: AsyncConnection, session_id: str, subjects: Collection[str] | None = None
    ) -> dict[str, tuple[Spans, int]]:
        """Return what each viewer has seen of a session's replay, see `ViewStore.watched_replay`."""
        return await ViewStore().watched_replay(tx, session_id, subjects)

    async def words_about(
        self, tx: AsyncConnection, org_id: str, whom: Collection[str], *, written_by: Collection[str] = ()
    ) -> dict[str, list[str]]:
        """Return, by session, where the reasons of make-ups, corrections and changes of rosters stand.

        Those about `whom` (persons and participants), and those that `written_by` wrote as staff. Reads the
        organisation's whole timeline: for what is done seldom.
        """
        query = select(events.c.session_id, events.c.type, events.c.actor, events.c.payload).where(
            events.c.org_id == org_id,
            events.c.type.in_(("checkin_make_up_requested", "checkin_corrected", "roster_changed")),
        )
        found: dict[str, list[str]] = {}
        for row in await tx.execute(query):
            said = row.payload
            named = {said.get("participant"), said.get("person")}
            about = named.union(said.get("added") or (), said.get("removed") or ()) & set(whom)
            is_of_staff = row.type != "checkin_make_up_requested"
            wrote = is_of_staff and {said.get("by"), row.actor} & set(written_by)
            if (about or wrote) and said.get("reason_ref"):
                found.setdefault(row.session_id, []).append(said["reason_ref"])
        return found

    async def names_of(self, tx: AsyncConnection, session_id: str, participant: str) -> list[str]:
        """Return where the names stand under which a participant has joined."""
        query = select(events.c.payload).where(
            events.c.session_id == session_id,
            events.c.type == "participant_joined",
        )
        rows = (await tx.execute(query)).scalars()
        return [
            said["name_ref"]
            for said in rows
            if said.get("participant") == participant and said.get("name_ref")
        ]

    async def words(self, tx: AsyncConnection, session_id: str, refs: Collection[str]) -> dict[str, str]:
        """Return the words behind `refs` that were not erased."""
        if not refs:
            return {}
        query = select(texts.c.id, texts.c.body).where(
            texts.c.session_id == session_id, one_of(texts.c.id, refs)
        )
        return {row.id: row.body for row in await tx.execute(query)}
