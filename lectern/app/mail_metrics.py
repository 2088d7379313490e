"""What waits to be mailed and what became of it, for Prometheus."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from lectern.kernel.clock import UtcMs
from notices.gate import Gate
from notices.sender import Counts
from notices.store import MailFigures


def mail_metrics(figures: MailFigures, gate: Gate, sent_here: Counts, now: UtcMs) -> Iterable[Metric]:
    """Yield the mail's numbers: what waits is the same in every server process, counters are of this one."""
    queued = GaugeMetricFamily("lectern_mail_queued", "Mail on its way, by state.", labels=["state"])
    for state, number in sorted(figures.open.items()):
        queued.add_metric([state.value], number)
    yield queued
    waits_ms = 0 if figures.oldest_utc_ms is None else max(0, now - figures.oldest_utc_ms)
    yield GaugeMetricFamily(
        "lectern_mail_oldest_seconds", "For how long the oldest mail has been on its way.", waits_ms / 1000
    )
    failed = GaugeMetricFamily(
        "lectern_mail_failed", "Mail that failed for good, by reason.", labels=["reason"]
    )
    for reason, number in sorted(figures.failed.items()):
        failed.add_metric([reason], number)
    yield failed
    yield GaugeMetricFamily(
        "lectern_mail_server_away", "1 while the mail server takes nothing from us.", bool(gate.failures)
    )
    for name, value, meaning in (
        ("sent", sent_here.sent, "Mail that the mail server took from this process."),
        ("refused", sent_here.refused, "Mail that it refused for good."),
        ("deferred", sent_here.deferred, "Times it asked to try a mail later, or broke off."),
        ("outages", sent_here.outages, "Tries in which the mail server itself failed."),
    ):
        yield CounterMetricFamily(f"lectern_mail_{name}", meaning, value)
