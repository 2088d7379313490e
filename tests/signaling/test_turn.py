"""Time-limited TURN credentials, by vector and by a real coturn."""

import asyncio
from dataclasses import replace

import pytest
import socketio

from lectern.app.turn_check import TurnAddress, address_of, allocate
from lectern.kernel.clock import utc_ms
from lectern.kernel.roles import SessionRole
from signaling.entry.turn import TTL_S, Turn
from tests.installation import Installation
from tests.security.doors import in_class
from tests.turn_server import SECRET, turn_server


def test_credentials_are_what_coturn_computes() -> None:
    turn = Turn(("turn:turn.example.com",), "north")
    # echo -n 1433895918:p_7 | openssl dgst -binary -sha1 -hmac north | base64
    assert turn.credentials("p_7", 1433895918 - TTL_S) == (
        "1433895918:p_7",
        "5w+VHstFZe0r4N2wPFysmMyH3l8=",
    )


def test_without_a_server_nothing_is_given() -> None:
    assert Turn().ice_servers("p_7", 1) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("turn:turn.example.com", TurnAddress("turn.example.com", 3478, "udp")),
        ("turn:turn.example.com:80?transport=tcp", TurnAddress("turn.example.com", 80, "tcp")),
        ("turns:turn.example.com", TurnAddress("turn.example.com", 5349, "tls")),
        ("turn:[2001:db8::1]:443?transport=udp", TurnAddress("2001:db8::1", 443, "udp")),
    ],
)
def test_addresses_are_read(url: str, expected: TurnAddress) -> None:
    assert address_of(url) == expected


@pytest.mark.services
async def test_a_real_server_takes_fresh_credentials_and_no_others() -> None:
    async with turn_server() as server:
        turn, now = Turn(server.urls, SECRET), utc_ms() // 1000
        fresh = turn.credentials("p_7", now)
        expired = turn.credentials("p_7", now - TTL_S - 5)
        foreign = Turn(server.urls, "another secret").credentials("p_7", now)
        for url in server.urls:
            where = address_of(url)
            assert await allocate(where, *fresh) == "allocated"
            assert await allocate(where, *expired) == "refused"
            assert await allocate(where, *foreign) == "refused"
        nobody = replace(address_of(server.urls[1]), port=1)
    assert await allocate(nobody, *fresh) == "unreachable"


async def test_whoever_connects_is_given_servers_of_their_own(house: Installation) -> None:
    house.services.signal_namespace._turn = Turn(("turn:turn.example.com",), "north")
    session = await house.plan(guests=True)
    seen: list[dict[str, object]] = []
    for guest in ("A", "B"):
        token = house.token(session, SessionRole.LEARNER, guest=guest)
        ready = asyncio.get_running_loop().create_future()
        client = socketio.AsyncClient(reconnection=False)
        client.on("ready", ready.set_result, namespace="/signal")
        async with in_class(house, token):
            url = str(house.client.make_url("/"))
            auth = {"token": token}
            await client.connect(
                url, transports=["websocket"], namespaces=["/signal"], auth=auth, wait_timeout=30
            )
            seen += (await asyncio.wait_for(ready, 30))["ice_servers"]
            await client.disconnect()
    assert [server["urls"] for server in seen] == [["turn:turn.example.com"]] * 2
    assert len({str(server["username"]) for server in seen}) == 2
