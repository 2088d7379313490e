"""What runs and how much, for Prometheus. Not public: this machine, or an administrator's API key."""

import asyncio
import ipaddress
from collections.abc import Iterable, Mapping, Sequence

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from lectern.app.mail_metrics import mail_metrics
from lectern.app.media_metrics import media_metrics
from lectern.app.media_timing import media_timing
from lectern.app.supervisor import Child
from lectern.app.wired.services import Services
from lectern.kernel.access import Permission
from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Forbidden
from lectern.storage.backlog import Backlog, read_backlog
from notices.sender import Counts
from streaming.control.messages import Stats


class _Snapshot(Collector):
    """Numbers gathered at one moment; docs/operating.md says what each means."""

    def __init__(
        self,
        services: Services,
        children: Sequence[Child],
        stats: Mapping[str, Stats | None],
        jobs: dict[str, int],
        *,
        mail: Sequence[Metric],
        backlog: Backlog | None,
    ) -> None:
        self._services = services
        self._children = children
        self._stats = stats
        self._jobs = jobs
        self._mail = mail
        self._backlog = backlog

    def collect(self) -> Iterable[Metric]:
        """See prometheus_client."""
        namespace = self._services.class_namespace
        counts = namespace.fan_out.counts
        timelines = self._services.engine.counts
        yield GaugeMetricFamily("lectern_class_connections", "Class connections here.", namespace.connected)
        yield GaugeMetricFamily(
            "lectern_class_waiting_bytes",
            "Written to class connections and not taken by them.",
            namespace.fan_out.waiting_bytes,
        )
        for name, value, meaning in (
            ("frames_sent", counts.frames_sent, "Event frames written to class connections."),
            ("frames_made", counts.frames_made, "Event frames encoded; each is shared by many viewers."),
            ("frames_held", counts.frames_held, "Times a slow connection was made to wait."),
            ("connections_lost", counts.connections_lost, "Connections that fell back to a snapshot."),
            ("connections_cut", namespace.cut_off, "Connections ended because they left too much unread."),
            ("works", timelines.works, "Commands, joins and leaves that were carried out."),
            ("commits", timelines.commits, "Transactions in which they were."),
        ):
            yield CounterMetricFamily(f"lectern_class_{name}", meaning, value)
        stewards = self._services.stewards
        if stewards is not None:
            yield GaugeMetricFamily(
                "lectern_sessions_steered", "Sessions whose media this server steers.", len(stewards.ours)
            )
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
        refused = CounterMetricFamily(
            "lectern_views_refused", "Played intervals that did not count.", labels=["code"]
        )
        for code, number in sorted(self._services.views_refused.items()):
            refused.add_metric([code], number)
        yield refused
        yield from self._mail
        if self._backlog is not None:
            yield from _storage(self._backlog, utc_ms())

        yield from media_metrics(self._stats)
        yield from media_timing(self._stats)


def _storage(backlog: Backlog, now_ms: int) -> Iterable[Metric]:
    for name, value, meaning in (
        ("waiting_files", backlog.files, "Files that wait to be carried into the bucket."),
        ("waiting_bytes", backlog.bytes, "Their size."),
        ("waiting_seconds", backlog.age_s(now_ms), "How long the oldest of them has waited."),
        ("carrier_silence_seconds", (now_ms - backlog.at_utc_ms) / 1000, "Since the carrier's last look."),
    ):
        yield GaugeMetricFamily(f"lectern_storage_{name}", meaning, value)


def mount_metrics(app: web.Application, services: Services, children: Sequence[Child]) -> None:
    """Add `GET /metrics`."""

    async def metrics(request: web.Request) -> web.Response:
        if not _is_local(request):
            who = await services.authenticate(request)
            if who is None or not who.allows(Permission.ADMIN):
                raise web.HTTPForbidden(text=Forbidden("not_allowed", "For administrators.").message)
        async with services.database.read() as tx:
            jobs = await services.catalogue.keeper.jobs.count_by_state(tx)
            figures = await services.outbox.store.mail_figures(tx)
            gate = await services.outbox.store.gate(tx)
        sender = services.notices.sender
        mail = mail_metrics(figures, gate, Counts() if sender is None else sender.counts, utc_ms())
        settings = services.settings
        backlog = await asyncio.to_thread(read_backlog, settings.data) if settings.storage_url else None
        registry = CollectorRegistry()
        stats = await services.plane.stats_by_process()
        registry.register(_Snapshot(services, children, stats, jobs, mail=list(mail), backlog=backlog))
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
