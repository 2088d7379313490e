"""Media as they stand in lists: a picture, a title, a length, and whether somebody may watch them now."""

from collections.abc import Collection
from dataclasses import dataclass, field

from catalogue.access import may_edit
from catalogue.drawing import Drawing
from catalogue.media import Microcourse, Replay
from catalogue.review_store import ReviewStore
from catalogue.routes import CatalogueDeps
from catalogue.series import Key
from catalogue.shelf.marking import ShelfKey
from catalogue.states import ReplayState
from catalogue.window import ALWAYS
from catalogue.window_store import WindowStore
from lectern.kernel.access import Principal


@dataclass(frozen=True, slots=True)
class Card:
    """A medium in a list; `shown`: whoever asked may watch it now."""

    title: str
    duration_ms: int
    version: int
    thumbnail_url: str | None
    shown: bool


@dataclass(frozen=True, slots=True)
class Cards:
    """Draws cards from what is so now, whatever an index or a series says."""

    deps: CatalogueDeps
    reviews: ReviewStore = field(default_factory=ReviewStore)
    windows: WindowStore = field(default_factory=WindowStore)

    async def of(
        self, who: Principal, keys: Collection[Key], *, admitted: Collection[Key] | None = None
    ) -> dict[Key, Card]:
        """Return the cards of media of the asker's organisation; what does not exist is left out.

        `admitted` are those whose audience the asker is in, where that was asked a moment ago.
        """
        if not keys:
            return {}
        deps = self.deps
        async with deps.keeper.database.read() as tx:
            media = await deps.keeper.store.media(tx, who.org_id, keys)
            courses = [each for each in media.values() if isinstance(each, Microcourse)]
            live = {each.id: each for each in await self.reviews.live(tx, courses)}
            replays = [each for each in media.values() if isinstance(each, Replay)]
            finished = [each.download_job_id for each in replays]
            jobs = await deps.keeper.jobs.get_many(tx, [job_id for job_id in finished if job_id])
            windows = await self.windows.windows(tx, replays)
            if admitted is None:
                of_shelf = {ShelfKey(key.medium, key.id): key for key in media}
                inside = await deps.audiences.admitted(tx, who, who.org_id, of_shelf)
                admitted = {of_shelf[each] for each in inside}
        now = deps.clock()
        drawing = Drawing(deps.signer, deps.limits, who, now, deps.play_ttl_ms)
        cards: dict[Key, Card] = {}
        for key, medium in media.items():
            is_for_them = key in admitted
            if isinstance(medium, Replay):
                window = windows.get(medium.id, ALWAYS)
                is_open = window.is_open(now)
                until = drawing if edits_all(who) else drawing.until(window.to_utc_ms)
                job = jobs.get(medium.download_job_id or "")
                picture = until.thumbnail(medium, job) if is_open or edits_all(who) else None
                shown = is_for_them and medium.state is ReplayState.READY and is_open
                cards[key] = Card(medium.title, medium.duration_ms, medium.version, picture, shown)
            else:
                course = live.get(medium.id, medium)
                length = course.duration_ms or course.end_ms - course.start_ms
                picture = drawing.course_thumbnail(course)
                shown = is_for_them and medium.id in live
                cards[key] = Card(course.title, length, course.version, picture, shown)
        return cards


def edits_all(who: Principal) -> bool:
    """Tell whether somebody edits whatever the organisation has."""
    return may_edit(who, who.org_id, "")
