"""Runs ffmpeg as a child: progress, cancellation, and no orphan left by a worker that was killed."""

import contextlib
import errno
import os
import select
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from mediaworker.media_job import MediaCancelledError, MediaFailedError

NICENESS = 10
PATIENT_NICENESS = 19
"""Of work that nobody waits for: it gives way to a cut that runs beside it."""
LOOK_S = 0.5
"""How often progress is read and cancellation looked for."""
END_S = 5.0
LOG_TAIL = 16_384
NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EIO})
NO_ROOM_LEFT = (
    "The disk of the media worker is full or broken. Nothing recorded was touched: free space there, "
    "then try again; the work goes on where it stopped."
)

Progress = Callable[[float], None]
Cancelled = Callable[[], bool]


def run_ffmpeg(
    command: list[str],
    work: Path,
    duration_s: float,
    progress: Progress,
    cancelled: Cancelled,
    *,
    niceness: int = NICENESS,
) -> None:
    """Run to the end. `command` writes `-progress pipe:1`; its log goes to `ffmpeg.log` in `work`.

    Raises MediaCancelledError (the child is gone then) or MediaFailedError (`transcode_failed`).
    """
    end_orphan(work)
    with (work / "ffmpeg.log").open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - an argument list of our own, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        )
        (work / "ffmpeg.pid").write_text(str(process.pid))
        try:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, niceness)
            _watch(process, duration_s, progress, cancelled)
        finally:
            _end(process)
            (work / "ffmpeg.pid").unlink(missing_ok=True)
    if process.returncode != 0:
        raise _failure(process.returncode, work / "ffmpeg.log")


def _failure(code: int, log: Path) -> MediaFailedError:
    """What ffmpeg's end means: the disk it wrote to, or anything else."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_TAIL))
        words = file.read().decode(errors="replace")
    if any(os.strerror(number) in words for number in NO_ROOM):
        return MediaFailedError("disk_error", NO_ROOM_LEFT)
    return MediaFailedError("transcode_failed", f"The video could not be made (ffmpeg ended with {code}).")


def end_orphan(work: Path) -> None:
    """If a worker was killed, its ffmpeg may still run here: end it before another one starts."""
    try:
        pid = int((work / "ffmpeg.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return
    if str(work).encode() in command:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _watch(
    process: "subprocess.Popen[bytes]", duration_s: float, progress: Progress, cancelled: Cancelled
) -> None:
    """Tell how far it is, never less than before: ffmpeg may name the whole length, and then less again."""
    assert process.stdout is not None
    pending = b""
    furthest = 0.0
    while True:
        readable, _, _ = select.select([process.stdout], [], [], LOOK_S)
        if cancelled():
            raise MediaCancelledError
        if not readable:
            continue
        data = os.read(process.stdout.fileno(), 65_536)
        if not data:
            process.wait()
            return
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            if line.startswith(b"out_time_us=") and line[12:].strip().isdigit():
                share = int(line[12:]) / 1e6 / max(duration_s, 0.001)
                if furthest < share < 1.0:
                    furthest = share
                    progress(share)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
