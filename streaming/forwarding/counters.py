"""What a transport's objects have counted, in the words of the control protocol."""

from streaming.control import messages as m
from streaming.forwarding.peer import Peer


def transport_stats(peer: Peer) -> m.TransportStats:
    """Counters of one transport, its tracks and its slots."""
    tracks = tuple(
        m.TrackStats(
            track=track.id,
            mid=publication.mid,
            kind=track.kind,
            codec=track.codec.name if track.codec else "",
            packets=track.packets,
            bytes=track.octets,
            lost=track.lost,
            recovered=track.recovered,
            duplicates=track.duplicates,
            keyframes=track.keyframe_count,
            keyframe_requests=track.keyframes.sent,
            muted_packets=publication.muted_packets,
            given_up=track.missing.given_up,
        )
        for publication in peer.publications.values()
        if (track := publication.track) is not None
    )
    slots = tuple(
        m.SlotStats(
            mid=slot.mid,
            track=slot.track.id if slot.track else None,
            packets=slot.lane.packets,
            bytes=slot.lane.octets,
            retransmitted=slot.retransmitted,
            nacks=slot.nacks,
            keyframe_requests=slot.keyframe_wishes,
            unanswered_nacks=slot.unanswered_nacks,
        )
        for slot in peer.slots.values()
    )
    profile = peer.srtp.profile.openssl_name.decode() if peer.srtp else ""
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
    )
