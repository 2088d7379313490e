"""The forwarding plane: all transports, tracks and routes of one media process, without a socket or a clock.

Drain contract: after any call, send everything in `poll_output()` and pass on everything in `events()`.
`handle_timer(now)` wants to be called every TICK_S while there are transports.

Here is the way of a media packet. What the plane does besides is done by parts that share its `PlaneState`:

    address_book    who is where, and connectivity checks
    transports      peers from a request to their end
    publishing      tracks from their first packet to their end
    routing_table   which track feeds which slot
    piping          requests about pipes
    tapping         what a room's recorder hears of tracks
    rtcp_receiver   what peers report and ask for
    plane_timer     everything that is due, and with it housekeeping
"""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Final

from streaming.control import messages as m
from streaming.dtls import Identity
from streaming.forwarding.address_book import AddressBook
from streaming.forwarding.counters import transport_stats
from streaming.forwarding.handshakes import Handshakes
from streaming.forwarding.hot_path import Batch, Datagram, Path, forward
from streaming.forwarding.layer import Layer
from streaming.forwarding.peer import Peer
from streaming.forwarding.piping import Piping
from streaming.forwarding.plane_state import PlaneRefusal, PlaneState, Room
from streaming.forwarding.plane_timer import PlaneTimer
from streaming.forwarding.publication import Original, Publication
from streaming.forwarding.publishing import Publishing
from streaming.forwarding.routing_table import RoutingTable
from streaming.forwarding.rtcp_receiver import RtcpReceiver
from streaming.forwarding.tapping import Tapping
from streaming.forwarding.transports import Transports
from streaming.guarded_tap import GuardedTap
from streaming.rtp import packet as rtp
from streaming.rtp.demux import DatagramKind, kind_of
from streaming.rtp.packet_ring import ForwardPacket

__all__ = ["TICK_S", "ForwardingPlane", "PlaneRefusal"]

TICK_S: Final = 0.01


class ForwardingPlane:
    """See the module. `ntp_offset_s` turns monotonic seconds into seconds since 1900."""

    def __init__(
        self,
        *,
        identity: Identity,
        candidates: Sequence[m.Candidate],
        rng: Random,
        ntp_offset_s: float,
        output: Batch | None = None,
    ) -> None:
        self.dropped: Counter[str] = Counter()
        self._output = Batch() if output is None else output
        self._addresses = AddressBook(self.dropped)
        self._state = PlaneState(self._output, rng, ntp_offset_s, self._addresses)
        self._peers = self._state.peers
        self._handshakes: Handshakes[Peer] = Handshakes()
        self._tapping = Tapping(self._state)
        self._routing = RoutingTable(self._state)
        self._publishing = Publishing(self._state, self._routing, self._tapping)
        self._transports = Transports(
            self._state, self._routing, self._publishing, identity=identity, candidates=candidates
        )
        self._piping = Piping(self._state, self._routing, self._publishing, self._transports)
        self._rtcp = RtcpReceiver(self._state, self._tapping)
        self._timer = PlaneTimer(self._state, self._transports, self._handshakes)

    # ── draining ──

    def poll_output(self) -> list[Datagram]:
        """(path, datagram) pairs in the order in which to send them, unless the owner gave an `output`."""
        return self._output.pairs()

    def events(self) -> list[m.Notification]:
        """What servers should hear."""
        events = self._state.events.copy()
        self._state.events.clear()
        return events

    @property
    def is_idle(self) -> bool:
        """No transports: no timer needed."""
        return not self._peers

    def handle_timer(self, now: float) -> None:
        """Everything that is due: retransmissions, catching up, keyframe requests, reports, time-outs."""
        self._timer.handle_timer(now)

    # ── datagrams ──

    def receive_datagram(self, data: bytes, path: Path, now: float) -> None:
        """One datagram from the network; nothing that it holds can raise or hurt another peer."""
        kind = kind_of(data)
        if kind is DatagramKind.STUN:
            changed = self._addresses.receive_stun(data, path, now, self._output)
            if changed is not None:
                self._transports.follow(changed, now)
            return
        peer = self._addresses.by_path.get(path)
        if peer is None:
            peer = self._addresses.pipes.find(path, kind, data)
        if peer is None:
            self.dropped["unproven_address"] += 1
        elif kind is DatagramKind.RTP:
            self._receive_rtp(peer, data, path, now)
        elif kind is DatagramKind.RTCP:
            self._rtcp.receive(peer, data, path, now)
        elif kind is DatagramKind.DTLS:
            if peer.srtp is not None or self._handshakes.may_step(peer, data):
                peer.receive_dtls(data, now, self._output)
                self._transports.follow(peer, now)
        else:
            peer.rejected["unknown_protocol"] += 1

    def offer(self, candidates: Sequence[m.Candidate]) -> None:
        """What peers are told from now on: where we are has changed."""
        self._transports.candidates = tuple(candidates)

    def is_proven(self, path: Path) -> bool:
        """Whether some peer has passed a check from there."""
        return self._addresses.is_proven(path)

    def lose_path(self, path: Path) -> None:
        """The connection that this path was has ended; unknown ones are fine."""
        self._addresses.lose_path(path)

    def _receive_rtp(self, peer: Peer, data: bytes, path: Path, now: float) -> None:
        if peer.srtp is None:
            peer.rejected["before_keys"] += 1
            return
        plain = peer.srtp.receiver.unprotect_rtp(data)
        if plain is None:
            peer.rejected["srtp"] += 1
            return
        peer.agent.heard(path, now)
        packet = rtp.parse(plain)
        publication = None if packet is None else peer.publication_of(packet)
        if packet is None or publication is None:
            peer.rejected["rtp_unroutable"] += 1
            return
        if peer.arrivals is None:
            peer.uplink.receive_packet(publication.send_time(packet), len(data), now)
        else:
            peer.receive_arrival(publication.transport_sequence(packet), packet.ssrc, now)
        if not publication.allowed:
            publication.muted_packets += 1
            return
        original = publication.original(packet)
        if original is None:
            peer.rejected["rtp_probe_or_unknown"] += 1
            return
        if publication.is_new_stream(original, now):
            if not publication.may_begin(original.layer, now):
                peer.rejected["stream_changes_too_fast"] += 1
                return
            self._publishing.begin_stream(peer, publication, original, now)
        if original.is_retransmission:
            plain = rtp.build(original.packet)
        self._publish(peer, publication, original, plain, now)

    def _publish(
        self, peer: Peer, publication: Publication, original: Original, plain: bytes, now: float
    ) -> None:
        track, packet = publication.track, original.packet
        assert track is not None
        layer = track.layers[original.layer]
        is_original = not original.is_retransmission
        forwarded = layer.receive(
            packet, packet.seq16, packet.payload, publication.forwarded, now, is_original=is_original
        )
        if forwarded is None:
            return
        if forwarded.ext_seq == layer.ring.highest:
            track.note_arrival(layer, now)
            forward(forwarded, layer.live_lanes, self._output, now)
        else:
            for slot in track.slots:
                if slot.layer is layer:
                    slot.send_late(forwarded, self._output, now)
        if track.unsettled and layer.may_start_with(forwarded):
            for slot in tuple(track.unsettled):
                if slot.advance(now):
                    slot.catch_up(self._output, now)
        if publication.recorded:
            self._record(peer, publication, layer, forwarded, plain, now)

    def _record(  # noqa: PLR0917 - everything that is known of one packet
        self,
        peer: Peer,
        publication: Publication,
        layer: Layer,
        packet: ForwardPacket,
        plain: bytes,
        now: float,
    ) -> None:
        tap, track = self._state.tap_of(peer), publication.track
        if tap is None or track is None:
            return
        if track.recorded.begins_with(track, layer, packet):
            self._tapping.announce(peer, publication)
        if layer is track.recorded.layer:
            tap.on_rtp(track.id, plain, now)

    # ── requests: rooms ──

    def open_room(self, name: str) -> None:
        """Make a room known; once more is fine."""
        self._state.rooms.setdefault(name, Room(name))

    def close_room(self, name: str) -> GuardedTap | None:
        """Close its transports; returns the tap that is left to close."""
        for peer in [peer for peer in self._peers.values() if peer.room == name]:
            self.close_transport(peer.id)
        self._transports.totals.end(name)
        room = self._state.rooms.pop(name, None)
        return None if room is None else room.tap

    def start_recording(self, name: str, tap: GuardedTap) -> None:
        """Everything published in the room goes to `tap` too. Raises PlaneRefusal."""
        self._tapping.start(name, tap)

    def stop_recording(self, name: str) -> GuardedTap | None:
        """Returns the tap that is left to close. Raises PlaneRefusal."""
        return self._tapping.stop(name)

    # ── requests: transports and pipes ──

    def create_transport(self, request: m.CreateTransport, now: float) -> m.LocalParameters:
        """Be ready for a peer; one with the same id is replaced. Raises PlaneRefusal."""
        return self._transports.create(request, now)

    def restart_ice(self, request: m.RestartIce) -> m.IceRestarted:
        """Agree on new credentials; DTLS, SRTP and media go on untouched. Raises PlaneRefusal."""
        return self._transports.restart_ice(request)

    def close_transport(self, transport: str) -> None:
        """Say goodbye and forget; unknown ids are fine."""
        self._transports.close(transport)

    def open_pipe(self, request: m.OpenPipe, path: Path, now: float) -> None:
        """Be one end of a pipe whose other end is at `path`. Raises PlaneRefusal."""
        self._piping.open(request, path, now)

    def set_pipe(self, request: m.SetPipe, now: float) -> None:
        """Send and receive these tracks and no others. Raises PlaneRefusal; nothing has changed then."""
        self._piping.set(request, now)

    # ── requests: tracks ──

    def set_routes(self, routes: Sequence[m.Route], now: float) -> tuple[m.Route, ...]:
        """Put routes in force; returns those without a common codec. Raises PlaneRefusal (unknown slot)."""
        return self._routing.set_routes(routes, now)

    def set_publishing(self, request: m.SetPublishing) -> None:
        """Mute or allow, record or not. Raises PlaneRefusal."""
        self._publishing.set_publishing(request)

    def request_keyframe(self, track: str) -> None:
        """A wish of a server or the recorder; unknown ids are fine."""
        self._publishing.request_keyframe(track)

    # ── counters ──

    def stats(self, room: str) -> m.Stats:
        """Counters of one room, or of all with an empty name."""
        totals = self._transports.totals
        peers = [peer for peer in self._peers.values() if not room or peer.room == room]
        transports = tuple(transport_stats(peer) for peer in peers)
        names = [name for name in self._state.rooms if not room or name == room]
        rooms = totals.rooms(names, transports)
        counts = {} if room else totals.process(rooms)
        dropped = {**self.dropped, "dtls_flood": self._handshakes.dropped}
        return m.Stats(transports, dropped, rooms, counts)
