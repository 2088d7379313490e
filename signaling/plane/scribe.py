"""Writes on the timeline what media processes report: tracks that come and go, recordings that suffer."""

from collections.abc import Callable

import structlog

from lectern.timeline.engine import TimelineEngine
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import ClassState
from signaling.health.idea import HEALTH, ConnectionTroubled
from signaling.health.troubles import MEDIA_LOST
from signaling.plane.peer import Peer
from signaling.plane.situation import SituationOf
from signaling.stage.idea import STAGE, TrackMuted, TrackPublished, TrackUnpublished
from signaling.stage.recording import RECORDING, RecordingRecovered, RecordingTroubled
from signaling.stage.rights import check_sends, without_right
from streaming.control import messages as m

_log = structlog.get_logger()


class Scribe:
    """See the module. Every method is one transaction, and writes nothing that is written already."""

    def __init__(self, engine: TimelineEngine, situation_of: SituationOf) -> None:
        self._engine = engine
        self._situation_of = situation_of

    async def published(self, peer: Peer, notice: m.TrackStarted) -> None:
        """Media of `peer` has begun to arrive, or goes on in another codec."""
        async with self._engine.change(peer.session_id) as change:
            known = change.state.of(STAGE).tracks.get(notice.track)
            if known is not None and known.codec == notice.codec:
                return
            published = TrackPublished(
                track=notice.track,
                participant=peer.participant,
                source=peer.sources.get(notice.mid, "mic" if notice.kind == "audio" else "camera"),
                kind=notice.kind,
                codec=notice.codec,
            )
            change.append(NewEvent(payload=published, actor=peer.participant))

    async def unpublished(self, session_id: str, matches: Callable[[str], bool], reason: str) -> None:
        """The tracks whose ids match are gone."""
        async with self._engine.change(session_id) as change:
            for track in change.state.of(STAGE).tracks:
                if matches(track):
                    change.append(NewEvent(payload=TrackUnpublished(track=track, reason=reason)))

    async def switched(self, session_id: str, participant: str, source: str, *, active: bool) -> None:
        """A participant switches a source on or off.

        Raises:
            Forbidden: they may not send it now (`not_allowed`).
            Conflict: all places on stage are taken (`stage_full`).
        """
        async with self._engine.change(session_id) as change:
            tracks = tuple(change.state.of(STAGE).tracks.values())
            if active:
                check_sends(participant, source, self._situation_of(change.state), tracks)
            for track in tracks:
                if (track.participant, track.source, track.muted) == (participant, source, active):
                    muted = TrackMuted(track=track.id, muted=not active)
                    change.append(NewEvent(payload=muted, actor=participant))

    async def silenced(self, session_id: str) -> None:
        """Mute on the timeline, too, what is not taken in any more because a right ended."""
        async with self._engine.change(session_id) as change:
            situation = self._situation_of(change.state)
            tracks = tuple(change.state.of(STAGE).tracks.values())
            for track in without_right(tracks, situation):
                change.append(NewEvent(payload=TrackMuted(track=track.id, muted=True)))

    async def troubled(self, session_id: str, participant: str, troubles: tuple[str, ...]) -> None:
        """What troubles the media of a participant from now on; nothing, if empty."""
        await self._health(session_id, ConnectionTroubled(participant=participant, troubles=troubles))

    async def departed(self, session_id: str, participant: str, ended: str, at_utc_ms: int | None) -> None:
        """Nothing troubles somebody any more who `left` (last seen at this moment) or was `removed`."""
        over = ConnectionTroubled(participant=participant, troubles=(), ended=ended, at_utc_ms=at_utc_ms)
        await self._health(session_id, over)

    async def _health(self, session_id: str, news: ConnectionTroubled) -> None:
        def is_known(state: ClassState) -> bool:
            return set(state.of(HEALTH).since_ms.get(news.participant, {})) == set(news.troubles)

        if is_known((await self._engine.current(session_id)).state):
            return  # everybody who connects comes by here, and nearly all of them are well: no lock for that
        async with self._engine.change(session_id) as change:
            lesson_goes_on = not self._situation_of(change.state).ended
            if lesson_goes_on and not is_known(change.state):
                change.append(NewEvent(payload=news))

    async def former_life_ended(self, session_id: str) -> None:
        """What troubled transports that nobody holds any more is over; lost media stays lost."""
        async with self._engine.change(session_id) as change:
            for participant, since_ms in tuple(change.state.of(HEALTH).since_ms.items()):
                left = tuple(code for code in since_ms if code == MEDIA_LOST)
                if left != tuple(since_ms):
                    news = ConnectionTroubled(participant=participant, troubles=left)
                    change.append(NewEvent(payload=news))

    async def recording_suffers(self, session_id: str, code: str) -> None:
        """Tell the presenter once; the recorder reminds us while it lasts."""
        async with self._engine.change(session_id) as change:
            if code not in change.state.of(RECORDING).codes:
                _log.error("recording_problem", session_id=session_id, code=code)
                change.append(NewEvent(payload=RecordingTroubled(code=code)))

    async def recording_recovers(self, session_id: str, code: str | None = None) -> None:
        """Take back what was told; without `code` all of it, for a new recorder starts without troubles."""
        async with self._engine.change(session_id) as change:
            for over in tuple(change.state.of(RECORDING).codes):
                if code in (None, over):
                    _log.info("recording_recovered", session_id=session_id, code=over)
                    change.append(NewEvent(payload=RecordingRecovered(code=over)))
