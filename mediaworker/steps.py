"""The steps of a media job: each makes its results in the job's working folder, from what is there.

`STEPS` is the table that `mediaworker.pipeline` works off. A result gets its name when it is whole; a step
whose result is there is not asked again, so a step may be killed anywhere.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import msgspec

from lectern.manifest import Replay
from lectern.manifest.medium import MASTER, PICTURES, RESULT, THUMBNAIL, TILES, VIDEO
from mediaworker.clip_check import facts_of
from mediaworker.composition import card_command, compose_command, edge_command, upload_command
from mediaworker.cutting import CARD, FPS, Piece, Range
from mediaworker.intro_card import draw_card
from mediaworker.joining import Part, fragment_sound, join
from mediaworker.ladder import (
    SOUND,
    Variant,
    carve,
    codec_of,
    fragments_of,
    master_playlist,
    media_playlist,
    peak_bps,
    stretches,
)
from mediaworker.layout import HEIGHT, WIDTH, compose_layout
from mediaworker.loudness import (
    RATE,
    Around,
    gain_db,
    integrated_of,
    measure_command,
    measure_upload_command,
    silence_command,
    sound_command,
    upload_sound_command,
)
from mediaworker.media_job import (
    Clip,
    Compose,
    MediaCancelledError,
    MediaFailedError,
    MediaJob,
    MediaResult,
    Microcourse,
)
from mediaworker.renditions import LARGE, RENDITIONS, SMALL
from mediaworker.source_check import check_playlist
from mediaworker.thumbnail import write_thumbnail
from mediaworker.tiles import write_sheets
from mediaworker.transcoder import NICENESS, PATIENT_NICENESS, Cancelled, Progress, run_ffmpeg

VIDEO_TICKS = FPS * 512
COUNTED = 0.99
"""The share of a job that its steps are; the rest is giving the medium its name."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What every step works with. `composed` is the folder of a finished composition to copy from."""

    job: MediaJob
    hls: Path
    composed: Path | None
    work: Path
    replay: Replay
    ranges: tuple[Range, ...]
    pieces: tuple[Piece, ...]
    cancelled: Cancelled
    library: Path
    """Where clips are."""
    upload: Path | None = None
    """What a `Clip` is made of; there is no replay then."""

    @property
    def frames(self) -> int:
        """How many pictures the medium has."""
        return sum(piece.range.count for piece in self.pieces)

    @property
    def length_s(self) -> float:
        """How long the medium is."""
        return self.frames / FPS

    @property
    def niceness(self) -> int:
        """Work that nobody waits for gives way."""
        return PATIENT_NICENESS if isinstance(self.job, Compose) else NICENESS

    def look(self) -> None:
        """Raise MediaCancelledError if the work is not wanted any more."""
        if self.cancelled():
            raise MediaCancelledError

    def ffmpeg(self, command: list[str], length_s: float, progress: Progress) -> None:
        """Run ffmpeg in the working folder. Raises as `run_ffmpeg`."""
        run_ffmpeg(command, self.work, length_s, progress, self.cancelled, niceness=self.niceness)

    def part(self, name: str) -> Path:
        """Where a file is made before it is moved to `name`."""
        return self.work / f"{name}.{os.getpid()}.part"


@dataclass(frozen=True, slots=True)
class Step:
    """`leaves` is there when it is done; `weight` is its share of the work, as measured."""

    name: str
    weight: float
    leaves: str
    do: Callable[[Stage, Progress], None]


def layout_sources(replay: Replay, range_: Range) -> dict[str, str]:
    """The playlists that a range's picture is made of, by source."""
    return compose_layout(replay, round(range_.first * 1000 / FPS), round(range_.last * 1000 / FPS)).sources


def _probe(stage: Stage, progress: Progress) -> None:
    """Can everything that is needed be read at all?"""
    if stage.upload is not None:
        (stage.work / "probed").write_text("")
        return
    for index, range_ in enumerate(stage.ranges):
        sources = {} if stage.composed else layout_sources(stage.replay, range_)
        for name, playlist in {**sources, "sound": stage.replay.audio}.items():
            target = stage.work / f"probe-{name}.m3u8"
            check_playlist(stage.hls / playlist, target, name, range_.start_s, range_.length_s)
        progress((index + 1) / len(stage.ranges))
    (stage.work / "probed").write_text("")


def _loudness(stage: Stage, progress: Progress) -> None:
    if stage.upload is not None and not facts_of(stage.upload).has_sound:
        (stage.work / "gain").write_text("0.00")
        return
    if stage.upload is not None:
        command = measure_upload_command(stage.upload, stage.length_s)
    else:
        command = measure_command(stage.hls / stage.replay.audio, stage.work, stage.ranges)
    stage.ffmpeg(command, stage.length_s, progress)
    words = (stage.work / "ffmpeg.log").read_text(errors="replace")
    part = stage.part("gain")
    part.write_text(f"{gain_db(integrated_of(words)):.2f}")
    part.replace(stage.work / "gain")


def _sound(stage: Stage, progress: Progress) -> None:
    part = stage.part("sound.m4a")
    gain = float((stage.work / "gain").read_text())
    if stage.upload is None:
        before, behind = _around(stage, "before"), _around(stage, "behind")
        command = sound_command(
            stage.hls / stage.replay.audio,
            stage.work,
            stage.ranges,
            gain=gain,
            before_s=CARD / FPS if any(piece.kind == "intro" for piece in stage.pieces) else 0.0,
            total_s=stage.length_s - sum(one.length_s for one in (before, behind) if one is not None),
            target=part,
            before=before,
            behind=behind,
        )
    elif facts_of(stage.upload).has_sound:
        command = upload_sound_command(stage.upload, gain=gain, total_s=stage.length_s, target=part)
    else:
        command = silence_command(total_s=stage.length_s, target=part)
    stage.ffmpeg(command, stage.length_s, progress)
    part.replace(stage.work / "sound.m4a")


def _around(stage: Stage, kind: str) -> Around | None:
    piece = next((piece for piece in stage.pieces if piece.kind == kind), None)
    if piece is None:
        return None
    return Around(clip_folder(stage, kind) / f"{SOUND}.mp4", piece.range.length_s)


def clip_folder(stage: Stage, kind: str) -> Path:
    """Where the clip is that stands `before` or `behind`."""
    assert isinstance(stage.job, Microcourse)
    return stage.library / (stage.job.intro_clip if kind == "before" else stage.job.outro_clip)


def _pictures(stage: Stage, progress: Progress) -> None:
    """Every piece, each in all sizes; what is there already stays."""
    effort = [
        1.0 if piece.kind in ("copy", "before", "behind") else 1.0 + piece.range.count
        for piece in stage.pieces
    ]
    done = 0.0
    for index, piece in enumerate(stage.pieces):
        start = done

        def within(share: float, start: float = start, length: float = effort[index]) -> None:
            progress((start + share * length) / sum(effort))

        finished = {one.name: stage.work / f"piece-{index:03d}-{one.name}.mp4" for one in RENDITIONS}
        if not all(path.exists() for path in finished.values()):
            _make_piece(stage, piece, finished, within)
        done += effort[index]
        stage.look()
    (stage.work / "pictures").write_text("")


def _make_piece(stage: Stage, piece: Piece, finished: dict[str, Path], progress: Progress) -> None:
    range_ = piece.range
    parts = {name: stage.part(path.name) for name, path in finished.items()}
    if piece.kind in ("before", "behind"):
        for name, part in parts.items():
            shutil.copyfile(clip_folder(stage, piece.kind) / f"{name}.mp4", part)
    elif piece.kind == "upload":
        assert stage.upload is not None
        stage.ffmpeg(upload_command(stage.upload, range_.count, parts), range_.length_s, progress)
    elif piece.kind == "copy":
        for name, part in parts.items():
            _carve(stage, name, range_, part)
    elif piece.kind == "edge":
        carved = stage.part("edge.mp4")
        _carve(stage, LARGE.name, range_, carved)
        stage.ffmpeg(edge_command(carved, range_, parts), range_.length_s, progress)
        carved.unlink()
    elif piece.kind == "compose":
        assert not isinstance(stage.job, Clip)
        command = compose_command(stage.replay, stage.hls, range_, parts, stage.job.arrangement)
        stage.ffmpeg(command, range_.length_s, progress)
    else:
        assert isinstance(stage.job, Microcourse)
        card = stage.work / "card.png"
        words = (stage.job.title, stage.job.subtitle) if piece.kind == "intro" else (stage.job.outro, "")
        draw_card(card, *words, stage.job.accent, (WIDTH, HEIGHT), logo=stage.job.logo)
        stage.ffmpeg(card_command(card, range_.count, parts), range_.length_s, progress)
    for name, path in finished.items():
        parts[name].replace(path)


def _carve(stage: Stage, rendition: str, range_: Range, target: Path) -> None:
    assert stage.composed is not None
    try:
        text = (stage.composed / f"{rendition}.m3u8").read_text()
        carve(stage.composed / f"{rendition}.mp4", text, range_.start_s, range_.last / FPS, target)
    except (ValueError, FileNotFoundError):
        raise MediaFailedError(
            "source_unreadable", "The finished replay is damaged: make it again."
        ) from None


def _join(stage: Stage, progress: Progress) -> None:
    """The download and the ladder; the master playlist comes last."""
    sound = stage.work / "sound.m4a"
    made = 0

    def finish(name: str, make: Callable[[Path], None]) -> None:
        nonlocal made
        target = stage.work / name
        if not target.exists():
            part = stage.part(name)
            make(part)
            part.replace(target)
        made += 1
        progress(made / 4)

    finish(VIDEO, lambda part: join(_parts(stage, LARGE.name), sound, part, stage.look, fragmented=False))
    for one in RENDITIONS:
        parts = _parts(stage, one.name)
        finish(
            f"{one.name}.mp4",
            lambda part, parts=parts: join(parts, None, part, stage.look, fragmented=True),  # type: ignore[misc] # bound early
        )
    finish(f"{SOUND}.mp4", lambda part: fragment_sound(sound, part, stage.look))
    _describe_ladder(stage)


def _parts(stage: Stage, rendition: str) -> list[Part]:
    return [
        Part(
            stage.work / f"piece-{index:03d}-{rendition}.mp4",
            piece.range.first if piece.kind == "copy" else 0,
            piece.range.count,
        )
        for index, piece in enumerate(stage.pieces)
    ]


def _describe_ladder(stage: Stage) -> None:
    variants: list[Variant] = []
    sound_bps = 0
    for name, ticks in ((SOUND, RATE), *((one.name, VIDEO_TICKS) for one in RENDITIONS)):
        file = stage.work / f"{name}.mp4"
        fragmented = fragments_of(file)
        segments = stretches(fragmented, ticks, stage.length_s)
        (stage.work / f"{name}.m3u8").write_text(media_playlist(file.name, fragmented.init_bytes, segments))
        if name == SOUND:
            sound_bps = peak_bps(segments)
            continue
        with av.open(str(file)) as container:
            stream = container.streams.video[0]
            codec = codec_of(bytes(stream.codec_context.extradata or b""))
            size = stream.width, stream.height
        variants.append(Variant(name, *size, peak_bps(segments) + sound_bps, codec))
    (stage.work / PICTURES).write_text(master_playlist(variants, sound=False))
    part = stage.part(MASTER)
    part.write_text(master_playlist(variants, sound=True))
    part.replace(stage.work / MASTER)


def _tiles(stage: Stage, _progress: Progress) -> None:
    write_sheets(stage.work / f"{SMALL.name}.mp4", stage.work, stage.length_s, stage.look)


def _thumbnail(stage: Stage, _progress: Progress) -> None:
    part = stage.part(THUMBNAIL)
    write_thumbnail(stage.work / VIDEO, part, after_ms=_lead_ms(stage))
    part.replace(stage.work / THUMBNAIL)


def _lead_ms(stage: Stage) -> int:
    """How long it is until something of the lesson is seen."""
    leading = [piece for piece in stage.pieces if piece.kind in ("before", "intro")]
    return round(sum(piece.range.length_s for piece in leading) * 1000)


def _result(stage: Stage, _progress: Progress) -> None:
    video = stage.work / VIDEO
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        result = MediaResult(
            video=f"{stage.job.output}/{VIDEO}",
            thumbnail=f"{stage.job.output}/{THUMBNAIL}",
            duration_ms=round(stage.length_s * 1000),
            width=stream.width,
            height=stream.height,
            bytes=video.stat().st_size,
            ladder=f"{stage.job.output}/{MASTER}",
            tiles=f"{stage.job.output}/{TILES}",
            lead_ms=_lead_ms(stage),
            arrangement="inset" if isinstance(stage.job, Clip) else stage.job.arrangement,
        )
    part = stage.part(RESULT)
    part.write_bytes(msgspec.json.encode(result))
    part.replace(stage.work / RESULT)


def step_at(progress: float) -> tuple[str, float]:
    """Which step a job's progress (0..1) belongs to, and how much of it is done: the inverse of how
    `mediaworker.pipeline` counts. Before the first step files are fetched, after the last one published."""
    if progress <= 0:
        return "fetch", 0.0
    done = progress / COUNTED * sum(step.weight for step in STEPS)
    for step in STEPS:
        if done < step.weight:
            return step.name, done / step.weight
        done -= step.weight
    return "publish", min(1.0, max(0.0, (progress - COUNTED) / (1 - COUNTED)))


STEPS: tuple[Step, ...] = (
    Step("probe", 1, "probed", _probe),
    Step("loudness", 1, "gain", _loudness),
    Step("sound", 4, "sound.m4a", _sound),
    Step("pictures", 88, "pictures", _pictures),
    Step("join", 3, MASTER, _join),
    Step("tiles", 1, TILES, _tiles),
    Step("thumbnail", 1, THUMBNAIL, _thumbnail),
    Step("result", 1, RESULT, _result),
)
