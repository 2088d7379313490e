"""What the host enforces while a recording waits for its disk: a real media process and recorder."""

import asyncio
import threading

import pytest

from lectern.kernel.roles import SessionRole
from signaling.plane.room import new_recording
from tests.installation import Installation
from tests.security.doors import connected, in_class
from tests.signaling.test_restart import SDP, SOURCES, ask, lesson, transports

ENFORCED_WITHIN_S = 5.0


@pytest.mark.timeout(60)
async def test_who_is_removed_is_gone_though_no_recording_can_begin(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves = threading.Event()
    stuck = "signaling.plane.keeping.new_recording"
    monkeypatch.setattr(stuck, lambda *given: moves.wait(30) and new_recording(*given))
    try:
        async with lesson(house) as (session, client):
            host = house.token(session, SessionRole.HOST, person="presenter")
            guest = house.token(session, SessionRole.LEARNER, guest="G")
            async with (
                in_class(house, host) as staff,
                in_class(house, guest),
                connected(house, "/signal", {"token": guest}) as tab,
            ):
                assert "sdp" in await ask(tab, "offer", {"sdp": SDP, "sources": SOURCES})
                assert len(await transports(client)) == 1
                (peer,) = house.services.plane._held.peers.values()
                await asyncio.sleep(1.0)  # by now somebody tries to record, in vain
                message = {
                    "id": "1",
                    "type": "participant_remove",
                    "data": {"participant": peer.participant},
                }
                answer = await staff.call("command", message, namespace="/class", timeout=10)
                assert "error" not in answer
                async with asyncio.timeout(ENFORCED_WITHIN_S):
                    while await transports(client):
                        await asyncio.sleep(0.05)
            room = house.services.plane._held.rooms[session.id]
            assert not room.is_recorded
            moves.set()
            async with asyncio.timeout(20):
                while not room.is_recorded:
                    await asyncio.sleep(0.05)
    finally:
        moves.set()
