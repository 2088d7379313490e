"""Erasing for good what was said aside: its fragments and its live segments, and nothing else.

What is to be erased is written down first, then the files go, then it is written down that they are gone: who
is killed in between goes on with it. Manifests stay, empty and of their old length, so that whoever follows
recordings by number and length (`order.json`) finds what they expect.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
import structlog

from catalogue.erasure_store import ErasureStore
from catalogue.media import hls_folder
from lectern.db.engine import Database
from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Gone, NotFound
from lectern.manifest import Line, RecordingEnded, RecordingStarted
from lectern.manifest.asides import aside_folder
from lectern.storage.files import Files

_log = structlog.get_logger()
_MANIFEST = "manifest.jsonl"
_FILLING = b'{"type":"erased"}'
LOOK_AGAIN_S = 30.0


def emptied(manifest: bytes) -> bytes | None:
    """Return the manifest of an aside without what it lists, as long as before; None: it is of no aside.

    Its first line stays, and its last one if the recording was closed; between them is room.
    """
    first, *others = manifest.splitlines(keepends=True) or [b""]
    if not isinstance(begun := _line(first), RecordingStarted) or not begun.aside:
        return None
    last = others[-1] if others and isinstance(_line(others[-1]), RecordingEnded) else b""
    room = len(manifest) - len(first) - len(last)
    if room == 0:
        return manifest
    filling = _FILLING.ljust(room - 1) if room > len(_FILLING) else b" " * (room - 1)
    return first + filling + b"\n" + last


def _line(text: bytes) -> Line | None:
    try:
        line: Line = msgspec.json.decode(text, type=Line)
    except msgspec.DecodeError:
        return None
    return line


def recordings_in(keys: Iterable[str], session_id: str) -> list[int]:
    """Return the numbers of a session's recordings that have a manifest among these files."""
    root = f"sessions/{session_id}/rec/"
    found = (key.removeprefix(root).split("/") for key in keys if key.startswith(root))
    return sorted(
        int(parts[0]) for parts in found if len(parts) == 2 and parts[0].isdigit() and parts[1] == _MANIFEST
    )


@dataclass(frozen=True, slots=True)
class AsideEraser:
    """See the module. `erase` may be repeated, and interrupted, at will."""

    database: Database
    files: Files
    clock: Clock = utc_ms
    store: ErasureStore = field(default_factory=ErasureStore)

    async def erase(self, session_id: str) -> None:
        """Delete the files of every aside of a session whose erasure was asked for, and note that.

        Raises:
            Gone: the bucket cannot be asked now; `run` tries again.
        """
        keys = [file.key for file in await self.files.list(f"sessions/{session_id}/rec")]
        erased = 0
        for number in recordings_in(keys, session_id):
            erased += await self._erase(session_id, number, keys)
        async with self.database.write() as tx:
            await self.store.done(tx, session_id, self.clock())
        _log.info("asides_erased", session_id=session_id, recordings=erased)

    async def _erase(self, session_id: str, number: int, keys: Iterable[str]) -> int:
        folder = f"sessions/{session_id}/rec/{number}/"
        try:
            empty = emptied(await self.files.get(folder + _MANIFEST))
        except NotFound:
            return 0
        if empty is None:
            return 0
        await self.files.delete(hls_folder(session_id) + aside_folder(number))
        for key in keys:
            if key.startswith(folder) and key != folder + _MANIFEST:
                await self.files.delete(key)
        await self.files.put(folder + _MANIFEST, empty)
        return 1

    async def run(self) -> None:
        """Finish what a server that was ended, or a bucket that was away, left undone; for ever."""
        while True:
            async with self.database.read() as tx:
                waiting = await self.store.waiting(tx)
            for session_id in waiting:
                try:
                    await self.erase(session_id)
                except Gone as error:
                    _log.warning("aside_erasing_waits", session_id=session_id, code=error.code)
            await asyncio.sleep(LOOK_AGAIN_S)
