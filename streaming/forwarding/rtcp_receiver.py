"""RTCP of peers: what publishers say about their clocks, and subscribers about their slots."""

from streaming.forwarding.hot_path import Path
from streaming.forwarding.peer import Peer
from streaming.forwarding.plane_state import PlaneState
from streaming.forwarding.tapping import Tapping
from streaming.rtp import rtcp


class RtcpReceiver:
    """See the module."""

    def __init__(self, state: PlaneState, tapping: Tapping) -> None:
        self._state = state
        self._tapping = tapping

    def receive(self, peer: Peer, data: bytes, path: Path, now: float) -> None:
        """One protected compound packet."""
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
            self._state.limited[peer.id] = peer

    def _receive_feedback(self, peer: Peer, message: rtcp.Rtcp, now: float) -> None:
        """What a subscriber says about its slots."""
        match message:
            case rtcp.Nack():
                slot = peer.slots_by_ssrc.get(message.media_ssrc)
                if slot is not None:
                    slot.receive_nack(message.lost, self._state.output, now)
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
        if publication is None or layer is None or layer.ring.highest is None:
            return
        clock = layer.receive_sender_report(report, now)
        peer.wall.observe(clock.ntp_s, now + self._state.ntp_offset_s)
        self._tapping.receive_clock(peer, publication, layer, report.rtp_timestamp)

    @staticmethod
    def _receive_bye(peer: Peer, ssrc: int) -> None:
        publication = peer.publication_by_ssrc(ssrc)
        track = None if publication is None else publication.track
        layer = None if track is None else track.layer_of_ssrc(ssrc)
        if track is not None and layer is not None:
            track.stop_layer(layer)
