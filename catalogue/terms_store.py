"""Terms of watching and captions in SQL: the only file here that speaks it for them.

Every method works inside the caller's transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.bin.store import in_bin
from catalogue.media import MediumKind
from catalogue.series_tables import series
from catalogue.shelf.arrange import ShelfKind
from catalogue.shelf.marking import ShelfKey, mark
from catalogue.states import ReplayState
from catalogue.tables import microcourses, replays
from catalogue.terms import CaptionFile, Rules
from catalogue.terms_tables import captions, watch_rules
from catalogue.watch_due import BEFORE_MS, LATE_MS, Deadline, Reminder, told_of, told_text
from lectern.db.one_of import one_of
from lectern.db.upsert import put
from lectern.kernel.clock import UtcMs


@dataclass(frozen=True, slots=True)
class Owed:
    """A required medium or series with a deadline."""

    org_id: str
    medium: ShelfKind
    medium_id: str
    deadline: Deadline


class TermsStore:
    """What editors decided, as rows."""

    async def rules(self, tx: AsyncConnection, medium: ShelfKind, medium_id: str) -> Rules:
        """Return the rules of a medium or a series; those of whatever has none are the defaults."""
        query = select(watch_rules).where(
            watch_rules.c.medium == medium, watch_rules.c.medium_id == medium_id
        )
        row = (await tx.execute(query)).one_or_none()
        return Rules() if row is None else Rules(row.required, row.no_skipping, row.watermark, _deadline(row))

    async def deadline(
        self, tx: AsyncConnection, medium: ShelfKind, medium_id: str, *, lock: bool = False
    ) -> Deadline | None:
        """Return until when a required medium is to be watched; None: nobody said, or it is not required."""
        query = select(watch_rules).where(
            watch_rules.c.medium == medium, watch_rules.c.medium_id == medium_id
        )
        row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
        return _deadline(row) if row is not None and row.required else None

    async def owed(self, tx: AsyncConnection, now: UtcMs) -> list[Owed]:
        """Return the required media whose deadline is near, or was not long ago."""
        due = watch_rules.c.due_utc_ms
        query = (
            select(watch_rules)
            .where(
                watch_rules.c.required.is_(True),
                due > now - LATE_MS,
                due <= now + max(BEFORE_MS.values()),
                ~in_bin(watch_rules.c.medium, watch_rules.c.medium_id),
            )
            .order_by(due)
        )
        return [
            Owed(row.org_id, row.medium, row.medium_id, deadline)
            for row in await tx.execute(query)
            if (deadline := _deadline(row)) is not None
        ]

    async def note_told(
        self, tx: AsyncConnection, medium: ShelfKind, medium_id: str, told: Collection[Reminder]
    ) -> None:
        """Note which reminders are behind us."""
        named = (watch_rules.c.medium == medium, watch_rules.c.medium_id == medium_id)
        await tx.execute(update(watch_rules).where(*named).values(told=told_text(told)))

    async def set_rules(
        self, tx: AsyncConnection, org_id: str, medium: ShelfKind, medium_id: str, rules: Rules
    ) -> None:
        """Overwrite the rules of a medium or a series."""
        deadline = rules.deadline
        row = {
            "medium": medium,
            "medium_id": medium_id,
            "org_id": org_id,
            "required": rules.required,
            "no_skipping": rules.no_skipping,
            "watermark": rules.watermark,
            "due_utc_ms": None if deadline is None else deadline.due_utc_ms,
            "due_set_utc_ms": None if deadline is None else deadline.set_utc_ms,
            "told": None if deadline is None else told_text(deadline.told),
        }
        await put(tx, watch_rules, row)

    async def many(self, tx: AsyncConnection, medium: ShelfKind, ids: Collection[str]) -> dict[str, Rules]:
        """Return the rules of media or series; those without any are not among them."""
        rules = watch_rules.c
        query = select(watch_rules).where(rules.medium == medium, one_of(rules.medium_id, ids))
        return {
            row.medium_id: Rules(row.required, row.no_skipping, row.watermark, _deadline(row))
            for row in await tx.execute(query)
        }

    async def required(
        self, tx: AsyncConnection, org_id: str, session_ids: Collection[str]
    ) -> dict[ShelfKey, UtcMs | None]:
        """Return until when what is required is to be watched (None: nobody said), of one organisation.

        Of replays and microcourses those of these sessions, and all series.
        """
        rules = watch_rules.c
        found: dict[ShelfKey, UtcMs | None] = {}
        kinds: dict[ShelfKind, Table] = {"replay": replays, "microcourse": microcourses, "series": series}
        for kind, media in kinds.items():
            query = (
                select(rules.medium_id, rules.due_utc_ms)
                .join(media, media.c.id == rules.medium_id)
                .where(rules.org_id == org_id, rules.medium == kind, rules.required.is_(True))
            )
            if kind != "series":
                query = query.where(one_of(media.c.session_id, session_ids))
            found |= {ShelfKey(kind, row.medium_id): row.due_utc_ms for row in await tx.execute(query)}
        return found

    async def required_sessions(self, tx: AsyncConnection) -> list[str]:
        """Return the sessions whose replay is required and can be watched, of all organisations."""
        rules = watch_rules.c
        query = (
            select(replays.c.session_id)
            .join(watch_rules, rules.medium_id == replays.c.id)
            .where(rules.medium == "replay", rules.required.is_(True), replays.c.state == ReplayState.READY)
            .order_by(replays.c.session_id)
        )
        return list((await tx.execute(query)).scalars())

    async def languages(
        self, tx: AsyncConnection, medium: MediumKind, medium_id: str, version: int
    ) -> list[str]:
        """Return in which languages a version of a medium has captions."""
        query = select(captions.c.language).where(
            captions.c.medium == medium, captions.c.medium_id == medium_id, captions.c.version == version
        )
        return sorted((await tx.execute(query)).scalars())

    async def captions(
        self, tx: AsyncConnection, medium: MediumKind, medium_id: str, language: str
    ) -> CaptionFile | None:
        """Return captions, of whatever version they were made for; None if there are none."""
        query = select(captions.c.version, captions.c.content).where(
            captions.c.medium == medium, captions.c.medium_id == medium_id, captions.c.language == language
        )
        row = (await tx.execute(query)).one_or_none()
        return None if row is None else CaptionFile(row.version, row.content)

    async def put_captions(self, tx: AsyncConnection, row: dict[str, Any]) -> None:
        """Add captions, or overwrite those of that language; `row` as it is stored."""
        await put(tx, captions, row)
        await self._mark(tx, row["org_id"], row["medium"], row["medium_id"])

    async def delete_captions(
        self, tx: AsyncConnection, medium: MediumKind, medium_id: str, language: str
    ) -> bool:
        """Delete captions; tell whether there were any."""
        gone = await tx.execute(
            delete(captions)
            .where(
                captions.c.medium == medium,
                captions.c.medium_id == medium_id,
                captions.c.language == language,
            )
            .returning(captions.c.org_id)
        )
        org_ids = list(gone.scalars())
        for org_id in org_ids:
            await self._mark(tx, org_id, medium, medium_id)
        return bool(org_ids)

    async def forget(self, tx: AsyncConnection, medium: ShelfKind, medium_id: str) -> None:
        """Delete everything about a medium or a series that is gone."""
        for table in (captions, watch_rules):
            await tx.execute(delete(table).where(table.c.medium == medium, table.c.medium_id == medium_id))

    async def _mark(self, tx: AsyncConnection, org_id: str, medium: MediumKind, medium_id: str) -> None:
        """Have what is said in a medium found; of a replay, in what was cut from it too."""
        keys = [ShelfKey(medium, medium_id)]
        if medium == "replay":
            cut = select(microcourses.c.id).where(microcourses.c.replay_id == medium_id)
            keys += [ShelfKey("microcourse", id_) for id_ in (await tx.execute(cut)).scalars()]
        await mark(tx, org_id, keys)


def _deadline(row: Any) -> Deadline | None:
    if row.due_utc_ms is None:
        return None
    return Deadline(row.due_utc_ms, row.due_set_utc_ms or 0, told_of(row.told or ""))
