"""What groups of the class record is theirs: a replay for each, and not a sound of it in the lesson's."""

from pathlib import Path

import numpy as np
import pytest

from lectern.manifest import (
    Clock,
    Fragment,
    Line,
    ManifestReader,
    RecordingEnded,
    RecordingStarted,
    ReplayGroup,
    TrackStarted,
    encode_line,
    read_replay,
)
from lectern.manifest.groups import group_folder, is_of_group
from recording.packager import Packager
from tests.recording.replay_reader import Heard, playlist_seconds, read_pictures, read_sound
from tests.recording.scripted_publisher import ScriptedPublisher, record_steps

FPS = 15
START_MS = 60_000
RED, BLUE = "red-1", "blue-1"
VISIT = range(8 * FPS, 11 * FPS)
"""The pictures that the host shows the red group."""
END_S = 13.0
SILENCE = 0.001


def presenter() -> ScriptedPublisher:
    """Speaks and is seen in the main room for four seconds."""
    found = ScriptedPublisher("presenter")
    found.video("camera", "H264", 0, 4, fps=FPS)
    found.mic(0, 4)
    return found


def groups(first_s: float = 6.0) -> list[ScriptedPublisher]:
    """Two groups; the host visits the red one, and somebody of the blue one is moved there."""
    ann, bob, host = (ScriptedPublisher(who, seed) for seed, who in enumerate(("ann", "bob", "host"), 2))
    ann.mic(first_s, 12, group=RED)
    bob.mic(first_s, 9, group=BLUE)
    bob.mic(9.5, 12, group=RED)
    host.video("camera", "H264", 8, 11, fps=FPS, group=RED)
    return [ann, bob, host]


def recorded(session: Path, number: int, publishers: list[ScriptedPublisher], end_s: float = END_S) -> None:
    directory = session / "rec" / str(number)
    session_ms = START_MS * number
    for _ in record_steps(
        publishers, directory, end_s, session_ms=session_ms, utc_ms=1_795_312_800_000 + session_ms
    ):
        pass


def make_aside(session: Path, number: int) -> None:
    manifest = session / "rec" / str(number) / "manifest.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    begun = RecordingStarted(START_MS * number, 1_795_312_800_000 + START_MS * number, aside=True)
    manifest.write_bytes(b"".join([encode_line(begun), *lines[1:]]))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Groups; groups while the presenter is aside; the red group again. Packaged as it goes, with a crash."""
    session = tmp_path_factory.mktemp("groups")
    packager = Packager(session)
    steps = record_steps([presenter(), *groups()], session / "rec" / "1", END_S, session_ms=START_MS)
    for at_s in steps:
        packager = Packager(session) if at_s == 8 else packager  # it was killed, and begins anew
        packager.step()
    recorded(session, 2, groups())
    make_aside(session, 2)
    again = ScriptedPublisher("ann", 9)
    again.mic(1, 3, group=RED)
    recorded(session, 3, [again], 4.0)
    packager.finish()
    return session


def group_of(session: Path, id_: str) -> ReplayGroup:
    [found] = [group for group in read_replay(session / "hls" / "replay.json").groups if group.id == id_]
    return found


def loudest(heard: Heard, from_s: float, to_s: float) -> float:
    rate = 48_000
    part = heard.samples[round((from_s - heard.start_s) * rate) : round((to_s - heard.start_s) * rate)]
    return float(np.abs(part).max()) if len(part) else 0.0


def test_each_group_is_a_replay_of_its_own(lesson: Path) -> None:
    red, blue = group_of(lesson, RED), group_of(lesson, BLUE)
    assert [piece.session_ms for piece in red.clock] == [START_MS + 5_500, 3 * START_MS + 500]
    assert red.duration_ms == pytest.approx(6_700 + 2_700, abs=100)  # not what was said aside
    assert blue.duration_ms == pytest.approx(3_700, abs=50)
    for group in (red, blue):
        folder = lesson / "hls" / group_folder(group.id)
        heard = read_sound(folder / "audio" / "index.m3u8")
        assert loudest(heard, 0, 0.4) < SILENCE
        for second in range(int(group.duration_ms / 1000) - 1):
            assert loudest(heard, second + 0.4, second + 1.6) > 0.05  # a beep in every second
        assert playlist_seconds(folder / "audio" / "index.m3u8") == pytest.approx(
            group.duration_ms / 1000, abs=0.01
        )
    assert [video.source for video in red.videos] == ["camera"]
    assert not blue.videos


def test_a_visit_is_seen_in_the_group_and_nowhere_else(lesson: Path) -> None:
    seen = {n for _, n in read_pictures(lesson / "hls" / group_folder(RED) / "program.m3u8") if n is not None}
    assert len(seen & set(VISIT)) > 2 * FPS
    assert seen <= set(VISIT)
    in_lesson = {n for _, n in read_pictures(lesson / "hls" / "program.m3u8") if n is not None}
    assert len(in_lesson) > 3 * FPS
    assert not in_lesson & set(VISIT)


def test_the_lesson_hears_nothing_of_them(lesson: Path) -> None:
    replay = read_replay(lesson / "hls" / "replay.json")
    heard = read_sound(lesson / "hls" / "audio" / "index.m3u8")
    assert loudest(heard, 0, 4) > 0.05
    assert loudest(heard, 4.5, replay.duration_ms / 1000) < SILENCE


def test_the_lesson_is_the_same_without_them(tmp_path: Path) -> None:
    """Every file that is not a group's, byte for byte."""
    made = []
    for name, publishers in (("with", [presenter(), *groups()]), ("without", [presenter()])):
        session = tmp_path / name
        recorded(session, 1, publishers)
        Packager(session).finish()
        hls = session / "hls"
        files = {file.relative_to(hls).as_posix(): file for file in hls.rglob("*") if file.is_file()}
        made.append({path: file.read_bytes() for path, file in files.items() if not is_of_group(path)})
    with_groups, without = made
    assert with_groups.keys() == without.keys()
    different = {path for path in without if with_groups[path] != without[path]}
    assert different == {"replay.json"}


def test_a_restart_makes_the_same_again(lesson: Path, tmp_path: Path) -> None:
    """From the same manifests in one go: the same playlists and the same description."""
    (tmp_path / "rec").symlink_to(lesson / "rec")
    Packager(tmp_path).finish()
    folders = [group_folder(RED), group_folder(BLUE)]
    names = [f"{folder}/{track}/index.m3u8" for folder in folders for track in ("camera", "audio")]
    for name in [*names, "replay.json"]:
        assert (tmp_path / "hls" / name).read_bytes() == (lesson / "hls" / name).read_bytes(), name


def test_a_recorder_that_was_killed_leaves_what_it_had_cut(tmp_path: Path) -> None:
    ann = ScriptedPublisher("ann")
    ann.mic(0, 6, group=RED)
    for _ in record_steps([ann], tmp_path / "rec" / "1", 5.0, orderly=False):
        pass
    Packager(tmp_path).finish()
    assert 3_500 < group_of(tmp_path, RED).duration_ms < 5_100


def test_what_a_group_lost_is_told_in_its_recording(tmp_path: Path) -> None:
    ann = ScriptedPublisher("ann")
    ann.mic(
        0, 5, network=lambda sent_s, packet: [] if 2 <= sent_s < 3 else [(sent_s + 0.03, packet)], group=RED
    )
    recorded(tmp_path, 1, [presenter(), ann], 6.0)
    Packager(tmp_path).finish()
    [gap] = group_of(tmp_path, RED).gaps
    assert (gap.source, gap.participant, gap.why) == ("mic", "ann", "loss")
    assert gap.missing_ms == pytest.approx(1_000, abs=60)
    assert read_replay(tmp_path / "hls" / "replay.json").gaps == ()


@pytest.mark.parametrize("name", ["../../elsewhere", "", "a/b", "x" * 65, "ä"])
def test_a_folder_is_named_by_ids_alone(name: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        group_folder(name)


def test_a_manifest_that_names_no_group_makes_none(tmp_path: Path) -> None:
    """Of another machine, say. Its tracks are not in the lesson, either."""
    manifest = tmp_path / "rec" / "1" / "manifest.jsonl"
    manifest.parent.mkdir(parents=True)
    lines: list[Line] = [
        RecordingStarted(0, 1_795_312_800_000),
        TrackStarted("t", "mic", "audio", "p", "opus", 48_000, 0.0, group="../../elsewhere"),
        Fragment("t", "mic-1/000001.mp4", 0.0, 1_000.0, 10, "c"),
        Clock(1_000.0),
        RecordingEnded(1_000.0),
    ]
    manifest.write_bytes(b"".join(encode_line(line) for line in lines))
    Packager(tmp_path).finish()
    replay = read_replay(tmp_path / "hls" / "replay.json")
    assert not replay.groups
    assert not replay.has_sound
    assert ManifestReader(manifest).poll() == lines
