"""A lesson that is recorded over a bad network, in virtual time, and looked at afterwards through its replay.

Everything between is real: encoders, SRTP, the forwarding plane with NACK and retransmission, recorder and
packager. The presenter's pictures carry a number and the sound beeps at every full second
(`tests.media_pattern`), so what is missing, and how far sound and picture are apart, can be told from the
replay alone.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import ClassVar, Final

import numpy as np
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder

from lectern.manifest import RecordingStarted, Replay, ReplayGap
from recording.durable_folder import DurableFolder
from recording.packager import Packager
from recording.room_recorder import PacketArrived, ReportArrived, RoomRecorder, TrackClosed, TrackOpened
from recording.tap import CUT_S, DRAIN_S
from streaming.control import messages as m
from streaming.control.messages import Kind, Source
from streaming.guarded_tap import GuardedTap
from tests.media_pattern import BEEP_S, beep_onsets, picture, sound_frame
from tests.recording.replay_reader import Heard, read_pictures, read_sound
from tests.streaming.forwarding.world import ROOM
from tests.streaming.network.emulator import Conditions
from tests.streaming.network.publisher import (
    PACING_FACTOR,
    PACKET_BYTES,
    PICTURES_PER_S,
    Sending,
    VirtualCamera,
    VirtualPublisher,
)
from tests.streaming.network.world import NetworkPeer, NetworkWorld

ZERO_S: Final = 100.0
"""Virtual time at which picture 0 and the first sample are taken."""
FRAME_S: Final = 1 / PICTURES_PER_S
UTC_MS: Final = 1_795_312_800_000


class PatternCamera(VirtualCamera):
    """Encodes the numbered picture of the moment."""

    def picture(self) -> None:
        """See `VirtualCamera`."""
        if self.stopped:
            return
        world = self.stream.world
        number = round((world.now - ZERO_S) * PICTURES_PER_S)
        frame = picture(number)
        frame.pts, frame.time_base = number, Fraction(1, PICTURES_PER_S)
        is_key, self.wants_key = self.wants_key, False
        payloads, _ = self._encoder().encode(frame, force_keyframe=is_key)
        self.pictures += 1
        timestamp = int(world.now * 90_000)
        gap_s = 8 * PACKET_BYTES / (PACING_FACTOR * self.bitrate_bps)
        for part, payload in enumerate(payloads):
            last = part == len(payloads) - 1
            world.at(world.now + part * gap_s, Sending(self, timestamp, payload, last))

    def _encoder(self) -> Vp8Encoder:
        if self.pictures == 0:
            _encoders[id(self)] = Vp8Encoder()
        return _encoders[id(self)]


_encoders: dict[int, Vp8Encoder] = {}


class LossyWorld(NetworkWorld):
    """Whoever enters has this weather from the moment when they are connected, and begins with a picture."""

    def __init__(self, seed: int, weather: Conditions) -> None:
        super().__init__(seed)
        self._weather = weather

    def enter(self, name: str, *media: m.MediaSection, answers: bool = True) -> NetworkPeer:
        """See `NetworkWorld`."""
        peer = super().enter(name, *media, answers=answers)
        peer.bad_weather(up=self._weather, down=self._weather)
        self.advance(-(self.now - ZERO_S) % FRAME_S)
        return peer


class PatternPublisher(VirtualPublisher):
    """A presenter whose camera and microphone send the pattern until `gone`."""

    Camera: ClassVar[type[VirtualCamera]] = PatternCamera

    def __init__(self, world: NetworkWorld) -> None:
        self.gone = False
        self._opus = OpusEncoder()
        super().__init__(world, "presenter")

    def leave(self) -> None:
        """The browser is closed: nothing is sent any more, and the server hears of it."""
        self.gone = self.camera.stopped = True
        self.world.plane.close_transport(self.peer.name)

    def voice(self) -> bytes:
        """See `VirtualPublisher`."""
        frame = sound_frame(round((self.world.now - ZERO_S) * 48_000))
        frame.time_base = Fraction(1, 48_000)
        payloads, _ = self._opus.encode(frame)
        return payloads[0]

    def _speak(self) -> None:
        if not self.gone:
            super()._speak()

    def _report(self) -> None:
        if not self.gone:
            super()._report()


class VirtualTap:
    """The recorder's thread, in virtual time: looks every `DRAIN_S`, cuts every `CUT_S`."""

    def __init__(self, world: NetworkWorld, directory: Path) -> None:
        self.packets: dict[str, int] = {}
        self._world = world
        self._room = RoomRecorder(world.now)
        self._folder = DurableFolder(directory)
        self._folder.add([RecordingStarted(session_ms=0, utc_ms=UTC_MS)])
        world.every(DRAIN_S, self._ask)
        world.every(CUT_S, self._cut)

    def on_track(  # noqa: PLR0917 - as streaming.tap.Tap
        self,
        track: str,
        source: Source,
        kind: Kind,
        codec: str,
        clock_rate: int,
        participant: str,
        group: str = "",
        /,
    ) -> None:
        """See `streaming.tap.Tap`."""
        opened = TrackOpened(track, source, kind, codec, clock_rate, participant, self._world.now, group)
        self._room.receive(opened)

    def on_rtp(self, track: str, packet: bytes, arrival_s: float, /) -> None:
        """See `streaming.tap.Tap`."""
        self.packets[track] = self.packets.get(track, 0) + 1
        self._room.receive(PacketArrived(track, packet, arrival_s))

    def on_sender_report(self, track: str, ntp_s: float, rtp_ts: int, /) -> None:
        """See `streaming.tap.Tap`."""
        self._room.receive(ReportArrived(track, ntp_s, rtp_ts))

    def on_track_end(self, track: str, /) -> None:
        """See `streaming.tap.Tap`."""
        self._room.receive(TrackClosed(track, self._world.now))

    async def close(self) -> None:
        """See `streaming.tap.Tap`."""

    def end(self) -> None:
        """The lesson is over."""
        self._folder.add(self._room.cut(self._world.now, last=True))
        self._folder.write()
        self._folder.close()

    def _ask(self) -> None:
        for track in self._room.keyframes_wanted(self._world.now):
            self._world.plane.request_keyframe(track)

    def _cut(self) -> None:
        self._folder.add(self._room.cut(self._world.now))
        self._folder.write()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a viewer of the replay finds.

    `offsets_ms` is by how much sound is behind the picture, at every beep that can be told. `jumps` are the
    stretches (seconds of the lesson) of which no picture is there, `silences` those without sound. `away` is
    when the presenter was gone.
    """

    replay: Replay
    offsets_ms: tuple[float, ...]
    jumps: tuple[tuple[float, float], ...]
    silences: tuple[tuple[float, float], ...]
    away: tuple[tuple[float, float], ...]
    sound_packets_lost: int

    @property
    def worst_offset_ms(self) -> float:
        """The largest distance between sound and picture."""
        return max(abs(offset) for offset in self.offsets_ms)

    def untold(self, source: Source, tolerance_s: float = 0.1) -> list[tuple[float, float]]:
        """What is missing of a source and not explained by a gap of the replay, nor by absence."""
        told = [(gap.from_ms / 1000, gap.to_ms / 1000) for gap in self.gaps(source)] + list(self.away)
        missing = self.silences if source == "mic" else self.jumps
        return [
            (start, end)
            for start, end in missing
            if not any(a - tolerance_s <= start and end <= b + tolerance_s for a, b in told)
        ]

    def gaps(self, source: Source) -> list[ReplayGap]:
        """What the replay says is missing of a source."""
        return [gap for gap in self.replay.gaps if gap.source == source]


def hold(session: Path, *, seed: int, seconds: float, loss: float) -> Seen:
    """Record `seconds` of a lesson in `session`, with two reconnects on the way, and look at its replay.

    At a third of it the presenter's network is away for three seconds and comes back; at two thirds the
    browser is closed, and another one joins two seconds later.
    """
    weather = Conditions(delay_s=0.05, jitter_s=0.02, loss=loss)
    world = LossyWorld(seed, weather)
    assert world.now == ZERO_S
    tap = VirtualTap(world, session / "rec" / "1")
    world.plane.start_recording(ROOM, GuardedTap(tap, _raise))
    presenter = PatternPublisher(world)
    world.advance(seconds / 3)
    presenter.peer.bad_weather(up=Conditions(loss=1.0), down=Conditions(loss=1.0))
    world.advance(3.0)
    presenter.peer.bad_weather(up=weather, down=weather)
    world.advance(seconds / 3 - 3.0)
    presenter.leave()
    left_s = world.now - ZERO_S
    world.advance(2.0)
    presenter_again = PatternPublisher(world)
    back_s = world.now - ZERO_S
    world.advance(seconds / 3 - 2.0)
    sent = presenter.sound.packets + presenter_again.sound.packets
    presenter_again.leave()
    world.advance(1.0)
    tap.end()
    _encoders.clear()
    packager = Packager(session)
    replay = packager.finish()
    pictures = read_pictures(session / "hls" / "program.m3u8")
    heard = read_sound(session / "hls" / "program.m3u8")
    return Seen(
        replay=replay,
        offsets_ms=tuple(_offsets(pictures, heard)),
        jumps=tuple(_jumps(pictures)),
        silences=tuple(_silences(heard)),
        away=((left_s - 0.3, back_s + 1.0), (seconds - 0.5, seconds + 2.0)),
        sound_packets_lost=sent - sum(n for track, n in tap.packets.items() if track.endswith(":1")),
    )


def _raise(error: Exception) -> None:
    raise error


def _offsets(pictures: list[tuple[float, int | None]], heard: Heard) -> list[float]:
    """How much later a beep is heard than the picture of its second is seen, in ms.

    Not of a beep whose beginning is lost: it seems to come late.
    """
    lost = _silences(heard)
    shown: dict[int, float] = {}
    for at_s, number in pictures:
        if number is not None:
            shown.setdefault(number, at_s)
    found = []
    for onset in beep_onsets(heard.samples):
        heard_s = heard.start_s + onset
        if any(start <= heard_s <= end + BEEP_S for start, end in lost):
            continue
        near = [
            heard_s - at_s
            for number, at_s in shown.items()
            if number % PICTURES_PER_S == 0 and abs(at_s - heard_s) < 0.4
        ]
        if near:
            found.append(1000 * min(near, key=abs))
    return found


def _jumps(pictures: list[tuple[float, int | None]]) -> list[tuple[float, float]]:
    """Where the pictures' numbers leave something out, in seconds of the replay."""
    seen = [(at_s, number) for at_s, number in pictures if number is not None]
    found = []
    for (before_s, before), (after_s, after) in pairwise(seen):
        if after - before > 1:
            found.append((before_s + FRAME_S, after_s))
    return found


def _silences(heard: Heard) -> list[tuple[float, float]]:
    """Where even the soft tone is missing for 15 ms or longer."""
    step = 240
    count = len(heard.samples) // step
    level = np.abs(heard.samples[: count * step]).reshape(count, step).max(axis=1)
    quiet = np.flatnonzero(level < 0.01)
    found: list[tuple[float, float]] = []
    for index in quiet:
        start = heard.start_s + float(index) * step / 48_000
        if found and start - found[-1][1] < 0.006:
            found[-1] = (found[-1][0], start + step / 48_000)
        else:
            found.append((start, start + step / 48_000))
    return [(start, end) for start, end in found if end - start >= 0.015]


def usual_offset_ms(seen: Seen) -> float:
    """The median of the offsets: what the codecs' own delays are."""
    return median(seen.offsets_ms)


__all__ = ["BEEP_S", "Seen", "hold", "usual_offset_ms"]
