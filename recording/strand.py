"""One course of segments, of replay, aside or group: its plan, its folder, and what renders it."""

from collections.abc import Sequence
from typing import Final, Literal

from recording.fmp4 import init_segment
from recording.frames import FragmentReader
from recording.playlists import segment_name
from recording.sound_programme import SoundProgramme
from recording.timeline_plan import REMEMBERED, Segment, SessionPlan
from recording.video_segments import VideoSegments, map_name

TrackName = Literal["camera", "screen", "audio"]
TRACKS: Final[tuple[TrackName, ...]] = ("camera", "screen", "audio")
AUDIO_MAP: Final = "init.mp4"


class Strand:
    """See the module. `folder` is relative to `hls/`: empty for the replay."""

    def __init__(self, reader: FragmentReader, folder: str = "") -> None:
        self.plan = SessionPlan()
        self.folder = folder
        self._reader = reader
        self._videos = {source: VideoSegments(reader) for source in self.plan.videos}
        self._sound = SoundProgramme(self.plan.mics, reader)

    @property
    def is_aside(self) -> bool:
        """Whether it is not for the replay."""
        return bool(self.folder)

    def take(self, track: TrackName) -> Sequence[Segment]:
        """Return the segments that were planned since the last time."""
        if track == "audio":
            return self.plan.take_sound()
        video = self.plan.videos[track]
        return video.take() if track == "camera" or video.seen else ()

    def forget(self, track: TrackName, segment: Segment) -> None:
        """A segment is rendered: what lies long before it is not needed any more."""
        if track == "audio":
            self._sound.forget_before(segment.start - REMEMBERED)
        elif segment.span is not None:
            segment.span.forget_before(segment.start - REMEMBERED)

    def rest(self) -> None:
        """Nothing comes for a while: keep no sound in memory."""
        self._sound.rest()

    def files_of(self, track: TrackName, segment: Segment) -> tuple[str, str]:
        """Return the names of a segment's init segment and of itself, relative to `hls/`."""
        folder = f"{self.folder}/{track}" if self.folder else track
        return f"{folder}/{map_of(track, segment)}", f"{folder}/{segment_name(segment)}"

    def render(self, track: TrackName, segment: Segment) -> tuple[bytes, bytes]:
        """Return a segment's init segment and itself. Raises AwayError."""
        if track == "audio":
            return init_segment(self._sound.config), self._sound.render(segment)
        rendered = self._videos[track].render(segment)
        return rendered.init, rendered.data


def map_of(track: TrackName, segment: Segment) -> str:
    """Return the name of a segment's init segment, relative to its folder."""
    return AUDIO_MAP if track == "audio" else map_name(segment)
