"""Who is told that work waits for them, and that it does no longer: in the transaction of the act."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.feedback import store as feedback
from interactions.feedback.work_items import OVER
from lectern.db.trail import Trail
from lectern.kernel.access import Principal
from lectern.kernel.clock import Clock, utc_ms
from notices.kinds import Channel, Kind, LessonFacts
from notices.notice import notice_id
from notices.outbox import Outbox
from sessions.store import Session, SessionStore

_DAY_MS = 86_400_000


class TrailWithNews:
    """A `Trail` that tells, beside what it writes down, whoever has to do something about it now.

    An objection waits for those who run the lesson until it is answered or taken back; an item of feedback
    for whom it was assigned to, until it is done or somebody else's. Each is told of the same item once a day
    at most, however often it goes to and fro.
    """

    def __init__(
        self,
        trail: Trail,
        outbox: Outbox,
        sessions: SessionStore,
        default_minutes: int,
        clock: Clock = utc_ms,
    ) -> None:
        self._trail = trail
        self._outbox = outbox
        self._sessions = sessions
        self._minutes = default_minutes
        self._clock = clock

    async def write(
        self, tx: AsyncConnection, who: Principal, action: str, target: str, details: Mapping[str, Any]
    ) -> None:
        """See `Trail`."""
        await self._trail.write(tx, who, action, target, details)
        if action == "feedback_item_changed":
            await self._item(tx, who, target, is_new="owner_person_id" in details)
        elif action == "attendance_objected":
            await self._objected(tx, target, str(details["objection"]))
        elif action.startswith("attendance_objection_"):
            await self._outbox.settle(tx, Kind.OBJECTED, target, str(details["objection"]))

    async def _objected(self, tx: AsyncConnection, session_id: str, objection_id: str) -> None:
        session = await self._sessions.get(tx, session_id)
        if session is None:
            return
        staff = [person for person in (session.presenter_person_id, session.host_person_id) if person]
        await self._put(tx, Kind.OBJECTED, session, key=objection_id, about=objection_id, people=staff)

    async def _item(self, tx: AsyncConnection, who: Principal, item_id: str, *, is_new: bool) -> None:
        item = await feedback.item(tx, who.org_id, item_id)
        session = None if item is None else await self._sessions.get(tx, item.session_id)
        if item is None or session is None:
            return
        owner = None if item.state in OVER else item.owner_person_id
        await self._outbox.settle(tx, Kind.WORK_ITEM, session.id, item.id, but_of=owner)
        if is_new and owner is not None and owner != who.person_id:
            key = f"{item.id}:{self._clock() // _DAY_MS}"
            await self._put(tx, Kind.WORK_ITEM, session, key=key, about=item.id, people=[owner])
            told = notice_id(session.org_id, Kind.WORK_ITEM, key, owner, Channel.APP)
            await self._outbox.store.reopen(tx, told)

    async def _put(
        self,
        tx: AsyncConnection,
        kind: Kind,
        session: Session,
        *,
        key: str,
        about: str,
        people: list[str],
    ) -> None:
        facts = LessonFacts(
            session_id=session.id,
            title=session.title,
            starts_utc_ms=session.starts_utc_ms,
            zone=session.zone,
            minutes=session.planned_minutes or self._minutes,
        )
        await self._outbox.put(
            tx,
            org_id=session.org_id,
            kind=kind,
            key=key,
            facts=msgspec.to_builtins(facts),
            person_ids=people,
            session_id=session.id,
            about=about,
        )
