"""The `/class` namespace over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
import socketio

from interactions.live import fan_out, namespace
from lectern.db.engine import Database
from lectern.db.schema import metadata
from lectern.kernel.tasks import task_group
from lectern.timeline.event import NewEvent, ParticipantRemoved
from lectern.timeline.idea import Audience, Viewer
from tests.interactions.class_server import (
    SESSION,
    WAIT_S,
    ClassServer,
    begin,
    class_server,
    connected,
    engine_over,
)


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ClassServer]:
    monkeypatch.setattr(namespace, "SEEN_INTERVAL_S", 0.1)
    database = Database(f"sqlite:///{tmp_path / 'lectern.db'}")
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
    engine = engine_over(database)
    await begin(engine)
    async with class_server(engine) as running:
        yield running
    assert running.door.present == {}, "whoever was let in has left when the server ends"
    await database.close()


async def snapshot_of(server: ClassServer, who: str, audience: Audience) -> dict[str, object]:
    entities = (await server.engine.view(SESSION, Viewer(who, audience), None)).entities
    assert entities is not None
    return entities


@pytest.mark.parametrize("transport", ["websocket", "polling", "polling, then websocket"])
async def test_a_vote_reaches_everybody_and_clients_agree_with_the_server(
    server: ClassServer, transport: str
) -> None:
    async with (
        connected(server.url, "presenter:p", transports=transport.split(", then ")) as presenter,
        connected(server.url, "learner:l1", transports=transport.split(", then ")) as learner,
        connected(server.url, "screen:s", transports=transport.split(", then ")) as screen,
    ):
        assert learner.welcomed["participant_id"] == "l1"
        assert learner.welcomed["role"] == "learner"
        assert learner.welcomed["resume_token"] == "learner:l1"
        opened = await presenter.command("poll_open", question="Q?", options=["A", "B"], show="live")
        assert opened["ok"] is True
        poll = opened["result"]["id"]
        voted = await learner.command("poll_vote", id=poll, option=1)
        assert voted == {"ok": True, "result": {}, "seq": opened["seq"] + 1}
        for client, audience in ((presenter, Audience.STAFF), (learner, Audience.LEARNER)):
            await client.reaches(voted["seq"])
            assert client.entities[f"poll/{poll}"]["counts"] == [0, 1]
            fresh = await snapshot_of(server, client.welcomed["participant_id"], audience)
            assert client.entities == fresh
        await screen.reaches(voted["seq"])
        assert f"my/vote/{poll}" in learner.entities
        assert f"my/vote/{poll}" not in screen.entities
        assert [event["seq"] for event in learner.events] == list(
            range(learner.events[0]["seq"], voted["seq"] + 1)
        )


async def test_refused_connections_are_told_why(server: ClassServer) -> None:
    for auth, code in (
        ({"token": "nonsense"}, "token_invalid"),
        ({"token": "learner:l1", "after": "x"}, "message_invalid"),
        ({"token": "learner:l1", "padding": "x" * 70_000}, "message_too_large"),
        ([1, 2], "message_invalid"),
        (None, "message_invalid"),
    ):
        client = socketio.AsyncClient(reconnection=False)
        refusals: list[dict[str, object]] = []
        client.on("connect_error", refusals.append, namespace="/class")
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(
                server.url, transports=["websocket"], namespaces=["/class"], auth=auth, wait_timeout=30
            )
        data = refusals[0]["data"]
        assert isinstance(data, dict)
        assert data["error"]["code"] == code
        await client.disconnect()
    assert server.door.present == {}


async def test_a_repeated_command_returns_the_first_result(server: ClassServer) -> None:
    async with connected(server.url, "learner:l1") as learner:
        first = await learner.command("chat_send", "same-id", text="once")
        again = await learner.command("chat_send", "same-id", text="once")
        assert again == first
    async with connected(server.url, "learner:l1") as learner:
        assert await learner.command("chat_send", "same-id", text="once") == first
        assert len([path for path in learner.entities if path.startswith("message/")]) == 1


async def test_coming_back_continues_where_one_stopped(server: ClassServer) -> None:
    async with connected(server.url, "presenter:p") as presenter:
        async with connected(server.url, "learner:l1") as learner:
            pass
        for n in range(3):
            last = await presenter.command("chat_send", text=f"message {n}")
        async with connected(server.url, "learner:l1", continues=learner) as back:
            assert "entities" not in back.welcomed
            assert back.welcomed["from"] == learner.seq
            assert [event["type"] for event in back.welcomed["events"]] == ["chat_sent"] * 3
            assert back.seq == last["seq"]
            assert back.entities == await snapshot_of(server, "l1", Audience.LEARNER)
        async with connected(server.url, "learner:l1", after=10_000) as confused:
            assert "entities" in confused.welcomed


@pytest.mark.parametrize(
    ("event", "data", "code"),
    [
        ("command", {"id": "1", "type": "nothing", "data": {}}, "command_unknown"),
        ("command", {"id": "1", "type": "poll_vote", "data": {"id": 5}}, "command_invalid"),
        ("command", {"id": "1", "type": "poll_vote", "data": None}, "command_invalid"),
        ("command", {"id": "1", "type": "poll_publish", "data": {"id": "x"}}, "not_allowed"),
        ("command", {"id": "has space", "type": "hand_raise", "data": {}}, "message_invalid"),
        ("command", {"id": "1" * 65, "type": "hand_raise", "data": {}}, "message_invalid"),
        ("command", {"type": "hand_raise"}, "message_invalid"),
        ("command", ["hand_raise"], "message_invalid"),
        ("command", b"bytes", "message_invalid"),
        ("command", {"id": "1", "type": "chat_send", "data": {"text": "x" * 70_000}}, "message_too_large"),
        ("command", ("two", "arguments"), "message_invalid"),
        ("resync", {"after": -1}, "message_invalid"),
        ("resync", {"after": "x"}, "message_invalid"),
        ("clock", "x", "message_invalid"),
        ("connect", {}, "message_unknown"),
        ("disconnect", {}, "message_unknown"),
        ("trigger_event", {}, "message_unknown"),
    ],
)
async def test_bad_messages_are_answered_and_harm_nobody(
    server: ClassServer, event: str, data: object, code: str
) -> None:
    async with connected(server.url, "learner:l1") as learner, connected(server.url, "learner:l2") as other:
        answer = await learner.call(event, data)
        assert answer["error"]["code"] == code
        sent = await learner.command("chat_send", text="still here")
        await other.reaches(sent["seq"])


async def test_packets_that_are_no_messages_end_nobody_else(server: ClassServer) -> None:
    async with connected(server.url, "learner:l1") as learner, connected(server.url, "learner:l2") as other:
        for packet in ("2/class,[]", "2/class,[[1]]", "2/class,{", "9", "4/class,", "51-/class,[]"):
            await learner.socket.eio.send(packet)
        sent = await other.command("chat_send", text="all well")
        await other.reaches(sent["seq"])


async def test_a_packet_beyond_the_transport_limit_ends_its_own_connection_only(server: ClassServer) -> None:
    async with connected(server.url, "learner:l1") as learner, connected(server.url, "learner:l2") as other:
        await learner.socket.emit("command", {"text": "x" * 300_000}, namespace="/class")
        await learner.ends()
        await server.door.holds("l2")
        sent = await other.command("chat_send", text="all well")
        await other.reaches(sent["seq"])


async def test_presence_is_reported_while_connections_last(server: ClassServer) -> None:
    async with connected(server.url, "learner:l1"), connected(server.url, "learner:l1"):
        await server.door.holds("l1", "l1")
        both = set(server.door.present)
        async with asyncio.timeout(WAIT_S), server.door.changed:
            await server.door.changed.wait_for(lambda: both <= set(server.door.was_seen))
    await server.door.holds()
    async with server.door.changed:
        server.door.was_seen.clear()
    async with connected(server.url, "learner:l2"):
        async with asyncio.timeout(WAIT_S), server.door.changed:
            await server.door.changed.wait_for(lambda: bool(server.door.was_seen))
        assert not both & set(server.door.was_seen)


async def test_no_viewer_is_compressed_for(server: ClassServer) -> None:
    url = f"{server.url}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as http, http.ws_connect(url, compress=15) as raw:
        assert raw.compress == 0
        assert "Sec-WebSocket-Extensions" not in raw._response.headers


async def test_too_many_commands_are_slowed_down(server: ClassServer) -> None:
    async with connected(server.url, "learner:l1") as learner, connected(server.url, "learner:l2") as other:
        answers = await asyncio.gather(*(learner.command("hand_raise") for _ in range(40)))
        refused = [answer["error"] for answer in answers if "error" in answer]
        assert len(refused) >= 10
        assert {error["code"] for error in refused} == {"too_fast"}
        assert all(0 < error["details"]["retry_after_s"] <= 0.2 for error in refused)
        assert (await other.command("hand_raise"))["ok"] is True


async def test_the_clock_is_the_servers(server: ClassServer) -> None:
    async with connected(server.url, "learner:l1") as learner:
        before = server.engine.clock()
        answer = await learner.call("clock", {})
        assert before <= answer["utc_ms"] <= server.engine.clock()


async def test_learners_get_few_frames_and_staff_get_news_at_once(server: ClassServer) -> None:
    async with (
        connected(server.url, "presenter:p") as presenter,
        connected(server.url, "learner:l1") as learner,
        connected(server.url, "learner:l2") as writer,
    ):
        quiet = await writer.command("chat_send", text="everybody is here")
        for viewer in (presenter, learner):
            await viewer.reaches(quiet["seq"])
        learner.frames.clear()
        started = asyncio.get_running_loop().time()
        for n in range(12):
            last = await writer.command("chat_send", text=f"message {n}")
            await asyncio.sleep(0.05)
        took = asyncio.get_running_loop().time() - started
        await presenter.reaches(last["seq"])
        await learner.reaches(last["seq"])
        assert len(learner.frames) <= took / 0.25 + 2
        assert len(presenter.frames) >= len(learner.frames)
        starts = [frame["from"] for frame in learner.frames]
        assert starts[1:] == [frame["to"] for frame in learner.frames[:-1]]
        assert learner.resyncs == presenter.resyncs == 0


async def test_somebody_who_is_removed_goes_and_others_stay(server: ClassServer) -> None:
    async with (
        connected(server.url, "learner:l1") as first,
        connected(server.url, "learner:l1") as second,
        connected(server.url, "learner:l2") as other,
    ):
        async with server.engine.change(SESSION) as change:
            change.append(NewEvent(payload=ParticipantRemoved(participant="l1"), actor="p"))
        await first.ends()
        await second.ends()
        assert first.over == second.over == [{"code": "removed"}]
        assert (await other.command("hand_raise"))["ok"] is True
        await server.door.holds("l2")


async def test_a_client_that_loses_its_place_finds_it_again(server: ClassServer) -> None:
    async with connected(server.url, "learner:l1") as learner, connected(server.url, "learner:l2") as other:
        await other.command("chat_send", text="one")
        learner.seq = 1
        last = await other.command("chat_send", text="two")
        await learner.reaches(last["seq"])
        assert learner.resyncs >= 1
        assert learner.entities == await snapshot_of(server, "l1", Audience.LEARNER)
        after = await learner.call("resync", {"after": last["seq"] - 1})
        assert [event["seq"] for event in after["events"]] == [last["seq"]]


async def test_a_client_that_fell_too_far_behind_is_asked_and_then_goes_on(
    server: ClassServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected(server.url, "learner:l1") as learner, connected(server.url, "learner:l2") as other:
        monkeypatch.setattr(fan_out, "FARTHEST_BEHIND", 0)
        sent = await other.command("chat_send", text="too much")
        await learner.reaches(sent["seq"])
        assert learner.resyncs == 1
        assert learner.entities == await snapshot_of(server, "l1", Audience.LEARNER)
        monkeypatch.undo()
        sent = await other.command("chat_send", text="little")
        await learner.reaches(sent["seq"])
        assert learner.resyncs == 1
        assert [event["seq"] for event in learner.frames[-1]["events"]] == [sent["seq"]]


async def test_a_connection_that_ends_while_it_is_let_in_leaves_nothing_behind(server: ClassServer) -> None:
    """Over polling, because python-socketio then never says that the connection is gone."""
    server.door.slow = asyncio.Event()
    url = f"{server.url}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as http, task_group() as tasks:
        async with http.get(url) as opened:
            sid = msgspec.json.decode((await opened.text())[1:])["sid"]

        async def post(packet: str) -> None:
            async with http.post(f"{url}&sid={sid}", data=packet) as answer:
                await answer.read()

        tasks.create_task(post('40/class,{"token":"learner:l9"}'))
        await server.door.holds("l9")
        await post("1")
        assert server.namespace.connected == 0
        server.door.slow.set()
        await server.door.holds()
        assert server.namespace.connected == 0
