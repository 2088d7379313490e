"""Target: a connected peer that says anything, properly encrypted, while others hold a lesson."""

from collections.abc import Iterable
from itertools import count

from streaming.rtp import packet as rtp
from streaming.rtp import rtcp
from tests.fuzz.target import Target
from tests.streaming.forwarding.world import DELTA, KEY, OPUS, VP8, World, camera, mic, slot

INPUTS_PER_WORLD = 300
_RTCP_FIRST = 200


class Lesson:
    """A presenter, a viewer of theirs, and the attacker, who may publish and watch."""

    def __init__(self) -> None:
        self.world = World()
        self.presenter = self.world.join("presenter", camera("0"), mic("1"))
        self.attacker = self.world.join("attacker", camera("0"), mic("1"), slot("2"))
        self.viewer = self.world.join("viewer", slot("0"), slot("1", OPUS))
        self.world.route(self.viewer, "0", self.presenter.track("0"))
        self.world.route(self.attacker, "2", self.presenter.track("0"))
        self.sequence = count(1)
        self.presenter.send(0, 0, KEY)
        self.inputs = 0

    def attack(self, data: bytes) -> None:
        """Send each part of `data` as one packet: a length byte, then the packet."""
        world, sender = self.world, self.attacker.srtp
        assert sender is not None
        at = 0
        while at < len(data):
            size = data[at]
            packet = data[at + 1 : at + 1 + size]
            at += 1 + size
            if len(packet) >= 8 and packet[0] >> 6 == 2 and _RTCP_FIRST <= packet[1] < 208:
                sealed = sender.sender.protect_rtcp(packet)
            else:
                length = rtp.header_length(packet)
                if length is None:
                    world.to_plane(self.attacker.path, packet)
                    continue
                ssrc = int.from_bytes(packet[8:12], "big")
                index = int.from_bytes(packet[2:4], "big")
                sealed = sender.sender.protect_rtp(packet[:length], packet[length:], ssrc, index)
            if sealed is not None:
                world.to_plane(self.attacker.path, sealed)
        world.advance(0.02)

    def assert_unharmed(self) -> None:
        """The lesson goes on, and the attacker's transport stands too: no input closes it."""
        before = len(self.viewer.received)
        number = next(self.sequence)
        self.presenter.send(number, 3600 * number, DELTA)
        self.world.advance(0.05)
        assert len(self.viewer.received) > before
        phases = {t.transport: t.phase for t in self.world.plane.stats("").transports}
        assert phases == dict.fromkeys(("presenter", "attacker", "viewer"), "connected")


_now: list[Lesson] = []


def hostile_peer(data: bytes) -> None:
    """See Lesson. A lesson is used for many inputs, as in life."""
    if not _now or _now[0].inputs >= INPUTS_PER_WORLD:
        _now[:] = [Lesson()]
    lesson = _now[0]
    lesson.inputs += 1
    if lesson.inputs % 10 == 0:  # they live: their checks come in
        for peer in lesson.world.peers.values():
            peer.check()
    lesson.attack(data)
    lesson.assert_unharmed()


def _seeds() -> Iterable[bytes]:
    def parts(*packets: bytes) -> bytes:
        return b"".join(bytes((len(p),)) + p for p in packets)

    def video(seq: int, payload: bytes, ssrc: int = 5) -> bytes:
        return rtp.build(rtp.RtpPacket(True, VP8.pt, seq, seq * 3600, ssrc, ((4, b"0"),), payload))

    yield parts(video(1, KEY), video(2, DELTA), video(9, DELTA))
    yield parts(video(65535, KEY), video(0, DELTA, 6), video(1, b""))
    yield parts(rtp.build(rtp.RtpPacket(False, 97, 1, 1, 8, (), b"\x00\x01retransmitted")))
    yield parts(rtp.build(rtp.RtpPacket(False, OPUS.pt, 1, 1, 7, ((4, b"1"), (1, b"\x05")), b"sound")))
    report = rtcp.build_receiver_report(rtcp.ReceiverReport(1, (rtcp.ReportBlock(2, 255, 9, 9, 9, 9, 9),)))
    yield parts(
        report + rtcp.build_nack(1, 2, [3]), rtcp.build_remb(1, 1, (2,)), rtcp.build_picture_loss(1, 2)
    )
    yield parts(rtcp.build_sender_report(rtcp.SenderReport(5, 1 << 63, 9, 9, 9)), rtcp.build_bye((5,)))


TARGETS = (Target("peer", hostile_peer, _seeds),)
