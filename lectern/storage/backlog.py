"""What waits in `LECTERN_DATA` to be carried into the bucket: `carrier.json`, the carrier's word to whoever
watches."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from lectern.storage.carrying import LocalFile

NAME: Final = "carrier.json"
STALE_MS: Final = 120_000
"""A carrier looks every 30 s at the least, and may wait a minute for an answer: one that has said nothing for
so long does not run."""


class Backlog(msgspec.Struct, frozen=True):
    """State of a carrier at `at_utc_ms`.

    `oldest_utc_ms` is the time of change of what waits longest, 0 if nothing does. `away_since_utc_ms`: since
    when the bucket takes nothing; 0 while it does. `well_utc_ms`: when last nothing waited.
    """

    at_utc_ms: int = 0
    files: int = 0
    bytes: int = 0
    oldest_utc_ms: int = 0
    away_since_utc_ms: int = 0
    well_utc_ms: int = 0

    def age_s(self, now_ms: int) -> float:
        """How long the oldest file has waited, in seconds."""
        return max(0, now_ms - self.oldest_utc_ms) / 1000 if self.files else 0.0

    def is_stale(self, now_ms: int) -> bool:
        """Whether no carrier is at work."""
        return now_ms - self.at_utc_ms > STALE_MS


class Waiting(msgspec.Struct, frozen=True):
    """Files of a session that wait: how many, how large, and the oldest one's time of change."""

    files: int = 0
    bytes: int = 0
    oldest_ns: int = 0


def waiting_of(files: Iterable[LocalFile]) -> Waiting:
    """Return these as a sum."""
    listed = list(files)
    oldest_ns = min((file.changed_ns for file in listed), default=0)
    return Waiting(len(listed), sum(file.size_bytes for file in listed), oldest_ns)


def total(of_sessions: Iterable[Waiting]) -> Waiting:
    """Return the sum over sessions."""
    some = [one for one in of_sessions if one.files]
    oldest_ns = min((one.oldest_ns for one in some), default=0)
    return Waiting(sum(one.files for one in some), sum(one.bytes for one in some), oldest_ns)


def read_backlog(data: Path) -> Backlog | None:
    """Return what a carrier of this folder said last; None if none ever did. Blocks. Raises OSError."""
    try:
        return msgspec.json.decode((data / NAME).read_bytes(), type=Backlog)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write_backlog(data: Path, backlog: Backlog) -> None:
    """Say it. Not synced: a minute later it is old anyway. Blocks. Raises OSError."""
    partial = data / f".{NAME}"
    partial.write_bytes(msgspec.json.encode(backlog))
    partial.replace(data / NAME)
