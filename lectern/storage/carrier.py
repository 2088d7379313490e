"""Carries what recorder, packager and workers finish from this machine's folder into the bucket; takes old
media off this disk.

A lesson never waits for it: it only reads finished files. While the bucket is away, files stay here and are
carried later. It keeps no record on disk: at its start it asks the bucket what is there. One carrier works
on a folder at a time (a lock of the file system says which); another one waits.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Gone, NotFound
from lectern.kernel.tasks import task_group
from lectern.storage.carrying import Ledger, LocalFile, leaving, load, pause_s
from lectern.storage.files import Files
from lectern.storage.kinds import is_carried
from lectern.storage.shelved import note_shelved
from lectern.storage.survey import Survey

_log = structlog.get_logger()
_SESSIONS: Final = "sessions"
_AT_ONCE: Final = 4
_MOST_PER_ROUND: Final = 400
"""Files of one session before the others have their turn: an old backlog delays no live lesson."""
_MOST_FAILED: Final = 3
"""Sessions in one round: one that the bucket will not take hinders no other; when it is away, one asks no
longer."""
_LOCK_AGAIN_S: Final = 5.0
_LEAVE_EVERY_S: Final = 300.0
_IDLE_AFTER_NS: Final = 600 * 1_000_000_000
_IDLE_LOOK_S: Final = 10.0
"""Between looks at a session in which nothing changed for ten minutes: there may be thousands."""


@dataclass(slots=True)
class _Session:
    survey: Survey
    ledger: Ledger | None = None
    newest_ns: int = 0
    next_leave_s: float = 0.0
    next_look_s: float = 0.0


class Carrier:
    """See the module. `waiting_files` and `waiting_bytes` are what the last round left to do."""

    def __init__(
        self,
        root: Path,
        bucket: Files,
        *,
        keep_s: float,
        clock: Clock = utc_ms,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`root` is `LECTERN_DATA`; media of a closed replay stays here for `keep_s` after its last
        change."""
        self.waiting_files = 0
        self.waiting_bytes = 0
        self._root = root
        self._bucket = bucket
        self._keep_s = keep_s
        self._clock = clock
        self._now = now
        self._sessions: dict[str, _Session] = {}
        self._failures = 0

    async def run(self) -> None:
        """Carry until cancelled."""
        while True:
            with _only_one(self._root / "carrier.lock") as ours:
                while ours:
                    await self.round()
                    await asyncio.sleep(pause_s(self._failures))
            await asyncio.sleep(_LOCK_AGAIN_S)

    async def round(self) -> bool:
        """Carry what there is; return whether the bucket took everything it was offered."""
        names = await asyncio.to_thread(_session_names, self._root / _SESSIONS)
        for gone in self._sessions.keys() - set(names):
            del self._sessions[gone]
        for name in names:
            self._sessions.setdefault(name, _Session(Survey(self._root, f"{_SESSIONS}/{name}")))
        self.waiting_files = self.waiting_bytes = 0
        failed = 0
        for name, session in sorted(self._sessions.items(), key=lambda item: -item[1].newest_ns):
            try:
                await self._carry(f"{_SESSIONS}/{name}", session)
            except Gone as error:
                failed += 1
                if self._failures == 0 and failed == 1:
                    _log.warning("storage_away", cause=type(error.__cause__).__name__)
                if failed == _MOST_FAILED:
                    break
        if failed:
            self._failures += 1
            return False
        if self._failures:
            _log.info("storage_back", failures=self._failures)
        self._failures = 0
        return True

    async def _carry(self, folder: str, session: _Session) -> None:
        if session.ledger is None:
            there = await self._bucket.list(folder)
            session.ledger = Ledger.begin({file.key: file.size_bytes for file in there})
        ledger = session.ledger
        if self._now() < session.next_look_s:
            return
        files = await asyncio.to_thread(session.survey.files, self._wall_ns())
        _, words = load(files, ledger, self._now())
        read = await asyncio.to_thread(self._contents, words)  # before the media that they name is listed
        if words:
            files = await asyncio.to_thread(session.survey.files, self._wall_ns())
        session.newest_ns = max((file.changed_ns for file in files), default=0)
        media, _ = load(files, ledger, self._now())
        if not media and not read:
            await self._rest(folder, session, files)
            return
        session.next_leave_s = 0.0
        self.waiting_files += len(media)
        self.waiting_bytes += sum(file.size_bytes for file in media)
        await self._carry_media(media[:_MOST_PER_ROUND], ledger)
        if len(media) > _MOST_PER_ROUND:
            return
        for file, content in read:
            await self._bucket.put(file.key, content)
            await self._put_down(file, ledger)
            if file.key.endswith("/hls/replay.json"):
                _log.info("replay_carried", session_id=folder.rpartition("/")[2], files=len(files))

    async def _rest(self, folder: str, session: _Session, files: Sequence[LocalFile]) -> None:
        """Nothing is to be carried: look less often at what is over for long, and see what may leave."""
        now_s = self._now()
        if self._wall_ns() - session.newest_ns > _IDLE_AFTER_NS:
            session.next_look_s = now_s + _IDLE_LOOK_S
        if now_s >= session.next_leave_s:
            session.next_leave_s = now_s + _LEAVE_EVERY_S
            await self._let_leave(folder, session, files)

    def _wall_ns(self) -> int:
        return self._clock() * 1_000_000

    async def _carry_media(self, media: Sequence[LocalFile], ledger: Ledger) -> None:
        left = iter(media)
        failed: list[Gone] = []

        async def carry() -> None:
            for file in left:
                if failed:
                    return
                try:
                    await self._bucket.put_file(file.key, self._root / file.key)
                except NotFound:
                    continue  # deleted meanwhile
                except Gone as error:
                    failed.append(error)
                    return
                await self._put_down(file, ledger)
                self.waiting_files -= 1
                self.waiting_bytes -= file.size_bytes

        async with task_group() as tasks:
            for _ in range(min(_AT_ONCE, len(media))):
                tasks.create_task(carry())
        if failed:
            raise failed[0]

    async def _put_down(self, file: LocalFile, ledger: Ledger) -> None:
        """Note what arrived; what somebody deleted here while it was on its way is deleted there too."""
        ledger.put_down(file, self._now())
        if not await asyncio.to_thread((self._root / file.key).exists):
            await self._bucket.delete(file.key)
            ledger.strike_out(file.key)

    def _contents(self, files: Sequence[LocalFile]) -> list[tuple[LocalFile, bytes]]:
        read: list[tuple[LocalFile, bytes]] = []
        for file in files:
            try:
                content = (self._root / file.key).read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                _log.warning("file_unreadable", errno=error.errno)
                continue
            # What was appended or replaced since the survey is newer than `file` says, and is carried once
            # more.
            read.append((file, content))
        return read

    async def _let_leave(self, folder: str, session: _Session, files: Sequence[LocalFile]) -> None:
        """Delete here what is old and surely there: the bucket is asked again, right before."""
        now_ns, keep_ns = self._wall_ns(), int(self._keep_s * 1e9)
        assert session.ledger is not None
        if not leaving(files, {file.key: file.size_bytes for file in files}, now_ns, keep_ns):
            return
        there = {file.key: file.size_bytes for file in await self._bucket.list(folder)}
        keys = leaving(files, there, now_ns, keep_ns)
        if not keys:
            lost = [
                file.key for file in files if is_carried(file.key) and there.get(file.key) != file.size_bytes
            ]
            _log.error("carried_files_missing", session_id=folder.rpartition("/")[2], files=len(lost))
            session.ledger = Ledger.begin(there)  # whoever took them away: they are carried again
            session.next_look_s = 0.0
            return
        await asyncio.to_thread(
            note_shelved, self._root / folder, [key.removeprefix(folder + "/") for key in keys]
        )
        for key in keys:
            await asyncio.to_thread((self._root / key).unlink, missing_ok=True)
        _log.info("media_left_disk", session_id=folder.rpartition("/")[2], files=len(keys))


def _session_names(sessions: Path) -> list[str]:
    try:
        with os.scandir(sessions) as entries:
            return [one.name for one in entries if one.is_dir() and not one.name.startswith(".")]
    except FileNotFoundError:
        return []


@contextmanager
def _only_one(path: Path) -> Iterator[bool]:
    """Whether this process has the lock. The system frees it when the process ends, however that ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
