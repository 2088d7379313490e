"""The WHIP and WHEP sessions that are open in this server process."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from signaling.entry.presence import Seat
from signaling.plane.peer import Peer
from signaling.whip.sdpfrag import Credentials, Frame

MAX_ENDED = 1_000


def new_etag() -> str:
    """Return a strong entity-tag, in its quotes, for one ICE session (RFC 9110 section 8.8.3)."""
    return f'"{secrets.token_hex(8)}"'


@dataclass(slots=True)
class OpenSession:
    """One publisher or player. `credentials` are the client's of the ICE session that `etag` stands for.

    `is_settled` once its stream key's row says that it is the one that publishes.
    """

    session_id: str
    peer: Peer
    seat: Seat
    subject: str
    key_id: str | None
    publishes: bool
    frame: Frame
    credentials: Credentials
    etag: str = field(default_factory=new_etag)
    is_settled: bool = False
    restarting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def id(self) -> str:
        """The last part of its address."""
        return self.peer.transport

    @property
    def path(self) -> str:
        """Its address, from the root: relative, so that it holds behind any proxy."""
        return f"/{'whip' if self.publishes else 'whep'}/{self.session_id}/{self.id}"


class OpenSessions:
    """All of them, by id; and whose the last ones were that ended by themselves.

    Encoders close their connection first and send DELETE then (OBS does): that must not look like a failure.
    Of the ended ones `MAX_ENDED` are remembered (the oldest are forgotten first).
    """

    def __init__(self) -> None:
        self._by_id: dict[str, OpenSession] = {}
        self._ended: dict[str, OpenSession] = {}

    def __iter__(self) -> Iterator[OpenSession]:
        """All that are open at this moment."""
        return iter(tuple(self._by_id.values()))

    def add(self, opened: OpenSession) -> None:
        """Keep one."""
        self._by_id[opened.id] = opened

    def get(self, id_: str) -> OpenSession | None:
        """Return one."""
        return self._by_id.get(id_)

    def pop(self, id_: str) -> OpenSession | None:
        """Forget one; None if it was forgotten before. Whoever gets it, closes it."""
        return self._by_id.pop(id_, None)

    def ended(self, opened: OpenSession) -> None:
        """Remember one that ended before its client said so."""
        self._ended[opened.id] = opened
        if len(self._ended) > MAX_ENDED:
            self._ended.pop(next(iter(self._ended)))

    def get_ended(self, id_: str) -> OpenSession | None:
        """Return one of those."""
        return self._ended.get(id_)

    def forget_ended(self, id_: str) -> None:
        """Its client has said so."""
        self._ended.pop(id_, None)

    def of_key(self, key_id: str) -> list[OpenSession]:
        """Return those that a stream key opened."""
        return [opened for opened in self if opened.key_id == key_id]
