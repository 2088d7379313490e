"""Keys of the installation: generated once, mode 0600, with ids, so that they can be rotated."""

import json
import os
import secrets
from pathlib import Path

from lectern.kernel.errors import Conflict
from signaling.entry.join_tokens import Keys


def load_keys(folder: Path, purpose: str) -> Keys:
    """Return the keys for `purpose`, making a first one if there is none.

    The file is `{"current": id, "keys": {id: hex}}`. To rotate: add a key, make it current, and drop
    the old one when nothing signed with it can be in use any more.
    """
    path = folder / f"{purpose}.keys.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key_id = secrets.token_hex(4)
        write_once(path, json.dumps({"current": key_id, "keys": {key_id: secrets.token_hex(32)}}))
    stored = json.loads(path.read_text())
    return Keys(stored["current"], {kid: bytes.fromhex(key) for kid, key in stored["keys"].items()})


def write_once(path: Path, text: str) -> None:
    """Write a private file whole or not at all; of two processes that start together the first one wins."""
    partial = _written(path, text)
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        pass
    finally:
        partial.unlink()


def write_over(path: Path, text: str) -> None:
    """Write a private file over what was there, whole or not at all."""
    _written(path, text).replace(path)


def _written(path: Path, text: str) -> Path:
    """Return a private file beside `path` with `text`, on the disk."""
    partial = path.with_suffix(f".{secrets.token_hex(4)}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return partial


def secret_in(path: Path, setting: str) -> str:
    """Return the text of a file that a setting names, without space around it.

    Raises:
        Conflict: it cannot be read (`setting_unreadable`).
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = f"{setting} is {path}, which cannot be read: {type(error).__name__}."
        raise Conflict("setting_unreadable", reason) from None
