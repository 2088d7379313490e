"""Target: the two implementations of the hot path say the same to whatever comes in.

An input is cut into packets by a length byte; of each packet the first bytes choose lanes and damage.
Without the compiled twin (`script/build-twin`) there is nothing to compare with.
"""

from collections.abc import Iterable, Iterator

from streaming.control.extensions import ABS_SEND_TIME, AUDIO_LEVEL, COLOR_SPACE
from streaming.forwarding.hot_path import Path
from streaming.rtp import packet as rtp
from streaming.rtp.packet_ring import ForwardPacket
from streaming.srtp import GcmKeys, GcmSender
from tests.fuzz.target import Target
from tests.streaming.forwarding.implementations import PYTHON, Implementation, twin_or_none

_KEYS = GcmKeys.derive(bytes(range(16)), bytes(range(50, 62)))
_HEADER = 6
_PATH: Path = (0, ("192.0.2.1", 9))
_URIS = (AUDIO_LEVEL, COLOR_SPACE, "urn:unknown")


def _packets(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 1 + _HEADER <= len(data):
        size = data[at]
        yield data[at + 1 : at + 1 + _HEADER], data[at + 1 + _HEADER : at + 1 + size]
        at += 1 + max(size, _HEADER)


def _forwarded(hot: Implementation, choice: bytes, packet: rtp.RtpPacket) -> list[tuple[Path, bytes]]:
    ids = {AUDIO_LEVEL: 1 + choice[0] % 20, ABS_SEND_TIME: 3} if choice[0] & 1 else {COLOR_SPACE: 5}
    lane = hot.new_lane(packet.ssrc, "m" * (choice[1] % 17), choice[1] % 16 or None, ids, repeats=True)
    lane.path = _PATH
    lane.payload_type = choice[2] & 0x7F
    lane.seq_offset = choice[3] << 12
    lane.timestamp_offset = choice[4] << 25
    lane.picture_id_offset = choice[5] * 301
    lane.tl0_pic_idx_offset = choice[5]
    lane.protect_with(GcmSender(_KEYS))
    size = len(packet.payload)
    extensions = tuple((_URIS[number % 3], value) for number, value in packet.extensions)
    source = ForwardPacket(
        packet.seq16,
        packet.timestamp,
        packet.marker,
        extensions,
        packet.payload,
        1.5,
        choice[2] % size - 1 if size > 3 else -1,
        choice[4] % size - 1 if size > 3 else -1,
    )
    batch = hot.new_batch()
    hot.forward(source, (lane,), batch, 2.5)
    return list(batch.pairs())


def same_words(data: bytes) -> None:
    """Parsing, opening and forwarding: byte for byte what Python does."""
    compiled = twin_or_none()
    if compiled is None:
        return
    receivers = [hot.new_receiver(_KEYS, 4) for hot in (PYTHON, compiled)]
    for choice, packet in _packets(data):
        parsed = PYTHON.parse(packet)
        assert compiled.parse(packet) == parsed
        sealed = packet
        length = rtp.header_length(packet)
        if length is not None and choice[0] < 200:  # else: nobody's key
            ssrc, index = int.from_bytes(packet[8:12], "big"), int.from_bytes(packet[2:4], "big")
            protected = GcmSender(_KEYS).protect_rtp(packet[:length], packet[length:], ssrc, index)
            assert protected is not None
            sealed = protected[: len(protected) - choice[0] % 3]
        opened = [receiver.unprotect_rtp(sealed) for receiver in receivers]
        assert opened[0] == opened[1]
        if parsed is not None:
            assert _forwarded(PYTHON, choice, parsed) == _forwarded(compiled, choice, parsed)


def _seeds() -> Iterable[bytes]:
    def part(choice: bytes, packet: bytes) -> bytes:
        return bytes((_HEADER + len(packet),)) + choice + packet

    video = rtp.build(rtp.RtpPacket(True, 96, 7, 8, 9, ((4, b"0"), (1, b"\x85")), b"\x90\x80\x81\x20key"))
    sound = rtp.build(rtp.RtpPacket(False, 111, 65535, 1 << 31, 9, ((20, b"0"), (200, bytes(20))), b"sound"))
    yield part(bytes(6), video) + part(bytes((1, 2, 3, 4, 5, 6)), sound)
    yield part(bytes((3, 255, 4, 255, 3, 255)), video) * 3
    yield part(bytes((250, 0, 0, 0, 0, 0)), sound) + part(bytes(6), video[:11])


TARGETS = (Target("twins", same_words, _seeds),)
