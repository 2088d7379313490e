"""Signals of really encoded sound and pictures, and of recordings that are not as they should be."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from lectern.manifest import read_replay, write_replay
from lectern.manifest.signals import Signals
from loadtests.cuts.making import make
from loadtests.cuts.script import Page, Script, Utterance
from mediaworker.media_job import MediaCancelledError, MediaFailedError
from mediaworker.signals import listening, work
from mediaworker.signals.hearing import HOP_MS, RATE, buckets_of, levels_of, utterances_of
from mediaworker.signals.seeing import HEIGHT, WIDTH, Seen, changes_of, moment_of, scenes_of

OUTPUT = "derived/signals/1"
SPOKEN = [(1_000, 9_000), (10_500, 18_000), (22_000, 30_000), (31_000, 41_000)]
TURNS = [0, 12_300, 20_600, 33_900]


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """44 s with four utterances and three turns of the page."""
    folder = tmp_path_factory.mktemp("session")
    script = Script(seed=3, floor_db=-50, hum=True, coloured_titles=True, duration_ms=44_000)
    script.utterances = [Utterance(begin, end, "presenter") for begin, end in SPOKEN]
    script.pages = [Page(at, "title" if n == 2 else "content", n, 0) for n, at in enumerate(TURNS)]
    make(folder, script)
    return folder


@pytest.fixture
def session(lesson: Path, tmp_path: Path) -> Path:
    """A session folder of its own with the same replay."""
    for path in lesson.rglob("*"):
        if path.is_file() and "derived" not in path.parts:
            target = tmp_path / path.relative_to(lesson)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target)
    return tmp_path


def run(session: Path, cancelled: Callable[[], bool] = lambda: False) -> Signals:
    return work.run(OUTPUT, files=session, progress=lambda _: None, cancelled=cancelled)


def changed(session: Path, **values: object) -> None:
    path = session / "hls" / "replay.json"
    replay = msgspec.structs.replace(read_replay(path), **values)
    path.unlink()  # a hard link
    write_replay(path, replay)


def test_who_speaks_when_and_what_turns_when(session: Path) -> None:
    told: list[float] = []
    signals = work.run(OUTPUT, files=session, progress=told.append, cancelled=lambda: False)
    assert len(signals.utterances) == len(SPOKEN)
    for heard, (begin, end) in zip(signals.utterances, SPOKEN, strict=True):
        assert heard[0] == pytest.approx(begin, abs=80)
        assert heard[1] == pytest.approx(end, abs=80)
    assert [at for at, _ in signals.scenes] == [pytest.approx(at, abs=600) for at in TURNS[1:]]
    assert min(share for _, share in signals.scenes) > 0.1
    assert signals.scenes[1][1] > 0.9  # to a coloured page
    assert (signals.duration_ms, signals.lacks) == (44_000, ())
    assert len(signals.peaks) * signals.bucket_ms >= 44_000
    quiet = signals.peaks[19_000 // signals.bucket_ms]
    assert signals.peaks[5_000 // signals.bucket_ms] > 4 * quiet
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert [path.name for path in (session / OUTPUT).parent.iterdir()] == ["1"]


def test_what_is_done_is_not_done_again_and_parts_agree(
    session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(session)
    (session / OUTPUT / "result.json").unlink()
    monkeypatch.setattr(work, "PART_S", 13.0)
    heard: list[tuple[float, float]] = []
    hear = listening.hear

    def hear_and_note(playlist: Path, where: Path, stretch_s: tuple[float, float], *rest: object) -> object:
        heard.append(stretch_s)
        if len(heard) == 3:
            raise MediaCancelledError
        return hear(playlist, where, stretch_s, *rest)  # type: ignore[arg-type] # passed on as it came

    monkeypatch.setattr(work, "hear", hear_and_note)
    with pytest.raises(MediaCancelledError):
        run(session)
    in_parts = run(session)
    assert heard == [(0.0, 13.0), (13.0, 13.0), (26.0, 13.0), (26.0, 13.0), (39.0, 5.0)]
    assert in_parts.scenes == whole.scenes
    assert len(in_parts.utterances) == len(whole.utterances)
    for one, other in zip(in_parts.utterances, whole.utterances, strict=True):
        assert one == pytest.approx(other, abs=2 * HOP_MS)
    assert run(session) == in_parts
    assert len(heard) == 5


def test_a_replay_without_sound_or_screen_says_so(session: Path) -> None:
    changed(session, has_sound=False, videos=())
    signals = run(session)
    assert (signals.utterances, signals.scenes, signals.lacks) == ((), (), ("no_sound", "no_screen"))
    assert set(signals.peaks) == {0}


def test_tracks_that_end_early_and_digital_silence_are_told(session: Path) -> None:
    changed(session, duration_ms=60_000)
    signals = run(session)
    assert signals.lacks == ("sound_ends_early", "screen_ends_early")
    assert len(signals.utterances) == len(SPOKEN)
    assert utterances_of(np.full(5_000, -100.0, np.float32)) == []


def test_a_screen_without_a_key_picture_is_told(session: Path) -> None:
    for path in (session / "hls" / "screen").glob("*.m4s"):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(
            content[: content.index(b"mdat") + 4] + bytes(len(content) - content.index(b"mdat") - 4)
        )
    signals = run(session)
    assert (signals.scenes, signals.lacks) == ((), ("screen_unreadable",))
    assert len(signals.utterances) == len(SPOKEN)


@pytest.mark.parametrize("missing", ["audio/000001.m4s", "screen/000003.m4s", "audio/index.m3u8"])
def test_a_missing_part_is_told_to_the_owner(session: Path, missing: str) -> None:
    (session / "hls" / missing).unlink()
    with pytest.raises(MediaFailedError, match="source_unreadable"):
        run(session)
    assert not (session / OUTPUT).exists()


def test_a_replay_that_is_not_finished_waits(tmp_path: Path) -> None:
    with pytest.raises(MediaFailedError, match="replay_not_ready"):
        run(tmp_path)


def test_a_full_disk_is_told(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(work, "levels_of", full)
    with pytest.raises(MediaFailedError, match="disk_error"):
        run(session)


@pytest.mark.parametrize("floor", [0.0005, 0.012])
def test_a_voice_is_heard_over_its_room(floor: float) -> None:
    rng = np.random.default_rng(1)
    wave = rng.normal(0, floor, 300 * RATE)
    spoken = [(10, 40), (41, 90), (100, 160), (162, 280)]
    for number, (begin, end) in enumerate(spoken):
        wave[begin * RATE : end * RATE] += rng.normal(0, 0.1 if number % 2 else 0.05, (end - begin) * RATE)
    levels, _ = levels_of((wave.clip(-1, 1) * 32767).astype(np.int16))
    assert len(levels) == 300_000 // HOP_MS
    heard = utterances_of(levels)
    assert len(heard) == len(spoken)
    for (begin, end), (from_ms, to_ms) in zip(spoken, heard, strict=True):
        assert from_ms == pytest.approx(begin * 1000, abs=60)
        assert to_ms == pytest.approx(end * 1000, abs=60)


@pytest.mark.parametrize("sends_noise", [True, False])
def test_a_microphone_that_is_off_is_not_the_room(sends_noise: bool) -> None:
    rng = np.random.default_rng(2)
    spoken = [(40 + i * 10, 48 + i * 10) for i in range(21)]
    wave = rng.normal(0, 0.01, 300 * RATE) * (1 if sends_noise else 0)
    wave[: 30 * RATE] = 0
    wave[250 * RATE :] = 0
    for begin, end in spoken:
        wave[begin * RATE : end * RATE] += rng.normal(0, 0.1, (end - begin) * RATE)
    wave[250 * RATE :] = 0
    levels, _ = levels_of((wave.clip(-1, 1) * 32767).astype(np.int16))
    heard = utterances_of(levels)
    assert len(heard) == len(spoken)
    for (begin, end), (from_ms, to_ms) in zip(spoken, heard, strict=True):
        assert from_ms == pytest.approx(begin * 1000, abs=60)
        assert to_ms == pytest.approx(min(250, end) * 1000, abs=60)


def test_buckets_hold_the_loudest_and_never_too_many() -> None:
    peaks = np.zeros(3_600_000 // HOP_MS, np.uint8)
    peaks[90_000] = 200
    bucket_ms, buckets = buckets_of(peaks, 3_600_000, 4_000)
    assert len(buckets) <= 4_000
    assert bucket_ms * len(buckets) >= 3_600_000
    assert [i for i, peak in enumerate(buckets) if peak] == [90_000 * HOP_MS // bucket_ms]
    assert buckets_of(peaks[:0], 0, 4_000) == (HOP_MS, ())


def test_motion_counts_where_it_begins_and_ends() -> None:
    rng = np.random.default_rng(1)
    still, after = np.full((HEIGHT, WIDTH), 20, np.uint8), np.full((HEIGHT, WIDTH), 200, np.uint8)
    film = [rng.integers(0, 255, (HEIGHT, WIDTH), np.uint8) for _ in range(10)]
    seen = [Seen(i * 2_000, one) for i, one in enumerate([still, still, *film, after, after])]
    changes = changes_of(seen)
    assert [(one.from_ms, one.to_ms) for one in changes] == [(2_000, 4_000), (22_000, 24_000)]
    pointer = still.copy()
    pointer[3:5, 3:6] = 255
    assert changes_of([Seen(0, still), Seen(2_000, pointer)]) == []
    within = [Seen(22_000, film[-1]), Seen(22_900, film[-1]), Seen(23_000, after), Seen(24_000, after)]
    assert moment_of(changes[1], within) == 23_000
    assert moment_of(changes[1], []) == 24_000
    assert [at for at, _ in scenes_of(changes, [3_000, 3_100])] == [3_000]
