"""Recordings as a crash, a disk or a stranger leaves them: what can be read is shown, and no byte is lost."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mediaworker import pipeline
from mediaworker.media_job import Compose, MediaFailedError
from recording.packager import Packager
from tests.recording.replay_reader import playlist_seconds, read_pictures
from tests.recording.scripted_publisher import ScriptedPublisher, record


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    presenter = ScriptedPublisher()
    presenter.video("camera", "H264", 0.0, 6.0)
    presenter.mic(0.0, 6.0)
    record([presenter], folder / "rec" / "1", 6.4)
    return folder


def fragments(session: Path) -> list[Path]:
    return sorted((session / "rec" / "1").glob("camera-*/*.mp4"))


def empty_fragment(session: Path) -> None:
    fragments(session)[1].write_bytes(b"")


def truncated_fragment(session: Path) -> None:
    path = fragments(session)[1]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def corrupt_fragment(session: Path) -> None:
    path = fragments(session)[1]
    content = bytearray(path.read_bytes())
    content[200:1_500] = os.urandom(1_300)
    path.write_bytes(content)


def foreign_fragment(session: Path) -> None:
    fragments(session)[1].write_bytes(b"MZ this is a program " * 500)


def truncated_manifest(session: Path) -> None:
    path = session / "rec" / "1" / "manifest.jsonl"
    path.write_bytes(path.read_bytes()[:-30])


def kept(session: Path) -> dict[str, str]:
    return {
        str(path.relative_to(session)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (session / "rec").rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "damage",
    [empty_fragment, truncated_fragment, corrupt_fragment, foreign_fragment, truncated_manifest],
)
def test_damage_costs_only_itself_and_nothing_recorded_is_touched(
    recorded: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    shutil.copytree(recorded / "rec", tmp_path / "rec")
    damage(tmp_path)
    before = kept(tmp_path)
    replay = Packager(tmp_path).finish()
    assert kept(tmp_path) == before
    assert replay.duration_ms > 5_000
    assert playlist_seconds(tmp_path / "hls/camera/index.m3u8") == pytest.approx(
        replay.duration_ms / 1000, abs=0.05
    )
    seen = {value for _, value in read_pictures(tmp_path / "hls/camera/index.m3u8") if value is not None}
    assert {0, 5, 10} <= seen
    assert max(seen) > 60
    assert all(value < 90 for value in seen)


@pytest.mark.parametrize("manifest", [b"", b"\xff\xfe\x00garbage\n", None])
def test_nothing_at_all_is_an_empty_replay_that_no_worker_makes_into_a_video(
    tmp_path: Path, manifest: bytes | None
) -> None:
    (tmp_path / "rec" / "1").mkdir(parents=True)
    if manifest is not None:
        (tmp_path / "rec" / "1" / "manifest.jsonl").write_bytes(manifest)
    before = kept(tmp_path)
    replay = Packager(tmp_path).finish()
    assert (replay.duration_ms, replay.videos, replay.has_sound) == (0, (), False)
    with pytest.raises(MediaFailedError, match="range_invalid"):
        pipeline.run(Compose(), files=tmp_path, progress=lambda _: None, cancelled=lambda: False)
    assert kept(tmp_path) == before
    assert not (tmp_path / "derived/download").exists()
