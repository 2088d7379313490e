"""The messages about notes on `/class`: open, write, close (docs/protocol.md)."""

import asyncio
from base64 import b64decode
from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from interactions.live.connection import Connection
from interactions.live.outlet import Outlet
from interactions.notes import store
from interactions.notes.notebook import NOTES_CHARS
from interactions.notes.rights import require_reader, require_writer
from interactions.notes.update import read_update
from interactions.notes.watching import Watching, as_text
from interactions.notes.writing import Writer, Writing
from lectern.kernel.errors import Overloaded, ProtocolViolation
from lectern.kernel.rate import RateLimit
from lectern.timeline.engine import TimelineEngine

WRITES_PER_S, WRITE_BURST = 4.0, 12.0
ITEMS_A_WRITE = 100
OPENS_PER_S, OPEN_BURST = 1.0, 10.0

GroupId = Annotated[str, msgspec.Meta(max_length=64)]


class NotesOpen(msgspec.Struct, frozen=True):
    """Look at a group's notes; `after` is the last change that the client has, 0 if it has none."""

    group: GroupId
    after: Annotated[int, msgspec.Meta(ge=0)] = 0


class NotesWrite(msgspec.Struct, frozen=True):
    """Change a group's notes: a Yjs update in Base64."""

    group: GroupId
    update: Annotated[str, msgspec.Meta(max_length=60_000)]


class NotesClose(msgspec.Struct, frozen=True):
    """Look at a group's notes no longer."""

    group: GroupId


class NotesDesk:
    """Takes the messages. Each is limited per participant, over all their connections."""

    def __init__(self, engine: TimelineEngine, outlet: Callable[[], Outlet]) -> None:
        self._engine = engine
        self._writer = Writer(engine)
        self.watching = Watching(engine, outlet)
        self._writes = RateLimit(WRITES_PER_S, WRITE_BURST)
        self._opens = RateLimit(OPENS_PER_S, OPEN_BURST)

    async def open(self, connection: Connection, message: NotesOpen) -> dict[str, Any]:
        """Return what brings the client up to date, and tell it what comes after.

        Raises:
            Rejected: the notes are not open to them, see `require_reader`.
            Overloaded: too often (`too_fast`).
        """
        admitted = connection.admitted
        _limit(self._opens, admitted.actor.participant_id)
        live = await self._engine.current(admitted.session_id, at_least=0)
        require_reader(live.state, admitted.actor, message.group)
        async with self._engine.database.read() as tx:
            changes = await store.since(tx, message.group, message.after)
        n = changes[-1].n if changes else message.after
        self.watching.watch(connection, message.group, n)
        return {"n": n, "updates": as_text(changes), "limit": NOTES_CHARS}

    async def write(self, connection: Connection, message: NotesWrite) -> dict[str, Any]:
        """Accept a change.

        Raises:
            ProtocolViolation: it is not what it should be.
            Rejected: they may not write here, see `require_writer`; or it does not fit, see `Notebook.take`.
            Overloaded: too often (`too_fast`).
        """
        admitted = connection.admitted
        update = read_update(_bytes(message.update))
        # Many small pieces cost more to merge than one: whoever sends them waits longer.
        _limit(self._writes, admitted.actor.participant_id, 1 + update.items / ITEMS_A_WRITE)
        live = await self._engine.current(admitted.session_id, at_least=0)
        require_writer(live.state, admitted.actor, message.group)
        author = admitted.actor.participant_id
        return {"n": await self._writer.write(Writing(admitted.session_id, message.group, author, update))}

    async def close(self, connection: Connection, message: NotesClose) -> dict[str, Any]:
        """Stop telling the client."""
        self.watching.stop(connection.sid, message.group)
        return {}


def _limit(rate: RateLimit, participant_id: str, cost: float = 1.0) -> None:
    wait_s = rate.wait_s(participant_id, asyncio.get_running_loop().time(), cost)
    if wait_s > 0:
        raise Overloaded(
            "too_fast", "Too much at once. Please wait a moment.", retry_after_s=round(wait_s, 3)
        )


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise ProtocolViolation(
            "notes_update_invalid", "This change cannot be read.", reason="it is no Base64"
        ) from None
