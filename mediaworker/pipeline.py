"""Does one media job, step by step: `run(job, files=…, progress=…, cancelled=…)`.

Each step writes into a working folder of the job and is skipped when its result is there already: a job that
is taken over after a `kill -9` goes on behind the last finished step. The finished folder is moved into place
at once; running a finished job again only returns its result. Knows files, no database: the caller turns
`MediaJob` rows into calls, `progress` into row updates, and a lost lease into `cancelled`.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import ffmpeg
import imageio_ffmpeg
import msgspec
import structlog

from mediaworker.excerpt import touched, write_excerpt
from mediaworker.intro_card import draw_card
from mediaworker.layout import (
    HEIGHT,
    INSET_HEIGHT,
    INSET_MARGIN,
    INSET_WIDTH,
    WIDTH,
    Layout,
    between,
    compose_layout,
)
from mediaworker.media_job import (
    INTRO_MS,
    Compose,
    MediaCancelledError,
    MediaFailedError,
    MediaJob,
    MediaResult,
    Microcourse,
    checked_output,
)
from mediaworker.source_check import check_playlist, open_replay
from mediaworker.thumbnail import write_thumbnail
from mediaworker.transcoder import NICENESS, PATIENT_NICENESS, Cancelled, Progress, run_ffmpeg

log = structlog.get_logger(__name__)

FPS = 30
SHORTEST_MS = 1000
BACKGROUND = "0x181818"
CHECKED, COMPOSED = 0.03, 0.97
"""Progress after the steps before and after composing, which takes nearly all the time."""


@dataclass(frozen=True, slots=True)
class _Source:
    """What is cut out of a replay: `start_s` of its playlists is time 0 of the layout."""

    layout: Layout
    audio: str
    start_s: float


def run(job: MediaJob, *, files: Path, progress: Progress, cancelled: Cancelled) -> MediaResult:
    """Do the job. `files` is the session's folder; blocks, so call it in a thread or process of its own.

    Raises MediaFailedError (with `code` and `reason` for the owner) and MediaCancelledError.
    """
    output = files / checked_output(job)
    if (done := _result_of(output)) is not None:
        progress(1.0)
        return done
    work = output.with_name(f".{output.name}-{_key(job)}")
    try:
        work.mkdir(parents=True, exist_ok=True)
        _look(cancelled)
        source = _check_source(job, files / "hls", work)
        progress(CHECKED)
        video = _compose(job, source, files / "hls", work, progress=progress, cancelled=cancelled)
        progress(COMPOSED)
        _look(cancelled)
        thumbnail = _thumbnail(job, video)
        result = _describe(job, video, thumbnail)
        _look(cancelled)
        _publish(work, output, result)
    except av.FFmpegError as error:
        log.warning("media_unreadable", error=type(error).__name__)
        raise MediaFailedError("transcode_failed", "The finished video could not be read back.") from error
    except OSError as error:
        log.warning("media_not_written", errno=error.errno)
        raise MediaFailedError("disk_error", f"The video could not be written: {error.strerror}.") from error
    progress(1.0)
    return result


def needed_files(job: MediaJob, hls: Path) -> frozenset[str]:
    """Return which files under `hls/` a job reads besides playlists and descriptions, relative to it.

    Only these are there to be looked at. What makes the job impossible is for `run` to say.
    """
    try:
        layout, audio, start_s = _plan(job, hls)
        found: set[str] = set()
        for playlist in (*layout.sources.values(), audio):
            folder = playlist.rpartition("/")[0]
            for entry in touched((hls / playlist).read_text(), start_s, layout.duration_s):
                found |= {f"{folder}/{entry.map}", f"{folder}/{entry.name}"}
    except (MediaFailedError, OSError, ValueError, IndexError):
        return frozenset()
    return frozenset(found)


def _look(cancelled: Cancelled) -> None:
    if cancelled():
        raise MediaCancelledError


def _key(job: MediaJob) -> str:
    return hashlib.sha256(msgspec.json.encode(job)).hexdigest()[:12]


def _result_of(output: Path) -> MediaResult | None:
    try:
        return msgspec.json.decode((output / "result.json").read_bytes(), type=MediaResult)
    except (OSError, msgspec.DecodeError):
        return None


def _check_source(job: MediaJob, hls: Path, work: Path) -> _Source:
    layout, audio, start_s = _plan(job, hls)
    for name, playlist in {**layout.sources, "sound": audio}.items():
        check_playlist(hls / playlist, work / f"{name}.m3u8", name, start_s, layout.duration_s)
    return _Source(layout, audio, start_s)


def _plan(job: MediaJob, hls: Path) -> tuple[Layout, str, float]:
    """What is shown, the sound's playlist, and where the range begins. Raises MediaFailedError."""
    replay = open_replay(hls)
    start_ms, end_ms = 0, replay.duration_ms
    if isinstance(job, Microcourse):
        start_ms, end_ms = max(0, job.start_ms), min(job.end_ms, replay.duration_ms)
    if end_ms - start_ms < SHORTEST_MS:
        raise MediaFailedError("range_invalid", "The range is shorter than a second or outside the replay.")
    return compose_layout(replay, start_ms, end_ms), replay.audio, start_ms / 1000


def _compose(
    job: MediaJob, source: _Source, hls: Path, work: Path, *, progress: Progress, cancelled: Cancelled
) -> Path:
    video = work / "video.mp4"
    if video.exists():
        return video
    layout = source.layout
    card: Path | None = None
    if isinstance(job, Microcourse):
        card = work / "card.png"
        draw_card(card, job.title, job.subtitle, job.accent, (WIDTH, HEIGHT))
    part = work / f"video.{os.getpid()}.part.mp4"
    command = compose_command(work, hls, source, card, part)
    total_s = layout.duration_s + (INTRO_MS / 1000 if card else 0)

    def overall(share: float) -> None:
        progress(CHECKED + share * (COMPOSED - CHECKED))

    try:
        niceness = PATIENT_NICENESS if isinstance(job, Compose) else NICENESS
        run_ffmpeg(command, work, total_s, overall, cancelled, niceness=niceness)
        _check_length(part, total_s)
        part.replace(video)
    finally:
        part.unlink(missing_ok=True)
    return video


def compose_command(work: Path, hls: Path, cut: _Source, card: Path | None, target: Path) -> list[str]:
    """The ffmpeg command line of a composition.

    Timestamps are those of the replay (`copyts`) until the graph moves the cut to 0: what ffmpeg takes for
    the start of an HLS input, and seeks by, depends on what it probed. The picture's size may change in the
    middle of a playlist: `reinit_filter=0` keeps the graph as it is then, and scale and pad follow each
    frame; a rebuilt graph would start its clock again.
    """
    layout = cut.layout
    intro_s = INTRO_MS / 1000 if card else 0.0

    def source(name: str, playlist: str, **options: Any) -> Any:
        excerpt = write_excerpt(hls / playlist, work / f"{name}.m3u8", cut.start_s, layout.duration_s)
        return ffmpeg.input(str(excerpt), allowed_extensions="ALL", **options)

    def fitted(stream: Any, width: int, height: int) -> Any:
        timed = stream.filter("setpts", f"PTS-{cut.start_s:.3f}/TB")
        scaled = timed.filter(
            "scale", width, height,
            force_original_aspect_ratio="decrease", force_divisible_by=2, eval="frame",
            # Browsers send canvases and screens in full range; left so, players stretch dark and light.
            out_range="tv",
        )  # fmt: skip
        padded = scaled.filter("pad", width, height, "(ow-iw)/2", "(oh-ih)/2", color=BACKGROUND, eval="frame")
        return padded.filter("setsar", 1).filter("fps", FPS, start_time=0)

    videos = {name: source(name, path, reinit_filter=0).video for name, path in layout.sources.items()}
    if "screen" not in videos:
        picture = fitted(videos["camera"], WIDTH, HEIGHT)
    else:
        picture = fitted(videos["screen"], WIDTH, HEIGHT)
        if "camera" in videos:
            picture = _with_camera(picture, videos["camera"], layout, fitted)
    picture = picture.filter("tpad", stop_mode="clone", stop_duration=5)
    sound = source("sound", cut.audio).audio
    sound = sound.filter("atrim", start=cut.start_s).filter("asetpts", f"PTS-{cut.start_s - intro_s:.3f}/TB")
    sound = sound.filter("aresample", 48_000, **{"async": 1, "first_pts": 0}).filter("apad")
    if card is not None:
        picture = picture.filter("tpad", start_duration=intro_s, start_mode="add")
        still = ffmpeg.input(str(card), loop=1, framerate=FPS, t=intro_s).filter("format", "yuv420p")
        picture = picture.overlay(still, eof_action="pass", enable=f"lt(t,{intro_s})")
    written = ffmpeg.output(
        picture, sound, str(target), t=layout.duration_s + intro_s,
        vcodec="libx264", preset="veryfast", crf=23,
        pix_fmt="yuv420p", color_range="tv", g=2 * FPS, r=FPS,
        acodec="aac", audio_bitrate="128k", ar=48_000, ac=2,
        movflags="+faststart", map_metadata=-1,
    )  # fmt: skip
    arguments = written.global_args(
        "-hide_banner", "-nostats", "-loglevel", "warning", "-copyts", "-progress", "pipe:1"
    )
    command: list[str] = arguments.overwrite_output().compile(cmd=imageio_ffmpeg.get_ffmpeg_exe())
    return command


def _with_camera(picture: Any, camera: Any, layout: Layout, fitted: Callable[[Any, int, int], Any]) -> Any:
    full, inset = bool(layout.camera_alone), bool(layout.both)
    copies = camera.split() if full and inset else None
    if full:
        large = fitted(copies[0] if copies else camera, WIDTH, HEIGHT)
        picture = picture.overlay(large, enable=between(layout.camera_alone))
    if inset:
        small = fitted(copies[1] if copies else camera, INSET_WIDTH, INSET_HEIGHT)
        x, y = WIDTH - INSET_WIDTH - INSET_MARGIN, HEIGHT - INSET_HEIGHT - INSET_MARGIN
        picture = picture.overlay(small, x=x, y=y, enable=between(layout.both))
    return picture


def _check_length(video: Path, expected_s: float) -> None:
    with av.open(str(video)) as container:
        length_s = (container.duration or 0) / 1e6
    if abs(length_s - expected_s) > 1.0:
        message = f"The recording cannot be read to its end: {length_s:.0f} of {expected_s:.0f} seconds."
        raise MediaFailedError("source_unreadable", message)


def _thumbnail(job: MediaJob, video: Path) -> Path:
    target = video.with_name("thumbnail.jpg")
    if not target.exists():
        part = video.with_name("thumbnail.part")
        write_thumbnail(video, part, after_ms=0 if isinstance(job, Compose) else INTRO_MS)
        part.replace(target)
    return target


def _describe(job: MediaJob, video: Path, thumbnail: Path) -> MediaResult:
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        return MediaResult(
            video=f"{job.output}/{video.name}",
            thumbnail=f"{job.output}/{thumbnail.name}",
            duration_ms=(container.duration or 0) // 1000,
            width=stream.width,
            height=stream.height,
            bytes=video.stat().st_size,
        )


def _publish(work: Path, output: Path, result: MediaResult) -> None:
    """Only the finished files move, the result file last inside the folder, the folder at once."""
    for path in work.iterdir():
        if path.name not in {"video.mp4", "thumbnail.jpg"}:
            path.unlink()
    (work / "result.json").write_bytes(msgspec.json.encode(result))
    for path in work.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    if output.exists():
        shutil.rmtree(output)
    work.replace(output)
