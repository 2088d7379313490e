"""What viewers answer over HTTP: each at the door of the medium itself, and slowly enough."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.access import insist_on_edit, may_edit
from catalogue.media import Microcourse, Replay
from catalogue.neighbours import Progress
from catalogue.response.models import (
    CommentModel,
    CommentPage,
    CommentsQuery,
    FedResponse,
    HideComment,
    KeptModel,
    NewRating,
    OwnRating,
    ResponseModel,
    ResponsesPage,
    ResponsesQuery,
    StarsModel,
)
from catalogue.response.rating import (
    NO_STARS,
    Rating,
    RatingKeys,
    Stars,
    as_another,
    checked_comment,
    checked_reason,
    given,
    has_watched,
    month_at,
    shown,
    together,
)
from catalogue.response.store import After, KeyPart, ResponseStore, is_key, key_of
from catalogue.routes import CatalogueDeps
from catalogue.series import Key
from catalogue.series_routes import SeriesModel, SeriesRoutes
from catalogue.shelf.arrange import ShelfKind
from catalogue.shelf.marking import ShelfKey
from catalogue.states import ReplayState
from catalogue.terms import kind_of
from catalogue.window_store import WindowStore
from lectern.edge.routes import Request, Route
from lectern.kernel.access import Permission, Principal
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, Forbidden, NotFound, Overloaded, ProtocolViolation
from lectern.kernel.ids import new_secret
from lectern.kernel.rate import RateLimit

PAGE = 20
FED_AT_ONCE = 500
ACTS_PER_S, MOST_ACTS_AT_ONCE = 0.2, 20.0


@dataclass(frozen=True, slots=True)
class ResponseRoutes:
    """The handlers. Only whoever signed in as a person answers; `zone` is the organisation's."""

    deps: CatalogueDeps
    series: SeriesRoutes
    progress: Progress
    keys: RatingKeys
    zone: Callable[[], Awaitable[str]]
    fewest: int = 5
    store: ResponseStore = field(default_factory=ResponseStore)
    acts: RateLimit = field(default_factory=lambda: RateLimit(ACTS_PER_S, MOST_ACTS_AT_ONCE))

    def routes(self) -> list[Route]:
        """Return what `lectern.app` mounts."""
        one = "/api/v1/responses/{medium}/{id}"
        comment = f"{one}/comments/{{comment}}"
        kept = KeptModel
        return [
            Route("GET", one, self.read, "How a medium was answered", ResponseModel),
            Route("PUT", f"{one}/rating", self.rate, "Give stars", ResponseModel, body=NewRating),
            Route("GET", f"{one}/comments", self.comments, "Comments", CommentPage, query=CommentsQuery),
            Route("POST", f"{comment}/hide", self.hide, "Hide a comment", CommentModel, body=HideComment),
            Route("POST", f"{comment}/show", self.show, "Show a hidden comment", CommentModel),
            Route("PUT", f"{one}/favourite", self.keep, "Keep it for later", kept),
            Route("DELETE", f"{one}/favourite", self.drop, "Keep it no longer", kept),
            Route("POST", f"{one}/share", self.share, "It was passed on"),
            Route("GET", "/api/v1/responses", self.feed, "All answers", ResponsesPage, query=ResponsesQuery),
        ]

    async def read(self, request: Request) -> ResponseModel:
        """Return how a medium was answered, and what the asker said.

        Raises:
            NotFound, Conflict: it is not for them, or not now.
        """
        who: Principal = request.who
        if request.path["medium"] == "series":
            return await self._of_series(who, await self.series.one(request))
        return await self._of_medium(who, await self._found(request))

    async def rate(self, request: Request) -> ResponseModel:
        """Take in stars and a comment, in place of those that the person gave before.

        Raises:
            Forbidden: nobody signed in (`no_person`). Conflict: they have not watched it (`watch_first`).
            Rejected: the comment is too long. Overloaded: too much in too short a time (`too_fast`).
        """
        who: Principal = request.who
        body: NewRating = request.body
        person_id = self._person(who)
        medium = await self._found(request)
        comment = checked_comment(body.comment)
        self._slow_down(person_id)
        key = Key(kind_of(medium), medium.id)
        now, month = await self._now()
        async with self.deps.keeper.database.write() as tx:
            if not await self._has_watched(tx, person_id, key, medium):
                raise Conflict("watch_first", "Watch a little of it first, then rate it.")
            named = None if body.anonymous else person_id
            await self.store.take_turns(tx, key)
            known = await self.store.mine(tx, key, self.keys.raters(key, person_id), lock=True)
            rater = self.keys.rater(key, person_id, named=named is not None)
            before = known or Rating(
                key.medium, key.id, rater, new_secret(), medium.org_id,
                medium.session_id, medium.version, None, body.stars, "", waiting=True,
            )  # fmt: skip
            now_said = given(before, stars=body.stars, comment=comment, person_id=named)
            now_said = replace(now_said, rater=rater, version=medium.version)
            if (before.person_id is None) != (named is None):
                now_said = as_another(now_said, new_secret())
            if known is not None and known.rater != rater:
                await self.store.drop_rating(tx, known)
            await self.store.put(tx, now_said if named is None else shown(now_said, now, month))
            await self.store.release(tx, key, self.fewest, now=now, month=month)
        return await self._of_medium(who, medium)

    async def comments(self, request: Request) -> CommentPage:
        """Return a page of comments; who wrote them is for the organisation's own people.

        Raises:
            Forbidden: the asker came by a link.
        """
        who: Principal = request.who
        medium = await self._found(request)
        if who.grant is not None:
            raise Forbidden("no_person", "Sign in to do this: your link only opens the lesson.")
        key = Key(kind_of(medium), medium.id)
        moderates = may_edit(who, medium.org_id, medium.session_id)
        after = _read(request.query.cursor, After)
        async with self.deps.keeper.database.read() as tx:
            found = await self.store.comments(tx, key, hidden_too=moderates, after=after, limit=PAGE + 1)
            named = [each.person_id for each in found if each.person_id is not None]
            names = await self.deps.people.names(tx, who.org_id, named)
        page = found[:PAGE]
        last = page[-1] if len(found) > PAGE else None
        return CommentPage(
            items=[_comment(each, names) for each in page],
            next=None if last is None else _written([last.shown_utc_ms or 0, last.id]),
        )

    async def hide(self, request: Request) -> CommentModel:
        """Hide a comment; its stars count on.

        Raises:
            NotFound, Forbidden: no such comment, or not theirs to hide. Rejected: no reason.
        """
        body: HideComment = request.body
        return await self._moderate(request, checked_reason(body.reason))

    async def show(self, request: Request) -> CommentModel:
        """Show a hidden comment again."""
        return await self._moderate(request, None)

    async def _moderate(self, request: Request, reason: str | None) -> CommentModel:
        who: Principal = request.who
        medium = await self._found(request)
        insist_on_edit(who, medium.org_id, medium.session_id)
        key = Key(kind_of(medium), medium.id)
        async with self.deps.keeper.database.write() as tx:
            found = await self.store.comment(tx, key, request.path["comment"])
            changed = replace(
                found,
                hidden_by=None if reason is None else who.subject_id,
                hidden_utc_ms=None if reason is None else self.deps.clock(),
                hidden_reason=reason,
            )
            await self.store.put(tx, changed)
            about = {"medium": key.medium, "comment": found.id}
            details = about if reason is None else about | {"reason": reason}
            action = "comment_shown" if reason is None else "comment_hidden"
            await self.deps.trail.write(tx, who, action, medium.id, details)
            named = [] if found.person_id is None else [found.person_id]
            names = await self.deps.people.names(tx, who.org_id, named)
        return _comment(changed, names)

    async def keep(self, request: Request) -> KeptModel:
        """Put a medium or a series on the asker's list.

        Raises:
            Forbidden: nobody signed in. NotFound, Conflict: it is not for them, or not now.
        """
        person_id, row = await self._act(request)
        now, month = await self._now()
        async with self.deps.keeper.database.write() as tx:
            await self.store.keep(tx, {**row, "person_id": person_id, "kept_utc_ms": now, "month": month})
        return KeptModel(kept=True)

    async def drop(self, request: Request) -> KeptModel:
        """Take something off the asker's list: also what they may not see any more."""
        person_id = self._person(request.who)
        async with self.deps.keeper.database.write() as tx:
            await self.store.drop(tx, person_id, _shelf_key(request))
        return KeptModel(kept=False)

    async def share(self, request: Request) -> web.StreamResponse | None:
        """Note that the asker took the link to pass it on. The link opens nothing by itself."""
        person_id, row = await self._act(request)
        now, month = await self._now()
        async with self.deps.keeper.database.write() as tx:
            await self.store.share(tx, {**row, "person_id": person_id, "month": month, "last_utc_ms": now})
        return None

    async def feed(self, request: Request) -> ResponsesPage:
        """Return raw answers.

        Raises:
            Forbidden: the asker may not see everybody's. ProtocolViolation: a cursor of somebody else's.
        """
        who: Principal = request.who
        query: ResponsesQuery = request.query
        who.require(Permission.VIEWS_READ)
        if not who.sees_everybody:
            raise Forbidden("not_allowed", "These figures are about everybody. Ask an administrator.")
        after = _read(query.cursor, list[KeyPart]) or []
        if after and not is_key(query.kind, after):
            raise ProtocolViolation("query_invalid", "This cursor is not one of ours.")
        async with self.deps.keeper.database.write() as tx:
            if not after:
                await self.deps.trail.write(tx, who, "responses_read", who.org_id, {"kind": query.kind})
            rows = await self.store.feed(tx, query.kind, who.org_id, after=after, limit=FED_AT_ONCE)
        last = key_of(query.kind, rows[-1]) if len(rows) == FED_AT_ONCE else None
        return ResponsesPage(
            items=[_fed(query.kind, row) for row in rows], next=None if last is None else _written(last)
        )

    async def _act(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Return who acts on what, after all doors."""
        person_id = self._person(request.who)
        key = _shelf_key(request)
        session_id = None
        if key.medium == "series":
            await self.series.one(request)
        else:
            session_id = (await self._found(request)).session_id
        self._slow_down(person_id)
        org_id = request.who.org_id
        return person_id, {
            "medium": key.medium,
            "medium_id": key.id,
            "org_id": org_id,
            "session_id": session_id,
        }

    async def _of_medium(self, who: Principal, medium: Replay | Microcourse) -> ResponseModel:
        key = Key(kind_of(medium), medium.id)
        moderates = may_edit(who, medium.org_id, medium.session_id)
        person_id = None if who.grant is not None else who.person_id
        mine, may_rate, kept = None, False, False
        async with self.deps.keeper.database.read() as tx:
            stars = (await self.store.stars(tx, [key])).get(key, NO_STARS)
            count = await self.store.count_comments(tx, key, hidden_too=moderates)
            if person_id is not None:
                mine = await self.store.mine(tx, key, self.keys.raters(key, person_id))
                kept = await self.store.is_kept(tx, person_id, ShelfKey(*key))
                may_rate = await self._has_watched(tx, person_id, key, medium)
        return ResponseModel(
            stars=_stars(stars),
            comments=count,
            mine=None if mine is None else _own(mine),
            may_rate=may_rate,
            kept=kept,
            fewest=self.fewest,
            moderates=moderates,
        )

    async def _of_series(self, who: Principal, one: SeriesModel) -> ResponseModel:
        """Return what a series' parts were answered with, of those that the asker sees."""
        keys = [Key(item.medium, item.id) for item in one.items if item.shown]
        async with self.deps.keeper.database.read() as tx:
            stars = together((await self.store.stars(tx, keys)).values())
            on_list = ShelfKey("series", one.id)
            kept = who.person_id is not None and await self.store.is_kept(tx, who.person_id, on_list)
        return ResponseModel(
            stars=_stars(stars), comments=0, mine=None, may_rate=False, kept=kept, fewest=self.fewest,
            moderates=False,
        )  # fmt: skip

    async def _found(self, request: Request) -> Replay | Microcourse:
        """Return the medium that is asked for, which the asker may watch now."""
        who, watching = request.who, self.deps.watching
        kind, medium_id = request.path["medium"], request.path["id"]
        if kind == "replay":
            replay = await watching.replay(who, medium_id)
            async with self.deps.keeper.database.read() as tx:
                await WindowStore().insist_on_open(tx, who, replay, self.deps.clock())
            if replay.state is not ReplayState.READY:
                raise Conflict("medium_not_ready", "This cannot be watched yet.", state=replay.state)
            return replay
        if kind == "microcourse":
            return await watching.microcourse(who, medium_id)
        raise NotFound("medium_unknown", "There is no such kind of medium.")

    async def _has_watched(
        self, tx: AsyncConnection, person_id: str, key: Key, medium: Replay | Microcourse
    ) -> bool:
        seen = (await self.progress.seen(tx, person_id, [key])).get(key)
        return seen is not None and has_watched(seen.coverage, medium.duration_ms or 0)

    async def _now(self) -> tuple[UtcMs, str]:
        now = self.deps.clock()
        return now, month_at(now, await self.zone())

    def _person(self, who: Principal) -> str:
        if who.grant is not None or who.person_id is None:
            raise Forbidden("no_person", "Sign in to do this: your link only opens the lesson.")
        return who.person_id

    def _slow_down(self, person_id: str) -> None:
        wait_s = self.acts.wait_s(person_id, asyncio.get_running_loop().time())
        if wait_s > 0:
            raise Overloaded(
                "too_fast", "Too much at once. Please wait a moment.", retry_after_s=round(wait_s, 3)
            )


def _shelf_key(request: Request) -> ShelfKey:
    for kind in get_args(ShelfKind):
        if request.path["medium"] == kind:
            return ShelfKey(kind, request.path["id"])
    raise NotFound("medium_unknown", "There is no such kind of medium.")


def _stars(stars: Stars) -> StarsModel:
    mean = None if stars.mean is None else round(stars.mean, 2)
    return StarsModel(count=stars.count, mean=mean, counts=list(stars.counts))


def _own(mine: Rating) -> OwnRating:
    return OwnRating(
        stars=mine.stars,
        comment=mine.comment,
        anonymous=mine.person_id is None,
        waiting=mine.waiting,
        hidden_reason=mine.hidden_reason,
    )


def _comment(rating: Rating, names: Mapping[str, str]) -> CommentModel:
    return CommentModel(
        id=rating.id,
        stars=rating.shown_stars or rating.stars,
        comment=rating.shown_comment,
        name=None if rating.person_id is None else names.get(rating.person_id),
        shown_utc_ms=rating.shown_utc_ms or 0,
        hidden=rating.hidden_by is not None,
        hidden_reason=rating.hidden_reason,
    )


def _fed(kind: Any, row: Mapping[str, Any]) -> FedResponse:
    is_rating = kind == "rating"
    times = {"rating": "shown_utc_ms", "favourite": "kept_utc_ms", "share": "last_utc_ms"}
    return FedResponse(
        kind=kind,
        medium=row["medium"],
        id=row["medium_id"],
        session_id=row["session_id"],
        subject=row["person_id"],
        utc_ms=row[times[kind]],
        month=row["month"],
        stars=row["shown_stars"] if is_rating else None,
        comment=row["shown_comment"] if is_rating and row["hidden_by"] is None else None,
        version=row["version"] if is_rating and row["person_id"] is not None else None,
        times=row["times"] if kind == "share" else None,
    )


def _written(parts: list[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode()


def _read(cursor: str | None, kind: Any) -> Any:
    """Return what `_written` wrote; None without a cursor.

    Raises:
        ProtocolViolation: it did not (`query_invalid`).
    """
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=kind)
    except (binascii.Error, ValueError):
        raise ProtocolViolation("query_invalid", "This cursor is not one of ours.") from None
