"""Plays a clip as RTP, as a browser does: frames cut into even packets, bursts paced, PLI obeyed. Pure."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from loadtests.sfu.clip import FPS, OPUS_FRAME_S, Clip
from loadtests.sfu.codecs import AUDIO, VIDEO

MAX_PAYLOAD_BYTES: Final = 1150
PACING_FACTOR: Final = 2.5
BURST_S: Final = 0.04
"""libwebrtc sends a usual frame at once, and spreads what exceeds 40 ms at 2.5 times the bit rate."""
KEYFRAME_INTERVAL_S: Final = 0.3
"""libwebrtc's encoder makes no two keyframes in less time, however often it is asked."""
_DESCRIPTOR_BYTES: Final = 4
_VIDEO_TICKS: Final = 90_000 // FPS
_AUDIO_TICKS: Final = round(48_000 * OPUS_FRAME_S)


@dataclass(frozen=True, slots=True)
class MediaPacket:
    """What goes into one RTP packet. `starts_keyframe` and `ends_keyframe` are about pictures."""

    stream: int
    timestamp: int
    marker: bool
    payload: bytes
    starts_keyframe: bool = False
    ends_keyframe: bool = False


def packetise(frame: bytes, picture_id: int, limit: int = MAX_PAYLOAD_BYTES) -> list[bytes]:
    """RFC 7741 payloads of one VP8 frame, as even in size as possible; 15-bit `picture_id`, one partition."""
    room = limit - _DESCRIPTOR_BYTES
    count = max(1, -(-len(frame) // room))
    share, longer = divmod(len(frame), count)
    wide_id = (0x8000 | picture_id & 0x7FFF).to_bytes(2, "big")
    payloads, at = [], 0
    for number in range(count):
        end = at + share + (number >= count - longer)
        first = 0x90 if number == 0 else 0x80  # X, and S on the first
        payloads.append(bytes((first, 0x80)) + wide_id + frame[at:end])
        at = end
    return payloads


class ClipPlayer:
    """One publisher's clock. Drain contract: at `next_deadline()` call `poll`, send what it returns."""

    def __init__(self, clip: Clip, start: float, *, first_frame: int = 0) -> None:
        """`start` is monotonic seconds; `first_frame` sets publishers apart (the next keyframe from it)."""
        self._clip = clip
        self._start = start
        self._frame = clip.next_keyframe(first_frame)
        self._sound = first_frame % len(clip.sound)
        self._pictures = 0
        self._sounds = 0
        self._wants_keyframe = False
        self._keyframe_at = start
        self._queue: deque[MediaPacket] = deque()
        self._rate = PACING_FACTOR * clip.video_bps / 8
        self._budget = self._rate * BURST_S
        self._budget_at = start

    def request_keyframe(self) -> None:
        """The next picture will be a keyframe."""
        self._wants_keyframe = True

    def next_deadline(self) -> float:
        """Monotonic seconds."""
        due = min(self._picture_due(), self._start + self._sounds * OPUS_FRAME_S)
        if self._queue:
            due = min(due, self._budget_at + max(0.0, -self._budget / self._rate))
        return due

    def poll(self, now: float) -> list[MediaPacket]:
        """All that is due."""
        due: list[MediaPacket] = []
        while self._start + self._sounds * OPUS_FRAME_S <= now:
            payload = self._clip.sound[self._sound % len(self._clip.sound)]
            due.append(MediaPacket(AUDIO, self._sounds * _AUDIO_TICKS, marker=False, payload=payload))
            self._sound += 1
            self._sounds += 1
        while self._picture_due() <= now:
            self._capture()
        self._budget = min(self._rate * BURST_S, self._budget + self._rate * (now - self._budget_at))
        self._budget_at = now
        while self._queue and self._budget >= 0:
            packet = self._queue.popleft()
            self._budget -= len(packet.payload)
            due.append(packet)
        return due

    def _picture_due(self) -> float:
        return self._start + self._pictures / FPS

    def _capture(self) -> None:
        at = self._picture_due()
        if self._wants_keyframe and at - self._keyframe_at >= KEYFRAME_INTERVAL_S:
            self._frame = self._clip.next_keyframe(self._frame)
        frame = self._clip.video[self._frame]
        if frame.is_keyframe:
            self._keyframe_at = at
            self._wants_keyframe = False
        self._frame = (self._frame + 1) % len(self._clip.video)
        payloads = packetise(frame.data, self._pictures)
        for number, payload in enumerate(payloads):
            is_last = number == len(payloads) - 1
            self._queue.append(
                MediaPacket(
                    VIDEO,
                    self._pictures * _VIDEO_TICKS,
                    is_last,
                    payload,
                    starts_keyframe=frame.is_keyframe and number == 0,
                    ends_keyframe=frame.is_keyframe and is_last,
                )
            )
        self._pictures += 1
