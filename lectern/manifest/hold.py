"""Whether somebody still writes a manifest: its recorder holds a lock, which the system frees however it
ends."""

import fcntl
import os
from pathlib import Path
from typing import Final

QUIET_S: Final = 3.0
"""A recorder writes a line every second; so long after the last one, a free lock is believed."""
_TAIL_BYTES: Final = 512


def hold(descriptor: int) -> None:
    """Lock a manifest for as long as `descriptor` is open. Blocks for microseconds. Raises OSError."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def is_held(manifest: Path) -> bool:
    """Whether a recorder has this manifest open. Blocks. Raises OSError, FileNotFoundError."""
    descriptor = os.open(manifest, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def is_over(manifest: Path, now_s: float) -> bool:
    """Whether nothing will be added to a manifest any more. `now_s` is the wall clock. Blocks.

    A recorder that was killed leaves a last line of any kind; then quiet has to confirm what the lock says.
    Raises OSError.
    """
    if is_held(manifest):
        return False
    return _is_ended(manifest) or abs(now_s - manifest.stat().st_mtime) > QUIET_S


def _is_ended(manifest: Path) -> bool:
    with manifest.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
        return b'"recording_ended"' in file.read().rstrip(b"\n").rpartition(b"\n")[2]
