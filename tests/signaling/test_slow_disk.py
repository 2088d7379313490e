"""What the host enforces while a recording waits for its disk: a real media process and recorder."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
import socketio

from lectern.kernel.errors import Forbidden
from lectern.kernel.roles import SessionRole
from lectern.timeline.idea import Actor, ClassState
from signaling.plane.room import new_recording
from streaming.control import messages as m
from tests.installation import Installation
from tests.security.doors import connected, in_class
from tests.signaling.test_restart import SDP, SOURCES, ask, lesson, transports

ENFORCED_WITHIN_S = 5.0


@pytest.mark.timeout(60)
async def test_who_is_removed_is_gone_though_no_recording_can_begin(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves, asked = threading.Event(), threading.Event()

    def when_it_moves(*given: Any, **named: Any) -> m.RecordSpec:
        asked.set()
        moves.wait(30)
        return new_recording(*given, **named)

    monkeypatch.setattr("signaling.plane.keeping.new_recording", when_it_moves)
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
                await _until(asked.is_set)  # somebody tries to record, in vain
                answer = await _say(staff, "participant_remove", {"participant": peer.participant})
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


@pytest.mark.timeout(60)
@pytest.mark.parametrize("is_refused", [False, True])
async def test_who_is_muted_is_not_heard_while_the_timeline_waits_for_its_disk(
    house: Installation, is_refused: bool
) -> None:
    """The writer of the database stands still; what the command took away is given back if it is refused."""
    engine, plane = house.services.engine, house.services.plane
    async with lesson(house) as (session, client):
        guest = house.token(session, SessionRole.LEARNER, guest="G")
        staff = house.token(session, SessionRole.HOST, person="presenter")
        async with (
            in_class(house, staff) as host,
            in_class(house, guest),
            connected(house, "/signal", {"token": guest}) as tab,
        ):
            await ask(tab, "offer", {"sdp": SDP, "sources": SOURCES})
            (peer,) = plane._held.peers.values()
            await _say(host, "stage_invite", {"participant": peer.participant, "camera": False})
            track = peer.track_of("0")
            await plane._scribe.published(peer, m.TrackStarted(peer.transport, "0", track, "audio", "opus"))
            await _until(lambda: peer.publishing.get("0") == (True, True, ""))
            forbidden = asyncio.Event()

            def guard(_state: ClassState, _actor: Actor) -> None:
                if forbidden.is_set():
                    raise Forbidden("not_allowed", "Not any more.")

            engine._guard = guard
            async with asyncio.TaskGroup() as group:
                async with engine.database.write():  # a commit that does not come back
                    muting = group.create_task(
                        _say(host, "stage_mute", {"participant": peer.participant, "source": "mic"})
                    )
                    await _until(lambda: peer.publishing["0"] == (False, False, ""))
                    assert not muting.done()
                    if is_refused:  # by what another process wrote meanwhile
                        forbidden.set()
                answer = await muting
            assert ("error" in answer) == is_refused
            if is_refused:
                await _until(lambda: peer.publishing["0"] == (True, True, ""))
            else:
                await plane._keeping.reconcile(session.id)
                assert peer.publishing["0"] == (False, False, "")
            assert plane._held.rooms[session.id].withheld == []
            assert len(await transports(client)) == 1


async def _say(tab: socketio.AsyncClient, command: str, data: dict[str, Any]) -> dict[str, Any]:
    message = {"id": command, "type": command, "data": data}
    answer: dict[str, Any] = await tab.call("command", message, namespace="/class", timeout=20)
    return answer


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(ENFORCED_WITHIN_S):
        while not holds():
            await asyncio.sleep(0.02)
