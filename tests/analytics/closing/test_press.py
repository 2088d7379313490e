"""Making files: how far they are, one at a time, and ended with whoever asked."""

import asyncio
import os
import signal
from typing import Any

import pytest

from analytics.closing.press import Press
from lectern.kernel.errors import Conflict
from lectern.kernel.tasks import task_group
from tests.analytics.closing.lessons import START, whole
from tests.analytics.closing.records import key

RECORD = whole().encoded()


@pytest.mark.timeout(180)  # on a busy machine the child alone takes a minute to start
async def test_it_says_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    made = await Press().make(
        "pdf", "en", RECORD, key(), START, tell=lambda done, of: told.append((done, of))
    )
    assert made.startswith(b"%PDF-")
    assert told == [(0, 3)]


async def test_a_second_click_does_not_start_a_second_one() -> None:
    press = Press()
    async with task_group() as group:
        first = group.create_task(press.make("xlsx", "en", RECORD, None, START, whose="me"))
        await asyncio.sleep(0)
        with pytest.raises(Conflict, match="file_being_made"):
            await press.make("xlsx", "en", RECORD, None, START, whose="me")
    assert first.result().startswith(b"PK")
    assert (await press.make("xlsx", "en", RECORD, None, START, whose="me")).startswith(b"PK")
    assert press.waiting == 0


async def test_whoever_leaves_takes_the_child_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    press, begun, started = Press(), asyncio.Event(), list[asyncio.subprocess.Process]()
    start = asyncio.create_subprocess_exec

    async def seen(*command: str, **options: Any) -> asyncio.subprocess.Process:
        child = await start(*command, **options)
        os.kill(child.pid, signal.SIGSTOP)  # it would be quick
        started.append(child)
        begun.set()
        return child

    monkeypatch.setattr(asyncio, "create_subprocess_exec", seen)
    async with task_group() as group:
        making = group.create_task(press.make("xlsx", "en", RECORD, None, START, whose="me"))
        await begun.wait()
        making.cancel()
    assert started[0].returncode == -signal.SIGKILL
    assert press.waiting == 0
    monkeypatch.undo()  # and the next one finds the press free
    assert (await press.make("xlsx", "en", RECORD, None, START, whose="me")).startswith(b"PK")
