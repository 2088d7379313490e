"""Text of the HLS playlists (RFC 8216), pure."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from recording.timeline_plan import TICKS_PER_S, Segment

TARGET_S = 4
LIVE_WINDOW = 15
"""Segments in a live playlist: half a minute."""
DISCONTINUITY = "#EXT-X-DISCONTINUITY\n"
CODECS = "avc1.640028,mp4a.40.2"
VIDEO_CODEC = "avc1.640028"


def segment_name(segment: Segment) -> str:
    """File name of a segment."""
    return f"{segment.number:06d}.m4s"


class FullPlaylist:
    """A media playlist that holds everything of a replay: it only grows at its end.

    Each segment is put into words once, and written once, for lessons of days. `map_of` gives the name of a
    segment's init segment, relative to the playlist.
    """

    def __init__(self, map_of: Callable[[Segment], str]) -> None:
        self._map_of = map_of
        self._entries: list[str] = []
        self._written = 0  # entries that are in the file
        self._map = ""
        self._target = TARGET_S
        self._written_target = 0

    def __len__(self) -> int:
        """How many segments it names."""
        return len(self._entries)

    def extend(self, segments: Sequence[Segment]) -> None:
        """Append segments, in their order."""
        for segment in segments:
            wanted = map_line(self._map_of(segment))
            head = DISCONTINUITY if segment.discontinuity else ""
            new_map = wanted if wanted != self._map or segment.discontinuity else ""
            self._entries.append(head + new_map + _body(segment))
            self._map = wanted
            self._target = max(self._target, target_s(segment))

    def text(self, *, ended: bool) -> str:
        """Everything from time 0; with `ended` it is the replay."""
        first = f"{head(self._target)}#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQUENCE:0\n"
        return first + "".join(self._entries) + ("#EXT-X-ENDLIST\n" if ended else "")

    def growth(self) -> str | None:
        """Return what is to be appended to what was written before; None: it has to be written anew.

        Whoever wrote it says so (`note_written`); until then nothing counts as written.
        """
        grown = self._written > 0 and self._written_target == self._target
        text = "".join(self._entries[self._written :]) if grown else None
        self._written = 0
        return text

    def note_written(self) -> None:
        """All of it is in its file."""
        self._written, self._written_target = len(self._entries), self._target


class LivePlaylist:
    """A media playlist of the last half minute of what is sent now, for many viewers.

    Segments may come from folders beside each other: what is recorded aside is only listed here. `map_of`
    gives the name of a segment's init segment, relative to its folder.
    """

    def __init__(self, map_of: Callable[[Segment], str]) -> None:
        self._map_of = map_of
        self._count = 0
        self._discontinuities = 0
        self._folder: str | None = None
        self._target = TARGET_S
        self._recent: deque[tuple[bool, str, str]] = deque(maxlen=LIVE_WINDOW)  # is apart, map if new, rest

    def __len__(self) -> int:
        """How many segments it has named."""
        return self._count

    def extend(self, segments: Sequence[Segment], folder: str = "") -> None:
        """Append segments, in their order. `folder` leads to them, and ends with `/` unless it is empty."""
        for segment in segments:
            apart = self._count > 0 and (segment.discontinuity or folder != self._folder)
            wanted = map_line(folder + self._map_of(segment))
            self._recent.append((apart, wanted, _body(segment, folder)))
            self._count += 1
            self._folder = folder
            self._discontinuities += apart
            self._target = max(self._target, target_s(segment))

    def text(self, *, ended: bool) -> str:
        """The last half minute."""
        first = f"{head(self._target)}#EXT-X-MEDIA-SEQUENCE:{self._count - len(self._recent)}\n"
        gone = self._discontinuities - sum(apart for apart, _, _ in self._recent)
        if gone:
            first += f"#EXT-X-DISCONTINUITY-SEQUENCE:{gone}\n"
        entries: list[str] = []
        current = ""
        for apart, map_line, body in self._recent:
            entries.append(
                (DISCONTINUITY if apart else "") + (map_line if map_line != current or apart else "") + body
            )
            current = map_line
        return first + "".join(entries) + ("#EXT-X-ENDLIST\n" if ended else "")


def head(target: int) -> str:
    """First lines of a media playlist; `target` is its target duration in seconds."""
    return f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n"


def target_s(segment: Segment) -> int:
    """Return what a playlist's target duration must be at least for a segment (RFC 8216 §4.3.3.1)."""
    return (segment.end - segment.start + TICKS_PER_S // 2) // TICKS_PER_S


def map_line(name: str) -> str:
    """Name the init segment of what follows."""
    return f'#EXT-X-MAP:URI="{name}"\n'


def _body(segment: Segment, folder: str = "") -> str:
    return date_time(segment.utc_ms) + entry(segment, folder)


def entry(segment: Segment, folder: str = "") -> str:
    """Length and name of a segment."""
    return f"#EXTINF:{(segment.end - segment.start) / TICKS_PER_S:.6f},\n{folder}{segment_name(segment)}\n"


def master_playlist(video: str, audio: str | None, *, bandwidth: int = 2_500_000) -> str:
    """One video playlist, with its sound if it has one."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7"]
    codecs, group = VIDEO_CODEC, ""
    if audio is not None:
        lines.append(
            '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="sound",DEFAULT=YES,AUTOSELECT=YES,'
            f'CHANNELS="2",URI="{audio}"'
        )
        codecs, group = CODECS, ',AUDIO="sound"'
    lines.append(f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},CODECS="{codecs}"{group}')
    lines.append(video)
    return "\n".join(lines) + "\n"


def date_time(utc_ms: int) -> str:
    """Wall clock of the beginning of the segment that follows."""
    moment = datetime.fromtimestamp(utc_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
    return f"#EXT-X-PROGRAM-DATE-TIME:{moment}{utc_ms % 1000:03d}Z\n"
