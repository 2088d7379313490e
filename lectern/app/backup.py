"""`lectern backup` and `restore`: one folder that holds the whole installation on one machine.

What lies in a bucket alone (`LECTERN_STORAGE_URL`) is not in it: object storage has ways of its own to keep
copies.

The database is copied first, as one consistent moment, then secrets and files: what a later moment added to
the files is not in the database and does no harm; what the database names is there.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from lectern.app.settings import Settings
from lectern.app.storage import place_of
from lectern.kernel.errors import Conflict, NotFound, Rejected

_DATABASE = "lectern.db"
_FOLDERS = ("secrets", "sessions", "branding")

Progress = Callable[[str], None]


def backup(settings: Settings, target: Path, progress: Progress) -> list[str]:
    """Copy everything into `target`, which must be new or empty. The server may run meanwhile.

    Returns what is not in it, in words for the person who made it.

    Raises:
        Rejected: the database is PostgreSQL, which brings its own tool.
        Conflict: `target` holds something. NotFound: there is nothing to back up.
    """
    _insist_on_sqlite(settings)
    source = settings.data / _DATABASE
    if not source.exists():
        raise NotFound("nothing_to_back_up", f"There is no installation in {settings.data}.")
    _insist_on_empty(target)
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    progress("database")
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as opened,
        closing(sqlite3.connect(target / _DATABASE)) as copy,
    ):
        opened.backup(copy)
    (target / _DATABASE).chmod(0o600)
    _copy_folders(settings.data, target, progress)
    place = place_of(settings)
    if place is None:
        return []
    remark = (
        f"Recordings in {place.url} are not in this backup, only what {settings.data} still holds of them. "
        "Switch on versions or replication of that bucket, and restore with the same LECTERN_STORAGE_URL."
    )
    return [remark]


def restore(settings: Settings, source: Path, progress: Progress) -> None:
    """Put a backup in place of an installation that does not exist yet. The server must not run.

    Raises:
        Rejected: the database is PostgreSQL. NotFound: `source` is no backup.
        Conflict: `LECTERN_DATA` holds an installation already.
    """
    _insist_on_sqlite(settings)
    if not (source / _DATABASE).is_file():
        raise NotFound("not_a_backup", f"{source} does not hold a backup (no {_DATABASE}).")
    if (settings.data / _DATABASE).exists():
        raise Conflict(
            "data_not_empty", f"{settings.data} holds an installation. Move it away, or set LECTERN_DATA."
        )
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _copy_folders(source, settings.data, progress)
    progress("database")
    partial = settings.data / f"{_DATABASE}.partial"
    shutil.copyfile(source / _DATABASE, partial)
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.rename(settings.data / _DATABASE)  # last: a restore that was interrupted can be repeated


def _copy_folders(source: Path, target: Path, progress: Progress) -> None:
    for name in _FOLDERS:
        if (source / name).is_dir():
            progress(name)
            shutil.copytree(source / name, target / name, dirs_exist_ok=True, copy_function=_copy_if_there)


def _copy_if_there(source: str, target: str) -> None:
    """Copy a file; one that went away meanwhile (a segment that became another) is not missed."""
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:
        return


def _insist_on_sqlite(settings: Settings) -> None:
    if settings.database_url and not settings.database_url.startswith("sqlite"):
        raise Rejected(
            "backup_by_database",
            "With PostgreSQL, use pg_dump and pg_restore for the database, and copy LECTERN_DATA beside it; "
            "a bucket (LECTERN_STORAGE_URL) is kept by its own means.",
        )


def _insist_on_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise Conflict("target_not_empty", f"{folder} is not empty. Name a new folder.")
