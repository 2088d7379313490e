"""What is said aside is seen live, and is in nothing that a replay is made of."""

import re
import shutil
from pathlib import Path

import pytest

from lectern.manifest import RecordingStarted, encode_line, read_replay
from lectern.manifest.asides import is_aside
from lectern.manifest.so_far import read_so_far
from recording.packager import Packager
from tests.recording.replay_reader import playlist_seconds, read_pictures
from tests.recording.scripted_publisher import ScriptedPublisher, record

FPS = 15
ASIDE_COUNTERS = range(20 * FPS, 23 * FPS)


def recorded(directory: Path, start_s: float, end_s: float, session_ms: int, *, aside: bool = False) -> None:
    presenter = ScriptedPublisher()
    presenter.video("camera", "H264", start_s, end_s, fps=FPS)
    presenter.video("screen", "VP8", start_s, end_s, fps=FPS, size=(480, 270))
    presenter.mic(start_s, end_s)
    record([presenter], directory, end_s + 0.5, session_ms=session_ms, utc_ms=1_795_312_800_000 + session_ms)
    if aside:
        manifest = directory / "manifest.jsonl"
        lines = manifest.read_bytes().splitlines(keepends=True)
        begun = RecordingStarted(session_ms, 1_795_312_800_000 + session_ms, aside=True)
        manifest.write_bytes(b"".join([encode_line(begun), *lines[1:]]))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds for the replay, 23.5 s aside (pictures in the last three), and four for the replay."""
    session = tmp_path_factory.mktemp("lesson")
    packager = Packager(session)
    for number, (start_s, end_s, aside) in enumerate(((0, 4, False), (20, 23, True), (0, 4, False)), 1):
        recorded(session / "rec" / str(number), start_s, end_s, number * 60_000, aside=aside)
        packager.step()
        copy_of(session, f"live-{number}")
    packager.finish()
    return session


def copy_of(session: Path, name: str) -> None:
    (session / name).write_bytes((session / "hls" / "camera" / "live.m3u8").read_bytes())


def listed(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_replay_goes_from_before_to_after(lesson: Path) -> None:
    replay = read_replay(lesson / "hls" / "replay.json")
    assert replay.duration_ms == pytest.approx(9_000, abs=50)
    first, second = replay.clock
    assert (first.session_ms, second.session_ms) == (60_000, 180_000)
    assert second.media_ms == first.duration_ms
    assert replay.clock_map.media_ms(130_000) == second.media_ms  # in the aside the replay stands still
    for track in ("camera", "screen", "audio"):
        index = lesson / "hls" / track / "index.m3u8"
        assert playlist_seconds(index) == pytest.approx(replay.duration_ms / 1000, abs=0.01)


def test_no_file_of_the_replay_holds_a_picture_of_it(lesson: Path) -> None:
    """Whatever lies in `hls/` and not in a folder of its own, named by a playlist or not."""
    hls = lesson / "hls"
    for name in ("program.m3u8", "screen.m3u8"):
        seen = {value for _, value in read_pictures(hls / name)}
        assert len(seen & set(range(4 * FPS))) > 3 * FPS
        assert not seen & set(ASIDE_COUNTERS)
    named = {
        str((file.parent / name).resolve().relative_to(hls.resolve()))
        for file in hls.rglob("index.m3u8")
        for name in [*listed(file.read_text()), *re.findall(r'URI="([^"]+)"', file.read_text())]
    }
    pages = [file for track in ("camera", "screen", "audio") for file in (hls / track).glob("page-*.m3u8")]
    looked_back_at = {f"{file.parent.name}/{name}" for file in pages for name in listed(file.read_text())}
    assert looked_back_at == {path for path in named if path.endswith(".m4s")}
    assert read_so_far((hls / "so-far.json").read_bytes()).media_ms == pytest.approx(9_000, abs=50)
    there = {str(file.relative_to(hls)) for file in hls.rglob("*") if file.suffix in {".m4s", ".mp4"}}
    assert {path for path in there if not is_aside(path)} == named


def test_who_watches_live_sees_it(lesson: Path) -> None:
    before, during, after = ((lesson / f"live-{number}").read_text() for number in (1, 2, 3))
    assert not any("aside" in name for name in listed(before))
    assert listed(during)[-1].startswith("../aside-2/camera/")
    assert listed(after)[-1].startswith("0000")
    folder = lesson / "hls" / "camera"
    assert all((folder / name).is_file() for name in listed(during))
    assert during.index("../aside-2") > during.index("EXT-X-DISCONTINUITY\n")
    aside = lesson / "alone.m3u8"
    lines = during.replace("../aside-2", str(lesson / "hls" / "aside-2"))
    head, _, rest = lines.partition("#EXT-X-DISCONTINUITY\n")
    aside.write_text(head.partition("#EXT-X-MAP")[0] + rest + "#EXT-X-ENDLIST\n")
    assert set(ASIDE_COUNTERS) <= {value for _, value in read_pictures(aside)}


def test_a_packager_that_begins_anew_lists_the_same(lesson: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(lesson, again)  # it opens playlists that others read as closed
    Packager(again).step()
    assert (again / "hls" / "camera" / "live.m3u8").read_text() == (lesson / "live-3").read_text()
