"""A lesson of an encoder, recorded while the bucket goes away and the carrier is killed; its replay, out of
the bucket."""

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import aiohttp
import pytest

from lectern.app.wiring import built
from lectern.kernel.access import Principal
from lectern.manifest import Fragment, ManifestReader
from lectern.storage.bucket import BucketFiles
from lectern.storage.place import BucketPlace
from lectern.storage.shelved import shelved
from tests.foreign_ends.encoder import encoder, planned_with_keys, said
from tests.s3_server import Gate
from tests.scripted_lesson.processes import pid_of
from tests.scripted_lesson.server import Server, running_server

PATIENCE_S = 60.0


async def until(what: str, holds: Callable[[], Awaitable[bool]]) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await holds():
                await asyncio.sleep(0.1)
    except TimeoutError:
        pytest.fail(f"this did not happen: {what}")


def environment(place: BucketPlace) -> dict[str, str]:
    return {
        "LECTERN_STORAGE_URL": f"s3://{place.bucket}/{place.prefix}",
        "LECTERN_STORAGE_ENDPOINT": place.endpoint,
        "LECTERN_STORAGE_KEY_ID": place.key_id,
        "LECTERN_STORAGE_SECRET": place.secret,
        "LECTERN_STORAGE_KEEP_HOURS": "0",
    }


async def key_of(server: Server) -> dict[str, str]:
    """The header of an API key that runs sessions and watches replays."""
    async with built(server.settings()) as services:
        org = await services.accounts.org()
        admin = Principal(org_id=org.id, subject_id="test", permissions=frozenset())
        scopes = ["sessions:read", "sessions:write", "replays:read"]
        return {
            "Authorization": f"Bearer {(await services.accounts.create_api_key(admin, 'test', scopes))[1]}"
        }


async def played(http: aiohttp.ClientSession, program: str) -> dict[str, bytes]:
    """Everything that a player fetches for a replay, by name."""
    found: dict[str, bytes] = {}
    names = [program.rpartition("/")[2]]
    while names:
        name = names.pop()
        async with http.get(f"{program.rpartition('/')[0]}/{name}") as answer:
            assert answer.status == 200, name
            found[name] = await answer.read()
        if name.endswith(".m3u8"):
            text = found[name].decode()
            named = re.findall(r'URI="([^"]+)"', text) + [x for x in text.split("\n") if x and x[0] != "#"]
            folder = PurePosixPath(name).parent
            names += [str(folder / one) for one in named if str(folder / one) not in found]
    return found


@pytest.mark.timeout(240)
async def test_a_lesson_outlives_its_bucket_and_its_carrier(
    tmp_path: Path, bucket_place: BucketPlace, gate: Gate
) -> None:
    (tmp_path / "data").mkdir()
    bucket = BucketFiles(bucket_place)
    there = environment(replace(bucket_place, endpoint=gate.url))
    async with (
        running_server(tmp_path / "data", there) as server,
        aiohttp.ClientSession(server.url, headers=await key_of(server)) as http,
    ):
        keys = await planned_with_keys(server)
        session = f"sessions/{keys.session.id}"
        folder = server.settings().sessions_dir / keys.session.id
        manifest = ManifestReader(folder / "rec" / "1" / "manifest.jsonl")
        fragments: list[Fragment] = []

        async def recorded(count: int) -> bool:
            fragments.extend(line for line in manifest.poll() if isinstance(line, Fragment))
            return len(fragments) >= count

        async def carried() -> bool:
            return any(file.key.endswith(".m4s") for file in await bucket.list(session))

        async with encoder(server, keys):
            await until("the first segment is in the bucket", carried)
            gate.shut()
            carrier = pid_of(server.pid, "worker")
            assert carrier is not None
            os.kill(carrier, signal.SIGKILL)
            before = len(fragments)
            await until("the recording goes on", lambda: recorded(before + 8))
            gate.open = True
        async with http.post(f"/api/v1/sessions/{keys.session.id}/end") as ended:
            assert ended.status == 204

        async def ready() -> bool:
            async with http.get("/api/v1/replays", params={"session": keys.session.id}) as answer:
                items = (await answer.json())["items"]
            replays[:] = [item for item in items if item["state"] == "ready"]
            return bool(replays)

        replays: list[dict[str, str]] = []
        await until("the replay is ready", ready)
        async with http.get(f"/api/v1/replays/{replays[0]['id']}") as answer:
            program = (await answer.json())["program_url"]
        near = await played(http, program)
        assert sum(name.endswith(".m4s") for name in near) >= 4

        async def left() -> bool:
            return not list(folder.rglob("*.m4s"))

        await until("media leaves this disk", left)
        assert await played(http, program) == near
        assert shelved(folder) >= {f"rec/1/{fragment.file}" for fragment in fragments}
        sizes = {file.key: file.size_bytes for file in await bucket.list(f"{session}/rec/1")}
        await recorded(0)
        for fragment in fragments:
            assert sizes[f"{session}/rec/1/{fragment.file}"] == fragment.bytes
        assert said(server, "media_left_disk") == 1
        assert said(server, "carried_files_missing") == 0
