"""Publisher, plane and viewer over a network that loses packets both ways: repair works end to end."""

from dataclasses import dataclass, field
from random import Random

import pytest

from streaming.rtp import rtcp
from streaming.rtp.packet import RtpPacket
from streaming.rtp.reception import MissingPackets
from streaming.rtp.sequence import SequenceUnwrapper
from tests.streaming.forwarding.world import DELTA, KEY, MORE, VirtualPeer, World, camera, slot

PACKETS_PER_PICTURE = 5
PICTURES = 150


@dataclass(slots=True)
class RepairingPublisher:
    """Answers NACKs of the plane on its RTX stream, as a browser does."""

    peer: VirtualPeer
    sent: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    rtx_seq: int = 0
    answered: int = 0

    def send(self, seq: int, timestamp: int, payload: bytes) -> None:
        self.sent[seq & 0xFFFF] = timestamp, payload
        self.peer.send(seq, timestamp, payload)

    def repair(self) -> None:
        nacks = [f for f in self.peer.feedback[self.answered :] if isinstance(f, rtcp.Nack)]
        self.answered = len(self.peer.feedback)
        for number in {n for nack in nacks for n in nack.lost}:
            timestamp, payload = self.sent[number]
            self.rtx_seq += 1
            self.peer.send(self.rtx_seq, timestamp, number.to_bytes(2, "big") + payload, pt=97, ssrc=2)


@dataclass(slots=True)
class RepairingViewer:
    """Asks for what it misses, as a browser does, and undoes RTX."""

    peer: VirtualPeer
    missing: MissingPackets = field(default_factory=MissingPackets)
    unwrapper: SequenceUnwrapper = field(default_factory=SequenceUnwrapper)
    payloads: dict[int, bytes] = field(default_factory=dict)
    seen: int = 0

    def look(self, now: float) -> None:
        ssrc, rtx_ssrc = self.peer.local_ssrc()
        for packet in self.peer.received[self.seen :]:
            seq16, payload = packet.seq16, packet.payload
            if packet.ssrc == rtx_ssrc:
                seq16, payload = int.from_bytes(payload[:2], "big"), payload[2:]
            self._take(packet, seq16, payload, now)
        self.seen = len(self.peer.received)
        asked = self.missing.due(now)
        if asked:
            self.peer.send_rtcp(rtcp.build_nack(1, ssrc, [n & 0xFFFF for n in asked]))

    def _take(self, _packet: RtpPacket, seq16: int, payload: bytes, now: float) -> None:
        ext_seq = self.unwrapper.unwrap(seq16)
        self.missing.receive_packet(ext_seq, now)
        self.payloads[ext_seq] = payload


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.1])
def test_everything_arrives_in_spite_of_loss_on_both_sides(loss: float) -> None:
    world = World()
    publisher = RepairingPublisher(world.join("presenter", camera()))
    viewer = RepairingViewer(world.join("viewer", slot()))
    world.route(viewer.peer, "0", publisher.peer.track())
    publisher.send(65000, 0, KEY)
    world.advance(0.02)
    rng = Random(11)
    world.loses = lambda: rng.random() < loss
    expected = [KEY]
    seq = 65001
    for picture in range(PICTURES):
        for part in range(PACKETS_PER_PICTURE):
            payload = (DELTA if part == 0 else MORE) + f"{picture}.{part}".encode()
            publisher.send(seq, picture * 3600, payload)
            expected.append(payload)
            seq += 1
        for _ in range(4):
            world.advance(0.01)
            publisher.repair()
            viewer.look(world.now)
    world.loses = lambda: False
    publisher.send(seq, PICTURES * 3600, b"\x10\x01last")
    for _ in range(60):
        world.advance(0.01)
        publisher.repair()
        viewer.look(world.now)
    got = [viewer.payloads[n] for n in sorted(viewer.payloads)][: len(expected)]
    assert got == expected
    stats = {t.transport: t for t in world.plane.stats("").transports}
    assert stats["presenter"].tracks[0].recovered > PICTURES * PACKETS_PER_PICTURE * loss / 8
    assert stats["viewer"].slots[0].retransmitted > PICTURES * PACKETS_PER_PICTURE * loss / 8
