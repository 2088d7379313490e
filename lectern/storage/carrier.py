"""Carries what recorder, packager and workers finish from this machine's folder into the bucket; takes old
media off this disk.

A lesson never waits for it: it only reads finished files. While the bucket is away, files stay here and are
carried later. It keeps no record of what it carried: at its start it asks the bucket what is there. One
carrier works on a folder at a time (a lock of the file system says which); another one waits. What waits, it
says in `carrier.json`.

What was said aside and is erased it erases here, too, and does not carry again: the word of it lies in the
bucket (`lectern.storage.erasing`). It is asked for before anything of an aside is carried for the first time,
in the round after each time that something was, and every half minute.
"""

import asyncio
import fcntl
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import structlog

from lectern.kernel.clock import Clock, utc_ms
from lectern.kernel.errors import Gone, NotFound
from lectern.kernel.tasks import task_group
from lectern.storage import erasing, pieces
from lectern.storage.backlog import Backlog, Waiting, read_backlog, total, waiting_of, write_backlog
from lectern.storage.carrying import Ledger, LocalFile, is_closed, leaving, load, pause_s
from lectern.storage.files import Files
from lectern.storage.kinds import is_carried
from lectern.storage.read_cache import FOLDER as CACHE
from lectern.storage.read_cache import sweep_passing
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
_LONGEST_FAILURE_S: Final = 10.0
"""A bucket that lets us wait is not asked for the next session: our own word must not become old."""
_LOCK_AGAIN_S: Final = 5.0
_LEAVE_EVERY_S: Final = 300.0
_WORD_EVERY_S: Final = 60.0
_IDLE_AFTER_NS: Final = 600 * 1_000_000_000
_IDLE_LOOK_S: Final = 10.0
"""Between looks at a session in which nothing changed for ten minutes: there may be thousands."""
_ERASED_LOOK_S: Final = 30.0
_OLD_ERASED_LOOK_S: Final = 300.0
_OLD_AFTER_NS: Final = 24 * 3600 * 1_000_000_000
"""Whether an aside is erased is asked less often when it is a day old."""
_SWEEP_EVERY_S: Final = 10.0
_FETCHED: Final = "fetched"


@dataclass(slots=True)
class _Session:
    survey: Survey
    ledger: Ledger | None = None
    waiting: Waiting = field(default_factory=Waiting)
    in_pieces: dict[str, int] = field(default_factory=dict)  # manifest: how much of it is there
    over: set[str] = field(default_factory=set)  # manifests
    newest_ns: int = 0
    next_leave_s: float = 0.0
    next_look_s: float = 0.0
    asides: dict[int, bool] = field(default_factory=dict)  # recordings here: whether they are
    aside_keys: tuple[str, ...] = ()  # what keys of asides begin with
    erased_up_to: int = 0
    erased_keys: tuple[str, ...] = ()  # the same of those that are erased
    wiped: set[int] = field(default_factory=set)  # of these nothing is left here
    next_erased_look_s: float = 0.0

    def note_carried(self, keys: Iterable[str]) -> None:
        """Something is being carried: if it was said aside, look at once whether that is erased by now."""
        if self.aside_keys and any(key.startswith(self.aside_keys) for key in keys):
            self.next_erased_look_s = 0.0


Here = Callable[[str], Awaitable[bool]]
"""Whether a session (by id) is packaged in this folder. May raise Gone: that cannot be said now."""
IsOver = Callable[[Path, float], bool]
"""Whether nothing will be added to a manifest any more, at this wall clock. Blocks. Raises OSError."""


class Carrier:
    """See the module. `backlog` is what the last round left to do."""

    def __init__(
        self,
        root: Path,
        bucket: Files,
        *,
        keep_s: float,
        asides: erasing.Asides | None = None,
        is_over: IsOver | None = None,
        packaged_here: Here | None = None,
        clock: Clock = utc_ms,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`root` is `LECTERN_DATA`; media of a closed replay stays here for `keep_s` after its last
        change. `asides` tells what was said aside; without, nothing was. With `is_over`, manifests are
        carried in pieces, too, for packagers elsewhere. With `packaged_here`, what was packaged here in vain
        goes nowhere, and is deleted."""
        self.backlog = Backlog()
        self._root = root
        self._asides = asides
        self._is_over = is_over
        self._packaged_here = packaged_here
        self._bucket = bucket
        self._keep_s = keep_s
        self._clock = clock
        self._now = now
        self._sessions: dict[str, _Session] = {}
        self._failures = 0
        self._next_word_s = 0.0
        self._next_sweep_s = 0.0

    async def run(self) -> None:
        """Carry until cancelled."""
        before = await asyncio.to_thread(read_backlog, self._root)
        if before is not None:
            self.backlog = before
        while True:
            with _only_one(self._root / "carrier.lock") as ours:
                while ours:
                    await self.round()
                    await asyncio.sleep(pause_s(self._failures))
            await asyncio.sleep(_LOCK_AGAIN_S)

    async def round(self) -> bool:
        """Carry what there is; return whether the bucket took everything it was offered."""
        await self._sweep()
        names = await asyncio.to_thread(_session_names, self._root / _SESSIONS)
        for gone in self._sessions.keys() - set(names):
            del self._sessions[gone]
        for name in names:
            self._sessions.setdefault(name, _Session(Survey(self._root, f"{_SESSIONS}/{name}")))
        begun_s = self._now()
        failed: list[_Session] = []
        order = sorted(self._sessions.items(), key=lambda item: -item[1].newest_ns)
        for number, (name, session) in enumerate(order):
            try:
                await self._carry(f"{_SESSIONS}/{name}", session)
            except Gone as error:
                failed.append(session)
                if self._failures == 0 and len(failed) == 1:
                    _log.warning("storage_away", cause=type(error.__cause__).__name__)
                if len(failed) == _MOST_FAILED or self._now() - begun_s > _LONGEST_FAILURE_S:
                    failed += [session for _, session in order[number + 1 :]]
                    break
        for session in failed:
            session.waiting = await asyncio.to_thread(self._waiting, session)
        await self._tell(is_away=bool(failed))
        if failed:
            self._failures += 1
            return False
        if self._failures:
            _log.info("storage_back", failures=self._failures)
        self._failures = 0
        return True

    async def _sweep(self) -> None:
        if self._now() >= self._next_sweep_s:
            self._next_sweep_s = self._now() + _SWEEP_EVERY_S
            try:
                await asyncio.to_thread(sweep_passing, self._root / CACHE, self._clock() / 1000)
            except OSError as error:
                _log.warning("cache_not_swept", errno=error.errno)

    def _waiting(self, session: _Session) -> Waiting:
        """What of a session waits, as far as can be said without the bucket."""
        files = _left(session.survey.files(self._wall_ns()), session)
        if session.ledger is not None:
            return waiting_of(file for file in files if session.ledger.due(file, self._now()))
        well_ns = self.backlog.well_utc_ms * 1_000_000
        return waiting_of(file for file in files if is_carried(file.key) and file.changed_ns > well_ns)

    async def _tell(self, *, is_away: bool) -> None:
        """Say how it stands; while the bucket is away, in the log, too, once a minute."""
        now_ms, before = self._clock(), self.backlog
        waiting = total(session.waiting for session in self._sessions.values())
        since = (before.away_since_utc_ms or now_ms) if is_away else 0
        self.backlog = Backlog(
            at_utc_ms=now_ms,
            files=waiting.files,
            bytes=waiting.bytes,
            oldest_utc_ms=waiting.oldest_ns // 1_000_000,
            away_since_utc_ms=since,
            well_utc_ms=before.well_utc_ms if is_away or waiting.files else now_ms,
        )
        if is_away and self._now() >= self._next_word_s:
            if since != now_ms:
                _log.error(
                    "storage_still_away",
                    away_s=(now_ms - since) // 1000,
                    files=waiting.files,
                    bytes=waiting.bytes,
                )
            self._next_word_s = self._now() + _WORD_EVERY_S
        try:
            await asyncio.to_thread(write_backlog, self._root, self.backlog)
        except OSError as error:
            _log.warning("backlog_not_written", errno=error.errno)

    async def _carry(self, folder: str, session: _Session) -> None:
        if session.ledger is None:
            there = await self._bucket.list(folder)
            session.ledger = Ledger.begin({file.key: file.size_bytes for file in there})
            session.over = {file.key for file in there if file.key.endswith("/pieces/over.json")}
        ledger = session.ledger
        if self._now() < session.next_look_s:
            return
        files = await self._not_erased(folder, session, await self._ours(folder, await self._files(session)))
        _, words = load(files, ledger, self._now())
        read = await asyncio.to_thread(self._contents, words)  # before the media that they name is listed
        grown = await asyncio.to_thread(self._new_pieces, files, session)
        if words or grown:
            files = _left(await self._ours(folder, await self._files(session)), session)
        session.newest_ns = max((file.changed_ns for file in files), default=0)
        media, _ = load(files, ledger, self._now())
        session.waiting = waiting_of([*media, *(file for file, _ in read)])
        if not media and not read and not grown:
            if not await self._note_over(files, session):
                await self._rest(folder, session, files)
            return
        session.next_leave_s = 0.0
        session.note_carried(
            [*(file.key for file in media), *(key for key, _, _ in grown), *(file.key for file, _ in read)]
        )
        await self._carry_media(media[:_MOST_PER_ROUND], ledger)
        if len(media) > _MOST_PER_ROUND:
            session.waiting = waiting_of(media[_MOST_PER_ROUND:])
            return
        for manifest, offset, content in grown:
            await self._bucket.put(pieces.piece_key(manifest, offset), content)
            session.in_pieces[manifest] = offset + len(content)
        for file, content in read:
            await self._bucket.put(file.key, content)
            await self._put_down(file, ledger)
            if file.key.endswith("/hls/replay.json"):
                _log.info("replay_carried", session_id=folder.rpartition("/")[2], files=len(files))
        session.waiting = Waiting()
        await self._note_over(files, session)

    async def _files(self, session: _Session) -> list[LocalFile]:
        return await asyncio.to_thread(session.survey.files, self._wall_ns())

    async def _ours(self, folder: str, files: list[LocalFile]) -> list[LocalFile]:
        """Without `hls/` if the session is packaged elsewhere: then that here is of a former life."""
        hls = f"{folder}/hls/"
        if self._packaged_here is None or not any(file.key.startswith(hls) for file in files):
            return files
        others = [file for file in files if not file.key.startswith(hls)]
        try:
            if await self._packaged_here(folder.rpartition("/")[2]):
                return files
        except Gone:  # the database; the rest needs nobody's word
            return others
        await asyncio.to_thread(shutil.rmtree, self._root / folder / "hls", ignore_errors=True)
        _log.info("former_packaging_deleted", session_id=folder.rpartition("/")[2])
        return others

    async def _not_erased(self, folder: str, session: _Session, files: list[LocalFile]) -> list[LocalFile]:
        """Return `files` without what was said aside and is erased: if that is news, here and there.

        Raises Gone.
        """
        if self._asides is None:
            return files
        here = await asyncio.to_thread(self._asides_here, folder, session, self._asides)
        session.aside_keys = self._keys_of(folder, here, self._asides)
        if here <= session.wiped:
            session.aside_keys = ()
        elif self._now() >= session.next_erased_look_s:
            session.erased_up_to = await erasing.erased_up_to(self._bucket, folder)
            newest_ns = max((file.changed_ns for file in files), default=0)
            is_old = self._wall_ns() - newest_ns > _OLD_AFTER_NS
            session.next_erased_look_s = self._now() + (_OLD_ERASED_LOOK_S if is_old else _ERASED_LOOK_S)
        gone = {number for number in here if number <= session.erased_up_to}
        if not gone:
            return files
        erased = 0
        for number in sorted(gone - session.wiped):
            erased += await self._erase(folder, session, number, self._asides)
        if erased:
            _log.info("aside_copies_erased", session_id=folder.rpartition("/")[2], recordings=erased)
        session.erased_keys = self._keys_of(folder, gone, self._asides)
        return _left(files, session)

    def _asides_here(self, folder: str, session: _Session, asides: erasing.Asides) -> set[int]:
        """Return the recordings of a session of which this disk holds, or held, something said aside."""
        found: set[int] = set()
        for name in session.survey.folders():
            kind, _, rest = name.removeprefix(f"{folder}/").partition("/")
            if kind == "hls" and (number := asides.recording_of(rest)) is not None:
                found.add(number)
            elif kind == "rec" and rest.isascii() and rest.isdigit():
                number = int(rest)
                if number not in session.asides:
                    try:
                        is_aside = erasing.is_aside(self._root / name, asides)
                    except OSError as error:
                        _log.warning("file_unreadable", errno=error.errno)
                        continue
                    if is_aside is None:
                        continue
                    session.asides[number] = is_aside
                if session.asides[number]:
                    found.add(number)
        return found

    def _keys_of(self, folder: str, numbers: Iterable[int], asides: erasing.Asides) -> tuple[str, ...]:
        return tuple(
            key
            for number in sorted(numbers)
            for key in (f"{folder}/rec/{number}/", f"{folder}/hls/{asides.aside_folder(number)}/")
        )

    async def _erase(self, folder: str, session: _Session, number: int, asides: erasing.Asides) -> bool:
        """Erase an aside in the bucket (something of it may have come late) and then here.

        Return whether anything was here. Raises Gone: nothing was deleted here yet.
        """
        recording = self._root / folder / "rec" / str(number)
        fetched = self._root / _FETCHED / folder.rpartition("/")[2] / "rec" / str(number)
        live = self._root / folder / "hls" / asides.aside_folder(number)
        try:
            if await asyncio.to_thread(self._is_written, recording / pieces.MANIFEST):
                return False  # is erased when that ends; until then nothing of it is carried
            held = await asyncio.to_thread(_manifest, recording)
            found = await asyncio.to_thread(_holds, live, (recording, fetched), asides)
            if found:
                await erasing.erase_recording(self._bucket, folder, number, asides, held)
                await asyncio.to_thread(_wipe, live, (recording, fetched), asides)
        except OSError as error:
            _log.error("aside_not_erased", session_id=folder.rpartition("/")[2], errno=error.errno)
            return False
        session.wiped.add(number)
        if session.ledger is not None:
            for key in [
                key for key in session.ledger.sizes if key.startswith(self._keys_of(folder, [number], asides))
            ]:
                session.ledger.strike_out(key)
        return found

    def _is_written(self, manifest: Path) -> bool:
        """Whether a recorder has not ended yet. Raises OSError."""
        if self._is_over is None:
            return False
        try:
            return not self._is_over(manifest, self._wall_ns() / 1e9)
        except FileNotFoundError:
            return False

    def _new_pieces(self, files: Sequence[LocalFile], session: _Session) -> list[tuple[str, int, bytes]]:
        """What was added to manifests since their last pieces: whole lines, with where they begin."""
        if self._is_over is None or session.ledger is None:
            return []
        found = []
        for file in files:
            if not file.key.endswith(f"/{pieces.MANIFEST}") or pieces.over_key(file.key) in session.over:
                continue
            if file.key not in session.in_pieces:
                there = session.ledger.sizes.items()
                session.in_pieces[file.key] = pieces.carried_to(file.key, there)
            offset = session.in_pieces[file.key]
            if file.size_bytes > offset:
                content = pieces.whole_lines(self._tail(file.key, offset))
                if content:
                    found.append((file.key, offset, content))
        return found

    def _tail(self, key: str, offset: int) -> bytes:
        try:
            with (self._root / key).open("rb") as manifest:
                manifest.seek(offset)
                return manifest.read()
        except OSError as error:
            _log.warning("file_unreadable", errno=error.errno)
            return b""

    async def _note_over(self, files: Sequence[LocalFile], session: _Session) -> bool:
        """Say in the bucket which manifests nobody writes any more; all that they name is there. Whether any
        was news."""
        if self._is_over is None:
            return False
        noted = False
        for file in files:
            key = pieces.over_key(file.key)
            if not file.key.endswith(f"/{pieces.MANIFEST}") or key in session.over:
                continue
            length = session.in_pieces.get(file.key, 0)
            if await asyncio.to_thread(self._has_ended, file, length):
                session.note_carried([key])
                await self._bucket.put(key, msgspec.json.encode(pieces.Over(length)))
                session.over.add(key)
                noted = True
        return noted

    def _has_ended(self, file: LocalFile, length: int) -> bool:
        """Whether nothing was added to a manifest since the survey, nor will be; `length` is in pieces."""
        assert self._is_over is not None
        path = self._root / file.key
        try:
            is_over = self._is_over(path, self._wall_ns() / 1e9)
            return (
                is_over
                and path.stat().st_size == file.size_bytes
                and not pieces.whole_lines(self._tail(file.key, length))
            )
        except OSError:
            return False

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
        at_best = {f"{folder}/hls/replay.json": 0} | {file.key: file.size_bytes for file in files}
        if not leaving(files, at_best, now_ns, keep_ns):
            return
        session.next_erased_look_s = 0.0  # or what is erased there would be taken for lost
        files = await self._not_erased(folder, session, list(files))
        there = {file.key: file.size_bytes for file in await self._bucket.list(folder)}
        keys = leaving(files, there, now_ns, keep_ns)
        if not keys and not is_closed(files, there):
            return  # recordings of a lesson that is not closed elsewhere
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


def _left(files: list[LocalFile], session: _Session) -> list[LocalFile]:
    """Return `files` without those that are erased."""
    if not session.erased_keys:
        return files
    return [file for file in files if not file.key.startswith(session.erased_keys)]


def _holds(live: Path, recordings: Iterable[Path], asides: erasing.Asides) -> bool:
    """Whether anything of an aside is in these folders. Raises OSError."""
    return live.exists() or any(erasing.copies(path, asides) for path in recordings)


def _wipe(live: Path, recordings: Iterable[Path], asides: erasing.Asides) -> None:
    """Erase what is in these folders of an aside. Raises OSError."""
    if live.exists():
        shutil.rmtree(live)
    for path in recordings:
        erasing.erase_copies(path, asides)


def _manifest(recording: Path) -> bytes | None:
    try:
        return (recording / pieces.MANIFEST).read_bytes()
    except FileNotFoundError:
        return None


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
