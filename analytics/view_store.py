"""Viewing in SQL: records, and the sums that follow them.

Every method works inside the caller's transaction. Rows are always locked in the order of their keys.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Table, bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.neighbours import MediumKind, PlayedKind
from analytics.play_record import NEVER, PlayRecord, packed, unpacked
from analytics.spans import NOTHING, Spans, length_ms, union
from analytics.tables import (
    view_active,
    view_curves,
    view_media,
    view_openings,
    view_pending,
    view_periods,
    view_records,
)
from analytics.view_sums import ALL, Change, Edges, Sums, Terms, periods_of
from lectern.db.one_of import one_of
from lectern.db.upsert import insert_new

BLOCK_S = 600
_T = TypeVar("_T")
_LOOKED_UP_AT_ONCE = 512
"""SQLite takes 32,766 parameters in a statement, PostgreSQL 32,767."""


@dataclass(frozen=True, slots=True)
class MediumVersion:
    """One version of a medium, by which names others know it."""

    medium: PlayedKind
    medium_id: str
    version: int

    @property
    def listed(self) -> MediumKind:
        """Its kind, of what is in statistics: what a group recorded never is."""
        assert self.medium != "group_recording", "a group's recording came into statistics"
        return self.medium


@dataclass(frozen=True, slots=True)
class Watchable:
    """One version of a medium, as viewing keeps it: `terms` never change while its sums stand."""

    key: int
    org_id: str
    session_id: str
    named: MediumVersion
    terms: Terms
    is_stale: bool = False


class Place(NamedTuple):
    """Whose record of what."""

    medium_key: int
    subject: str


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A medium's sums of one period."""

    medium: Watchable
    sums: Sums


@dataclass(frozen=True, slots=True)
class Totals:
    """What all media come to: how many there are, how many people watched any, and the sums.

    The sums are without tables: adding those up (`all_hours`, `all_departments`) takes longer than the loop
    may be held.
    """

    media: int
    people: int
    sums: Sums
    hours: list[bytes]
    departments: list[bytes]

    def all_hours(self) -> dict[int, int]:
        """Return the wall time by device and hour of the week."""
        found: dict[int, int] = {}
        for data in self.hours:
            for cell, value in _HOURS.decode(data).items():
                found[cell] = found.get(cell, 0) + value
        return found

    def all_departments(self) -> dict[str, int]:
        """Return the effective watching (ms) by department."""
        return added_up(self.departments)


def added_up(tables: Iterable[bytes]) -> dict[str, int]:
    """Return tables of departments as one."""
    found: dict[str, int] = {}
    for data in tables:
        for department, value in _DEPARTMENTS.decode(data).items():
            found[department] = found.get(department, 0) + value
    return found


class _Steps(msgspec.Struct, array_like=True):
    """Ten minutes of a medium's curves, by their steps."""

    heat: Edges = msgspec.field(default_factory=dict)
    plays: Edges = msgspec.field(default_factory=dict)
    left: Edges = msgspec.field(default_factory=dict)


_CHANGE = msgspec.msgpack.Decoder(Change)
_STEPS = msgspec.msgpack.Decoder(_Steps)
_HOURS = msgspec.msgpack.Decoder(dict[int, int])
_DEPARTMENTS = msgspec.msgpack.Decoder(dict[str, int])
_COUNTED = tuple(name for name in Sums.__struct_fields__ if name not in {"hours", "departments"})


class ViewStore:
    """Records are the truth; everything else here is made of them."""

    async def find(self, tx: AsyncConnection, named: MediumVersion) -> Watchable | None:
        """Return a version of a medium; None while nobody has watched it."""
        columns = view_media.c
        row = (
            await tx.execute(
                select(view_media).where(
                    columns.medium == named.medium,
                    columns.medium_id == named.medium_id,
                    columns.version == named.version,
                )
            )
        ).one_or_none()
        return None if row is None else _watchable(row)

    async def register(
        self, tx: AsyncConnection, org_id: str, session_id: str, named: MediumVersion, terms: Terms
    ) -> Watchable:
        """Return a version of a medium; the first who watches it makes it known."""
        found = await self.find(tx, named)
        if found is None:
            row = {
                "org_id": org_id,
                "session_id": session_id,
                "medium": named.medium,
                "medium_id": named.medium_id,
                "version": named.version,
                "duration_ms": terms.duration_ms,
                "zone": terms.zone,
                "is_stale": False,
            }
            await insert_new(tx, view_media, [row], unique=("medium", "medium_id", "version"))
            found = await self.find(tx, named)
        assert found is not None
        return found

    async def hold(self, tx: AsyncConnection, keys: Collection[int]) -> dict[int, Watchable]:
        """Return media as they are, which nobody sums up anew until the transaction ends."""
        query = select(view_media).where(one_of(view_media.c.key, keys)).order_by(view_media.c.key)
        rows = await tx.execute(query.with_for_update(read=True))
        return {row.key: _watchable(row) for row in rows}

    async def lengthen(self, tx: AsyncConnection, key: int, duration_ms: int) -> None:
        """Note that a medium has become longer: its session went on. Its sums have to be made anew."""
        longer = (view_media.c.key == key, view_media.c.duration_ms < duration_ms)
        await tx.execute(update(view_media).where(*longer).values(duration_ms=duration_ms, is_stale=True))

    async def record(self, tx: AsyncConnection, named: MediumVersion, subject: str) -> PlayRecord:
        """Return what somebody watched of a version of a medium; an empty record if nothing."""
        query = (
            select(view_records.c.record)
            .join(view_media, view_media.c.key == view_records.c.medium_key)
            .where(
                view_media.c.medium == named.medium,
                view_media.c.medium_id == named.medium_id,
                view_media.c.version == named.version,
                view_records.c.subject == subject,
            )
        )
        found = (await tx.execute(query)).scalar_one_or_none()
        return NEVER if found is None else unpacked(found)

    async def lock_records(self, tx: AsyncConnection, places: Collection[Place]) -> dict[Place, PlayRecord]:
        """Return records, locked until the transaction ends; of whoever has none yet, an empty one."""
        blank = {"record": packed(NEVER)}
        found = await _lock(tx, view_records, places, lambda _: blank)
        return {Place(*place): unpacked(row.record) for place, row in found.items()}

    async def write_records(self, tx: AsyncConnection, records: Mapping[Place, PlayRecord]) -> None:
        """Overwrite records; `lock_records` came first."""
        if not records:
            return
        rows = [
            {"of_medium_key": key, "of_subject": subject, "record": packed(record)}
            for (key, subject), record in sorted(records.items(), key=lambda item: item[0])
        ]
        await tx.execute(_OVERWRITE[view_records.name], rows)

    async def note_active(self, tx: AsyncConnection, seen: Iterable[tuple[str, str, str]]) -> None:
        """Note that people watched something in a month: organisation, month, subject."""
        rows = {(org_id, period, subject) for org_id, month, subject in seen for period in periods_of(month)}
        await insert_new(
            tx,
            view_active,
            [{"org_id": org, "period": period, "subject": who} for org, period, who in sorted(rows)],
        )

    async def put_off(self, tx: AsyncConnection, changes: Mapping[int, Change]) -> None:
        """Keep what is still to be added to the sums of media."""
        rows = [
            {"medium_key": key, "change": msgspec.msgpack.encode(change)}
            for key, change in sorted(changes.items())
            if not change.is_nothing
        ]
        if rows:
            await tx.execute(insert(view_pending), rows)

    async def take_pending(self, tx: AsyncConnection, most: int) -> tuple[int, dict[int, Change]]:
        """Take up to `most` of what is to be added; return how many there were, and the sum by medium."""
        columns = view_pending.c
        query = (
            select(columns.id, columns.medium_key, columns.change)
            .order_by(columns.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        rows = (await tx.execute(query)).all()
        found: dict[int, Change] = {}
        for row in rows:
            found.setdefault(row.medium_key, Change()).add(_CHANGE.decode(row.change))
        ids = [row.id for row in rows]
        await tx.execute(delete(view_pending).where(one_of(columns.id, ids)))
        return len(rows), found

    async def pending(self, tx: AsyncConnection) -> bool:
        """Tell whether anything is still to be added."""
        return (await tx.execute(select(view_pending.c.id).limit(1))).first() is not None

    async def add_up(self, tx: AsyncConnection, changes: Mapping[int, Change]) -> None:
        """Add changes to the sums of media."""
        query = select(view_media.c.key, view_media.c.org_id).where(one_of(view_media.c.key, changes.keys()))
        owners = {row.key: row.org_id for row in await tx.execute(query)}
        await self._add_periods(tx, owners, changes)
        await self._add_curves(tx, changes)

    async def _add_periods(
        self, tx: AsyncConnection, owners: Mapping[int, str], changes: Mapping[int, Change]
    ) -> None:
        wanted = {(key, name): sums for key, each in changes.items() for name, sums in each.periods.items()}
        blank = _period_row(Sums())
        rows = await _lock(tx, view_periods, wanted, lambda place: blank | {"org_id": owners[place[0]]})
        totals = [
            {"of_medium_key": key, "of_period": name} | _period_row(_sums(rows[key, name]).plus(sums))
            for (key, name), sums in sorted(wanted.items(), key=lambda item: item[0])
        ]
        if totals:
            await tx.execute(_OVERWRITE[view_periods.name], totals)

    async def _add_curves(self, tx: AsyncConnection, changes: Mapping[int, Change]) -> None:
        parts: dict[tuple[int, int], Change] = {}
        for key, change in changes.items():
            for name in ("heat", "plays", "left"):
                for second, step in getattr(change, name).items():
                    part = parts.setdefault((key, second // BLOCK_S), Change())
                    getattr(part, name)[second] = step
        empty = {"steps": msgspec.msgpack.encode(_Steps())}
        rows = await _lock(tx, view_curves, parts, lambda _: empty)
        totals = []
        for (key, block), part in sorted(parts.items(), key=lambda item: item[0]):
            total = _curve(rows[key, block].steps)
            total.add(part)
            steps = msgspec.msgpack.encode(_Steps(total.heat, total.plays, total.left))
            totals.append({"of_medium_key": key, "of_block": block, "steps": steps})
        if totals:
            await tx.execute(_OVERWRITE[view_curves.name], totals)

    async def sums(self, tx: AsyncConnection, key: int, period: str = ALL) -> Sums:
        """Return the sums of a medium in a period, what is put off among them."""
        columns = view_periods.c
        query = select(view_periods).where(columns.medium_key == key, columns.period == period)
        row = (await tx.execute(query)).one_or_none()
        found = _sums(row) if row is not None else Sums()
        return found.plus((await self._put_off(tx, key)).periods.get(period, Sums()))

    async def curves(self, tx: AsyncConnection, key: int) -> Change:
        """Return the curves of a medium by their steps, what is put off among them."""
        found = await self._put_off(tx, key)
        found.periods.clear()
        query = select(view_curves.c.steps).where(view_curves.c.medium_key == key)
        for data in (await tx.execute(query)).scalars():
            found.add(_curve(data))
        return found

    async def _put_off(self, tx: AsyncConnection, key: int) -> Change:
        found = Change()
        query = select(view_pending.c.change).where(view_pending.c.medium_key == key)
        for data in (await tx.execute(query)).scalars():
            found.add(_CHANGE.decode(data))
        return found

    async def totals(self, tx: AsyncConnection, org_id: str, period: str) -> Totals:
        """Return what all media of an organisation come to in a period."""
        columns = view_periods.c
        here = (columns.org_id == org_id, columns.period == period, columns.viewers > 0)
        query = select(func.count(), *(func.coalesce(func.sum(columns[name]), 0) for name in _COUNTED))
        media, *values = (await tx.execute(query.where(*here))).one()
        tables = (await tx.execute(select(columns.hours, columns.departments).where(*here))).all()
        people = select(func.count()).where(view_active.c.org_id == org_id, view_active.c.period == period)
        return Totals(
            media,
            (await tx.execute(people)).scalar_one(),
            _counted(values),
            [row.hours for row in tables],
            [row.departments for row in tables],
        )

    async def departments(
        self, tx: AsyncConnection, org_id: str, periods: Collection[str]
    ) -> dict[str, list[bytes]]:
        """Return the tables of departments of each of `periods`, for `added_up`."""
        columns = view_periods.c
        found: dict[str, list[bytes]] = {period: [] for period in periods}
        query = select(columns.period, columns.departments).where(
            columns.org_id == org_id, one_of(columns.period, periods), columns.viewers > 0
        )
        for row in await tx.execute(query):
            found[row.period].append(row.departments)
        return found

    async def table(
        self, tx: AsyncConnection, org_id: str, period: str, *, after: tuple[int, int] | None, limit: int
    ) -> list[PeriodRow]:
        """Return the media that were watched in a period, most viewers first; `after` viewers and key."""
        columns = view_periods.c
        query = (
            select(view_periods, *(view_media.c[name].label(f"m_{name}") for name in _MEDIUM))
            .join(view_media, view_media.c.key == columns.medium_key)
            .where(columns.org_id == org_id, columns.period == period, columns.viewers > 0)
            .order_by(columns.viewers.desc(), columns.medium_key)
            .limit(limit)
        )
        if after is not None:
            viewers, key = after
            query = query.where(
                (columns.viewers < viewers) | ((columns.viewers == viewers) & (columns.medium_key > key))
            )
        return [PeriodRow(_labelled(row), _sums(row)) for row in await tx.execute(query)]

    async def records(
        self, tx: AsyncConnection, key: int, *, after: str = "", limit: int | None = None
    ) -> dict[str, PlayRecord]:
        """Return the records of one version of a medium, by viewer, in their order."""
        columns = view_records.c
        query = (
            select(columns.subject, columns.record)
            .where(columns.medium_key == key, columns.subject > after)
            .order_by(columns.subject)
            .limit(limit)
        )
        return {row.subject: unpacked(row.record) for row in await tx.execute(query)}

    async def covered(
        self, tx: AsyncConnection, medium: str, medium_id: str, subjects: Collection[str]
    ) -> dict[str, list[tuple[Spans, int]]]:
        """Return what people covered of each version of a medium that they watched, and its length (ms)."""
        found: dict[str, list[tuple[Spans, int]]] = {}
        asked = sorted(subjects)
        for start in range(0, len(asked), _LOOKED_UP_AT_ONCE):
            query = (
                select(view_records.c.subject, view_records.c.record, view_media.c.duration_ms)
                .join(view_media, view_media.c.key == view_records.c.medium_key)
                .where(
                    view_media.c.medium == medium,
                    view_media.c.medium_id == medium_id,
                    view_records.c.subject.in_(asked[start : start + _LOOKED_UP_AT_ONCE]),
                )
            )
            for row in await tx.execute(query):
                found.setdefault(row.subject, []).append((unpacked(row.record).covered, row.duration_ms))
        return found

    async def watched_replay(
        self, tx: AsyncConnection, session_id: str, subjects: Collection[str] | None = None
    ) -> dict[str, tuple[Spans, int]]:
        """Return what each viewer has seen of a session's replay, and for how long they effectively watched.

        All versions together: they lie on the same clock.
        """
        query = (
            select(view_records.c.subject, view_records.c.record)
            .join(view_media, view_media.c.key == view_records.c.medium_key)
            .where(view_media.c.session_id == session_id, view_media.c.medium == "replay")
        )
        if subjects is not None:
            query = query.where(one_of(view_records.c.subject, subjects))
        found: dict[str, tuple[Spans, int]] = {}
        for row in await tx.execute(query):
            record = unpacked(row.record)
            covered, effort_ms = found.get(row.subject, (NOTHING, 0))
            found[row.subject] = (union(covered, record.covered), effort_ms + length_ms(record.effort))
        return found

    async def covered_replays(
        self, tx: AsyncConnection, session_ids: Collection[str], subjects: Collection[str]
    ) -> dict[str, dict[str, Spans]]:
        """Return what viewers covered of the replays of sessions, in all versions of each; one question."""
        query = (
            select(view_media.c.session_id, view_records.c.subject, view_records.c.record)
            .join(view_media, view_media.c.key == view_records.c.medium_key)
            .where(
                view_media.c.medium == "replay",
                one_of(view_media.c.session_id, session_ids),
                one_of(view_records.c.subject, subjects),
            )
        )
        found: dict[str, dict[str, Spans]] = {}
        for row in await tx.execute(query):
            mine = found.setdefault(row.session_id, {})
            mine[row.subject] = union(mine.get(row.subject, NOTHING), unpacked(row.record).covered)
        return found

    async def opened(self, tx: AsyncConnection, named: MediumVersion, subject: str) -> int | None:
        """Return when somebody first opened a version of a medium (UTC, ms); None if they never did."""
        columns = view_openings.c
        query = select(columns.first_utc_ms).where(
            columns.medium == named.medium,
            columns.medium_id == named.medium_id,
            columns.version == named.version,
            columns.subject == subject,
        )
        return (await tx.execute(query)).scalar_one_or_none()

    async def note_opening(
        self, tx: AsyncConnection, org_id: str, named: MediumVersion, subject: str, now: int
    ) -> None:
        """Note that somebody opens a version of a medium now, if they never did before."""
        row = {
            "medium": named.medium,
            "medium_id": named.medium_id,
            "version": named.version,
            "subject": subject,
            "org_id": org_id,
            "first_utc_ms": now,
        }
        await insert_new(tx, view_openings, [row])

    async def forget(self, tx: AsyncConnection, org_id: str, subject: str, pseudonym: str) -> int:
        """Let nobody know any more whose records these are; return how many there were.

        They stay, under `pseudonym`, which nothing else knows: so all sums stay right, and so does how many
        people watched. What the same person watches from now on is somebody else's.
        """
        ours = select(view_media.c.key).where(view_media.c.org_id == org_id)
        records = view_records.c
        changed = await tx.execute(
            update(view_records)
            .where(records.subject == subject, records.medium_key.in_(ours))
            .values(subject=pseudonym)
        )
        openings = view_openings.c
        await tx.execute(delete(view_openings).where(openings.org_id == org_id, openings.subject == subject))
        active = view_active.c
        await tx.execute(
            update(view_active)
            .where(active.org_id == org_id, active.subject == subject)
            .values(subject=pseudonym)
        )
        return int(changed.rowcount)

    async def feed(
        self, tx: AsyncConnection, org_id: str, *, after: Place | None, limit: int
    ) -> list[tuple[Watchable, str, PlayRecord]]:
        """Return an organisation's records in the order of medium and viewer, those after `after`.

        Without those of what groups recorded.
        """
        columns = view_records.c
        query = (
            select(
                columns.subject, columns.record, *(view_media.c[name].label(f"m_{name}") for name in _MEDIUM)
            )
            .join(view_media, view_media.c.key == columns.medium_key)
            .where(view_media.c.org_id == org_id, view_media.c.medium != "group_recording")
            .order_by(columns.medium_key, columns.subject)
            .limit(limit)
        )
        if after is not None:
            query = query.where(
                (columns.medium_key > after.medium_key)
                | ((columns.medium_key == after.medium_key) & (columns.subject > after.subject))
            )
        return [(_labelled(row), row.subject, unpacked(row.record)) for row in await tx.execute(query)]

    async def watched_by(
        self, tx: AsyncConnection, org_id: str, period: str, subjects: Collection[str]
    ) -> list[tuple[Watchable, bytes]]:
        """Return these people's records of what anybody watched in a period, packed as they are."""
        columns = view_periods.c
        query = (
            select(view_records.c.record, *(view_media.c[name].label(f"m_{name}") for name in _MEDIUM))
            .join(view_media, view_media.c.key == view_records.c.medium_key)
            .join(view_periods, columns.medium_key == view_media.c.key)
            .where(columns.org_id == org_id, columns.period == period, columns.viewers > 0)
            .where(one_of(view_records.c.subject, subjects))
        )
        return [(_labelled(row), row.record) for row in await tx.execute(query)]

    async def active(self, tx: AsyncConnection, org_id: str, period: str, subjects: Collection[str]) -> int:
        """Return how many of these people watched anything in a period."""
        columns = view_active.c
        query = select(func.count()).where(
            columns.org_id == org_id, columns.period == period, one_of(columns.subject, subjects)
        )
        return int((await tx.execute(query)).scalar_one())

    async def keys(self, tx: AsyncConnection, *, stale: bool) -> list[int]:
        """Return the keys of all media, or of those whose sums must be made again."""
        query = select(view_media.c.key).order_by(view_media.c.key)
        if stale:
            query = query.where(view_media.c.is_stale)
        return list((await tx.execute(query)).scalars())

    async def begin_anew(self, tx: AsyncConnection, key: int, zone: str) -> Watchable:
        """Forget the sums of a medium, with nobody else at work on it; return it, in its new time zone."""
        query = select(view_media).where(view_media.c.key == key).with_for_update()
        found = _watchable((await tx.execute(query)).one())
        for table in (view_pending, view_periods, view_curves):
            await tx.execute(delete(table).where(table.c.medium_key == key))
        await tx.execute(update(view_media).where(view_media.c.key == key).values(zone=zone, is_stale=False))
        return Watchable(
            found.key, found.org_id, found.session_id, found.named, Terms(found.terms.duration_ms, zone)
        )


def _padded(values: list[_T]) -> list[_T]:
    """Return `values`, the last of them repeated until there are a power of two.

    Every number of parameters is a statement of its own, which PostgreSQL has to prepare: so there are few.
    """
    return values + values[-1:] * ((1 << (len(values) - 1).bit_length()) - len(values)) if values else []


def _overwriting(table: Table) -> Any:
    """Return the statement that overwrites a row of `table`; its key is given as `of_…`."""
    return update(table).where(
        *(column == bindparam(f"of_{column.name}") for column in table.primary_key.columns)
    )


_OVERWRITE = {table.name: _overwriting(table) for table in (view_records, view_periods, view_curves)}


async def _lock(
    tx: AsyncConnection,
    table: Table,
    places: Collection[Any],
    blank: Callable[[Any], Mapping[str, Any]],
) -> dict[Any, Any]:
    """Return rows by their two-part key, locked until the transaction ends; missing ones are made."""
    found = await _locked(tx, table, places)
    missing = sorted(set(places) - found.keys())
    if missing:
        first, second = (column.name for column in table.primary_key.columns)
        # Somebody else may be making the same ones: whoever comes second waits here, and sees them then.
        await insert_new(
            tx, table, [{first: place[0], second: place[1], **blank(place)} for place in missing]
        )
        found |= await _locked(tx, table, missing)
    return found


async def _locked(tx: AsyncConnection, table: Table, places: Collection[Any]) -> dict[Any, Any]:
    first, second = table.primary_key.columns
    found: dict[Any, Any] = {}
    ordered = sorted(places)
    for start in range(0, len(ordered), _LOOKED_UP_AT_ONCE):
        some = _padded(ordered[start : start + _LOOKED_UP_AT_ONCE])
        query = select(table).where(tuple_(first, second).in_(some)).order_by(first, second).with_for_update()
        for row in await tx.execute(query):
            found[row[0], row[1]] = row
    return found


def _curve(data: bytes) -> Change:
    steps = _STEPS.decode(data)
    return Change(heat=steps.heat, plays=steps.plays, left=steps.left)


_MEDIUM = ("key", "org_id", "session_id", "medium", "medium_id", "version", "duration_ms", "zone", "is_stale")


def _watchable(row: Any) -> Watchable:
    return Watchable(
        row.key,
        row.org_id,
        row.session_id,
        MediumVersion(row.medium, row.medium_id, row.version),
        Terms(row.duration_ms, row.zone),
        row.is_stale,
    )


def _labelled(row: Any) -> Watchable:
    return Watchable(
        row.m_key,
        row.m_org_id,
        row.m_session_id,
        MediumVersion(row.m_medium, row.m_medium_id, row.m_version),
        Terms(row.m_duration_ms, row.m_zone),
        row.m_is_stale,
    )


def _sums(row: Any) -> Sums:
    tables = Sums(hours=_HOURS.decode(row.hours), departments=_DEPARTMENTS.decode(row.departments))
    return _counted([getattr(row, name) for name in _COUNTED]).plus(tables)


def _counted(values: Iterable[int]) -> Sums:
    return msgspec.structs.replace(Sums(), **dict(zip(_COUNTED, map(int, values), strict=True)))


def _period_row(sums: Sums) -> dict[str, Any]:
    tables = {name: msgspec.msgpack.encode(getattr(sums, name)) for name in ("hours", "departments")}
    return {name: getattr(sums, name) for name in _COUNTED} | tables
