"""Where a media process takes its orders: a Unix socket, or TLS over TCP between machines. Pure.

A Unix socket is protected by its folder. Over TCP both ends prove that they hold the same secret, and
everything between them is encrypted: orders carry the keys of pipes and peers. See
`streaming.control.proof`.
"""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

SHORTEST_SECRET: Final = 32
"""Characters. Whoever reaches the port can guess at the secret at home: it has to be a random one."""

_TCP: Final = re.compile(r"tcp://(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.\-]+)):(\d{1,5})")


@dataclass(frozen=True, slots=True)
class ControlEnd:
    """One address of a control protocol. With `path` it is a Unix socket, else `host` and `port` with
    `secret`."""

    path: str = ""
    host: str = ""
    port: int = 0
    secret: str = field(default="", repr=False)

    def __str__(self) -> str:
        if self.path:
            return self.path
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


def control_end(text: str, secret: str = "") -> ControlEnd:
    """Return what `text` names: an absolute path, or `tcp://HOST:PORT`, for which `secret` is needed.

    Raises:
        ValueError: it is neither, or the secret is missing or too short; the words are for the person who
        set it.
    """
    found = _TCP.fullmatch(text)
    if found is None:
        if not PurePosixPath(text).is_absolute():
            msg = f"a media process is named by an absolute path or tcp://HOST:PORT, not by {text!r}"
            raise ValueError(msg)
        return ControlEnd(path=text)
    port = int(found[3])
    if not 0 <= port <= 65_535:
        msg = f"there is no port {port}"
        raise ValueError(msg)
    if len(secret) < SHORTEST_SECRET:
        msg = f"orders over TCP need a shared secret of at least {SHORTEST_SECRET} random characters"
        raise ValueError(msg)
    return ControlEnd(host=found[1] or found[2], port=port, secret=secret)
