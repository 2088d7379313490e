"""Keeping the index true: what was marked is read anew, within a second, by whichever server comes first."""

import asyncio
import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.chapters import Chapter
from catalogue.edit_store import EditStore
from catalogue.media import MediumKind, Microcourse, Replay
from catalogue.neighbours import People
from catalogue.replay_chapters import chapters_of
from catalogue.replays import ReplayKeeper, remembered_of
from catalogue.review_store import ReviewStore
from catalogue.series import Series
from catalogue.series_store import SeriesStore
from catalogue.series_tables import series, series_items
from catalogue.shelf.arrange import ShelfKind, path_names
from catalogue.shelf.index import Entry, ShelfIndex
from catalogue.shelf.marking import Marked, ShelfKey, mark, marked, take
from catalogue.shelf.places import MOST_PLACES, Place
from catalogue.shelf.store import ArrangementStore
from catalogue.shelf.tables import audiences
from catalogue.shown import ShownParts
from catalogue.states import ReplayState
from catalogue.tables import microcourses, replays
from catalogue.terms_store import TermsStore
from catalogue.webvtt import Cue, mapped, reread
from catalogue.window_store import WindowStore
from lectern.kernel.errors import NotFound

_EVERY_S = 1.0
_AT_ONCE = 50
_LITTLE = 8
_CUE_TAG = re.compile(r"<[^>]*>")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Indexer:
    """Reads media and writes what can be found of them. `run` is the loop; `step` does what is waiting.

    A process has one: its requests wait for a step of the loop (`catch_up`), and do not take one beside it.
    """

    keeper: ReplayKeeper
    people: People
    index: ShelfIndex = field(default_factory=ShelfIndex)
    arrangement: ArrangementStore = field(default_factory=ArrangementStore)
    reviews: ReviewStore = field(default_factory=ReviewStore)
    edits: EditStore = field(default_factory=EditStore)
    terms: TermsStore = field(default_factory=TermsStore)
    windows: WindowStore = field(default_factory=WindowStore)
    series: SeriesStore = field(default_factory=SeriesStore)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Keep the index true until cancelled."""
        while True:
            if await self.step() < _AT_ONCE:
                await asyncio.sleep(_EVERY_S)

    async def step(self) -> int:
        """Read some of what is marked; return how many marks there were, at most 50. One goes at a time:
        two would read the same media, and one of them in vain.

        A medium that cannot be read is left out of the index, and said so: it must not hold up the others.
        """
        async with self.turn:
            return await self._step()

    async def _step(self) -> int:
        async with self.keeper.database.read() as tx:
            waiting = await marked(tx, _AT_ONCE)
        for seen in waiting:
            try:
                entry = await self._entry(seen)
            except (ValueError, KeyError, NotFound) as error:
                _log.error("shelf_entry_unreadable", medium=seen.key.medium, id=seen.key.id, error=str(error))
                entry = None
            async with self.keeper.database.write() as tx:
                if not await take(tx, seen):
                    continue  # changed again, or done by another server
                if entry is None:
                    await self.index.remove(tx, seen.key)
                else:
                    await self.index.put(tx, entry)
        return len(waiting)

    async def catch_up(self) -> None:
        """Do what is waiting, if it is little: whoever has just published something finds it there."""
        async with self.keeper.database.read() as tx:
            waiting = await marked(tx, _LITTLE + 1)
        if 0 < len(waiting) <= _LITTLE:
            await self.step()

    async def mark_all(self, tx: AsyncConnection, org_id: str) -> int:
        """Have everything of an organisation read anew; return how much that is."""
        found: list[ShelfKey] = []
        kinds: dict[ShelfKind, Table] = {"replay": replays, "microcourse": microcourses, "series": series}
        for kind, table in kinds.items():
            ids = (await tx.execute(select(table.c.id).where(table.c.org_id == org_id))).scalars()
            found += [ShelfKey(kind, id_) for id_ in ids]
        await mark(tx, org_id, found)
        return len(found)

    async def _entry(self, seen: Marked) -> Entry | None:
        """Return what learners may find of a medium; None if it is not shown, or not there any more."""
        key = seen.key
        try:
            if key.medium == "series":
                return await self._series_entry(seen)
            if key.medium == "replay":
                return await self._replay_entry(seen)
            return await self._microcourse_entry(seen)
        except NotFound:
            return None

    async def _series_entry(self, seen: Marked) -> Entry | None:
        async with self.keeper.database.read() as tx:
            found: Series = await self.series.get(tx, seen.key.id)
            if not found.shown:
                return None
            about = await self._about(tx, seen)
        places = [Place("title", found.title), *about.places]
        if found.description:
            places.append(Place("description", found.description))
        return Entry(seen.key, seen.org_id, found.updated_utc_ms, about.category_id, tuple(places))

    async def _replay_entry(self, seen: Marked) -> Entry | None:
        async with self.keeper.database.read() as tx:
            replay = await self.keeper.store.replay(tx, seen.key.id)
            if replay.state is not ReplayState.READY:
                return None
            about = await self._about(tx, seen, replay)
            own = (await self.windows.own(tx, [replay.id])).get(replay.id)
            captions = await self._captions(tx, "replay", replay)
        of_class = await remembered_of(self.keeper.engine, self.keeper.store, replay)
        chapters = await chapters_of(self.keeper.database, self.edits, replay, of_class.marks)
        return Entry(
            seen.key,
            seen.org_id,
            replay.ended_utc_ms or replay.created_utc_ms,
            about.category_id,
            _together(replay.title, about.places, chapters, captions),
            own_window=own is not None,
            from_utc_ms=None if own is None else own.from_utc_ms,
            to_utc_ms=None if own is None else own.to_utc_ms,
            ended_utc_ms=replay.ended_utc_ms,
        )

    async def _microcourse_entry(self, seen: Marked) -> Entry | None:
        async with self.keeper.database.read() as tx:
            live = await self.reviews.live(tx, [await self.keeper.store.microcourse(tx, seen.key.id)])
            if not live:
                return None
            [course] = live
            made_of = (await self.edits.cuts(tx, [(course.id, course.version)])).get(
                (course.id, course.version)
            )
            about = await self._about(tx, seen, course)
            captions = await self._captions(tx, "microcourse", course)
            if not captions:
                captions = await self._captions_of_replay(tx, course)
        return Entry(
            seen.key,
            seen.org_id,
            course.published_utc_ms or course.created_utc_ms,
            about.category_id,
            _together(course.title, about.places, () if made_of is None else made_of.chapters, captions),
        )

    async def _about(
        self, tx: AsyncConnection, seen: Marked, medium: Replay | Microcourse | None = None
    ) -> "_About":
        key = seen.key
        settings = await self.arrangement.settings(tx, key)
        places = [Place("tag", tag) for tag in settings.tags]
        if settings.category_id is not None:
            tree = {each.id: each for each in await self.arrangement.categories(tx, seen.org_id)}
            places += [Place("category", name) for name in path_names(tree, settings.category_id)]
        if medium is not None:
            in_it = (series_items.c.medium == key.medium, series_items.c.medium_id == key.id, series.c.shown)
            # A series that is for some does not exist for others, nor may its title lead them here.
            narrowed = select(audiences.c.medium_id).where(audiences.c.medium == "series")
            titles = (
                select(series.c.title)
                .where(series.c.id.not_in(narrowed))
                .join(series_items, series_items.c.series_id == series.c.id)
            )
            places += [Place("series", title) for title in (await tx.execute(titles.where(*in_it))).scalars()]
            presenter = await self.people.presenter(tx, medium.session_id)
            places += [] if presenter is None else [Place("presenter", presenter)]
        if settings.description:
            places.append(Place("description", settings.description))
        return _About(settings.category_id, places)

    async def _captions(
        self, tx: AsyncConnection, kind: MediumKind, medium: Replay | Microcourse
    ) -> list[Place]:
        places: list[Place] = []
        for language in await self.terms.languages(tx, kind, medium.id, medium.version):
            found = await self.terms.captions(tx, kind, medium.id, language)
            if found is not None and found.version == medium.version:
                places += _spoken(reread(found.content))
        return places

    async def _captions_of_replay(self, tx: AsyncConnection, course: Microcourse) -> list[Place]:
        replay_id, places = course.replay_id, list[Place]()
        parts = await ShownParts(self.keeper.store).of(tx, course.id, course.version)
        version = await self.keeper.store.source_version(tx, replay_id)
        for language in await self.terms.languages(tx, "replay", replay_id, version) if version else ():
            found = await self.terms.captions(tx, "replay", replay_id, language)
            if found is not None:
                places += _spoken(mapped(reread(found.content), parts))
        return places


@dataclass(frozen=True, slots=True)
class _About:
    category_id: str | None
    places: list[Place]


def _spoken(cues: Iterable[Cue]) -> list[Place]:
    return [
        Place("caption", words, cue.start_ms)
        for cue in cues
        if (words := " ".join(html.unescape(_CUE_TAG.sub("", cue.text)).split()))
    ]


def _together(
    title: str, about: Iterable[Place], chapters: Iterable[Chapter], captions: Iterable[Place]
) -> tuple[Place, ...]:
    named = (Place("chapter", each.title, each.at_ms) for each in chapters if each.title)
    return (Place("title", title), *about, *named, *captions)[:MOST_PLACES]
