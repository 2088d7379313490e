"""Steering the media processes: rooms open while lessons are live, routes follow the timeline.

Peers come and go here, and media processes too; whatever changes a session brings `Keeping.reconcile`. Of
several server processes one steers a session (`Stewards`); what an earlier steward left open is closed first.
A media process that comes back after a crash is empty; its peers are told to offer again, and sessions that
were at home there find another home, or the same one when it is back.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from lectern.kernel.errors import Conflict, Gone, LecternError, Overloaded
from lectern.kernel.ids import new_id
from lectern.kernel.standing import removed
from lectern.kernel.tasks import run_forever, task_group
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import Event, NewEvent
from lectern.timeline.idea import ClassState
from signaling.health.telling import Telling
from signaling.health.troubles import LOST_REASONS
from signaling.plane.former_life import FormerLife
from signaling.plane.holdings import Holdings
from signaling.plane.in_step import InStep
from signaling.plane.keeping import Keeping
from signaling.plane.left_out import LeftOutOf, nothing_left_out
from signaling.plane.negotiation import Negotiation, read_offer
from signaling.plane.node import MediaNode
from signaling.plane.orphans import Orphans
from signaling.plane.peer import Peer, SlotsView, sections_of
from signaling.plane.recording_numbers import RecordingNumbers
from signaling.plane.scribe import Scribe
from signaling.plane.situation import SituationOf
from signaling.plane.stewardship import Stewards
from signaling.sdp import Offer
from signaling.stage.idea import STAGE, TrackMuted
from signaling.stage.rights import check_sources
from signaling.stage.routing import remembered
from streaming.control import messages as m
from streaming.control.client import MediaClient, MediaGone, MediaRefused
from streaming.control.ends import ControlEnd

_log = structlog.get_logger()
_RETRY_AFTER_S = 20
_ORPHANS_EVERY_S = 1.0
MAX_TRANSPORTS = 64
"""Of one participant: displays may share a link, but nobody may fill a media process with one."""

LiveSessions = Callable[[], Awaitable[list[str]]]
"""Returns the ids of all sessions that are live, by the database."""


class MediaPlane:
    """All peers of this server process, over its media processes. `run` owns every task."""

    def __init__(
        self,
        engine: TimelineEngine,
        *,
        control_ends: Sequence[ControlEnd | Path],
        sessions_dir: Path,
        numbers: RecordingNumbers,
        situation_of: SituationOf,
        live_sessions: LiveSessions,
        viewers_per_process: int,
        loses_rights: Callable[[Event], str | None],
        stewards: Stewards,
        left_out_of: LeftOutOf = nothing_left_out,
    ) -> None:
        nodes = [MediaNode(f"media-{number}", end) for number, end in enumerate(control_ends, 1)]
        self._engine = engine
        self._situation_of = situation_of
        self._loses_rights = loses_rights
        self._live_sessions = live_sessions
        self._stewards = stewards
        self._held = Holdings(nodes, viewers_per_process, stewards.others_loads)
        self._scribe = Scribe(engine, situation_of)
        self._health = Telling(self._scribe.troubled)
        self._former_life = FormerLife(stewards, self._held, self._scribe, self.clients)
        self._keeping = Keeping(
            self._held,
            engine,
            self._scribe,
            situation_of=situation_of,
            sessions_dir=sessions_dir,
            numbers=numbers,
            close=self.close,
            unwritten=self._has_unwritten,
            health=self._health,
            stewards=stewards,
            former_life=self._former_life,
            left_out_of=left_out_of,
        )
        self._in_step = InStep(self._keeping.reconcile)
        self._writing = InStep(self._keeping.write_down)
        self._orphans = Orphans()
        engine.bus.listen(self._in_step.changed)
        engine.forewarn = self.withhold

    # ── stewardship ──

    async def adopt(self, session_id: str) -> bool:
        """Steer a session from now on, unless another server does. Raises Gone: that cannot be said now."""
        return await self._former_life.end(session_id)

    async def drop(self, session_id: str) -> None:
        """Another server steers this session now, and has closed its transports: let go without an order."""
        peers = [peer for peer in self._held.peers.values() if peer.session_id == session_id]
        for peer in peers:
            del self._held.peers[peer.transport]
            self._orphans.take(peer.transport)
        self._held.rooms.pop(session_id, None)
        self._former_life.forget((session_id,))
        for peer in peers:
            await peer.on_gone("media_restarted")

    def forget(self, session_ids: Collection[str]) -> None:
        """These sessions are over, and their replays are closed."""
        self._former_life.forget(session_ids)

    def look_again(self, session_ids: Collection[str]) -> None:
        """Compare these sessions, and all that have a room here, with the database: a hint may be lost."""
        for session_id in {*session_ids, *self._held.rooms}:
            self._in_step.changed(session_id)

    def sessions(self) -> set[str]:
        """The sessions that have a room or a transport here."""
        return {*self._held.rooms, *(peer.session_id for peer in self._held.peers.values())}

    def loads(self) -> dict[str, tuple[int, int]]:
        """What this server put on media processes, by name: transports, homes."""
        return self._held.our_loads()

    # ── peers ──

    async def offer(
        self,
        session_id: str,
        participant: str,
        sdp: str,
        sources: Mapping[str, str] | None,
        *,
        may_send: frozenset[str],
        on_slots: Callable[[SlotsView], Awaitable[None]],
        on_gone: Callable[[str], Awaitable[None]],
    ) -> tuple[Peer, str]:
        """Answer an offer that sends nothing but `may_send`: returns the new peer and the SDP answer.

        Raises:
            ProtocolViolation: the offer cannot be answered (`sdp_invalid`, `no_common_codec`).
            Forbidden: it would send what this role may not (`not_allowed`), or was sent out (`removed`).
            Conflict: the lesson is over. Overloaded: this participant has too many transports already.
            Gone: every media process is away for the moment (`media_unavailable`).
        """
        state = await self._admit(session_id, participant)
        parsed = read_offer(sdp, sources)
        sends, slots = sections_of(parsed.remote)
        check_sources(sends.values(), may_send)
        if not await self._former_life.end(session_id):
            raise Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
        room = self._held.room(session_id)
        speaks = bool(sends) and participant in self._situation_of(state).may_speak
        client = None if room is None else self._held.node_for(room, speaks=speaks).client
        if room is None or client is None:
            raise Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
        peer = Peer(new_id(), client, session_id, participant, sends, slots, on_slots, on_gone)
        try:
            await room.open_at(client)
            local = await client.create_transport(peer.transport, session_id, participant, parsed.remote)
            # Before the answer is out: what nobody has allowed must not get in even for a moment.
            await self._keeping.keep_publishing(peer, self._situation_of(state), state.of(STAGE).tracks)
        except (MediaGone, MediaRefused) as error:
            raise Gone(
                "media_unavailable", "Live media is not available right now.", reason=error.code
            ) from None
        if not self._held.is_here(client):
            raise Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
        self._held.peers[peer.transport] = peer
        self._in_step.changed(session_id)
        peer.negotiation = Negotiation(parsed, local, secrets.randbits(62))
        return peer, peer.negotiation.answer()

    async def restart(self, peer: Peer, ufrag: str, pwd: str) -> m.IceRestarted:
        """Agree on new ICE credentials with a peer that has some (RFC 8445 section 9); media goes on.

        Raises:
            Gone: its transport has ended (`transport_gone`: offer again), or the media process is away.
        """
        if peer.transport not in self._held.peers:
            raise _transport_gone()
        if not self._stewards.is_ours(peer.session_id):
            raise Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
        try:
            return await peer.client.restart_ice(peer.transport, ufrag, pwd)
        except MediaRefused:
            raise _transport_gone() from None
        except MediaGone as error:
            raise Gone(
                "media_unavailable", "Live media is not available right now.", reason=error.code
            ) from None

    async def restart_by_offer(
        self,
        session_id: str,
        participant: str,
        sdp: str,
        *,
        on_slots: Callable[[SlotsView], Awaitable[None]],
        on_gone: Callable[[str], Awaitable[None]],
    ) -> tuple[Peer, str]:
        """Answer the ICE restart of a peer connection of this participant, whichever tab opened it.

        Raises:
            ProtocolViolation: the offer cannot be read.
            Gone: there is no such transport (`transport_gone`), or the media process is away.
        """
        await self._admit(session_id, participant, transports=0)
        parsed = read_offer(sdp, None)
        peer = self._continued_by(session_id, participant, parsed)
        ice = await self.restart(peer, parsed.remote.ice_ufrag, parsed.remote.ice_pwd)
        negotiation = peer.negotiation
        if peer.transport not in self._held.peers or negotiation is None:
            raise _transport_gone()
        self._orphans.take(peer.transport)
        peer.on_slots, peer.on_gone, peer.told = on_slots, on_gone, None
        room = self._held.rooms.get(session_id)
        if room is not None:
            room.in_step = None
        self._in_step.changed(session_id)
        return peer, negotiation.restarted(ice)

    def _continued_by(self, session_id: str, participant: str, offer: Offer) -> Peer:
        for peer in self._held.peers.values():
            if (peer.session_id, peer.participant) != (session_id, participant) or peer.negotiation is None:
                continue
            if peer.negotiation.is_continued_by(offer):
                return peer
        raise _transport_gone()

    def leave(self, peer: Peer) -> None:
        """Its signalling connection broke: keep the transport a while, its media may go on."""
        if peer.transport in self._held.peers:
            peer.on_slots = peer.on_gone = _nobody_listens
            peer.on_layers = peer.on_speakers = None
            self._orphans.add(peer, asyncio.get_running_loop().time())

    async def close_orphans(self, session_id: str, participant: str) -> None:
        """What this participant left behind is replaced by something new."""
        for peer in self._orphans.of(session_id, participant):
            await self.close(peer.transport)

    async def _admit(self, session_id: str, participant: str, *, transports: int = 1) -> ClassState:
        """Refuse who may not have a (further) transport; tokens outlive both a removal and the lesson."""
        state = (await self._engine.current(session_id)).state
        situation = self._situation_of(state)
        if participant in situation.removed:
            raise removed()
        if situation.ended:
            raise Conflict("session_over", "This session is over.")
        theirs = sum(peer.participant == participant for peer in self._held.peers.values())
        if theirs + transports > MAX_TRANSPORTS:
            raise Overloaded(
                "too_many_connections", "This link is open on too many devices.", retry_after_s=_RETRY_AFTER_S
            )
        return state

    async def close(self, transport: str, *, is_lost: bool = False) -> None:
        """Forget a peer; its tracks end. `is_lost`: it went silent, and its owner may suffer from it."""
        peer = self._held.peers.pop(transport, None)
        self._orphans.take(transport)
        if peer is None:
            return
        self._in_step.changed(peer.session_id)  # a viewer leaves nothing on the timeline, but perhaps a pipe
        try:  # before anything is written: who was sent out is not heard until a disk has moved
            await peer.client.close_transport(transport)
        except (MediaGone, MediaRefused) as error:
            _log.info("transport_close_failed", code=error.code)
        await self._scribe.unpublished(peer.session_id, peer.owns, "left")
        self._health.ended(peer.session_id, peer.participant, transport, is_lost=is_lost)

    async def set_source(self, session_id: str, participant: str, source: str, *, active: bool) -> None:
        """Say that a participant switched a source on or off.

        Raises:
            Forbidden: they may not send it now (`not_allowed`).
            Conflict: all places on stage are taken (`stage_full`).
        """
        await self._scribe.switched(session_id, participant, source, active=active)

    def withhold(self, session_id: str, expected: Sequence[NewEvent]) -> Callable[[], None]:
        """Take in no more what these events will end, until they are written or refused (`Forewarning`)."""
        room, ids = self._held.rooms.get(session_id), self._withheld_by(expected)
        if room is None or not ids:
            return lambda: None
        room.withheld.append(ids)
        self._in_step.changed(session_id)

        def decide() -> None:
            room.withheld.remove(ids)
            self._in_step.changed(session_id)

        return decide

    def _withheld_by(self, expected: Iterable[NewEvent]) -> frozenset[str]:
        """Tracks that will be muted, and participants who will lose the right to send."""
        payloads = [event.payload for event in expected]
        muted = {payload.track for payload in payloads if isinstance(payload, TrackMuted) and payload.muted}
        return frozenset(muted | {who for p in payloads if (who := self._loses_rights(p)) is not None})

    def look(self, peer: Peer, sizes: Mapping[str, str]) -> None:
        """A client says how large it draws what is in its slots (`routing.SIZES` by mid)."""
        mids = {slot.mid for slot in peer.slots}
        peer.sizes.update({mid: size for mid, size in sizes.items() if mid in mids})
        self._refresh(peer)

    def _refresh(self, peer: Peer) -> None:
        peer.is_stale = True
        self._in_step.changed(peer.session_id)

    async def stats_by_process(self, session_id: str = "") -> dict[str, m.Stats | None]:
        """Return each media process's counters (of one session), None for one that is away."""
        found: dict[str, m.Stats | None] = {}
        for node in self._held.nodes:
            client = node.client
            try:
                found[node.name] = None if client is None else await client.get_stats(session_id)
            except (MediaGone, MediaRefused):
                found[node.name] = None
        return found

    @property
    def process_names(self) -> tuple[str, ...]:
        """Names of the media processes, in the order of their control paths."""
        return tuple(node.name for node in self._held.nodes)

    def clients(self) -> list[MediaClient]:
        """Return the connections to the media processes that can be reached."""
        return [node.client for node in self._held.nodes if node.client is not None]

    @property
    def is_available(self) -> bool:
        """Whether a media process can be reached."""
        return any(node.client is not None for node in self._held.nodes)

    # ── running ──

    async def run(self) -> None:
        """Stay connected to the media processes and keep them in step, until cancelled."""
        async with task_group() as tasks:
            for node in self._held.nodes:
                tasks.create_task(run_forever("media_connection", partial(node.serve, self)))
            tasks.create_task(run_forever("media_reconcile", self._in_step.run))
            tasks.create_task(run_forever("media_writing", self._writing.run))
            tasks.create_task(run_forever("media_orphans", self._close_late_orphans))
            tasks.create_task(run_forever("media_health", self._health.run))

    def _has_unwritten(self, session_id: str) -> None:
        self._writing.changed(session_id)

    async def _close_late_orphans(self) -> None:
        while True:
            await asyncio.sleep(_ORPHANS_EVERY_S)
            for peer in self._orphans.due(asyncio.get_running_loop().time()):
                await self.close(peer.transport)

    async def begun(self, node: MediaNode, client: MediaClient) -> None:
        """See `NodeEvents`."""
        del node
        live = await self._live_sessions()
        await self._former_life.end_at(client)
        for session_id in live:
            self._in_step.changed(session_id)

    async def lost(self, node: MediaNode, client: MediaClient) -> None:
        """See `NodeEvents`."""
        peers = [peer for peer in self._held.peers.values() if peer.client is client]
        rooms = [room for room in self._held.rooms.values() if client in room.open_over]
        _log.warning("media_process_lost", process=node.name, peers=len(peers))
        for peer in peers:
            del self._held.peers[peer.transport]
            self._health.ended(peer.session_id, peer.participant, peer.transport)
        for room in rooms:
            room.lost(client)
        for peer in peers:
            await self._scribe.unpublished(peer.session_id, peer.owns, "media_restarted")
        for room in rooms:
            self._in_step.changed(room.session_id)
        for peer in peers:
            await peer.on_gone("media_restarted")

    async def heard(self, node: MediaNode, notice: m.Notification) -> None:
        """See `NodeEvents`."""
        try:
            handle = _NOTICES.get(type(notice))
            if handle is not None:
                await handle(self, node, notice)
        except LecternError as error:
            _log.warning(
                "media_notice_failed", process=node.name, notice=type(notice).__name__, code=error.code
            )

    async def _started(self, _node: MediaNode, notice: m.TrackStarted) -> None:
        peer = self._held.peers.get(notice.transport)
        if peer is not None:
            await self._scribe.published(peer, notice)

    async def _stopped(self, _node: MediaNode, notice: m.TrackStopped) -> None:
        for session_id in {peer.session_id for peer in self._held.peers.values() if peer.owns(notice.track)}:
            await self._scribe.unpublished(session_id, lambda t: t == notice.track, "stopped")

    async def _moved(self, _node: MediaNode, notice: m.TransportState) -> None:
        peer = self._held.peers.get(notice.transport)
        if peer is None:
            self._pipe_moved(notice)
        elif notice.state == "connected":
            self._health.connected(peer.session_id, peer.participant, peer.transport)
        elif notice.state in {"failed", "closed"}:
            await self.close(notice.transport, is_lost=notice.reason in LOST_REASONS)
            await peer.on_gone(notice.reason or notice.state)

    def _pipe_moved(self, notice: m.TransportState) -> None:
        """Perhaps it is a pipe that moved, and no peer."""
        for room in self._held.rooms.values():
            if notice.state in {"failed", "closed"} and room.pipe_failed(notice.transport, notice.reason):
                self._in_step.changed(room.session_id)

    async def _suffers(self, _node: MediaNode, notice: m.TransportTrouble) -> None:
        peer = self._held.peers.get(notice.transport)
        if peer is not None:
            self._health.suffers(peer.session_id, peer.participant, peer.transport, notice.troubles)

    async def _recording_suffers(self, _node: MediaNode, notice: m.RecordingProblem) -> None:
        await self._scribe.recording_suffers(notice.room, notice.code)

    async def _recording_goes_on(self, _node: MediaNode, notice: m.RecordingProgress) -> None:
        if notice.event == "recording_resumed":
            await self._scribe.recording_recovers(notice.room, notice.code)

    async def _spoken(self, node: MediaNode, notice: m.ActiveSpeakers) -> None:
        room = self._held.rooms.get(notice.room)
        if room is None or node.client is None:
            return
        tracks = (await self._engine.current(room.session_id)).state.of(STAGE).tracks
        room.sounding[node.client] = notice.tracks
        room.spoke = remembered(
            room.spoke, (tracks[id_].participant for id_ in notice.tracks if id_ in tracks)
        )
        self._in_step.changed(room.session_id)

    async def _adapted(self, _node: MediaNode, notice: m.LayersWanted | m.SlotMedia) -> None:
        peer = self._held.peers.get(notice.transport)
        if peer is None:
            for room in self._held.rooms.values():
                if isinstance(notice, m.LayersWanted) and room.pipe_needs(notice):
                    self._in_step.changed(room.session_id)
        elif isinstance(notice, m.LayersWanted):
            peer.layers[notice.mid] = list(notice.rids)
            if peer.on_layers is not None:
                await peer.on_layers({notice.mid: list(notice.rids)})
        elif notice.paused != (notice.mid in peer.paused):
            (peer.paused.add if notice.paused else peer.paused.discard)(notice.mid)
            self._refresh(peer)


_NOTICES: Final[dict[type[m.Notification], Callable[[MediaPlane, MediaNode, Any], Awaitable[None]]]] = {
    m.TrackStarted: MediaPlane._started,
    m.TrackStopped: MediaPlane._stopped,
    m.TransportState: MediaPlane._moved,
    m.TransportTrouble: MediaPlane._suffers,
    m.ActiveSpeakers: MediaPlane._spoken,
    m.LayersWanted: MediaPlane._adapted,
    m.SlotMedia: MediaPlane._adapted,
    m.RecordingProblem: MediaPlane._recording_suffers,
    m.RecordingProgress: MediaPlane._recording_goes_on,
}
"""Who hears what; a notification that is missing here is of no use to a server."""


def _transport_gone() -> Gone:
    return Gone("transport_gone", "This media connection has ended. Connect again.")


async def _nobody_listens(_news: object) -> None:
    """An orphan's client is away; it is told everything when it comes back."""
