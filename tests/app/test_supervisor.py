"""Children that are meant to run: started again after a kill, gone when their parent is, however it went.

A child of these tests holds the writing end of a FIFO, so that the reading end tells without waiting or
guessing when the last of its lives has ended.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from lectern.app import supervisor
from lectern.app.supervisor import Child
from lectern.kernel.tasks import task_group

# Says its pid, then lives until its standard input closes; `deaf` children ignore that.
_CHILD = """
import os, sys
fifo = open(sys.argv[1], "w")
print(os.getpid(), file=fifo, flush=True)
sys.stdin.read()
if "deaf" in sys.argv:
    import time
    time.sleep(60)
print("closing", file=fifo, flush=True)
"""

_PARENT = """
import asyncio, sys
from lectern.app.supervisor import Child
asyncio.run(Child("test", sys.argv[1:]).run())
"""


async def fifo_at(path: Path) -> asyncio.StreamReader:
    """Read a FIFO; the stream ends when nobody holds its writing end any more."""
    os.mkfifo(path)
    reader = asyncio.StreamReader()
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", 0)
    )
    return reader


async def pid_of(child: Child) -> int:
    """Return its pid; the child may speak before its supervisor is told that it was started."""
    async with asyncio.timeout(30):
        while child.pid is None:
            await asyncio.sleep(0.01)
    return child.pid


@pytest.fixture
def child_argv(tmp_path: Path) -> list[str]:
    return [sys.executable, "-c", _CHILD, str(tmp_path / "fifo")]


async def test_a_killed_child_is_started_again(
    tmp_path: Path, child_argv: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE_S", 0.0)
    fifo = await fifo_at(tmp_path / "fifo")
    keep_open = os.open(tmp_path / "fifo", os.O_WRONLY)  # between two lives nobody else holds it
    child = Child("test", child_argv)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(child.run())
        first = int(await fifo.readline())
        assert await pid_of(child) == first
        os.kill(first, signal.SIGKILL)
        second = int(await fifo.readline())
        assert second != first
        assert child.restarts == 1
        running.cancel()
    os.close(keep_open)
    assert await fifo.read() == b"closing\n"  # it was asked to end, and ended by itself
    assert child.pid is None


async def test_a_child_that_does_not_listen_is_ended_by_force(
    tmp_path: Path, child_argv: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_GRACE_S", 0.1)
    fifo = await fifo_at(tmp_path / "fifo")
    child = Child("test", [*child_argv, "deaf"])
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(child.run())
        await fifo.readline()
        running.cancel()
    assert await fifo.read() == b""


async def test_a_nice_child_has_the_pid_that_is_said(tmp_path: Path, child_argv: list[str]) -> None:
    fifo = await fifo_at(tmp_path / "fifo")
    child = Child("test", child_argv, nice=7)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(child.run())
        pid = int(await fifo.readline())
        assert await pid_of(child) == pid
        assert os.getpriority(os.PRIO_PROCESS, pid) >= 7
        running.cancel()


_TIDY = """
import pathlib, sys
sys.stdin.read()
pathlib.Path(sys.argv[1]).touch()
"""


async def test_a_child_that_is_only_just_begun_ends_in_order(tmp_path: Path) -> None:
    tidied = tmp_path / "tidied"
    async with task_group() as tasks:
        running = tasks.create_task(Child("test", [sys.executable, "-c", _TIDY, str(tidied)]).run_once())
        await asyncio.sleep(0)  # it is being started: nobody knows its pid yet
        running.cancel()
    assert tidied.exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_no_child_outlives_its_parent(
    tmp_path: Path, child_argv: list[str], how: signal.Signals
) -> None:
    fifo = await fifo_at(tmp_path / "fifo")
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PARENT, *child_argv, stderr=asyncio.subprocess.DEVNULL
    )
    await fifo.readline()
    parent.send_signal(how)
    await parent.wait()
    assert await fifo.read() == b"closing\n"


_FOREIGN = """
import signal, sys, time
def end(number, frame):
    print("ended by", number, flush=True)
    sys.exit(0)
signal.signal(signal.SIGINT, end)
print("up", flush=True)
time.sleep(60)
"""


async def test_a_foreign_program_is_asked_by_its_signal_and_its_words_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "foreign.log"
    child = Child("test", [sys.executable, "-c", _FOREIGN], end_signal=signal.SIGINT, output=log)
    for life in (1, 2):
        async with asyncio.TaskGroup() as tasks, asyncio.timeout(40):
            running = tasks.create_task(child.run())
            while not log.exists() or log.read_text().count("up\n") < life:
                await asyncio.sleep(0.02)
            running.cancel()
    assert log.read_text() == "up\nended by 2\n" * 2
