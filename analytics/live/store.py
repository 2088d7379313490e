"""Presence in lessons that are over, in SQL: the only file here that speaks it.

Every method works inside the caller's transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.closing.tables import forgotten
from analytics.lesson_tables import live_lessons, live_presence
from analytics.live.presence import READ, LivePresence, packed, unpacked
from lectern.db.one_of import one_of
from lectern.db.upsert import put_all
from lectern.timeline.tables import events, heads


@dataclass(frozen=True, slots=True)
class Standing:
    """A lesson whose timeline has grown since it was folded, or that never was (`kept_to` is None).

    `head` is its last event. `has_news`: some event after `kept_to` is one that presence is made of.
    """

    session_id: str
    org_id: str
    head: int
    kept_to: int | None
    has_news: bool

    @property
    def is_behind(self) -> bool:
        """Whether what is kept is not what folding would give."""
        return self.kept_to is None or self.has_news


class LiveStore:
    """Can be made of the timelines again, all of it."""

    async def standings(self, tx: AsyncConnection, session_ids: Collection[str]) -> list[Standing]:
        """Return those of the lessons that have grown, in the order of their ids; one question."""
        kept, head = live_lessons.c, heads.c
        news = (
            select(events.c.seq)
            .where(events.c.session_id == head.session_id, events.c.seq > kept.seq, events.c.type.in_(READ))
            .correlate(heads, live_lessons)
            .exists()
        )
        query = (
            select(head.session_id, head.org_id, head.seq, kept.seq.label("kept_to"), news.label("has_news"))
            .select_from(heads.outerjoin(live_lessons, kept.session_id == head.session_id))
            .where(one_of(head.session_id, session_ids), or_(kept.seq.is_(None), kept.seq < head.seq))
            .order_by(head.session_id)
        )
        return [
            Standing(row.session_id, row.org_id, row.seq, row.kept_to, bool(row.has_news))
            for row in await tx.execute(query)
        ]

    async def keep(
        self, tx: AsyncConnection, standing: Standing, presences: Sequence[LivePresence] | None
    ) -> None:
        """Keep who was there up to the event `standing.head`; None: as it was, there was no news.

        Whoever was forgotten is left out. If another server has kept a later state, that stays.
        """
        row = {"session_id": standing.session_id, "org_id": standing.org_id, "seq": standing.head}
        await put_all(tx, live_lessons, [row], newest="seq")
        # From here on nobody else writes this lesson before we are done: the row is locked.
        of_it = live_lessons.c.session_id == standing.session_id
        if presences is None or await self._scalar(tx, select(live_lessons.c.seq).where(of_it)) != row["seq"]:
            return
        gone = select(forgotten.c.subject).where(forgotten.c.org_id == standing.org_id)
        nameless = set((await tx.execute(gone)).scalars())
        await tx.execute(delete(live_presence).where(live_presence.c.session_id == standing.session_id))
        rows = [
            {
                "session_id": standing.session_id,
                "person_id": each.person,
                "participant": each.participant,
                "is_learner": each.is_learner,
                "spans": packed(each),
            }
            for each in presences
            if each.person not in nameless
        ]
        if rows:
            await tx.execute(insert(live_presence), rows)

    async def of_person(
        self, tx: AsyncConnection, person_id: str, session_ids: Collection[str]
    ) -> dict[str, LivePresence]:
        """Return when somebody was in lessons, by session; one question."""
        columns = live_presence.c
        mine = (columns.person_id == person_id, one_of(columns.session_id, session_ids))
        rows = await tx.execute(select(live_presence).where(*mine))
        return {row.session_id: _presence(row) for row in rows}

    async def of_people(
        self, tx: AsyncConnection, session_id: str, person_ids: Collection[str]
    ) -> dict[str, LivePresence]:
        """Return when people were in a lesson, by person; one question."""
        columns = live_presence.c
        theirs = (columns.session_id == session_id, one_of(columns.person_id, person_ids))
        rows = await tx.execute(select(live_presence).where(*theirs))
        return {row.person_id: _presence(row) for row in rows}

    async def forget(self, tx: AsyncConnection, org_id: str, person_id: str) -> None:
        """Know no more where somebody was; `keep` leaves out whoever was forgotten."""
        here = select(live_lessons.c.session_id).where(live_lessons.c.org_id == org_id)
        mine = (live_presence.c.person_id == person_id, live_presence.c.session_id.in_(here))
        await tx.execute(delete(live_presence).where(*mine))

    async def _scalar(self, tx: AsyncConnection, query: Any) -> int:
        return int((await tx.execute(query)).scalar_one())


def _presence(row: Any) -> LivePresence:
    there, away = unpacked(row.spans)
    return LivePresence(row.person_id, row.participant, row.is_learner, there, away)
