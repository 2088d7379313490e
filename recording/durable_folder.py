"""Writes fragments and manifest lines so that what the manifest names is really there, whatever crashes.

A fragment is written under a temporary name, fsynced, renamed; then its folder is fsynced; only then the
manifest gets its line, and is fsynced. What cannot be written (disk full) is kept in order, up to a bound,
and tried again.
"""

import errno
import os
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from lectern.manifest import Clock, Fragment, Missing, encode_line
from lectern.manifest.hold import hold
from recording.fragments import FragmentFile
from recording.room_recorder import Written

KEEP_BYTES = 64 << 20
"""While the disk is full: some minutes of a lesson."""
KEEP_ITEMS = 20_000


def problem_code(error: OSError) -> str:
    """Stable code of what is wrong with the disk."""
    full = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return "disk_full" if error.errno in full else "disk_error"


class DurableFolder:
    """The folder of one recording.

    Used by one thread. `dropped_fragments` counts what did not fit in memory either.
    """

    def __init__(self, directory: Path) -> None:
        """Raises OSError when the folder cannot be written, FileExistsError when it holds a recording."""
        self.dropped_fragments = 0
        self.written_bytes = 0
        self._directory = directory
        self._waiting: deque[Written] = deque()
        self._let_go: dict[str, Missing] = {}
        self._waiting_bytes = 0
        directory.mkdir(parents=True, exist_ok=True)
        self._manifest = self._create_manifest()
        self._manifest_size = 0
        _fsync_directory(directory)
        _fsync_directory(directory.parent)

    @property
    def waiting(self) -> int:
        """How many fragments and lines are not on disk yet."""
        return len(self._waiting)

    def add(self, items: Iterable[Written]) -> None:
        """Queue items; `write` writes them. The oldest fragments give way when the bound is reached."""
        for item in items:
            if isinstance(item, Clock) and self._waiting and isinstance(self._waiting[-1], Clock):
                self._waiting.pop()
            self._waiting.append(item)
            self._waiting_bytes += len(item.data) if isinstance(item, FragmentFile) else 0
        while self._waiting_bytes > KEEP_BYTES or len(self._waiting) > KEEP_ITEMS:
            if not self._drop_oldest():
                break

    def write(self) -> None:
        """Raises OSError at the first item that cannot be written; it and the later ones stay queued."""
        failure: OSError | None = None
        lines: list[bytes] = []
        touched: set[Path] = set()
        done = 0
        for index, item in enumerate(self._waiting):
            if isinstance(item, FragmentFile):
                try:
                    touched.add(self._store(item))
                except OSError as error:
                    failure = error
                    break
                self._waiting_bytes -= len(item.data)
                self._waiting[index] = item.line
                lines.append(encode_line(item.line))
            else:
                lines.append(encode_line(item))
            done += 1
        if lines:
            for folder in touched:
                _fsync_directory(folder)
            self._append(b"".join(lines))
            for _ in range(done):
                self._waiting.popleft()
        if failure is not None:
            raise failure
        if self._let_go:
            self._append(b"".join(encode_line(missing) for missing in self._let_go.values()))
            self._let_go.clear()

    def close(self) -> None:
        """Closes the manifest. What is still waiting is lost."""
        os.close(self._manifest)

    def _create_manifest(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self._directory / "manifest.jsonl", flags, 0o640)
        try:
            hold(descriptor)  # until it is closed, whoever carries or packages knows that more will come
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _store(self, item: FragmentFile) -> Path:
        target = self._directory / item.line.file
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            _fsync_directory(target.parent.parent)
        temporary = target.with_suffix(".part")
        try:
            with temporary.open("wb") as file:
                file.write(item.data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        self.written_bytes += len(item.data)
        return target.parent

    def _append(self, data: bytes) -> None:
        """All lines or none: a partial append is taken back, so that the next one starts on a fresh line."""
        try:
            written = 0
            while written < len(data):
                written += os.write(self._manifest, data[written:])
            os.fsync(self._manifest)
        except OSError:
            os.ftruncate(self._manifest, self._manifest_size)
            raise
        self._manifest_size += len(data)

    def _drop_oldest(self) -> bool:
        """Lines that say what was recorded stay: they are few, and nothing is understood without them."""
        for index, item in enumerate(self._waiting):
            if isinstance(item, FragmentFile):
                del self._waiting[index]
                self._waiting_bytes -= len(item.data)
                self.dropped_fragments += 1
                self._remember(item.line)
                self._merge_clocks(index)
                return True
        return False

    def _remember(self, line: Fragment) -> None:
        """What of a track is let go is one stretch, told as soon as anything can be written again."""
        before = self._let_go.get(line.track)
        start_ms = line.start_ms if before is None else before.start_ms
        missing_ms = line.duration_ms + (0 if before is None else before.missing_ms)
        self._let_go[line.track] = Missing(line.track, start_ms, line.end_ms, missing_ms, "disk")

    def _merge_clocks(self, index: int) -> None:
        """Of two neighbouring clocks the later one says it all."""
        if 0 < index < len(self._waiting):
            before, after = self._waiting[index - 1], self._waiting[index]
            if isinstance(before, Clock) and isinstance(after, Clock):
                del self._waiting[index - 1]


def _fsync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
