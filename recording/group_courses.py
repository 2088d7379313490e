"""What groups of the class recorded for themselves: from a recording's lines to a course for each (pure).

A group's tracks stand in the manifest of the lesson's recording, with the group's id; so one recorder, one
order of lines and one clock serve all of them. Here they part: lines about a group's tracks go to the plan of
that group and to no other, and a plan hears of the clock only while its group has tracks. So the course of a
group begins with the first of its members who is heard, and ends with the last; of an hour in which nobody
was there it holds nothing but silence between two visits. What is aside is in no course.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial

from lectern.manifest import (
    Clock,
    Fragment,
    Line,
    Missing,
    RecordingEnded,
    RecordingStarted,
    TrackEnded,
    TrackStarted,
)
from lectern.manifest.groups import group_folder
from recording.frames import FragmentReader
from recording.playlists import FullPlaylist
from recording.strand import TRACKS, Strand, TrackName, map_of
from recording.timeline_plan import Segment

LEAD_MS = 500.0
"""A course begins so long before its first track: what came late was sent a moment before."""


class GroupCourse:
    """One group's plan, what of it is not rendered yet, and its playlists."""

    def __init__(self, group: str, reader: FragmentReader) -> None:
        """Raises ValueError: that is no id of a group."""
        self.group = group
        self.strand = Strand(reader, group_folder(group))
        self.playlists = {name: FullPlaylist(partial(map_of, name)) for name in TRACKS}
        self._planned: dict[TrackName, deque[Segment]] = {name: deque() for name in TRACKS}
        self._began_ms: float | None = None  # on the running recording's clock; None: not in this recording
        self._last_ms = 0.0
        self._there: set[str] = set()

    @property
    def is_heard(self) -> bool:
        """Whether it has a track now."""
        return bool(self._there)

    def receive(self, recording: str, started: RecordingStarted, line: Line) -> None:
        """Plan with a line of `recording`, which `started`: of one of its own tracks, or the clock's."""
        if isinstance(line, TrackStarted):
            self._begin(recording, started, line.start_ms)
            self._there.add(line.track)
        if self._began_ms is None or (isinstance(line, Clock) and not self._there):
            return
        if isinstance(line, TrackEnded):
            self._there.discard(line.track)
            self._last_ms = max(self._last_ms, line.end_ms)
        self.strand.plan.receive(recording, line)

    def end(self, end_ms: float | None) -> None:
        """The running recording is over, at `end_ms` of its clock if it was closed in order."""
        if self._began_ms is not None and end_ms is not None:
            over_ms = end_ms if self._there else self._last_ms
            self.strand.plan.receive("", RecordingEnded(max(self._began_ms, over_ms)))
        self.strand.plan.finish_recording()
        self._began_ms, self._last_ms = None, 0.0
        self._there.clear()

    def next_planned(self) -> tuple[TrackName, Segment] | None:
        """Return a segment that is to be rendered; those of a track come in their order."""
        for name in TRACKS:
            planned = self._planned[name]
            planned.extend(self.strand.take(name))
            if planned:
                return name, planned[0]
        return None

    def rendered(self, name: TrackName, segment: Segment) -> None:
        """The segment that was handed out last for a track is in its file."""
        self._planned[name].popleft()
        self.strand.forget(name, segment)
        self.playlists[name].extend([segment])

    def _begin(self, recording: str, started: RecordingStarted, at_ms: float) -> None:
        if self._began_ms is None:
            self._began_ms = max(0.0, at_ms - LEAD_MS)
            self.strand.plan.begin(recording, started, self._began_ms)


class GroupCourses:
    """All groups of a session, in the order in which they were first heard."""

    def __init__(self, reader: FragmentReader) -> None:
        self._reader = reader
        self._courses: dict[str, GroupCourse] = {}
        self._started: RecordingStarted | None = None
        self._group_of: dict[str, str] = {}
        self._now: dict[str, GroupCourse] = {}  # those that were heard in the running recording
        self._unrendered: dict[str, GroupCourse] = {}

    @property
    def courses(self) -> Sequence[GroupCourse]:
        """All of them."""
        return tuple(self._courses.values())

    def at_work(self) -> Iterator[GroupCourse]:
        """Go through those of which something may wait to be rendered; each is done with when it is taken."""
        for group in tuple(self._unrendered):
            course = self._unrendered[group]
            yield course
            if not course.is_heard:
                del self._unrendered[group]

    def receive(self, recording: str, line: Line) -> bool:
        """Take the next line of `recording`; whether it is of a group's track, and nobody else's business."""
        if isinstance(line, RecordingStarted):
            self._end(None)
            self._started = line
        elif isinstance(line, RecordingEnded):
            self._end(line.media_ms)
        elif isinstance(line, Clock):
            for course in self._now.values():
                if course.is_heard:
                    self._plan(course, recording, line)
        elif isinstance(line, TrackStarted):
            self._group_of.pop(line.track, None)
            if line.group:
                self._group_of[line.track] = line.group
        return self._is_of_group(recording, line)

    def finish(self) -> None:
        """The running recording will not go on. Does nothing when none runs."""
        self._end(None)

    def _is_of_group(self, recording: str, line: Line) -> bool:
        if not isinstance(line, TrackStarted | Fragment | Missing | TrackEnded):
            return False
        group = self._group_of.get(line.track)
        if group is None:
            return False
        if self._started is not None and not self._started.aside:
            course = self._course(group)
            if course is not None:
                self._now[group] = course
                self._plan(course, recording, line)
        return True

    def _course(self, group: str) -> GroupCourse | None:
        if group not in self._courses:
            try:
                self._courses[group] = GroupCourse(group, self._reader)
            except ValueError:
                return None
        return self._courses[group]

    def _plan(self, course: GroupCourse, recording: str, line: Line) -> None:
        assert self._started is not None
        self._unrendered[course.group] = course
        course.receive(recording, self._started, line)

    def _end(self, end_ms: float | None) -> None:
        for course in self._now.values():
            self._unrendered[course.group] = course
            course.end(end_ms)
        self._now.clear()
        self._group_of.clear()
        self._started = None
