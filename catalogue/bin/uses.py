"""What uses a replay or a microcourse, for whoever is about to delete it. The sum is pure."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.edit_store import EditStore
from catalogue.groups.recordings import READ, ShownTo, recordings
from catalogue.groups.store import GroupStore
from catalogue.media import Microcourse, Replay
from catalogue.neighbours import Uses
from catalogue.series import Key
from catalogue.series_tables import series, series_items
from catalogue.store import CatalogueStore
from catalogue.terms_store import TermsStore


@dataclass(frozen=True, slots=True)
class InSeries:
    """A series, and which media of those asked about stand in it."""

    id: str
    title: str
    media: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class OfGroup:
    """What a group of the class recorded: it goes with the replay. `name` None: there is none any more."""

    id: str
    round: int
    place: int
    name: str | None
    shown_to: ShownTo


@dataclass(frozen=True, slots=True)
class UsesOfReplay:
    """What uses a replay; `due` says until when something has to be watched (None: nobody said), by medium.

    `watched_by` counts people by medium; `readers` are API keys that may read media; `groups` go with it.
    """

    replay: Replay
    microcourses: Sequence[Microcourse]
    drafts: int
    series: Sequence[InSeries]
    due: Mapping[Key, int | None]
    watched_by: Mapping[Key, int]
    readers: int
    groups: Sequence[OfGroup] = ()

    @property
    def mark(self) -> str:
        """Another one when something else would be deleted, or be cut off, than what somebody was shown."""
        courses = [(each.id, each.state, each.version, each.live_version) for each in self.microcourses]
        groups = [(each.id, each.shown_to) for each in self.groups]
        shown = (self.replay.version, courses, self.drafts, [each.id for each in self.series], groups)
        return hashlib.sha256(repr((shown, sorted(self.due))).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class UseReader:
    """Reads what uses a replay."""

    store: CatalogueStore
    neighbours: Uses
    edits: EditStore = field(default_factory=EditStore)
    terms: TermsStore = field(default_factory=TermsStore)
    groups: GroupStore = field(default_factory=GroupStore)

    async def of(self, tx: AsyncConnection, replay: Replay) -> UsesOfReplay:
        """Return what uses a replay."""
        courses = await self.store.cut_from(tx, replay.id)
        keys = [Key("replay", replay.id), *(Key("microcourse", each.id) for each in courses)]
        return UsesOfReplay(
            replay,
            courses,
            drafts=len(await self.edits.of_replay(tx, replay.id, most=1_000)),
            series=await self._series(tx, keys),
            due=await self._required(tx, keys),
            watched_by=await self.neighbours.watched_by(tx, keys),
            readers=await self.neighbours.readers(tx, replay.org_id),
            groups=await self._groups(tx, replay),
        )

    async def _groups(self, tx: AsyncConnection, replay: Replay) -> list[OfGroup]:
        if replay.recorded is None or not replay.recorded.groups:
            return []
        found = recordings(replay.recorded, await self.store.moments(tx, replay.session_id, READ))
        words = await self.groups.words(tx, replay.session_id, {each.name_ref for each in found})
        shown_to = await self.groups.shown_to(tx, replay.session_id)
        return [
            OfGroup(each.id, each.round, each.place, words.get(each.name_ref), shown_to.get(each.id, "staff"))
            for each in found
        ]

    async def _series(self, tx: AsyncConnection, keys: Collection[Key]) -> list[InSeries]:
        columns = (series.c.id, series.c.title, series_items.c.medium, series_items.c.medium_id)
        query = (
            select(*columns)
            .join(series_items, series_items.c.series_id == series.c.id)
            .where(series_items.c.medium_id.in_([key.id for key in keys]))
            .order_by(series.c.title, series.c.id, series_items.c.position)
        )
        found: dict[str, InSeries] = {}
        for row in await tx.execute(query):
            key = Key(row.medium, row.medium_id)
            if key in keys:
                before = found.get(row.id, InSeries(row.id, row.title, ()))
                found[row.id] = InSeries(row.id, row.title, (*before.media, key))
        return list(found.values())

    async def _required(self, tx: AsyncConnection, keys: Collection[Key]) -> dict[Key, int | None]:
        found: dict[Key, int | None] = {}
        for key in keys:
            rules = await self.terms.rules(tx, key.medium, key.id)
            if rules.required:
                found[key] = None if rules.deadline is None else rules.deadline.due_utc_ms
        return found
