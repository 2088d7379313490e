"""Transports from the request that creates them to their end, and what follows when their phase changes."""

from collections.abc import Sequence
from typing import Final

from streaming.control import messages as m
from streaming.dtls import Identity
from streaming.forwarding.counters import transport_stats
from streaming.forwarding.peer import Peer, PeerEvent
from streaming.forwarding.pipe import PipeEnd
from streaming.forwarding.plane_state import PlaneRefusal, PlaneState
from streaming.forwarding.publishing import Publishing
from streaming.forwarding.routing_table import RoutingTable
from streaming.forwarding.slot import Slot
from streaming.forwarding.totals import Totals
from streaming.ice.agent import Credentials

_ICE_CHARS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class Transports:
    """See the module. `totals` keeps what those that left have counted; `candidates` is what is offered."""

    def __init__(
        self,
        state: PlaneState,
        routing: RoutingTable,
        publishing: Publishing,
        *,
        identity: Identity,
        candidates: Sequence[m.Candidate],
    ) -> None:
        self.context = identity.context()
        self.totals = Totals()
        self._state = state
        self._routing = routing
        self._publishing = publishing
        self._fingerprint = identity.fingerprint
        self.candidates = tuple(candidates)

    # ── requests ──

    def create(self, request: m.CreateTransport, now: float) -> m.LocalParameters:
        """Be ready for a peer; one with the same id is replaced. Raises PlaneRefusal."""
        state = self._state
        state.room(request.room)
        self.close(request.transport)
        slots = [
            self._new_slot(section, state.new_ssrc(), state.new_ssrc())
            for section in request.remote.media
            if section.direction == "subscribe"
        ]
        credentials = self._new_credentials()
        peer = Peer(
            request,
            credentials=credentials,
            context=self.context,
            local_ssrc=state.new_ssrc(),
            slots=slots,
            now=now,
            rng=state.rng,
        )
        state.peers[peer.id] = peer
        state.addresses.register(peer)
        return m.LocalParameters(
            credentials.ufrag,
            credentials.pwd,
            self._fingerprint,
            peer.dtls_role,
            self.candidates,
            tuple(_local_section(peer, section) for section in request.remote.media),
        )

    def _new_slot(self, section: m.MediaSection, ssrc: int, rtx_ssrc: int) -> Slot:
        rng = self._state.rng
        return Slot(
            section,
            ssrc,
            rtx_ssrc,
            first_seq=rng.randrange(1, 1 << 14),
            first_timestamp=rng.getrandbits(31),
        )

    def restart_ice(self, request: m.RestartIce) -> m.IceRestarted:
        """Agree on new credentials; DTLS, SRTP and media go on untouched. Raises PlaneRefusal."""
        peer = self._state.peers.get(request.transport)
        if peer is None:
            raise PlaneRefusal("transport_not_found", "this transport has ended; make a new one")
        credentials = self._new_credentials()
        peer.agent.restart(credentials, Credentials(request.ice_ufrag, request.ice_pwd))
        self._state.addresses.register(peer)
        return m.IceRestarted(credentials.ufrag, credentials.pwd, self.candidates)

    def _new_credentials(self) -> Credentials:
        return Credentials(self._ice_text(8), self._ice_text(24))

    def _ice_text(self, length: int) -> str:
        return "".join(self._state.rng.choice(_ICE_CHARS) for _ in range(length))

    def close(self, transport: str) -> None:
        """Say goodbye and forget, also to a pipe; unknown ids are fine."""
        peer = self._state.peers.get(transport)
        if peer is None:
            return
        peer.close(self._state.output)
        peer.go(PeerEvent.CLOSE, "closed_by_server")
        peer.announced_phase = peer.phase
        self._state.events.append(m.TransportState(peer.id, peer.phase, peer.reason))
        self._remove(peer)

    # ── phases ──

    def follow(self, peer: Peer, now: float) -> None:
        """After a peer's state may have changed."""
        announced = peer.announced_phase
        if peer.phase == announced:
            handshake_at = peer.dtls.next_deadline() or float("inf")
            peer.timer_at = min(peer.timer_at, handshake_at, peer.agent.next_deadline())
            return
        peer.announced_phase = peer.phase
        peer.timer_at = now
        self._state.events.append(m.TransportState(peer.id, peer.phase, peer.reason))
        if peer.phase == "connected":
            peer.connected_at = peer.report_at = now
            for slot in peer.slots.values():
                self._routing.start_or_wait(slot, now)
        elif peer.phase in {"failed", "closed"}:
            self._remove(peer)

    def _remove(self, peer: Peer) -> None:
        state = self._state
        if state.peers.pop(peer.id, None) is not None:
            self.totals.depart(transport_stats(peer))
        state.limited.pop(peer.id, None)
        state.addresses.forget(peer)
        for slot in peer.slots.values():
            slot.unroute()
        self._routing.forget(peer.id)
        if isinstance(peer, PipeEnd):
            state.addresses.pipes.forget(peer)
        for publication in peer.publications.values():
            self._publishing.end_track(peer, publication)


def _local_section(peer: Peer, section: m.MediaSection) -> m.LocalSection:
    slot = peer.slots.get(section.mid)
    if slot is None:
        return m.LocalSection(section.mid, "publish")
    has_rtx = any(codec.rtx_pt is not None for codec in section.codecs)
    return m.LocalSection(
        section.mid, "subscribe", slot.lane.ssrc, slot.rtx.lane.ssrc if has_rtx else None, peer.cname
    )
