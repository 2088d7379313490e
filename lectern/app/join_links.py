"""Links that were made for somebody, kept among the sessions' rows and told to the audit log."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.service import Accounts
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import NotFound, Rejected
from lectern.kernel.roles import SessionRole
from lectern.timeline.engine import TimelineEngine
from sessions import links
from sessions.links import Link
from sessions.presence.idea import PRESENCE
from sessions.service import Sessions
from signaling.entry.facts import ByLink, MadeLink

MOST_LINKS = 20_000
"""Open ones of one session: an integrator may make one for everybody."""


class LinksOfSessions:
    """`signaling.entry.facts.Links`, answered by sessions and accounts."""

    def __init__(
        self, sessions: Sessions, accounts: Accounts, engine: TimelineEngine, clock: Clock = utc_ms
    ) -> None:
        self._sessions = sessions
        self._engine = engine
        self._accounts = accounts
        self._clock = clock

    async def keep(self, link: MadeLink) -> None:
        """See `Links`."""
        row = Link(
            id=link.id,
            org_id=link.org_id,
            session_id=link.session_id,
            role=SessionRole(link.role),
            person_id=link.person_id,
            guest_name=link.name,
            made_by=link.made_by,
            made_utc_ms=link.made_utc_ms,
            expires_utc_ms=link.expires_utc_ms,
            label=link.label,
        )
        async with self._sessions.database.write() as tx:
            if await links.count(tx, link.session_id, self._clock()) >= MOST_LINKS:
                raise Rejected("links_too_many", "This session has too many links.", limit=MOST_LINKS)
            await links.add(tx, row)
            await self._note(tx, row, "join_token_created", link.made_by)

    async def page(self, session_id: str, before: str, limit: int, *, ended: bool) -> list[MadeLink]:
        """See `Links`."""
        async with self._sessions.database.read() as tx:
            found = await links.page(tx, session_id, self._clock(), before=before, limit=limit, ended=ended)
        return await self._told(found)

    async def show(self, session_id: str, link_id: str, actor: str) -> MadeLink:
        """See `Links`."""
        async with self._sessions.database.write() as tx:
            link = await links.one(tx, session_id, link_id)
            if link is None or link.ended_utc_ms is not None or link.expires_utc_ms <= self._clock():
                raise NotFound("link_not_found", "There is no such link, or it was taken back already.")
            await self._note(tx, link, "join_token_shown", actor)
        return (await self._told([link]))[0]

    async def arrivals(self, session_id: str) -> list[ByLink]:
        """See `Links`."""
        participants = (await self._engine.current(session_id)).state.of(PRESENCE).participants
        came = {id_: present.joined.link for id_, present in participants.items() if present.joined.link}
        async with self._sessions.database.read() as tx:
            found = await links.among(tx, session_id, set(came.values()))
        told = {link.id: link for link in await self._told(found)}
        return [ByLink(id_, told[link]) for id_, link in came.items() if link in told]

    async def _told(self, found: Sequence[Link]) -> list[MadeLink]:
        ids = {id_ for link in found for id_ in (link.person_id, link.made_by, link.held_by) if id_}
        async with self._sessions.database.read() as tx:
            people = await self._accounts.store.persons_by_id(tx, ids)
        names = {id_: person.name for id_, person in people.items()}
        return [
            MadeLink(
                id=link.id,
                session_id=link.session_id,
                org_id=link.org_id,
                role=link.role.value,
                person_id=link.person_id,
                name=link.guest_name if link.person_id is None else names.get(link.person_id),
                made_by=link.made_by,
                made_utc_ms=link.made_utc_ms,
                expires_utc_ms=link.expires_utc_ms,
                label=link.label,
                made_by_name=names.get(link.made_by),
                held_by=link.held_by,
                held_by_name=names.get(link.held_by or ""),
                ended_utc_ms=link.ended_utc_ms,
                uses=link.uses,
                used_utc_ms=link.used_utc_ms,
            )
            for link in found
        ]

    async def end(self, session_id: str, link_id: str, actor: str) -> None:
        """See `Links`."""

        async def note(tx: AsyncConnection, link: Link) -> None:
            await self._note(tx, link, "join_token_ended", actor)

        await self._sessions.end_link(await self._sessions.get(session_id), link_id, note)

    async def _note(self, tx: AsyncConnection, link: Link, action: str, actor: str) -> None:
        """Write down for whom it is; a guest's name stays with the link, where it can be erased."""
        details = {
            "link": link.id,
            "role": link.role.value,
            "person": link.person_id,
            "expires_utc_ms": link.expires_utc_ms,
        }
        await self._accounts.store.audit(
            tx,
            org_id=link.org_id,
            actor=actor,
            action=action,
            target=link.session_id,
            now=self._clock(),
            details=details,
        )
