"""The tap as the media process uses it: threads, processes, full disks."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import pytest

from lectern.manifest import Clock, Fragment, ManifestReader, RecordingEnded, RecordingStarted, TrackEnded
from recording import tap as tap_module
from recording.durable_folder import DurableFolder
from recording.fragments import FragmentFile
from recording.room_recorder import PacketArrived, Written
from tests.recording.scripted_publisher import ScriptedPublisher


@dataclass(frozen=True)
class Spec:
    """As `streaming.control` has it."""

    directory: str
    session_ms_at_start: int = 0
    utc_ms: int = 1_795_312_800_000
    aside: bool = False


def packets(seconds: float) -> list[PacketArrived]:
    publisher = ScriptedPublisher()
    publisher.mic(0.0, seconds)
    return [event for _, event in publisher.in_order() if isinstance(event, PacketArrived)]


def lines(directory: Path) -> list[object]:
    return list(ManifestReader(directory / "manifest.jsonl").poll())


def recorded_packets(directory: Path) -> int:
    """How many sound packets the fragments of the manifest hold."""
    count = 0
    for line in lines(directory):
        if isinstance(line, Fragment):
            with av.open(str(directory / line.file)) as container:
                count += sum(1 for entry in container.demux() if entry.size)
    return count


async def until(condition: Callable[[], bool]) -> None:
    """Wait for another thread, ten seconds at most."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


async def play(tap: tap_module.RecorderTap, seconds: float) -> None:
    """Feed sound in real time, five packets at once."""
    started_s = time.monotonic()
    for index, packet in enumerate(packets(seconds)):
        if index % 5 == 0:
            await asyncio.sleep(max(0.0, started_s + index / 50 - time.monotonic()))
        tap.on_rtp(packet.track, packet.data, time.monotonic())


async def test_records_and_closes(tmp_path: Path) -> None:
    asked: list[str] = []
    told: list[tuple[str, str]] = []
    tap = await tap_module.create(
        Spec(str(tmp_path / "rec" / "1")), asked.append, lambda event, code: told.append((event, code))
    )
    tap.on_track("p1-mic", "mic", "audio", "opus", 48_000, "p1")
    tap.on_track("p1-camera", "camera", "video", "VP8", 90_000, "p1")
    tap.on_track("p1-screen", "screen", "video", "AV1", 90_000, "p1")
    tap.on_rtp("p1-camera", b"no packet at all", time.monotonic())
    tap.on_rtp("never-announced", bytes(20), time.monotonic())
    await play(tap, 1.6)
    await tap.close()
    await tap.close()
    written = lines(tmp_path / "rec" / "1")
    assert isinstance(written[-1], RecordingEnded)
    assert recorded_packets(tmp_path / "rec" / "1") == 80
    assert set(asked) == {"p1-camera"}
    assert told == [("recording_problem", "codec_unsupported")]


@pytest.mark.parametrize("codec", ["VP9", "AV1"])
async def test_a_codec_that_cannot_be_recorded_is_a_problem_while_it_is_there(
    codec: str, tmp_path: Path
) -> None:
    told: list[tuple[str, str]] = []
    spec = Spec(str(tmp_path / "rec" / "1"))
    tap = await tap_module.create(spec, lambda _: None, lambda event, code: told.append((event, code)))
    tap.on_track("p1-camera", "camera", "video", codec, 90_000, "p1")
    await play(tap, 0.5)
    assert told == [("recording_problem", "codec_unsupported")]
    tap.on_track("p1-camera", "camera", "video", "VP8", 90_000, "p1")
    await play(tap, 0.5)
    assert told[1:] == [("recording_resumed", "codec_unsupported")]
    await tap.close()
    assert isinstance(lines(tmp_path / "rec" / "1")[-1], RecordingEnded)


async def test_a_disk_that_stands_still_when_a_recording_begins_holds_up_no_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop is that of all lessons of a media process. The recording counts from when it was asked for."""
    stands, synced = threading.Event(), os.fsync

    def sync(descriptor: int) -> None:
        stands.wait(20)
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    asked_s = time.monotonic()
    async with asyncio.TaskGroup() as group:
        making = group.create_task(
            tap_module.create(Spec(str(tmp_path / "1")), lambda _: None, lambda _, __: None)
        )
        await asyncio.sleep(0.3)
        assert not making.done()
        stands.set()
    tap = making.result()
    assert tap._room._start_s - asked_s < 0.2
    await tap.close()


async def test_a_folder_is_used_once(tmp_path: Path) -> None:
    folder = DurableFolder(tmp_path / "1")
    folder.close()
    with pytest.raises(FileExistsError):
        await tap_module.create(Spec(str(tmp_path / "1")), lambda _: None, lambda _, __: None)


class FailingFolder(DurableFolder):
    """A disk that refuses every write while `failing`: the seam is the system call."""

    failing = False

    def _store(self, item: object) -> Path:
        if self.failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super()._store(item)  # type: ignore[arg-type]  # handed through

    def _append(self, data: bytes) -> None:
        if self.failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super()._append(data)


async def test_a_full_disk_is_reported_and_nothing_is_lost(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    folder = FailingFolder(tmp_path / "1")
    tap = tap_module.RecorderTap(
        Spec(str(tmp_path / "1")),
        folder,
        lambda _: None,
        lambda event, code: told.append((event, code)),
        time.monotonic(),
    )
    tap.start()
    tap.on_track("p1-mic", "mic", "audio", "opus", 48_000, "p1")
    folder.failing = True
    await play(tap, 1.3)
    await until(lambda: bool(told))
    assert told == [("recording_problem", "disk_full")]
    folder.failing = False
    await until(lambda: len(told) > 1)
    assert told[1:] == [("recording_resumed", "disk_full")]
    await tap.close()
    assert recorded_packets(tmp_path / "1") == 65


def test_a_real_limit_of_the_file_system(tmp_path: Path) -> None:
    """RLIMIT_FSIZE makes the kernel refuse writes in the middle of a file, like a full disk does."""
    script = textwrap.dedent("""
        import resource, sys
        from pathlib import Path
        from lectern.manifest import Clock, RecordingStarted, TrackEnded
        from recording.durable_folder import DurableFolder, problem_code
        folder = DurableFolder(Path(sys.argv[1]))
        folder.add([RecordingStarted(session_ms=0, utc_ms=1), Clock(1.0)])
        folder.write()
        resource.setrlimit(resource.RLIMIT_FSIZE, (150, resource.RLIM_INFINITY))
        folder.add([TrackEnded("t", float(number)) for number in range(2, 9)])
        try:
            folder.write()
        except OSError as error:
            print(problem_code(error), folder.waiting)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        folder.write()
        folder.close()
    """)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "1")],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout.split() == ["disk_full", "7"]
    reader = ManifestReader(tmp_path / "1" / "manifest.jsonl")
    ends = [line.end_ms for line in reader.poll() if isinstance(line, TrackEnded)]
    assert ends == [float(number) for number in range(2, 9)]
    assert reader.skipped == 0


def test_memory_is_bounded_while_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recording.durable_folder.KEEP_BYTES", 1000)
    folder = DurableFolder(tmp_path / "1")
    folder.add([RecordingStarted(session_ms=0, utc_ms=0)])
    for number in range(50):
        line = Fragment("t", f"mic-1/{number}.mp4", number * 1000.0, 1000.0, 100, "c")
        items: list[Written] = [FragmentFile(line, bytes(100)), Clock(number * 1000.0)]
        folder.add(items)
    assert folder.dropped_fragments == 40
    assert folder.waiting < 25
    folder.write()
    written = lines(tmp_path / "1")
    assert isinstance(written[0], RecordingStarted)
    assert [line.start_ms for line in written if isinstance(line, Fragment)] == [
        number * 1000.0 for number in range(40, 50)
    ]
    folder.close()


async def test_a_stalled_thread_does_not_hurt_forwarding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recording.tap.MAX_QUEUED_EVENTS", 40)
    told: list[tuple[str, str]] = []
    folder = DurableFolder(tmp_path / "1")
    tap = tap_module.RecorderTap(
        Spec(str(tmp_path / "1")),
        folder,
        lambda _: None,
        lambda event, code: told.append((event, code)),
        time.monotonic(),
    )
    tap.on_track("p1-mic", "mic", "audio", "opus", 48_000, "p1")
    for packet in packets(2.0):  # the thread is not started yet: nobody takes from the queue
        tap.on_rtp(packet.track, packet.data, time.monotonic())
    assert tap.dropped_events > 50
    tap.start()
    await asyncio.sleep(1.4)
    await tap.close()
    assert ("recording_problem", "disk_slow") in told


RECORD_FOR_EVER = """
import asyncio, sys, time
from recording.tap import create
from tests.recording.test_tap import Spec, packets
async def main():
    tap = await create(Spec(sys.argv[1]), lambda track: None, lambda event, code: None)
    tap.on_track("p1-mic", "mic", "audio", "opus", 48_000, "p1")
    ready = packets(20.0)
    print("go", flush=True)
    started = time.monotonic()
    for index, packet in enumerate(ready):
        await asyncio.sleep(max(0.0, started + index / 50 - time.monotonic()))
        tap.on_rtp(packet.track, packet.data, time.monotonic())
        print(index + 1, flush=True)
asyncio.run(main())
"""


def test_kill_9_loses_at_most_two_seconds(tmp_path: Path) -> None:
    directory = tmp_path / "rec" / "1"
    process = subprocess.Popen(
        [sys.executable, "-c", RECORD_FOR_EVER, str(directory)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "go\n"
    sent = 0
    while sent < 215:
        sent = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate()
    sent = int((rest.split() or [str(sent)])[-1])
    fragments = [line for line in lines(directory) if isinstance(line, Fragment)]
    for fragment in fragments:
        assert (directory / fragment.file).stat().st_size == fragment.bytes
    assert recorded_packets(directory) > sent - 2 * 50
