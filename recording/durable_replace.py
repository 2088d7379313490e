"""Files that readers see as a whole or not at all, also after a crash."""

import os
from pathlib import Path


def write_once(path: Path, data: bytes) -> None:
    """Write a file that never changes; readers see all of it or nothing, also after a crash."""
    if not path.exists():
        replace(path, data)


def replace(path: Path, data: bytes, *, is_safe: bool = True) -> None:
    """Write a file at once. Without `is_safe` a crash of the machine may cost it, for files that are written
    again and again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        file.write(data)
        if is_safe:
            file.flush()
            os.fsync(file.fileno())
    temporary.replace(path)


def append(path: Path, data: bytes) -> None:
    """Add to a file that only grows; what a crash leaves half written is written anew at the next start."""
    with path.open("ab") as file:
        file.write(data)
