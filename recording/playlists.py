"""Text of the HLS playlists (RFC 8216), pure."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from recording.timeline_plan import TICKS_PER_S, Segment

TARGET_S = 4
LIVE_WINDOW = 15
"""Segments in a live playlist: half a minute."""
CODECS = "avc1.640028,mp4a.40.2"
VIDEO_CODEC = "avc1.640028"


def segment_name(segment: Segment) -> str:
    """File name of a segment."""
    return f"{segment.number:06d}.m4s"


class MediaPlaylist:
    """One media playlist that grows: each segment is put into words once, for lessons of many hours.

    `map_of` gives the name of a segment's init segment, relative to the playlist.
    """

    def __init__(self, map_of: Callable[[Segment], str]) -> None:
        self._map_of = map_of
        self._entries: list[str] = []
        self._recent: list[tuple[str, str]] = []  # (map line, the rest) of the live window
        self._map = ""
        self._longest = 0
        self._discontinuities = 0
        self._recent_discontinuities: list[bool] = []

    def __len__(self) -> int:
        """How many segments it names."""
        return len(self._entries)

    def extend(self, segments: Sequence[Segment]) -> None:
        """Append segments, in their order."""
        for segment in segments:
            wanted = f'#EXT-X-MAP:URI="{self._map_of(segment)}"\n'
            head = "#EXT-X-DISCONTINUITY\n" if segment.discontinuity else ""
            body = (
                f"#EXT-X-PROGRAM-DATE-TIME:{_date_time(segment.utc_ms)}\n"
                f"#EXTINF:{(segment.end - segment.start) / TICKS_PER_S:.6f},\n"
                f"{segment_name(segment)}\n"
            )
            new_map = wanted if wanted != self._map or segment.discontinuity else ""
            self._entries.append(head + new_map + body)
            self._recent = [*self._recent, (head + wanted, head + new_map + body)][-LIVE_WINDOW:]
            self._recent_discontinuities = [*self._recent_discontinuities, segment.discontinuity][
                -LIVE_WINDOW:
            ]
            self._map = wanted
            self._longest = max(self._longest, segment.end - segment.start)
            self._discontinuities += segment.discontinuity

    def full(self, *, ended: bool) -> str:
        """Everything from time 0; with `ended` it is the replay."""
        head = f"{self._head()}#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQUENCE:0\n"
        return head + "".join(self._entries) + ("#EXT-X-ENDLIST\n" if ended else "")

    def live(self, *, ended: bool) -> str:
        """The last half minute, for many viewers."""
        head = f"{self._head()}#EXT-X-MEDIA-SEQUENCE:{len(self._entries) - len(self._recent)}\n"
        gone = self._discontinuities - sum(self._recent_discontinuities)
        if gone:
            head += f"#EXT-X-DISCONTINUITY-SEQUENCE:{gone}\n"
        entries = [entry for _, entry in self._recent]
        if self._recent and "#EXT-X-MAP" not in entries[0]:
            entries[0] = self._recent[0][0] + entries[0]
        return head + "".join(entries) + ("#EXT-X-ENDLIST\n" if ended else "")

    def _head(self) -> str:
        target = max(TARGET_S, (self._longest + TICKS_PER_S // 2) // TICKS_PER_S)
        return f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n"


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


def _date_time(utc_ms: int) -> str:
    moment = datetime.fromtimestamp(utc_ms // 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc_ms % 1000:03d}Z"
