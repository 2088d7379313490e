"""What somebody is to watch, by when, and how much of it they have.

Required replays and microcourses are for whom their lesson expected; a required series is for everybody in
its audience. Nobody is asked for what is not for them: here audiences bind those who teach, too.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_library
from catalogue.cards import Cards
from catalogue.neighbours import Progress
from catalogue.routes import CatalogueDeps
from catalogue.series import Key
from catalogue.series_routes import SeriesModel, SeriesRoutes
from catalogue.series_store import SeriesStore
from catalogue.shelf.arrange import ShelfKind
from catalogue.shelf.marking import ShelfKey
from catalogue.terms_store import TermsStore
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Overloaded
from lectern.kernel.rate import RateLimit

MOST_DONE = 20
"""So many of what is done are told; what is still to be watched is told whole."""


ASKED_PER_S, MOST_ASKED_AT_ONCE = 0.2, 20.0
"""How often one person may ask: a page that is opened, and looks again while lessons are counted."""


class SeenInAll(NamedTuple):
    """What somebody saw of replays, live or later: the share (0..1) of each; replays may be missing.

    Of so many of them as are `uncounted` only what they played is known yet: the share can still grow.
    """

    shares: Mapping[str, float]
    uncounted: int = 0


class SeenLive(Protocol):
    """Knows what people saw of a lesson in all; `lectern.app` wires it."""

    async def together(self, org_id: str, person_id: str, replay_ids: Collection[str]) -> SeenInAll:
        """Return what somebody saw of replays, live or later."""


class DueModel(BaseModel):
    """Something to watch, until `due_utc_ms` (null: nobody said); `done` of its `of` parts are completed."""

    medium: ShelfKind
    id: str
    title: str
    duration_ms: int
    thumbnail_url: str | None
    due_utc_ms: int | None
    share: float
    done: int
    of: int


class DuesModel(BaseModel):
    """What is still to be watched, the most urgent first, then some of what is done; when it was asked.

    Of so many lessons as are `uncounted` it is not counted yet who was there: right after an update, or when
    a lesson has just ended. Their replays stand here as if the asker had not been there, never the other way
    round; that is made up for, usually within a minute, and who asks again sees it.
    """

    items: list[DueModel]
    now_utc_ms: int
    uncounted: int


@dataclass(frozen=True, slots=True)
class Dues:
    """Answers what somebody is asked to watch."""

    deps: CatalogueDeps
    live: SeenLive
    store: TermsStore = field(default_factory=TermsStore)

    async def of(self, tx: AsyncConnection, who: Principal) -> dict[ShelfKey, UtcMs | None]:
        """Return what `who` is to watch, and until when; nothing of whoever is no person of the house."""
        if who.person_id is None or who.grant is not None:
            return {}
        circle = await self.deps.people.circle(tx, who.org_id, who.person_id)
        required = await self.store.required(tx, who.org_id, circle.sessions)
        admitted = await self.deps.audiences.admitted(tx, as_learner(who), who.org_id, required)
        return {key: due for key, due in required.items() if key in admitted}

    async def in_all(self, who: Principal, replay_ids: Collection[str]) -> SeenInAll:
        """Return what `who` saw of replays, live or later."""
        if not replay_ids or who.person_id is None:
            return SeenInAll({})
        return await self.live.together(who.org_id, who.person_id, replay_ids)


def as_learner(who: Principal) -> Principal:
    """Return the same person with a learner's rights alone: what they teach is not asked of them."""
    return Principal(
        org_id=who.org_id,
        subject_id=who.subject_id,
        permissions=frozenset({Permission.REPLAYS_READ}),
        person_id=who.person_id,
    )


def in_order(items: Sequence[DueModel]) -> list[DueModel]:
    """Return what is still to be watched, the most urgent first, and behind it some of what is done. Pure."""
    left = [item for item in items if item.done < item.of]
    done = [item for item in items if item.done >= item.of]
    left.sort(key=lambda item: (item.due_utc_ms is None, item.due_utc_ms or 0, item.title, item.id))
    done.sort(key=lambda item: (-(item.due_utc_ms or 0), item.title, item.id))
    return [*left, *done[:MOST_DONE]]


@dataclass(frozen=True, slots=True)
class DuesRoutes:
    """The handlers. `completed_from` is the share from which on somebody has watched a medium."""

    dues: Dues
    series: SeriesRoutes
    progress: Progress
    completed_from: float
    asked: RateLimit = field(default_factory=lambda: RateLimit(ASKED_PER_S, MOST_ASKED_AT_ONCE))
    mono_s: Callable[[], float] = time.monotonic

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        return [Route("GET", "/api/v1/my/dues", self.mine, "What one has to watch", DuesModel)]

    async def mine(self, request: Request) -> DuesModel:
        """Return what the asker is to watch and can watch now.

        Raises:
            Forbidden: they may not look through the organisation's media. Overloaded: they ask too often
            (`too_fast`).
        """
        who: Principal = request.who
        insist_on_library(who)
        self._slow_down(who)
        deps = self.dues.deps
        async with deps.keeper.database.read() as tx:
            owed = await self.dues.of(tx, who)
            media = [Key(key.medium, key.id) for key in owed if key.medium != "series"]
            seen = {} if who.person_id is None else await self.progress.seen(tx, who.person_id, media)
            ids = [key.id for key in owed if key.medium == "series"]
            held = [one for one in await SeriesStore().many(tx, who.org_id, ids) if one.shown] if ids else []
        shares = {key: seen[key].coverage for key in media if key in seen}
        unfinished = [
            key.id for key in media if key.medium == "replay" and shares.get(key, 0.0) < self.completed_from
        ]
        in_all = await self.dues.in_all(who, unfinished)
        shares |= {Key("replay", id_): each for id_, each in in_all.shares.items()}
        items: list[DueModel] = []
        for key, card in (await Cards(deps).of(who, media, admitted=media)).items():
            if card.shown:
                share = shares.get(key, 0.0)
                items.append(
                    DueModel(
                        medium=key.medium,
                        id=key.id,
                        title=card.title,
                        duration_ms=card.duration_ms,
                        thumbnail_url=card.thumbnail_url,
                        due_utc_ms=owed[ShelfKey(key.medium, key.id)],
                        share=share,
                        done=int(share >= self.completed_from),
                        of=1,
                    )
                )
        drawn = await self.series.drawn(as_learner(who), held)
        items += [_of_series(one) for one in drawn if one.items]
        return DuesModel(items=in_order(items), now_utc_ms=deps.clock(), uncounted=in_all.uncounted)

    def _slow_down(self, who: Principal) -> None:
        wait_s = self.asked.wait_s(f"{who.org_id} {who.subject_id}", self.mono_s())
        if wait_s > 0:
            raise Overloaded(
                "too_fast", "Too much at once. Please wait a moment.", retry_after_s=round(wait_s, 3)
            )


def _of_series(one: SeriesModel) -> DueModel:
    return DueModel(
        medium="series",
        id=one.id,
        title=one.title,
        duration_ms=one.duration_ms,
        thumbnail_url=one.cover_url,
        due_utc_ms=one.due_utc_ms,
        share=one.done / len(one.items),
        done=one.done,
        of=len(one.items),
    )
