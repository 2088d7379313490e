"""What a forwarding plane does with time: repairs, late joiners, keyframe requests, reports, time-outs."""

from typing import Final

from streaming.control import messages as m
from streaming.forwarding.handshakes import Handshakes
from streaming.forwarding.housekeeping import Housekeeping
from streaming.forwarding.peer import Peer
from streaming.forwarding.plane_state import PlaneState
from streaming.forwarding.slot_states import SlotState
from streaming.forwarding.track import Track
from streaming.forwarding.transports import Transports

LATE_PACKETS_PER_TICK: Final = 600
"""For all late joiners together, first come first served: some 4 ms, so that live packets hardly wait."""
REPORT_INTERVAL_S: Final = 1.0
PUBLISHER_REPORT_INTERVAL_S: Final = 0.5
FIRST_REPORTS_INTERVAL_S: Final = 0.2
FIRST_REPORTS_S: Final = 3.0
WAITING_TAKE_OLD_S: Final = 1.5


class PlaneTimer:
    """See the module."""

    def __init__(self, state: PlaneState, transports: Transports, handshakes: Handshakes[Peer]) -> None:
        self._state = state
        self._transports = transports
        self._handshakes = handshakes
        self._housekeeping = Housekeeping(state)

    def handle_timer(self, now: float) -> None:
        """Everything that is due; see the plane."""
        output = self._state.output
        self._step_handshakes(now)
        late_limit = LATE_PACKETS_PER_TICK
        for peer, publication, track in self._state.tracks.values():
            for layer in track.layers:
                lost = layer.missing.due(now)
                if lost:
                    peer.ask_again(layer, lost, output)
            if track.unsettled:
                late_limit -= self._serve_late_joiners(track, now, late_limit)
            if track.kind == "video" and publication.allowed:
                for layer in track.layers:
                    if layer.has_begun and layer.keyframes.due(now):
                        peer.ask_for_keyframe(layer, output)
        self._housekeeping.handle_timer(now)
        self._serve_limited(now)
        for peer in list(self._state.peers.values()):
            if now >= peer.timer_at:
                self._serve_peer(peer, now)

    def _step_handshakes(self, now: float) -> None:
        for peer, record in self._handshakes.next_tick():
            if self._state.peers.get(peer.id) is peer:
                peer.receive_dtls(record, now, self._state.output)
                self._transports.follow(peer, now)

    def _serve_late_joiners(self, track: Track, now: float, limit: int) -> int:
        taken = 0
        for slot in tuple(track.unsettled):
            waited = now - slot.waiting_since
            slot.advance(now, any_age=waited > WAITING_TAKE_OLD_S and track.flows(now))
            if slot.state is SlotState.CATCHING_UP and taken < limit:
                taken += slot.catch_up(self._state.output, now, limit - taken)
        return taken

    def _serve_limited(self, now: float) -> None:
        """Subscribers whose links are too narrow for everything."""
        for peer in list(self._state.limited.values()):
            peer.serve_downlink(now, self._state.output)
            if not peer.downlink.is_limited:
                del self._state.limited[peer.id]

    def _serve_peer(self, peer: Peer, now: float) -> None:
        output = self._state.output
        peer.handle_timer(now, output)
        if peer.phase == "connected" and now >= peer.report_at:
            is_new = now - peer.connected_at < FIRST_REPORTS_S
            steady_s = PUBLISHER_REPORT_INTERVAL_S if peer.publications else REPORT_INTERVAL_S
            peer.report_at = now + (FIRST_REPORTS_INTERVAL_S if is_new else steady_s)
            peer.send_reports(now + self._state.ntp_offset_s, now, output)
            self._look_after(peer, now)
        peer.send_arrivals(now, output)
        peer.timer_at = min(peer.report_at, peer.arrivals_at) if peer.phase == "connected" else float("inf")
        self._transports.follow(peer, now)  # and what ICE and DTLS wait for

    def _look_after(self, peer: Peer, now: float) -> None:
        if peer.is_pipe:
            return
        peer.look_after_health(now)
        troubles = peer.health.changed()
        if troubles is not None:
            self._state.events.append(m.TransportTrouble(peer.id, troubles))
