"""A lesson on four machines that share a database, Redis and a bucket, and no folder: recorded, killed, taken
over, ended, and played elsewhere.

A machine is a `LECTERN_DATA` of its own here; media processes and one machine's carrier are real processes.
"""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from catalogue.erasure_store import Erasure, ErasureStore
from lectern.app.settings import Settings
from lectern.app.storage import carrying
from lectern.app.wired.catalogue import aside_eraser
from lectern.kernel.access import Principal
from lectern.kernel.clock import utc_ms
from lectern.kernel.ids import new_id
from lectern.kernel.roles import SessionRole
from lectern.kernel.tasks import task_group
from lectern.manifest import Fragment, ManifestReader, Replay
from lectern.manifest.asides import aside_folder
from lectern.recordings import store as recordings
from lectern.storage import carrier as carrier_module
from lectern.storage.backlog import read_backlog
from lectern.storage.bucket import BucketFiles
from lectern.storage.place import BucketPlace
from lectern.timeline.idea import Actor
from sessions.presence.idea import PRESENCE
from tests.cluster.test_two_servers import steward
from tests.cluster.two_servers import House, Served, live_house, served, until
from tests.foreign_ends.test_over_a_bucket import environment, played
from tests.installation import settings_of

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]
ASIDE = 2
CARRY = "from lectern.app.cli import main; main(['carry'])"


@asynccontextmanager
async def media_machine(folder: Path, control: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A media process that writes below a folder of its own; a test may kill it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streaming.process", "--control", str(control), "--port", "0"),
        *("--tap", "recording.tap:create", "--data", str(folder)),
        stdin=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 20)


@asynccontextmanager
async def carry_command(folder: Path, place: BucketPlace) -> AsyncIterator[asyncio.subprocess.Process]:
    """`lectern carry`, as a machine for media alone runs it: without a database. A test may kill it."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("LECTERN_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CARRY),
        env=others | environment(place) | {"LECTERN_DATA": str(folder), "LECTERN_STORAGE_KEEP_HOURS": "24"},
        stdin=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 20) in {0, -signal.SIGKILL}
    assert not (folder / "lectern.db").exists()


@asynccontextmanager
async def machines(
    postgres_url: str, redis_url: str, place: BucketPlace
) -> AsyncIterator[tuple[House, dict[str, asyncio.subprocess.Process], Path]]:
    """Two servers, two media processes, each with its own folder below the one that is returned last."""
    folder = Path(tempfile.mkdtemp(prefix="lec"))
    controls = [folder / "media1", folder / "media2"]
    bucket: dict[str, Any] = {
        "storage_url": f"s3://{place.bucket}/{place.prefix}",
        "storage_endpoint": place.endpoint,
        "storage_key_id": place.key_id,
        "storage_secret": place.secret,
    }
    for name in ("m1", "m2"):
        (folder / name).mkdir()
    try:
        async with (
            media_machine(folder / "m1", controls[0]) as one,
            media_machine(folder / "m2", controls[1]) as two,
            carry_command(folder / "m1", place) as carrier,
            carrying(settings_of(folder / "m2", **bucket), None),
            served(folder / "a", controls, postgres_url, redis_url, **bucket) as a,
        ):
            shutil.copytree(folder / "a" / "secrets", folder / "b" / "secrets")
            async with (
                served(folder / "b", controls, postgres_url, redis_url, **bucket) as b,
                aiohttp.ClientSession() as http,
                task_group() as tasks,
            ):
                made = await live_house(folder, a, b, tasks, http)
                try:
                    yield made, {"media-1": one, "media-2": two, "carrier": carrier}, folder
                finally:
                    for tab in made.tabs:
                        await tab.ends()
    finally:
        shutil.rmtree(folder)


def fragments_of(folder: Path, session: str, number: int) -> list[Fragment]:
    """What a recording's own machine has of it on its disk: everything that was ever acknowledged."""
    (machine,) = [
        name
        for name in ("m1", "m2")
        if (folder / name / session / "rec" / str(number) / "manifest.jsonl").exists()
    ]
    lines = ManifestReader(folder / machine / session / "rec" / str(number) / "manifest.jsonl").poll()
    return [line for line in lines if isinstance(line, Fragment)]


async def test_recorded_killed_taken_over_ended_and_played_elsewhere(
    postgres_url: str, redis_url: str, bucket_place: BucketPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what was said aside is erased on all of them, also on those that were off or killed meanwhile."""
    monkeypatch.setattr(carrier_module, "_ERASED_LOOK_S", 1.0)
    bucket = BucketFiles(bucket_place)
    async with machines(postgres_url, redis_url, bucket_place) as (here, media, folder):
        session = f"sessions/{here.session.id}"

        async def is_in_bucket(part: str, count: int) -> bool:
            return len(await bucket.list(f"{session}/{part}")) >= count

        await until("somebody steers", lambda: any(s.services.plane.sessions() for s in (here.a, here.b)))
        first, second = steward(here)
        presenter = await here.tab("presenter", second, SessionRole.PRESENTER)
        await until("it is live for everybody", lambda: is_in_bucket("hls/camera", 5))

        await aside(here, second, "aside_begin")
        await until("it is live aside", lambda: is_in_bucket(f"hls/{aside_folder(ASIDE)}/camera", 2))
        await aside(here, second, "aside_end")
        await until("it is recorded again", lambda: is_in_bucket("rec/3/pieces", 2))
        home = first.services.plane._held.rooms[here.session.id].home.name
        media[home].kill()
        await until("the other media process records", lambda: is_in_bucket("rec/4/pieces", 2))
        assert presenter.resets

        await first.leaves()
        assert second.services.stewards is not None
        await until("the other server records", lambda: is_in_bucket("rec/5/pieces", 3))
        async with aiohttp.ClientSession(second.url) as http, http.get("/metrics") as answer:
            assert "lectern_storage_waiting_files" in await answer.text()
        await presenter.ends()  # or it would go on to offer
        here.tabs.clear()
        await second.services.sessions.end(here.session.id)
        keeper = second.services.catalogue.keeper
        await until("the replay is ready", lambda: keeper.refresh(here.session.id))

        async with keeper.database.read() as tx:
            replay = await keeper.store.replay_of(tx, here.session.id)
        assert replay is not None
        assert replay.recorded is not None
        _insist_on_everything(replay.recorded, folder, session)
        await _is_played(here, second.url, replay.id)
        off = settings_of(
            folder / ("a" if first is here.a else "b"),
            redis_url=redis_url,
            storage_url=f"s3://{bucket_place.bucket}/{bucket_place.prefix}",
            storage_endpoint=bucket_place.endpoint,
            storage_key_id=bucket_place.key_id,
            storage_secret=bucket_place.secret,
        )
        await _is_erased_everywhere(here, second, media["carrier"], off, bucket_place)
        await _is_played(here, second.url, replay.id)


async def aside(here: House, server: Served, command: str) -> None:
    """The presenter says something aside, or goes on."""
    state = (await server.services.engine.current(here.session.id)).state
    (presenter,) = [
        id_
        for id_, one in state.of(PRESENCE).participants.items()
        if one.joined.role == SessionRole.PRESENTER.value
    ]
    actor = Actor(presenter, SessionRole.PRESENTER, None)
    await server.services.engine.execute(here.session.id, actor, new_id(), command, {})


def said_aside(folder: Path, session: str) -> list[str]:
    """What any disk holds of the aside, but for its manifest."""
    parts = (f"{session}/rec/{ASIDE}/", f"{session}/hls/{aside_folder(ASIDE)}/")
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return [
        name for name in names if any(part in name for part in parts) and not name.endswith("manifest.jsonl")
    ]


async def _is_erased_everywhere(
    here: House, server: Served, carrier: asyncio.subprocess.Process, off: Settings, place: BucketPlace
) -> None:
    """Erased while one server is off and a machine's carrier is dead; then both come back."""
    session, bucket, folder = f"sessions/{here.session.id}", BucketFiles(place), off.data.parent
    assert said_aside(folder, session)
    assert said_aside(off.data, session), "it packaged, and keeps its copy"
    carrier.kill()
    await carrier.wait()
    database = server.services.database
    async with database.write() as tx:
        newest = await recordings.newest(tx, here.session.id)
        assert newest == 5
        await ErasureStore().ask(tx, Erasure(here.session.id, here.org.id, 1, newest, "test", utc_ms()))
    eraser = aside_eraser(server.services)
    await eraser.look()
    async with database.read() as tx:
        erasure = await eraser.store.erasure(tx, here.session.id)
    assert erasure is not None
    assert erasure.done_utc_ms is not None

    async def is_gone() -> bool:
        listed = [file.key for file in await bucket.list(session)]
        of_it = [key for key in listed if f"/rec/{ASIDE}/" in key or f"/hls/{aside_folder(ASIDE)}/" in key]
        return of_it == [f"{session}/rec/{ASIDE}/manifest.jsonl"] and not said_aside(folder, session)

    def looked_utc_ms() -> int:
        """When the slowest carrier ended its last round."""
        found = [read_backlog(folder / name) for name in ("m1", "m2", "a", "b")]
        return min(0 if backlog is None else backlog.at_utc_ms for backlog in found)

    async with carry_command(folder / "m1", place), carrying(off, database):
        await until("it is nowhere any more", is_gone)
        rounds_later_ms = utc_ms() + 2_500
        await until("all have gone round again", lambda: looked_utc_ms() > rounds_later_ms)
        assert await is_gone()


def _insist_on_everything(recorded: Replay, folder: Path, session: str) -> None:
    """The replay holds every fragment that any machine had on its disk."""
    assert len(recorded.clock) == 4
    for number, piece in zip((1, 3, 4, 5), recorded.clock, strict=True):
        ends = [fragment.end_ms for fragment in fragments_of(folder, session, number)]
        assert ends
        assert piece.duration_ms >= max(ends) - 100
    assert [video.source for video in recorded.videos] == ["camera"]


async def _is_played(here: House, url: str, replay_id: str) -> None:
    """Somebody watches at the server that is left."""
    admin = Principal(org_id=here.org.id, subject_id="test", permissions=frozenset())
    key = (await here.b.services.accounts.create_api_key(admin, "test", ["replays:read"]))[1]
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {key}"}) as http:
        async with http.get(f"/api/v1/replays/{replay_id}") as answer:
            program = (await answer.json())["program_url"]
        found = await played(http, program)
    assert sum(name.endswith(".m4s") for name in found) >= 6
    assert all(found.values())
