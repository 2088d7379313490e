"""Addresses given out before a medium was held or deleted open nothing: asked at every file, read seldom."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from catalogue.bin.states import deleted
from catalogue.bin.store import BinStore
from catalogue.groups.recordings import ShownTo, is_shown
from catalogue.groups.store import GroupStore
from catalogue.media import MediumKind
from catalogue.play_grant import BROADCAST, GROUP, MEMBER, REPLAY, PlayGrant
from catalogue.publishing import TAIL_MS, held_back
from catalogue.publishing_store import PublishingStore
from lectern.db.engine import Database
from lectern.kernel.clock import UtcMs

_KNOWN_MS = 3_000
"""So long an answer is used again: a player asks twice a second, and hundreds of them for one lesson."""
_MOST = 1_000
"""Media that are played at once; the one that was asked for longest ago is read again."""
_Answer = TypeVar("_Answer")


class _Recent(Generic[_Answer]):
    """Answers of the last seconds."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[UtcMs, _Answer]] = OrderedDict()

    async def get(self, key: str, now: UtcMs, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
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


@dataclass(frozen=True, slots=True)
class _Standing:
    """Since when a medium is held, and whether it was deleted."""

    held_since: int | None
    deleted: MediumKind | None


class HeldBack:
    """Knows, seconds late at most, what is held, what was deleted, and who is shown a group's recording."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = PublishingStore()
        self._bin = BinStore()
        self._groups = GroupStore()
        self._standings = _Recent[_Standing]()
        self._shown_to = _Recent[ShownTo]()

    async def insist_on_shown(self, grant: PlayGrant, now: UtcMs) -> None:
        """Refuse any address of what was deleted, and a learner's of a held replay.

        A held replay's broadcast goes on until it is over. What a group recorded is refused with its lesson's
        replay, and when it is not shown to them any more.

        Raises:
            Deleted: it was deleted. Conflict: `replay_held`.
        """
        kind, _, id_ = grant.medium.partition("/")
        if kind == GROUP:
            await self._insist_on_group(id_, now)
            return
        standing = await self._standing(kind, id_, now)
        ended_utc_ms = standing.held_since
        if ended_utc_ms is not None and (kind == REPLAY or now >= ended_utc_ms + TAIL_MS):
            raise held_back()

    async def _insist_on_group(self, named: str, now: UtcMs) -> None:
        replay_id, group, seen_as = named.split("/")
        standing = await self._standing(REPLAY, replay_id, now)

        async def ask() -> ShownTo:
            async with self._database.read() as tx:
                return await self._groups.shown_to_of(tx, replay_id, group)

        shown_to = await self._shown_to.get(f"{replay_id}/{group}", now, ask)
        if standing.held_since is not None or not is_shown(shown_to, is_member=seen_as == MEMBER):
            raise held_back()

    async def _standing(self, kind: str, id_: str, now: UtcMs) -> _Standing:
        """Raises Deleted: it was deleted."""

        async def ask() -> _Standing:
            async with self._database.read() as tx:
                since = None
                if kind in {REPLAY, BROADCAST}:
                    named = {"replay_id": id_} if kind == REPLAY else {"session_id": id_}
                    since = await self._store.held_since(tx, **named)
                return _Standing(since, await self._bin.is_deleted(tx, kind, id_))

        standing = await self._standings.get(f"{kind}/{id_}", now, ask)
        if standing.deleted is not None:
            raise deleted(standing.deleted)
        return standing
