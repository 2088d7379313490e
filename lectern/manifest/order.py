"""`sessions/<id>/order.json`: which manifests a packager is to read, in which order and how far.

A server writes it where recordings of a session may lie on several machines; a recording is read only after
it was decided how much of those before it counts, so that every packager plans the same segments.
"""

from pathlib import Path
from typing import Final

import msgspec

NAME: Final = "order.json"


class Listed(msgspec.Struct, frozen=True):
    """Recording `number`; the first `bytes` of its manifest count. None: it goes on, and is the last."""

    number: int
    bytes: int | None = None


class Order(msgspec.Struct, frozen=True):
    """See the module. `is_complete`: the session has ended, and nothing is missing: close the replay."""

    recordings: tuple[Listed, ...] = ()
    is_complete: bool = False


def read_order(session: Path) -> Order:
    """Return the order; an empty one while there is none. Blocks. Raises OSError."""
    try:
        return msgspec.json.decode((session / NAME).read_bytes(), type=Order)
    except FileNotFoundError:
        return Order()


def write_order(session: Path, order: Order) -> None:
    """Replace it at once; not synced, for it is made again. Blocks. Raises OSError."""
    session.mkdir(parents=True, exist_ok=True)
    partial = session / f".{NAME}"
    partial.write_bytes(msgspec.json.encode(order))
    partial.replace(session / NAME)
