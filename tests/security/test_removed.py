"""Whoever was sent out of a session stays out: the token that they still hold opens nothing any more."""

from lectern.kernel.roles import SessionRole
from lectern.timeline.event import NewEvent, ParticipantRemoved
from tests.installation import Installation
from tests.security.doors import in_class


async def test_the_broadcast_and_the_replay_close_with_the_class(house: Installation) -> None:
    session = await house.plan(guests=True)
    await house.services.sessions.start(session.id)
    token = house.token(session, SessionRole.LEARNER, guest="G")
    other = house.token(session, SessionRole.LEARNER, guest="H")
    addresses = ("broadcast", "")
    async with in_class(house, token), in_class(house, other):
        grant = house.grant(session, SessionRole.LEARNER, guest="G")
        participant = await house.services.presence.participant_of(grant)
        assert participant is not None
        for end in addresses:
            answer = await house.ask("GET", f"/api/v1/sessions/{session.id}/{end}".rstrip("/"), token=token)
            assert answer.status in (200, 409)  # 409: there is no picture yet
        async with house.services.engine.change(session.id) as change:
            change.append(NewEvent(payload=ParticipantRemoved(participant=participant)))
    for end in addresses:
        path = f"/api/v1/sessions/{session.id}/{end}".rstrip("/")
        refused = await house.ask("GET", path, token=token)
        assert (refused.status, refused.code) == (403, "removed")
        assert (await house.ask("GET", path, token=other)).status in (200, 409)
    replays = await house.ask("GET", "/api/v1/replays", token=token)
    assert (replays.status, replays.code) == (403, "removed")
