"""Recording over a bad network: in sync, and every gap told (issue "recording to microcourse", figures)."""

from pathlib import Path
from statistics import median

import pytest

from lectern.manifest import Missing, ReplayGap
from recording.missing_media import MOST, NEAR_MS, stretches
from tests.recording.lossy_lesson import hold
from tests.recording.scripted_publisher import ScriptedPublisher, record, rough
from tests.recording.test_recorder import lines_of


def test_loss_and_two_reconnects_leave_sound_and_picture_together_and_every_gap_is_told(
    tmp_path: Path,
) -> None:
    seen = hold(tmp_path, seed=2, seconds=24.0, loss=0.05)
    assert len(seen.offsets_ms) > 12
    assert seen.worst_offset_ms <= 40
    assert abs(median(seen.offsets_ms)) <= 15
    assert seen.jumps
    assert seen.silences
    assert seen.untold("camera") == []
    assert [stretch for stretch in seen.untold("mic") if stretch[0] > 0.3] == []
    assert sum(gap.missing_ms for gap in seen.gaps("mic")) == pytest.approx(
        seen.sound_packets_lost * 20, rel=0.1
    )
    # Five percent of loss alone cost no picture: what is lost is sent again in time.
    outage_s = 3.0
    assert sum(gap.missing_ms for gap in seen.gaps("camera")) < (outage_s + 1.5) * 1000


def test_nothing_is_missing_in_a_lesson_over_a_good_network(tmp_path: Path) -> None:
    presenter = ScriptedPublisher()
    presenter.video("camera", "VP8", 0.2, 5.0)
    presenter.mic(0.2, 5.0)
    record([presenter], tmp_path / "1", 6.0)
    assert lines_of(tmp_path / "1", Missing) == []


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_lost_pictures_are_told_from_the_last_good_one_to_the_next(tmp_path: Path, codec: str) -> None:
    publisher = ScriptedPublisher()
    lost = rough(5, loss=0.03, jitter_s=0.0)
    publisher.video("camera", "VP8" if codec == "VP8" else "H264", 0.0, 12.0, network=lost)
    record([publisher], tmp_path / "1", 13.0)
    missing = lines_of(tmp_path / "1", Missing)
    assert missing
    assert {line.why for line in missing} == {"loss"}
    for line in missing:
        assert 0 < line.missing_ms == pytest.approx(line.end_ms - line.start_ms)
        assert line.end_ms - line.start_ms <= 2_100  # the next keyframe


def test_a_track_without_any_keyframe_is_missing_as_a_whole(tmp_path: Path) -> None:
    publisher = ScriptedPublisher()
    publisher.video("camera", "VP8", 0.0, 6.0, keyframe_s=100.0)
    first_frame = publisher.events[1:4]
    for event in first_frame:
        publisher.events.remove(event)
    record([publisher], tmp_path / "1", 7.0)
    [line] = lines_of(tmp_path / "1", Missing)
    assert (line.why, round(line.start_ms / 100)) == ("no_keyframe", 0)
    assert line.end_ms == pytest.approx(6_200, abs=50)


def test_neighbouring_gaps_of_one_kind_are_one_stretch() -> None:
    gaps = [
        ReplayGap(0, 20, 20, "mic", "p1", "loss"),
        ReplayGap(NEAR_MS, NEAR_MS + 40, 40, "mic", "p1", "loss"),
        ReplayGap(NEAR_MS + 10, NEAR_MS + 50, 40, "camera", "p1", "loss"),
        ReplayGap(3 * NEAR_MS, 3 * NEAR_MS + 20, 20, "mic", "p1", "loss"),
    ]
    assert [(gap.from_ms, gap.to_ms, gap.missing_ms, gap.source) for gap in stretches(gaps)] == [
        (0, NEAR_MS + 40, 60, "mic"),
        (NEAR_MS + 10, NEAR_MS + 50, 40, "camera"),
        (3 * NEAR_MS, 3 * NEAR_MS + 20, 20, "mic"),
    ]


def test_there_is_a_bound_on_stretches_and_nothing_is_left_out() -> None:
    gaps = [
        ReplayGap(n * 3 * NEAR_MS, n * 3 * NEAR_MS + 20, 20, "mic", "p1", "loss") for n in range(2 * MOST)
    ]
    found = stretches(gaps)
    assert 0 < len(found) <= MOST
    assert sum(gap.missing_ms for gap in found) == 20 * 2 * MOST
