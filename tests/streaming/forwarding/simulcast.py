"""A publisher of three VP8 layers and a viewer that checks what it gets, in virtual time."""

from dataclasses import dataclass, field
from itertools import pairwise

from streaming.control import messages as m
from streaming.control.extensions import MID, REPAIRED_RID, RID
from streaming.rtp import rtcp
from streaming.rtp.packet import RtpPacket
from streaming.rtp.payload_descriptor import describe
from streaming.rtp.reception import MissingPackets
from streaming.rtp.sequence import SequenceUnwrapper, unwrap16, unwrap32
from tests.streaming.forwarding.world import NTP_OFFSET_S, VP8, VirtualPeer, World, slot

RIDS = ("q", "h", "f")
WIDTHS = (320, 640, 1280)
FRAME_S = 0.04
EXTENSIONS = {MID: 4, RID: 5, REPAIRED_RID: 6}


def layered_camera(mid: str = "0", codec: m.Codec = VP8, rids: tuple[str, ...] = RIDS) -> m.MediaSection:
    return m.MediaSection(mid, "video", "publish", (codec,), EXTENSIONS, source="camera", rids=rids)


@dataclass(slots=True)
class Encoding:
    """One layer as a browser sends it."""

    index: int
    ssrc: int
    seq: int
    clock: int
    picture_id: int
    tl0: int
    is_on: bool = True
    wants_key: bool = True
    rtx_seq: int = 1
    sent: dict[int, tuple[int, bytes]] = field(default_factory=dict)


@dataclass(slots=True)
class Publisher:
    """Sends pictures of all layers that are on, answers PLI and NACK, reports its clocks every second."""

    peer: VirtualPeer
    parts: int = 2
    obeys: bool = True
    names_always: bool = False
    encodings: list[Encoding] = field(default_factory=list)
    pictures: int = 0
    seen: int = 0
    named: set[int] = field(default_factory=set)
    reports: bool = True
    clock_rate: int = 90000
    watchers: list["Viewer"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.encodings = [
            Encoding(i, 100 + i, 1000 + 20000 * i, (1 << 20) * (1 + 3 * i), 100 + 5000 * i, 10 + 60 * i)
            for i in range(3)
        ]

    def picture(self) -> None:
        """One moment of the camera, in every layer that is on; takes FRAME_S."""
        world = self.peer.world
        self._listen()
        for encoding in self.encodings:
            if encoding.is_on:
                self._encode(encoding)
        if self.reports and self.pictures % 25 == 5:
            self.report()
        self.pictures += 1
        world.advance(FRAME_S)
        for viewer in self.watchers:
            viewer.look()

    def film(self, count: int) -> None:
        for _ in range(count):
            self.picture()

    def timestamp(self, encoding: Encoding) -> int:
        return encoding.clock + round(self.peer.world.now * self.clock_rate)

    def _encode(self, encoding: Encoding) -> None:
        is_key, encoding.wants_key = encoding.wants_key, False
        encoding.picture_id = (encoding.picture_id + 1) & 0x7FFF
        encoding.tl0 = (encoding.tl0 + 1) & 0xFF
        timestamp = self.timestamp(encoding)
        for part in range(self.parts):
            payload = self.payload(encoding, part, is_key=is_key)
            encoding.sent[encoding.seq & 0xFFFF] = timestamp, payload
            self._send(encoding, timestamp, payload)
            encoding.seq += 1

    def payload(self, encoding: Encoding, part: int, *, is_key: bool) -> bytes:
        picture_id = (0x8000 | encoding.picture_id).to_bytes(2, "big")
        head = bytes((0x90 if part == 0 else 0x80, 0xE0)) + picture_id + bytes((encoding.tl0, 0))
        frame = b"\x00" if is_key else b"\x01"
        if is_key and part == 0:
            size = WIDTHS[encoding.index].to_bytes(2, "little") + (180).to_bytes(2, "little")
            frame = b"\x00\x00\x00\x9d\x01\x2a" + size
        if part:
            frame = b"\xff"
        return head + frame + f"|{RIDS[encoding.index]}|{self.pictures}|{part}|{int(is_key)}".encode()

    def _send(self, encoding: Encoding, timestamp: int, payload: bytes) -> None:
        rid = RIDS[encoding.index].encode()
        names = () if encoding.ssrc in self.named and not self.names_always else ((5, rid),)
        self.peer.send(encoding.seq, timestamp, payload, ssrc=encoding.ssrc, extensions=names)

    def report(self) -> None:
        world = self.peer.world
        for encoding in self.encodings:
            if encoding.is_on:
                ntp = int((NTP_OFFSET_S - 77 + world.now) * (1 << 32))
                stamp = self.timestamp(encoding)
                report = rtcp.SenderReport(encoding.ssrc, ntp, stamp & 0xFFFFFFFF, 1, 1)
                self.peer.send_rtcp(rtcp.build_sender_report(report))

    def _listen(self) -> None:
        by_ssrc = {encoding.ssrc: encoding for encoding in self.encodings}
        for message in self.peer.feedback[self.seen :]:
            match message:
                case rtcp.ReceiverReport():
                    self.named |= {block.ssrc for block in message.reports}
                case rtcp.PictureLoss() if self.obeys and message.media_ssrc in by_ssrc:
                    by_ssrc[message.media_ssrc].wants_key = True
                case rtcp.Nack() if message.media_ssrc in by_ssrc:
                    self._repair(by_ssrc[message.media_ssrc], message.lost)
                case _:
                    pass
        self.seen = len(self.peer.feedback)

    def _repair(self, encoding: Encoding, lost: tuple[int, ...]) -> None:
        for number in lost:
            if number in encoding.sent:
                timestamp, payload = encoding.sent[number]
                encoding.rtx_seq += 1
                self.peer.send(
                    encoding.rtx_seq,
                    timestamp,
                    number.to_bytes(2, "big") + payload,
                    pt=97,
                    ssrc=encoding.ssrc + 1000,
                    extensions=((6, RIDS[encoding.index].encode()),),
                )


@dataclass(frozen=True, slots=True)
class Shown:
    """One packet as a viewer understands it."""

    ext_seq: int
    timestamp: int
    picture_id: int
    tl0: int
    rid: str
    picture: int
    part: int
    is_key: bool
    at: float


@dataclass(slots=True)
class Viewer:
    """Puts its slot's stream together again, RTX included, and asks for what it misses."""

    peer: VirtualPeer
    mid: str = "0"
    packets: dict[int, Shown] = field(default_factory=dict)
    raw: dict[int, bytes] = field(default_factory=dict)
    missing: MissingPackets = field(default_factory=MissingPackets)
    unwrapper: SequenceUnwrapper = field(default_factory=SequenceUnwrapper)
    timestamp: int | None = None
    seen: int = 0

    def look(self) -> None:
        """Take in what arrived, and repair."""
        ssrc, rtx_ssrc = self.peer.local_ssrc(self.mid)
        for packet in self.peer.received[self.seen :]:
            if packet.ssrc == ssrc:
                self._take(packet, packet.seq16, packet.payload)
            elif packet.ssrc == rtx_ssrc:
                self._take(packet, int.from_bytes(packet.payload[:2], "big"), packet.payload[2:])
        self.seen = len(self.peer.received)
        asked = self.missing.due(self.peer.world.now)
        if asked:
            self.peer.send_rtcp(rtcp.build_nack(1, ssrc, [n & 0xFFFF for n in asked]))

    def _take(self, packet: RtpPacket, seq16: int, payload: bytes) -> None:
        ext_seq = self.unwrapper.unwrap(seq16)
        self.missing.receive_packet(ext_seq, self.peer.world.now)
        known = self.raw.setdefault(ext_seq, payload)
        assert known == payload, "one sequence number, two payloads"
        if ext_seq in self.packets:
            return
        found = describe("VP8", payload)
        assert found is not None
        near = packet.timestamp if self.timestamp is None else self.timestamp
        timestamp = self.timestamp = unwrap32(packet.timestamp, near)
        at = found.picture_id_at
        picture_id = int.from_bytes(payload[at : at + 2], "big") & 0x7FFF
        _, rid, picture, part, key = payload.rsplit(b"|", 4)
        self.packets[ext_seq] = Shown(
            ext_seq,
            timestamp,
            picture_id,
            payload[found.tl0_pic_idx_at],
            rid.decode(),
            int(picture),
            int(part),
            key == b"1",
            self.peer.world.now,
        )

    def stream(self) -> list[Shown]:
        self.look()
        return [self.packets[n] for n in sorted(self.packets)]

    def rids(self) -> list[str]:
        """Which layers, in turn."""
        shown = self.stream()
        return [s.rid for i, s in enumerate(shown) if i == 0 or shown[i - 1].rid != s.rid]

    def longest_gap(self) -> float:
        """Seconds between pictures, at most, in the order of arrival."""
        times = sorted(s.at for s in self.stream())
        return max((b - a for a, b in pairwise(times)), default=0.0)

    def check(self, *, is_whole: bool = True) -> None:
        """What every decoder relies on; `is_whole`: nothing is missing."""
        shown = self.stream()
        assert shown
        assert shown[0].is_key, "begins with a keyframe"
        assert shown[0].part == 0
        for a, b in pairwise(shown):
            if is_whole:
                assert b.ext_seq == a.ext_seq + 1, "a hole"
            assert b.timestamp >= a.timestamp, "time goes back"
            steps = unwrap16(b.picture_id * 2, a.picture_id * 2) // 2 - a.picture_id
            # After a pause the last picture, if it was a keyframe, may be shown once more, as a new one.
            is_same = (a.rid, a.picture) == (b.rid, b.picture) and a.part < b.part
            assert (b.timestamp == a.timestamp) == is_same
            assert steps == 0 if is_same else steps >= 1, "picture ids go on"
            if is_whole:
                assert steps == (0 if is_same else 1)
            tl0_steps = (b.tl0 - a.tl0) & 0xFF
            assert tl0_steps == (0 if is_same else 1) or not is_whole
            if a.rid != b.rid and is_whole:
                assert b.is_key, "layers change at keyframes"
                assert b.part == 0


def lesson(**options: int | bool) -> tuple[World, Publisher, Viewer]:
    """A publisher of three layers and a viewer of the best one."""
    world = World()
    publisher = Publisher(world.join("presenter", layered_camera()))
    for name, value in options.items():
        setattr(publisher, name, value)
    viewer = Viewer(world.join("viewer", slot()))
    publisher.watchers.append(viewer)
    world.route(viewer.peer, "0", publisher.peer.track())
    return world, publisher, viewer


def view(world: World, viewer: Viewer, *, max_layer: int | None = None, hidden: bool = False) -> None:
    """What signalling does when a tile changes its size or leaves the screen."""
    route = m.Route(viewer.peer.name, viewer.mid, "presenter:0", max_layer=max_layer, hidden=hidden)
    world.plane.set_routes([route], world.now)
    world.pump()
