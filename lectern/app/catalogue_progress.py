"""`catalogue.neighbours.Progress`, answered by the records of viewing."""

from collections.abc import Collection

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.play_record import unpacked
from analytics.tables import view_media, view_records
from analytics.viewing import coverage
from catalogue.series import Key, Seen

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
