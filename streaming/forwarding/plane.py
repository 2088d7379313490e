"""The forwarding plane: all transports, tracks and routes of one media process, without a socket or a clock.

Drain contract: after any call, send everything in `poll_output()` and pass on everything in `events()`.
`handle_timer(now)` wants to be called every TICK_S while there are transports.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

from OpenSSL import SSL

from streaming.control import messages as m
from streaming.dtls import Identity
from streaming.forwarding.counters import transport_stats
from streaming.forwarding.handshakes import Handshakes
from streaming.forwarding.hot_path import Batch, Datagram, Path, forward
from streaming.forwarding.layer import Layer
from streaming.forwarding.layer_notices import layers_wanted, slot_media, waiting_for
from streaming.forwarding.peer import Peer, PeerEvent
from streaming.forwarding.pinned_slot import slots_of
from streaming.forwarding.pipe import PipeConflict, PipeEnd, PipePaths
from streaming.forwarding.publication import Original, Publication
from streaming.forwarding.slot import Slot, SlotState
from streaming.forwarding.speakers import Speakers, Voice
from streaming.forwarding.totals import Totals
from streaming.forwarding.track import Track
from streaming.guarded_tap import GuardedTap
from streaming.ice import stun
from streaming.ice.agent import Credentials
from streaming.ice.strangers import Strangers
from streaming.rtp import packet as rtp
from streaming.rtp import rtcp
from streaming.rtp.demux import DatagramKind, kind_of
from streaming.rtp.packet_ring import ForwardPacket

TICK_S: Final = 0.01
LATE_PACKETS_PER_TICK: Final = 600
"""For all late joiners together, first come first served: some 4 ms, so that live packets hardly wait."""
HOUSEKEEPING_S: Final = 0.1
REPORT_INTERVAL_S: Final = 1.0
PUBLISHER_REPORT_INTERVAL_S: Final = 0.5
FIRST_REPORTS_INTERVAL_S: Final = 0.2
FIRST_REPORTS_S: Final = 3.0
RECORDED_KEYFRAME_INTERVAL_S: Final = 2.0
WAITING_ASK_AGAIN_S: Final = 1.0
WAITING_TAKE_OLD_S: Final = 1.5
LEVEL_STEP: Final = 6
_ICE_CHARS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class PlaneRefusal(Exception):
    """A request that cannot be granted; `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Room:
    """A session's tracks and its recording."""

    name: str
    tap: GuardedTap | None = None


class ForwardingPlane:
    """See the module. `ntp_offset_s` turns monotonic seconds into seconds since 1900.

    `candidates` are what peers are offered; their owner may change them.
    """

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
        self._identity = identity
        self._context: SSL.Context = identity.context()
        self.candidates = tuple(candidates)
        self._rng = rng
        self._ntp_offset_s = ntp_offset_s
        self._rooms: dict[str, Room] = {}
        self._peers: dict[str, Peer] = {}
        self._peer_by_ufrag: dict[str, Peer] = {}
        self._peer_by_path: dict[Path, Peer] = {}
        self._pipe_paths = PipePaths()
        self._tracks: dict[str, tuple[Peer, Publication, Track]] = {}
        self._wanted: dict[str, set[tuple[str, str]]] = {}  # track that has not started → slots that want it
        self._speakers = Speakers()
        self._totals = Totals()
        self._strangers = Strangers()
        self._handshakes: Handshakes[Peer] = Handshakes()
        self._limited: dict[str, Peer] = {}
        self._housekeeping_at = 0.0
        self._output = Batch() if output is None else output
        self._events: list[m.Notification] = []

    # ── draining ──

    def poll_output(self) -> list[Datagram]:
        """(path, datagram) pairs in the order in which to send them, unless the owner gave an `output`."""
        return self._output.pairs()

    def events(self) -> list[m.Notification]:
        """What servers should hear."""
        events, self._events = self._events, []
        return events

    @property
    def is_idle(self) -> bool:
        """No transports: no timer needed."""
        return not self._peers

    # ── datagrams ──

    def receive_datagram(self, data: bytes, path: Path, now: float) -> None:
        """One datagram from the network; nothing that it holds can raise or hurt another peer."""
        kind = kind_of(data)
        if kind is DatagramKind.STUN:
            self._receive_stun(data, path, now)
            return
        peer = self._peer_by_path.get(path)
        if peer is None:
            peer = self._pipe_paths.find(path, kind, data)
        if peer is None:
            self.dropped["unproven_address"] += 1
        elif kind is DatagramKind.RTP:
            self._receive_rtp(peer, data, path, now)
        elif kind is DatagramKind.RTCP:
            self._receive_rtcp(peer, data, path, now)
        elif kind is DatagramKind.DTLS:
            if peer.srtp is not None or self._handshakes.may_step(peer, data):
                peer.receive_dtls(data, now, self._output)
                self._follow(peer, now)
        else:
            peer.rejected["unknown_protocol"] += 1

    def _receive_stun(self, data: bytes, path: Path, now: float) -> None:
        if path not in self._peer_by_path:
            fragment = stun.asked_fragment(data)
            if fragment is not None and fragment not in self._peer_by_ufrag:
                self.dropped["stun_unknown_user"] += 1
                return
            if fragment is None or not self._strangers.may_ask(path[1][0], fragment, now):
                self.dropped["stun_malformed" if fragment is None else "stun_flood"] += 1
                return
        message = stun.parse(data)
        if message is None:
            self.dropped["stun_malformed"] += 1
            return
        if message.message_type == stun.BINDING_REQUEST:
            peer = self._peer_by_ufrag.get(message.username.partition(":")[0])
        else:
            peer = self._peer_by_path.get(path)
        if peer is None:
            self.dropped["stun_unknown_user"] += 1
            return
        known, checks = peer.agent.paths, peer.agent.checks
        peer.receive_stun(message, path, now, self._output)
        if peer.agent.checks != checks:  # also for a path of old: another peer may have proven it meanwhile
            self._peer_by_path[path] = peer
            for gone in set(known) - set(peer.agent.paths):
                self._forget_path(gone, peer)
        if peer.agent.ufrags != peer.known_ufrags:
            self._register_ufrags(peer)
        peer.timer_at = min(peer.timer_at, peer.agent.next_deadline())
        self._follow(peer, now)

    def is_proven(self, path: Path) -> bool:
        """Whether some peer has passed a check from there."""
        return path in self._peer_by_path

    def lose_path(self, path: Path) -> None:
        """The connection that this path was has ended; unknown ones are fine."""
        peer = self._peer_by_path.pop(path, None)
        if peer is not None:
            peer.lose_path(path)

    def _register_ufrags(self, peer: Peer) -> None:
        current = peer.agent.ufrags
        for ufrag in peer.known_ufrags:
            if ufrag not in current:
                self._peer_by_ufrag.pop(ufrag, None)
        for ufrag in current:
            self._peer_by_ufrag[ufrag] = peer
        peer.known_ufrags = current

    def _forget_path(self, path: Path, peer: Peer) -> None:
        if self._peer_by_path.get(path) is peer:
            del self._peer_by_path[path]

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
        peer.uplink.receive_packet(publication.send_time(packet), len(data), now)
        if peer.arrivals is not None:
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
            self._begin_stream(peer, publication, original, now)
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
        tap, track = self._tap_of(peer), publication.track
        if tap is None or track is None:
            return
        if track.recorded.begins_with(track, layer, packet):
            self._announce_to_tap(peer, publication)
        if layer is track.recorded.layer:
            tap.on_rtp(track.id, plain, now)

    # ── tracks ──

    def _tap_of(self, peer: Peer) -> GuardedTap | None:
        room = self._rooms.get(peer.room)
        return None if room is None else room.tap

    def _begin_stream(self, peer: Peer, publication: Publication, original: Original, now: float) -> None:
        ssrc, codec = original.packet.ssrc, original.codec
        publication.begin(original.layer, now)
        track = publication.track
        if track is None:
            section = publication.section
            track = Track(publication.track_id, section.kind, section.source, peer.wall, section.rids)
            publication.track = track
            self._tracks[track.id] = (peer, publication, track)
        layer = track.layers[original.layer]
        if layer.has_begun and layer.ssrc != ssrc:
            publication.retire(layer.ssrc)
        is_news = layer.has_begun or track.codec != codec
        for slot in track.slots:
            slot.settle()
        track.begin_layer(layer.index, ssrc, codec)
        for slot in track.slots:
            slot.restart(layer, now)
        if track.recorded.layer is layer:
            track.recorded.reset()
        for transport, mid in self._wanted.pop(track.id, set()):
            subscriber = self._peers.get(transport)
            wanting = None if subscriber is None else subscriber.slots.get(mid)
            if wanting is not None and wanting.track is None:
                wanting.route(track, now)
        layer.keyframes.wish()
        if is_news and not peer.is_pipe:
            self._events.append(m.TrackStarted(peer.id, publication.mid, track.id, track.kind, codec.name))
        if len(track.layers) == 1:
            track.recorded.layer = layer
            self._announce_to_tap(peer, publication)

    def _announce_to_tap(self, peer: Peer, publication: Publication) -> None:
        tap, track, source = self._tap_of(peer), publication.track, publication.section.source
        codec = None if track is None or track.recorded.layer is None else track.recorded.layer.codec
        if tap is None or track is None or codec is None or not publication.recorded:
            return
        if source is None:
            source = "mic" if track.kind == "audio" else "camera"
        participant = peer.participant_of(publication)
        tap.on_track(track.id, source, track.kind, codec.name, codec.clock_rate, participant)

    # ── RTCP ──

    def _receive_rtcp(self, peer: Peer, data: bytes, path: Path, now: float) -> None:
        if peer.srtp is None:
            peer.rejected["before_keys"] += 1
            return
        plain = peer.srtp.receiver.unprotect_rtcp(data)
        if plain is None:
            peer.rejected["srtcp"] += 1
            return
        peer.agent.heard(path, now)
        for message in rtcp.parse(plain):
            match message:
                case rtcp.SenderReport():
                    self._receive_sender_report(peer, message, now)
                    peer.downlink.receive_reports(message.reports, now)
                case rtcp.Bye():
                    for ssrc in message.ssrcs:
                        self._receive_bye(peer, ssrc)
                case _:
                    self._receive_feedback(peer, message, now)
        if peer.downlink.is_limited:
            self._limited[peer.id] = peer

    def _receive_feedback(self, peer: Peer, message: rtcp.Rtcp, now: float) -> None:
        """What a subscriber says about its slots."""
        match message:
            case rtcp.Nack():
                slot = peer.slots_by_ssrc.get(message.media_ssrc)
                if slot is not None:
                    slot.receive_nack(message.lost, self._output, now)
            case rtcp.PictureLoss():
                slot = peer.slots_by_ssrc.get(message.media_ssrc)
                if slot is not None and slot.track is not None:
                    slot.wish_keyframe()
            case rtcp.ReceiverReport():
                peer.downlink.receive_reports(message.reports, now)
            case rtcp.Remb() if not peer.is_pipe:  # from a pipe it is a mere cap
                peer.downlink.receive_remb(message.bitrate_bps, now)
            case _:
                pass

    def _receive_sender_report(self, peer: Peer, report: rtcp.SenderReport, now: float) -> None:
        publication = peer.publication_by_ssrc(report.ssrc)
        track = None if publication is None else publication.track
        layer = None if track is None else track.layer_of_ssrc(report.ssrc)
        if publication is None or track is None or layer is None or layer.ring.highest is None:
            return
        clock = layer.receive_sender_report(report, now)
        peer.wall.observe(clock.ntp_s, now + self._ntp_offset_s)
        tap = self._tap_of(peer)
        if tap is not None and publication.recorded and publication.allowed and layer is track.recorded.layer:
            tap.on_sender_report(track.id, clock.ntp_s, report.rtp_timestamp)

    @staticmethod
    def _receive_bye(peer: Peer, ssrc: int) -> None:
        publication = peer.publication_by_ssrc(ssrc)
        track = None if publication is None else publication.track
        layer = None if track is None else track.layer_of_ssrc(ssrc)
        if track is not None and layer is not None:
            track.stop_layer(layer)

    # ── timers ──

    def handle_timer(self, now: float) -> None:
        """Everything that is due: retransmissions, catching up, keyframe requests, reports, time-outs."""
        self._step_handshakes(now)
        late_limit = LATE_PACKETS_PER_TICK
        for peer, publication, track in self._tracks.values():
            for layer in track.layers:
                lost = layer.missing.due(now)
                if lost:
                    peer.ask_again(layer, lost, self._output)
            if track.unsettled:
                late_limit -= self._serve_late_joiners(track, now, late_limit)
            if track.kind == "video" and publication.allowed:
                for layer in track.layers:
                    if layer.has_begun and layer.keyframes.due(now):
                        peer.ask_for_keyframe(layer, self._output)
        if now >= self._housekeeping_at:
            self._housekeeping_at = now + HOUSEKEEPING_S
            self._keep_houses(now)
        self._serve_limited(now)
        for peer in list(self._peers.values()):
            if now >= peer.timer_at:
                self._serve_peer(peer, now)

    def _keep_houses(self, now: float) -> None:
        voices: dict[str, dict[str, Voice]] = {}
        for peer, publication, track in self._tracks.values():
            self._keep_house(peer, publication, track, now)
            if track.kind == "audio":
                voices.setdefault(peer.room, {})[track.id] = track.voice
        self._events += self._speakers.listen(voices, now)

    def _step_handshakes(self, now: float) -> None:
        for peer, record in self._handshakes.next_tick():
            if self._peers.get(peer.id) is peer:
                peer.receive_dtls(record, now, self._output)
                self._follow(peer, now)

    def _serve_limited(self, now: float) -> None:
        """Subscribers whose links are too narrow for everything."""
        for peer in list(self._limited.values()):
            peer.serve_downlink(now, self._output)
            if not peer.downlink.is_limited:
                del self._limited[peer.id]

    def _serve_late_joiners(self, track: Track, now: float, limit: int) -> int:
        taken = 0
        for slot in tuple(track.unsettled):
            waited = now - slot.waiting_since
            slot.advance(now, any_age=waited > WAITING_TAKE_OLD_S and track.flows(now))
            if slot.state is SlotState.CATCHING_UP and taken < limit:
                taken += slot.catch_up(self._output, now, limit - taken)
        return taken

    def _keep_house(self, peer: Peer, publication: Publication, track: Track, now: float) -> None:
        flows = track.flows(now)
        is_loud = track.level is not None and (
            track.announced_level is None or abs(track.level - track.announced_level) >= LEVEL_STEP
        )
        if flows != track.is_active or (flows and is_loud):
            track.is_active = flows
            track.announced_level = track.level
            if not peer.is_pipe:
                self._events.append(m.TrackActivity(track.id, flows, track.level if flows else None))
        for layer in track.layers:
            layer.measure(now)
        if track.kind == "video":
            self._keep_layers(peer, publication, track, now, flows=flows)
        for slot in track.slots:
            news = slot_media(slot)
            if news is not None:
                self._events.append(news)

    def _keep_layers(
        self, peer: Peer, publication: Publication, track: Track, now: float, *, flows: bool
    ) -> None:
        track.observe_flow(now)
        if len(track.layers) > 1:
            for slot in track.slots:
                slot.retarget(now)
        recording = publication.recorded and self._tap_of(peer) is not None
        track.demand.others["recorder"] = frozenset({track.top}) if recording else frozenset()
        wanted = layers_wanted(peer.id, publication.mid, track, now)
        if wanted is not None:
            self._events.append(wanted)
        if not flows:
            return
        if recording:
            heard, target = track.recorded.layer, track.recorded.target(track)
            since_asked = now - target.keyframes.last_sent_at
            since_keyframe = float("inf") if target.head is None else now - target.head.arrival
            patience_s = RECORDED_KEYFRAME_INTERVAL_S if target is heard else WAITING_ASK_AGAIN_S
            if min(since_asked, since_keyframe if target is heard else float("inf")) >= patience_s:
                target.keyframes.wish()
        for _, index in waiting_for(track):
            layer = track.layers[index]
            if now - layer.keyframes.last_sent_at >= WAITING_ASK_AGAIN_S:
                layer.keyframes.wish()

    def _look_after(self, peer: Peer, now: float) -> None:
        if peer.is_pipe:
            return
        peer.look_after_health(now)
        troubles = peer.health.changed()
        if troubles is not None:
            self._events.append(m.TransportTrouble(peer.id, troubles))

    def _serve_peer(self, peer: Peer, now: float) -> None:
        peer.handle_timer(now, self._output)
        if peer.phase == "connected" and now >= peer.report_at:
            is_new = now - peer.connected_at < FIRST_REPORTS_S
            steady_s = PUBLISHER_REPORT_INTERVAL_S if peer.publications else REPORT_INTERVAL_S
            peer.report_at = now + (FIRST_REPORTS_INTERVAL_S if is_new else steady_s)
            peer.send_reports(now + self._ntp_offset_s, now, self._output)
            self._look_after(peer, now)
        peer.send_arrivals(now, self._output)
        deadlines = [peer.agent.next_deadline(), peer.dtls.next_deadline() or float("inf")]
        if peer.phase == "connected":
            deadlines += peer.report_at, peer.arrivals_at
        peer.timer_at = min(deadlines)
        self._follow(peer, now)

    def _follow(self, peer: Peer, now: float) -> None:
        """After a peer's state may have changed."""
        announced = peer.announced_phase
        if peer.phase == announced:
            peer.timer_at = min(peer.timer_at, peer.dtls.next_deadline() or float("inf"))
            return
        peer.announced_phase = peer.phase
        peer.timer_at = now
        self._events.append(m.TransportState(peer.id, peer.phase, peer.reason))
        if peer.phase == "connected":
            peer.connected_at = peer.report_at = now
            for slot in peer.slots.values():
                self._start_or_wait(slot, now)
        elif peer.phase in {"failed", "closed"}:
            self._remove(peer)

    def _start_or_wait(self, slot: Slot, now: float) -> None:
        if slot.track is None or not slot.has_keys:
            return  # who has no keys yet is served from the last keyframe when they are agreed
        slot.waiting_since = now
        started = slot.try_start(now)  # the next tick sends, within its limit
        if not started and slot.target is not None and slot.state is SlotState.WAITING:
            slot.target.keyframes.wish()

    def _remove(self, peer: Peer) -> None:
        if self._peers.pop(peer.id, None) is not None:
            self._totals.depart(transport_stats(peer))
        self._limited.pop(peer.id, None)
        for ufrag in peer.known_ufrags:
            self._peer_by_ufrag.pop(ufrag, None)
        for path in peer.agent.paths:
            self._forget_path(path, peer)
        for slot in peer.slots.values():
            slot.unroute()
        for wanting in self._wanted.values():
            wanting.difference_update({key for key in wanting if key[0] == peer.id})
        if isinstance(peer, PipeEnd):
            self._pipe_paths.forget(peer)
        for publication in peer.publications.values():
            self._end_track(peer, publication)

    def _end_track(self, peer: Peer, publication: Publication) -> None:
        track = publication.track
        if track is None:
            return
        for subscriber in self._peers.values() if track.slots else ():
            for slot in subscriber.slots.values():
                if slot.track is track:
                    slot.unroute()
                    if peer.is_pipe:  # it goes on at home, and may come again by another pipe
                        self._wanted.setdefault(track.id, set()).add((subscriber.id, slot.mid))
        del self._tracks[track.id]
        tap = self._tap_of(peer)
        if tap is not None and publication.recorded:
            tap.on_track_end(track.id)
        if not peer.is_pipe:
            self._events.append(m.TrackStopped(track.id))

    # ── requests ──

    def open_room(self, name: str) -> None:
        """Make a room known; once more is fine."""
        self._rooms.setdefault(name, Room(name))

    def close_room(self, name: str) -> GuardedTap | None:
        """Close its transports; returns the tap that is left to close."""
        for peer in [peer for peer in self._peers.values() if peer.room == name]:
            self.close_transport(peer.id)
        self._totals.end(name)
        room = self._rooms.pop(name, None)
        return None if room is None else room.tap

    def start_recording(self, name: str, tap: GuardedTap) -> None:
        """Everything published in the room goes to `tap` too. Raises PlaneRefusal."""
        room = self._room(name)
        if room.tap is not None:
            raise PlaneRefusal("already_recording", "this room is being recorded")
        room.tap = tap
        for peer, publication, track in self._tracks.values():
            if peer.room == name:
                if len(track.layers) > 1:
                    track.recorded.reset()
                self._announce_to_tap(peer, publication)
                track.recorded.target(track).keyframes.wish()

    def stop_recording(self, name: str) -> GuardedTap | None:
        """Returns the tap that is left to close. Raises PlaneRefusal."""
        room = self._room(name)
        tap, room.tap = room.tap, None
        return tap

    def _room(self, name: str) -> Room:
        room = self._rooms.get(name)
        if room is None:
            raise PlaneRefusal("room_not_found", "open the room first")
        return room

    def create_transport(self, request: m.CreateTransport, now: float) -> m.LocalParameters:
        """Be ready for a peer; one with the same id is replaced. Raises PlaneRefusal."""
        self._room(request.room)
        self.close_transport(request.transport)
        slots = [
            self._new_slot(section, self._new_ssrc(), self._new_ssrc())
            for section in request.remote.media
            if section.direction == "subscribe"
        ]
        credentials = self._new_credentials()
        peer = Peer(
            request,
            credentials=credentials,
            context=self._context,
            local_ssrc=self._new_ssrc(),
            slots=slots,
            now=now,
            rng=self._rng,
        )
        self._peers[peer.id] = peer
        self._register_ufrags(peer)
        return m.LocalParameters(
            credentials.ufrag,
            credentials.pwd,
            self._identity.fingerprint,
            peer.dtls_role,
            self.candidates,
            tuple(_local_section(peer, section) for section in request.remote.media),
        )

    def _new_slot(self, section: m.MediaSection, ssrc: int, rtx_ssrc: int) -> Slot:
        return Slot(
            section,
            ssrc,
            rtx_ssrc,
            first_seq=self._rng.randrange(1, 1 << 14),
            first_timestamp=self._rng.getrandbits(31),
        )

    def restart_ice(self, request: m.RestartIce) -> m.IceRestarted:
        """Agree on new credentials; DTLS, SRTP and media go on untouched. Raises PlaneRefusal."""
        peer = self._peers.get(request.transport)
        if peer is None:
            raise PlaneRefusal("transport_not_found", "this transport has ended; make a new one")
        credentials = self._new_credentials()
        peer.agent.restart(credentials, Credentials(request.ice_ufrag, request.ice_pwd))
        self._register_ufrags(peer)
        return m.IceRestarted(credentials.ufrag, credentials.pwd, self.candidates)

    def _new_credentials(self) -> Credentials:
        return Credentials(self._ice_text(8), self._ice_text(24))

    def _new_ssrc(self) -> int:
        return self._rng.randrange(1, 1 << 32)

    def _ice_text(self, length: int) -> str:
        return "".join(self._rng.choice(_ICE_CHARS) for _ in range(length))

    def close_transport(self, transport: str) -> None:
        """Say goodbye and forget; unknown ids are fine."""
        peer = self._peers.get(transport)
        if peer is None:
            return
        peer.close(self._output)
        peer.go(PeerEvent.CLOSE, "closed_by_server")
        peer.announced_phase = peer.phase
        self._events.append(m.TransportState(peer.id, peer.phase, peer.reason))
        self._remove(peer)

    def open_pipe(self, request: m.OpenPipe, path: Path, now: float) -> None:
        """Be one end of a pipe whose other end is at `path`. Raises PlaneRefusal."""
        self._room(request.room)
        if request.pipe in self._peers:  # its keys may have been used: they must not begin again
            raise PlaneRefusal("pipe_exists", "close this pipe first, and open another one with new keys")
        end = PipeEnd(request, path, context=self._context, now=now, rng=self._rng)
        with refusing_conflicts():
            self._pipe_paths.check(end, end.foreign_ssrcs)
        self._pipe_paths.learn(end)
        self._peers[end.id] = end
        self._follow(end, now)

    def set_pipe(self, request: m.SetPipe, now: float) -> None:
        """Send and receive these tracks and no others. Raises PlaneRefusal; nothing has changed then."""
        end = self._peers.get(request.pipe)
        if not isinstance(end, PipeEnd):
            raise PlaneRefusal("pipe_not_found", "open the pipe first")
        with refusing_conflicts():
            change = end.difference(request)
            self._pipe_paths.check(end, (n for p in request.receive for pair in p.ssrcs for n in pair))
        if any(p.track in self._tracks for p in change.received if p.track not in end.receive_list):
            raise PlaneRefusal("track_exists", "this track is here already")
        for slot in change.slots_ended:
            self._set_route(m.Route(end.id, slot.mid, None), slot, now)
        for publication in change.publications_ended:
            self._end_track(end, publication)
        end.take(request, change)
        self._pipe_paths.learn(end)
        for piped in request.receive:
            if end.publications[piped.track].recorded != piped.recorded:
                self.set_publishing(m.SetPublishing(end.id, piped.track, True, piped.recorded))
        for piped in change.sent:
            for slot in slots_of(piped, self._rng):
                end.add_slot(slot)
        for route in end.routes():
            self._set_route(route, end.slots[route.mid], now)

    def set_routes(self, routes: Sequence[m.Route], now: float) -> tuple[m.Route, ...]:
        """Put routes in force; returns those without a common codec. Raises PlaneRefusal (unknown slot)."""
        slots: list[Slot] = []
        for route in routes:
            peer = self._peers.get(route.transport)
            slot = None if peer is None else peer.slots.get(route.mid)
            if slot is None:
                raise PlaneRefusal("slot_not_found", "no such transport, or it has no such receiving m-line")
            slots.append(slot)
        without: list[m.Route] = []
        for route, slot in zip(routes, slots, strict=True):
            if not self._set_route(route, slot, now):
                without.append(route)
        return tuple(without)

    def _set_route(self, route: m.Route, slot: Slot, now: float) -> bool:
        key = (route.transport, route.mid)
        for wanting in self._wanted.values():
            wanting.discard(key)
        self._wanted = {track: wanting for track, wanting in self._wanted.items() if wanting}
        slot.priority = route.priority
        slot.view(max_layer=route.max_layer, is_hidden=route.hidden, now=now)
        if slot.track is not None and slot.track.id == route.track:
            self._start_or_wait(slot, now)
            return True
        slot.unroute()
        if route.track is None:
            return True
        known = self._tracks.get(route.track)
        if known is None:
            self._wanted.setdefault(route.track, set()).add(key)
            return True
        track = known[2]
        slot.route(track, now)
        self._start_or_wait(slot, now)
        return track.codec is None or slot.codec_for(track.codec) is not None

    def set_publishing(self, request: m.SetPublishing) -> None:
        """Mute or allow, record or not. Raises PlaneRefusal."""
        peer = self._peers.get(request.transport)
        publication = None if peer is None else peer.publications.get(request.mid)
        if peer is None or publication is None:
            raise PlaneRefusal("publication_not_found", "no such transport, or it has no such sending m-line")
        if request.allowed and not publication.allowed:
            publication.restart_all()
        publication.allowed = request.allowed
        if request.recorded != publication.recorded:
            publication.recorded = request.recorded
            tap = self._tap_of(peer)
            if request.recorded:
                if publication.track is not None and len(publication.track.layers) > 1:
                    publication.track.recorded.reset()
                self._announce_to_tap(peer, publication)
            elif tap is not None and publication.track is not None:
                tap.on_track_end(publication.track.id)

    def request_keyframe(self, track: str) -> None:
        """A wish of a server or the recorder; unknown ids are fine."""
        known = self._tracks.get(track)
        if known is not None:
            heard = known[2].recorded
            (heard.layer or heard.target(known[2])).keyframes.wish()

    # ── counters ──

    def stats(self, room: str) -> m.Stats:
        """Counters of one room, or of all with an empty name."""
        peers = [peer for peer in self._peers.values() if not room or peer.room == room]
        transports = tuple(transport_stats(peer) for peer in peers)
        names = [name for name in self._rooms if not room or name == room]
        rooms = self._totals.rooms(names, transports)
        counts = {} if room else self._totals.process(rooms)
        dropped = {**self.dropped, "dtls_flood": self._handshakes.dropped}
        return m.Stats(transports, dropped, rooms, counts)


@contextmanager
def refusing_conflicts() -> Iterator[None]:
    """What cannot be on a pipe is refused. Raises PlaneRefusal."""
    try:
        yield
    except PipeConflict as conflict:
        raise PlaneRefusal(conflict.code, str(conflict)) from None


def _local_section(peer: Peer, section: m.MediaSection) -> m.LocalSection:
    slot = peer.slots.get(section.mid)
    if slot is None:
        return m.LocalSection(section.mid, "publish")
    has_rtx = any(codec.rtx_pt is not None for codec in section.codecs)
    return m.LocalSection(
        section.mid, "subscribe", slot.lane.ssrc, slot.rtx_lane.ssrc if has_rtx else None, peer.cname
    )
