"""The sound of a medium: measured (EBU R 128), brought to −16 LUFS, encoded once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg

from mediaworker.clip_check import OPTIONS
from mediaworker.cutting import Range
from mediaworker.excerpt import write_excerpt

TARGET_LUFS = -16.0
QUIETEST_LUFS = -60.0
"""Below this nobody speaks: noise is left as soft as it is."""
MOST_GAIN_DB = 24.0
LIMIT = 0.84
"""Of full scale (−1.5 dB): what the gain would lift above it is held there."""
FADE_S = 0.01
RATE = 48_000
BIT_RATE = "128k"
"""Enough for a voice in each channel alone: what `FAST` leaves out, a search for what the channels share and
for the best quantisers, takes four times as long (120 s of sound: 0.9 s instead of 3.5 s)."""
FAST: dict[str, Any] = {"aac_coder": "fast", "aac_ms": 0, "aac_is": 0}


def gain_db(integrated_lufs: float | None) -> float:
    """How much louder the sound is made; 0 if there is nothing to be heard."""
    if integrated_lufs is None or integrated_lufs < QUIETEST_LUFS:
        return 0.0
    return min(MOST_GAIN_DB, TARGET_LUFS - integrated_lufs)


def integrated_of(log: str) -> float | None:
    """The integrated loudness in the words of ffmpeg's `ebur128`; None if it found none."""
    found = re.findall(r"^\s+I:\s+(-?[0-9.]+) LUFS", log, re.MULTILINE)
    return float(found[-1]) if found else None


def measure_command(playlist: Path, work: Path, ranges: Sequence[Range]) -> list[str]:
    """Tells the loudness of the ranges in ffmpeg's log."""
    sound = _joined(playlist, work, ranges).filter("ebur128", framelog="quiet")
    return _command(ffmpeg.output(sound, "-", format="null"), "info")


@dataclass(frozen=True, slots=True)
class Around:
    """A clip's sound, for so many seconds, before or behind everything else."""

    sound: Path
    length_s: float


def sound_command(
    playlist: Path, work: Path, ranges: Sequence[Range], *, gain: float, before_s: float, total_s: float,
    target: Path, before: Around | None = None, behind: Around | None = None,
) -> list[str]:  # fmt: skip
    """The ranges behind each other, after `before_s` of silence, filled up to `total_s`; clips around it."""
    sound = _joined(playlist, work, ranges)
    sound = sound.filter("volume", f"{gain:.2f}dB")
    sound = sound.filter("alimiter", limit=LIMIT, level="disabled", latency=1)
    if before_s:
        sound = sound.filter("asetpts", f"PTS+{before_s:.6f}/TB")
        sound = sound.filter("aresample", RATE, **{"async": 1, "first_pts": 0})
    sound = _filled(sound, total_s)
    if before is not None or behind is not None:
        parts = [*_around(before), sound.filter("aformat", channel_layouts="stereo"), *_around(behind)]
        sound = ffmpeg.concat(*parts, v=0, a=1)
    return _encoded(sound, target)


def measure_upload_command(upload: Path, length_s: float) -> list[str]:
    """Tells the loudness of a file that somebody brought in ffmpeg's log."""
    sound = _heard(upload, length_s).filter("ebur128", framelog="quiet")
    return _command(ffmpeg.output(sound, "-", format="null"), "info")


def upload_sound_command(upload: Path, *, gain: float, total_s: float, target: Path) -> list[str]:
    """The sound of a file that somebody brought, from its start, filled up to `total_s`."""
    sound = _heard(upload, total_s).filter("volume", f"{gain:.2f}dB")
    sound = sound.filter("alimiter", limit=LIMIT, level="disabled", latency=1)
    return _encoded(_filled(sound, total_s), target)


def silence_command(*, total_s: float, target: Path) -> list[str]:
    """Silence."""
    silent = ffmpeg.input(f"anullsrc=r={RATE}:cl=stereo", f="lavfi", t=f"{total_s:.6f}").audio
    return _encoded(_filled(silent, total_s), target)


def _heard(upload: Path, length_s: float) -> Any:
    heard = ffmpeg.input(str(upload), t=f"{length_s + 1:.6f}", **OPTIONS).audio.filter(
        "asetpts", "PTS-STARTPTS"
    )
    return heard.filter("aresample", RATE, **{"async": 1, "first_pts": 0}).filter(
        "aformat", channel_layouts="stereo"
    )


def _filled(sound: Any, total_s: float) -> Any:
    return sound.filter("apad").filter("atrim", end=f"{total_s:.6f}")


def _around(clip: Around | None) -> list[Any]:
    if clip is None:
        return []
    sound = ffmpeg.input(str(clip.sound)).audio.filter("aresample", RATE, **{"async": 1, "first_pts": 0})
    return [_filled(sound, clip.length_s).filter("aformat", channel_layouts="stereo")]


def _encoded(sound: Any, target: Path) -> list[str]:
    return _command(
        ffmpeg.output(
            sound, str(target), **FAST, acodec="aac", audio_bitrate=BIT_RATE, ar=RATE, ac=2, map_metadata=-1,
            format="mp4",
        ),
        "warning",
    )  # fmt: skip


def _joined(playlist: Path, work: Path, ranges: Sequence[Range]) -> Any:
    several = len(ranges) > 1
    parts = []
    for index, one in enumerate(ranges):
        excerpt = write_excerpt(playlist, work / f"sound-{index}.m3u8", one.start_s, one.length_s)
        part = ffmpeg.input(str(excerpt), allowed_extensions="ALL").audio
        part = part.filter("atrim", start=f"{one.start_s:.6f}").filter("asetpts", f"PTS-{one.start_s:.6f}/TB")
        part = part.filter("aresample", RATE, **{"async": 1, "first_pts": 0}).filter("apad")
        part = part.filter("atrim", end=f"{one.length_s:.6f}")
        if several:  # no click where two pieces meet
            part = part.filter("afade", t="in", d=FADE_S).filter(
                "afade", t="out", st=f"{one.length_s - FADE_S:.6f}", d=FADE_S
            )
        parts.append(part.filter("aformat", channel_layouts="stereo"))
    return ffmpeg.concat(*parts, v=0, a=1) if several else parts[0]


def _command(output: Any, loglevel: str) -> list[str]:
    arguments = output.global_args(
        "-hide_banner", "-nostats", "-loglevel", loglevel, "-copyts", "-progress", "pipe:1"
    )
    command: list[str] = arguments.overwrite_output().compile(cmd=imageio_ffmpeg.get_ffmpeg_exe())
    return command
