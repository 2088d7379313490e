"""One end of a pipe to another media process: a peer without ICE and DTLS, whose m-lines change as it runs.

The server gives both ends their keys, addresses and SSRCs. What a pipe sends are slots, one per layer of a
track; what it receives are publications with declared SSRCs, under the track ids that they have at home. So
loss is repaired, keyframes are asked for and kept, and clocks are told by the code that serves every peer.

Both ends are at the address of their media process, which other pipes use too: `PipePaths` tells them apart
by the SSRC in the clear part of each packet. What does not decrypt with that pipe's keys is dropped.

A pipe is live while authentic packets arrive; both ends report at least once a second for that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from msgspec.structs import replace
from OpenSSL import SSL

from streaming.control import messages as m
from streaming.forwarding.hot_path import Output, Path
from streaming.forwarding.peer import Peer
from streaming.forwarding.pinned_slot import PinnedSlot
from streaming.forwarding.publication import Publication
from streaming.forwarding.slot import Slot
from streaming.ice.agent import Credentials, IceAgent, IceState
from streaming.rtp import rtcp
from streaming.rtp.demux import DatagramKind
from streaming.rtp.packet import RtpPacket
from streaming.srtp import AES_128_GCM, GcmKeys, GcmSender, SrtpSessions, gcm_receiver

SILENCE_TIMEOUT_S: Final = 5.0
MAX_STREAMS: Final = 1024
"""SSRCs at a time: 12 publishers with 5 layers each, twice for RTX, and as many that came and went."""
MAX_USED_SSRCS: Final = 65_536
"""Then the pipe takes no new tracks: the server opens another one, with new keys."""
REPORTS_PER_DATAGRAM: Final = 20
_SSRC_AT: Final = {DatagramKind.RTP: slice(8, 12), DatagramKind.RTCP: slice(4, 8)}


class PipeConflict(Exception):
    """What the server asks for cannot be: an SSRC or a track that is there already. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class PipeAgent(IceAgent[Path]):
    """Stands in for ICE: the server has named the address, and only silence ends the pipe."""

    __slots__ = ("_heard_at",)

    def __init__(self, path: Path, now: float, rng: Random) -> None:
        super().__init__(Credentials("", ""), Credentials("", ""), now, rng)
        self._prove(path, nominated=True, now=now)
        self._heard_at = now

    @property
    def ufrags(self) -> tuple[str, ...]:
        """A pipe answers no checks: there is no name for them."""
        return ()

    def heard(self, path: Path, now: float) -> None:
        """See `IceAgent`."""
        del path
        self._heard_at = now

    def handle_timer(self, now: float) -> None:
        """Give up an end that is silent; ask nothing."""
        if self.state is not IceState.FAILED and now >= self.next_deadline():
            self.reason = "peer_silent"
            self.state = IceState.FAILED

    def next_deadline(self) -> float:
        """See `IceAgent`."""
        return float("inf") if self.state is IceState.FAILED else self._heard_at + SILENCE_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class PipeChange:
    """What `SetPipe` means for an end as it is: slots and publications that end, tracks to begin."""

    slots_ended: tuple[Slot, ...]
    publications_ended: tuple[Publication, ...]
    sent: tuple[m.PipedTrack, ...]
    received: tuple[m.PipedTrack, ...]


class PipeEnd(Peer):
    """See the module. `send_list` and `receive_list` are what the server asked for, by track."""

    def __init__(
        self, request: m.OpenPipe, path: Path, *, context: SSL.Context, now: float, rng: Random
    ) -> None:
        nobody = m.RemoteParameters("", "", "client", (), ())
        super().__init__(
            m.CreateTransport(request.pipe, request.room, "", nobody),
            credentials=Credentials("", ""),
            context=context,
            local_ssrc=request.local_ssrc,
            slots=[],
            now=now,
            rng=rng,
        )
        self.remote_ssrc = request.remote_ssrc
        self.agent = PipeAgent(path, now, rng)
        self.srtp = SrtpSessions(
            AES_128_GCM,
            GcmSender(GcmKeys.derive(request.send_key, request.send_salt)),
            gcm_receiver(GcmKeys.derive(request.receive_key, request.receive_salt), MAX_STREAMS),
        )
        self.phase = "connected"
        self.send_list: dict[str, m.PipedTrack] = {}
        self.receive_list: dict[str, m.PipedTrack] = {}
        self._used_ssrcs: set[int] = {request.local_ssrc}

    @property
    def is_pipe(self) -> bool:
        """See `Peer`."""
        return True

    # ── what it carries ──

    def difference(self, request: m.SetPipe) -> PipeChange:
        """Compare with what is; changes nothing. Raises PipeConflict."""
        send = {piped.track: piped for piped in request.send}
        receive = {piped.track: piped for piped in request.receive}
        kept_sent = {track for track, piped in self.send_list.items() if _goes_on(piped, send.get(track))}
        kept_received = {
            track for track, piped in self.receive_list.items() if _goes_on(piped, receive.get(track))
        }
        sent = tuple(piped for piped in send.values() if piped.track not in kept_sent)
        self._check_fresh(sent)
        return PipeChange(
            tuple(slot for slot in self.slots.values() if slot.section.mid not in kept_sent),
            tuple(p for p in self.publications.values() if p.track_id not in kept_received),
            sent,
            tuple(piped for piped in receive.values() if piped.track not in kept_received),
        )

    def _check_fresh(self, sent: tuple[m.PipedTrack, ...]) -> None:
        """An SSRC that begins again under the same keys would encrypt two packets with one nonce."""
        new = [ssrc for piped in sent for pair in piped.ssrcs for ssrc in pair]
        if len(set(new)) < len(new) or self._used_ssrcs.intersection(new):
            raise PipeConflict("ssrc_used", "every SSRC on a pipe is used once")
        if len(self._used_ssrcs) + len(new) > MAX_USED_SSRCS:
            raise PipeConflict("pipe_worn", "this pipe has carried too many tracks: open another one")

    def take(self, request: m.SetPipe, change: PipeChange) -> None:
        """Be as `request` says, except for slots, which the plane makes (`add_slot`) and ends."""
        for slot in change.slots_ended:
            del self.slots[slot.mid]
            del self.slots_by_ssrc[slot.lane.ssrc]
        for publication in change.publications_ended:
            del self.publications[publication.mid]
        self._used_ssrcs.update(ssrc for piped in change.sent for pair in piped.ssrcs for ssrc in pair)
        self.send_list = {piped.track: piped for piped in request.send}
        self.receive_list = {piped.track: piped for piped in request.receive}
        for piped in change.received:
            publication = Publication(replace(piped.section, mid=piped.track), piped.track)
            for layer, pair in enumerate(piped.ssrcs):
                for ssrc in pair:
                    publication.declare_ssrc(ssrc, layer)
            publication.recorded, publication.group = piped.recorded, piped.group
            self.publications[piped.track] = publication
        self._publication_by_ssrc = {
            ssrc: self.publications[piped.track]
            for piped in self.receive_list.values()
            for pair in piped.ssrcs
            for ssrc in pair
        }

    def add_slot(self, slot: Slot) -> None:
        """Send one more layer from now on."""
        slot.transport = self.id
        assert self.srtp is not None
        assert self.agent.selected is not None
        slot.move_to(self.agent.selected)
        slot.protect_with(self.srtp.sender)
        self.slots[slot.mid] = slot
        self.slots_by_ssrc[slot.lane.ssrc] = slot

    def routes(self) -> Iterator[m.Route]:
        """Routes not in force yet: of new slots, and of layers that the other end needs (no longer)."""
        for slot in self.slots.values():
            piped = self.send_list[slot.section.mid]
            is_hidden = (
                isinstance(slot, PinnedSlot) and piped.needed is not None and slot.rid not in piped.needed
            )
            if slot.track is None or slot.is_hidden != is_hidden:
                yield m.Route(self.id, slot.mid, piped.track, hidden=is_hidden)

    @property
    def foreign_ssrcs(self) -> set[int]:
        """What the other end sends with."""
        return {self.remote_ssrc, *self._publication_by_ssrc}

    def participant_of(self, publication: Publication) -> str:
        """Who publishes it, at home."""
        return self.receive_list[publication.track_id].participant

    # ── where it differs from a peer ──

    def publication_of(self, packet: RtpPacket) -> Publication | None:
        """By declared SSRC alone."""
        return self._publication_by_ssrc.get(packet.ssrc)

    def receive_dtls(self, data: bytes, now: float, output: Output) -> None:
        """A pipe shakes no hands."""
        del data, now, output
        self.rejected["unknown_protocol"] += 1

    def close(self, output: Output) -> None:
        """The other end hears of it from the server, or from silence."""
        del output

    def send_reports(self, ntp_now_s: float, now: float, output: Output) -> None:
        """Reports in datagrams of bounded size; at least one, by which the other end sees that we live."""
        blocks = [
            layer.reception.report(layer.ssrc, now)
            for publication in self.publications.values()
            if publication.track is not None
            for layer in publication.track.layers
            if layer.has_begun
        ]
        clocks = [
            rtcp.SenderReport(
                slot.lane.ssrc,
                int((ntp_now_s if ntp_s is None else ntp_s) * (1 << 32)),
                timestamp,
                slot.lane.packets,
                slot.lane.octets,
            )
            for slot in self.slots.values()
            if (found := slot.clock_at(now)) is not None
            for ntp_s, timestamp in (found,)
        ]
        cname = rtcp.build_cname(self.local_ssrc, self.cname)
        for start in range(0, max(1, len(blocks), len(clocks)), REPORTS_PER_DATAGRAM):
            part = slice(start, start + REPORTS_PER_DATAGRAM)
            report = rtcp.ReceiverReport(self.local_ssrc, tuple(blocks[part]))
            told = b"".join(rtcp.build_sender_report(clock) for clock in clocks[part])
            self.send_rtcp(rtcp.build_receiver_report(report) + cname + told, output)


class PipePaths:
    """Whose a datagram from another media process is."""

    def __init__(self) -> None:
        self._by_path: dict[Path, dict[int, PipeEnd]] = {}

    def find(self, path: Path, kind: DatagramKind, data: bytes) -> PipeEnd | None:
        """The end that knows the sender's SSRC."""
        ends = self._by_path.get(path)
        where = _SSRC_AT.get(kind)
        if ends is None or where is None:
            return None
        return ends.get(int.from_bytes(data[where], "big"))

    def check(self, end: PipeEnd, ssrcs: Iterable[int]) -> None:
        """Raises PipeConflict when another pipe on the same path uses one of these."""
        for path in end.agent.paths:
            ends = self._by_path.get(path, {})
            if any(ends.get(ssrc, end) is not end for ssrc in ssrcs):
                raise PipeConflict("ssrc_used", "another pipe between these processes uses this SSRC")

    def learn(self, end: PipeEnd) -> None:
        """Its `foreign_ssrcs` may have changed."""
        self.forget(end)
        for path in end.agent.paths:
            ends = self._by_path.setdefault(path, {})
            for ssrc in end.foreign_ssrcs:
                ends[ssrc] = end

    def forget(self, end: PipeEnd) -> None:
        """It is closed."""
        for path in end.agent.paths:
            ends = {ssrc: one for ssrc, one in self._by_path.get(path, {}).items() if one is not end}
            if ends:
                self._by_path[path] = ends
            else:
                self._by_path.pop(path, None)


def _goes_on(one: m.PipedTrack, other: m.PipedTrack | None) -> bool:
    """Whether it is the same stream, whatever else has changed."""
    return other is not None and replace(one, recorded=True, needed=None, group="") == replace(
        other, recorded=True, needed=None, group=""
    )
