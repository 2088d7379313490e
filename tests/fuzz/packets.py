"""Targets: datagrams, before and after decryption."""

import struct
from collections.abc import Iterable
from random import Random

from recording.depacketise import make_depacketiser
from recording.rtp_order import RtpPacket as RecordedPacket
from recording.rtp_order import parse_rtp
from streaming.congestion.arrivals import ArrivalRecorder
from streaming.control.codec import FrameError, FrameReader, encode
from streaming.dtls import DtlsEndpoint, DtlsState
from streaming.ice import framing, stun
from streaming.ice.agent import Credentials, IceAgent
from streaming.rtp import packet as rtp
from streaming.rtp import rtcp
from streaming.rtp.demux import kind_of
from streaming.rtp.keyframe import picture_size, starts_keyframe
from streaming.rtp.payload_descriptor import describe
from tests.fuzz.target import Target
from tests.streaming.control.test_codec import EXAMPLES
from tests.streaming.forwarding.world import CLIENT_CONTEXT, SERVER

_CONTEXT = SERVER.context()
_AGENT_CREDENTIALS = Credentials("ours", "p" * 24)
_PEER_CREDENTIALS = Credentials("theirs", "q" * 24)


def stun_message(data: bytes) -> None:
    """Parsing raises nothing; what parses is answered or refused, and the answer parses."""
    message = stun.parse(data)
    if message is None:
        return
    assert isinstance(message.username, str)
    assert not message.is_signed_with(b"another password, never used")
    agent: IceAgent[int] = IceAgent(_AGENT_CREDENTIALS, _PEER_CREDENTIALS, 0.0, Random(1))
    answer = agent.receive_request(message, 1, "192.0.2.1", 5000, 0.0)
    assert answer is None or stun.parse(answer) is not None
    assert not agent.receive_answer(message, 1, 0.0)


def tcp_frames(data: bytes) -> None:
    """However a stream is cut, the same frames come out, or it is refused; little of it is kept."""
    whole, cut = framing.FrameReader(), framing.FrameReader()
    try:
        expected = whole.receive_data(data)
    except framing.FrameTooLong:
        return
    step = 1 + data[0] % 7 if data else 1
    found = [one for at in range(0, len(data), step) for one in cut.receive_data(data[at : at + step])]
    assert found == expected
    assert all(0 < len(one) <= framing.MAX_FRAME_BYTES for one in found)


def _frame_seeds() -> Iterable[bytes]:
    yield framing.frame(b"one") + framing.frame(b"") + framing.frame(bytes(1200)) + b"\x00\x10part"
    yield b"GET / HTTP/1.1\r\n"


def _stun_seeds() -> Iterable[bytes]:
    user = (stun.USERNAME, b"ours:theirs")
    yield stun.build(stun.BINDING_REQUEST, bytes(12), [user, (stun.USE_CANDIDATE, b"")], b"p" * 24)
    yield stun.build(stun.BINDING_REQUEST, bytes(12), [], b"")
    mapped = stun.xor_address("2001:db8::1", 7882, bytes(12))
    yield stun.build(stun.BINDING_SUCCESS, bytes(12), [(stun.XOR_MAPPED_ADDRESS, mapped)], b"p" * 24)


def rtp_packet(data: bytes) -> None:
    """What parses says the same after building and parsing it again; both parsers of RTP agree."""
    kind_of(data)
    packet = rtp.parse(data)
    recorded = parse_rtp(data)
    if packet is None:
        return
    assert recorded is not None
    assert (packet.payload, packet.seq16) == (recorded.payload, recorded.seq)
    again = rtp.parse(rtp.build(packet))
    assert again is not None
    assert (again.payload, again.ssrc, again.marker) == (packet.payload, packet.ssrc, packet.marker)


def _rtp_seeds() -> Iterable[bytes]:
    yield rtp.build(rtp.RtpPacket(True, 96, 7, 8, 9, ((4, b"0"), (1, b"\x85")), b"\x10\x00key"))
    yield rtp.build(rtp.RtpPacket(False, 111, 65535, 1 << 31, 9, ((20, b"0"), (200, bytes(20))), b"sound"))
    yield b"\xa0\x60" + bytes(10) + b"payload\x03\x03\x03"


def header_extensions(data: bytes) -> None:
    """Elements survive building and parsing, in either form of RFC 8285."""
    if len(data) < 4:
        return
    elements = rtp.parse_extensions(data, 0, len(data))
    kept = [(number, value) for number, value in elements if number]
    block = rtp.build_extensions(kept)
    if block:
        assert rtp.parse_extensions(block, 0, len(block)) == tuple(kept)


def _extension_seeds() -> Iterable[bytes]:
    yield rtp.build_extensions([(1, b"\x85"), (4, b"0"), (3, b"abc")])
    yield rtp.build_extensions([(1, b""), (40, b"0" * 30)])


def rtcp_compound(data: bytes) -> None:
    """Nothing raises, and no list is longer than the bytes that it came from."""
    for message in rtcp.parse(data):
        if isinstance(message, rtcp.Nack):
            assert len(message.lost) <= 17 * len(data)


def _rtcp_seeds() -> Iterable[bytes]:
    block = rtcp.ReportBlock(1, 3, -4, 5, 6, 7, 8)
    yield rtcp.build_receiver_report(rtcp.ReceiverReport(9, (block,))) + rtcp.build_cname(9, "name")
    yield rtcp.build_sender_report(rtcp.SenderReport(1, 2 << 32, 3, 4, 5, (block,)))
    yield rtcp.build_nack(1, 2, [5, 6, 30]) + rtcp.build_picture_loss(1, 2)
    yield rtcp.build_full_intra_request(1, 2, 3) + rtcp.build_remb(1, 500_000, (2, 3)) + rtcp.build_bye((1,))


CODECS = ("VP8", "H264", "VP9", "AV1")


def codec_descriptors(data: bytes) -> None:
    """Payload descriptors: the first byte picks the codec. The recorder's depacketisers take them too."""
    if not data:
        return
    codec, payload = CODECS[data[0] % len(CODECS)], data[1:]
    starts_keyframe(codec, payload)
    found = describe(codec, payload)
    if found is not None:
        assert max(found.picture_id_at, found.tl0_pic_idx_at, found.sizes_at, found.size) < len(payload)
    picture_size(codec, payload)
    if codec not in {"VP8", "H264"}:
        return
    depacketiser = make_depacketiser(codec)
    third = max(1, len(payload) // 3)
    for number, at in enumerate(range(0, len(payload), third)):
        part = payload[at : at + third]
        packet = RecordedPacket(number, 3000 * (number // 2), 1, bool(number & 1), part)
        for unit in depacketiser.receive(packet, gap=False):
            assert len(unit.data) <= len(payload) + 4 * len(payload)


def _descriptor_seeds() -> Iterable[bytes]:
    sps_pps = bytes.fromhex("0018 000b 6742c01ed900a03db0 88 0004 68ce3c80")
    yield b"\x00" + bytes.fromhex("90 80 8001 20 3000 9d012a 8002 6801")
    yield b"\x00" + bytes.fromhex("10 3000 9d012a 8002 6801")
    yield b"\x01" + sps_pps
    yield b"\x01" + bytes.fromhex("7c85 8884 0021 ff")
    yield b"\x02" + bytes.fromhex("8a 8001 18 0280 0168 8249834200")
    yield b"\x03" + bytes.fromhex("18 0a0b 0000 0024 c4ff df00 6805")


def control_frames(data: bytes) -> None:
    """Garbage from a control connection is a FrameError, and nothing else."""
    reader = FrameReader()
    try:
        reader.receive_data(data)
    except FrameError:
        return


def arrivals(data: bytes) -> None:
    """Any order of transport-wide numbers becomes well-formed feedback of bounded size."""
    recorder = ArrivalRecorder()
    now = 100.0
    for at in range(0, len(data) - 3, 4):
        seq16, wait = struct.unpack_from("!HH", data, at)
        now += wait / 1000
        recorder.receive_packet(seq16, 1, now)
        if recorder.is_due(now):
            for packet in recorder.feedback(2, now):
                assert len(packet) % 4 == 0
                assert len(packet) == 4 + 4 * int.from_bytes(packet[2:4], "big")
                assert len(packet) < 8192


def dtls_records(data: bytes) -> None:
    """A state, never an exception, whatever comes in a handshake. Length words cut inputs into datagrams."""
    server = DtlsEndpoint(_CONTEXT, "server", (SERVER.fingerprint,))
    server.start(0.0)
    at = 0
    while at + 2 <= len(data):
        (size,) = struct.unpack_from("!H", data, at)
        server.receive_datagram(data[at + 2 : at + 2 + size % 1500], 0.1)
        server.poll_output()
        at += 2 + size % 1500
    server.handle_timer(100.0)
    assert server.state is not DtlsState.CONNECTED


def _dtls_seeds() -> Iterable[bytes]:
    client = DtlsEndpoint(CLIENT_CONTEXT, "client", (SERVER.fingerprint,))
    client.start(0.0)
    hello = client.poll_output()
    server = DtlsEndpoint(_CONTEXT, "server", (SERVER.fingerprint,))
    server.start(0.0)
    for datagram in hello:
        server.receive_datagram(datagram, 0.0)
    flight = server.poll_output()
    for one in (hello, flight, [*hello, *flight], [Random(1).randbytes(40)]):
        yield b"".join(struct.pack("!H", len(d)) + d for d in one)


TARGETS = (
    Target("stun", stun_message, _stun_seeds),
    Target("frames", tcp_frames, _frame_seeds),
    Target("rtp", rtp_packet, _rtp_seeds),
    Target("extensions", header_extensions, _extension_seeds),
    Target("rtcp", rtcp_compound, _rtcp_seeds),
    Target("descriptors", codec_descriptors, _descriptor_seeds),
    Target("control", control_frames, lambda: [b"".join(map(encode, EXAMPLES))]),
    Target("arrivals", arrivals, lambda: [struct.pack("!8H", 65534, 1, 65535, 40, 1, 200, 0, 5)]),
    Target("dtls", dtls_records, _dtls_seeds),
)
