"""Addresses that were given out before a replay was held open nothing: asked at every file, read seldom."""

from collections import OrderedDict

from catalogue.play_grant import BROADCAST, REPLAY, PlayGrant
from catalogue.publishing import TAIL_MS, held_back
from catalogue.publishing_store import PublishingStore
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs

_KNOWN_MS = 3_000
"""So long an answer is used again: a player asks twice a second, and hundreds of them for one lesson."""
_MOST = 1_000
"""Media that are played at once; the one that was asked for longest ago is read again."""


class HeldBack:
    """Knows, up to some seconds late, which media are held."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = PublishingStore()
        self._known: OrderedDict[str, tuple[UtcMs, int | None]] = OrderedDict()

    async def insist_on_shown(self, grant: PlayGrant, now: UtcMs) -> None:
        """Refuse a learner's address of a held replay, and of its broadcast once that is over.

        Raises:
            Conflict: `replay_held`.
        """
        kind, _, id_ = grant.medium.partition("/")
        if kind not in {REPLAY, BROADCAST}:
            return
        ended_utc_ms = await self._held_since(kind, id_, now)
        if ended_utc_ms is not None and (kind == REPLAY or now >= ended_utc_ms + TAIL_MS):
            raise held_back()

    async def _held_since(self, kind: str, id_: str, now: UtcMs) -> int | None:
        key = f"{kind}/{id_}"
        found = self._known.get(key)
        if found is not None and 0 <= now - found[0] < _KNOWN_MS:
            return found[1]
        named = {"replay_id": id_} if kind == REPLAY else {"session_id": id_}
        async with self._database.read() as tx:
            since = await self._store.held_since(tx, **named)
        self._known[key] = (now, since)
        self._known.move_to_end(key)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return since
