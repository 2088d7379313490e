"""Text of the HLS playlists (RFC 8216), pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from recording.timeline_plan import TICKS_PER_S, Segment

TARGET_S = 4
LIVE_WINDOW = 15
"""Segments in a live playlist: half a minute."""
CODECS = "avc1.640028,mp4a.40.2"
VIDEO_CODEC = "avc1.640028"


@dataclass(frozen=True, slots=True)
class PlaylistParts:
    """What a media playlist is made of. `map_of` and `file_of` give names relative to it."""

    segments: Sequence[Segment]
    map_of: Callable[[Segment], str]
    file_of: Callable[[Segment], str]


def segment_name(segment: Segment) -> str:
    """File name of a segment."""
    return f"{segment.number:06d}.m4s"


def full_playlist(parts: PlaylistParts, *, ended: bool) -> str:
    """Everything from time 0; with `ended` it is the replay."""
    return _media_playlist(parts, first=0, head=["#EXT-X-PLAYLIST-TYPE:EVENT"], ended=ended)


def live_playlist(parts: PlaylistParts, *, ended: bool) -> str:
    """The last half minute, for many viewers."""
    return _media_playlist(parts, first=max(0, len(parts.segments) - LIVE_WINDOW), head=[], ended=ended)


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


def _media_playlist(parts: PlaylistParts, *, first: int, head: list[str], ended: bool) -> str:
    longest = max((segment.end - segment.start for segment in parts.segments), default=0)
    target = max(TARGET_S, (longest + TICKS_PER_S // 2) // TICKS_PER_S)
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{target}", *head]
    lines.append(f"#EXT-X-MEDIA-SEQUENCE:{first}")
    gone = sum(segment.discontinuity for segment in parts.segments[:first])
    if gone:
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{gone}")
    current = ""
    for segment in parts.segments[first:]:
        if segment.discontinuity:
            lines.append("#EXT-X-DISCONTINUITY")
        wanted = parts.map_of(segment)
        if wanted != current or segment.discontinuity:
            lines.append(f'#EXT-X-MAP:URI="{wanted}"')
            current = wanted
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_date_time(segment.utc_ms)}")
        lines.append(f"#EXTINF:{(segment.end - segment.start) / TICKS_PER_S:.6f},")
        lines.append(parts.file_of(segment))
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def _date_time(utc_ms: int) -> str:
    moment = datetime.fromtimestamp(utc_ms / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc_ms % 1000:03d}Z"
