"""Brings sound and screen of a replay into memory, small: ffmpeg as a niced child, part by part."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import ffmpeg
import imageio_ffmpeg
import numpy as np

from mediaworker.excerpt import touched, write_excerpt, write_segments
from mediaworker.signals.hearing import RATE, Samples
from mediaworker.signals.seeing import HEIGHT, WIDTH, Seen
from mediaworker.transcoder import PATIENT_NICENESS, Cancelled, Progress, run_ffmpeg

PART_S = 1_200.0
"""Twenty minutes of samples are 19 MB of scratch."""

Stretch = tuple[float, float]
"""Start and length, in seconds."""


def hear(playlist: Path, work: Path, stretch_s: Stretch, progress: Progress, cancelled: Cancelled) -> Samples:
    """Return the samples of a stretch, mono, `RATE` a second; silence where the playlist holds nothing.

    Raises as `run_ffmpeg`, and OSError.
    """
    start_s, length_s = stretch_s
    excerpt = write_excerpt(playlist, work / "heard.m3u8", start_s, length_s)
    target = work / "heard.part"
    sound = ffmpeg.input(str(excerpt), allowed_extensions="ALL").audio
    sound = sound.filter("atrim", start=f"{start_s:.6f}").filter("asetpts", f"PTS-{start_s:.6f}/TB")
    sound = sound.filter("aformat", channel_layouts="mono")
    sound = sound.filter("aresample", RATE, **{"async": 1, "first_pts": 0}).filter("apad")
    sound = sound.filter("atrim", end=f"{length_s:.6f}")
    command = _command(ffmpeg.output(sound, str(target), format="s16le", acodec="pcm_s16le", ar=RATE, ac=1))
    run_ffmpeg(command, work, length_s, progress, cancelled, niceness=PATIENT_NICENESS)
    samples = np.fromfile(target, "<i2")
    target.unlink()
    return samples


def see_keys(
    playlist: Path, work: Path, stretch_s: Stretch, progress: Progress, cancelled: Cancelled
) -> list[Seen]:
    """Return the key pictures of a stretch. Raises as `run_ffmpeg`, OSError, av.FFmpegError."""
    start_s, length_s = stretch_s
    excerpt = write_excerpt(playlist, work / "seen.m3u8", start_s, length_s)
    return _seen(excerpt, work, length_s, progress, cancelled, skip_frame="nokey")


def see_all(
    playlist: Path, work: Path, stretches: Sequence[tuple[float, float]], cancelled: Cancelled
) -> list[Seen]:
    """Return all pictures of the segments that `stretches` (from, to, in seconds) touch, in order."""
    text = playlist.read_text()
    chosen = {
        entry.start_s: entry
        for begin_s, end_s in stretches
        for entry in touched(text, begin_s, max(0.001, end_s - begin_s))
    }
    if not chosen:
        return []
    excerpt = write_segments(playlist, work / "seen.m3u8", (entry for _, entry in sorted(chosen.items())))
    length_s = sum(entry.length_s for entry in chosen.values())
    return _seen(excerpt, work, length_s, lambda _: None, cancelled)


def _seen(
    excerpt: Path, work: Path, length_s: float, progress: Progress, cancelled: Cancelled, **given: str
) -> list[Seen]:
    target = work / "seen.part"
    picture = ffmpeg.input(str(excerpt), allowed_extensions="ALL", reinit_filter=0, **given).video
    picture = picture.filter("scale", WIDTH, HEIGHT, flags="area", eval="frame").filter("format", "gray")
    output = ffmpeg.output(picture, str(target), format="nut", vcodec="rawvideo", fps_mode="passthrough")
    run_ffmpeg(_command(output), work, length_s, progress, cancelled, niceness=PATIENT_NICENESS)
    found: list[Seen] = []
    if target.stat().st_size:
        with av.open(str(target), format="nut") as container:
            found += [
                Seen(round((frame.time or 0.0) * 1000), frame.to_ndarray().astype(np.uint8))
                for frame in container.decode(video=0)
            ]
    target.unlink()
    return found


def _command(output: Any) -> list[str]:
    arguments = output.global_args(
        "-hide_banner", "-nostats", "-loglevel", "warning", "-copyts", "-progress", "pipe:1"
    )
    command: list[str] = arguments.overwrite_output().compile(cmd=imageio_ffmpeg.get_ffmpeg_exe())
    return command
