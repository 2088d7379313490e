"""Does one media job, step by step: `run(job, files=…, progress=…, cancelled=…)`.

The steps are a table (`mediaworker.steps`). Each leaves its results in a working folder of the job and is
skipped when they are there already: a job that is taken over after a `kill -9` goes on behind the last
finished step, and within a long composition behind its last five minutes. The finished folder is moved into
place at once; running a finished job again only returns its result. Knows files, no database: the caller
turns `MediaJob` rows into calls, `progress` into row updates, and a lost lease into `cancelled`.
"""

import hashlib
import os
import shutil
from pathlib import Path

import av
import msgspec
import structlog

from lectern.manifest import Replay
from lectern.manifest.medium import RESULT, is_published
from mediaworker import steps
from mediaworker.clip_check import UPLOAD, facts_of
from mediaworker.cutting import FPS, Piece, Range, on_grid, plan
from mediaworker.excerpt import touched
from mediaworker.ladder import SOUND, needed_bytes
from mediaworker.media_job import (
    Clip,
    MediaCancelledError,
    MediaFailedError,
    MediaJob,
    MediaResult,
    Microcourse,
    checked_folder,
    checked_ranges,
)
from mediaworker.renditions import RENDITIONS
from mediaworker.source_check import open_replay
from mediaworker.steps import Stage, layout_sources
from mediaworker.transcoder import (
    NO_ROOM,
    NO_ROOM_LEFT,
    Cancelled,
    Progress,
    end_orphan,
)

log = structlog.get_logger(__name__)


def run(
    job: MediaJob, *, files: Path, progress: Progress, cancelled: Cancelled, library: Path | None = None
) -> MediaResult:
    """Do the job. `files` is the session's folder; blocks, so call it in a thread or process of its own.

    `library` is where the clips are that the job names.

    Raises MediaFailedError (with `code` and `reason` for the owner) and MediaCancelledError.
    """
    output = files / checked_folder(job.output)
    if (done := _result_of(output)) is not None:
        progress(1.0)
        return done
    work = output.with_name(f".{output.name}-{_key(job)}")
    if cancelled():
        raise MediaCancelledError
    try:
        work.mkdir(parents=True, exist_ok=True)
        end_orphan(work)
        for left in work.glob("*.part"):  # of a worker that was killed, or met a full disk
            left.unlink(missing_ok=True)
        stage = _stage(job, files, work, cancelled, files if library is None else library)
        _work_off(stage, progress)
        result = msgspec.json.decode((work / RESULT).read_bytes(), type=MediaResult)
        stage.look()
        _publish(work, output)
    except (OSError, av.FFmpegError) as error:
        raise explained(error) from error
    progress(1.0)
    return result


def _work_off(stage: Stage, progress: Progress) -> None:
    total = sum(step.weight for step in steps.STEPS)
    before = 0.0
    for step in steps.STEPS:
        stage.look()
        if not (stage.work / step.leaves).exists():
            start, weight = before, step.weight

            def within(share: float, start: float = start, weight: float = weight) -> None:
                progress((start + share * weight) / total * steps.COUNTED)

            step.do(stage, within)
        before += step.weight
        progress(before / total * steps.COUNTED)


def explained(error: OSError | av.FFmpegError) -> MediaFailedError:
    """A fault of the machine in words for the owner."""
    number = getattr(error, "errno", None)
    log.warning("media_not_written", errno=number, error=type(error).__name__)
    if number in NO_ROOM:
        return MediaFailedError("disk_error", NO_ROOM_LEFT)
    if isinstance(error, av.FFmpegError):
        return MediaFailedError("transcode_failed", "The finished video could not be read back.")
    return MediaFailedError(
        "disk_error", f"The video could not be written: {error.strerror or error}. Try again."
    )


def needed_files(job: MediaJob, session: Path) -> frozenset[str]:
    """Return which files a job reads besides playlists and descriptions, relative to the session's folder.

    Only playlists and descriptions are there to be looked at. What makes the job impossible is for `run` to
    say.
    """
    hls = session / "hls"
    found: set[str] = set()
    if isinstance(job, Clip):
        return frozenset({UPLOAD})
    try:
        replay = open_replay(hls)
        composed = _composed(job, session) is not None
        for range_ in on_grid(checked_ranges(job, replay.duration_ms)):
            sources = {} if composed else layout_sources(replay, range_)
            for playlist in (*sources.values(), replay.audio):
                folder = playlist.rpartition("/")[0]
                for entry in touched((hls / playlist).read_text(), range_.start_s, range_.length_s):
                    found |= {f"hls/{folder}/{entry.map}", f"hls/{folder}/{entry.name}"}
    except (MediaFailedError, OSError, ValueError, IndexError):
        return frozenset()
    return frozenset(found)


def needed_parts(job: MediaJob, session: Path) -> dict[str, list[tuple[int, int]]]:
    """Return which (offset, length) of which large files a job reads, relative to the session's folder."""
    try:
        composed = _composed(job, session)
        if composed is None:
            return {}
        ranges = on_grid(checked_ranges(job, open_replay(session / "hls").duration_ms))
        spans = [(range_.start_s, range_.last / FPS) for range_ in ranges]
        return {
            f"{checked_folder(_source_of(job))}/{one.name}.mp4": needed_bytes(
                (composed / f"{one.name}.m3u8").read_text(), spans
            )
            for one in RENDITIONS
        }
    except (MediaFailedError, OSError, ValueError):
        return {}


def source_words(job: MediaJob) -> tuple[str, ...]:
    """Which small files of a composition tell whether and where a job can copy from it."""
    source = _source_of(job)
    names = (RESULT, *(f"{one.name}.m3u8" for one in RENDITIONS))
    return tuple(f"{checked_folder(source)}/{name}" for name in names) if source else ()


def _source_of(job: MediaJob) -> str:
    return job.source if isinstance(job, Microcourse) else ""


def _composed(job: MediaJob, session: Path) -> Path | None:
    """The folder to copy from, if that composition is finished, has a ladder, and looks as the job asks."""
    if not isinstance(job, Microcourse) or not job.source:
        return None
    folder = session / checked_folder(job.source)
    result = _result_of(folder)
    fits = result is not None and bool(result.ladder) and result.arrangement == job.arrangement
    return folder if fits else None


def _stage(job: MediaJob, files: Path, work: Path, cancelled: Cancelled, library: Path) -> Stage:
    hls = files / "hls"
    if isinstance(job, Clip):
        upload = files / UPLOAD
        count = max(1, facts_of(upload).duration_ms * FPS // 1000)
        pieces = (Piece("upload", Range(0, count)),)
        nothing = Replay(duration_ms=0, utc_ms=0, videos=(), clock=())
        return Stage(job, hls, None, work, nothing, (), pieces, cancelled, library, upload)
    replay = open_replay(hls)
    ranges = on_grid(checked_ranges(job, replay.duration_ms))
    composed = _composed(job, files)
    # What was begun is finished in the same way, also if a composition has appeared meanwhile.
    way = work / "way"
    if not way.exists():
        way.write_text("copy" if composed is not None else "compose")
    if way.read_text() != "copy":
        composed = None
    elif composed is None:
        raise MediaFailedError("source_unreadable", "The finished replay is gone. Try again.")
    cut = job if isinstance(job, Microcourse) else None
    planned = plan(
        ranges,
        from_composed=composed is not None,
        intro=cut is not None and cut.card,
        outro=cut is not None and bool(cut.outro),
        before=0 if cut is None else _clip_frames(library, cut.intro_clip),
        behind=0 if cut is None else _clip_frames(library, cut.outro_clip),
    )
    return Stage(job, hls, composed, work, replay, tuple(ranges), tuple(planned), cancelled, library)


def _clip_frames(library: Path, clip: str) -> int:
    if not clip:
        return 0
    result = _result_of(library / checked_folder(clip))
    if result is None:
        raise MediaFailedError("clip_missing", "The organisation's intro or outro is not there. Try again.")
    return round(result.duration_ms * FPS / 1000)


def library_files(job: MediaJob) -> tuple[str, ...]:
    """Which files of the library a job reads, as keys."""
    clips = (job.intro_clip, job.outro_clip) if isinstance(job, Microcourse) else ()
    names = (RESULT, f"{SOUND}.mp4", *(f"{one.name}.mp4" for one in RENDITIONS))
    return tuple(dict.fromkeys(f"{checked_folder(clip)}/{name}" for clip in clips if clip for name in names))


def _key(job: MediaJob) -> str:
    return hashlib.sha256(msgspec.json.encode(job)).hexdigest()[:12]


def _result_of(output: Path) -> MediaResult | None:
    try:
        return msgspec.json.decode((output / RESULT).read_bytes(), type=MediaResult)
    except (OSError, msgspec.DecodeError):
        return None


def _publish(work: Path, output: Path) -> None:
    """Only the finished files move, on the disk before the folder has its name."""
    for path in work.iterdir():
        if not is_published(path.name):
            path.unlink()
    for path in work.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    if output.exists():
        shutil.rmtree(output)
    work.replace(output)
