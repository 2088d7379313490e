"""What the media processes should do for a session, compared with what they were told.

The timeline is the truth. Live lesson: room open and recorded; slots fed as `stage.routing` says; tracks
piped to where they are needed; rights enforced. Only differences are sent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path

import structlog

from lectern.timeline.engine import TimelineEngine
from signaling.health.idea import HEALTH
from signaling.health.telling import Telling
from signaling.plane.former_life import FormerLife
from signaling.plane.holdings import Holdings
from signaling.plane.left_out import EVERYTHING, LeftOut, LeftOutOf, may_record
from signaling.plane.peer import Peer, slots_view
from signaling.plane.recording_numbers import RecordingNumbers
from signaling.plane.room import Room, new_recording, newest_recording
from signaling.plane.scribe import Scribe
from signaling.plane.situation import Situation, SituationOf
from signaling.plane.stewardship import Stewards
from signaling.stage.idea import STAGE, Track
from signaling.stage.rights import places, sends_now, without_right
from signaling.stage.routing import assign, feeds, is_for_main_room
from signaling.stage.speaking import is_crowded, microphones, speaking_in
from streaming.control import messages as m
from streaming.control.client import MediaClient, MediaGone, MediaRefused

_log = structlog.get_logger()
LEFT_AFTER_MS = 120_000
"""Whoever is out of the class for longer has left it, and is nobody's trouble any more."""


class Keeping:
    """See the module. `close` forgets a peer for good. A session that another server steers is left alone.

    `unwritten` hears of sessions that have something to `write_down`.
    """

    def __init__(
        self,
        held: Holdings,
        engine: TimelineEngine,
        scribe: Scribe,
        *,
        situation_of: SituationOf,
        sessions_dir: Path,
        numbers: RecordingNumbers,
        close: Callable[[str], Awaitable[None]],
        unwritten: Callable[[str], None],
        health: Telling,
        stewards: Stewards,
        former_life: FormerLife,
        left_out_of: LeftOutOf,
    ) -> None:
        self._held = held
        self._engine = engine
        self._scribe = scribe
        self._situation_of = situation_of
        self._sessions_dir = sessions_dir
        self._numbers = numbers
        self._close = close
        self._unwritten = unwritten
        self._health = health
        self._stewards = stewards
        self._former_life = former_life
        self._left_out_of = left_out_of

    async def reconcile(self, session_id: str, seq: int | None = None) -> float | None:
        """Bring one session in step, by a state that reaches `seq`; without it, by what the database has now.

        Returns in how many seconds to look again even if nothing happens.

        Raises:
            MediaGone, MediaRefused, LecternError, OSError: it is not (quite) in step.
        """
        if self._stewards.elsewhere(session_id) is not None:
            return None
        state = (await self._engine.current(session_id, at_least=seq)).state
        situation = self._situation_of(state)
        tracks = dict(state.of(STAGE).tracks)
        if situation.ended:
            self._health.forget_session(session_id)
            await self._close_room(session_id)
            return None
        if not situation.live and session_id not in self._held.rooms:
            return await self._forget_departed(session_id, state.of(HEALTH).since_ms, situation)
        room = self._held.room(session_id) if await self._former_life.end(session_id) else None
        troubled = state.of(HEALTH).since_ms
        if room is None:  # nobody is here, or no media process is: whoever comes brings us back
            return await self._forget_departed(session_id, troubled, situation)
        peers = [p for p in self._held.peers.values() if p.session_id == session_id]
        crowded = is_crowded(tracks.values(), {p.slot_count() for p in peers})
        wanted_now = (
            situation,
            tuple(tracks.values()),
            frozenset(p.transport for p in peers),
            room.home.name,
            room.spoke if crowded else (),
            tuple(room.withheld),
        )
        is_unrecorded = situation.live and not room.is_recorded_as(aside=situation.aside)
        if is_unrecorded or troubled or without_right(tracks.values(), situation):
            self._unwritten(session_id)
        if room.in_step == wanted_now:  # most events (chat, votes) change nothing here
            await self._keep_routes(room, [p for p in peers if p.is_stale], situation, tracks)
        else:
            await self._keep_routes(room, peers, situation, tracks)
            await self._keep_pipes(room, peers, situation)
            room.in_step = wanted_now
        await self._tell_speakers(room, peers, situation, tracks)
        return None

    async def _forget_departed(
        self, session_id: str, troubled: Collection[str], situation: Situation
    ) -> float | None:
        """Who was sent out, or left a while ago, has no trouble any more. Returns when the next one will."""
        now = self._engine.clock()
        waits_ms: list[int] = []
        for participant in tuple(troubled):
            away_since = situation.away_since_utc_ms.get(participant)
            if participant in situation.removed:
                self._health.forget(session_id, participant)
                await self._scribe.departed(session_id, participant, "removed", None)
            elif away_since is not None and now - away_since >= LEFT_AFTER_MS:
                self._health.forget(session_id, participant)
                await self._scribe.departed(session_id, participant, "left", away_since)
            elif away_since is not None:
                waits_ms.append(away_since + LEFT_AFTER_MS - now)
        return min(waits_ms) / 1000 if waits_ms else None

    async def write_down(self, session_id: str, seq: int | None = None) -> float | None:
        """What needs a disk: record a live lesson, mute on the timeline whom a right was taken from.

        Beside `reconcile`, so that no mute and no picture waits for it. Returns and raises as that does.
        """
        if self._stewards.elsewhere(session_id) is not None:
            return None
        state = (await self._engine.current(session_id, at_least=seq)).state
        situation = self._situation_of(state)
        room = self._held.rooms.get(session_id)
        if room is None or situation.ended:
            return None
        if without_right(state.of(STAGE).tracks.values(), situation):
            await self._scribe.silenced(session_id)
        again_s = await self._forget_departed(session_id, state.of(HEALTH).since_ms, situation)
        await self._keep_recording(room, situation)
        return again_s

    async def _tell_speakers(
        self, room: Room, peers: list[Peer], situation: Situation, tracks: Mapping[str, Track]
    ) -> None:
        """Ephemeral: never on the timeline."""
        sounding = [track for ids in room.sounding.values() for track in ids]
        taken = places(situation, tracks.values())
        by_group: dict[str | None, tuple[str, ...]] = {}
        for peer in peers:
            group = situation.groups.get(peer.participant)
            if group not in by_group:
                there = microphones(group, tracks.values(), situation, taken)
                by_group[group] = speaking_in(there, sounding)
            if peer.on_speakers is not None and peer.told_speakers != by_group[group]:
                peer.told_speakers = by_group[group]
                await peer.on_speakers(by_group[group])

    async def _keep_routes(
        self, room: Room, peers: list[Peer], situation: Situation, tracks: Mapping[str, Track]
    ) -> None:
        silent: set[MediaClient] = set()
        failures: list[MediaGone | MediaRefused] = []
        for peer in peers:
            if peer.participant in situation.removed:
                await self._close(peer.transport)
                await peer.on_gone("removed")
            if peer.transport not in self._held.peers or peer.client in silent:
                continue
            try:
                await self._keep_peer(room, peer, situation, tracks)
            except (MediaGone, MediaRefused) as failure:  # of one peer, or of one process: the others go on
                failures.append(failure)
                peer.is_stale = True
                if isinstance(failure, MediaGone):
                    silent.add(peer.client)
        if failures:
            raise failures[0]

    async def _keep_peer(
        self, room: Room, peer: Peer, situation: Situation, tracks: Mapping[str, Track]
    ) -> None:
        await self.keep_publishing(peer, situation, tracks)
        wanted = assign(
            peer.participant, peer.slots, tracks.values(), peer.routes, situation, speakers=room.spoke
        )
        peer.is_stale = False
        fed = feeds(wanted, tracks, situation, peer.sizes)
        routes = peer.changes(fed)
        if routes:
            await peer.client.set_routes(*routes)
            peer.routes, peer.feeds = wanted, fed
        view = slots_view(wanted, tracks, peer.starved(), peer.unplayable(wanted, tracks))
        if view != peer.told:
            peer.told = view
            await peer.on_slots(view)

    async def _keep_pipes(self, room: Room, peers: list[Peer], situation: Situation) -> None:
        if len(self._held.nodes) > 1:
            nodes = {node.client: node for node in self._held.nodes if node.client is not None}
            here = [peer for peer in peers if peer.transport in self._held.peers]
            await room.keep_pipes(nodes, here, is_recorded=situation.live)

    async def keep_publishing(self, peer: Peer, situation: Situation, tracks: Mapping[str, Track]) -> None:
        """Rights, and muting by staff, are enforced in the media process.

        The recording holds what the main room hears; what is said in a group alone is not in it, nor what of
        learners is left out.
        """
        taken = places(situation, tracks.values())
        room = self._held.rooms.get(peer.session_id)
        left_out = await self._left_out(room, situation)
        withheld = frozenset[str]() if room is None else frozenset[str]().union(*room.withheld)
        for mid, source in peer.sources.items():
            track = tracks.get(peer.track_of(mid))
            muted = track is not None and track.muted_by is not None
            muted = muted or not withheld.isdisjoint({peer.track_of(mid), peer.participant})
            allowed = sends_now(peer.participant, source, situation, taken) and not muted
            recorded = is_for_main_room(peer.participant, source, situation)
            recorded = recorded and may_record(peer.participant, source, situation, left_out)
            wanted = allowed, allowed and recorded
            if peer.publishing.get(mid, (True, True)) != wanted:
                await peer.client.set_publishing(peer.transport, mid, allowed=wanted[0], recorded=wanted[1])
                peer.publishing[mid] = wanted

    async def _left_out(self, room: Room | None, situation: Situation) -> LeftOut:
        """What of learners nobody records. Before the lesson is live it may change: all of it, until then."""
        if room is None or not situation.live:
            return EVERYTHING
        if room.left_out is None:
            room.left_out = await self._left_out_of(room.session_id)
        return room.left_out

    async def _keep_recording(self, room: Room, situation: Situation) -> None:
        client = room.home.client
        if client is None or not situation.live or room.is_recorded_as(aside=situation.aside):
            return
        if room.asked_to_record == (client, not situation.aside):
            # First of all, and answered when its files are closed: what is said now belongs to another.
            await client.stop_recording(room.session_id)
            room.recorded_over = room.asked_to_record = None
        spec, number = await self._numbered(room.session_id, situation)
        await room.open_at(client)
        room.asked_to_record = client, situation.aside
        try:
            await client.start_recording(room.session_id, spec)
        except MediaRefused as error:
            await self._numbers.unused(room.session_id, number)
            if error.code != "already_recording":  # then only the answer to an earlier request was lost
                raise
        room.recorded_over = client
        _log.info(
            "recording_started", session_id=room.session_id, process=room.home.name, aside=situation.aside
        )
        await self._scribe.recording_recovers(room.session_id)

    async def _numbered(self, session_id: str, situation: Situation) -> tuple[m.RecordSpec, int]:
        newest = await asyncio.to_thread(newest_recording, self._sessions_dir, session_id)
        number = await self._numbers.next(session_id, newest + 1)
        now, first = self._engine.clock(), situation.first_started_utc_ms
        try:
            spec = await asyncio.to_thread(
                new_recording,
                self._sessions_dir,
                session_id,
                number,
                now_ms=now,
                first_started_ms=first,
                aside=situation.aside,
            )
        except OSError:
            await self._numbers.unused(session_id, number)
            raise
        return spec, number

    async def _close_room(self, session_id: str) -> None:
        room = self._held.rooms.get(session_id)
        if room is None:
            return
        for peer in [p for p in self._held.peers.values() if p.session_id == session_id]:
            self._held.peers.pop(peer.transport)
            await peer.on_gone("session_over")
        room.pipes.clear()  # closed with the room
        home_first = sorted(room.open_over, key=lambda client: client is not room.home.client)
        for client in home_first:
            await client.close_room(session_id)
        self._held.rooms.pop(session_id, None)
        _log.info("room_closed", session_id=session_id)
