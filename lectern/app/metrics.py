"""What runs and how much, for Prometheus. Not public: this machine, or an administrator's API key."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from lectern.app.supervisor import Child
from lectern.app.wiring import Services
from lectern.kernel.access import Permission
from lectern.kernel.errors import Forbidden
from streaming.control.messages import Stats


class _Snapshot(Collector):
    """Numbers gathered at one moment; docs/operating.md says what each means."""

    def __init__(
        self,
        services: Services,
        children: Sequence[Child],
        stats: Mapping[str, Stats | None],
        jobs: dict[str, int],
    ) -> None:
        self._services = services
        self._children = children
        self._stats = stats
        self._jobs = jobs

    def collect(self) -> Iterable[Metric]:
        """See prometheus_client."""
        namespace = self._services.class_namespace
        counts = namespace.fan_out.counts
        yield GaugeMetricFamily("lectern_class_connections", "Class connections here.", namespace.connected)
        for name, value, meaning in (
            ("frames_sent", counts.frames_sent, "Event frames written to class connections."),
            ("frames_made", counts.frames_made, "Event frames encoded; each is shared by many viewers."),
            ("frames_held", counts.frames_held, "Times a slow connection was made to wait."),
            ("connections_lost", counts.connections_lost, "Connections that fell back to a snapshot."),
        ):
            yield CounterMetricFamily(f"lectern_class_{name}", meaning, value)
        restarts = CounterMetricFamily(
            "lectern_child_restarts", "Child processes started again.", labels=["child"]
        )
        for child in self._children:
            restarts.add_metric([child.name], child.restarts)
        yield restarts
        jobs = GaugeMetricFamily("lectern_jobs", "Media jobs by state.", labels=["state"])
        for state, number in sorted(self._jobs.items()):
            jobs.add_metric([state], number)
        yield jobs
        yield from self._media()

    def _media(self) -> Iterable[Metric]:
        available = GaugeMetricFamily(
            "lectern_media_available", "1 while the media process answers.", labels=["process"]
        )
        dropped = CounterMetricFamily(
            "lectern_media_dropped_datagrams",
            "Datagrams that belong to no transport.",
            labels=["process", "reason"],
        )
        gauges = {
            name: GaugeMetricFamily(name, meaning, labels=["process"])
            for name, meaning in _MEDIA_GAUGES.items()
        }
        for process, stats in self._stats.items():
            available.add_metric([process], stats is not None)
            if stats is None:
                continue
            for name, value in _sums(stats).items():
                gauges[name].add_metric([process], value)
            for reason, number in sorted(stats.process.items()):
                dropped.add_metric([process, reason], number)
        yield available
        yield from gauges.values()
        yield dropped


_MEDIA_GAUGES = {
    "lectern_media_transports": "Peer connections.",
    "lectern_media_tracks": "Published tracks.",
    "lectern_media_received_packets": "RTP packets of current tracks received.",
    "lectern_media_lost_packets": "RTP packets of current tracks never received.",
    "lectern_media_forwarded_packets": "RTP packets sent to current viewers.",
    "lectern_media_forwarded_bytes": "RTP bytes sent to current viewers.",
    "lectern_media_retransmitted_packets": "RTP packets sent again on NACK.",
    "lectern_media_keyframe_requests": "Keyframes asked of publishers.",
    "lectern_media_pipes": "Ends of pipes to other media processes.",
    "lectern_media_piped_packets": "RTP packets sent to other media processes.",
}


def _sums(stats: Stats) -> dict[str, int]:
    peers = [transport for transport in stats.transports if not transport.pipe]
    pipes = [transport for transport in stats.transports if transport.pipe]
    tracks = [track for transport in peers for track in transport.tracks]
    slots = [slot for transport in peers for slot in transport.slots]
    return {
        "lectern_media_transports": len(peers),
        "lectern_media_tracks": len(tracks),
        "lectern_media_received_packets": sum(t.packets for t in tracks),
        "lectern_media_lost_packets": sum(t.lost for t in tracks),
        "lectern_media_forwarded_packets": sum(s.packets for s in slots),
        "lectern_media_forwarded_bytes": sum(s.bytes for s in slots),
        "lectern_media_retransmitted_packets": sum(s.retransmitted for s in slots),
        "lectern_media_keyframe_requests": sum(t.keyframe_requests for t in tracks),
        "lectern_media_pipes": len(pipes),
        "lectern_media_piped_packets": sum(slot.packets for pipe in pipes for slot in pipe.slots),
    }


def mount_metrics(app: web.Application, services: Services, children: Sequence[Child]) -> None:
    """Add `GET /metrics`."""

    async def metrics(request: web.Request) -> web.Response:
        if not _is_local(request):
            who = await services.authenticate(request)
            if who is None or not who.allows(Permission.ADMIN):
                raise web.HTTPForbidden(text=Forbidden("not_allowed", "For administrators.").message)
        async with services.database.read() as tx:
            jobs = await services.catalogue.keeper.jobs.count_by_state(tx)
        registry = CollectorRegistry()
        registry.register(_Snapshot(services, children, await services.plane.stats_by_process(), jobs))
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.router.add_get("/metrics", metrics)


def _is_local(request: web.Request) -> bool:
    """A request from this machine that no proxy passed on."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False
