"""What staff say aside is a recording of its own: a real media process and recorder."""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lectern.app.control import control_paths
from lectern.kernel.roles import SessionRole
from lectern.manifest import ManifestReader, RecordingEnded, RecordingStarted
from signaling.stage.recording import ASIDE_WAITS, RECORDING
from tests.installation import Installation
from tests.security.doors import connected, in_class
from tests.signaling.test_restart import SDP, SOURCES, ask, lesson
from tests.streaming.media_process import started_media_process


@pytest.mark.timeout(60)
async def test_every_turn_ends_a_recording_and_begins_another(house: Installation) -> None:
    async with lesson(house) as (session, _client):
        token = house.token(session, SessionRole.HOST, person="presenter")
        rec = house.services.settings.data / "sessions" / session.id / "rec"
        async with in_class(house, token) as staff, connected(house, "/signal", {"token": token}) as tab:
            assert "sdp" in await ask(tab, "offer", {"sdp": SDP, "sources": SOURCES})
            await _until(lambda: _courses(rec) == ["for the replay"])
            for command in ("aside_begin", "aside_end"):
                course = [*_courses(rec), "aside" if command == "aside_begin" else "for the replay"]
                message: dict[str, Any] = {"id": command, "type": command, "data": {}}
                answer = await staff.call("command", message, namespace="/class", timeout=10)
                assert "error" not in answer
                await _until(partial(_is_course, rec, course))
            assert _courses(rec) == ["for the replay", "aside", "for the replay"]
            for number in (1, 2):
                assert isinstance(
                    ManifestReader(rec / str(number) / "manifest.jsonl").poll()[-1], RecordingEnded
                )


@pytest.mark.timeout(60)
async def test_an_aside_that_begins_while_the_media_process_is_dead_is_recorded_as_one(
    house: Installation,
) -> None:
    """It is killed, the presenter goes aside, and the process that takes its place records nothing else."""
    plane = house.services.plane
    (path,) = control_paths(house.services.settings)
    process = (
        "-m",
        "streaming.process",
        "--control",
        str(path),
        "--port",
        "0",
        "--tap",
        "recording.tap:create",
    )
    session = await house.plan()
    await house.services.sessions.start(session.id)
    token = house.token(session, SessionRole.HOST, person="presenter")
    rec = house.services.settings.data / "sessions" / session.id / "rec"
    async with asyncio.TaskGroup() as tasks, in_class(house, token) as staff:
        running = tasks.create_task(plane.run())
        killed = await asyncio.create_subprocess_exec(sys.executable, *process, stdin=asyncio.subprocess.PIPE)
        await _until(lambda: plane.is_available)
        async with connected(house, "/signal", {"token": token}) as tab:
            assert "sdp" in await ask(tab, "offer", {"sdp": SDP, "sources": SOURCES})
            await _until(lambda: _courses(rec) == ["for the replay"])
            killed.kill()
            await killed.wait()
            message: dict[str, Any] = {"id": "a", "type": "aside_begin", "data": {}}
            assert "error" not in await staff.call("command", message, namespace="/class", timeout=10)
            await _until_troubled(house, session.id, [ASIDE_WAITS])  # nobody knows whether it is recorded
        async with started_media_process(path, *process[-2:]):
            await _until(lambda: plane.is_available)
            async with connected(house, "/signal", {"token": token}) as tab:
                assert "sdp" in await ask(tab, "offer", {"sdp": SDP, "sources": SOURCES})
                await _until(lambda: len(_courses(rec)) > 1)
            assert _courses(rec) == ["for the replay", "aside"]
            await _until_troubled(house, session.id, [])
            running.cancel()


def _courses(rec: Path) -> list[str]:
    """What each recording is for, in their order."""
    found = []
    for number in sorted(int(path.name) for path in rec.glob("*")):
        lines = ManifestReader(rec / str(number) / "manifest.jsonl").poll()
        if lines:
            assert isinstance(lines[0], RecordingStarted)
            found.append("aside" if lines[0].aside else "for the replay")
    return found


def _is_course(rec: Path, course: list[str]) -> bool:
    return _courses(rec) == course


async def _until_troubled(house: Installation, session_id: str, codes: list[str]) -> None:
    async with asyncio.timeout(20):
        while (await house.services.engine.current(session_id)).state.of(RECORDING).codes != codes:
            await asyncio.sleep(0.02)


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)
