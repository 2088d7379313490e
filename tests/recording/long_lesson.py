"""A lesson of days without its media: lines as recorders write them, followed as packagers follow them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lectern.manifest import Clock, Fragment, Line, RecordingStarted, TrackStarted
from recording.frames import FragmentReader
from recording.pages import PagedPlaylist
from recording.playlists import FullPlaylist, LivePlaylist
from recording.strand import Strand, map_of

HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Kept:
    """After each hour: pieces in memory, the camera's new segments, and bytes added to its playlist.

    `live_bytes` is the length of its live playlist, `page_bytes` of the longest page of this hour.
    """

    pieces: int
    segments: int
    appended_bytes: int
    live_bytes: int
    page_bytes: int


def lines(hours: int, cameras: int) -> Iterator[Line]:
    """Cameras with a key picture every 2 s, a microphone each; a fragment a second of every track."""
    yield RecordingStarted(0, 1_795_312_800_000)
    for number in range(cameras):
        yield TrackStarted(f"c{number}", "camera", "video", f"p{number}", "H264", 90_000, 0.0)
        yield TrackStarted(f"m{number}", "mic", "audio", f"p{number}", "opus", 48_000, 0.0)
    for second in range(hours * HOUR_S):
        at = second * 1000.0
        keyframes = (at,) if second % 2 == 0 else ()
        for number in range(cameras):
            camera, mic = f"camera-{number}/{second:06d}.mp4", f"mic-{number}/{second:06d}.mp4"
            yield Fragment(f"c{number}", camera, at, 1000.0, 1, "a", 1280, 720, keyframes)
            yield Fragment(f"m{number}", mic, at, 1000.0, 1, "o", keyframes=(at,))
        yield Clock(at + 200.0)


def follow(session: Path, hours: int, *, cameras: int) -> Iterator[Kept]:
    """Plan, take, list and forget, and say after each hour what is left of it."""
    strand = Strand(FragmentReader(session))
    full = FullPlaylist(lambda segment: map_of("camera", segment))
    live = LivePlaylist(lambda segment: map_of("camera", segment))
    pages = PagedPlaylist(lambda segment: map_of("camera", segment))
    segments = appended = seconds = longest = 0
    for line in lines(hours, cameras):
        strand.plan.receive("rec/1", line)
        if not isinstance(line, Clock):
            continue
        seconds += 1
        for segment in strand.take("camera"):
            full.extend([segment])
            live.extend([segment])
            pages.extend(segment)
            longest = max(longest, *(len(page.text) for page in pages.take(ended=False)))
            pages.note_written()
            appended += len(full.growth() or "")
            full.note_written()
            strand.forget("camera", segment)
            segments += 1
        for segment in strand.take("audio"):
            strand.forget("audio", segment)
        if seconds % HOUR_S == 0:
            yield Kept(strand.plan.remembered, segments, appended, len(live.text(ended=False)), longest)
            segments = appended = longest = 0
