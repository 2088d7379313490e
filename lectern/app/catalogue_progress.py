"""`catalogue.neighbours.Progress` and `Uses`, answered by the records of viewing."""

from collections.abc import Collection

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.tables import api_keys
from analytics.play_record import unpacked
from analytics.tables import view_media, view_records
from analytics.viewing import coverage
from catalogue.series import Key, Seen
from lectern.db.one_of import one_of
from lectern.kernel.access import Permission

_ASKED_AT_ONCE = 500


class ProgressOfViewing:
    """Coverage as the viewing statistics compute it, of one person."""

    async def seen(self, tx: AsyncConnection, subject: str, media: Collection[Key]) -> dict[Key, Seen]:
        """See `Progress`."""
        found: dict[Key, Seen] = {}
        asked = sorted(media)
        for start in range(0, len(asked), _ASKED_AT_ONCE):
            await self._add(tx, subject, asked[start : start + _ASKED_AT_ONCE], found)
        return found

    async def _add(
        self, tx: AsyncConnection, subject: str, media: Collection[Key], found: dict[Key, Seen]
    ) -> None:
        columns = view_media.c
        query = (
            select(
                columns.medium, columns.medium_id, columns.version, columns.duration_ms, view_records.c.record
            )
            .join(view_records, view_records.c.medium_key == columns.key)
            .where(
                view_records.c.subject == subject,
                tuple_(columns.medium, columns.medium_id).in_([tuple(key) for key in media]),
            )
        )
        for row in await tx.execute(query):
            record = unpacked(row.record)
            seen = Seen(coverage(record.covered, row.duration_ms), row.version, record.last_utc_ms)
            key = Key(row.medium, row.medium_id)
            if key not in found or found[key].coverage < seen.coverage:
                found[key] = seen


class UsesOfMedia:
    """`catalogue.neighbours.Uses`, answered by the records of viewing and the accounts."""

    async def watched_by(self, tx: AsyncConnection, media: Collection[Key]) -> dict[Key, int]:
        """See `Uses`."""
        columns = view_media.c
        query = (
            select(columns.medium, columns.medium_id, func.count(view_records.c.subject.distinct()))
            .join(view_records, view_records.c.medium_key == columns.key)
            .where(one_of(columns.medium_id, [key.id for key in media]))
            .group_by(columns.medium, columns.medium_id)
        )
        return {Key(row[0], row[1]): row[2] for row in await tx.execute(query)}

    async def readers(self, tx: AsyncConnection, org_id: str) -> int:
        """See `Uses`."""
        mine = (api_keys.c.org_id == org_id, api_keys.c.revoked_utc_ms.is_(None))
        scopes = (await tx.execute(select(api_keys.c.scopes).where(*mine))).scalars()
        return sum(Permission.REPLAYS_READ in each for each in scopes)
