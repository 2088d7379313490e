"""The bin in SQL. Every method works inside the caller's transaction.

What is put in leaves its table of the catalogue as a row, so that no door, list or count has to know of the
bin; what belongs to it elsewhere (captions, places in series, reviews) waits for it.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, insert, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import may_edit
from catalogue.bin.states import DELETED, BinEvent, Binned, BinState, Place, after, deleted
from catalogue.bin.tables import media_bin
from catalogue.media import MediumKind
from catalogue.review import may_review
from catalogue.shelf.marking import ShelfKey, mark
from catalogue.tables import microcourses, replays
from lectern.db.one_of import one_of
from lectern.db.upsert import put
from lectern.kernel.access import Principal
from lectern.kernel.clock import UtcMs

_bin = media_bin.c
_TABLES: Mapping[MediumKind, Table] = {"replay": replays, "microcourse": microcourses}


class BinStore:
    """What was deleted."""

    async def put_in(
        self,
        tx: AsyncConnection,
        medium: MediumKind,
        medium_id: str,
        *,
        by: str,
        now: UtcMs,
        due: int,
        was_told: bool,
        with_replay: str | None = None,
    ) -> None:
        """Move the row of a medium out of the catalogue; its caller has locked it."""
        table = _TABLES[medium]
        gone = delete(table).where(table.c.id == medium_id).returning(*table.c)
        content = dict((await tx.execute(gone)).one()._mapping)
        row = {
            "medium": medium,
            "medium_id": medium_id,
            "org_id": content["org_id"],
            "session_id": content["session_id"],
            "title": content["title"],
            "state": BinState.IN,
            "changed_utc_ms": now,
            "due_utc_ms": due,
            "put_by": by,
            "with_replay": with_replay,
            "was_told": was_told,
            "content": content,
            "erased_utc_ms": None,
        }
        await put(tx, media_bin, row)
        await mark(tx, content["org_id"], [ShelfKey(medium, medium_id)])

    async def take_out(self, tx: AsyncConnection, one: Binned, now: UtcMs) -> None:
        """Move the row of a medium back into the catalogue.

        Raises:
            Conflict: it is not in the bin any more.
        """
        state = after(one.state, BinEvent.TAKEN_OUT)
        await tx.execute(insert(_TABLES[one.medium]).values(**one.content))
        await self.change(tx, one, state=state, changed_utc_ms=now)
        await mark(tx, one.org_id, [ShelfKey(one.medium, one.id)])

    async def change(self, tx: AsyncConnection, one: Binned, **values: Any) -> None:
        """Overwrite columns."""
        await tx.execute(update(media_bin).where(*_is(one.medium, one.id)).values(**values))

    async def find(
        self, tx: AsyncConnection, medium: MediumKind, medium_id: str, *, lock: bool = False
    ) -> Binned | None:
        """Return something that was deleted and did not come back."""
        query = select(media_bin).where(*_is(medium, medium_id), _bin.state.in_(DELETED))
        row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
        return None if row is None else _binned(row)

    async def replay_of(self, tx: AsyncConnection, session_id: str) -> Binned | None:
        """Return the replay of a session, if it was deleted."""
        mine = (_bin.medium == "replay", _bin.session_id == session_id, _bin.state.in_(DELETED))
        row = (await tx.execute(select(media_bin).where(*mine))).one_or_none()
        return None if row is None else _binned(row)

    async def listed(
        self,
        tx: AsyncConnection,
        org_id: str,
        *,
        replays_of: Collection[str] | None,
        behind: Place | None,
        limit: int,
    ) -> list[Binned]:
        """Return what can be taken out, the latest first: all microcourses, and replays of those sessions
        (None: all replays)."""
        query = select(media_bin).where(_bin.org_id == org_id, _bin.state == BinState.IN)
        if replays_of is not None:
            query = query.where(or_(_bin.medium == "microcourse", one_of(_bin.session_id, replays_of)))
        order = (_bin.changed_utc_ms, _bin.medium, _bin.medium_id)
        if behind is not None:
            parts = (literal(part, column.type) for part, column in zip(behind, order, strict=True))
            query = query.where(tuple_(*order) < tuple_(*parts))
        rows = await tx.execute(query.order_by(*(column.desc() for column in order)).limit(limit))
        return [_binned(row) for row in rows]

    async def counts_together(self, tx: AsyncConnection, replay_ids: Collection[str]) -> dict[str, int]:
        """Return how many microcourses were put in with each replay and are still there; of none is said."""
        query = (
            select(_bin.with_replay, func.count())
            .where(one_of(_bin.with_replay, replay_ids), _bin.state == BinState.IN)
            .group_by(_bin.with_replay)
        )
        return {row[0]: row[1] for row in await tx.execute(query)}

    async def together_with(self, tx: AsyncConnection, replay_id: str) -> list[Binned]:
        """Return the microcourses that were put in with a replay and are still there."""
        mine = (_bin.with_replay == replay_id, _bin.state == BinState.IN)
        rows = await tx.execute(select(media_bin).where(*mine).order_by(_bin.medium_id).with_for_update())
        return [_binned(row) for row in rows]

    async def due(self, tx: AsyncConnection, now: UtcMs, limit: int) -> list[Binned]:
        """Return what is to be erased now, or was begun to be."""
        is_due = and_(_bin.state == BinState.IN, _bin.due_utc_ms <= now)
        query = select(media_bin).where(or_(is_due, _bin.state == BinState.ERASING))
        rows = await tx.execute(query.order_by(_bin.due_utc_ms, _bin.medium_id).limit(limit))
        return [_binned(row) for row in rows]

    async def gone(self, tx: AsyncConnection, since: int, behind: str, limit: int) -> list[Binned]:
        """Return what was erased since then, by id, behind an id."""
        mine = (_bin.state == BinState.GONE, _bin.erased_utc_ms >= since, _bin.medium_id > behind)
        rows = await tx.execute(select(media_bin).where(*mine).order_by(_bin.medium_id).limit(limit))
        return [_binned(row) for row in rows]

    async def is_deleted(self, tx: AsyncConnection, kind: str, id_: str) -> MediumKind | None:
        """Return what a medium is that an address names and that was deleted (`PlayGrant.medium`).

        Of a replay, the address of its broadcast too: that one names the session.
        """
        mine: ColumnElement[bool] = and_(_bin.medium == "microcourse", _bin.medium_id == id_)
        if kind != "microcourse":
            mine = and_(_bin.medium == "replay", or_(_bin.medium_id == id_, _bin.session_id == id_))
        query = select(_bin.medium).where(mine, _bin.state.in_(DELETED)).limit(1)
        found: MediumKind | None = (await tx.execute(query)).scalar_one_or_none()
        return found

    async def titles(
        self, tx: AsyncConnection, org_id: str, medium: MediumKind, ids: Collection[str]
    ) -> dict[str, str]:
        """Return what media that were deleted are called, by id."""
        mine = (_bin.medium == medium, _bin.org_id == org_id, _bin.medium_id.in_(ids))
        query = select(_bin.medium_id, _bin.title).where(*mine, _bin.state.in_(DELETED))
        return {row[0]: row[1] for row in await tx.execute(query)}


async def tell_deleted(tx: AsyncConnection, who: Principal, medium: MediumKind, medium_id: str) -> None:
    """Tell whoever edits or reviews that what they ask for was deleted; for others it never was there.

    Raises:
        Deleted: it was, and they might work on it.
    """
    found = await BinStore().find(tx, medium, medium_id)
    if found is None:
        return
    reviews = medium == "microcourse" and may_review(who, found.org_id)
    if reviews or may_edit(who, found.org_id, found.session_id):
        raise deleted(medium)


def in_bin(medium: "ColumnElement[str] | str", medium_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a medium waits in the bin, or is just being erased."""
    waits = (_bin.medium == medium, _bin.medium_id == medium_id)
    return select(_bin.medium_id).where(*waits, _bin.state.in_((BinState.IN, BinState.ERASING))).exists()


def _is(medium: MediumKind, medium_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _bin.medium == medium, _bin.medium_id == medium_id


def _binned(row: Any) -> Binned:
    values = dict(row._mapping)
    values["id"] = values.pop("medium_id")
    values["state"] = BinState(values["state"])
    return Binned(**values)
