"""A camera whose clock runs apart from the microphone's: the finished replay has both where they were."""

from pathlib import Path

import pytest

from mediaworker.media_job import Compose
from mediaworker.pipeline import run
from recording.packager import Packager
from recording.room_recorder import PacketArrived, ReportArrived, TapEvent
from tests.media_pattern import beep_onsets
from tests.mediaworker.test_pipeline import FPS, LATE_S, pictures, samples
from tests.recording.scripted_publisher import NTP_AT_ZERO, ScriptedPublisher, record

SECONDS = 10
SLOW = 1.02
"""The camera says 1 s when 1.02 s have gone by: 0.2 s, three pictures, in this recording."""


def _slow(event: TapEvent) -> TapEvent:
    """The same, from a clock that runs slow: everything comes later than it says, and its reports tell so."""
    if isinstance(event, PacketArrived):
        return event._replace(arrival_s=event.arrival_s * SLOW)
    if isinstance(event, ReportArrived):
        return event._replace(ntp_s=NTP_AT_ZERO + (event.ntp_s - NTP_AT_ZERO) * SLOW)
    return event


def test_clocks_that_drift_apart_are_followed(tmp_path: Path) -> None:
    presenter = ScriptedPublisher()
    presenter.video("camera", "H264", 0.0, SECONDS / SLOW, close=False)
    presenter.events[:] = [(at_s * SLOW, _slow(event)) for at_s, event in presenter.events]
    presenter.mic(0.0, SECONDS)
    record([presenter], tmp_path / "rec" / "1", SECONDS + 0.4)
    Packager(tmp_path).finish()
    result = run(Compose(), files=tmp_path, progress=lambda _: None, cancelled=lambda: False)
    seen = pictures(tmp_path / result.video)
    off = [
        abs((at_s - LATE_S) / SLOW * FPS - value)
        for at_s, value in seen.items()
        if value is not None and 1 < at_s < SECONDS - 0.5
    ]
    assert len(off) > 30 * (SECONDS - 2)
    assert max(off) < 2
    onsets = beep_onsets(samples(tmp_path / result.video))
    assert onsets[1:] == pytest.approx(list(range(1, SECONDS)), abs=0.06)
