"""ICE restarts over `/signal`, with a real media process behind: what changes, what stays, who may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio

from lectern.app.control import control_paths
from lectern.kernel.roles import SessionRole
from sessions.store import Session
from streaming.control import messages as m
from streaming.control.client import MediaClient
from tests.installation import Installation
from tests.security.doors import code_of, connected, in_class
from tests.security.test_media_rights import offer_of
from tests.streaming.media_process import started_media_process

SDP = offer_of(("audio", "sendonly"), ("video", "recvonly"))
SOURCES = {"0": "mic"}


def again(sdp: str, *, ufrag: str = "wxyz", certificate: str = "AB") -> str:
    return sdp.replace("a=ice-ufrag:abcd", f"a=ice-ufrag:{ufrag}").replace("AB", certificate)


@asynccontextmanager
async def lesson(
    house: Installation, rules: dict[str, bool] | None = None
) -> AsyncIterator[tuple[Session, MediaClient]]:
    """A live session and the media process of the installation; `rules` are those of its replay."""
    plane = house.services.plane
    (path,) = control_paths(house.services.settings)
    async with started_media_process(path, "--tap", "recording.tap:create"), asyncio.TaskGroup() as group:
        running = group.create_task(plane.run())
        session = await house.plan(guests=True)
        if rules is not None:
            of_replay = f"/api/v1/sessions/{session.id}/replay-rules"
            assert (await house.ask("PUT", of_replay, by="admin", json=rules)).status == 200
        await house.services.sessions.start(session.id)
        async with asyncio.timeout(20):
            while not plane.clients():
                await asyncio.sleep(0.02)
        yield session, plane.clients()[0]
        running.cancel()


async def transports(client: MediaClient) -> list[m.TransportStats]:
    return list((await client.get_stats()).transports)


async def ask(tab: socketio.AsyncClient, event: str, data: object) -> dict[str, Any]:
    answer: dict[str, Any] = await tab.call(event, data, namespace="/signal", timeout=10)
    return answer


def facts(sdp: str) -> dict[str, str]:
    """Everything but credentials and the answer's number, line by line."""
    fixed = ("o=", "a=ice-ufrag", "a=ice-pwd")
    lines = [line for line in sdp.splitlines() if not line.startswith(fixed)]
    user = next(line for line in sdp.splitlines() if line.startswith("a=ice-ufrag"))
    return {"rest": "\n".join(lines), "user": user}


@pytest.mark.timeout(60)
async def test_a_restart_answers_with_new_credentials_and_the_same_everything_else(
    house: Installation,
) -> None:
    async with lesson(house) as (session, client):
        token = house.token(session, SessionRole.LEARNER, guest="G")
        async with in_class(house, token), connected(house, "/signal", {"token": token}) as tab:
            first = await ask(tab, "offer", {"sdp": SDP, "sources": SOURCES})
            before = await transports(client)
            second = await ask(tab, "restart", {"sdp": again(SDP)})
            assert facts(second["sdp"])["rest"] == facts(first["sdp"])["rest"]
            assert facts(second["sdp"])["user"] != facts(first["sdp"])["user"]
            assert [t.transport for t in await transports(client)] == [t.transport for t in before]
            foreign = await ask(tab, "restart", {"sdp": again(SDP, certificate="CD")})
            assert code_of(foreign) == "transport_gone"
            assert code_of(await ask(tab, "restart", {"sdp": "v=0"})) == "sdp_invalid"
            assert code_of(await ask(tab, "restart", {})) == "message_invalid"
            await ask(tab, "bye", {})
            assert code_of(await ask(tab, "restart", {"sdp": again(SDP)})) == "transport_gone"


@pytest.mark.timeout(60)
async def test_a_broken_connection_leaves_the_transport_to_the_one_that_comes_back(
    house: Installation,
) -> None:
    async with lesson(house) as (session, client):
        token = house.token(session, SessionRole.LEARNER, guest="G")
        other = house.token(session, SessionRole.LEARNER, guest="H")
        async with in_class(house, token), in_class(house, other):
            async with connected(house, "/signal", {"token": token}) as tab:
                await ask(tab, "offer", {"sdp": SDP, "sources": SOURCES})
                (before,) = await transports(client)
                await tab.eio.disconnect(abort=True)
            async with connected(house, "/signal", {"token": other}) as stranger:
                assert code_of(await ask(stranger, "restart", {"sdp": again(SDP)})) == "transport_gone"
            async with connected(house, "/signal", {"token": token}) as tab:
                assert "sdp" in await ask(tab, "restart", {"sdp": again(SDP)})
                assert [t.transport for t in await transports(client)] == [before.transport]
                await tab.eio.disconnect(abort=True)
            async with connected(house, "/signal", {"token": token}) as reloaded:
                await ask(reloaded, "offer", {"sdp": SDP, "sources": SOURCES})
                (now,) = await transports(client)
                assert now.transport != before.transport
                await ask(reloaded, "bye", {})
                assert await transports(client) == []
