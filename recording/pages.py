"""Looking back while a lesson goes on: the playlist of everything, in pages of ten minutes. Pure.

A page is a playlist of its own, short whatever the length of the lesson. It grows while it is the last one,
and is closed for good when the next one begins. Which page holds a moment follows from the replay's clock
alone, for all tracks of a lesson alike.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lectern.manifest.so_far import PAGE_MS, page_name
from recording.playlists import DISCONTINUITY, TARGET_S, date_time, entry, head, map_line, target_s
from recording.timeline_plan import TICKS_PER_MS, Segment


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page as it is to be written now. One that `is_closed` is never written again."""

    name: str
    text: str
    is_closed: bool


class PagedPlaylist:
    """The pages of one track. `map_of` gives the name of a segment's init segment.

    `extend` with every segment in its order, then `take` what is to be written. What could not be written is
    handed out again until `note_written`. Of the pages that are closed and written nothing is kept.
    """

    def __init__(self, map_of: Callable[[Segment], str]) -> None:
        self._map_of = map_of
        self._closed: list[PageFile] = []
        self._number = -1
        self._first = ""
        self._entries: list[str] = []
        self._map = ""
        self._target = TARGET_S
        self._count = 0
        self._discontinuities = 0
        self._is_new = False
        self.end_ms = 0
        self.end_utc_ms = 0

    def extend(self, segment: Segment) -> None:
        """Append a segment."""
        start_ms = segment.start // TICKS_PER_MS
        number = start_ms // PAGE_MS
        wanted = map_line(self._map_of(segment))
        is_first = number > self._number
        if is_first:
            self._turn_to(number, start_ms)
        # A break at the head of a page is told by its number: whoever plays page after page sees it there.
        self._discontinuities += segment.discontinuity and self._count > 0
        if is_first:
            self._first += f"#EXT-X-DISCONTINUITY-SEQUENCE:{self._discontinuities}\n"
        apart = is_first or segment.discontinuity
        text = DISCONTINUITY if segment.discontinuity and not is_first else ""
        text += wanted if apart or wanted != self._map else ""
        text += date_time(segment.utc_ms) if apart else ""
        self._entries.append(text + entry(segment))
        self._map = wanted
        self._target = max(self._target, target_s(segment))
        self._count += 1
        self._is_new = True
        length_ms = (segment.end - segment.start) // TICKS_PER_MS
        self.end_ms, self.end_utc_ms = segment.end // TICKS_PER_MS, segment.utc_ms + length_ms

    def take(self, *, ended: bool) -> Iterator[PageFile]:
        """Hand out what is to be written; with `ended`, the last page is closed too."""
        yield from self._closed
        if self._entries and (self._is_new or ended):
            yield self._page(is_closed=ended)

    def note_written(self) -> None:
        """Everything that was handed out is in its file."""
        self._closed.clear()
        self._is_new = False

    def _turn_to(self, number: int, start_ms: int) -> None:
        if self._entries:
            self._closed.append(self._page(is_closed=True))
        self._number = number
        self._entries = []
        self._target = TARGET_S
        self._first = f"#EXT-X-MEDIA-SEQUENCE:{self._count}\n# media-ms {start_ms}\n"

    def _page(self, *, is_closed: bool) -> PageFile:
        text = head(self._target) + "#EXT-X-PLAYLIST-TYPE:EVENT\n" + self._first + "".join(self._entries)
        return PageFile(page_name(self._number), text + ("#EXT-X-ENDLIST\n" if is_closed else ""), is_closed)
