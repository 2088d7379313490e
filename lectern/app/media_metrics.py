"""What the media processes count, as Prometheus metrics; docs/operating.md says what each means."""

from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from streaming.control.messages import Stats

_COUNTS = {
    "received_packets": "RTP packets received from publishers.",
    "lost_packets": "RTP packets of publishers that never came.",
    "recovered_packets": "RTP packets of publishers that came late or again.",
    "keyframes": "Keyframes received.",
    "keyframe_requests": "Keyframes asked of publishers (PLI or FIR).",
    "forwarded_packets": "RTP packets sent to viewers.",
    "forwarded_bytes": "RTP bytes sent to viewers.",
    "retransmitted_packets": "RTP packets sent to viewers again, on NACK.",
    "nacks": "NACK messages received from viewers.",
    "unanswered_nacks": "Packets that viewers asked for and that were gone.",
    "keyframe_wishes": "Keyframes that viewers asked for (PLI or FIR).",
    "layer_switches": "Times a viewer's slot changed to another simulcast layer.",
}
_ROOM_GAUGES = {
    "transports": "Peer connections in a room.",
    "tracks": "Published tracks in a room.",
    "flowing_layers": "Layers of published tracks that flow, in a room.",
    "paused_slots": "Pictures held back from viewers whose link is too slow, in a room.",
}


def media_metrics(by_process: Mapping[str, Stats | None]) -> Iterable[Metric]:
    """All of them; a process that is away has `lectern_media_available` alone."""
    available = GaugeMetricFamily(
        "lectern_media_available", "1 while the media process answers.", labels=["process"]
    )
    for process, stats in by_process.items():
        available.add_metric([process], stats is not None)
    yield available
    there = {process: stats for process, stats in by_process.items() if stats is not None}
    yield from _of_processes(there)
    yield from _of_rooms(there)
    yield _layers(there)


def _of_processes(there: Mapping[str, Stats]) -> Iterable[Metric]:
    gauges = {
        "transports": GaugeMetricFamily("lectern_media_transports", "Peer connections.", labels=["process"]),
        "tracks": GaugeMetricFamily("lectern_media_tracks", "Published tracks.", labels=["process"]),
        "pipes": GaugeMetricFamily(
            "lectern_media_pipes", "Ends of pipes to other media processes.", labels=["process"]
        ),
        "piped": GaugeMetricFamily(
            "lectern_media_piped_packets", "RTP packets sent through present pipes.", labels=["process"]
        ),
    }
    dropped = CounterMetricFamily(
        "lectern_media_dropped_datagrams",
        "Datagrams that belong to no transport.",
        labels=["process", "reason"],
    )
    counts = {
        name: CounterMetricFamily(f"lectern_media_{name}", meaning, labels=["process"])
        for name, meaning in _COUNTS.items()
    }
    for process, stats in there.items():
        peers = [transport for transport in stats.transports if not transport.pipe]
        pipes = [transport for transport in stats.transports if transport.pipe]
        gauges["transports"].add_metric([process], len(peers))
        gauges["tracks"].add_metric([process], sum(len(peer.tracks) for peer in peers))
        gauges["pipes"].add_metric([process], len(pipes))
        gauges["piped"].add_metric([process], sum(slot.packets for pipe in pipes for slot in pipe.slots))
        for reason, number in sorted(stats.process.items()):
            dropped.add_metric([process, reason], number)
        for name, metric in counts.items():
            metric.add_metric([process], stats.counts.get(name, 0))
    yield from gauges.values()
    yield dropped
    yield from counts.values()


def _of_rooms(there: Mapping[str, Stats]) -> Iterable[Metric]:
    labels = ["process", "room"]
    gauges = {
        name: GaugeMetricFamily(f"lectern_media_room_{name}", meaning, labels=labels)
        for name, meaning in _ROOM_GAUGES.items()
    }
    counts = {
        name: CounterMetricFamily(f"lectern_media_room_{name}", f"{meaning} By room.", labels=labels)
        for name, meaning in _COUNTS.items()
    }
    for process, stats in there.items():
        for room in stats.rooms:
            for name, gauge in gauges.items():
                gauge.add_metric([process, room.room], getattr(room, name))
            for name, count in counts.items():
                count.add_metric([process, room.room], room.counts.get(name, 0))
    yield from gauges.values()
    yield from counts.values()


def _layers(there: Mapping[str, Stats]) -> Metric:
    """How many layers of each name flow, over all rooms: what publishers really send."""
    layers = GaugeMetricFamily(
        "lectern_media_layers", "Flowing layers of published tracks.", labels=["process", "rid"]
    )
    for process, stats in there.items():
        rids = [
            layer.rid
            for transport in stats.transports
            if not transport.pipe
            for track in transport.tracks
            if track.kind == "video"
            for layer in track.layers
            if layer.flows
        ]
        for rid in sorted(set(rids)):
            layers.add_metric([process, rid or "only"], rids.count(rid))
    return layers
