"""ffmpeg command lines that make pictures: of the recording, of the edges of a cut, of cards."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ffmpeg
import imageio_ffmpeg

from lectern.manifest import Replay
from mediaworker.clip_check import MOST_PIXELS, OPTIONS
from mediaworker.cutting import FPS, Range
from mediaworker.excerpt import write_excerpt
from mediaworker.layout import BACKGROUND, HEIGHT, WHOLE, WIDTH, between, boxes, compose_layout
from mediaworker.media_job import Arrangement
from mediaworker.renditions import written

_GROUND = f"0x{BACKGROUND}"
Fit = Callable[[Any, int, int], Any]


def compose_command(
    replay: Replay, hls: Path, range_: Range, targets: dict[str, Path], arrangement: Arrangement
) -> list[str]:
    """The composition of a range of the replay. Writes its playlists beside the targets.

    Timestamps are those of the replay (`copyts`) until the graph moves the cut to 0: what ffmpeg takes for
    the start of an HLS input, and seeks by, depends on what it probed. The picture's size may change in the
    middle of a playlist: `reinit_filter=0` keeps the graph as it is then, and scale and pad follow each
    frame; a rebuilt graph would start its clock again.
    """
    layout = compose_layout(replay, *_milliseconds(range_))
    anywhere = next(iter(targets.values()))

    def source(name: str, playlist: str) -> Any:
        target = anywhere.with_name(f"{anywhere.name}.{name}.m3u8")
        excerpt = write_excerpt(hls / playlist, target, range_.start_s, range_.length_s)
        return ffmpeg.input(str(excerpt), allowed_extensions="ALL", reinit_filter=0).video

    def fitted(stream: Any, width: int, height: int) -> Any:
        timed = stream.filter("setpts", f"PTS-{range_.start_s:.6f}/TB")
        scaled = timed.filter(
            "scale", width, height,
            force_original_aspect_ratio="decrease", force_divisible_by=2, eval="frame",
            # Browsers send canvases and screens in full range; left so, players stretch dark and light.
            out_range="tv",
        )  # fmt: skip
        padded = scaled.filter("pad", width, height, "(ow-iw)/2", "(oh-ih)/2", color=_GROUND, eval="frame")
        return padded.filter("setsar", 1).filter("fps", FPS, start_time=0)

    videos = {name: source(name, path) for name, path in layout.sources.items()}
    both = between(layout.both)
    if "screen" not in videos:
        picture = fitted(videos["camera"], WIDTH, HEIGHT)
    elif "camera" not in videos:
        picture = fitted(videos["screen"], WIDTH, HEIGHT)
    else:
        placed = {name: box for name, box in boxes(arrangement).items() if box != WHOLE} if both else {}
        copies = {
            "screen": _copies(videos["screen"], 1 + ("screen" in placed)),
            "camera": _copies(videos["camera"], bool(layout.camera_alone) + ("camera" in placed)),
        }
        picture = fitted(copies["screen"].pop(), WIDTH, HEIGHT)
        if layout.camera_alone:
            picture = picture.overlay(
                fitted(copies["camera"].pop(), WIDTH, HEIGHT), enable=between(layout.camera_alone)
            )
        if "screen" in placed:
            picture = picture.filter("drawbox", *WHOLE, color=_GROUND, t="fill", enable=both)
        for name, (left, top, width, height) in placed.items():
            picture = picture.overlay(fitted(copies[name].pop(), width, height), x=left, y=top, enable=both)
    picture = picture.filter("tpad", stop_mode="clone", stop_duration=5)
    return _command(written(picture, targets, range_.count))


def edge_command(carved: Path, range_: Range, targets: dict[str, Path]) -> list[str]:
    """A few pictures of a composed replay once more. `carved` holds them, with the replay's timestamps."""
    half = 0.5 / FPS
    picture = ffmpeg.input(str(carved)).video.filter(
        "trim", start=f"{range_.start_s - half:.6f}", end=f"{range_.last / FPS - half:.6f}"
    )
    picture = picture.filter("setpts", f"PTS-{range_.start_s:.6f}/TB").filter("fps", FPS, start_time=0)
    return _command(written(picture, targets, range_.count))


def upload_command(upload: Path, frames: int, targets: dict[str, Path]) -> list[str]:
    """A file that somebody brought, on the grid: fitted into the large size, its last picture held.

    Pictures that are larger than was found when it was taken in are refused by the decoder.
    """
    seen = ffmpeg.input(str(upload), max_pixels=MOST_PIXELS, t=f"{frames / FPS + 1:.6f}", **OPTIONS).video
    picture = seen.filter("setpts", "PTS-STARTPTS").filter(
        "scale", WIDTH, HEIGHT, force_original_aspect_ratio="decrease", force_divisible_by=2, eval="frame",
        out_range="tv",
    )  # fmt: skip
    picture = picture.filter("pad", WIDTH, HEIGHT, "(ow-iw)/2", "(oh-ih)/2", color="black", eval="frame")
    picture = picture.filter("setsar", 1).filter("fps", FPS, start_time=0)
    picture = picture.filter("tpad", stop_mode="clone", stop_duration=2)
    return _command(written(picture, targets, frames))


def card_command(card: Path, frames: int, targets: dict[str, Path]) -> list[str]:
    """A still for as long as it is seen."""
    still = ffmpeg.input(str(card), loop=1, framerate=FPS).video
    still = still.filter("scale", WIDTH, HEIGHT, out_range="tv", out_color_matrix="bt709")
    still = still.filter("format", "yuv420p")
    return _command(written(still.filter("setsar", 1), targets, frames))


def _copies(stream: Any, count: int) -> list[Any]:
    if count < 2:
        return [stream] * count
    copies = stream.filter_multi_output("split", count)
    return [copies[index] for index in range(count)]


def _milliseconds(range_: Range) -> tuple[int, int]:
    return round(range_.first * 1000 / FPS), round(range_.last * 1000 / FPS)


def _command(outputs: Any) -> list[str]:
    arguments = outputs.global_args(
        "-hide_banner", "-nostats", "-loglevel", "warning", "-copyts", "-progress", "pipe:1"
    )
    command: list[str] = arguments.overwrite_output().compile(cmd=imageio_ffmpeg.get_ffmpeg_exe())
    return command
