"""What the recorder of a room hears of its tracks, through the room's tap. Packets come from the plane."""

from streaming.forwarding.layer import Layer
from streaming.forwarding.peer import Peer
from streaming.forwarding.plane_state import PlaneRefusal, PlaneState
from streaming.forwarding.publication import Publication
from streaming.forwarding.track import Track
from streaming.guarded_tap import GuardedTap


class Tapping:
    """See the module."""

    def __init__(self, state: PlaneState) -> None:
        self._state = state

    def start(self, name: str, tap: GuardedTap) -> None:
        """Everything published in the room goes to `tap` too. Raises PlaneRefusal."""
        room = self._state.room(name)
        if room.tap is not None:
            raise PlaneRefusal("already_recording", "this room is being recorded")
        room.tap = tap
        for peer, publication, track in self._state.tracks.values():
            if peer.room == name:
                if len(track.layers) > 1:
                    track.recorded.reset()
                self.announce(peer, publication)
                track.recorded.target(track).keyframes.wish()

    def stop(self, name: str) -> GuardedTap | None:
        """Returns the tap that is left to close. Raises PlaneRefusal."""
        room = self._state.room(name)
        tap, room.tap = room.tap, None
        return tap

    def announce(self, peer: Peer, publication: Publication) -> None:
        """Tell what comes next: a track, or another stream of it. Nothing, if it is not recorded."""
        tap, track, source = self._state.tap_of(peer), publication.track, publication.section.source
        codec = None if track is None or track.recorded.layer is None else track.recorded.layer.codec
        if tap is None or track is None or codec is None or not publication.recorded:
            return
        if source is None:
            source = "mic" if track.kind == "audio" else "camera"
        participant = peer.participant_of(publication)
        facts = track.id, source, track.kind, codec.name, codec.clock_rate, participant
        tap.on_track(*facts, publication.group)

    def receive_clock(self, peer: Peer, publication: Publication, layer: Layer, rtp_timestamp: int) -> None:
        """A sender report came: this RTP time is the publisher's wall clock of `layer.clock`."""
        tap, track, clock = self._state.tap_of(peer), publication.track, layer.clock
        is_told = publication.recorded and publication.allowed
        if tap is None or track is None or clock is None or not is_told:
            return
        if layer is track.recorded.layer:
            tap.on_sender_report(track.id, clock.ntp_s, rtp_timestamp)

    def end(self, peer: Peer, track: Track) -> None:
        """Nothing more comes of this recorded track."""
        tap = self._state.tap_of(peer)
        if tap is not None:
            tap.on_track_end(track.id)
