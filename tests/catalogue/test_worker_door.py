"""What a worker's job lets it read of a lesson's media."""

import pytest

from catalogue.workers.door import WorkOrder

HLS = "sessions/s1/hls"


@pytest.mark.parametrize(
    ("key", "may"),
    [
        (f"{HLS}/video/1.m4s", True),
        (f"{HLS}/group-01/audio/1.m4s", False),
        (f"{HLS}/aside-2/audio/1.m4s", False),
        (f"{HLS}2/video/1.m4s", False),
        ("sessions/s1/microcourses/m1/1/video.mp4", True),
        ("branding/org/intro.mp4", True),
        ("sessions/s1/rec/1/manifest.jsonl", False),
    ],
)
def test_a_job_reads_what_it_is_made_of_and_nothing_aside_or_of_groups(key: str, may: bool) -> None:
    order = WorkOrder(
        "sessions/s1", {}, "sessions/s1/microcourses/m1/1", sources=(HLS,), assets=("branding/org/intro.mp4",)
    )
    assert order.may_read(key) is may
