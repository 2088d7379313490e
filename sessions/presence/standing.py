"""Whether what a token says is still so: the one place that decides it, from the facts of now."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.kernel.access import SessionGrant
from lectern.kernel.errors import Forbidden
from sessions import links
from sessions.presence.idea import role_changed
from sessions.store import SessionStore


@dataclass(frozen=True, slots=True)
class Standing:
    """Who runs a session now (persons), and which links to it were not taken back."""

    runs: frozenset[str]
    open_links: frozenset[str]


async def standing_of(
    tx: AsyncConnection, store: SessionStore, session_id: str, grants: Collection[SessionGrant]
) -> Standing:
    """Read what is asked about these tokens of one session."""
    session = await store.get(tx, session_id)
    named = (session.presenter_person_id, session.host_person_id) if session is not None else ()
    ids = {grant.link_id for grant in grants if grant.link_id is not None}
    return Standing(
        frozenset(person for person in named if person), await links.open_among(tx, session_id, ids)
    )


def refuse_unfounded(grant: SessionGrant, standing: Standing, *, administers: bool) -> None:
    """Refuse a token that says more than is so by now. `administers`: its holder is an administrator.

    A staff token of a person holds while they run the session, or while the link made for them does. One of
    nobody in particular (an encoder's key, which is revoked by itself) says nothing that could have changed.

    Raises:
        Forbidden: the link was taken back (`link_ended`), or they are no longer staff (`role_changed`).
    """
    if grant.link_id is not None:
        if grant.link_id not in standing.open_links:
            raise Forbidden("link_ended", "This link was taken back. Ask for a new one.")
        return
    if not grant.role.is_staff or grant.person_id is None or administers:
        return
    if grant.person_id not in standing.runs:
        raise role_changed()
