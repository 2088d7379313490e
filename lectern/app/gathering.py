"""Puts beside a packager what other machines recorded of its session, and says what it is to read.

For servers and media processes with folders of their own and a bucket behind them
(docs/decisions/0022-recordings-of-several-machines.md). What may be read, and how far, is decided in the
database; `lectern.recordings.settling` says when.
"""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import structlog

from lectern.app.far_recording import FarRecording, Followed
from lectern.db.engine import Database
from lectern.kernel.clock import utc_ms
from lectern.kernel.errors import Gone, LecternError
from lectern.kernel.tasks import task_group
from lectern.manifest.hold import is_over
from lectern.manifest.order import Listed, Order, write_order
from lectern.recordings import store
from lectern.recordings.places import Places
from lectern.recordings.settling import Come, Silence, counted
from lectern.storage import pieces
from lectern.storage.bucket import BucketFiles
from lectern.storage.files import StoredFile
from lectern.storage.kinds import is_final
from lectern.storage.place import TOLD_BY
from lectern.storage.shelved import NAME as SHELVED
from lectern.storage.shelved import note_shelved

_log = structlog.get_logger()
_LOOK_S: Final = 0.5
_AGAIN_S: Final = 2.0
_KNOWN_FOR_S: Final = 2.0
_LEFT_BEHIND_S: Final = 7 * 24 * 3600


class NearRecording:
    """A recording that is made in this folder."""

    def __init__(self, manifest: Path) -> None:
        self._manifest = manifest

    async def look(self) -> Come | None:
        """See `Followed`."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> Come:
        over = is_over(self._manifest, utc_ms() / 1000)  # before its length: nothing comes in between
        return Come(len(pieces.whole_lines(self._manifest.read_bytes())), over)


class Gathering:
    """See the module. One for a server process."""

    def __init__(
        self, database: Database, places: Places, bucket: BucketFiles, data: Path, sessions_dir: Path
    ) -> None:
        self._database = database
        self._places = places
        self._bucket = bucket
        self._fetched = data / "fetched"
        self._sessions_dir = sessions_dir
        self._known: frozenset[str] = frozenset()
        self._known_until_s = 0.0

    def options(self, session_id: str) -> Sequence[str]:
        """Return what a session's packager is told on its command line."""
        return ("--fetched", str(self._fetched / session_id))

    @property
    def environment(self) -> Mapping[str, str]:
        """What packagers are told where no list of processes shows it."""
        return {TOLD_BY: msgspec.json.encode(self._bucket.place).decode()}

    async def recorded(self, session_ids: Collection[str]) -> frozenset[str]:
        """Return which of these sessions were recorded, here or elsewhere. Raises Gone: the database."""
        if set(session_ids) - self._known and time.monotonic() >= self._known_until_s:
            async with self._database.read() as tx:
                self._known = await store.recorded(tx, session_ids)
            self._known_until_s = time.monotonic() + _KNOWN_FOR_S
        there = await asyncio.to_thread(self._here, session_ids)
        return self._known & set(session_ids) | there

    def _here(self, session_ids: Collection[str]) -> frozenset[str]:
        return frozenset(one for one in session_ids if (self._sessions_dir / one / "rec").is_dir())

    @asynccontextmanager
    async def gathered(self, session_id: str) -> AsyncIterator[None]:
        """While the block lasts, this folder packages a session, and what others record of it comes here.

        Begins when that is settled: at once, or, if it was packaged elsewhere before, when the bucket
        answers.
        """
        folder, fetched = self._sessions_dir / session_id, self._fetched / session_id
        await asyncio.to_thread(shutil.rmtree, fetched, ignore_errors=True)
        await asyncio.to_thread(write_order, folder, Order())
        while True:
            if await self._taken_over(session_id, folder):
                break
            await asyncio.sleep(_AGAIN_S)
        try:
            async with task_group() as tasks:
                following = tasks.create_task(self._follow(session_id, folder, fetched))
                try:
                    yield
                finally:
                    following.cancel()
        finally:
            await asyncio.to_thread(shutil.rmtree, fetched, ignore_errors=True)

    def sweep(self) -> None:
        """Throw away what packagers of a former life left behind. Blocks."""
        if self._fetched.is_dir():
            for folder in self._fetched.iterdir():
                if utc_ms() / 1000 - folder.stat().st_mtime > _LEFT_BEHIND_S:
                    shutil.rmtree(folder, ignore_errors=True)

    async def _taken_over(self, session_id: str, folder: Path) -> bool:
        """Make this folder the place where a session is packaged; False: try again.

        What another place made lies in the bucket and counts as made; what is left here of a time before
        that does not count.
        """
        try:
            before = await self._places.of(session_id)
            if before not in {None, self._places.here}:
                made = await self._bucket.list(f"sessions/{session_id}/hls")
                await asyncio.to_thread(_begin_afresh, folder, made)
                _log.info("packaging_taken_over", session_id=session_id, made=len(made))
            await self._number_old_ones(session_id, folder)
            await self._places.take(session_id)
        except (Gone, OSError) as error:
            _log.warning("packaging_waits", session_id=session_id, cause=type(error).__name__)
            return False
        return True

    async def _number_old_ones(self, session_id: str, folder: Path) -> None:
        """Recordings from before there were rows for them: they are in this folder."""
        manifests = await asyncio.to_thread(lambda: list(folder.glob(f"rec/*/{pieces.MANIFEST}")))
        numbers = [int(path.parent.name) for path in manifests if path.parent.name.isdigit()]
        if numbers:
            async with self._database.write() as tx:
                await store.add_known(tx, session_id, numbers, utc_ms())

    async def _follow(self, session_id: str, folder: Path, fetched: Path) -> None:
        sources: dict[int, Followed] = {}
        silences: dict[int, Silence] = {}
        told: Order | None = None
        troubled = False
        while True:
            try:
                order = await self._order(session_id, folder, fetched, sources, silences)
                if order != told:
                    await asyncio.to_thread(write_order, folder, order)
                    told = order
                troubled = False
            except (LecternError, OSError, msgspec.DecodeError) as error:
                if not troubled:
                    _log.warning("recordings_unreachable", session_id=session_id, cause=type(error).__name__)
                troubled = True
            await asyncio.sleep(_LOOK_S if not troubled else _AGAIN_S)

    async def _order(
        self,
        session_id: str,
        folder: Path,
        fetched: Path,
        sources: dict[int, Followed],
        silences: dict[int, Silence],
    ) -> Order:
        """Look after every recording up to the first that goes on; decide what can be decided."""
        # Asked first: no recording is added to a lesson that has ended, so the list is whole then.
        has_ended = await asyncio.to_thread((folder / "ended").exists)
        async with self._database.read() as tx:
            recordings = await store.of_session(tx, session_id)
        listed: list[Listed] = []
        for index, recording in enumerate(recordings):
            number, settled = recording.number, recording.counted_bytes
            if settled == 0:
                continue
            if number not in sources:
                name = f"rec/{number}/{pieces.MANIFEST}"
                near = await asyncio.to_thread((folder / name).exists)
                far = FarRecording(self._bucket, f"sessions/{session_id}/{name}", fetched / name)
                source: Followed = NearRecording(folder / name) if near else far
            else:
                source = sources[number]
            come = await source.look()
            if come is not None:  # else it may yet appear here as well as there
                sources[number] = source
            goes_on = index == len(recordings) - 1 and not has_ended
            known = come or Come(0, is_over=False)
            silent_s = silences.setdefault(number, Silence()).news(known, time.monotonic(), goes_on=goes_on)
            if settled is None:
                settled = counted(known, silent_s, goes_on=goes_on)
                if settled is not None:
                    await self._settle(session_id, number, settled, is_over=known.is_over)
            if come is not None and settled != 0:
                listed.append(Listed(number, settled))
            if settled is None:
                return Order(tuple(listed))
        return Order(tuple(listed), is_complete=has_ended)

    async def _settle(self, session_id: str, number: int, settled: int, *, is_over: bool) -> None:
        async with self._database.write() as tx:
            await store.count(tx, session_id, number, settled)
        if not is_over:
            _log.warning("recording_cut_off", session_id=session_id, number=number, bytes=settled)


def _begin_afresh(folder: Path, made: Sequence[StoredFile]) -> None:
    """Forget what was packaged here in a former life; what is in the bucket need not be made again."""
    shutil.rmtree(folder / "hls", ignore_errors=True)
    (folder / SHELVED).unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    prefix = f"sessions/{folder.name}/"
    note_shelved(folder, [file.key.removeprefix(prefix) for file in made if is_final(file.key)])
