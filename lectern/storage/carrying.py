"""What has to be carried from a session's folder into the bucket, in which order, and what may leave this
disk. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from lectern.storage.kinds import is_carried, is_final

_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0
_GROWING_BYTES_PER_S: Final = 64 * 1024
"""A manifest is carried whole each time that it has grown: the longer it is, the less often."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file of this machine. `changed_ns` is its time of last change, by this machine's clock."""

    key: str
    size_bytes: int
    changed_ns: int


@dataclass(slots=True)
class Ledger:
    """What is known to be in the bucket, for one session. Kept in memory alone: `begin` learns it from the
    bucket, so a carrier that was killed at any moment repeats at most what it was at.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    carried: dict[str, tuple[int, int]] = field(default_factory=dict)  # of files that change: size and time
    carried_at: dict[str, float] = field(default_factory=dict)

    @classmethod
    def begin(cls, in_bucket: Mapping[str, int]) -> "Ledger":
        """Start with a listing of the bucket. What may have changed meanwhile is carried once more."""
        return cls(sizes=dict(in_bucket))

    def knows(self, file: LocalFile) -> bool:
        """Whether the bucket holds this very file."""
        if is_final(file.key):
            return self.sizes.get(file.key) == file.size_bytes
        return self.carried.get(file.key) == (file.size_bytes, file.changed_ns)

    def put_down(self, file: LocalFile, now: float) -> None:
        """Note that the bucket has acknowledged a file."""
        self.sizes[file.key] = file.size_bytes
        if not is_final(file.key):
            self.carried[file.key] = file.size_bytes, file.changed_ns
            self.carried_at[file.key] = now

    def strike_out(self, key: str) -> None:
        """Note that a file was deleted."""
        self.sizes.pop(key, None)
        self.carried.pop(key, None)

    def due(self, file: LocalFile, now: float) -> bool:
        """Whether a file should be carried now."""
        if not is_carried(file.key) or self.knows(file):
            return False
        if PurePosixPath(file.key).suffix != ".jsonl":
            return True
        last = self.carried_at.get(file.key)
        return last is None or now - last >= min(file.size_bytes / _GROWING_BYTES_PER_S, 300.0)


def load(files: Iterable[LocalFile], ledger: Ledger, now: float) -> tuple[list[LocalFile], list[LocalFile]]:
    """Return what to carry: media, oldest first, and then what changes and may name that media.

    The second list is to be carried only when the first is there as a whole, with the content that the
    files had before the first list was made: then no playlist in the bucket names a segment that is not.
    Descriptions (JSON) come last: who reads `replay.json` finds everything else.
    """
    due = [file for file in files if ledger.due(file, now)]
    media = sorted((file for file in due if is_final(file.key)), key=lambda file: (file.changed_ns, file.key))
    words = sorted(
        (file for file in due if not is_final(file.key)),
        # Manifests before the playlists that were made of them: who plans from the bucket sees all that was
        # shown.
        key=lambda file: (file.key.endswith(".json"), not file.key.endswith(".jsonl"), file.key),
    )
    return media, words


def leaving(files: Iterable[LocalFile], in_bucket: Mapping[str, int], now_ns: int, keep_ns: int) -> list[str]:
    """Return which media of a session may be deleted here, by key.

    None, if anything about the session changed in the last `keep_ns`, its replay is not closed (here or,
    where only recordings are, in the bucket), or any file is not in the bucket with the size that it has
    here (`in_bucket`: a listing made after the last change). Manifests, playlists and descriptions always
    stay: they are small, and what goes on later goes on from them.
    """
    carried = [file for file in files if is_carried(file.key)]
    quiet = all(now_ns - file.changed_ns >= keep_ns for file in carried)
    safe = all(in_bucket.get(file.key) == file.size_bytes for file in carried)
    if not (is_closed(carried, in_bucket) and quiet and safe):
        return []
    return [file.key for file in carried if is_final(file.key)]


def is_closed(files: Iterable[LocalFile], in_bucket: Mapping[str, int]) -> bool:
    """Whether a session's replay is closed. Where it is packaged, this folder's word counts."""
    keys = {file.key for file in files}
    places = keys if any("/hls/" in key for key in keys) else in_bucket.keys()
    return any(key.endswith("/hls/replay.json") for key in places)


def pause_s(failures: int) -> float:
    """How long to wait after `failures` failures in a row (0: none): 1 s to 30 s."""
    return min(_FIRST_PAUSE_S * float(1 << min(failures, 10)), _LONGEST_PAUSE_S)
