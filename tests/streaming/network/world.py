"""The forwarding plane and its peers with an emulated network in between; see `emulator`."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, Final

from streaming.control import messages as m
from streaming.forwarding.hot_path import Path
from streaming.forwarding.plane import TICK_S
from streaming.rtp import packet as rtp
from streaming.rtp import rtcp
from streaming.rtp.demux import DatagramKind, kind_of
from tests.streaming.forwarding.world import VirtualPeer, World
from tests.streaming.network.emulator import Conditions, Link

CHECK_EVERY_S: Final = 2.0
CONNECT_S: Final = 5.0


class NetworkPeer(VirtualPeer):
    """A peer behind two links of its own that hands on what it receives, at once, and keeps nothing."""

    on_rtp: Callable[[rtp.RtpPacket, int], None] = staticmethod(lambda _packet, _size: None)
    """Takes a packet, and its payload's size with padding."""
    on_rtcp: Callable[[rtcp.Rtcp], None] = staticmethod(lambda _message: None)
    uplink: Link
    downlink: Link
    transport_wide = 0

    def next_transport_wide(self) -> bytes:
        """The next transport-wide sequence number, as an extension carries it."""
        self.transport_wide = (self.transport_wide + 1) & 0xFFFF
        return self.transport_wide.to_bytes(2, "big")

    def receive(self, datagram: bytes) -> None:
        kind = kind_of(datagram)
        if self.srtp is None or kind not in {DatagramKind.RTP, DatagramKind.RTCP}:
            super().receive(datagram)
            return
        if kind is DatagramKind.RTP:
            plain = self.srtp.receiver.unprotect_rtp(datagram)
            packet = None if plain is None else rtp.parse(plain)
            if plain is not None and packet is not None:
                self.on_rtp(packet, len(plain) - (rtp.header_length(plain) or 0))
            return
        compound = self.srtp.receiver.unprotect_rtcp(datagram)
        if compound is not None:
            for message in rtcp.parse(compound):
                self.on_rtcp(message)

    def bad_weather(
        self, *, down: Conditions | None = None, up: Conditions | None = None, **both: Any
    ) -> None:
        """Change both directions by field, or one of them as a whole."""
        self.downlink.conditions = down or replace(self.downlink.conditions, **both)
        self.uplink.conditions = up or replace(self.uplink.conditions, **both)


class NetworkWorld(World):
    """Virtual time runs from event to event; the plane's timer ticks as in the media process."""

    def __init__(self, seed: int = 1) -> None:
        super().__init__()
        self.rng = Random(seed)
        self._order = itertools.count()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._links: dict[Path, NetworkPeer] = {}
        self.every(TICK_S, self._tick)

    def at(self, when: float, action: Callable[[], None]) -> None:
        """See `Agenda`."""
        heapq.heappush(self._agenda, (when, next(self._order), action))

    def every(self, interval_s: float, action: Callable[[], None]) -> None:
        """Run `action` again and again, first after one interval."""

        def again() -> None:
            action()
            self.at(self.now + interval_s, again)

        self.at(self.now + interval_s, again)

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while self._agenda and self._agenda[0][0] <= end:
            when, _, action = heapq.heappop(self._agenda)
            self.now = max(self.now, when)
            action()
        self.now = end

    def _tick(self) -> None:
        self.plane.handle_timer(self.now)
        self.pump()
        for peer in self.peers.values():
            peer.handle_timer()

    def enter(self, name: str, *media: m.MediaSection, answers: bool = True) -> NetworkPeer:
        """A peer that connects over a perfect network; change its links afterwards.

        `answers` STUN questions, as browsers do.
        """
        peer = NetworkPeer(self, name, media, len(self.peers))
        peer.answers = answers
        path = peer.path
        peer.uplink = Link(
            self, Random(self.rng.random()), Conditions(), lambda d: self._reach_plane(path, d)
        )
        peer.downlink = Link(self, Random(self.rng.random()), Conditions(), peer.receive)
        self.peers[name] = self._links[path] = peer
        peer.connect()
        deadline = self.now + CONNECT_S
        while peer.srtp is None and self.now < deadline:
            self.advance(0.02)
        assert peer.srtp is not None
        self.advance(0.05)
        self.every(CHECK_EVERY_S, peer.check)
        return peer

    def to_plane(self, path: Path, data: bytes) -> None:
        self._links[path].uplink.send(data)

    def _reach_plane(self, path: Path, data: bytes) -> None:
        self.plane.receive_datagram(data, path, self.now)
        self.pump()

    def pump(self) -> None:
        for path, datagram in self.plane.poll_output():
            peer = self._links.get(path)
            if peer is not None:
                peer.downlink.send(datagram)
        self.heard += self.plane.events()
