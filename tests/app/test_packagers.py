"""Packagers that do not come to an end: started again, and given up once the lesson is over."""

import asyncio
import sys
from pathlib import Path

from lectern.app.packagers import Packagers
from lectern.kernel.tasks import task_group

FAILS = (sys.executable, "-c", "raise SystemExit(3)")
FINISHES = (
    sys.executable,
    "-c",
    "import pathlib, sys; p = pathlib.Path(sys.argv[1]) / 'hls'; p.mkdir(); (p / 'replay.json').touch()",
)


async def _outcome(folder: Path, command: tuple[str, ...], *, ended: bool) -> list[tuple[str, str]]:
    """Run packagers over one session until something is told."""
    (folder / "s1" / "rec").mkdir(parents=True)
    told: asyncio.Queue[tuple[str, str]] = asyncio.Queue(10)

    async def sessions() -> tuple[list[str], list[str]]:
        over = not told.empty()
        return ([], [] if over else ["s1"]) if ended else (["s1"], [])

    async def tell(what: str, session_id: str) -> None:
        told.put_nowait((what, session_id))

    packagers = Packagers(
        folder,
        sessions,
        on_finished=lambda session_id: tell("finished", session_id),
        on_given_up=lambda session_id: tell("given up", session_id),
        command_of=lambda session: (*command, str(session)),
        first_pause_s=0.001,
    )
    async with task_group() as tasks:
        running = tasks.create_task(packagers.run())
        first = await asyncio.wait_for(told.get(), 40)
        running.cancel()
    return [first]


async def test_a_closed_replay_is_told(tmp_path: Path) -> None:
    assert await _outcome(tmp_path, FINISHES, ended=True) == [("finished", "s1")]
    assert (tmp_path / "s1" / "ended").exists()


async def test_a_replay_that_cannot_be_closed_is_given_up(tmp_path: Path) -> None:
    assert await _outcome(tmp_path, FAILS, ended=True) == [("given up", "s1")]


LIVES = (
    sys.executable,
    "-c",
    """
import pathlib, sys
folder = pathlib.Path(sys.argv[1])
(folder / "runs").touch()
sys.stdin.read()
(folder / "runs").unlink()
""",
)


async def test_a_session_that_another_server_takes_is_let_go(tmp_path: Path) -> None:
    folder = tmp_path / "s1"
    (folder / "rec").mkdir(parents=True)
    ours = ["s1"]

    async def sessions() -> tuple[list[str], list[str]]:
        return list(ours), []

    async def tell(_session_id: str) -> None:
        raise AssertionError("it has not come to an end")

    packagers = Packagers(
        tmp_path,
        sessions,
        on_finished=tell,
        on_given_up=tell,
        command_of=lambda session: (*LIVES, str(session)),
    )
    async with task_group() as tasks, asyncio.timeout(40):
        running = tasks.create_task(packagers.run())
        while not (folder / "runs").exists():
            await asyncio.sleep(0.02)
        ours.clear()
        await packagers.let_go("s1")
        assert not (folder / "runs").exists()  # ended in order, before another one begins
        await packagers.let_go("s1")
        running.cancel()
