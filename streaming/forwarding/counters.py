"""What a transport's objects have counted, in the words of the control protocol."""

from streaming.control import messages as m
from streaming.forwarding.peer import Peer
from streaming.forwarding.publication import Publication
from streaming.forwarding.track import Track


def transport_stats(peer: Peer) -> m.TransportStats:
    """Counters of one transport, its tracks and its slots."""
    tracks = tuple(
        _track_stats(publication, publication.track)
        for publication in peer.publications.values()
        if publication.track is not None
    )
    slots = tuple(
        m.SlotStats(
            mid=slot.mid,
            track=slot.track.id if slot.track else None,
            packets=slot.lane.packets,
            bytes=slot.lane.octets,
            retransmitted=slot.resender.resent,
            nacks=slot.resender.nacks,
            keyframe_requests=slot.keyframe_wishes,
            unanswered_nacks=slot.resender.unanswered,
            paused=slot.is_paused,
            layer=slot.media()[1],
            switches=slot.switches,
        )
        for slot in peer.slots.values()
    )
    profile = peer.srtp.profile.openssl_name.decode() if peer.srtp else ""
    downlink = peer.downlink
    trip_s = downlink.round_trip_s
    return m.TransportStats(
        peer.id,
        peer.participant,
        peer.room,
        peer.phase,
        profile,
        tracks,
        slots,
        dict(peer.rejected),
        peer.is_pipe,
        estimate_bps=int(downlink.estimator.limit_bps) if downlink.is_limited else None,
        rtt_ms=None if trip_s is None else round(1000 * trip_s, 1),
        loss=round(downlink.estimator.loss, 4),
        probes=downlink.prober.sent,
        probes_failed=downlink.prober.failed,
    )


def _track_stats(publication: Publication, track: Track) -> m.TrackStats:
    layers = track.layers
    return m.TrackStats(
        track=track.id,
        mid=publication.mid,
        kind=track.kind,
        codec=track.codec.name if track.codec else "",
        packets=sum(layer.packets for layer in layers),
        bytes=sum(layer.octets for layer in layers),
        lost=sum(layer.lost for layer in layers),
        recovered=sum(layer.recovered for layer in layers),
        duplicates=sum(layer.duplicates for layer in layers),
        keyframes=sum(layer.keyframe_count for layer in layers),
        keyframe_requests=sum(layer.keyframes.sent for layer in layers),
        muted_packets=publication.muted_packets,
        given_up=sum(layer.missing.given_up for layer in layers),
        layers=tuple(
            m.LayerStats(
                rid=layer.rid,
                packets=layer.packets,
                bytes=layer.octets,
                lost=layer.lost,
                bitrate_bps=layer.bitrate_bps if layer.is_flowing and track.is_active else 0,
                width=layer.size[0] if layer.size else 0,
                height=layer.size[1] if layer.size else 0,
                flows=layer.is_flowing and track.is_active,
            )
            for layer in layers
        ),
    )
