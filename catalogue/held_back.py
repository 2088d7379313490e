"""Addresses given out before a medium was held or deleted open nothing: asked at every file, read seldom."""

from collections import OrderedDict
from dataclasses import dataclass

from catalogue.bin.states import deleted
from catalogue.bin.store import BinStore
from catalogue.media import MediumKind
from catalogue.play_grant import BROADCAST, REPLAY, PlayGrant
from catalogue.publishing import TAIL_MS, held_back
from catalogue.publishing_store import PublishingStore
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs

_KNOWN_MS = 3_000
"""So long an answer is used again: a player asks twice a second, and hundreds of them for one lesson."""
_MOST = 1_000
"""Media that are played at once; the one that was asked for longest ago is read again."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was read at `read_utc_ms`: since when the medium is held, and whether it was deleted."""

    read_utc_ms: UtcMs
    held_since: int | None
    deleted: MediumKind | None


class HeldBack:
    """Knows, up to some seconds late, which media are held, and which were deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = PublishingStore()
        self._bin = BinStore()
        self._known: OrderedDict[str, _Answer] = OrderedDict()

    async def insist_on_shown(self, grant: PlayGrant, now: UtcMs) -> None:
        """Refuse any address of what was deleted, and a learner's of a held replay.

        A held replay's broadcast goes on until it is over.

        Raises:
            Deleted: it was deleted. Conflict: `replay_held`.
        """
        kind, _, id_ = grant.medium.partition("/")
        answer = await self._answer(kind, id_, now)
        if answer.deleted is not None:
            raise deleted(answer.deleted)
        ended_utc_ms = answer.held_since
        if ended_utc_ms is not None and (kind == REPLAY or now >= ended_utc_ms + TAIL_MS):
            raise held_back()

    async def _answer(self, kind: str, id_: str, now: UtcMs) -> _Answer:
        key = f"{kind}/{id_}"
        found = self._known.get(key)
        if found is not None and 0 <= now - found.read_utc_ms < _KNOWN_MS:
            return found
        async with self._database.read() as tx:
            since = None
            if kind in {REPLAY, BROADCAST}:
                named = {"replay_id": id_} if kind == REPLAY else {"session_id": id_}
                since = await self._store.held_since(tx, **named)
            answer = _Answer(now, since, await self._bin.is_deleted(tx, kind, id_))
        self._known[key] = answer
        self._known.move_to_end(key)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return answer
