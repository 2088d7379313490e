"""Media jobs on a real recorded replay, read back."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import av
import imageio_ffmpeg
import msgspec
import numpy as np
import pytest
from PIL import Image

from loadtests.replay.lesson_source import Shape, make_lesson
from mediaworker import steps
from mediaworker.loudness import integrated_of
from mediaworker.media_job import (
    Compose,
    MediaCancelledError,
    MediaFailedError,
    MediaJob,
    MediaResult,
    Microcourse,
)
from mediaworker.pipeline import run
from mediaworker.steps import Stage, Step
from mediaworker.transcoder import Progress, end_orphan, run_ffmpeg
from recording.packager import Packager
from tests.media_pattern import beep_onsets, read_counter
from tests.recording.scripted_publisher import ScriptedPublisher, record

FPS = 15
LATE_S = 0.03
PUBLISHED = {
    "video.mp4", "thumbnail.jpg", "result.json", "master.m3u8", "pictures.m3u8", "tiles.vtt", "tiles-000.jpg",
    "720.mp4", "720.m3u8", "360.mp4", "360.m3u8", "sound.mp4", "sound.m3u8",
}  # fmt: skip
INSET = (944, 524, 320, 180)


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 s: camera all along, but larger from 6 s on; the screen from 3.5 s to 8 s."""
    folder = tmp_path_factory.mktemp("session")
    presenter = ScriptedPublisher()
    presenter.video("camera", "H264", 0.0, 6.0, close=False)
    presenter.video("camera", "H264", 6.0, 12.0, size=(480, 270), open_track=False)
    presenter.video("screen", "VP8", 4.0, 8.0, size=(400, 300))
    presenter.mic(0.0, 12.0)
    record([presenter], folder / "rec" / "1", 12.4)
    Packager(folder).finish()
    return folder


@pytest.fixture
def session(replay: Path, tmp_path: Path) -> Path:
    """A session folder of its own with the same replay."""
    for path in replay.rglob("*"):
        if path.is_file() and "derived" not in path.parts:
            target = tmp_path / path.relative_to(replay)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)
    return tmp_path


def never() -> bool:
    return False


def forget(_: float) -> None:
    pass


def pictures(video: Path, box: tuple[int, int, int, int] | None = None) -> dict[float, int | None]:
    with av.open(str(video)) as container:
        return {round(frame.time or 0, 3): read_counter(frame, box) for frame in container.decode(video=0)}


def expected(media_s: float) -> set[int]:
    """The counters that may be seen at a moment of the replay."""
    exact = (media_s - LATE_S) * FPS
    return {int(exact - 0.5), int(exact), int(exact + 0.5), int(exact) - 1}


def test_microcourse(session: Path) -> None:
    told: list[float] = []
    job = Microcourse(
        output="derived/m/1", start_ms=2000, end_ms=10_000, title="接待客户", subtitle="王芳 · 销售部"
    )
    result = run(job, files=session, progress=told.append, cancelled=never)
    video = session / result.video
    assert result.duration_ms == pytest.approx(11_000, abs=50)
    assert (result.width, result.height) == (1280, 720)
    assert result.bytes == video.stat().st_size
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 4
    seen = pictures(video)
    assert all(value is None for at_s, value in seen.items() if at_s < 2.95)
    for at_s, value in seen.items():
        media_s = at_s - 3 + 2
        if 2.1 < media_s < 3.9 or 8.2 < media_s < 9.9:
            assert value in expected(media_s), (at_s, value)
    inset = pictures(video, INSET)
    for at_s, value in inset.items():
        media_s = at_s - 3 + 2
        if 4.2 < media_s < 7.9:
            assert value in expected(media_s), (at_s, value)
    with av.open(str(video)) as container:
        sound = np.concatenate([frame.to_ndarray().mean(axis=0) for frame in container.decode(audio=0)])
    assert np.abs(sound[: 48_000 * 3 - 2000]).max() < 0.001
    assert [round(onset, 1) for onset in beep_onsets(sound)] == [float(second) for second in range(3, 11)]
    with Image.open(session / result.thumbnail) as thumbnail:
        assert thumbnail.format == "JPEG"
        assert thumbnail.size == (640, 360)
        assert np.asarray(thumbnail.convert("L")).std() > 20
    assert {path.name for path in video.parent.iterdir()} == PUBLISHED
    assert [path.name for path in (session / "derived" / "m").iterdir()] == ["1"]
    data = video.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_finished_job_only_tells_its_result(session: Path) -> None:
    job = Microcourse(output="derived/m/1", start_ms=0, end_ms=2000, title="One")
    first = run(job, files=session, progress=forget, cancelled=never)
    at = (session / first.video).stat().st_mtime_ns
    assert run(job, files=session, progress=forget, cancelled=never) == first
    assert (session / first.video).stat().st_mtime_ns == at


def test_compose_makes_a_download_of_the_whole_replay(session: Path) -> None:
    result = run(Compose(), files=session, progress=forget, cancelled=never)
    assert result.duration_ms == pytest.approx(12_400, abs=60)
    seen = pictures(session / result.video)
    for at_s, value in seen.items():
        if 0.3 < at_s < 3.9 or 8.2 < at_s < 11.9:
            assert value in expected(at_s), (at_s, value)


def test_sound_alone_makes_a_video_too(tmp_path: Path) -> None:
    speaker = ScriptedPublisher()
    speaker.mic(0.0, 3.0)
    record([speaker], tmp_path / "rec" / "1", 3.2)
    Packager(tmp_path).finish()
    result = run(Compose(), files=tmp_path, progress=forget, cancelled=never)
    assert result.duration_ms == pytest.approx(3200, abs=60)


def remove_a_segment(session: Path) -> None:
    (session / "hls" / "camera" / "000001.m4s").unlink()


def damage_the_first_segment(session: Path) -> None:
    path = session / "hls" / "camera" / "000000.m4s"
    path.unlink()
    path.write_bytes(os.urandom(5000))


def damage_the_description(session: Path) -> None:
    path = session / "hls" / "replay.json"
    path.unlink()
    path.write_text("{")


def remove_the_description(session: Path) -> None:
    (session / "hls" / "replay.json").unlink()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (remove_a_segment, "source_unreadable"),
        (damage_the_first_segment, "source_unreadable"),
        (damage_the_description, "source_unreadable"),
        (remove_the_description, "replay_not_ready"),
    ],
)
def test_a_broken_source_is_named(session: Path, damage: Callable[[Path], None], code: str) -> None:
    damage(session)
    with pytest.raises(MediaFailedError) as failure:
        run(Compose(), files=session, progress=forget, cancelled=never)
    assert failure.value.code == code
    assert str(session) not in failure.value.reason
    assert not (session / "derived" / "download").exists()


@pytest.mark.parametrize(
    ("job", "code"),
    [
        (Microcourse(output="derived/m", start_ms=20_000, end_ms=30_000, title="x"), "range_invalid"),
        (Microcourse(output="derived/m", start_ms=5000, end_ms=5500, title="x"), "range_invalid"),
        (Microcourse(output="../elsewhere", start_ms=0, end_ms=5000, title="x"), "job_invalid"),
        (Compose(output="/etc"), "job_invalid"),
    ],
)
def test_impossible_jobs_are_refused(session: Path, job: MediaJob, code: str) -> None:
    with pytest.raises(MediaFailedError) as failure:
        run(job, files=session, progress=forget, cancelled=never)
    assert failure.value.code == code


def test_a_lost_lease_stops_the_work(session: Path) -> None:
    looks = iter([False, False, True, True, True, True])
    with pytest.raises(MediaCancelledError):
        run(Compose(), files=session, progress=forget, cancelled=lambda: next(looks))
    assert not (session / "derived" / "download").exists()
    (work,) = (session / "derived").iterdir()
    assert not list(work.glob("*.mp4"))
    assert not (work / "ffmpeg.pid").exists()


WORK_FOR_EVER = """
import sys
from pathlib import Path
from mediaworker.media_job import Compose
from mediaworker.pipeline import run
def tell(share):
    print(share, flush=True)
run(Compose(), files=Path(sys.argv[1]), progress=tell, cancelled=lambda: False)
"""


def test_a_killed_worker_is_replaced(session: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WORK_FOR_EVER, str(session)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    (work,) = (session / "derived").iterdir()
    deadline_s = time.monotonic() + 10
    while not (work / "ffmpeg.pid").exists():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    result = run(Compose(), files=session, progress=forget, cancelled=never)
    assert result.duration_ms == pytest.approx(12_400, abs=60)
    stored = (session / "derived/download/result.json").read_bytes()
    assert msgspec.json.decode(stored, type=MediaResult) == result


def test_only_our_own_orphan_is_ended(tmp_path: Path) -> None:
    (tmp_path / "ffmpeg.pid").write_text(str(os.getpid()))
    end_orphan(tmp_path)  # this very process does not name the folder: it lives on
    (tmp_path / "ffmpeg.pid").write_text("no number")
    end_orphan(tmp_path)
    orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path)])
    (tmp_path / "ffmpeg.pid").write_text(str(orphan.pid))
    end_orphan(tmp_path)
    assert orphan.wait(10) == -signal.SIGKILL


def test_jobs_travel_as_json() -> None:
    job = Microcourse(output="derived/m/1", start_ms=1, end_ms=2, title="题")
    assert msgspec.json.decode(msgspec.json.encode(job), type=MediaJob) == job


def test_progress_never_goes_back(tmp_path: Path) -> None:
    """What ffmpeg was seen to say: the whole length for a moment, then the truth."""
    said = "".join(f"out_time_us={us}\n" for us in (1_000_000, 11_000_000, 4_000_000, 3_000_000, 8_000_000))
    told: list[float] = []
    run_ffmpeg([sys.executable, "-c", f"print({said!r})"], tmp_path, 10.0, told.append, never)
    assert told == [0.1, 0.4, 0.8]


def samples(path: Path) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray().mean(axis=0) for frame in container.decode(audio=0)])


def box_of(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    width, height = frame.width * 320 // 1280, frame.height * 180 // 720
    return 0, 0, width, height


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lesson of 12 s whose screen (4 s to 8 s) and camera count, with its finished replay."""
    folder = tmp_path_factory.mktemp("composed")
    make_lesson(folder, Shape(12, (4, 8), (320, 180)))
    run(Compose(output="download/1"), files=folder, progress=forget, cancelled=never)
    return folder


@pytest.fixture
def finished(composed: Path, tmp_path: Path) -> Path:
    """The same, in a folder of the test's own."""
    for path in composed.rglob("*"):
        if path.is_file():
            target = tmp_path / path.relative_to(composed)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)
    return tmp_path


def seen_in(playlist: Path) -> list[int | None]:
    with av.open(str(playlist)) as container:
        return [read_counter(frame, box_of(frame)) for frame in container.decode(video=0)]


def counted(first: int, last: int) -> list[int]:
    """What the pictures `first` to `last` of the replay show: the screen counts half as fast."""
    return [picture // 2 if 120 <= picture < 240 else picture for picture in range(first, last)]


def test_a_cut_copies_the_finished_replay_picture_by_picture(finished: Path) -> None:
    job = Microcourse(
        output="m/1", start_ms=0, end_ms=0, title="接待客户", outro="谢谢", source="download/1",
        ranges=((1_333, 9_900), (500, 1_700)), logo=logo(),
    )  # fmt: skip
    result = run(job, files=finished, progress=forget, cancelled=never)
    assert result.duration_ms == round((90 + 257 + 36 + 90) / 30 * 1000)
    for name in ("video.mp4", "720.m3u8", "360.m3u8"):
        seen = seen_in(finished / "m/1" / name)
        assert seen[:90] == [None] * 90, name
        assert seen[90:383] == [*counted(40, 297), *counted(15, 51)], name
        assert seen[383:] == [None] * 90, name
    for name in ("video.mp4", "sound.m3u8"):
        onsets = beep_onsets(samples(finished / "m/1" / name))
        expected_s = [3 + second - 40 / 30 for second in range(2, 10)] + [3 + 257 / 30 + 0.5]
        assert onsets == pytest.approx(expected_s, abs=0.012), name


def test_a_cut_before_the_replay_is_finished_is_composed(finished: Path) -> None:
    (finished / "download/1/result.json").unlink()
    job = Microcourse(output="m/1", start_ms=1_000, end_ms=3_000, title="x", source="download/1")
    run(job, files=finished, progress=forget, cancelled=never)
    assert seen_in(finished / "m/1/360.m3u8")[90:] == counted(30, 90)


def logo() -> bytes:
    out = BytesIO()
    Image.new("RGBA", (400, 100), (255, 0, 0, 255)).save(out, "PNG")
    return out.getvalue()


def test_the_finished_replay_is_a_ladder_at_even_loudness(composed: Path) -> None:
    made = composed / "download/1"
    for name, size in (("720", (1280, 720)), ("360", (640, 360))):
        with av.open(str(made / f"{name}.m3u8")) as container:
            frames = list(container.decode(video=0))
        assert [round((frame.time or 0) * 30) for frame in frames] == list(range(360))
        assert (frames[0].width, frames[0].height) == size
        assert [frame.key_frame for frame in frames] == [number % 60 == 0 for number in range(360)]
    log = subprocess.run(
        [
            imageio_ffmpeg.get_ffmpeg_exe(), "-i", made / "sound.mp4", "-af", "ebur128=framelog=quiet",
            "-f", "null", "-",
        ],
        stderr=subprocess.PIPE, text=True, check=True,
    ).stderr  # fmt: skip
    assert integrated_of(log) == pytest.approx(-16.0, abs=0.5)
    with Image.open(made / "tiles-000.jpg") as sheet:
        first = np.asarray(sheet.convert("L").crop((0, 0, 160, 90)))
        second = np.asarray(sheet.convert("L").crop((160, 0, 320, 90)))
    assert first.std() > 10
    assert np.abs(first.astype(int) - second).mean() > 10  # the camera, and the screen at second 4
    assert "00:00:10.000 --> 00:00:12.000" in (made / "tiles.vtt").read_text()


@pytest.mark.parametrize("source", ["", "download/1"])
def test_screen_and_camera_side_by_side_whatever_the_finished_replay_shows(
    finished: Path, source: str
) -> None:
    job = Microcourse(
        output="m/1", start_ms=7_500, end_ms=8_500, title="x", arrangement="side_by_side", source=source
    )  # fmt: skip
    run(job, files=finished, progress=forget, cancelled=never)
    with av.open(str(finished / "m/1/720.m3u8")) as container:
        frames = list(container.decode(video=0))[90:]
    assert read_counter(frames[5], (16, 116, 216, 121)) == 230 // 2
    assert read_counter(frames[5], (896, 256, 92, 51)) == 230
    assert read_counter(frames[25], (0, 0, 320, 180)) == 250


def test_slides_alone_with_the_voice(finished: Path) -> None:
    job = Microcourse(
        output="m/1", start_ms=7_500, end_ms=8_500, title="x", arrangement="slides", source="download/1"
    )  # fmt: skip
    run(job, files=finished, progress=forget, cancelled=never)
    with av.open(str(finished / "m/1/720.m3u8")) as container:
        frames = list(container.decode(video=0))[90:]
    shown, inset = frames[5].to_ndarray(format="gray"), (slice(524, 704), slice(944, 1264))
    assert read_counter(frames[5], (0, 0, 320, 180)) == 230 // 2
    with av.open(str(finished / "download/1/720.m3u8")) as container:
        before = list(container.decode(video=0))[230].to_ndarray(format="gray")
    assert np.abs(shown[inset].astype(int) - before[inset]).mean() > 10  # where the camera was
    assert read_counter(frames[25], (0, 0, 320, 180)) == 250  # the camera, alone again
    beeps = beep_onsets(samples(finished / "m/1/sound.m3u8"))
    assert beeps == pytest.approx([3.5], abs=0.012)


def test_what_is_done_is_not_done_again(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies in each step: the next one begins with that step."""
    job = Microcourse(output="m/1", start_ms=1_000, end_ms=5_000, title="x", source="download/1")
    begun: list[str] = []
    killed: set[str] = set()

    def once_killed(step: Step) -> Step:
        def do(stage: Stage, progress: Progress) -> None:
            begun.append(step.name)
            if step.name not in killed:
                killed.add(step.name)
                raise KeyboardInterrupt
            step.do(stage, progress)

        return replace(step, do=do)

    monkeypatch.setattr(steps, "STEPS", tuple(once_killed(step) for step in steps.STEPS))
    for _ in steps.STEPS:
        with pytest.raises(KeyboardInterrupt):
            run(job, files=finished, progress=forget, cancelled=never)
    (next((finished / "m").glob(".*")) / "left.1.part").write_bytes(b"half")
    run(job, files=finished, progress=forget, cancelled=never)
    assert begun == [step.name for step in steps.STEPS for _ in range(2)]
    assert {path.name for path in (finished / "m").iterdir()} == {"1"}
    assert {path.name for path in (finished / "m/1").iterdir()} == PUBLISHED


def test_a_full_disk_in_every_step_holds_the_job_and_touches_nothing(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each step in turn nothing can be written; then there is room, and the work goes on where it was."""
    source = {path: path.stat().st_size for path in finished.rglob("*") if path.is_file()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # else the write kills instead of failing
    job = Microcourse(output="m/1", start_ms=1_000, end_ms=2_500, title="x", source="download/1")
    filled: set[str] = set()

    def filling(step: Step) -> Step:
        def do(stage: Stage, progress: Progress) -> None:
            if step.name in filled:
                return step.do(stage, progress)
            filled.add(step.name)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
            try:
                step.do(stage, progress)
            finally:  # whoever captures our log has a file, too
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

        return replace(step, do=do)

    monkeypatch.setattr(steps, "STEPS", tuple(filling(step) for step in steps.STEPS))
    try:
        for step in steps.STEPS:
            with pytest.raises(MediaFailedError) as failed:
                run(job, files=finished, progress=forget, cancelled=never)
            assert failed.value.code == "disk_error", step.name
            assert "full" in failed.value.reason
            assert not (finished / "m/1").exists()
            assert {path: path.stat().st_size for path in source} == source
    finally:
        signal.signal(signal.SIGXFSZ, handler)
    run(job, files=finished, progress=forget, cancelled=never)
    assert seen_in(finished / "m/1/360.m3u8")[90:] == counted(30, 75)


def without_keyframes(session: Path) -> None:
    """Every segment of the camera begins in the middle of a group."""
    for path in (session / "hls" / "camera").glob("*.m4s"):
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(
            data.replace(b"\x00\x00\x00\x01\x65", b"\x00\x00\x00\x01\x61").replace(b"\x65\x88", b"\x00\x00")
        )


def empty_segment(session: Path) -> None:
    path = session / "hls" / "audio" / "000000.m4s"
    path.unlink()
    path.write_bytes(b"")


def truncated_in_the_middle(session: Path) -> None:
    for number in range(1, 6):
        path = session / "hls" / "camera" / f"00000{number}.m4s"
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data[:200])


@pytest.mark.parametrize("damage", [without_keyframes, empty_segment])
def test_damage_is_named_and_nothing_is_deleted(finished: Path, damage: Callable[[Path], None]) -> None:
    damage(finished)
    left = {path for path in finished.rglob("*") if path.is_file()}
    with pytest.raises(MediaFailedError) as failure:
        run(Compose(output="again"), files=finished, progress=forget, cancelled=never)
    assert failure.value.code == "source_unreadable"
    assert str(finished) not in failure.value.reason
    assert not (finished / "again").exists()
    assert all(path.exists() for path in left)


def test_what_is_left_of_a_truncated_recording_is_shown_at_its_time(finished: Path) -> None:
    truncated_in_the_middle(finished)
    job = Microcourse(output="m/1", start_ms=1_000, end_ms=6_000, title="x")
    result = run(job, files=finished, progress=forget, cancelled=never)
    assert result.duration_ms == 8_000
    seen = seen_in(finished / "m/1/360.m3u8")[90:]
    assert seen[:30] == counted(30, 60)
    assert seen[95:] == counted(125, 180)


@pytest.mark.parametrize("bad", [b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_logo_that_is_none_is_refused(finished: Path, bad: bytes) -> None:
    job = Microcourse(output="m/1", start_ms=1_000, end_ms=2_500, title="x", source="download/1", logo=bad)
    with pytest.raises(MediaFailedError) as failed:
        run(job, files=finished, progress=forget, cancelled=never)
    assert failed.value.code == "logo_invalid"
