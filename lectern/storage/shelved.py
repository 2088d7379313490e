"""`sessions/<id>/shelved.txt`: which files of a session left this disk for the bucket, one relative key a
line.

Whoever makes files from other files asks here before it takes a missing one for one that was never made.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

NAME: Final = "shelved.txt"


def note_shelved(session: Path, names: Iterable[str]) -> None:
    """Add `names`; they are on the disk when this returns, so that they can be deleted. Blocks. Raises
    OSError."""
    with (session / NAME).open("a", encoding="utf-8") as file:
        # A last line that a crash tore names nothing that was deleted; the new ones begin on a line of
        # their own.
        file.write("".join(f"\n{name}" for name in names) + "\n")
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(session, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def shelved(session: Path) -> frozenset[str]:
    """Return the relative keys of what left. Blocks. Raises OSError."""
    try:
        text = (session / NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return frozenset()
    return frozenset(filter(None, text.split("\n")))
