"""The doctor tells what is wrong with the ways of media, by the real thing where there is one."""

import asyncio
import socket
from pathlib import Path

import pytest

from lectern.app.media_doctor import announced_addresses, media_nodes, media_tcp, turn
from lectern.app.settings import Settings
from tests.installation import settings_of
from tests.streaming.media_process import media_process, started_media_process
from tests.streaming.socket_peer import SocketPeer, candidate_of
from tests.turn_server import SECRET, turn_server


@pytest.mark.parametrize(
    ("others", "good", "word"),
    [
        ({}, True, ""),
        ({"host": "192.0.2.1", "media_public_ips": "media.example.com"}, False, "no names"),
        ({"host": "192.0.2.1", "media_public_ips": "0.0.0.0"}, False, "outer address"),
        ({"host": "192.0.2.1", "media_public_ips": "169.254.1.1"}, False, "outer address"),
        ({"host": "192.0.2.1", "media_public_ips": "127.0.0.1"}, False, "this machine alone"),
        (
            {"host": "10.0.0.5", "public_url": "https://1.1.1.1"},
            False,
            "LECTERN_MEDIA_PUBLIC_IPS",
        ),
        ({"host": "10.0.0.5", "public_url": "https://lectern.intranet"}, True, ""),
        ({"host": "10.0.0.5", "public_url": "https://1.1.1.1", "media_public_ips": "1.1.1.1"}, True, ""),
    ],
)
async def test_announced_addresses(tmp_path: Path, others: dict[str, str], good: bool, word: str) -> None:
    finding = await announced_addresses(settings_of(tmp_path, **others))
    assert (finding.good, word in finding.remedy) == (good, True)


@pytest.mark.services
async def test_a_real_turn_server_and_what_may_be_wrong_with_it(tmp_path: Path) -> None:
    async with turn_server() as server:
        urls = ",".join(server.urls)
        right = await turn(settings_of(tmp_path, turn_urls=urls, turn_secret=SECRET))
        assert right.good
        wrong = await turn(settings_of(tmp_path, turn_urls=urls, turn_secret="not that"))
        assert "static-auth-secret" in wrong.remedy
    gone = await turn(settings_of(tmp_path, turn_urls=server.urls[1], turn_secret=SECRET))
    assert "cannot be reached" in gone.remedy
    assert (await turn(settings_of(tmp_path))).good


async def test_the_media_port_over_tcp_free_ours_and_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        taken = _settings(tmp_path, foreign.getsockname()[1])
        foreign.settimeout(20)
        finding = await media_tcp(taken)
        assert not finding.good
        assert "LECTERN_MEDIA_PORT" in finding.remedy
    assert "free" in (await media_tcp(taken)).what
    async with media_process() as media:
        local = await SocketPeer(media, "pub", "publish").negotiate()
        async with asyncio.timeout(30):
            assert "in use" in (await media_tcp(_settings(tmp_path, candidate_of(local, "tcp")[1]))).what
    assert "switched off" in (await media_tcp(settings_of(tmp_path, media_tcp=False))).what


def _settings(data: Path, port: int) -> Settings:
    return settings_of(data, media_port=port)


async def test_media_processes_that_run_by_themselves(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lectern.app.media_doctor._CONNECT_S", 0.2)
    folder = tmp_path_factory.mktemp("m")
    settings = settings_of(folder, media_nodes=f"{folder}/media1")
    missing = await media_nodes(settings)
    assert not missing.good
    assert "LECTERN_MEDIA_NODES" in missing.remedy
    async with started_media_process(folder / "media1"):
        monkeypatch.setattr("lectern.app.media_doctor._CONNECT_S", 20.0)
        found = await media_nodes(settings)
        assert (found.good, found.what) == (True, "Media processes that run by themselves: 1 answer")
        assert (await media_tcp(settings)).good
