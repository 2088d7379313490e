from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from lectern.app.media_timing import media_timing
from streaming.control.messages import LATENCY_BOUNDS_S, Histogram, Stats


class _Once(Collector):
    def __init__(self, stats: dict[str, Stats | None]) -> None:
        self._stats = stats

    def collect(self) -> Iterable[Metric]:
        return media_timing(self._stats)


def test_histograms_are_cumulative_and_processes_apart() -> None:
    buckets = tuple(range(1, len(LATENCY_BOUNDS_S) + 2))
    stats = Stats((), {}, latency=Histogram(buckets, 2.5), hot_path="compiled")
    registry = CollectorRegistry()
    registry.register(_Once({"media-1": stats, "media-2": None}))
    text = generate_latest(registry).decode()
    name = "lectern_media_forward_latency_seconds"
    assert f'{name}_bucket{{le="0.0005",process="media-1"}} 1.0' in text
    assert f'{name}_bucket{{le="0.001",process="media-1"}} 3.0' in text
    assert f'{name}_bucket{{le="+Inf",process="media-1"}} {sum(buckets):.1f}' in text
    assert f'{name}_sum{{process="media-1"}} 2.5' in text
    assert 'lectern_media_hot_path{implementation="compiled",process="media-1"} 1.0' in text
    assert "media-2" not in text
