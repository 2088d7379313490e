"""Plain aiortc peers publish and decode through the real media process over real UDP."""

import asyncio
import fractions
from itertools import pairwise

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender
from aiortc.mediastreams import MediaStreamError

from streaming.control import messages as m
from tests.streaming.media_process import Media, media_process, new_peer

WIDTH, HEIGHT, RATE = 320, 180, 20
BITS = 12
BLOCK = WIDTH // BITS


class CounterTrack(MediaStreamTrack):
    """Each picture carries its number as black and white blocks."""

    kind = "video"

    def __init__(self, number: int = 0, rate: int = RATE, made: list[int] | None = None) -> None:
        super().__init__()
        self.rate = rate
        self._made = [number] if made is None else made

    @property
    def number(self) -> int:
        """Of the next picture."""
        return self._made[0]

    def successor(self) -> "CounterTrack":
        """Another track that goes on counting. While both are drawn they share their numbers: a later
        picture has the greater one, whichever track it is of."""
        return CounterTrack(rate=self.rate, made=self._made)

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(1 / self.rate)
        number, self._made[0] = self.number, self.number + 1
        picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        for bit in range(BITS):
            picture[40:140, bit * BLOCK : (bit + 1) * BLOCK] = 235 if number >> bit & 1 else 20
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number * 90000 // self.rate
        frame.time_base = fractions.Fraction(1, 90000)
        return frame


def read_counter(frame: av.VideoFrame) -> int:
    """The number in a decoded picture."""
    grey = frame.to_ndarray(format="gray")
    return sum(
        1 << bit for bit in range(BITS) if grey[60:120, bit * BLOCK + 6 : (bit + 1) * BLOCK - 6].mean() > 128
    )


async def counters(track: MediaStreamTrack, count: int, timeout: float) -> list[int]:
    """The numbers of the next pictures."""
    found: list[int] = []
    try:
        async with asyncio.timeout(timeout):
            while len(found) < count:
                frame = await track.recv()
                assert isinstance(frame, av.VideoFrame)
                found.append(read_counter(frame))
    except (TimeoutError, MediaStreamError):
        pass
    return found


async def publish(media: Media, transport: str, codec: str = "H264") -> tuple[RTCPeerConnection, str]:
    """A publisher with a counter; returns it and its track."""
    pc = new_peer()
    before = len(media.tracks())
    pc.addTrack(CounterTrack())
    known = RTCRtpSender.getCapabilities("video").codecs
    pc.getTransceivers()[0].setCodecPreferences([c for c in known if c.name in {codec, "rtx"}])
    await media.connect_peer(transport, pc)
    await media.wait_for(m.TrackStarted, before + 1)
    return pc, media.tracks()[-1].track


async def subscribe(media: Media, transport: str, track: str) -> tuple[RTCPeerConnection, MediaStreamTrack]:
    """A viewer with one video slot."""
    pc = new_peer()
    transceiver = pc.addTransceiver("video", direction="recvonly")
    await media.connect_peer(transport, pc)
    await media.client.set_routes(m.Route(transport, transceiver.mid or "", track))
    return pc, transceiver.receiver.track


@pytest.mark.timeout(60)
@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_decodes_what_was_published_in_order(codec: str) -> None:
    async with media_process() as media:
        publisher, track = await publish(media, "pub", codec)
        assert media.tracks()[0].codec == codec
        viewer, received = await subscribe(media, "view", track)
        late, late_received = None, None
        try:
            numbers = await counters(received, 50, 20)
            assert len(numbers) == 50
            assert all(a < b for a, b in pairwise(numbers))
            assert numbers[-1] - numbers[0] < 2 * len(numbers)
            late, late_received = await subscribe(media, "late", track)
            late_numbers = await counters(late_received, 20, 15)
            assert len(late_numbers) == 20
            assert late_numbers[0] >= numbers[0]
            assert late_numbers == sorted(late_numbers)
            slot = await media.slot("late", "0")
            assert slot.packets > 20
        finally:
            for pc in (publisher, viewer, late):
                if pc is not None:
                    await pc.close()
        await media.wait_for(m.TrackStopped)


@pytest.mark.timeout(60)
async def test_a_slot_changes_its_source_without_a_seam() -> None:
    async with media_process() as media:
        first, first_track = await publish(media, "first")
        second, second_track = await publish(media, "second")
        viewer, received = await subscribe(media, "view", first_track)
        try:
            assert len(await counters(received, 15, 15)) == 15
            await media.client.set_routes(m.Route("view", "0", second_track))
            before = (await media.slot("view", "0")).packets
            assert len(await counters(received, 30, 15)) == 30
            slot = await media.slot("view", "0")
            assert slot.track == second_track
            assert slot.packets > before + 10
        finally:
            for pc in (first, second, viewer):
                await pc.close()
