"""How long packets stay in media processes, how late their loops are, and what forwards, for Prometheus."""

from collections.abc import Iterable, Mapping
from itertools import accumulate

from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric

from streaming.control.messages import LATENCY_BOUNDS_S, Histogram, Stats


def media_timing(stats: Mapping[str, Stats | None]) -> Iterable[Metric]:
    """Metrics of each process that answered."""
    latency = HistogramMetricFamily(
        "lectern_media_forward_latency_seconds",
        "From a packet's arrival to the hand-over of the last datagram that it caused.",
        labels=["process"],
    )
    lag = HistogramMetricFamily(
        "lectern_media_loop_lag_seconds", "How late the process's timer was.", labels=["process"]
    )
    implementation = GaugeMetricFamily(
        "lectern_media_hot_path", "1 for the implementation that runs.", labels=["process", "implementation"]
    )
    for process, one in stats.items():
        if one is None:
            continue
        latency.add_metric([process], _cumulative(one.latency), one.latency.sum_s)
        lag.add_metric([process], _cumulative(one.loop_lag), one.loop_lag.sum_s)
        implementation.add_metric([process, one.hot_path], 1)
    yield latency
    yield lag
    yield implementation


def _cumulative(histogram: Histogram) -> list[tuple[str, float]]:
    bounds = [*map(str, LATENCY_BOUNDS_S), "+Inf"]
    return list(zip(bounds, map(float, accumulate(histogram.buckets)), strict=True))
