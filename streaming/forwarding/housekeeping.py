"""What is looked at ten times a second: who speaks, what flows, which layers are needed, what slots show."""

from typing import Final

from streaming.control import messages as m
from streaming.forwarding.layer_notices import layers_wanted, slot_media, waiting_for
from streaming.forwarding.peer import Peer
from streaming.forwarding.plane_state import PlaneState
from streaming.forwarding.publication import Publication
from streaming.forwarding.speakers import Speakers, Voice
from streaming.forwarding.track import Track

HOUSEKEEPING_S: Final = 0.1
RECORDED_KEYFRAME_INTERVAL_S: Final = 2.0
WAITING_ASK_AGAIN_S: Final = 1.0
LEVEL_STEP: Final = 6
"""dB: a smaller change of a track's level is no news."""


class Housekeeping:
    """See the module."""

    def __init__(self, state: PlaneState) -> None:
        self._state = state
        self._speakers = Speakers()
        self._due_at = 0.0

    def handle_timer(self, now: float) -> None:
        """Look after every track, if it is time."""
        if now < self._due_at:
            return
        self._due_at = now + HOUSEKEEPING_S
        voices: dict[str, dict[str, Voice]] = {}
        for peer, publication, track in self._state.tracks.values():
            self._keep_track(peer, publication, track, now)
            if track.kind == "audio":
                voices.setdefault(peer.room, {})[track.id] = track.voice
        self._state.events.extend(self._speakers.listen(voices, now))

    def _keep_track(self, peer: Peer, publication: Publication, track: Track, now: float) -> None:
        events = self._state.events
        flows = track.flows(now)
        is_loud = track.level is not None and (
            track.announced_level is None or abs(track.level - track.announced_level) >= LEVEL_STEP
        )
        if flows != track.is_active or (flows and is_loud):
            track.is_active = flows
            track.announced_level = track.level
            if not peer.is_pipe:
                events.append(m.TrackActivity(track.id, flows, track.level if flows else None))
        for layer in track.layers:
            layer.measure(now)
        if track.kind == "video":
            self._keep_layers(peer, publication, track, now, flows=flows)
        for slot in track.slots:
            news = slot_media(slot)
            if news is not None:
                events.append(news)

    def _keep_layers(
        self, peer: Peer, publication: Publication, track: Track, now: float, *, flows: bool
    ) -> None:
        track.observe_flow(now)
        if len(track.layers) > 1:
            for slot in track.slots:
                slot.retarget(now)
        recording = publication.recorded and self._state.tap_of(peer) is not None
        track.demand.others["recorder"] = frozenset({track.top}) if recording else frozenset()
        wanted = layers_wanted(peer.id, publication.mid, track, now)
        if wanted is not None:
            self._state.events.append(wanted)
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
