"""The plan of segments, for any course of a lesson: no gap, no overlap, nothing taken back."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lectern.manifest import (
    Clock,
    Fragment,
    Line,
    RecordingEnded,
    RecordingStarted,
    ReplayGap,
    TrackEnded,
    TrackStarted,
)
from recording import timeline_plan
from recording.timeline_plan import (
    GRID,
    KEYFRAME_SEGMENT,
    LONGEST_SEGMENT,
    SEGMENT,
    TICKS_PER_MS,
    Segment,
    SessionPlan,
)
from recording.video_segments import pieces_between

Fed = list[tuple[str, Line]]


def fragment(
    track: str, start_ms: float, duration_ms: float, *keyframes_ms: float, config: str = "a"
) -> Fragment:
    return Fragment(
        track, f"{track}/{start_ms}.mp4", start_ms, duration_ms, 1, config, 320, 180, keyframes_ms
    )


def started(track: str, source: str, codec: str, start_ms: float, participant: str = "p") -> TrackStarted:
    if source == "mic":
        return TrackStarted(track, "mic", "audio", "p", "opus", 48_000, start_ms)
    return TrackStarted(
        track, "camera" if source == "camera" else "screen", "video", participant, codec, 90_000, start_ms
    )


def fed(lines: list[tuple[str, Line]], *, finish: bool = True) -> SessionPlan:
    plan = SessionPlan()
    for recording, line in lines:
        plan.receive(recording, line)
    if finish:
        plan.finish_recording()
    return plan


def one_recording(*lines: Line) -> Fed:
    return [("rec/1", RecordingStarted(0, 1_000_000)), *(("rec/1", line) for line in lines)]


def times_ms(segments: list[Segment]) -> list[tuple[int, int]]:
    return [(segment.start // TICKS_PER_MS, segment.end // TICKS_PER_MS) for segment in segments]


def test_a_remuxed_camera_is_cut_at_its_keyframes() -> None:
    lines: list[Line] = [started("c", "camera", "H264", 0)]
    for second in range(8):
        keyframes = (second * 1000.0,) if second % 2 == 0 else ()
        lines += [fragment("c", second * 1000.0, 1000.0, *keyframes), Clock(second * 1000 + 900.0)]
    plan = fed(one_recording(*lines, RecordingEnded(8000.0)))
    assert times_ms(list(plan.videos["camera"].segments)) == [
        (0, 2000),
        (2000, 4000),
        (4000, 6000),
        (6000, 8000),
    ]
    assert not any(segment.discontinuity for segment in plan.sound)


def test_a_publisher_without_keyframes_is_cut_in_the_end() -> None:
    lines: list[Line] = [started("c", "camera", "H264", 0), fragment("c", 0.0, 1000.0, 0.0)]
    for second in range(1, 26):
        lines += [fragment("c", second * 1000.0, 1000.0), Clock(second * 1000 + 900.0)]
    plan = fed(one_recording(*lines, RecordingEnded(26_000.0)))
    assert [start for start, _ in times_ms(list(plan.videos["camera"].segments))] == [0, 11_000, 22_000]


def test_the_first_camera_stays_until_it_is_gone() -> None:
    lines: list[Line] = [started("one", "camera", "VP8", 0), started("two", "camera", "VP8", 0)]
    for second in range(6):
        at = second * 1000.0
        if second < 3:
            lines.append(fragment("one", at, 1000.0, at))
        lines += [fragment("two", at, 1000.0, at), Clock(at + 900)]
        if second == 3:
            lines.append(TrackEnded("one", 3000.0))
    plan = fed(one_recording(*lines, RecordingEnded(6000.0)))
    spans = [interval.span for interval in plan.videos["camera"].intervals if interval.span]
    assert [span.track.split("/")[2] for span in spans] == ["one", "two"]
    assert spans[1].keyframe == 4000 * TICKS_PER_MS or spans[1].keyframe == 3000 * TICKS_PER_MS


def with_a_guest(
    away_s: int, *, codec: str = "VP8", restarts: bool = True, guest_away: range = range(0)
) -> list[tuple[str, int]]:
    """A presenter who is gone from the third second on for `away_s`, and a guest who is gone in `guest_away`.

    Returns who is shown, and from which second of the lesson on."""
    seconds = 8 + away_s
    lines: list[Line] = [
        started("one", "camera", codec, 0, "presenter"), started("two", "camera", codec, 0, "guest"),
    ]  # fmt: skip
    for second in range(seconds):
        at = second * 1000.0
        if second == 3 and restarts:
            lines.append(TrackEnded("one", at))
        if second == 3 + away_s and restarts:
            lines.append(started("one", "camera", codec, at, "presenter"))
        if not 3 <= second < 3 + away_s:
            lines.append(fragment("one", at, 1000.0, at))
        if second not in guest_away:
            lines.append(fragment("two", at, 1000.0, at))
        lines.append(Clock(at + 900))
    plan = fed(one_recording(*lines, RecordingEnded(seconds * 1000.0)))
    spans = [interval.span for interval in plan.videos["camera"].intervals if interval.span]
    assert guest_away or all(span.end == after.start for span, after in pairwise(spans))
    return [(span.track.split("/")[2], round(span.start / TICKS_PER_MS / 1000)) for span in spans]


@pytest.mark.parametrize("restarts", [True, False])
@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_a_presenter_who_comes_back_is_shown_again(codec: str, *, restarts: bool) -> None:
    shown = with_a_guest(5, codec=codec, restarts=restarts)
    assert [who for who, _ in shown] == ["one", "two", "one"]
    assert shown[2] == ("one", 8), "from their first picture on"


def test_who_only_stood_in_and_went_is_not_awaited_instead() -> None:
    shown = [who for who, _ in with_a_guest(10, guest_away=range(6, 9))]
    assert shown == ["one", "two", "two", "one"]


def test_who_was_away_for_long_has_handed_over() -> None:
    assert [who for who, _ in with_a_guest(63)] == ["one", "two"]


def test_after_a_break_it_goes_on_with_who_was_shown() -> None:
    """All begin anew then, and the guest's first picture is there a moment before the presenter's."""
    lines: Fed = []
    for number, first in (("rec/1", "presenter"), ("rec/2", "guest")):
        other = "guest" if first == "presenter" else "presenter"
        lines.append((number, RecordingStarted(0, 1_000_000)))
        lines += [(number, started(who, "camera", "VP8", 0, who)) for who in (first, other)]
        for second in range(4):
            at = second * 1000.0
            lines += [(number, fragment(first, at, 1000.0, at)), (number, Clock(at + 30))]
            lines += [(number, fragment(other, at + 40, 1000.0, at + 40)), (number, Clock(at + 900))]
        lines.append((number, RecordingEnded(4000.0)))
    spans = [interval.span for interval in fed(lines).videos["camera"].intervals if interval.span]
    assert [span.track.split("/")[2] for span in spans] == ["presenter", "presenter"], "no flash of the guest"


def test_a_short_silence_of_a_camera_is_held_and_a_long_one_is_a_still() -> None:
    lines: list[Line] = [started("c", "camera", "VP8", 0)]
    for at in (0.0, 1000.0, 2700.0, 6000.0, 7000.0):
        lines += [fragment("c", at, 1000.0, at), Clock(at + 900)]
    plan = fed(one_recording(*lines, RecordingEnded(8000.0)))
    stills = [i for i in plan.videos["camera"].intervals if i.span is None and i.end is not None]
    assert [(round(s.start / 90), round((s.end or 0) / 90)) for s in stills] == [(3712, 5995)]


@st.composite
def lessons(draw: st.DrawFn) -> Fed:
    """Up to three recordings; each second each source may run, stall, change its configuration, end or
    restart."""
    out: Fed = []
    session_ms = 0
    for number in range(1, draw(st.integers(1, 3)) + 1):
        recording = f"rec/{number}"
        out.append((recording, RecordingStarted(session_ms, 1_000_000 + session_ms)))
        open_tracks: dict[str, tuple[str, str]] = {}  # by source and who sends it
        lives = 0
        for second in range(draw(st.integers(1, 14))):
            at = second * 1000.0 + draw(st.integers(0, 60))
            for who in ("camera", "camera of a guest", "screen", "mic"):
                source = who.split()[0]
                event = draw(st.sampled_from(["run", "run", "run", "key", "stall", "end", "config"]))
                if who not in open_tracks:
                    if event in {"stall", "end"}:
                        continue
                    lives += 1
                    codec = draw(st.sampled_from(["H264", "VP8"]))
                    open_tracks[who] = (f"{source}{lives}", "a")
                    out.append((recording, started(f"{source}{lives}", source, codec, at, who)))
                    event = "key"
                track, config = open_tracks[who]
                if event == "end":
                    del open_tracks[who]
                    out.append((recording, TrackEnded(track, at)))
                elif event != "stall":
                    config = draw(st.sampled_from(["b", "c"])) if event == "config" else config
                    open_tracks[who] = (track, config)
                    keyed = event in {"key", "config"} or source == "mic"
                    length = draw(st.integers(200, 940))
                    keyframes = (at,) if keyed else ()
                    out.append((recording, fragment(track, at, length, *keyframes, config=config)))
            out.append((recording, Clock(second * 1000.0 + 500)))
        if draw(st.booleans()):
            out.append((recording, RecordingEnded(second * 1000.0 + 1500)))
        session_ms += second * 1000 + 2500 + draw(st.integers(0, 90_000))
    return out


def assert_sound_chain(segments: list[Segment], end: int) -> None:
    assert segments[0].start == 0
    assert segments[-1].end == end
    assert [segment.number for segment in segments] == list(range(len(segments)))
    assert not segments[0].discontinuity
    for before, after in pairwise(segments):
        assert before.end == after.start
        assert before.start < before.end
        assert before.utc_ms <= after.utc_ms


@settings(max_examples=80, deadline=None)
@given(lessons())
def test_any_lesson_makes_whole_playlists(lesson: Fed) -> None:
    plan = fed(lesson)
    assert plan.end % GRID == 0
    camera, screen = plan.videos["camera"], plan.videos["screen"]
    for segments in (camera.segments, screen.segments, plan.sound):
        assert_sound_chain(list(segments), plan.end)
    parted = {segment.start for segment in camera.segments if segment.discontinuity}
    assert {segment.start for segment in plan.sound if segment.discontinuity} == parted
    for segment in plan.sound:
        assert segment.start % GRID == segment.end % GRID == 0
        assert segment.end - segment.start <= SEGMENT
    for video in (camera, screen):
        for before, after in pairwise(video.segments):
            assert after.discontinuity == (
                before.span is not after.span or after.start in recording_starts(plan)
            )
        for segment in video.segments:
            check_segment(segment)
    assert sum(piece.duration_ms for piece in plan.clock) <= plan.end // TICKS_PER_MS + 3


def recording_starts(plan: SessionPlan) -> set[int]:
    starts = set()
    for piece in plan.clock:
        starts |= {tick for tick in range(piece.media_ms * 90, piece.media_ms * 90 + 91) if tick % GRID == 0}
    return starts


def check_segment(segment: Segment) -> None:
    span = segment.span
    if span is None:
        assert segment.end - segment.start <= SEGMENT
        return
    assert span.start <= segment.start < segment.end
    assert span.end is not None
    assert segment.end <= span.end
    assert segment.end - segment.start <= LONGEST_SEGMENT + 3 * KEYFRAME_SEGMENT
    if span.codec == "H264" and segment.start != span.start:
        starts = {tick for piece in span.pieces for tick in piece.keyframes}
        forced = segment.start in {piece.start for piece in span.pieces}
        assert segment.start in starts or forced
    assert any(piece.start < segment.end and piece.end > segment.start - 2 * 90_000 for piece in span.pieces)


@settings(max_examples=40, deadline=None)
@given(lessons(), st.data())
def test_what_was_planned_is_never_taken_back(lesson: Fed, data: st.DataObject) -> None:
    def known(plan: SessionPlan) -> list[list[tuple[int, int, bool]]]:
        chains = [plan.videos["camera"].segments, plan.videos["screen"].segments, plan.sound]
        return [[(s.start, s.end, s.discontinuity) for s in chain] for chain in chains]

    cut = data.draw(st.integers(0, len(lesson)))
    early = known(fed(lesson[:cut], finish=False))
    late = known(fed(lesson))
    for before, after in zip(early, late, strict=True):
        assert after[: len(before)] == before


Planned = list[tuple[str, int, int, bool, tuple[str, ...]]]


def taken(lesson: Fed, at_once: int) -> tuple[Planned, list[ReplayGap]]:
    """What a packager takes of a plan that forgets `at_once` pieces at once, and what it says is missing."""
    out: Planned = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timeline_plan, "FORGOTTEN_AT_ONCE", at_once)
        plan = SessionPlan()

        def take() -> None:
            chains = {source: video.take() for source, video in plan.videos.items()}
            for name, chain in (*chains.items(), ("sound", plan.take_sound())):
                for one in chain:
                    pieces = pieces_between(one.span, one.start, one.end) if one.span else ()
                    paths = tuple(piece.path for piece in pieces)
                    out.append((name, one.start, one.end, one.discontinuity, paths))
                    if one.span is not None:
                        one.span.forget_before(one.start)

        for recording, line in lesson:
            plan.receive(recording, line)
            take()
        plan.finish_recording()
        take()
        return out, plan.missing


@settings(max_examples=60, deadline=None)
@given(lessons())
def test_a_plan_that_forgets_plans_the_same(lesson: Fed) -> None:
    second: Fed = [("rec/1", started("other", "camera", "H264", 100))]
    second += [("rec/1", fragment("other", at * 1000.0, 1000.0, at * 1000.0)) for at in range(3)]
    watched = [*lesson[:1], *second, *lesson[1:]]
    assert taken(watched, 1) == taken(watched, 1_000_000)
