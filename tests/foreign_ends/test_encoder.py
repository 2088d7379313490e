"""ffmpeg as an encoder with a stream key: it stays, it comes back, and its key can be taken away.

`./script/bench whip` is the first of these for ten minutes.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from lectern.app.wiring import built
from lectern.kernel.access import Principal
from tests.foreign_ends.encoder import Keys, encoder, metric, planned_with_keys, said, watch
from tests.scripted_lesson.server import Server, running_server

STEADY_S = 30


@asynccontextmanager
async def encoded_lesson(folder: Path) -> AsyncIterator[tuple[Server, Keys]]:
    data = folder / "data"
    data.mkdir()
    async with running_server(data, {"LECTERN_EMBEDDED_WORKER": "false"}) as server:
        yield server, await planned_with_keys(server)


async def events(server: Server, keys: Keys) -> list[tuple[str, dict[str, Any]]]:
    """The timeline."""
    async with built(server.settings()) as services, services.database.read() as tx:
        found = await services.engine.store.read(tx, keys.session.id, 0, 1000)
    return [(event.type, event.raw) for event in found]


async def tracks(server: Server, keys: Keys) -> list[str]:
    """What is published now, by the timeline."""
    active: dict[str, str] = {}
    for type_, raw in await events(server, keys):
        if type_ == "track_published":
            active[raw["track"]] = raw["source"]
        elif type_ == "track_unpublished":
            active.pop(raw["track"], None)
    return sorted(active.values())


async def until_published(server: Server, keys: Keys, wanted: int) -> None:
    """Wait until that many tracks have begun."""
    async with asyncio.timeout(90):
        while sum(type_ == "track_published" for type_, _ in await events(server, keys)) < wanted:
            await asyncio.sleep(0.2)


@pytest.mark.timeout(300)
async def test_nothing_is_lost_between_an_encoder_and_a_player(tmp_path: Path) -> None:
    async with encoded_lesson(tmp_path) as (server, keys), encoder(server, keys) as process:
        watched = await watch(server, keys, STEADY_S)
        assert process.returncode is None
        assert watched.pictures.missing == 0
        assert watched.sound.frames > 0.9 * STEADY_S / 0.02
        assert await metric(server, "lectern_media_lost_packets_total") == 0
        assert await metric(server, "lectern_media_received_packets_total") > STEADY_S * 50
        assert said(server, "whip_session_opened", key=keys.publish_id) == 1
        assert said(server, "whip_session_closed", key=keys.publish_id) == 0


@pytest.mark.timeout(300)
async def test_an_encoder_that_dies_and_comes_back_leaves_no_ghost(tmp_path: Path) -> None:
    async with encoded_lesson(tmp_path) as (server, keys):
        async with encoder(server, keys) as first:
            await until_published(server, keys, 2)
            await watch(server, keys, 2)
            first.kill()  # no DELETE, no DTLS alert
        async with encoder(server, keys) as second:
            await until_published(server, keys, 4)
            assert await tracks(server, keys) == ["camera", "mic"], "one publication, not two"
            assert (await watch(server, keys, 3)).pictures.frames >= 60
            assert said(server, "whip_session_opened", key=keys.publish_id) == 2

            url = f"{server.url}/api/v1/sessions/{keys.session.id}"
            async with aiohttp.ClientSession() as http:
                headers = {"Authorization": f"Bearer {await integrator(server)}"}
                revoked = await http.delete(f"{url}/stream-keys/{keys.publish_id}", headers=headers)
                assert revoked.status == 204
                assert await tracks(server, keys) == [], "at once"
                listed = await http.get(f"{url}/stream-keys", headers=headers)
                assert [key["use"] for key in (await listed.json())["items"]] == ["watch"]
                assert (await http.post(f"{url}/end", headers=headers)).status == 204
            assert said(server, "whip_session_closed", reason="revoked") == 1
            second.kill()

    recordings = sorted((server.settings().sessions_dir / keys.session.id / "rec").iterdir())
    assert [folder.name for folder in recordings] == ["1"], "one recording, which went on"
    lines = [json.loads(line) for line in (recordings[0] / "manifest.jsonl").read_text().splitlines()]
    recorded = {line["track"] for line in lines if "track" in line}
    assert len(recorded) == 4, "picture and sound of both lives of the encoder"


async def integrator(server: Server) -> str:
    """An API key that runs sessions."""
    async with built(server.settings()) as services:
        org = await services.accounts.org()
        admin = Principal(org_id=org.id, subject_id="test", permissions=frozenset())
        return (await services.accounts.create_api_key(admin, "test", ["sessions:read", "sessions:write"]))[1]
