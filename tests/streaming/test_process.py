"""The real process: garbage on its port, its recorder, its end."""

import asyncio
import json
import random
import socket
import sys
from pathlib import Path

import pytest

from streaming.control import messages as m
from streaming.control.client import MediaRefused
from streaming.process import EXIT_PORT_IN_USE, FAILED_TICK_S, MediaProcess
from streaming.sockets import open_ports
from tests.streaming.media_process import ROOM, media_process, new_peer
from tests.streaming.test_foreign_aiortc import counters, publish, subscribe

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.timeout(60)
async def test_garbage_on_the_port_changes_nothing_for_viewers() -> None:
    async with media_process() as media:
        publisher, track = await publish(media, "pub")
        viewer, received = await subscribe(media, "view", track)
        attacker, _ = await subscribe(media, "attacker", track)
        attack = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            assert len(await counters(received, 10, 15)) == 10
            port = _port(viewer.remoteDescription.sdp)
            rng = random.Random(1)
            inside = attacker.getTransceivers()[0].receiver.transport.transport
            for number in range(3000):
                first = rng.choice((0, 1, 20, 22, 23, 63, 128, 144, 191, 255))
                datagram = bytes((first,)) + rng.randbytes(rng.choice((0, 1, 11, 19, 60, 1400)))
                attack.sendto(datagram, ("127.0.0.1", port))
                if number % 10 == 0:
                    await inside._send(datagram)
                if number % 100 == 0:
                    await asyncio.sleep(0)
            numbers = await counters(received, 30, 15)
            assert len(numbers) == 30
            stats = await media.client.get_stats()
            assert {t.phase for t in stats.transports} == {"connected"}
            assert stats.process["unproven_address"] > 500
            assert sum(next(t for t in stats.transports if t.transport == "attacker").rejected.values()) > 50
            assert sum(next(t for t in stats.transports if t.transport == "view").rejected.values()) == 0
        finally:
            attack.close()
            for pc in (publisher, viewer, attacker):
                await pc.close()


async def test_a_tick_that_fails_is_not_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timers end silent peers, ask for keyframes and report: for everybody, whoever caused the fault."""
    loop, faults = asyncio.get_running_loop(), list[object]()
    loop.set_exception_handler(lambda _loop, context: faults.append(context.get("exception")))
    ports = open_ports(["127.0.0.1"], 0)
    process = MediaProcess("127.0.0.1", ports, [], None)
    monkeypatch.setattr(type(process._plane), "is_idle", property(lambda _plane: process._stopping.is_set()))
    ticks: list[float] = []

    def handle_timer(now: float) -> None:
        ticks.append(now)
        if len(ticks) == 2:
            raise ZeroDivisionError

    monkeypatch.setattr(process._plane, "handle_timer", handle_timer)
    process._tick()
    async with asyncio.timeout(10):
        while len(ticks) < 5:
            await asyncio.sleep(0.01)
    process.stop()
    async with asyncio.timeout(10):
        while process._timer is not None:
            await asyncio.sleep(0.01)
    assert [type(fault) for fault in faults] == [ZeroDivisionError]
    assert ticks[2] - ticks[1] >= FAILED_TICK_S * 0.9
    for one in (*ports.udp, *ports.tcp):
        one.close()


def _port(answer: str) -> int:
    line = next(line for line in answer.splitlines() if line.startswith("a=candidate"))
    return int(line.split()[5])


@pytest.mark.timeout(60)
async def test_a_recorded_room_feeds_the_tap_until_it_is_closed(tmp_path: Path) -> None:
    record = m.RecordSpec(str(tmp_path), 0, 0)
    async with media_process("--tap", "tests.streaming.notebook_tap:create", record=record) as media:
        publisher, track = await publish(media, "pub")
        try:
            await asyncio.sleep(1.5)
            await media.client.close_room(ROOM)
        finally:
            await publisher.close()
        await media.wait_for(m.TrackStopped)
        facts = [json.loads(line) for line in (tmp_path / "notebook.jsonl").read_text().splitlines()]
    problem = next(n for n in media.heard if isinstance(n, m.RecordingProblem))
    assert problem == m.RecordingProblem(ROOM, "disk_slow")
    assert facts[0] == {
        "on": "track", "track": track, "source": "camera", "codec": "H264", "participant": "person-pub",
    }  # fmt: skip
    end = next(fact for fact in facts if fact["on"] == "end")
    assert end["packets"] > 10
    assert facts[-1] == {"on": "close"}


async def test_the_recording_is_finished_when_the_parent_goes_away(tmp_path: Path) -> None:
    record = m.RecordSpec(str(tmp_path), 0, 0)
    async with media_process("--tap", "tests.streaming.notebook_tap:create", record=record):
        assert (tmp_path / "notebook.jsonl").read_text() == ""
    assert json.loads((tmp_path / "notebook.jsonl").read_text()) == {"on": "close"}


async def test_a_recording_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    async with media_process("--tap", "tests.streaming.notebook_tap:create") as media:
        with pytest.raises(MediaRefused) as caught:
            await media.client.start_recording(ROOM, m.RecordSpec(str(tmp_path / "missing"), 0, 0))
        assert caught.value.code == "recording_unavailable"
        await media.client.open_room("still works")


async def test_a_recording_that_begins_slowly_holds_up_nobody_and_can_be_stopped(tmp_path: Path) -> None:
    record = m.RecordSpec(str(tmp_path), 0, 0)
    async with media_process("--tap", "tests.streaming.notebook_tap:create_slowly") as media:
        async with asyncio.TaskGroup() as group:
            begins = group.create_task(media.client.start_recording(ROOM, record), name="begins")
            async with asyncio.timeout(20):
                await media.client.open_room("another")
                with pytest.raises(MediaRefused) as caught:
                    await media.client.start_recording(ROOM, record)
            assert caught.value.code == "already_recording"
            assert not begins.done()
            (tmp_path / "go").touch()
        await media.client.stop_recording(ROOM)
        assert json.loads((tmp_path / "notebook.jsonl").read_text()) == {"on": "close"}
        (tmp_path / "go").unlink()

        async def begin_in_vain() -> str:
            with pytest.raises(MediaRefused) as caught:
                await media.client.start_recording(ROOM, record)
            return caught.value.code

        async with asyncio.TaskGroup() as group:
            vain = group.create_task(begin_in_vain())
            await asyncio.sleep(0.2)
            await media.client.stop_recording(ROOM)
            (tmp_path / "go").touch()
        assert vain.result() == "recording_unavailable"
        assert json.loads((tmp_path / "notebook.jsonl").read_text()) == {"on": "close"}


async def test_without_a_recorder_recording_is_refused() -> None:
    async with media_process() as media:
        with pytest.raises(MediaRefused) as caught:
            await media.client.start_recording(ROOM, m.RecordSpec("/", 0, 0))
        assert caught.value.code == "no_recorder"


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "streaming.process", "--control", str(tmp_path / "c"), "--port", str(port),
            stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=REPOSITORY,
        )  # fmt: skip
        _, errors = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == EXIT_PORT_IN_USE
        assert b"LECTERN_MEDIA_PORT" in errors
    finally:
        taken.close()


async def test_a_peer_that_nobody_answers_for_costs_nothing() -> None:
    async with media_process() as media:
        pc = new_peer()
        pc.addTransceiver("video", direction="recvonly")
        await pc.setLocalDescription(await pc.createOffer())
        await media.answer("never", pc.localDescription.sdp)
        await media.client.close_transport("never")
        await media.client.close_transport("never")
        assert (await media.client.get_stats()).transports == ()
        await pc.close()
