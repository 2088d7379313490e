"""A subscriber's downlink over a long lesson."""

from streaming.forwarding.downlink import MAX_COSTS_KEPT, Downlink
from streaming.forwarding.hot_path import Batch
from streaming.forwarding.slot import Slot
from streaming.forwarding.track import PublisherClock, Track
from tests.streaming.forwarding.world import VP8
from tests.streaming.forwarding.world import slot as section


def test_what_tracks_of_the_past_cost_is_forgotten() -> None:
    """On a narrow link, where it is kept: people come on stage and leave it all day."""
    fed = Slot(section(), 1, 2, first_seq=1, first_timestamp=1)
    downlink = Downlink({fed.mid: fed})
    for number in range(2 * MAX_COSTS_KEPT):
        downlink.estimator.limit_bps, downlink.estimator.trouble_at = 500_000.0, float(number)
        track = Track(f"track-{number}", "video", "camera", PublisherClock())
        track.begin_layer(0, number, VP8).bitrate_bps = 300_000
        fed.route(track, float(number))
        downlink.handle_timer(float(number), Batch())
        assert (fed.mid, track.id, 0) in downlink._costs
        assert len(downlink._costs) <= MAX_COSTS_KEPT + 1
