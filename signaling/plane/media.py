"""Steering a media process: rooms open while lessons are live, routes follow the timeline.

The timeline is the truth. Whatever changes it wakes `_reconcile`, which compares what should be (live lesson:
room open and recorded; slots fed as `stage.routing` says) with what the media process was told, and sends the
difference. A media process that comes back after a crash is empty; its peers are told to offer again.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from lectern.kernel.errors import Conflict, Forbidden, Gone, LecternError, Overloaded, ProtocolViolation
from lectern.kernel.ids import new_id
from lectern.kernel.tasks import run_forever, task_group
from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent
from signaling.plane.negotiation import Negotiation
from signaling.plane.orphans import Orphans
from signaling.plane.peer import Peer, SlotsView, sections_of, slots_view
from signaling.plane.situation import Situation, SituationOf
from signaling.sdp import Offer, SdpInvalid, parse_offer
from signaling.stage.idea import STAGE, Track, TrackMuted, TrackPublished, TrackUnpublished
from signaling.stage.recording import RECORDING, RecordingRecovered, RecordingTroubled
from signaling.stage.rights import check_sources
from signaling.stage.routing import assign
from streaming.control import messages as m
from streaming.control.client import MediaClient, MediaGone, MediaRefused, connect

_log = structlog.get_logger()
_CONNECT_TIMEOUT_S = 10.0
_RETRY_S = 1.0
_RETRY_AFTER_S = 20
_ORPHANS_EVERY_S = 1.0
MAX_TRANSPORTS = 64
"""Of one participant: displays may share a link, but nobody may fill the media process with one."""

LiveSessions = Callable[[], Awaitable[list[str]]]
"""Returns the ids of all sessions that are live, by the database."""


class MediaPlane:
    """All peers of this server process, over one media process. `run` owns every task."""

    def __init__(
        self,
        engine: TimelineEngine,
        *,
        control_path: Path,
        sessions_dir: Path,
        situation_of: SituationOf,
        live_sessions: LiveSessions,
    ) -> None:
        self._engine = engine
        self._control_path = control_path
        self._sessions_dir = sessions_dir
        self._situation_of = situation_of
        self._live_sessions = live_sessions
        self._client: MediaClient | None = None
        self._peers: dict[str, Peer] = {}
        self._orphans = Orphans()
        self._rooms: dict[str, bool] = {}
        self._in_step: dict[str, object] = {}
        self._dirty: set[str] = set()
        self._busy: set[str] = set()
        self._wake = asyncio.Event()
        engine.bus.listen(self._changed)

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
            Gone: the media process is away for the moment (`media_unavailable`).
        """
        await self._admit(session_id, participant)
        parsed = _read(sdp, sources)
        sends, slots = sections_of(parsed.remote)
        check_sources(sends.values(), may_send)
        client = self._client
        if client is None:
            raise Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
        peer = Peer(new_id(), session_id, participant, sends, slots, on_slots, on_gone)
        try:
            if session_id not in self._rooms:
                await client.open_room(session_id)
                self._rooms.setdefault(session_id, False)
            local = await client.create_transport(peer.transport, session_id, participant, parsed.remote)
        except (MediaGone, MediaRefused) as error:
            raise Gone(
                "media_unavailable", "Live media is not available right now.", reason=error.code
            ) from None
        self._peers[peer.transport] = peer
        self._changed(session_id, 0)
        peer.negotiation = Negotiation(parsed, local, secrets.randbits(62))
        return peer, peer.negotiation.answer()

    async def restart(self, peer: Peer, ufrag: str, pwd: str) -> m.IceRestarted:
        """Agree on new ICE credentials with a peer that has some (RFC 8445 section 9); media goes on.

        Raises:
            Gone: its transport has ended (`transport_gone`: offer again), or the media process is away.
        """
        client = self._client
        if client is None:
            raise Gone("media_unavailable", "Live media is restarting. It will be back in a moment.")
        if peer.transport not in self._peers:
            raise _transport_gone()
        try:
            return await client.restart_ice(peer.transport, ufrag, pwd)
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
        parsed = _read(sdp, None)
        peer = self._continued_by(session_id, participant, parsed)
        ice = await self.restart(peer, parsed.remote.ice_ufrag, parsed.remote.ice_pwd)
        negotiation = peer.negotiation
        if peer.transport not in self._peers or negotiation is None:
            raise _transport_gone()
        self._orphans.take(peer.transport)
        peer.on_slots, peer.on_gone, peer.told = on_slots, on_gone, None
        self._in_step.pop(session_id, None)
        self._changed(session_id, 0)
        return peer, negotiation.restarted(ice)

    def _continued_by(self, session_id: str, participant: str, offer: Offer) -> Peer:
        for peer in self._peers.values():
            if (peer.session_id, peer.participant) != (session_id, participant) or peer.negotiation is None:
                continue
            if peer.negotiation.is_continued_by(offer):
                return peer
        raise _transport_gone()

    def leave(self, peer: Peer) -> None:
        """Its signalling connection broke: keep the transport a while, its media may go on."""
        if peer.transport in self._peers:
            peer.on_slots = peer.on_gone = _nobody_listens
            self._orphans.add(peer, asyncio.get_running_loop().time())

    async def close_orphans(self, session_id: str, participant: str) -> None:
        """What this participant left behind is replaced by something new."""
        for peer in self._orphans.of(session_id, participant):
            await self.close(peer.transport)

    async def _admit(self, session_id: str, participant: str, *, transports: int = 1) -> None:
        """Refuse who may not have a (further) transport; tokens outlive both a removal and the lesson."""
        situation = self._situation_of((await self._engine.current(session_id)).state)
        if participant in situation.removed:
            raise Forbidden("removed", "You were removed from this session.")
        if situation.ended:
            raise Conflict("session_over", "This session is over.")
        theirs = sum(peer.participant == participant for peer in self._peers.values())
        if theirs + transports > MAX_TRANSPORTS:
            raise Overloaded(
                "too_many_connections", "This link is open on too many devices.", retry_after_s=_RETRY_AFTER_S
            )

    async def close(self, transport: str) -> None:
        """Forget a peer; its tracks end."""
        peer = self._peers.pop(transport, None)
        self._orphans.take(transport)
        if peer is None:
            return
        await self._unpublish_where(peer.session_id, lambda track: track.startswith(transport), "left")
        if self._client is not None:
            try:
                await self._client.close_transport(transport)
            except (MediaGone, MediaRefused) as error:
                _log.info("transport_close_failed", code=error.code)

    async def set_source(self, session_id: str, participant: str, source: str, *, active: bool) -> bool:
        """Say that a participant switched a source on or off; False if they may not send it now."""
        async with self._engine.change(session_id) as change:
            situation = self._situation_of(change.state)
            speaks = participant in situation.may_speak or participant in situation.groups
            if active and not speaks:
                return False
            for track in change.state.of(STAGE).tracks.values():
                if (track.participant, track.source, track.muted) == (participant, source, active):
                    muted = TrackMuted(track=track.id, muted=not active)
                    change.append(NewEvent(payload=muted, actor=participant))
        return True

    async def stats(self, session_id: str = "") -> m.Stats | None:
        """Return the media process's counters, or None while it is away."""
        if self._client is None:
            return None
        try:
            return await self._client.get_stats(session_id)
        except (MediaGone, MediaRefused):
            return None

    @property
    def is_available(self) -> bool:
        """Whether the media process can be reached."""
        return self._client is not None

    # ── running ──

    async def run(self) -> None:
        """Stay connected to the media process and keep it in step, until cancelled."""
        async with task_group() as tasks:
            tasks.create_task(run_forever("media_connection", self._connected))
            tasks.create_task(run_forever("media_reconcile", self._reconcile_all))
            tasks.create_task(run_forever("media_orphans", self._close_late_orphans))

    async def _close_late_orphans(self) -> None:
        while True:
            await asyncio.sleep(_ORPHANS_EVERY_S)
            for peer in self._orphans.due(asyncio.get_running_loop().time()):
                await self.close(peer.transport)

    async def _connected(self) -> None:
        async with connect(str(self._control_path), timeout=_CONNECT_TIMEOUT_S) as client:
            try:
                await self._begin(client)
                async for notice in client.notifications():
                    await self._notice(notice)
            finally:
                self._client = None
        _log.warning("media_process_lost", peers=len(self._peers))
        await self._lose_peers()

    async def _begin(self, client: MediaClient) -> None:
        self._rooms.clear()
        self._in_step.clear()
        for session_id in await self._live_sessions():
            await self._unpublish_where(session_id, lambda _track: True, "media_restarted")
            await self._recording_recovers(session_id)
            self._changed(session_id, 0)
        self._client = client
        self._wake.set()

    async def _lose_peers(self) -> None:
        lost, self._peers = self._peers, {}
        self._rooms.clear()
        for session_id in {peer.session_id for peer in lost.values()}:
            await self._unpublish_where(session_id, lambda _track: True, "media_restarted")
        for peer in lost.values():
            await peer.on_gone("media_restarted")

    async def _notice(self, notice: m.Notification) -> None:
        try:
            if isinstance(notice, m.TrackStarted):
                await self._started(notice)
            elif isinstance(notice, m.TrackStopped):
                await self._stopped(notice.track)
            elif isinstance(notice, m.TransportState) and notice.state in ("failed", "closed"):
                peer = self._peers.get(notice.transport)
                if peer is not None:
                    await self.close(notice.transport)
                    await peer.on_gone(notice.reason or notice.state)
            elif isinstance(notice, m.RecordingProblem):
                await self._recording_suffers(notice.room, notice.code)
            elif isinstance(notice, m.RecordingProgress) and notice.event == "recording_resumed":
                await self._recording_recovers(notice.room, notice.code)
        except LecternError as error:
            _log.warning("media_notice_failed", notice=type(notice).__name__, code=error.code)

    async def _recording_suffers(self, session_id: str, code: str) -> None:
        """Tell the presenter once; the recorder reminds us while it lasts."""
        async with self._engine.change(session_id) as change:
            if code not in change.state.of(RECORDING).codes:
                _log.error("recording_problem", session_id=session_id, code=code)
                change.append(NewEvent(payload=RecordingTroubled(code=code)))

    async def _recording_recovers(self, session_id: str, code: str | None = None) -> None:
        """Take back what was told; without `code` all of it, for a new recorder starts without troubles."""
        async with self._engine.change(session_id) as change:
            for over in tuple(change.state.of(RECORDING).codes):
                if code in (None, over):
                    _log.info("recording_recovered", session_id=session_id, code=over)
                    change.append(NewEvent(payload=RecordingRecovered(code=over)))

    async def _started(self, notice: m.TrackStarted) -> None:
        peer = self._peers.get(notice.transport)
        if peer is None:
            return
        async with self._engine.change(peer.session_id) as change:
            if notice.track in change.state.of(STAGE).tracks:
                return
            published = TrackPublished(
                track=notice.track,
                participant=peer.participant,
                source=peer.sources.get(notice.mid, "mic" if notice.kind == "audio" else "camera"),
                kind=notice.kind,
                codec=notice.codec,
            )
            change.append(NewEvent(payload=published, actor=peer.participant))

    async def _stopped(self, track: str) -> None:
        for session_id in {peer.session_id for peer in self._peers.values()}:
            await self._unpublish_where(session_id, lambda t: t == track, "stopped")

    async def _unpublish_where(self, session_id: str, matches: Callable[[str], bool], reason: str) -> None:
        async with self._engine.change(session_id) as change:
            for track in change.state.of(STAGE).tracks:
                if matches(track):
                    change.append(NewEvent(payload=TrackUnpublished(track=track, reason=reason)))

    # ── keeping in step ──

    def _changed(self, session_id: str, _seq: int) -> None:
        self._dirty.add(session_id)
        self._wake.set()

    async def _reconcile_all(self) -> None:
        """Bring changed sessions in step, side by side: a slow disk of one must not hold up another."""
        async with task_group() as tasks:
            while True:
                await self._wake.wait()
                self._wake.clear()
                client = self._client
                if client is None:
                    continue
                for session_id in self._dirty - self._busy:
                    self._dirty.discard(session_id)
                    self._busy.add(session_id)
                    tasks.create_task(self._reconcile_one(client, session_id))

    async def _reconcile_one(self, client: MediaClient, session_id: str) -> None:
        try:
            await self._reconcile(client, session_id)
        except (MediaGone, MediaRefused, LecternError, OSError) as error:
            _log.warning("reconcile_failed", session_id=session_id, error=repr(error))
            asyncio.get_running_loop().call_later(_RETRY_S, self._changed, session_id, 0)
        finally:
            self._busy.discard(session_id)
            if session_id in self._dirty:
                self._wake.set()

    async def _reconcile(self, client: MediaClient, session_id: str) -> None:
        state = (await self._engine.current(session_id)).state
        situation = self._situation_of(state)
        tracks = dict(state.of(STAGE).tracks)
        peers = [p for p in self._peers.values() if p.session_id == session_id]
        wanted_now = (situation, tuple(tracks.values()), frozenset(p.transport for p in peers))
        if self._in_step.get(session_id) == wanted_now:
            return  # most events (chat, votes) change nothing here
        await self._keep_room(client, session_id, situation)
        await self._keep_routes(client, peers, situation, tracks)
        self._in_step[session_id] = wanted_now

    async def _keep_routes(
        self, client: MediaClient, peers: list[Peer], situation: Situation, tracks: Mapping[str, Track]
    ) -> None:
        for peer in peers:
            if peer.participant in situation.removed:
                await self.close(peer.transport)
                await peer.on_gone("removed")
            if peer.transport not in self._peers:
                continue
            await self._keep_recorded(client, peer, situation)
            wanted = assign(peer.participant, peer.slots, tracks.values(), peer.routes, situation)
            routes = peer.changes(wanted)
            if routes:
                await client.set_routes(*routes)
                peer.routes = wanted
            view = slots_view(wanted, tracks)
            if view != peer.told:
                peer.told = view
                await peer.on_slots(view)

    async def _keep_recorded(self, client: MediaClient, peer: Peer, situation: Situation) -> None:
        """The recording holds what the main room hears, and nothing that is said in a group."""
        in_main = peer.participant not in situation.groups and peer.participant in situation.may_speak
        for mid in peer.sources:
            if peer.recorded.get(mid, True) != in_main:
                await client.set_publishing(peer.transport, mid, allowed=True, recorded=in_main)
                peer.recorded[mid] = in_main

    async def _keep_room(self, client: MediaClient, session_id: str, situation: Situation) -> None:
        recording = self._rooms.get(session_id)
        if situation.live and not recording:
            spec = await asyncio.to_thread(self._new_recording, session_id, situation)
            if recording is None:
                await client.open_room(session_id, spec)
            else:
                await client.start_recording(session_id, spec)
            self._rooms[session_id] = True
            _log.info("recording_started", session_id=session_id)
        elif situation.ended and recording is not None:
            for peer in [p for p in self._peers.values() if p.session_id == session_id]:
                self._peers.pop(peer.transport)
                await peer.on_gone("session_over")
            await client.close_room(session_id)
            self._rooms.pop(session_id, None)
            _log.info("room_closed", session_id=session_id)

    def _new_recording(self, session_id: str, situation: Situation) -> m.RecordSpec:
        folder = self._sessions_dir / session_id / "rec"
        folder.mkdir(parents=True, exist_ok=True)
        number = 1 + max((int(p.name) for p in folder.iterdir() if p.name.isdigit()), default=0)
        directory = folder / str(number)
        directory.mkdir()
        now = self._engine.clock()
        return m.RecordSpec(str(directory), now - (situation.first_started_utc_ms or now), now)


def _read(sdp: str, sources: Mapping[str, str] | None) -> Offer:
    """Parse an offer. Raises ProtocolViolation (`sdp_invalid`, `no_common_codec`)."""
    named: Any = dict(sources or {})
    if any(source not in ("mic", "camera", "screen") for source in named.values()):
        raise ProtocolViolation("sdp_invalid", "sources must be mic, camera or screen.")
    try:
        return parse_offer(sdp, named)
    except SdpInvalid as error:
        raise ProtocolViolation(
            error.code,
            "The browser's media offer cannot be answered.",
            reason=error.reason,
            hint=str(error),
        ) from None


def _transport_gone() -> Gone:
    return Gone("transport_gone", "This media connection has ended. Connect again.")


async def _nobody_listens(_news: object) -> None:
    """An orphan's client is away; it is told everything when it comes back."""
