"""Replays, microcourses and positions in SQL: the only file here that speaks it.

Every method works inside the caller's transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue import gaps
from catalogue.bin.store import BinStore
from catalogue.edit_tables import proposals_aside
from catalogue.marks import MARKED, Moment
from catalogue.media import MediumKind, Microcourse, Replay
from catalogue.review_tables import microcourse_reviews, replay_windows
from catalogue.series import Key
from catalogue.series_tables import series_items
from catalogue.shelf.marking import ShelfKey, is_news, mark
from catalogue.shelf.store import ArrangementStore
from catalogue.states import MicrocourseState, ReplayState
from catalogue.tables import microcourses, positions, replays
from catalogue.terms_store import TermsStore
from lectern.db.one_of import one_of
from lectern.db.upsert import put_all
from lectern.kernel.errors import NotFound
from lectern.kernel.roles import SessionRole
from lectern.manifest.replay import Replay as Recorded
from lectern.timeline.event import ParticipantJoined
from lectern.timeline.tables import events

PAGE = 50


class CatalogueStore:
    """What can be watched, as rows."""

    async def add_replay(self, tx: AsyncConnection, replay: Replay) -> None:
        """Add a replay; a session has one."""
        await tx.execute(insert(replays).values(**_row(replay)))

    async def replay(self, tx: AsyncConnection, replay_id: str, *, lock: bool = False) -> Replay:
        """Return a replay.

        Raises:
            NotFound: there is none (`replay_not_found`).
        """
        found = await self._replay(tx, replays.c.id == replay_id, lock=lock)
        if found is None:
            raise NotFound("replay_not_found", "There is no such replay.")
        return found

    async def replay_of(self, tx: AsyncConnection, session_id: str, *, lock: bool = False) -> Replay | None:
        """Return the replay of a session; None before the session first went live."""
        return await self._replay(tx, replays.c.session_id == session_id, lock=lock)

    async def sources(self, tx: AsyncConnection, replay_ids: Collection[str]) -> set[str]:
        """Return those of the replays that something can be cut from: that were not deleted."""
        query = select(replays.c.id).where(replays.c.id.in_(replay_ids))
        return set((await tx.execute(query)).scalars())

    async def source_version(self, tx: AsyncConnection, replay_id: str) -> int | None:
        """Return the version of a replay, also of one that was deleted: its captions are kept as long."""
        query = select(replays.c.version).where(replays.c.id == replay_id)
        version: int | None = (await tx.execute(query)).scalar_one_or_none()
        if version is not None:
            return version
        binned = await BinStore().find(tx, "replay", replay_id)
        return None if binned is None else int(binned.content["version"])

    async def cut_from(self, tx: AsyncConnection, replay_id: str, *, lock: bool = False) -> list[Microcourse]:
        """Return the microcourses that were cut from a replay, oldest first."""
        query = select(microcourses).where(microcourses.c.replay_id == replay_id).order_by(microcourses.c.id)
        rows = await tx.execute(query.with_for_update() if lock else query)
        return [_microcourse(row) for row in rows]

    async def replay_ids(self, tx: AsyncConnection, session_ids: Collection[str]) -> dict[str, str]:
        """Return the replays' ids by session, for those sessions that have one."""
        if not session_ids:
            return {}
        query = select(replays.c.session_id, replays.c.id).where(replays.c.session_id.in_(session_ids))
        return {row.session_id: row.id for row in await tx.execute(query)}

    async def unfinished(self, tx: AsyncConnection) -> list[str]:
        """Return the sessions that have ended and whose replay is not ready."""
        query = select(replays.c.session_id).where(
            replays.c.state == ReplayState.LIVE, replays.c.ended_utc_ms.is_not(None)
        )
        return list((await tx.execute(query)).scalars())

    async def replays(
        self,
        tx: AsyncConnection,
        org_id: str,
        *,
        search: str,
        session_id: str | None,
        cursor: str | None,
        reach: ColumnElement[bool] | None = None,
    ) -> list[Replay]:
        """Return up to a page and one replays, newest first; with `reach`, only where that holds."""
        query = select(replays).where(replays.c.org_id == org_id)
        if reach is not None:
            query = query.where(reach)
        if session_id is not None:
            query = query.where(replays.c.session_id == session_id)
        if search:
            query = query.where(replays.c.title.icontains(search, autoescape=True))
        if cursor is not None:
            query = query.where(replays.c.id < cursor)
        rows = await tx.execute(query.order_by(replays.c.id.desc()).limit(PAGE + 1))
        return [_replay(row) for row in rows]

    async def change_replay(self, tx: AsyncConnection, replay_id: str, **values: Any) -> None:
        """Overwrite columns of a replay."""
        if isinstance(values.get("recorded"), Recorded):
            values["recorded"] = msgspec.to_builtins(values["recorded"])
        changed = update(replays).where(replays.c.id == replay_id).values(**values)
        org_id = (await tx.execute(changed.returning(replays.c.org_id))).scalar_one_or_none()
        if org_id is not None and is_news(values):
            await mark(tx, org_id, [ShelfKey("replay", replay_id)])

    async def moments(
        self, tx: AsyncConnection, session_id: str, types: Collection[str] = tuple(MARKED)
    ) -> list[Moment]:
        """Return the events of a session that leave marks, or those of `types`, in order."""
        query = (
            select(events.c.seq, events.c.type, events.c.session_ms, events.c.payload)
            .where(events.c.session_id == session_id, events.c.type.in_(types))
            .order_by(events.c.seq)
        )
        return [Moment(row.seq, row.type, row.session_ms, row.payload) for row in await tx.execute(query)]

    async def happened(self, tx: AsyncConnection, session_id: str) -> list[gaps.Happened]:
        """Return the events of a session that tell what its recording lacks, in order."""
        query = (
            select(events.c.type, events.c.session_ms, events.c.payload)
            .where(events.c.session_id == session_id, events.c.type.in_(gaps.READ))
            .order_by(events.c.seq)
        )
        return [gaps.Happened(row.type, row.session_ms, row.payload) for row in await tx.execute(query)]

    async def staff(self, tx: AsyncConnection, session_id: str) -> set[str]:
        """Return the participants who were staff of a session, at least for a while."""
        joined = events.c.type == ParticipantJoined.TYPE
        query = select(events.c.payload).where(events.c.session_id == session_id, joined)
        payloads = (await tx.execute(query)).scalars()
        return {payload["participant"] for payload in payloads if SessionRole(payload["role"]).is_staff}

    async def add_microcourse(self, tx: AsyncConnection, microcourse: Microcourse) -> None:
        """Add a microcourse."""
        await tx.execute(insert(microcourses).values(**_row(microcourse)))

    async def microcourse(
        self, tx: AsyncConnection, microcourse_id: str, *, lock: bool = False
    ) -> Microcourse:
        """Return a microcourse.

        Raises:
            NotFound: there is none (`microcourse_not_found`).
        """
        query = select(microcourses).where(microcourses.c.id == microcourse_id)
        row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
        if row is None:
            raise NotFound("microcourse_not_found", "There is no such microcourse.")
        return _microcourse(row)

    async def microcourses(
        self,
        tx: AsyncConnection,
        org_id: str,
        *,
        session_id: str | None,
        states: Collection[MicrocourseState] | None,
        cursor: str | None,
        reach: ColumnElement[bool] | None = None,
    ) -> list[Microcourse]:
        """Return up to a page and one microcourses, newest first.

        Those in any of `states`; None: those of which a version is shown to learners. With `reach`, only
        where that holds.
        """
        shown = microcourses.c.live_version.is_not(None)
        query = select(microcourses).where(
            microcourses.c.org_id == org_id,
            shown if states is None else microcourses.c.state.in_(states),
        )
        if reach is not None:
            query = query.where(reach)
        if session_id is not None:
            query = query.where(microcourses.c.session_id == session_id)
        if cursor is not None:
            query = query.where(microcourses.c.id < cursor)
        rows = await tx.execute(query.order_by(microcourses.c.id.desc()).limit(PAGE + 1))
        return [_microcourse(row) for row in rows]

    async def count_shown(self, tx: AsyncConnection, session_id: str) -> int:
        """Return how many microcourses of a session learners see."""
        mine = (microcourses.c.session_id == session_id, microcourses.c.live_version.is_not(None))
        return (await tx.execute(select(func.count()).select_from(microcourses).where(*mine))).scalar_one()

    async def versions(
        self, tx: AsyncConnection, microcourse_ids: Collection[str]
    ) -> dict[str, frozenset[int]]:
        """Return the versions of microcourses that are watched now: that in work, and the published one."""
        if not microcourse_ids:
            return {}
        query = select(microcourses.c.id, microcourses.c.version, microcourses.c.live_version).where(
            microcourses.c.id.in_(microcourse_ids)
        )
        rows = await tx.execute(query)
        return {row.id: frozenset({row.version, row.live_version} - {None}) for row in rows}

    async def media(
        self, tx: AsyncConnection, org_id: str, keys: Collection[Key]
    ) -> dict[Key, Replay | Microcourse]:
        """Return media of an organisation; those that do not exist are left out."""
        found: dict[Key, Replay | Microcourse] = {}
        ids = {kind: [key.id for key in keys if key.medium == kind] for kind in ("replay", "microcourse")}
        for row in await tx.execute(
            select(replays).where(replays.c.org_id == org_id, one_of(replays.c.id, ids["replay"]))
        ):
            found[Key("replay", row.id)] = _replay(row)
        for row in await tx.execute(
            select(microcourses).where(
                microcourses.c.org_id == org_id, one_of(microcourses.c.id, ids["microcourse"])
            )
        ):
            found[Key("microcourse", row.id)] = _microcourse(row)
        return found

    async def change_microcourse(self, tx: AsyncConnection, microcourse_id: str, **values: Any) -> None:
        """Overwrite columns of a microcourse."""
        changed = update(microcourses).where(microcourses.c.id == microcourse_id).values(**values)
        org_id = (await tx.execute(changed.returning(microcourses.c.org_id))).scalar_one_or_none()
        if org_id is not None and is_news(values):
            await mark(tx, org_id, [ShelfKey("microcourse", microcourse_id)])

    async def forget(self, tx: AsyncConnection, org_id: str, medium: MediumKind, medium_id: str) -> None:
        """Delete what belongs to a medium that is erased: where it stands, its terms, where viewers stopped.

        What they watched stays on record, and so does what versions of it were published, and for whom.
        """
        key = ShelfKey(medium, medium_id)
        await ArrangementStore().forget(tx, org_id, key, keeps_audience=True)
        if medium == "microcourse":
            of_it = microcourse_reviews.c.microcourse_id == medium_id
            await tx.execute(delete(microcourse_reviews).where(of_it))
        else:
            for table in (replay_windows, proposals_aside):
                await tx.execute(delete(table).where(table.c.replay_id == medium_id))
        in_series = (series_items.c.medium == medium, series_items.c.medium_id == medium_id)
        await tx.execute(delete(series_items).where(*in_series))
        await self.forget_positions(tx, medium, medium_id)
        await TermsStore().forget(tx, medium, medium_id)

    async def forget_positions(self, tx: AsyncConnection, medium: MediumKind, medium_id: str) -> None:
        """Forget where people stopped in a medium: what is shown now is another."""
        await tx.execute(
            delete(positions).where(positions.c.medium == medium, positions.c.medium_id == medium_id)
        )

    async def moves(
        self, tx: AsyncConnection, subjects: Collection[str], media: Collection[tuple[str, str]]
    ) -> tuple[int, int]:
        """Return two numbers that are others once one of `subjects` has gone on watching one of `media`."""
        query = select(func.count(), func.coalesce(func.sum(positions.c.updated_utc_ms), 0)).where(
            one_of(positions.c.subject, subjects),
            tuple_(positions.c.medium, positions.c.medium_id).in_(list(media)),
        )
        count, stood = (await tx.execute(query)).one()
        return int(count), int(stood)

    async def remember_positions(self, tx: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Note where people stopped watching; `rows` as they are stored, in the order of their keys.

        What somebody watched later, on another device, stays.
        """
        await put_all(tx, positions, rows, newest="updated_utc_ms")

    async def titles(
        self, tx: AsyncConnection, org_id: str, medium: MediumKind, medium_ids: Collection[str]
    ) -> dict[str, str]:
        """Return what media of an organisation are called, or were before they were deleted, by id."""
        table = replays if medium == "replay" else microcourses
        query = select(table.c.id, table.c.title).where(table.c.org_id == org_id, table.c.id.in_(medium_ids))
        found = {row.id: row.title for row in await tx.execute(query)}
        lacking = [id_ for id_ in medium_ids if id_ not in found]
        return found | (await BinStore().titles(tx, org_id, medium, lacking) if lacking else {})

    async def positions(
        self, tx: AsyncConnection, subject: str | None, medium: MediumKind, medium_ids: Collection[str]
    ) -> dict[str, int]:
        """Return where `subject` stopped, by medium, for those that were begun."""
        if subject is None or not medium_ids:
            return {}
        query = select(positions.c.medium_id, positions.c.position_ms).where(
            positions.c.subject == subject,
            positions.c.medium == medium,
            positions.c.medium_id.in_(medium_ids),
        )
        return {row.medium_id: row.position_ms for row in await tx.execute(query)}

    async def stopped(
        self, tx: AsyncConnection, subject: str | None, medium: MediumKind, medium_id: str
    ) -> tuple[int, int] | None:
        """Return where in a medium `subject` stopped and when (UTC ms); None if they never began."""
        query = select(positions.c.position_ms, positions.c.updated_utc_ms).where(
            positions.c.subject == subject, positions.c.medium == medium, positions.c.medium_id == medium_id
        )
        row = (await tx.execute(query)).one_or_none()
        return None if row is None else (row.position_ms, row.updated_utc_ms)

    async def _replay(self, tx: AsyncConnection, which: ColumnElement[bool], *, lock: bool) -> Replay | None:
        query = select(replays).where(which)
        row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
        return None if row is None else _replay(row)


def _row(thing: Replay | Microcourse) -> dict[str, Any]:
    row = {field.name: getattr(thing, field.name) for field in fields(thing)}
    if isinstance(thing, Replay):
        row["recorded"] = msgspec.to_builtins(thing.recorded)
    return row


def replay_of_row(row: Mapping[str, Any]) -> Replay:
    """Return the replay that a row holds."""
    recorded = None if row["recorded"] is None else msgspec.convert(row["recorded"], Recorded)
    return Replay(**(dict(row) | {"state": ReplayState(row["state"]), "recorded": recorded}))


def microcourse_of_row(row: Mapping[str, Any]) -> Microcourse:
    """Return the microcourse that a row holds."""
    return Microcourse(**(dict(row) | {"state": MicrocourseState(row["state"])}))


def _replay(row: Any) -> Replay:
    return replay_of_row(row._mapping)


def _microcourse(row: Any) -> Microcourse:
    return microcourse_of_row(row._mapping)
