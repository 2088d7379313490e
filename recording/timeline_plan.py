"""Which segments a session's playlists consist of: a pure function of the manifests' lines.

The packager feeds lines in their order and reads segments off. Because nothing else goes in (no clock, no
file), a packager that was killed plans the same segments again, and only renders those whose files are
missing.

Time is counted in ticks of 90 kHz since time 0 of the replay. Recordings follow each other without a gap:
while nobody recorded, the replay's clock stands still. Everything that separates two stretches of a playlist
lies on the grid of AAC frames (1920 ticks), so that sound and picture part at the same tick.

A video playlist is a chain of intervals: **spans** (one track, one decoder configuration, from a keyframe on)
and **stills** between them. A new interval is a discontinuity. Sound parts where the camera parts, because
the two play together and HLS wants their discontinuities to agree; the screen plays alone and has its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lectern.manifest import (
    Clock,
    ClockPiece,
    Fragment,
    Line,
    Missing,
    RecordingEnded,
    RecordingStarted,
    ReplayGap,
    TrackEnded,
    TrackStarted,
)
from lectern.manifest.lines import Why
from recording.missing_media import stretches

TICKS_PER_S = 90_000
TICKS_PER_MS = 90
GRID = 1920
"""One AAC frame: 1024 samples of 48 kHz."""
SEGMENT = 94 * GRID
"""Length of a segment where nothing else decides: 2.005 s."""
KEYFRAME_SEGMENT = 18 * TICKS_PER_S // 10
"""A remuxed segment ends at the first keyframe after this."""
LONGEST_SEGMENT = 11 * TICKS_PER_S
"""A publisher that sends no keyframes for so long is cut without one."""
GAP = TICKS_PER_S
"""Without frames for this long, a video is gone; shorter, its last frame is held."""
BACK_WITHIN = 60 * TICKS_PER_S
"""Whoever was shown and comes back so soon is shown again, in place of who stood in for them."""
LATE = TICKS_PER_S // 10
"""Less than this is not worth telling."""
SHORTEST_STILL = TICKS_PER_S
"""A shorter still is not worth a discontinuity: the picture after it starts earlier."""
SOUND_LOOKAHEAD = 8 * GRID
"""The sound of a segment is settled this long after it: the encoder looks ahead, packets come late."""

MOST_REMEMBERED = 5_000
"""Gaps, before neighbours are put together."""

FORGOTTEN_AT_ONCE = 64
"""Pieces: so few are not worth moving all the others."""
REMEMBERED = 30 * TICKS_PER_S
"""So long after it was rendered a piece is kept: neighbours are looked at, too."""

VideoSource = Literal["camera", "screen"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A fragment, placed: `path` is relative to the session's folder, times are in ticks of the replay."""

    path: str
    recording_start: int
    start: int
    end: int
    keyframes: tuple[int, ...]
    config: str
    width: int
    height: int


@dataclass(slots=True)
class Span:
    """A stretch of one track with one configuration.

    `keyframe` is the time of its first frame, perhaps a little off `start`: the frame is shown from `start`
    on. `end` is None while it goes on; `pieces` grows until then, and loses what nobody needs any more:
    `dropped` says how many it has lost at its beginning.
    """

    track: str
    codec: str
    config: str
    start: int
    keyframe: int
    end: int | None = None
    pieces: list[Piece] = field(default_factory=list)
    dropped: int = 0

    def forget_before(self, tick: int) -> None:
        """What ended before `tick` is not looked at any more; the last piece stays."""
        gone = ended_before(self.pieces, tick)
        if gone >= FORGOTTEN_AT_ONCE:
            del self.pieces[:gone]
            self.dropped += gone


@dataclass(slots=True)
class Interval:
    """Part of a video playlist between two discontinuities; `span` is None for a still."""

    start: int
    span: Span | None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """One entry of a playlist. `utc_ms` is the wall clock of its start."""

    number: int
    start: int
    end: int
    span: Span | None
    discontinuity: bool
    utc_ms: int


@dataclass(slots=True)
class _Track:
    started: TrackStarted
    name: str
    pieces: list[Piece] = field(default_factory=list)
    used: int = 0
    ended: bool = False

    def forget(self, count: int) -> None:
        """The first `count` pieces are not needed any more."""
        if count >= FORGOTTEN_AT_ONCE:
            del self.pieces[:count]
            self.used = max(0, self.used - count)


def ended_before(pieces: Sequence[Piece], tick: int) -> int:
    """Return how many pieces at the beginning ended before `tick`, without the last one."""
    count = 0
    while count < len(pieces) - 1 and pieces[count].end < tick:
        count += 1
    return count


def floor_grid(tick: int) -> int:
    """The AAC frame boundary at or before."""
    return tick // GRID * GRID


def ceil_grid(tick: int) -> int:
    """The AAC frame boundary at or after."""
    return -(-tick // GRID) * GRID


class _Cutter:
    """Numbers the segments of one playlist. `segments` are those that nobody has taken yet."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.position = 0
        self._count = 0
        self._fresh = False

    def take(self) -> list[Segment]:
        """Hand out what was cut since the last time, and forget it."""
        taken, self.segments = self.segments, []
        return taken

    def cut(self, end: int, span: Span | None, origin: tuple[int, int]) -> None:
        """A segment from the position to `end`; `origin` is (tick, utc_ms) of the recording's start."""
        if end <= self.position:
            return
        utc_ms = origin[1] + (self.position - origin[0]) // TICKS_PER_MS
        discontinuity = self._fresh and self._count > 0
        self.segments.append(Segment(self._count, self.position, end, span, discontinuity, utc_ms))
        self._count += 1
        self._fresh = False
        self.position = end

    def part(self) -> None:
        """What follows is another interval."""
        self._fresh = True

    def cut_evenly(self, limit: int, *, closed: bool, span: Span | None, origin: tuple[int, int]) -> None:
        """Segments of the usual length up to `limit`; with `closed` also what is left before it."""
        while self.position + SEGMENT <= limit:
            self.cut(self.position + SEGMENT, span, origin)
        if closed:
            self.cut(limit, span, origin)


class VideoPlan:
    """The playlist of one source. When several people send it, the one who is shown stays until gone.

    Another stands in then; who is back within a minute (a new connection, a camera that was covered) is shown
    again from their next keyframe on.
    """

    def __init__(self, source: VideoSource) -> None:
        self.source = source
        self.intervals: list[Interval] = [Interval(0, None)]
        self.decided = 0
        self._cutter = _Cutter()
        self._tracks: list[_Track] = []
        self.late: list[tuple[TrackStarted, int, int]] = []
        self._shown: _Track | None = None
        self._shown_last: _Track | None = None
        self._awaited = ("", 0)  # the participant who is shown again if back before this tick
        self._drawn = 0  # index of the interval that is being cut into segments
        self._searched = 0  # pieces of its span, with dropped ones, that end before the cutter's position

    @property
    def segments(self) -> Sequence[Segment]:
        """The segments that nobody has taken yet; grows only at its end."""
        return self._cutter.segments

    def take(self) -> list[Segment]:
        """Hand out the segments that were planned since the last time."""
        return self._cutter.take()

    @property
    def remembered(self) -> int:
        """How many pieces it keeps."""
        of_spans = sum(len(interval.span.pieces) for interval in self.intervals if interval.span is not None)
        return of_spans + sum(len(track.pieces) for track in self._tracks)

    @property
    def seen(self) -> bool:
        """Whether this source ever showed a picture."""
        return any(interval.span for interval in self.intervals)

    def add_track(self, track: _Track) -> None:
        """A track of this source was started."""
        self._tracks.append(track)

    def advance(self, watermark: int, origin: tuple[int, int]) -> None:
        """All media before `watermark` is known: decide what can be decided, and cut segments."""
        while self._step(watermark):
            pass
        self._cut(origin)
        self._forget()

    def _forget(self) -> None:
        """A picture only goes on behind what is decided: let go of what lies before, for lessons of days."""
        for track in tuple(self._tracks):
            if track is self._shown or track is self._shown_last:
                track.forget(track.used)
                continue
            track.forget(ended_before(track.pieces, self.decided))
            if track.ended and (not track.pieces or track.pieces[-1].end < self.decided):
                self._tracks.remove(track)

    def finish(self, end: int, origin: tuple[int, int]) -> None:
        """The recording ends at `end` (on the grid): close everything there."""
        while self._step(end + 2 * GAP):
            pass
        last = self.intervals[-1]
        if last.span is not None:
            last.span.end = end
        elif last.start >= end and len(self.intervals) > 1:
            self.intervals.pop()
            last = self.intervals[-1]
            if last.span is not None:
                last.span.end = end
        last.end = end
        if self._shown is not None:
            self._await_again(self._shown, end)
        if len(self.intervals) > 1 and last.span is None and end - last.start < SHORTEST_STILL:
            self._absorb(end)
        self.decided = end
        self._tracks.clear()
        self._shown = None
        self._cut(origin)
        self.intervals.append(Interval(end, None))

    def _absorb(self, end: int) -> None:
        """A short still at the very end: hold the last picture instead, unless it is cut already."""
        before = self.intervals[-2]
        if before.span is None or self._drawn >= len(self.intervals) - 1:
            return
        self.intervals.pop()
        before.end = before.span.end = end

    def _step(self, watermark: int) -> bool:
        """Decide one more thing; False when nothing more can be decided."""
        if self._shown is not None:
            back = self._back(self._shown, watermark)
            if back is None:
                return self._follow(self._shown, watermark)
            self._give_way(self._shown, back[2])
            self._show(*back)
            return True
        choice = self._next_keyframe(self._tracks, self.intervals[-1].start, watermark)
        if choice is None:
            self.decided = max(self.decided, watermark)
            return False
        track, _, at = choice
        self._note_unused(track, at)
        self._show(*choice)
        return True

    def _show(self, track: _Track, index: int, keyframe: int) -> None:
        self._shown = self._shown_last = track
        track.used = index
        self._open_span(track, keyframe)

    def _await_again(self, track: _Track, gone: int) -> None:
        """The track that was shown went at `gone`; who stood in is not awaited while another still is."""
        who, until = self._awaited
        if track.started.participant == who or gone > until:
            self._awaited = (track.started.participant, gone + BACK_WITHIN)

    def _back(self, shown: _Track, watermark: int) -> tuple[_Track, int, int] | None:
        """Where a picture of who is awaited goes on, if somebody else is shown."""
        who, until = self._awaited
        if shown.started.participant == who or self.decided > until:
            return None
        theirs = [track for track in self._tracks if track.started.participant == who]
        return self._next_keyframe(theirs, self.decided, min(watermark, until))

    def _give_way(self, track: _Track, at: int) -> None:
        """Who stood in is shown up to `at`, and what they have after it may be needed again.

        Somebody who would be seen for less than a second is not shown at all.
        """
        interval = self.intervals[-1]
        assert interval.span is not None
        pieces = interval.span.pieces
        if at - interval.start < SHORTEST_STILL and self._cutter.position <= interval.start:
            track.used = max(0, track.used - len(pieces))
            self.intervals[-1] = Interval(interval.start, None)
            return
        while len(pieces) > 1 and pieces[-1].start >= at:
            pieces.pop()
            track.used = max(0, track.used - 1)
        self._end_interval(max(floor_grid(at), interval.start + GRID))

    def _note_unused(self, track: _Track, keyframe: int) -> None:
        """The track that was shown goes on at `keyframe`: what it has before came too late."""
        unused = track.pieces[track.used]
        start = max(unused.start, self.intervals[-1].start)
        if track is self._shown_last and keyframe - start > LATE:
            self.late.append((track.started, start, keyframe))

    def _follow(self, track: _Track, watermark: int) -> bool:
        span = self.intervals[-1].span
        assert span is not None
        last_end = span.pieces[-1].end if span.pieces else span.start
        if track.used < len(track.pieces):
            piece = track.pieces[track.used]
            if span.pieces and piece.start - last_end > GAP:
                self._close_span(ceil_grid(last_end))
            elif piece.config != span.config:
                self._end_interval(max(floor_grid(piece.start), span.start + GRID))
                self._open_span(track, piece.start)
            else:
                span.pieces.append(piece)
                track.used += 1
                self.decided = max(self.decided, min(piece.end, watermark))
            return True
        if track.ended or watermark - last_end > GAP:
            self._close_span(ceil_grid(last_end))
            return True
        self.decided = max(self.decided, min(last_end, watermark))
        return False

    @staticmethod
    def _next_keyframe(tracks: Iterable[_Track], here: int, watermark: int) -> tuple[_Track, int, int] | None:
        """The earliest keyframe from `here` to `watermark` with which a picture of one of `tracks` can go on:
        (track, index of its piece, tick)."""
        best: tuple[_Track, int, int] | None = None
        for track in tracks:
            for index in range(track.used, len(track.pieces)):
                piece = track.pieces[index]
                at = next((tick for tick in piece.keyframes if tick >= here), None)
                if at is not None and at <= watermark:
                    if best is None or at < best[2]:
                        best = (track, index, at)
                    break
        return best

    def _open_span(self, track: _Track, keyframe: int) -> None:
        still = self.intervals[-1]
        earliest = max(still.start, self._cutter.position)
        start = max(floor_grid(keyframe), earliest)
        if earliest == still.start and start - earliest < SHORTEST_STILL:
            start = earliest
        piece = track.pieces[track.used]
        span = Span(track.name, track.started.codec, piece.config, start, keyframe, None, [piece])
        track.used += 1
        if start <= still.start:
            self.intervals.pop()
        else:
            still.end = start
        self.intervals.append(Interval(start, span))
        self.decided = max(self.decided, start)

    def _close_span(self, at: int) -> None:
        if self._shown is not None:
            self._await_again(self._shown, at)
        self._end_interval(max(at, self.intervals[-1].start + GRID, ceil_grid(self._cutter.position)))
        self._shown = None

    def _end_interval(self, at: int) -> None:
        interval = self.intervals[-1]
        assert interval.span is not None
        at = max(at, ceil_grid(self._cutter.position))
        interval.end = interval.span.end = at
        self.intervals.append(Interval(at, None))
        self.decided = max(self.decided, at)

    def _cut(self, origin: tuple[int, int]) -> None:
        while self._drawn < len(self.intervals):
            interval = self.intervals[self._drawn]
            closed = interval.end is not None
            limit = interval.end if interval.end is not None else self.decided
            span = interval.span
            if span is not None and span.codec == "H264":
                self._cut_at_keyframes(span, limit, closed=closed, origin=origin)
            else:
                self._cutter.cut_evenly(limit, closed=closed, span=span, origin=origin)
            if not closed:
                return
            self._drawn += 1
            self._searched = 0
            self._cutter.part()

    def _cut_at_keyframes(self, span: Span, limit: int, *, closed: bool, origin: tuple[int, int]) -> None:
        searched = max(0, self._searched - span.dropped)
        while searched < len(span.pieces) and span.pieces[searched].end <= self._cutter.position:
            searched += 1
        self._searched = searched + span.dropped
        for piece in span.pieces[searched:]:
            if piece.start - self._cutter.position >= LONGEST_SEGMENT and piece.start < limit:
                self._cutter.cut(piece.start, span, origin)
            for keyframe in piece.keyframes:
                if keyframe - self._cutter.position >= KEYFRAME_SEGMENT and keyframe < limit:
                    self._cutter.cut(keyframe, span, origin)
        if closed:
            self._cutter.cut(limit, span, origin)


class SessionPlan:
    """All playlists of one session. Feed `receive` with the lines of recording 1, then 2, and so on."""

    def __init__(self) -> None:
        self.videos: dict[VideoSource, VideoPlan] = {
            "camera": VideoPlan("camera"),
            "screen": VideoPlan("screen"),
        }
        self.mics: list[Piece] = []
        self.clock: list[ClockPiece] = []
        self._missing: list[ReplayGap] = []
        self.utc_ms = 0
        self._sound = _Cutter()
        self._sound_interval = 0
        self._recording = ""
        self._running = False
        self._origin = (0, 0)
        self._zero = 0  # where the running recording's clock has its 0
        self._session_ms = 0
        self._watermark = 0
        self._last_end = 0
        self._tracks: dict[str, _Track] = {}

    @property
    def missing(self) -> list[ReplayGap]:
        """What the replay lacks of what was sent, in no order."""
        late = [
            _gap(started, start, end, (end - start) // TICKS_PER_MS, "late")
            for video in self.videos.values()
            for started, start, end in video.late
        ]
        return [*self._missing, *late]

    @property
    def sound(self) -> Sequence[Segment]:
        """The segments of the mixed sound that nobody has taken yet."""
        return self._sound.segments

    def take_sound(self) -> list[Segment]:
        """Hand out the segments of sound that were planned since the last time."""
        return self._sound.take()

    @property
    def end(self) -> int:
        """Length of the replay so far: where the last closed recording ended."""
        return self._origin[0] if not self._running else max(self._watermark, self._origin[0])

    @property
    def remembered(self) -> int:
        """How many pieces it keeps, for those who watch its memory."""
        return len(self.mics) + sum(video.remembered for video in self.videos.values())

    @property
    def running(self) -> bool:
        """Whether the last recording has neither ended nor been finished."""
        return self._running

    def receive(self, recording: str, line: Line) -> None:
        """`recording` is the folder of the manifest, relative to the session (`rec/1`)."""
        if isinstance(line, RecordingStarted):
            self.begin(recording, line)
        elif not self._running:
            return
        elif isinstance(line, TrackStarted):
            self._start_track(line)
        elif isinstance(line, Fragment):
            self._add_fragment(line)
        elif isinstance(line, Missing):
            self._add_missing(line)
        elif isinstance(line, TrackEnded):
            if track := self._tracks.pop(line.track, None):
                track.ended = True
        elif isinstance(line, Clock):
            self._watermark = max(self._watermark, self._place(line.media_ms))
            self._advance()
        elif isinstance(line, RecordingEnded):
            self._last_end = max(self._last_end, self._place(line.media_ms))
            self.finish_recording()

    def begin(self, recording: str, started: RecordingStarted, at_ms: float = 0.0) -> None:
        """Follow a recording from `at_ms` of its clock on; all later lines are of that clock, too.

        The one before is finished.
        """
        self.finish_recording()
        utc_ms, end = started.utc_ms + round(at_ms), self._origin[0]
        self._recording = recording
        self._running = True
        self._zero = end - round(at_ms * TICKS_PER_MS)
        self._origin = (end, utc_ms)
        self._session_ms = started.session_ms + round(at_ms)
        self.utc_ms = self.utc_ms or utc_ms
        self._watermark = self._last_end = end

    def finish_recording(self) -> None:
        """The running recording will not go on: it ends where its last media ends.

        Does nothing when none runs.
        """
        if not self._running:
            return
        self._running = False
        end = ceil_grid(max(self._last_end, self._watermark))
        start = self._origin[0]
        if end > start:
            self.clock.append(
                ClockPiece(self._session_ms, start // TICKS_PER_MS, (end - start) // TICKS_PER_MS)
            )
        for video in self.videos.values():
            video.finish(end, self._origin)
        self._cut_sound(end)
        self._tracks.clear()
        self._origin = (end, self._origin[1])

    def _place(self, media_ms: float) -> int:
        return self._zero + round(media_ms * TICKS_PER_MS)

    def _start_track(self, line: TrackStarted) -> None:
        track = _Track(line, f"{self._recording}/{line.track}/{line.start_ms}")
        self._tracks[line.track] = track
        if line.source == "camera" or line.source == "screen":  # noqa: PLR1714 - narrows the type
            self.videos[line.source].add_track(track)

    def _add_fragment(self, line: Fragment) -> None:
        track = self._tracks.get(line.track)
        if track is None:
            return
        piece = Piece(
            path=f"{self._recording}/{line.file}",
            recording_start=self._zero,
            start=self._place(line.start_ms),
            end=self._place(line.end_ms),
            keyframes=tuple(self._place(at) for at in line.keyframes),
            config=f"{track.started.codec}-{line.config}",
            width=line.width,
            height=line.height,
        )
        self._last_end = max(self._last_end, piece.end)
        if track.started.kind == "audio":
            self.mics.append(piece)
            end = min(piece.end, self._sound.position)
            if end - piece.start > LATE:
                self._miss(_gap(track.started, piece.start, end, (end - piece.start) // TICKS_PER_MS, "late"))
        else:
            track.pieces.append(piece)

    def _add_missing(self, line: Missing) -> None:
        track = self._tracks.get(line.track)
        if track is None:
            return
        start, end = self._place(line.start_ms), self._place(line.end_ms)
        self._miss(_gap(track.started, start, end, round(line.missing_ms), line.why))

    def _miss(self, gap: ReplayGap) -> None:
        self._missing.append(gap)
        if len(self._missing) > MOST_REMEMBERED:
            self._missing = list(stretches(self._missing))

    def _advance(self) -> None:
        for video in self.videos.values():
            video.advance(self._watermark, self._origin)
        self._cut_sound(min(self.videos["camera"].decided, self._watermark) - SOUND_LOOKAHEAD)

    def _cut_sound(self, limit: int) -> None:
        intervals = self.videos["camera"].intervals
        while self._sound_interval < len(intervals):
            interval = intervals[self._sound_interval]
            if interval.end is None or interval.end > limit:
                self._sound.cut_evenly(
                    min(limit, interval.end or limit), closed=False, span=None, origin=self._origin
                )
                return
            self._sound.cut_evenly(interval.end, closed=True, span=None, origin=self._origin)
            self._sound_interval += 1
            self._sound.part()


def _gap(started: TrackStarted, start: int, end: int, missing_ms: int, why: Why) -> ReplayGap:
    return ReplayGap(
        from_ms=start // TICKS_PER_MS,
        to_ms=end // TICKS_PER_MS,
        missing_ms=missing_ms,
        source=started.source,
        participant=started.participant,
        why=why,
    )
