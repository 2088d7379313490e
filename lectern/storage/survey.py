"""Which files a folder holds, asked every second: only folders that changed are read again."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lectern.storage.carrying import LocalFile
from lectern.storage.kinds import is_final

_SETTLED_NS: Final = 2_000_000_000
"""A folder's time of change is coarse: what comes in the same tick as a look does not move it. So a folder
is read again until its time lies this far back."""


@dataclass(slots=True)
class _Folder:
    changed_ns: int = -1
    settled: bool = False
    finals: dict[str, LocalFile] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


class Survey:
    """All files under one folder of `root`, with keys relative to `root`. Blocks; for one thread at a
    time."""

    def __init__(self, root: Path, top: str) -> None:
        self._root = root
        self._top = top
        self._folders: dict[str, _Folder] = {}

    def files(self, now_ns: int) -> list[LocalFile]:
        """Return what is there now. Hidden files and folders are not; what goes away meanwhile may be or
        not. `now_ns` is the wall clock."""
        found: list[LocalFile] = []
        seen: set[str] = set()
        waiting = [self._top]
        while waiting:
            name = waiting.pop()
            folder = self._read(name, now_ns)
            if folder is None:
                continue
            seen.add(name)
            found += folder.finals.values()
            for key in folder.others:
                file = self._stat(key)
                if file is not None:
                    found.append(file)
            waiting += folder.folders
        for gone in self._folders.keys() - seen:
            del self._folders[gone]
        return found

    def folders(self) -> list[str]:
        """Return the folders that the last look found, relative to `root`."""
        return list(self._folders)

    def _read(self, name: str, now_ns: int) -> _Folder | None:
        try:
            changed_ns = (self._root / name).stat().st_mtime_ns
        except FileNotFoundError:
            return None
        known = self._folders.setdefault(name, _Folder())
        if known.settled and known.changed_ns == changed_ns:
            return known
        finals: dict[str, LocalFile] = {}
        others: list[str] = []
        folders: list[str] = []
        try:
            with os.scandir(self._root / name) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.is_symlink():
                        continue
                    key = f"{name}/{entry.name}"
                    if entry.is_dir():
                        folders.append(key)
                    elif not is_final(key):
                        others.append(key)
                    elif (file := known.finals.get(key) or self._stat(key)) is not None:
                        finals[key] = file
        except (FileNotFoundError, NotADirectoryError):
            return None
        # A clock that was set back only has us read once more.
        settled = now_ns - changed_ns > _SETTLED_NS
        fresh = _Folder(changed_ns, settled, finals, others, folders)
        self._folders[name] = fresh
        return fresh

    def _stat(self, key: str) -> LocalFile | None:
        try:
            stat = (self._root / key).stat()
        except FileNotFoundError:
            return None
        return LocalFile(key, stat.st_size, stat.st_mtime_ns)
