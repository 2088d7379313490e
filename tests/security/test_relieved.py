"""Whoever is host no longer holds nothing that still opens doors: neither a connection nor an old token."""

from typing import Any

import pytest

from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Forbidden
from lectern.kernel.roles import SessionRole
from sessions.presence.admission import Arrival
from sessions.presence.idea import PRESENCE
from sessions.store import Session
from tests.installation import Installation


async def enters(house: Installation, token: str) -> str:
    """Come in with a token, as any connection to the class does."""
    presence = house.services.presence
    grant = house.services.tokens.read(token, now_s=utc_ms() // 1_000).grant
    arrival = Arrival("pc", None, None, presence.consent_version)
    return (await presence.enter(house.org.id, grant, "Host", arrival)).participant_id


def token_of(house: Installation, session: Session, made_s: int) -> str:
    """A token for the host, made some seconds from now."""
    grant = house.grant(session, SessionRole.HOST, person="host")
    return house.services.tokens.issue(house.org.id, grant, now_s=utc_ms() // 1_000 + made_s, ttl_s=3_600)


async def names_another_host(house: Installation, session: Session) -> None:
    change: dict[str, Any] = {"host_person_id": house.people["other_presenter"]}
    assert (await house.ask("PATCH", f"/api/v1/sessions/{session.id}", by="admin", json=change)).status == 200


async def test_a_host_who_is_replaced_is_a_learner_at_once(house: Installation) -> None:
    session = await house.plan()
    old = token_of(house, session, -5)
    participant = await enters(house, old)
    path = f"/api/v1/sessions/{session.id}/feedback"
    assert (await house.ask("GET", path, token=old)).status == 200
    await names_another_host(house, session)
    present = (await house.services.engine.current(session.id)).state.of(PRESENCE).participants[participant]
    assert present.joined.role == SessionRole.LEARNER
    with pytest.raises(Forbidden, match="role_changed"):
        await enters(house, old)
    refused = await house.ask("GET", path, token=old)
    assert (refused.status, refused.code) == (403, "role_changed")


async def test_who_is_named_again_comes_in_with_a_new_token(house: Installation) -> None:
    session = await house.plan()
    await enters(house, token_of(house, session, -5))
    await names_another_host(house, session)
    participant = await enters(house, token_of(house, session, 1))
    present = (await house.services.engine.current(session.id)).state.of(PRESENCE).participants[participant]
    assert present.joined.role == SessionRole.HOST
