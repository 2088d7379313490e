"""A phone walks out of the Wi-Fi: over real interfaces, source address and port change, media goes on."""

import asyncio
import os
import time

import pytest

from streaming.control import messages as m
from tests.streaming.media_process import Media, media_process
from tests.streaming.moving_house import SERVER, phone
from tests.streaming.socket_peer import SocketPeer, candidate_of, udp

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may make network namespaces"),
]


async def _muted_packets(media: Media) -> int:
    stats = await media.client.get_stats()
    found = next(t for t in stats.transports if t.transport == "mouth")
    return sum(track.muted_packets for track in found.tracks)


@pytest.mark.timeout(60)
async def test_media_resumes_within_two_seconds_and_what_was_muted_stays_muted() -> None:
    with phone() as moving:
        async with media_process("--host", SERVER) as media, asyncio.TaskGroup() as group:
            presenter = SocketPeer(media, "presenter", "publish")
            ears, mouth = SocketPeer(media, "ears", "subscribe"), SocketPeer(media, "mouth", "publish")
            watcher = SocketPeer(media, "watcher", "subscribe")
            server = candidate_of(await presenter.negotiate())
            assert server[0] == SERVER
            for peer in (ears, mouth, watcher):
                await peer.negotiate()
            tasks = [group.create_task(peer.run()) for peer in (presenter, ears, mouth, watcher)]
            presenter.use(udp(SERVER), server)
            watcher.use(udp(SERVER), server)
            ears.use(moving.new_socket(), server)
            mouth.use(moving.new_socket(), server)
            await media.wait_for(m.TrackStarted, 2)
            await media.client.set_publishing("mouth", "0", allowed=False)
            routes = (m.Route("ears", "0", "presenter:0"), m.Route("watcher", "0", "mouth:0"))
            await media.client.set_routes(*routes)
            await ears.receive(10)
            muted_before, watched = await _muted_packets(media), len(watcher.received)

            moved_at = time.monotonic()
            await asyncio.to_thread(moving.leave_wifi)
            for peer in (ears, mouth):
                await peer.restart()
                peer.use(moving.new_socket(), server)
            resumed = next(at for at, _ in await ears.receive(30) if at > moved_at + 0.1)
            assert resumed - moved_at < 2.0

            async with asyncio.timeout(10):
                while await _muted_packets(media) < muted_before + 10:
                    await asyncio.sleep(0.05)
            assert len(watcher.received) == watched
            phases = [n.state for n in media.heard if isinstance(n, m.TransportState)]
            assert sorted(phases) == ["connected"] * 4 + ["connecting"] * 4
            for task in tasks:
                task.cancel()
