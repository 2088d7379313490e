"""Tracks from their first packet to their end: streams that begin and begin anew, muting, and who is told."""

from streaming.control import messages as m
from streaming.forwarding.peer import Peer
from streaming.forwarding.plane_state import PlaneRefusal, PlaneState, Published
from streaming.forwarding.publication import Original, Publication
from streaming.forwarding.routing_table import RoutingTable
from streaming.forwarding.tapping import Tapping
from streaming.forwarding.track import Track


class Publishing:
    """See the module."""

    def __init__(self, state: PlaneState, routing: RoutingTable, tapping: Tapping) -> None:
        self._state = state
        self._routing = routing
        self._tapping = tapping

    def begin_stream(self, peer: Peer, publication: Publication, original: Original, now: float) -> None:
        """This packet is the first of a layer, or of another stream that takes the layer over."""
        ssrc, codec = original.packet.ssrc, original.codec
        publication.begin(original.layer, now)
        track = publication.track
        if track is None:
            section = publication.section
            track = Track(publication.track_id, section.kind, section.source, peer.wall, section.rids)
            publication.track = track
            self._state.tracks[track.id] = Published(peer, publication, track)
        layer = track.layers[original.layer]
        if layer.has_begun and layer.ssrc != ssrc:
            publication.retire(layer.ssrc)
        is_news = layer.has_begun or track.codec != codec
        for slot in track.slots:
            slot.settle()
        track.begin_layer(layer.index, ssrc, codec)
        for slot in track.slots:
            slot.restart(layer, now)
        if track.recorded.layer is layer:
            track.recorded.reset()
        self._routing.track_began(track, now)
        layer.keyframes.wish()
        if is_news and not peer.is_pipe:
            self._state.events.append(
                m.TrackStarted(peer.id, publication.mid, track.id, track.kind, codec.name)
            )
        if len(track.layers) == 1:
            track.recorded.layer = layer
            self._tapping.announce(peer, publication)

    def end_track(self, peer: Peer, publication: Publication) -> None:
        """Its publisher is gone; nothing happens, if it never began."""
        track = publication.track
        if track is None:
            return
        self._routing.track_ended(track, may_return=peer.is_pipe)  # piped here: home still has it
        del self._state.tracks[track.id]
        if publication.recorded:
            self._tapping.end(peer, track)
        if not peer.is_pipe:
            self._state.events.append(m.TrackStopped(track.id))

    def set_publishing(self, request: m.SetPublishing) -> None:
        """Mute or allow, record or not. Raises PlaneRefusal."""
        peer = self._state.peers.get(request.transport)
        publication = None if peer is None else peer.publications.get(request.mid)
        if peer is None or publication is None:
            raise PlaneRefusal("publication_not_found", "no such transport, or it has no such sending m-line")
        if request.allowed and not publication.allowed:
            publication.restart_all()
        publication.allowed = request.allowed
        if (request.recorded, request.group) != (publication.recorded, publication.group):
            self._record_for(peer, publication, request)

    def _record_for(self, peer: Peer, publication: Publication, request: m.SetPublishing) -> None:
        """End it in the recording where it was, before it begins where it belongs from now on."""
        track = publication.track
        if publication.recorded and track is not None:
            self._tapping.end(peer, track)
        publication.recorded, publication.group = request.recorded, request.group
        if request.recorded:
            if track is not None and len(track.layers) > 1:
                track.recorded.reset()
            self._tapping.announce(peer, publication)

    def request_keyframe(self, track: str) -> None:
        """A wish of a server or the recorder; unknown ids are fine."""
        known = self._state.tracks.get(track)
        if known is not None:
            heard = known.track.recorded
            (heard.layer or heard.target(known.track)).keyframes.wish()
