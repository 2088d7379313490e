"""Intros and outros that somebody brought: made ready once, joined without encoding; bombs are refused."""

import struct
import subprocess
import zlib
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

from loadtests.replay.lesson_source import Shape, make_lesson
from mediaworker.clip_check import NO_VIDEO, TOO_LARGE, TOO_LONG, TOO_SHORT, checked
from mediaworker.media_job import Clip, Compose, MediaFailedError, MediaJob, MediaResult, Microcourse
from mediaworker.pipeline import library_files, run
from tests.media_pattern import beep_onsets


def made(target: Path, *arguments: str) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments, str(target)]
    subprocess.run(command, check=True)
    return target


def coloured(
    target: Path, colour: str, seconds: float = 2, size: str = "640x480", *, sound: bool = True
) -> Path:
    tone = ("-f", "lavfi", "-i", f"sine=440:d={seconds}") if sound else ()
    picture = ("-f", "lavfi", "-i", f"color={colour}:s={size}:r=25:d={seconds}")
    return made(target, *picture, *tone, "-c:v", "libx264", "-preset", "ultrafast", "-f", "mp4")


def done(job: MediaJob, files: Path, library: Path | None = None) -> MediaResult:
    return run(job, files=files, progress=lambda _: None, cancelled=lambda: False, library=library)


def colours(video: Path) -> str:
    """A letter for each picture: r(ed), b(lue), or a dot."""
    letters = []
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            red, _, blue = frame.reformat(16, 9, "rgb24").to_ndarray()[4, 8]
            letters.append("r" if red > 180 and blue < 90 else "b" if blue > 180 and red < 90 else ".")
    return "".join(letters)


def samples(path: Path) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray().mean(axis=0) for frame in container.decode(audio=0)])


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A red intro of 2 s with a tone, a blue outro of 1.5 s without sound, and a finished lesson of 12 s."""
    root = tmp_path_factory.mktemp("library")
    coloured(root / "branding/in/upload.mp4", "red")
    coloured(root / "branding/out/upload.mp4", "blue", 1.5, "320x180", sound=False)
    for name, ms in (("in", 2_000), ("out", 1_500)):
        assert done(Clip(), root / "branding" / name).duration_ms == ms
    make_lesson(root / "lesson", Shape(12, (4, 8), (320, 180)))
    return root


@pytest.mark.parametrize("source", ["", "download/1"])
def test_clips_stand_around_the_course_to_the_picture(library: Path, source: str) -> None:
    if source:
        done(Compose(output=source), library / "lesson")
    job = Microcourse(
        output=f"m/{source or 'own'}", start_ms=1_333, end_ms=5_333, title="接待客户", source=source,
        intro_clip="branding/in/made", outro_clip="branding/out/made",
    )  # fmt: skip
    result = done(job, library / "lesson", library)
    assert result.duration_ms == 2_000 + 3_000 + 4_000 + 1_500
    for name in ("video.mp4", "720.m3u8", "360.m3u8"):
        seen = colours(library / "lesson" / job.output / name)
        assert (len(seen), seen[:60], seen[-45:]) == (315, "r" * 60, "b" * 45), name
        assert not set(seen[60:-45]) & set("rb"), name
    heard = samples(library / "lesson" / job.output / "sound.m3u8")
    assert np.abs(heard[4_000:90_000]).max() > 0.05  # the tone
    assert np.abs(heard[2 * 48_000 + 2_000 : 5 * 48_000 - 2_000]).max() < 0.002  # the card
    assert np.abs(heard[-48_000:]).max() < 0.002  # an outro without sound
    onsets = beep_onsets(heard[5 * 48_000 - 100 :])
    assert onsets == pytest.approx([second - 1.333 for second in (2, 3, 4, 5)], abs=0.02)


def test_without_a_card_the_clip_leads_in(library: Path) -> None:
    job = Microcourse(
        output="m/bare", start_ms=0, end_ms=2_000, title="x", intro_clip="branding/in/made", card=False
    )
    assert done(job, library / "lesson", library).duration_ms == 4_000
    assert set(library_files(job)) == {
        f"branding/in/made/{name}" for name in ("result.json", "sound.mp4", "360.mp4", "720.mp4")
    }
    missing = Microcourse(output="m/no", start_ms=0, end_ms=2_000, title="x", intro_clip="branding/gone/made")
    with pytest.raises(MediaFailedError) as failed:
        done(missing, library / "lesson", library)
    assert failed.value.code == "clip_missing"


def png_bomb(target: Path) -> Path:
    """A picture of 30,000 × 30,000 pixels in some kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(3_751) * 2_000, 9)
    target.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
    return target


def playlist(target: Path) -> Path:
    """What would have the server read its own files."""
    target.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/passwd\n#EXT-X-ENDLIST\n")
    return target


async def test_what_is_no_clip_is_refused_with_words(tmp_path: Path) -> None:
    good = coloured(tmp_path / "good", "red", 1, "64x48")
    facts = await checked(good)
    assert (facts.duration_ms, facts.width, facts.height, facts.has_sound) == (1_000, 64, 48, True)
    (tmp_path / "text").write_bytes(b"MZ this is a program " * 1_000)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "cut").write_bytes(good.read_bytes()[:900])
    huge = ("-f", "lavfi", "-i", "color=red:s=8192x4320:r=1:d=1", "-c:v", "mjpeg", "-f", "mov")
    bomb = made(tmp_path / "bomb", *huge)
    sound = made(tmp_path / "sound", "-f", "lavfi", "-i", "sine=440:d=1", "-f", "mp4")
    slow = ("-f", "lavfi", "-i", "color=red:s=64x48:r=1:d=61", "-c:v", "mpeg4", "-f", "mp4")
    for path, reason in (
        (tmp_path / "text", NO_VIDEO),
        (tmp_path / "empty", NO_VIDEO),
        (tmp_path / "cut", NO_VIDEO),
        (tmp_path / "gone", NO_VIDEO),
        (png_bomb(tmp_path / "png"), NO_VIDEO),
        (playlist(tmp_path / "m3u8"), NO_VIDEO),
        (sound, NO_VIDEO),
        (bomb, TOO_LARGE),
        (made(tmp_path / "long", *slow), TOO_LONG),
        (coloured(tmp_path / "short", "red", 0.2, "64x48"), TOO_SHORT),
    ):
        with pytest.raises(MediaFailedError) as refused:
            await checked(path)
        assert (refused.value.code, refused.value.reason) == ("clip_invalid", reason), path.name
