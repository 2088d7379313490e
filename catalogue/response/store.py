"""Stars, favourites and shares in SQL. Every method works inside the caller's transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Table, and_, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.response.rating import (
    NO_STARS,
    NOBODY_SAYS,
    UNNAMED,
    Rating,
    RatingKeys,
    Stars,
    months_of,
    stars_of,
)
from catalogue.response.tables import medium_favourites, medium_ratings, medium_shares
from catalogue.series import Key
from catalogue.shelf.marking import ShelfKey
from catalogue.tables import microcourses, replays
from lectern.db.one_of import one_of
from lectern.db.upsert import insert_new, put
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import NotFound
from lectern.kernel.ids import new_secret

_r, _f, _s = medium_ratings.c, medium_favourites.c, medium_shares.c


KeyPart = Annotated[str, msgspec.Meta(pattern=r"^[\w.:\-]+$", max_length=64)]


class After(NamedTuple):
    """Behind which comment a page begins."""

    shown_utc_ms: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    id: KeyPart


@dataclass(frozen=True, slots=True)
class Answered:
    """What a medium was answered with in a period; `comments` counts those that are not hidden."""

    session_id: str | None
    stars: Stars = NO_STARS
    comments: int = 0
    favourites: int = 0
    shares: int = 0


class ResponseStore:
    """What viewers answer, as rows."""

    async def mine(
        self, tx: AsyncConnection, key: Key, raters: Collection[str], *, lock: bool = False
    ) -> Rating | None:
        """Return the rating that is kept under one of `raters`."""
        query = select(medium_ratings).where(_is(medium_ratings, key), _r.rater.in_(raters))
        row = (await tx.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else Rating(**row._mapping)

    async def put(self, tx: AsyncConnection, rating: Rating) -> None:
        """Write a rating, in place of what was written before."""
        await put(tx, medium_ratings, asdict(rating))

    async def drop_rating(self, tx: AsyncConnection, rating: Rating) -> None:
        """Delete a rating: another one takes its place."""
        gone = (_r.medium == rating.medium, _r.medium_id == rating.medium_id, _r.rater == rating.rater)
        await tx.execute(delete(medium_ratings).where(*gone))

    async def take_turns(self, tx: AsyncConnection, key: Key) -> None:
        """Let nobody else rate this medium until the transaction ends.

        Somebody who rates with their name on one device and without on another at the same moment would have
        two ratings: they have two keys, which no index holds apart.
        """
        table = replays if key.medium == "replay" else microcourses
        await tx.execute(select(table.c.id).where(table.c.id == key.id).with_for_update())

    async def hide_who_rated(self, tx: AsyncConnection, keys: RatingKeys, *, limit: int = 500) -> int:
        """Keep anonymous ratings of earlier releases as those of this one are; return how many there were.

        They were kept under what a named rating of the same person would be kept under, and with who hid the
        named one, and when.
        """
        query = (
            select(_r.medium, _r.medium_id, _r.rater, _r.hidden_reason)
            .where(_r.person_id.is_(None), ~_r.rater.startswith(UNNAMED, autoescape=True))
            .limit(limit)
        )
        found = (await tx.execute(query)).all()
        for row in found:
            mine = (_is(medium_ratings, Key(row.medium, row.medium_id)), _r.rater == row.rater)
            values: dict[str, Any] = {"rater": keys.unnamed(row.rater)}
            if row.hidden_reason == NOBODY_SAYS:
                values |= {"hidden_by": NOBODY_SAYS, "hidden_utc_ms": None}
            await tx.execute(update(medium_ratings).where(*mine).values(**values))
        return len(found)

    async def release(self, tx: AsyncConnection, key: Key, fewest: int, *, now: UtcMs, month: str) -> None:
        """Let anonymous ratings show that wait, if they are enough not to tell whose they are."""
        waits = (_is(medium_ratings, key), _r.waiting, _r.person_id.is_(None))
        found = (await tx.execute(select(_r.rater).where(*waits).with_for_update())).scalars().all()
        if len(found) >= fewest:
            values = {"shown_stars": _r.stars, "shown_comment": _r.comment, "shown_utc_ms": now}
            changed = update(medium_ratings).where(*waits).values(**values, month=month, waiting=False)
            await tx.execute(changed)

    async def stars(self, tx: AsyncConnection, keys: Collection[Key]) -> dict[Key, Stars]:
        """Return what shows of media's stars, of those that have any."""
        pairs = [tuple(key) for key in keys]
        query = (
            select(_r.medium, _r.medium_id, _r.shown_stars, func.count())
            .where(tuple_(_r.medium, _r.medium_id).in_(pairs), _r.shown_stars.is_not(None))
            .group_by(_r.medium, _r.medium_id, _r.shown_stars)
        )
        found: dict[Key, list[tuple[int, int]]] = {}
        for medium, medium_id, stars, times in await tx.execute(query) if pairs else ():
            found.setdefault(Key(medium, medium_id), []).append((stars, times))
        return {key: stars_of(given) for key, given in found.items()}

    async def count_comments(self, tx: AsyncConnection, key: Key, *, hidden_too: bool) -> int:
        """Return how many comments there are to be read."""
        query = select(func.count()).where(*self._comments(key, hidden_too=hidden_too))
        return int((await tx.execute(query)).scalar_one())

    async def comments(
        self, tx: AsyncConnection, key: Key, *, hidden_too: bool, after: After | None, limit: int
    ) -> list[Rating]:
        """Return ratings with a comment, the latest first."""
        query = select(medium_ratings).where(*self._comments(key, hidden_too=hidden_too))
        if after is not None:
            same = and_(_r.shown_utc_ms == after.shown_utc_ms, _r.id < after.id)
            query = query.where(or_(_r.shown_utc_ms < after.shown_utc_ms, same))
        ordered = query.order_by(_r.shown_utc_ms.desc(), _r.id.desc()).limit(limit)
        return [Rating(**row._mapping) for row in await tx.execute(ordered)]

    def _comments(self, key: Key, *, hidden_too: bool) -> list[ColumnElement[bool]]:
        readable = [_is(medium_ratings, key), _r.shown_stars.is_not(None), _r.shown_comment != ""]
        return readable if hidden_too else [*readable, _r.hidden_by.is_(None)]

    async def comment(self, tx: AsyncConnection, key: Key, rating_id: str) -> Rating:
        """Return a rating by its id, locked.

        Raises:
            NotFound: this medium has no such comment (`comment_not_found`).
        """
        query = select(medium_ratings).where(*self._comments(key, hidden_too=True), _r.id == rating_id)
        row = (await tx.execute(query.with_for_update())).one_or_none()
        if row is None:
            raise NotFound("comment_not_found", "There is no such comment any more.")
        return Rating(**row._mapping)

    async def keep(self, tx: AsyncConnection, row: Mapping[str, Any]) -> None:
        """Put a medium on somebody's list; what is there already stays where it is."""
        await insert_new(tx, medium_favourites, [row])

    async def drop(self, tx: AsyncConnection, person_id: str, key: ShelfKey) -> None:
        """Take a medium off somebody's list."""
        mine = (_f.person_id == person_id, _f.medium == key.medium, _f.medium_id == key.id)
        await tx.execute(delete(medium_favourites).where(*mine))

    async def is_kept(self, tx: AsyncConnection, person_id: str, key: ShelfKey) -> bool:
        """Tell whether a medium is on somebody's list."""
        query = select(literal(1)).where(
            _f.person_id == person_id, _f.medium == key.medium, _f.medium_id == key.id
        )
        return (await tx.execute(query)).first() is not None

    def kept_by(
        self, person_id: str, medium: ColumnElement[str], medium_id: ColumnElement[str]
    ) -> ColumnElement[bool]:
        """Return the condition that a row's medium is on somebody's list."""
        mine = (_f.person_id == person_id, _f.medium == medium, _f.medium_id == medium_id)
        return select(_f.medium_id).where(*mine).exists()

    async def share(self, tx: AsyncConnection, row: Mapping[str, Any]) -> None:
        """Note that somebody passed a medium on."""
        await insert_new(tx, medium_shares, [{**row, "times": 0}])
        names = ("person_id", "medium", "medium_id", "month")
        mine = (_s[name] == row[name] for name in names)
        again = {"times": _s.times + 1, "last_utc_ms": row["last_utc_ms"]}
        await tx.execute(update(medium_shares).where(*mine).values(**again))

    async def forget_medium(self, tx: AsyncConnection, key: ShelfKey) -> None:
        """Take a medium that is gone off all lists; what was said of it stays for the figures."""
        gone = (_f.medium == key.medium, _f.medium_id == key.id)
        await tx.execute(delete(medium_favourites).where(*gone))

    async def answered(
        self, tx: AsyncConnection, org_id: str, period: str, people: Collection[str] | None = None
    ) -> dict[tuple[str, str], Answered]:
        """Return what each medium (series too) was answered with in a period, by medium and id.

        Of `people` alone, if given: then anonymous ratings, which are nobody's, are left out.
        """
        months = list(months_of(period))
        found: dict[tuple[str, str], dict[str, Any]] = {}

        async def add(
            name: str, table: Table, value: ColumnElement[Any], *where: ColumnElement[bool]
        ) -> None:
            c = table.c
            query = (
                select(c.medium, c.medium_id, func.max(c.session_id), value)
                .where(c.org_id == org_id, c.month.in_(months), *where)
                .group_by(c.medium, c.medium_id)
            )
            if people is not None:
                query = query.where(one_of(c.person_id, people))
            for medium, medium_id, session_id, amount in await tx.execute(query):
                found.setdefault((medium, medium_id), {"session_id": session_id})[name] = amount

        readable = (_r.shown_comment != "", _r.hidden_by.is_(None))
        await add("comments", medium_ratings, func.count(), *readable)
        await add("favourites", medium_favourites, func.count())
        await add("shares", medium_shares, func.count(_s.person_id.distinct()))
        for stars in range(1, 6):
            await add(f"stars{stars}", medium_ratings, func.count(), _r.shown_stars == stars)
        return {key: _answered(values) for key, values in found.items()}

    async def feed(
        self, tx: AsyncConnection, kind: str, org_id: str, *, after: Sequence[str], limit: int
    ) -> list[dict[str, Any]]:
        """Return rows of a kind (`rating`, `favourite`, `share`) behind `after`, in their keys' order."""
        table, names = _FEEDS[kind]
        columns = [table.c[name] for name in names]
        query = select(table).where(table.c.org_id == org_id).order_by(*columns).limit(limit)
        if kind == "rating":
            query = query.where(_r.shown_stars.is_not(None))
        if after:
            query = query.where(tuple_(*columns) > tuple_(*(literal(part) for part in after)))
        return [dict(row._mapping) for row in await tx.execute(query)]

    async def forget(
        self, tx: AsyncConnection, org_id: str, person_id: str, pseudonym: str, keys: RatingKeys
    ) -> int:
        """Let nobody know any more what a person kept, passed on, or thought; return how much there was.

        Stars stay, under what nothing leads back from; words go. Shares stay, under `pseudonym`.
        """
        media = select(_r.medium, _r.medium_id).where(_r.org_id == org_id).distinct()
        rated = [Key(row.medium, row.medium_id) for row in await tx.execute(media)]
        raters = [rater for key in rated for rater in keys.raters(key, person_id)]
        whose = or_(_r.person_id == person_id, one_of(_r.rater, raters))
        query = select(medium_ratings).where(_r.org_id == org_id, whose)
        erased = 0
        for row in (await tx.execute(query)).all():
            of_row = (_is(medium_ratings, Key(row.medium, row.medium_id)), _r.rater == row.rater)
            blank = {"rater": UNNAMED + new_secret(), "person_id": None, "comment": "", "shown_comment": ""}
            await tx.execute(update(medium_ratings).where(*of_row).values(**blank, hidden_reason=None))
            erased += 1
        kept = delete(medium_favourites).where(_f.org_id == org_id, _f.person_id == person_id)
        erased += (await tx.execute(kept)).rowcount
        passed = update(medium_shares).where(_s.org_id == org_id, _s.person_id == person_id)
        erased += (await tx.execute(passed.values(person_id=pseudonym))).rowcount
        return erased


_FEEDS: Mapping[str, tuple[Table, tuple[str, ...]]] = {
    "rating": (medium_ratings, ("id",)),
    "favourite": (medium_favourites, ("person_id", "medium", "medium_id")),
    "share": (medium_shares, ("person_id", "medium", "medium_id", "month")),
}


def key_of(kind: str, row: Mapping[str, Any]) -> list[str]:
    """Return where a row of a feed stands in its order."""
    return [row[name] for name in _FEEDS[kind][1]]


def is_key(kind: str, parts: Collection[str]) -> bool:
    """Tell whether these can be where a row of a feed stands."""
    return len(parts) == len(_FEEDS[kind][1])


def _is(table: Table, key: Key) -> ColumnElement[bool]:
    return and_(table.c.medium == key.medium, table.c.medium_id == key.id)


def _answered(values: Mapping[str, Any]) -> Answered:
    return Answered(
        values["session_id"],
        stars_of((at, values.get(f"stars{at}", 0)) for at in range(1, 6)),
        *(values.get(name, 0) for name in ("comments", "favourites", "shares")),
    )
