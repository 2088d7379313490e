"""Where the media processes take their orders."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from lectern.app.secrets import secret_in
from lectern.app.settings import Settings
from lectern.kernel.errors import Conflict
from streaming.control.ends import ControlEnd, control_end


def control_ends(settings: Settings) -> list[ControlEnd]:
    """Return where each media process takes its orders.

    Raises:
        Conflict: see `control_paths`; or the file that holds the secret cannot be read.
    """
    if not settings.media_nodes:
        return [ControlEnd(path=str(path)) for path in control_paths(settings)]
    secret = settings.media_control_secret
    if settings.media_control_secret_file is not None:
        secret = secret_in(settings.media_control_secret_file, "LECTERN_MEDIA_CONTROL_SECRET_FILE")
    try:
        return [control_end(node, secret) for node in settings.media_nodes]
    except ValueError as error:
        raise Conflict("media_nodes_unusable", f"LECTERN_MEDIA_NODES: {error}.") from None


def control_paths(settings: Settings) -> list[Path]:
    """Return where the media processes that the server runs itself listen for their orders.

    The paths are short enough for Unix sockets, and private to this installation's user.

    Raises:
        Conflict: the folder for them belongs to somebody else, who could then pose as a media process.
    """
    name = hashlib.sha256(str(settings.data).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"lectern-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
        raise Conflict(
            "folder_foreign",
            f"{folder} must be a folder of this user alone (mode 700). Remove it, or set TMPDIR.",
        )
    return [folder / f"{name}.media{number}" for number in range(settings.media_processes)]
