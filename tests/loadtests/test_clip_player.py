"""The publisher's clock: the clip goes out whole, keyframes come when asked for, bursts are paced."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loadtests.sfu.clip import FPS, Clip, VideoFrame
from loadtests.sfu.clip_player import (
    BURST_S,
    KEYFRAME_INTERVAL_S,
    MAX_PAYLOAD_BYTES,
    PACING_FACTOR,
    ClipPlayer,
    MediaPacket,
    packetise,
)
from loadtests.sfu.codecs import AUDIO, VIDEO
from streaming.rtp.keyframe import starts_keyframe

KEY = VideoFrame(b"\x00" + bytes(30_000), is_keyframe=True)
DELTA = VideoFrame(b"\x01" + bytes(5_000), is_keyframe=False)
CLIP = Clip((KEY, *[DELTA] * 49) * 2, tuple(bytes(60 + n) for n in range(50)))


def play(player: ClipPlayer, until: float) -> list[tuple[float, MediaPacket]]:
    """Everything with its time, woken only at deadlines."""
    sent: list[tuple[float, MediaPacket]] = []
    while (now := player.next_deadline()) < until:
        sent += [(now, packet) for packet in player.poll(now + 1e-9)]
    return sent


@given(st.binary(min_size=1, max_size=40_000), st.integers(0, 1 << 20), st.integers(20, 1400))
def test_packets_put_together_are_the_frame(frame: bytes, picture_id: int, limit: int) -> None:
    payloads = packetise(frame, picture_id, limit)
    assert b"".join(payload[4:] for payload in payloads) == frame
    assert max(map(len, payloads)) <= limit
    assert max(map(len, payloads)) - min(map(len, payloads)) <= 1
    assert [payload[0] & 0x10 != 0 for payload in payloads] == [True] + [False] * (len(payloads) - 1)


def test_a_keyframe_is_seen_as_one_by_the_server() -> None:
    assert starts_keyframe("VP8", packetise(KEY.data, 7)[0])
    assert not starts_keyframe("VP8", packetise(KEY.data, 7)[1])
    assert not starts_keyframe("VP8", packetise(DELTA.data, 7)[0])


def test_plays_at_the_speed_of_the_clip() -> None:
    sent = play(ClipPlayer(CLIP, 100.0), 104.0)
    sounds = [packet for _, packet in sent if packet.stream == AUDIO]
    pictures = [packet for _, packet in sent if packet.stream == VIDEO and packet.marker]
    assert len(sounds) == 200
    assert abs(len(pictures) - 4 * FPS) <= 4  # a keyframe may still wait in the pacer
    assert {b.timestamp - a.timestamp for a, b in pairwise(sounds)} == {960}
    assert {b.timestamp - a.timestamp for a, b in pairwise(pictures)} == {3600}


def test_bursts_are_paced() -> None:
    sent = play(ClipPlayer(CLIP, 0.0), 4.0)
    rate = PACING_FACTOR * CLIP.video_bps / 8
    video = [(at, len(packet.payload)) for at, packet in sent if packet.stream == VIDEO]
    for number, (began, _) in enumerate(video):
        window = sum(size for at, size in video[number:] if at < began + 0.03)
        assert window <= rate * (0.03 + BURST_S) + MAX_PAYLOAD_BYTES


def test_a_request_is_answered_by_the_next_picture() -> None:
    player = ClipPlayer(CLIP, 0.0)
    before = play(player, 0.5)
    player.request_keyframe()
    after = play(player, 1.0)
    assert sum(packet.starts_keyframe for _, packet in before) == 1
    assert next(p for _, p in after if p.stream == VIDEO and p.payload[0] & 0x10).starts_keyframe
    assert sum(packet.ends_keyframe for _, packet in after) == 1


def test_a_storm_of_requests_makes_few_keyframes() -> None:
    player = ClipPlayer(CLIP, 0.0)
    keyframes, now = 0, 0.0
    while now < 3.0:
        player.request_keyframe()
        now = player.next_deadline()
        keyframes += sum(packet.starts_keyframe for packet in player.poll(now + 1e-9))
    assert 5 <= keyframes <= 3.0 / KEYFRAME_INTERVAL_S + 1


def test_the_clip_begins_again() -> None:
    sent = play(ClipPlayer(CLIP, 0.0, first_frame=60), 5.0)
    assert sum(packet.starts_keyframe for _, packet in sent) == 3  # frames 0 (after 60), 50, 100
