"""Raw Engine.IO packets that no client library sends, and what `/class` does with odd texts and floods."""

import json
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse
from socketio.exceptions import ConnectionError as Refused

from interactions.live import namespace as class_namespace
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from tests.installation import Installation
from tests.security.doors import code_of, consent, in_class

QUESTION = json.dumps(["clock", {}])


async def clock_works(ws: ClientWebSocketResponse) -> bool:
    """Tell whether the connection still answers."""
    await ws.send_str(f"42/class,7{QUESTION}")
    while True:
        text = str((await ws.receive(timeout=10)).data)
        if text == "2":
            await ws.send_str("3")
        elif text.startswith("43/class,7"):
            return "utc_ms" in text


@pytest.mark.parametrize(
    "packets",
    [
        ['451000000000-/class,["command",{"_placeholder":true,"num":0}]', b"x" * 200_000, b"x"],
        ['451-/class,1["clock",{"_placeholder":true,"num":0}]', b"4"],
        ['461-/class,1[{"_placeholder":true,"num":0}]', b"x"],
        ['45/class,1["clock",{}]'],
        ["42/class,1" + "[" * 50_000],
        ['42/class,1["clock",' + "9" * 6_000 + "]"],
        ["42/class,1{}", "42/class,1[]", "42/class,1[[1]]", "42/class,1[{}]", "49/class", "4", "44/class"],
        ['40/class,"again"', "40/nowhere,{}", '42/signal,1["offer",{}]'],
    ],
    ids=["hoard", "attachment", "ack", "none", "deep", "long", "shapes", "twice"],
)
async def test_packets_that_no_client_sends_leave_the_connection_as_it_was(
    house: Installation, packets: list[str | bytes]
) -> None:
    session = await house.plan(guests=True)
    auth = {"token": house.token(session, SessionRole.LEARNER, guest="G"), "consent": consent(house)}
    async with house.client.ws_connect("/socket.io/?EIO=4&transport=websocket") as ws:
        await ws.receive(timeout=10)
        await ws.send_str(f"40/class,{json.dumps(auth)}")
        assert str((await ws.receive(timeout=10)).data).startswith("40/class")
        for packet in packets:
            await (ws.send_bytes(packet) if isinstance(packet, bytes) else ws.send_str(packet))
        assert await clock_works(ws)


@pytest.mark.parametrize("field", ["token", "source", "campaign", "device", "consent", "lang"])
@pytest.mark.parametrize("text", ["a\ud800", "a\x00"])
async def test_what_no_database_stores_is_refused_as_the_clients_fault(
    house: Installation, field: str, text: str
) -> None:
    session = await house.plan(guests=True)
    token = house.token(session, SessionRole.LEARNER, guest="G")
    auth: dict[str, Any] = {"token": token, "consent": consent(house)} | {field: text}
    async with house.client.ws_connect("/socket.io/?EIO=4&transport=websocket") as ws:
        await ws.receive(timeout=10)
        await ws.send_str(f"40/class,{json.dumps(auth)}")
        answer = str((await ws.receive(timeout=10)).data)
    assert answer.startswith("44/class,")
    assert code_of(json.loads(answer.removeprefix("44/class,"))["data"]) == "auth_invalid"


async def test_many_tabs_share_one_allowance_of_commands(house: Installation) -> None:
    session = await house.plan(guests=True)
    token = house.token(session, SessionRole.LEARNER, guest="G")
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(in_class(house, token)) for _ in range(3)]
        other = await stack.enter_async_context(
            in_class(house, house.token(session, SessionRole.LEARNER, guest="H"))
        )

        def chat() -> dict[str, Any]:
            return {"id": new_id(), "type": "nothing", "data": {}}

        codes = [
            code_of(await tabs[n % 3].call("command", chat(), namespace="/class", timeout=10))
            for n in range(60)
        ]
        assert codes[0] == "command_unknown"
        assert "too_fast" in codes[20:]
        mine = await other.call("command", chat(), namespace="/class", timeout=10)
        assert code_of(mine) == "command_unknown"


async def test_one_link_does_not_connect_for_ever(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_namespace, "MAX_CONNECTIONS", 2)
    session = await house.plan(guests=True)
    token = house.token(session, SessionRole.LEARNER, guest="G")
    async with in_class(house, token), in_class(house, token):
        with pytest.raises(Refused):
            async with in_class(house, token):
                pass
        async with in_class(house, house.token(session, SessionRole.LEARNER, guest="H")):
            pass


async def test_coming_and_going_writes_only_so_many_events(house: Installation) -> None:
    session = await house.plan(guests=True)
    token = house.token(session, SessionRole.LEARNER, guest="G")
    auth = json.dumps({"token": token, "consent": consent(house)})
    answers: list[str] = []
    async with house.client.ws_connect("/socket.io/?EIO=4&transport=websocket") as ws:
        await ws.receive(timeout=10)
        while len(answers) < 70:
            await ws.send_str(f"40/class,{auth}")
            text = str((await ws.receive(timeout=10)).data)
            if text[:2] in ("40", "44"):
                answers.append(text)
                await ws.send_str("41/class,")
    assert answers[0].startswith("40")
    assert "too_fast" in answers[-1]
