"""What a key may look like, so that no key ever leads out of the place where files are kept. Pure."""

import re
from typing import NewType

from lectern.kernel.errors import NotFound

FileKey = NewType("FileKey", str)
"""A checked relative path with `/` between its parts."""

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}")
_MAX_PARTS = 16


def file_key(raw: str) -> FileKey:
    """Return `raw` as a key: 1 to 16 parts of letters, digits, `_`, `-`, `.`, none beginning with a dot.

    Raises:
        NotFound: it is not a key (`file_not_found`); whoever probes paths learns nothing more.
    """
    parts = raw.split("/")
    if len(parts) > _MAX_PARTS or not all(_PART.fullmatch(part) for part in parts):
        raise NotFound("file_not_found", "There is no such file.")
    return FileKey(raw)


def below(prefix: str, relative: str) -> FileKey:
    """Return the key of `relative` under the folder `prefix` (which ends with `/`).

    Raises:
        NotFound: `relative` is not a key by itself.
    """
    return file_key(prefix + file_key(relative))
