"""On stage without a browser: aiortc sends a small picture and a tone that a script makes loud."""

import asyncio
import fractions
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
import socketio
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from tests.scripted_lesson.class_client import ClassClient, class_client
from tests.streaming.media_process import new_peer

WIDTH, HEIGHT, PICTURES_PER_S = 160, 90, 5
SAMPLE_RATE, SAMPLES = 48_000, 960
LOUD, QUIET = 9_000, 12


class Picture(MediaStreamTrack):
    """One colour per puppet, with a bar that moves."""

    kind = "video"

    def __init__(self, number: int) -> None:
        super().__init__()
        self._colour = np.array(
            [(40 + 53 * number) % 200, (90 + 97 * number) % 200, (140 + 31 * number) % 200]
        )
        self._at = 0

    async def recv(self) -> av.VideoFrame:
        """See aiortc."""
        await asyncio.sleep(1 / PICTURES_PER_S)
        picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        picture[:] = self._colour
        left = self._at * 8 % (WIDTH - 16)
        picture[60:75, left : left + 16] = 230
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = self._at * 90_000 // PICTURES_PER_S
        frame.time_base = fractions.Fraction(1, 90_000)
        self._at += 1
        return frame


class Tone(MediaStreamTrack):
    """A tone, quiet until it is made loud."""

    kind = "audio"

    def __init__(self, hz: int = 440) -> None:
        super().__init__()
        self._hz = hz
        self.loudness = QUIET
        self._at = 0
        self._began: float | None = None

    async def recv(self) -> av.AudioFrame:
        """See aiortc."""
        loop = asyncio.get_running_loop()
        self._began = loop.time() if self._began is None else self._began
        await asyncio.sleep(self._began + self._at / SAMPLE_RATE - loop.time())
        wave = np.sin(np.arange(self._at, self._at + SAMPLES) * (2 * np.pi * self._hz / SAMPLE_RATE))
        frame = av.AudioFrame.from_ndarray(
            (wave * self.loudness).astype(np.int16).reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._at
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        self._at += SAMPLES
        return frame


@dataclass(slots=True)
class Puppet:
    """One of them. It does not obey: whatever it is told, it goes on sending."""

    name: str
    in_class: ClassClient
    signal: socketio.AsyncClient
    pc: RTCPeerConnection
    tone: Tone
    picture: Picture
    mids: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """As participant."""
        return self.in_class.participant_id

    async def send(self) -> None:
        """Offer, connect, and say that both sources are on."""
        for track, codec in ((self.tone, "opus"), (self.picture, "VP8")):
            transceiver = self.pc.addTransceiver(track, direction="sendonly")
            known = RTCRtpSender.getCapabilities(track.kind).codecs
            transceiver.setCodecPreferences([c for c in known if c.name in {codec, "rtx"}])
        await self.pc.setLocalDescription(await self.pc.createOffer())
        mic, camera = (str(t.mid) for t in self.pc.getTransceivers())
        self.mids = {"mic": mic, "camera": camera}
        offer = {"sdp": self.pc.localDescription.sdp, "sources": {mic: "mic", camera: "camera"}}
        answer = await self.say("offer", offer)
        assert "sdp" in answer, answer
        await self.pc.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
        for source in ("mic", "camera"):
            await self.say("source", {"source": source, "active": True})

    async def say(self, event: str, data: dict[str, Any]) -> dict[str, Any]:
        """Say something on `/signal`."""
        answer: dict[str, Any] = await self.signal.call(event, data, namespace="/signal", timeout=15)
        return answer

    def speak(self, *, loud: bool) -> None:
        """From the next 20 ms on."""
        self.tone.loudness = LOUD if loud else QUIET


@asynccontextmanager
async def puppet(url: str, token: str, name: str, number: int, hz: int = 440) -> AsyncIterator[Puppet]:
    """Somebody who is in the class, and sends nothing yet."""
    async with class_client(url, token) as in_class:
        signal = socketio.AsyncClient(reconnection=False)
        await signal.connect(
            url,
            transports=["websocket"],
            namespaces=["/signal"],
            auth={"token": in_class.token},
            wait_timeout=30,
        )
        pc = new_peer()
        try:
            yield Puppet(name, in_class, signal, pc, Tone(hz), Picture(number))
        finally:
            await pc.close()
            await signal.disconnect()
            await signal.shutdown()
