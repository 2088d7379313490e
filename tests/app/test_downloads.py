"""Files are made beside the loop, one at a time, and nobody waits in an endless line."""

import asyncio
import threading

import pytest

from lectern.edge.downloads import MOST_WAITING, made
from lectern.kernel.errors import Overloaded
from tests.installation import Installation


async def test_a_class_goes_on_while_a_file_is_made() -> None:
    goes_on = threading.Event()
    asyncio.get_running_loop().call_soon(goes_on.set)  # never, if the work held the loop
    assert await made(lambda: goes_on.wait(10))


async def test_one_at_a_time_and_not_too_many() -> None:
    busy = most = 0
    release = threading.Event()

    def work() -> int:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        release.wait(10)
        busy -= 1
        return 1

    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(made(work)) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await made(work)
        release.set()
    assert [each.result() for each in waiting] == [1] * MOST_WAITING
    assert most == 1
    assert await made(lambda: 2) == 2


@pytest.mark.parametrize(
    ("path", "writer"),
    [
        ("poll-results.csv", "analytics.poll_routes.csv_file"),
        ("poll-results.xlsx", "analytics.poll_routes.xlsx_file"),
        ("groups.csv", "lectern.app.group_files.csv_file"),
        ("groups.xlsx", "lectern.app.group_files.xlsx_file"),
    ],
)
async def test_exports_are_made_beside_the_loop(
    house: Installation, monkeypatch: pytest.MonkeyPatch, path: str, writer: str
) -> None:
    made_by: list[str] = []

    def note(_tables: object) -> bytes:
        made_by.append(threading.current_thread().name)
        return b"file"

    monkeypatch.setattr(writer, note)
    session = await house.plan()
    answer = await house.ask("GET", f"/api/v1/sessions/{session.id}/{path}", by="host")
    assert answer.status == 200
    assert len(made_by) == 1
    assert made_by[0].startswith("downloads")
