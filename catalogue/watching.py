"""What a person may watch, and where they stopped: the rules at every door of the catalogue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import may_edit, may_watch, viewer_of
from catalogue.bin.states import Binned, deleted
from catalogue.bin.store import BinStore
from catalogue.media import MediumKind, Microcourse, Replay
from catalogue.neighbours import Rosters
from catalogue.review_store import ReviewStore
from catalogue.reviewing import sees_work
from catalogue.shelf.audience import Audiences
from catalogue.shelf.marking import ShelfKey
from catalogue.states import CUT, ReplayState
from catalogue.store import CatalogueStore, microcourse_of_row, replay_of_row
from catalogue.terms import Rules
from catalogue.terms_store import TermsStore
from lectern.db.engine import Database
from lectern.kernel.access import Principal
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, Deleted, NotFound


class Stopped(Protocol):
    """Where somebody stopped in a medium."""

    @property
    def who(self) -> Principal:
        """Whose player it is."""

    @property
    def medium(self) -> MediumKind:
        """Of what kind it is."""

    @property
    def medium_id(self) -> str:
        """What was watched."""

    @property
    def position_ms(self) -> int:
        """Where they stopped."""

    @property
    def age_ms(self) -> int:
        """How long ago."""

    @property
    def version(self) -> int:
        """In which version."""


@dataclass(frozen=True, slots=True)
class Watchable:
    """A medium that somebody may watch, as the viewing analytics need it."""

    org_id: str
    session_id: str
    medium: MediumKind
    id: str
    version: int
    title: str
    duration_ms: int
    no_skipping: bool = False


@dataclass(frozen=True, slots=True)
class Watching:
    """Answers who may watch what. What somebody may not watch does not exist for them (`NotFound`)."""

    database: Database
    store: CatalogueStore
    rosters: Rosters
    audiences: Audiences
    reviews: ReviewStore = field(default_factory=ReviewStore)
    bin: BinStore = field(default_factory=BinStore)
    terms: TermsStore = field(default_factory=TermsStore)

    async def replay(self, who: Principal, replay_id: str) -> Replay:
        """Return a replay that `who` may watch, in whatever state.

        Raises:
            NotFound: there is none for them. Deleted: they might watch it if it were not.
        """
        return (await self._replay(who, replay_id))[0]

    async def _replay(self, who: Principal, replay_id: str) -> tuple[Replay, Rules]:
        """Return a replay as `replay` does, with how it is to be watched."""
        try:
            async with self.database.read() as tx:
                replay = await self.store.replay(tx, replay_id)
                rules = await self.terms.rules(tx, "replay", replay_id)
                is_for_them = await self._in_audience(tx, who, replay, "replay")
        except NotFound:
            await self._insist_on_there(who, "replay", replay_id)
            raise
        if not (is_for_them and await self.allows(who, replay.org_id, replay.session_id)):
            raise NotFound("replay_not_found", "There is no such replay.")
        return replay, rules

    async def microcourse(
        self, who: Principal, microcourse_id: str, *, version: int | None = None
    ) -> Microcourse:
        """Return a microcourse as `who` may watch it.

        Learners watch what is published. Editors and reviewers may name any `version` that was published, or
        the one in work; without, they get the one in work, or what is published while that is not cut yet.

        Raises:
            NotFound: there is none for them. Deleted: they might watch it if it were not.
        """
        return (await self._microcourse(who, microcourse_id, version))[0]

    async def _microcourse(
        self, who: Principal, microcourse_id: str, version: int | None
    ) -> tuple[Microcourse, Rules]:
        """Return a microcourse as `microcourse` does, with how it is to be watched."""
        try:
            async with self.database.read() as tx:
                work = await self.store.microcourse(tx, microcourse_id)
                rules = await self.terms.rules(tx, "microcourse", microcourse_id)
                is_for_them = await self._in_audience(tx, who, work, "microcourse")
                sees = sees_work(who, work)
                wanted = version
                if wanted is None:
                    unfinished = work.state not in CUT and work.live_version is not None
                    wanted = work.live_version if unfinished or not sees else work.version
                released = None if wanted is None else await self.reviews.released(tx, work.id, wanted)
        except NotFound:
            await self._insist_on_there(who, "microcourse", microcourse_id)
            raise
        if sees and wanted == work.version:
            return work, rules
        is_shown = is_for_them and wanted == work.live_version
        if released is None or not (
            sees or (is_shown and await self.allows(who, work.org_id, work.session_id))
        ):
            raise NotFound("microcourse_not_found", "There is no such microcourse.")
        return released.of(work), rules

    async def allows(self, who: Principal, org_id: str, session_id: str) -> bool:
        """Tell whether `who` may watch what was recorded in a session."""
        if may_watch(who, org_id, session_id, on_roster=False):
            return True
        if who.org_id != org_id or who.grant is not None or who.person_id is None:
            return False
        on_roster = await self.rosters.on_roster(session_id, who.person_id)
        return may_watch(who, org_id, session_id, on_roster=on_roster)

    async def _insist_on_there(self, who: Principal, kind: MediumKind, medium_id: str) -> None:
        """Tell whoever might have watched a medium that it was deleted; for others it never was there.

        Raises:
            Deleted: it was.
        """
        async with self.database.read() as tx:
            binned = await self.bin.find(tx, kind, medium_id)
            if binned is None or not await self._in_audience(tx, who, binned, kind):
                return
        if _was_there(who, binned) and await self.allows(who, binned.org_id, binned.session_id):
            raise deleted(kind)

    async def _once(self, kind: MediumKind, medium_id: str) -> tuple[Replay | Microcourse, Rules]:
        """Return a medium as it was before it was deleted, which somebody might have watched."""
        async with self.database.read() as tx:
            binned = await self.bin.find(tx, kind, medium_id)
            rules = await self.terms.rules(tx, kind, medium_id)
        if binned is None:  # taken out of the bin this moment
            raise NotFound("medium_unknown", "There is no such medium.")
        found = replay_of_row(binned.content) if kind == "replay" else microcourse_of_row(binned.content)
        return found, rules

    async def _in_audience(
        self, tx: AsyncConnection, who: Principal, medium: Replay | Microcourse | Binned, kind: MediumKind
    ) -> bool:
        """Tell whether a medium is for `who`; of another organisation's media nothing is asked."""
        if who.org_id != medium.org_id:
            return False
        return await self.audiences.admits(tx, who, medium.org_id, ShelfKey(kind, medium.id))

    async def find(
        self, who: Principal, medium: MediumKind, medium_id: str, *, version: int | None = None
    ) -> Watchable:
        """Return a medium that `who` may watch and that can be played now, for the viewing analytics.

        With `version`, that version of a microcourse if it was ever published: whoever has it open goes on
        watching it when another takes its place, and what they watch counts for what they see.

        What was deleted is found too: what was watched before that counts, and its records can be read.

        Raises:
            NotFound: there is none for them. Conflict: it cannot be played yet (`medium_not_ready`).
        """
        found: Replay | Microcourse
        try:
            if medium == "replay":
                found, rules = await self._replay(who, medium_id)
            else:
                found, rules = await self._microcourse(who, medium_id, None)
        except Deleted:
            found, rules = await self._once(medium, medium_id)
        if isinstance(found, Replay):
            playable, duration_ms = found.state is ReplayState.READY, found.duration_ms
        else:
            found = await self._open_version(found, version)
            playable, duration_ms = found.duration_ms is not None, found.duration_ms or 0
        if not playable:
            raise Conflict("medium_not_ready", "This cannot be watched yet.", state=found.state)
        return Watchable(
            found.org_id, found.session_id, medium, found.id, found.version, found.title, duration_ms,
            no_skipping=rules.no_skipping and not may_edit(who, found.org_id, found.session_id),
        )  # fmt: skip

    async def _open_version(self, shown: Microcourse, version: int | None) -> Microcourse:
        if version is None or version == shown.version:
            return shown
        async with self.database.read() as tx:
            released = await self.reviews.released(tx, shown.id, version)
        return shown if released is None else released.of(shown)

    async def remember_positions(
        self, tx: AsyncConnection, positions: Sequence[Stopped], *, now: UtcMs
    ) -> None:
        """Note where people stopped, so that their players can go on there.

        Where they stopped in a version of a microcourse that another has taken the place of is no place in
        that one (decision 27).
        """
        courses = {each.medium_id for each in positions if each.medium == "microcourse"}
        versions = await self.store.versions(tx, courses)
        rows = [
            {
                "subject": subject,
                "medium": each.medium,
                "medium_id": each.medium_id,
                "org_id": each.who.org_id,
                "position_ms": each.position_ms,
                "updated_utc_ms": now - each.age_ms,
            }
            for each in positions
            if each.medium == "replay" or each.version in versions.get(each.medium_id, ())
            if (subject := viewer_of(each.who)) is not None
        ]
        await self.store.remember_positions(tx, rows)

    async def inside(
        self,
        tx: AsyncConnection,
        org_id: str,
        medium: MediumKind,
        medium_id: str,
        person_ids: Collection[str],
    ) -> set[str]:
        """Return those people whom a medium is for."""
        return await self.audiences.inside(tx, org_id, ShelfKey(medium, medium_id), person_ids)

    async def titles(
        self, tx: AsyncConnection, org_id: str, medium: MediumKind, medium_ids: Collection[str]
    ) -> dict[str, str]:
        """Return what media of an organisation are called, by id."""
        return await self.store.titles(tx, org_id, medium, medium_ids)


def _was_there(who: Principal, binned: Binned) -> bool:
    """Tell whether `who` could know of something deleted: a draft never was there for learners."""
    is_draft = binned.medium == "microcourse" and not binned.was_told
    return not is_draft or sees_work(who, microcourse_of_row(binned.content))
