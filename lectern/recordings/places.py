"""Where sessions are packaged: in one folder each, known by an id that the folder carries itself."""

import os
from dataclasses import dataclass
from pathlib import Path

from lectern.db.engine import Database
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.ids import new_id
from lectern.recordings import store


def place_id(data: Path) -> str:
    """Return the id of a `LECTERN_DATA`, made the first time somebody asks. Blocks. Raises OSError."""
    path = data / "place"
    if not path.exists():
        partial = data / f".place.{new_id()}"
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(new_id())
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(partial)
        except FileExistsError:  # another process was a moment faster
            pass
        finally:
            partial.unlink()
    return path.read_text(encoding="utf-8").strip()


@dataclass(frozen=True, slots=True)
class Places:
    """What the database says of one folder, `here`. All raise Gone: the database is away."""

    database: Database
    here: str
    clock: Clock = utc_ms

    async def is_here(self, session_id: str) -> bool:
        """Whether nobody packages this session elsewhere."""
        async with self.database.read() as tx:
            return await store.place_of(tx, session_id) in {None, self.here}

    async def of(self, session_id: str) -> str | None:
        """Return the id of the folder where it is packaged, if anywhere."""
        async with self.database.read() as tx:
            return await store.place_of(tx, session_id)

    async def take(self, session_id: str) -> None:
        """From now on it is packaged here."""
        async with self.database.write() as tx:
            await store.take_place(tx, session_id, self.here, self.clock())
