"""Addresses that were given out before a replay was held open nothing: asked at every file, read seldom."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial

from catalogue.groups.recordings import is_shown
from catalogue.groups.store import GroupStore
from catalogue.play_grant import BROADCAST, GROUP, MEMBER, REPLAY, PlayGrant
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
        self._groups = GroupStore()
        self._known: OrderedDict[str, tuple[UtcMs, int | None]] = OrderedDict()

    async def insist_on_shown(self, grant: PlayGrant, now: UtcMs) -> None:
        """Refuse a learner's address of a held replay, and of its broadcast once that is over.

        What a group recorded is refused with its lesson's replay, and when it is not shown to them any more.

        Raises:
            Conflict: `replay_held`.
        """
        kind, _, id_ = grant.medium.partition("/")
        if kind == GROUP:
            await self._insist_on_group(id_, now)
            return
        if kind not in {REPLAY, BROADCAST}:
            return
        ended_utc_ms = await self._held_since(kind, id_, now)
        if ended_utc_ms is not None and (kind == REPLAY or now >= ended_utc_ms + TAIL_MS):
            raise held_back()

    async def _insist_on_group(self, named: str, now: UtcMs) -> None:
        replay_id, group, seen_as = named.split("/")
        is_held = await self._held_since(REPLAY, replay_id, now) is not None
        if is_held or await self._answer(
            f"{GROUP}/{named}", now, partial(self._hidden, replay_id, group, seen_as)
        ):
            raise held_back()

    async def _hidden(self, replay_id: str, group: str, seen_as: str) -> int | None:
        """Return None if the group's recording is shown to whoever sees it so."""
        async with self._database.read() as tx:
            shown_to = await self._groups.shown_to_of(tx, replay_id, group)
        return None if is_shown(shown_to, is_member=seen_as == MEMBER) else 1

    async def _held_since(self, kind: str, id_: str, now: UtcMs) -> int | None:
        async def ask() -> int | None:
            named = {"replay_id": id_} if kind == REPLAY else {"session_id": id_}
            async with self._database.read() as tx:
                return await self._store.held_since(tx, **named)

        return await self._answer(f"{kind}/{id_}", now, ask)

    async def _answer(self, key: str, now: UtcMs, ask: Callable[[], Awaitable[int | None]]) -> int | None:
        """Return what `ask` answers, or answered just now."""
        found = self._known.get(key)
        if found is not None and 0 <= now - found[0] < _KNOWN_MS:
            return found[1]
        answer = await ask()
        self._known[key] = (now, answer)
        self._known.move_to_end(key)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return answer
