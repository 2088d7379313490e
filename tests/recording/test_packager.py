"""Fragments → HLS: read back through the playlists."""

import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from lectern.manifest import Replay, read_replay
from recording.packager import Packager, main
from tests.media_pattern import beep_onsets
from tests.recording.replay_reader import playlist_seconds, read_pictures, read_sound
from tests.recording.scripted_publisher import ScriptedPublisher, record, record_steps


def shown_at(pictures: list[tuple[float, int | None]], seconds: float) -> int | None:
    """The counter that a viewer sees at a time."""
    return [value for at_s, value in pictures if at_s <= seconds + 1e-6][-1]


def assert_pictures_at_their_time(
    pictures: list[tuple[float, int | None]], *, fps: int = 15, late_s: float = 0.03
) -> None:
    """A picture may be repeated at the start of a segment, within its own time."""
    for at_s, value in pictures:
        if value is not None:
            assert -0.05 < at_s - (value / fps + late_s) < 1 / fps + 0.03


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    """Camera (H.264) and microphone for 12 s, the screen (VP8) from 4.5 s to 8 s."""
    presenter = ScriptedPublisher()
    presenter.video("camera", "H264", 0.2, 12.0)
    presenter.mic(0.2, 12.0)
    presenter.video("screen", "VP8", 5.0, 8.0, size=(480, 270))
    record([presenter], tmp_path / "rec" / "1", 12.6, session_ms=2000)
    return tmp_path


def finish(session: Path) -> Replay:
    return Packager(session).finish()


def test_replay_of_a_lesson(lesson: Path) -> None:
    replay = finish(lesson)
    hls = lesson / "hls"
    assert replay == read_replay(hls / "replay.json")
    assert replay.duration_ms == pytest.approx(12600, abs=22)
    assert [video.source for video in replay.videos] == ["camera", "screen"]
    assert replay.clock_map.media_ms(5000) == 3000
    for name in ("camera", "screen", "audio"):
        assert playlist_seconds(hls / name / "index.m3u8") == pytest.approx(
            replay.duration_ms / 1000, abs=0.002
        )
        assert (hls / name / "index.m3u8").read_text().endswith("#EXT-X-ENDLIST\n")
    camera = read_pictures(hls / "program.m3u8")
    assert_pictures_at_their_time([entry for entry in camera if entry[0] > 0.5])
    assert [value for _, value in camera if value is not None] == list(range(3, 180))
    assert camera[0][0] == pytest.approx(0, abs=0.001)
    screen = read_pictures(hls / "screen.m3u8")
    assert_pictures_at_their_time([entry for entry in screen if entry[1] not in {None, 75}])
    assert {shown_at(screen, seconds) for seconds in (0.1, 3.0, 9.0, 12.0)} == {None}
    assert shown_at(screen, 6.05) == 90
    assert shown_at(screen, 7.9) in {117, 118}


def test_sound_and_picture_are_together(lesson: Path) -> None:
    finish(lesson)
    pictures = read_pictures(lesson / "hls" / "program.m3u8")
    heard = read_sound(lesson / "hls" / "program.m3u8")
    onsets = [heard.start_s + at for at in beep_onsets(heard.samples)]
    assert len(onsets) >= 11
    for second in range(3, 12):
        picture_s = next(at_s for at_s, value in pictures if value == second * 15)
        assert min(abs(onset - picture_s) for onset in onsets) < 0.06


def test_sound_segments_join_without_a_click(lesson: Path) -> None:
    """Between beeps only the soft tone: any click at a joint would stand out of it."""
    finish(lesson)
    heard = read_sound(lesson / "hls" / "audio" / "index.m3u8")
    beeps = beep_onsets(heard.samples)
    quiet = heard.samples.copy()
    for onset in beeps:
        at = int(onset * 48_000)
        quiet[max(0, at - 2400) : at + 9600] = 0
    inner = quiet[48_000 : 11 * 48_000]
    assert 0.03 < float(np.abs(inner).max()) < 0.1
    assert np.median(np.abs(inner[inner != 0])) > 0.02


def test_program_date_times_follow_the_media(lesson: Path) -> None:
    finish(lesson)
    stamps = {}
    for name in ("camera", "audio", "screen"):
        text = (lesson / "hls" / name / "index.m3u8").read_text()
        stamps[name] = [line for line in text.splitlines() if "DATE-TIME" in line]
    assert stamps["camera"][0] == stamps["audio"][0] == stamps["screen"][0]
    assert stamps["camera"][0].endswith("T02:00:00.000Z")


@pytest.mark.parametrize("codec", ["H264", "VP8"])
def test_camera_goes_off_and_comes_back_larger(tmp_path: Path, codec: str) -> None:
    kind: Literal["VP8", "H264"] = "VP8" if codec == "VP8" else "H264"
    presenter = ScriptedPublisher()
    presenter.video("camera", kind, 0.0, 3.0)
    presenter.video("camera", kind, 6.0, 8.0, close=False)
    presenter.video("camera", kind, 8.0, 11.0, size=(480, 270), open_track=False)
    presenter.mic(0.0, 11.0)
    record([presenter], tmp_path / "rec" / "1", 11.5)
    replay = finish(tmp_path)
    (camera,) = replay.videos
    times = [time_ms for span in camera.spans for time_ms in (span.start_ms, span.end_ms)]
    assert times == pytest.approx([0, 3030, 6030, 11500], abs=90)
    pictures = read_pictures(tmp_path / "hls" / "program.m3u8")
    assert_pictures_at_their_time([entry for entry in pictures if entry[0] > 0.5 and entry[1] != 120])
    values = [value for _, value in pictures if value is not None]
    assert values == sorted(values)
    assert set(values) == {*range(45), *range(90, 165)}
    assert shown_at(pictures, 4.5) is None
    camera_text = (tmp_path / "hls/camera/index.m3u8").read_text()
    audio_text = (tmp_path / "hls/audio/index.m3u8").read_text()
    assert camera_text.count("#EXT-X-DISCONTINUITY\n") == audio_text.count("#EXT-X-DISCONTINUITY\n") >= 3
    assert len({line for line in camera_text.splitlines() if "EXT-X-MAP" in line}) == 3


def test_presenter_returns_in_a_second_recording(tmp_path: Path) -> None:
    """The media process died without a word at 5.4 s; a minute later the lesson goes on."""
    first = ScriptedPublisher()
    first.video("camera", "H264", 0.0, 9.0)
    first.mic(0.0, 9.0)
    record([first], tmp_path / "rec" / "1", 5.4, session_ms=0, orderly=False)
    again = ScriptedPublisher(seed=2)
    again.video("camera", "VP8", 1.0, 5.0)
    again.mic(1.0, 5.0)
    record([again], tmp_path / "rec" / "2", 5.5, session_ms=65_000, utc_ms=1_795_312_865_000)
    replay = finish(tmp_path)
    one, two = replay.clock
    assert one.duration_ms == pytest.approx(5000, abs=60)
    assert two.session_ms == 65_000
    assert two.media_ms == pytest.approx(one.duration_ms, abs=1)
    assert replay.clock_map.media_ms(30_000) == two.media_ms
    joint_s = two.media_ms / 1000
    pictures = read_pictures(tmp_path / "hls" / "program.m3u8")
    before = [value for at_s, value in pictures if at_s < joint_s - 0.01]
    assert before == list(range(len(before)))
    assert len(before) >= 74
    after = [(at_s - joint_s, value) for at_s, value in pictures if at_s > joint_s + 1.1]
    assert_pictures_at_their_time(after)
    text = (tmp_path / "hls/camera/index.m3u8").read_text()
    assert "PROGRAM-DATE-TIME:2026-11-22T02:01:05" in text


def test_sessions_without_camera_or_without_sound(tmp_path: Path) -> None:
    speaker = ScriptedPublisher()
    speaker.mic(0.0, 4.0)
    record([speaker], tmp_path / "a" / "rec" / "1", 4.5)
    assert finish(tmp_path / "a").videos == ()
    assert {value for _, value in read_pictures(tmp_path / "a/hls/program.m3u8")} == {None}
    assert len(beep_onsets(read_sound(tmp_path / "a/hls/program.m3u8").samples)) >= 4
    mute = ScriptedPublisher()
    mute.video("screen", "VP8", 0.0, 4.0)
    record([mute], tmp_path / "b" / "rec" / "1", 4.5)
    replay = finish(tmp_path / "b")
    assert [video.source for video in replay.videos] == ["screen"]
    assert not replay.has_sound
    assert np.abs(read_sound(tmp_path / "b/hls/program.m3u8").samples).max() < 0.001
    assert shown_at(read_pictures(tmp_path / "b/hls/screen.m3u8"), 2.0) in {28, 29, 30}


def test_two_voices_are_mixed(tmp_path: Path) -> None:
    one, two = ScriptedPublisher("p1"), ScriptedPublisher("p2", 7)
    one.mic(0.0, 6.0)
    two.mic(2.5, 6.0)
    record([one, two], tmp_path / "rec" / "1", 6.5)
    finish(tmp_path)
    heard = read_sound(tmp_path / "hls" / "audio" / "index.m3u8").samples

    def loudness(from_s: float) -> float:
        part = heard[int(from_s * 48_000) : int((from_s + 0.3) * 48_000)]
        return float(np.sqrt(np.mean(np.square(part))))

    assert loudness(4.4) > 1.3 * loudness(1.4)


def test_live_playlists_grow_and_stay_close_to_the_recording(tmp_path: Path) -> None:
    presenter = ScriptedPublisher()
    presenter.video("camera", "H264", 0.0, 20.0)
    presenter.mic(0.0, 20.0)
    packager: Packager | None = None
    seen: list[str] = []
    for written_s in record_steps([presenter], tmp_path / "rec" / "1", 20.0):
        packager = packager or Packager(tmp_path)
        packager.step()
        index = tmp_path / "hls" / "camera" / "index.m3u8"
        if written_s >= 5:
            sound = playlist_seconds(tmp_path / "hls" / "audio" / "index.m3u8")
            assert written_s - playlist_seconds(index) < 4.5
            assert written_s - sound < 4.5
        if index.exists():
            seen.append(index.read_text())
    assert seen
    for earlier, later in pairwise(seen):
        assert later.startswith(earlier)
    assert "ENDLIST" not in seen[-1]


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_packager_killed_anywhere_makes_the_same_replay(lesson: Path, tmp_path: Path) -> None:
    finish(lesson)
    whole = files(lesson / "hls")
    for index, name in enumerate(whole):
        if index % 2 or name.endswith((".json", ".m3u8")):
            (lesson / "hls" / name).unlink()
    finish(lesson)
    again = files(lesson / "hls")
    assert set(again) == set(whole)
    for name, data in whole.items():
        if not name.startswith(
            "audio/0"
        ):  # Opus decoders remember more than a second: equal to the ear, not the bit
            assert again[name] == data, name


def test_the_process_follows_survives_kill_and_ends(tmp_path: Path) -> None:
    presenter = ScriptedPublisher()
    presenter.video("camera", "VP8", 0.0, 6.0)
    presenter.mic(0.0, 6.0)
    steps = record_steps([presenter], tmp_path / "rec" / "1", 6.5)
    next(steps)
    command = [sys.executable, "-m", "recording.packager", str(tmp_path)]
    index = tmp_path / "hls" / "camera" / "index.m3u8"

    def wait_for(condition: bool, deadline_s: float) -> None:
        assert condition or time.monotonic() < deadline_s
        time.sleep(0.05)

    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    for _ in range(4):
        next(steps)
    deadline_s = time.monotonic() + 20
    while not index.exists():
        wait_for(condition=False, deadline_s=deadline_s)
    process.kill()
    process.communicate()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    for _ in steps:
        pass
    (tmp_path / "ended").touch()
    assert process.wait(20) == 0
    assert process.stdin is not None
    process.stdin.close()
    values = [value for _, value in read_pictures(tmp_path / "hls" / "program.m3u8") if value is not None]
    assert sorted(set(values)) == list(range(90))
    orphan = subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    assert orphan.stdin is not None
    (tmp_path / "ended").unlink()
    orphan.stdin.close()
    assert orphan.wait(20) == 3


def test_a_missing_fragment_costs_only_itself(lesson: Path) -> None:
    victims = sorted((lesson / "rec" / "1").glob("camera-*/*.mp4"))
    victims[4].unlink()
    victims[7].write_bytes(os.urandom(2000))
    finish(lesson)
    pictures = read_pictures(lesson / "hls" / "camera" / "index.m3u8")
    assert 100 < len({value for _, value in pictures if value is not None}) < 177
    assert playlist_seconds(lesson / "hls" / "camera" / "index.m3u8") > 12


def test_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([str(tmp_path / "nowhere")])
    assert stop.value.code == 2
    assert "is not a folder" in capsys.readouterr().err
