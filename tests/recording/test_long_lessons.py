"""A lesson of twelve hours in virtual time: what a packager keeps and writes does not grow with it."""

from pathlib import Path

from recording.playlists import LIVE_WINDOW
from tests.recording.long_lesson import follow

HOURS = 12
MOST_PIECES = 600
MOST_PAGE_BYTES = 10_000
"""Ten minutes of a look back, at two seconds a segment."""


def test_what_is_kept_and_written_does_not_grow(tmp_path: Path) -> None:
    kept = list(follow(tmp_path, HOURS, cameras=2))
    second, last = kept[1], kept[-1]
    assert len(kept) == HOURS
    assert last.pieces <= MOST_PIECES
    assert last.segments == second.segments == 1_800
    assert last.live_bytes <= second.live_bytes + 2 * LIVE_WINDOW
    assert last.appended_bytes <= second.appended_bytes * 1.02
    assert second.page_bytes <= last.page_bytes <= MOST_PAGE_BYTES
