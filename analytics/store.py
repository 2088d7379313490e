"""Watched intervals and the timeline in SQL: the only file here that speaks it.

Every method works inside the caller's transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.attendance.happening import Happening
from analytics.attendance.register import READ
from analytics.neighbours import MediumKind
from analytics.spans import NOTHING, Spans, union
from analytics.tables import view_intervals, view_totals
from analytics.viewing import Played, Watched
from lectern.db.upsert import insert_new
from lectern.kernel.clock import UtcMs
from lectern.timeline.tables import events, texts

_LONGEST_PLAY_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Viewing:
    """Somebody's watching of one version of a medium."""

    org_id: str
    session_id: str
    medium: MediumKind
    medium_id: str
    version: int
    subject: str


class AnalyticsStore:
    """Raw intervals are only ever added; totals are what they come to."""

    async def lock_total(self, tx: AsyncConnection, viewing: Viewing) -> Watched:
        """Return what somebody has watched, locked until the transaction ends."""
        blank = {"covered": [], "effort": [], "effort_ms": 0, "last_utc_ms": 0}
        await insert_new(tx, view_totals, [_key(viewing) | blank])
        query = (
            select(view_totals.c.covered, view_totals.c.effort, view_totals.c.last_utc_ms)
            .where(*_where(viewing))
            .with_for_update()
        )
        row = (await tx.execute(query)).one()
        return Watched(_spans(row.covered), _spans(row.effort), row.last_utc_ms)

    async def write_total(
        self, tx: AsyncConnection, viewing: Viewing, watched: Watched, effort_ms: int
    ) -> None:
        """Overwrite what somebody has watched; `lock_total` came first."""
        await tx.execute(
            update(view_totals)
            .where(*_where(viewing))
            .values(
                covered=watched.covered,
                effort=watched.effort,
                effort_ms=effort_ms,
                last_utc_ms=watched.last_utc_ms,
            )
        )

    async def known(self, tx: AsyncConnection, subject: str, ids: Collection[str]) -> set[str]:
        """Return those of `ids` that this viewer has reported before."""
        query = select(view_intervals.c.id).where(
            view_intervals.c.subject == subject, view_intervals.c.id.in_(ids)
        )
        return {row.id for row in await tx.execute(query)}

    async def history(
        self, tx: AsyncConnection, subject: str, player: str, since_utc_ms: int
    ) -> list[Played]:
        """Return what a player has reported, in any medium, from up to a day before `since_utc_ms` on."""
        columns = view_intervals.c
        query = select(view_intervals).where(
            columns.subject == subject,
            columns.player == player,
            columns.started_utc_ms > since_utc_ms - _LONGEST_PLAY_MS,
        )
        return [_played(row) for row in await tx.execute(query)]

    async def add_intervals(
        self, tx: AsyncConnection, viewing: Viewing, player: str, played: Sequence[Played], now: UtcMs
    ) -> None:
        """Keep intervals as they were reported."""
        common = _key(viewing) | {"player": player, "received_utc_ms": now}
        rows = [
            common
            | {
                "id": p.id,
                "from_ms": p.from_ms,
                "to_ms": p.to_ms,
                "started_utc_ms": p.started_utc_ms,
                "wall_ms": p.wall_ms,
                "speed": p.speed,
                "visible": p.visible,
                "audible": p.audible,
            }
            for p in played
        ]
        await insert_new(tx, view_intervals, rows)

    async def totals(
        self, tx: AsyncConnection, medium: MediumKind, medium_id: str, version: int
    ) -> dict[str, Watched]:
        """Return what everybody has watched of one version of a medium, by viewer."""
        columns = view_totals.c
        query = select(columns.subject, columns.covered, columns.effort, columns.last_utc_ms).where(
            columns.medium == medium,
            columns.medium_id == medium_id,
            columns.version == version,
            columns.last_utc_ms > 0,
        )
        return {
            row.subject: Watched(_spans(row.covered), _spans(row.effort), row.last_utc_ms)
            for row in await tx.execute(query)
        }

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
        self, tx: AsyncConnection, session_id: str, after: int, limit: int
    ) -> tuple[int, list[Happening]]:
        """Return the next `limit` events after `after` that attendance reads, and the last one's number."""
        query = (
            select(events.c.seq, events.c.type, events.c.utc_ms, events.c.actor, events.c.payload)
            .where(events.c.session_id == session_id, events.c.seq > after, events.c.type.in_(READ))
            .order_by(events.c.seq)
            .limit(limit)
        )
        rows = (await tx.execute(query)).all()
        last = rows[-1].seq if rows else after
        return last, [Happening(row.type, row.utc_ms, row.actor, row.payload) for row in rows]

    async def watched_replay(
        self, tx: AsyncConnection, session_id: str, subjects: Collection[str] | None = None
    ) -> dict[str, tuple[Spans, int]]:
        """Return what each viewer has seen of a session's replay, and for how long they effectively watched.

        All versions together: they lie on the same clock.
        """
        columns = view_totals.c
        query = select(columns.subject, columns.covered, columns.effort_ms).where(
            columns.session_id == session_id, columns.medium == "replay"
        )
        if subjects is not None:
            query = query.where(columns.subject.in_(subjects))
        found: dict[str, tuple[Spans, int]] = {}
        for row in await tx.execute(query):
            covered, effort_ms = found.get(row.subject, (NOTHING, 0))
            found[row.subject] = (union(covered, _spans(row.covered)), effort_ms + row.effort_ms)
        return found

    async def words_about(
        self, tx: AsyncConnection, org_id: str, whom: Collection[str], *, written_by: Collection[str] = ()
    ) -> dict[str, list[str]]:
        """Return, by session, where the reasons of make-ups and corrections of check-ins stand.

        Those about `whom` (persons and participants), and those that `written_by` wrote as staff. Reads the
        organisation's whole timeline: for what is done seldom.
        """
        query = select(events.c.session_id, events.c.type, events.c.actor, events.c.payload).where(
            events.c.org_id == org_id, events.c.type.in_(("checkin_make_up_requested", "checkin_corrected"))
        )
        found: dict[str, list[str]] = {}
        for row in await tx.execute(query):
            said = row.payload
            about = {said.get("participant"), said.get("person")} & set(whom)
            wrote = row.type == "checkin_corrected" and {said.get("by"), row.actor} & set(written_by)
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
        query = select(texts.c.id, texts.c.body).where(texts.c.session_id == session_id, texts.c.id.in_(refs))
        return {row.id: row.body for row in await tx.execute(query)}


def _key(viewing: Viewing) -> dict[str, Any]:
    return {
        "org_id": viewing.org_id,
        "session_id": viewing.session_id,
        "medium": viewing.medium,
        "medium_id": viewing.medium_id,
        "version": viewing.version,
        "subject": viewing.subject,
    }


def _where(viewing: Viewing) -> list[Any]:
    columns = view_totals.c
    return [
        columns.medium == viewing.medium,
        columns.medium_id == viewing.medium_id,
        columns.version == viewing.version,
        columns.subject == viewing.subject,
    ]


def _spans(value: Any) -> Spans:
    return tuple((start, end) for start, end in value)


def _played(row: Any) -> Played:
    return Played(
        id=row.id,
        from_ms=row.from_ms,
        to_ms=row.to_ms,
        started_utc_ms=row.started_utc_ms,
        wall_ms=row.wall_ms,
        speed=row.speed,
        visible=row.visible,
        audible=row.audible,
    )
