"""Media jobs on a real recorded replay, read back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
from PIL import Image

from mediaworker.media_job import (
    Compose,
    MediaCancelledError,
    MediaFailedError,
    MediaJob,
    MediaResult,
    Microcourse,
)
from mediaworker.pipeline import run
from mediaworker.transcoder import end_orphan, run_ffmpeg
from recording.packager import Packager
from tests.media_pattern import beep_onsets, read_counter
from tests.recording.scripted_publisher import ScriptedPublisher, record

FPS = 15
LATE_S = 0.03
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
    assert sorted(path.name for path in video.parent.iterdir()) == [
        "result.json",
        "thumbnail.jpg",
        "video.mp4",
    ]
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
