"""What a token stands on besides the timeline: who runs the session by its row, and links not taken back."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Forbidden
from lectern.kernel.roles import SessionRole
from lectern.kernel.standing import Standing, role_changed
from sessions import links
from sessions.store import SessionStore


@dataclass(frozen=True, slots=True)
class Grounds:
    """Who runs a session now (persons), and which links to it were not taken back."""

    runs: frozenset[str]
    open_links: frozenset[str]

    def standing_of(self, grant: SessionGrant, *, administers: bool) -> Standing:
        """Return what the holder of a token is by now, as the session's row says. Pure.

        The row says nothing of links (they say for themselves what they give), of guests, and of those who
        administer; of everybody else who came as staff it says whether they still are.
        """
        if grant.link_id is not None or grant.person_id is None or administers:
            return Standing(None)
        return Standing(grant.role if grant.person_id in self.runs else SessionRole.LEARNER)


async def grounds_of(
    tx: AsyncConnection, store: SessionStore, session_id: str, grants: Collection[SessionGrant]
) -> Grounds:
    """Read what is asked about these tokens of one session."""
    session = await store.get(tx, session_id)
    named = (session.presenter_person_id, session.host_person_id) if session is not None else ()
    ids = {grant.link_id for grant in grants if grant.link_id is not None}
    return Grounds(
        frozenset(person for person in named if person), await links.open_among(tx, session_id, ids)
    )


def refuse_unfounded(grant: SessionGrant, grounds: Grounds, *, administers: bool) -> None:
    """Refuse a token that says more than is so by now. `administers`: its holder is an administrator.

    A staff token of a person holds while they run the session, or while the link made for them does. One of
    nobody in particular (an encoder's key, which is revoked by itself) says nothing that could have changed.

    Raises:
        Forbidden: the link was taken back (`link_ended`), or they are no longer staff (`role_changed`).
    """
    if grant.link_id is not None and grant.link_id not in grounds.open_links:
        raise Forbidden("link_ended", "This link was taken back. Ask for a new one.")
    if grounds.standing_of(grant, administers=administers).lapse(grant.role) is not None:
        raise role_changed()
