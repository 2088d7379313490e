"""Troubles of a connection that is closed on purpose end with it."""

from lectern.app.situation import situation_of
from signaling.health.idea import HEALTH
from signaling.plane.peer import SlotsView
from signaling.plane.scribe import Scribe
from tests.installation import Installation
from tests.signaling.live_media import with_media
from tests.signaling.test_whip_parts import OFFERS

WATCHES = OFFERS["obs"].replace("sendonly", "recvonly")


async def test_nobody_suffers_from_a_connection_that_they_closed(house: Installation) -> None:
    session = await house.plan(guests=True)
    await house.services.sessions.start(session.id)
    engine, plane = house.services.engine, house.services.plane

    async def standing() -> list[str]:
        return [
            code
            for ward in (await engine.current(session.id)).state.of(HEALTH).since_ms.values()
            for code in ward
        ]

    async def on_slots(_slots: SlotsView) -> None:
        return

    async def on_gone(_reason: str) -> None:
        return

    async with with_media(house):
        peer, _ = await plane.offer(
            session.id, "p_1", WATCHES, None, may_send=frozenset(), on_slots=on_slots, on_gone=on_gone
        )
        await Scribe(engine, situation_of).troubled(peer, ("receiving_lossy", "slow_answers"))
        assert await standing() == ["receiving_lossy", "slow_answers"]
        await plane.close(peer.transport)
        assert await standing() == []
