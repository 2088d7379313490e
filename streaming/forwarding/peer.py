"""One peer connection: its ICE agent, its DTLS, its keys, its m-lines. What belongs to one peer only.

new ──address proven──▶ connecting ──keys agreed──▶ connected
 └───────────────┴────────────┴──▶ failed (it went away) or closed (we or it said so)
"""

from collections import Counter
from enum import Enum
from random import Random
from typing import Final

from OpenSSL import SSL

from streaming.congestion.arrivals import SHORT_INTERVAL_S, ArrivalRecorder
from streaming.congestion.uplink import UplinkEstimator
from streaming.control import messages as m
from streaming.control.extensions import MID
from streaming.dtls import DtlsEndpoint, DtlsState
from streaming.forwarding.downlink import Downlink
from streaming.forwarding.health import Health
from streaming.forwarding.hot_path import Output, Path
from streaming.forwarding.layer import Layer
from streaming.forwarding.publication import Publication
from streaming.forwarding.slot import Slot
from streaming.forwarding.track import PublisherClock
from streaming.ice.agent import Credentials, IceAgent, IceState
from streaming.ice.stun import BINDING_REQUEST, StunMessage
from streaming.rtp import rtcp
from streaming.rtp.packet import RtpPacket
from streaming.srtp import SrtpSessions

MAX_LEARNED_SSRCS: Final = 64
LOSS_SMOOTHING: Final = 0.3
MAX_REPORTS: Final = 31
"""Report blocks of one RTCP packet."""


class PeerEvent(Enum):
    """See the module."""

    PROVEN = "proven"
    KEYS = "keys"
    LOST = "lost"
    CLOSE = "close"


TABLE: Final[dict[m.TransportPhase, dict[PeerEvent, m.TransportPhase]]] = {
    "new": {PeerEvent.PROVEN: "connecting", PeerEvent.LOST: "failed", PeerEvent.CLOSE: "closed"},
    "connecting": {PeerEvent.KEYS: "connected", PeerEvent.LOST: "failed", PeerEvent.CLOSE: "closed"},
    "connected": {PeerEvent.LOST: "failed", PeerEvent.CLOSE: "closed"},
    "failed": {PeerEvent.CLOSE: "closed"},
    "closed": {},
}


class Peer:
    """See the module. Methods append what must be sent to the `output` that they are given."""

    def __init__(
        self,
        request: m.CreateTransport,
        *,
        credentials: Credentials,
        context: SSL.Context,
        local_ssrc: int,
        slots: list[Slot],
        now: float,
        rng: Random,
    ) -> None:
        remote = request.remote
        self.id = request.transport
        self.room = request.room
        self.participant = request.participant
        self.local_ssrc = local_ssrc
        self.cname = f"{local_ssrc:08x}"
        self.known_ufrags: tuple[str, ...] = ()
        self.phase: m.TransportPhase = "new"
        self.announced_phase: m.TransportPhase = "new"
        self.reason = ""
        self.dtls_role: m.DtlsRole = "client" if remote.dtls_role == "server" else "server"
        theirs = Credentials(remote.ice_ufrag, remote.ice_pwd)
        self.agent: IceAgent[Path] = IceAgent(credentials, theirs, now, rng, receives=bool(slots))
        self.dtls = DtlsEndpoint(context, self.dtls_role, remote.fingerprints)
        self.srtp: SrtpSessions | None = None
        self.wall = PublisherClock()
        self.rejected: Counter[str] = Counter()
        self.publications = {
            section.mid: Publication(section, f"{request.transport}:{section.mid}")
            for section in remote.media
            if section.direction == "publish"
        }
        reports_arrivals = any(p.reports_arrivals for p in self.publications.values())
        self.arrivals = ArrivalRecorder() if reports_arrivals else None
        self.arrivals_at = now if reports_arrivals else float("inf")
        self.uplink = UplinkEstimator(sum(p.cap_bps for p in self.publications.values()), now)
        self.slots = {slot.mid: slot for slot in slots}
        for slot in slots:
            slot.transport = self.id
        self.downlink = Downlink(self.slots)
        self.slots_by_ssrc = {slot.lane.ssrc: slot for slot in slots}
        self.health = Health()
        self.connected_at = now
        self._full_intra_requests = 0
        self.report_at = now
        self.timer_at = now
        self._publication_by_ssrc = {
            ssrc: publication
            for publication in self.publications.values()
            for ssrc in publication.section.ssrcs
        }
        self._declared = len(self._publication_by_ssrc)

    def go(self, event: PeerEvent, reason: str = "") -> bool:
        """Follow the table; False when nothing changes."""
        target = TABLE[self.phase].get(event)
        if target is None:
            return False
        self.phase = target
        self.reason = reason
        return True

    @property
    def is_pipe(self) -> bool:
        """Whether this is a way to another media process: what comes here is published elsewhere."""
        return False

    def participant_of(self, _publication: Publication) -> str:
        """Who publishes it."""
        return self.participant

    # ── ICE and DTLS ──

    def receive_stun(self, message: StunMessage, path: Path, now: float, output: Output) -> None:
        """Answer a check, or hear the answer to ours; a new nomination moves all that we send."""
        before = self.agent.selected
        if message.message_type != BINDING_REQUEST:
            if self.agent.receive_answer(message, path, now):
                self.downlink.receive_echo(message.transaction_id, now)
                self._follow_selected(before)
            else:
                self.rejected["stun"] += 1
            return
        response = self.agent.receive_request(message, path, path[1][0], path[1][1], now)
        if response is None:
            self.rejected["stun"] += 1
            return
        output.append((path, response))
        output.extend(self.agent.poll_probes())
        self._follow_selected(before)
        if self.agent.selected is not None and self.go(PeerEvent.PROVEN):
            self.dtls.start(now)
            self.send_handshake(now, output)

    def lose_path(self, path: Path) -> None:
        """The connection that this path was has ended."""
        before = self.agent.selected
        self.agent.lose_path(path)
        self._follow_selected(before)

    def _follow_selected(self, before: Path | None) -> None:
        if self.agent.selected is not None and self.agent.selected != before:
            for slot in self.slots.values():
                slot.move_to(self.agent.selected)

    def receive_dtls(self, data: bytes, now: float, output: Output) -> None:
        """Handshake records, later alerts."""
        self.dtls.receive_datagram(data, now)
        self.send_handshake(now, output)

    def send_handshake(self, now: float, output: Output) -> None:
        """Send what DTLS has to say, and follow its state."""
        selected = self.agent.selected
        if selected is not None:
            output.extend((selected, datagram) for datagram in self.dtls.poll_output())
        match self.dtls.state:
            case DtlsState.CONNECTED if self.srtp is None:
                self.srtp = self.dtls.srtp
                assert self.srtp is not None
                self.agent.secured(now)
                for slot in self.slots.values():
                    slot.protect_with(self.srtp.sender)
                self.go(PeerEvent.KEYS)
            case DtlsState.FAILED:
                self.go(PeerEvent.LOST, self.dtls.reason)
            case DtlsState.CLOSED:
                self.go(PeerEvent.CLOSE, self.dtls.reason)
            case _:
                pass

    def handle_timer(self, now: float, output: Output) -> None:
        """Questions, retransmissions and time-outs of ICE and DTLS."""
        before = self.agent.selected
        self.agent.handle_timer(now)
        output.extend(self.agent.poll_probes())
        self._follow_selected(before)
        if self.agent.state is IceState.FAILED:
            self.go(PeerEvent.LOST, self.agent.reason)
            return
        deadline = self.dtls.next_deadline()
        if deadline is not None and now >= deadline:
            self.dtls.handle_timer(now)
            self.send_handshake(now, output)

    def close(self, output: Output) -> None:
        """Say goodbye to the peer."""
        self.dtls.close()
        if self.agent.selected is not None:
            output.extend((self.agent.selected, datagram) for datagram in self.dtls.poll_output())

    # ── media ──

    def publication_of(self, packet: RtpPacket) -> Publication | None:
        """By declared or learned SSRC, else by MID, else by a payload type that only one m-line has."""
        known = self._publication_by_ssrc.get(packet.ssrc)
        if known is not None:
            return known
        found = self._publication_by_mid(packet)
        if found is None:
            fitting = [p for p in self.publications.values() if packet.payload_type in p.payload_types]
            found = fitting[0] if len(fitting) == 1 else None
        if found is not None and len(self._publication_by_ssrc) < self._declared + MAX_LEARNED_SSRCS:
            self._publication_by_ssrc[packet.ssrc] = found
        return found

    def _publication_by_mid(self, packet: RtpPacket) -> Publication | None:
        for publication in self.publications.values():
            mid_id = publication.section.header_extensions.get(MID)
            for number, value in packet.extensions:
                if number == mid_id and value == publication.mid.encode():
                    return publication
        return None

    def publication_by_ssrc(self, ssrc: int) -> Publication | None:
        """For RTCP."""
        return self._publication_by_ssrc.get(ssrc)

    def send_rtcp(self, compound: bytes, output: Output) -> None:
        """Protect and send; nothing happens before there are keys."""
        if self.srtp is None or self.agent.selected is None:
            return
        datagram = self.srtp.sender.protect_rtcp(compound)
        if datagram is not None:
            output.append((self.agent.selected, datagram))

    def send_feedback(self, feedback: bytes, output: Output) -> None:
        """A feedback message in a minimal compound (RFC 4585 section 3.1)."""
        report = rtcp.build_receiver_report(rtcp.ReceiverReport(self.local_ssrc))
        self.send_rtcp(report + rtcp.build_cname(self.local_ssrc, self.cname) + feedback, output)

    def send_reports(self, ntp_now_s: float, now: float, output: Output) -> None:
        """Receiver reports and the bitrate cap for what it publishes, sender reports for what it receives."""
        compound = self._receiver_reports(now)
        for slot in self.slots.values():
            clocks = slot.clock_at(now)
            if clocks is None:
                continue
            ntp_s, timestamp = clocks
            ntp = int((ntp_now_s if ntp_s is None else ntp_s) * (1 << 32))
            lane = slot.lane
            report = rtcp.SenderReport(lane.ssrc, ntp, timestamp, lane.packets, lane.octets)
            self.downlink.note_sender_report(ntp, now)
            compound += rtcp.build_sender_report(report) + rtcp.build_cname(lane.ssrc, self.cname)
        self.downlink.sample(now)
        if compound:
            self.send_rtcp(compound, output)

    def _receiver_reports(self, now: float) -> bytes:
        tracks = [p.track for p in self.publications.values() if p.track is not None]
        if not self.publications:
            return b""
        layers = [layer for track in tracks for layer in track.layers if layer.has_begun][:MAX_REPORTS]
        blocks = tuple(layer.reception.report(layer.ssrc, now) for layer in layers)
        for layer, block in zip(layers, blocks, strict=True):
            layer.loss += LOSS_SMOOTHING * (block.fraction_lost / 256 - layer.loss)
        # With arrivals reported, the publisher finds what the path carries better than we can: only cap it.
        cap_bps = self.uplink.bitrate_bps(now) if self.arrivals is None else self.uplink.cap_bps
        ssrcs = tuple(layer.ssrc for layer in layers)
        return (
            rtcp.build_receiver_report(rtcp.ReceiverReport(self.local_ssrc, blocks))
            + rtcp.build_cname(self.local_ssrc, self.cname)
            + rtcp.build_remb(self.local_ssrc, cap_bps, ssrcs)
        )

    def look_after_health(self, now: float) -> None:
        """Note what troubles it. What was lost on the publisher's way here is not the viewer's fault."""
        tracks = [p.track for p in self.publications.values() if p.track is not None]
        watched = [slot.layer.loss for slot in self.slots.values() if slot.layer is not None]
        self.health.look(
            now,
            sent_lost=max((layer.loss for track in tracks for layer in track.layers), default=0.0),
            received_lost=self.downlink.estimator.loss - max(watched, default=0.0),
            is_paused=any(slot.is_paused and slot.aimed is None for slot in self.slots.values()),
            round_trip_s=self.downlink.round_trip_s,
        )

    def receive_arrival(self, sequence: int | None, ssrc: int, now: float) -> None:
        """A packet with this transport-wide sequence number came."""
        if self.arrivals is not None and sequence is not None:
            self.arrivals.receive_packet(sequence, ssrc, now)

    def send_arrivals(self, now: float, output: Output) -> None:
        """Transport-wide feedback, if that was agreed and is due."""
        if self.arrivals is None or now < self.arrivals_at:
            return
        self.arrivals_at = now + SHORT_INTERVAL_S
        if self.arrivals.is_due(now):
            for feedback in self.arrivals.feedback(self.local_ssrc, now):
                self.send_feedback(feedback, output)

    def serve_downlink(self, now: float, output: Output) -> None:
        """While its link is too narrow for everything: pace, probe, and ask how long the queue is."""
        self.downlink.handle_timer(now, output)
        if self.downlink.is_limited and self.downlink.wants_echo(now):
            transaction = self.agent.ask(now)
            if transaction is not None:
                self.downlink.note_question(transaction, now)
                output.extend(self.agent.poll_probes())

    def ask_for_keyframe(self, layer: Layer, output: Output) -> None:
        """PLI or FIR, whichever was agreed; a publisher that agreed to neither (ffmpeg) is not bothered."""
        agreed = () if layer.codec is None else layer.codec.rtcp_fb
        if "nack pli" in agreed:
            self.send_feedback(rtcp.build_picture_loss(self.local_ssrc, layer.ssrc), output)
        elif "ccm fir" in agreed:
            self._full_intra_requests += 1
            number = self._full_intra_requests
            self.send_feedback(rtcp.build_full_intra_request(self.local_ssrc, layer.ssrc, number), output)

    def ask_again(self, layer: Layer, lost: list[int], output: Output) -> None:
        """NACK to this publisher, if that was agreed; extended numbers."""
        if layer.codec is not None and "nack" in layer.codec.rtcp_fb:
            numbers = [number & 0xFFFF for number in lost]
            self.send_feedback(rtcp.build_nack(self.local_ssrc, layer.ssrc, numbers), output)
