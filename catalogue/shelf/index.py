"""The index in SQL: what stands on the shelf, and what is found there. Only this file knows its full text.

Every method works inside the caller's transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.expression import bindparam

from catalogue.publishing_tables import replay_decisions
from catalogue.series_tables import series_items
from catalogue.shelf.arrange import ShelfKind, Tag
from catalogue.shelf.folding import Term, folded, looked_up, terms_of
from catalogue.shelf.marking import ShelfKey
from catalogue.shelf.places import ABOUT, Kept, Place, folded_lines
from catalogue.shelf.tables import medium_tags, shelf, tags
from catalogue.tables import replays
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import ProtocolViolation

_DAY_MS = 86_400_000
_c = shelf.c


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index says of a medium that is shown. Only replays have windows and `ended_utc_ms`."""

    key: ShelfKey
    org_id: str
    shown_utc_ms: int
    category_id: str | None
    places: tuple[Place, ...]
    own_window: bool = False
    from_utc_ms: int | None = None
    to_utc_ms: int | None = None
    ended_utc_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for: all `words`, of one `kind`, in one of `categories`, with all of `tag_ids`.

    `reach` is the condition of the audience; replays without a window of their own are shown `replay_days`.
    """

    org_id: str
    now: UtcMs
    words: tuple[str, ...] = ()
    kind: ShelfKind | None = None
    categories: Collection[str] | None = None
    tag_ids: tuple[str, ...] = ()
    reach: ColumnElement[bool] | None = None
    replay_days: int | None = None


ITEM = shelf.alias("item")
"""The entry of a medium in a series."""


@dataclass(frozen=True, slots=True)
class Visible:
    """Whose counts are asked for: `asked` without words, and its `reach` said of `ITEM`."""

    asked: Asked
    reach_of_item: ColumnElement[bool] | None


_MOST_INTEGER = 2**31 - 1
"""What a column of PostgreSQL's type INTEGER holds."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind which entry a page begins: the best first, of those as good the latest."""

    score: int
    shown_utc_ms: int
    n: int

    def __str__(self) -> str:
        """As it stands in an address."""
        return f"{self.score}.{self.shown_utc_ms}.{self.n}"

    @classmethod
    def read(cls, words: str) -> "Cursor":
        """Return what `str` wrote.

        Raises:
            ProtocolViolation: it did not (`cursor_invalid`).
        """
        parts = words.split(".")
        if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 18 for part in parts):
            raise ProtocolViolation("cursor_invalid", "This is not a cursor of the list.")
        score, shown_utc_ms, n = (int(part) for part in parts)
        if max(score, n) > _MOST_INTEGER:
            raise ProtocolViolation("cursor_invalid", "This is not a cursor of the list.")
        return cls(score, shown_utc_ms, n)


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that has all terms of what was asked; whether it has the words, its places tell."""

    key: ShelfKey
    at: Cursor
    category_id: str | None
    shown_utc_ms: int
    places: Kept | None = None


class ShelfIndex:
    """The index as rows."""

    async def put(self, tx: AsyncConnection, entry: Entry) -> None:
        """Write what is shown of a medium, in place of what was written before."""
        n, old = await self._known(tx, entry.key)
        terms = " ".join(sorted(terms_of(place.text for place in entry.places)))
        row = {
            "org_id": entry.org_id,
            "shown_utc_ms": entry.shown_utc_ms,
            "category_id": entry.category_id,
            "own_window": entry.own_window,
            "from_utc_ms": entry.from_utc_ms,
            "to_utc_ms": entry.to_utc_ms,
            "ended_utc_ms": entry.ended_utc_ms,
            "title": " ".join(folded(p.text) for p in entry.places if p.field == "title")[:600],
            "about": "\n".join(folded(p.text) for p in entry.places if p.field in ABOUT),
            "terms": terms,
            "places": msgspec.to_builtins(entry.places),
            "folded": folded_lines(entry.places),
        }
        if n is None:
            key = {"medium": entry.key.medium, "medium_id": entry.key.id}
            added = await tx.execute(insert(shelf).values(**key, **row).returning(_c.n))
            n = added.scalar_one()
        else:
            await tx.execute(update(shelf).where(_c.n == n).values(**row))
        if tx.dialect.name == "sqlite" and old != terms:
            await self._unlist(tx, n, old)
            await tx.execute(
                text("INSERT INTO fulltext_shelf (rowid, terms) VALUES (:n, :terms)"),
                {"n": n, "terms": terms},
            )

    async def remove(self, tx: AsyncConnection, key: ShelfKey) -> None:
        """Take a medium off the shelf."""
        n, old = await self._known(tx, key)
        if n is None:
            return
        if tx.dialect.name == "sqlite":
            await self._unlist(tx, n, old)
        await tx.execute(delete(shelf).where(_c.n == n))

    async def find(self, tx: AsyncConnection, asked: Asked, *, after: Cursor | None, limit: int) -> list[Hit]:
        """Return entries, best first; with words, their places too."""
        score = self._score(asked.words)
        listed = [_c.medium, _c.medium_id, _c.shown_utc_ms, _c.category_id, _c.n, score.label("score")]
        query = select(*listed).where(*self._conditions(tx, asked))
        if after is not None:
            behind = or_(
                _c.shown_utc_ms < after.shown_utc_ms,
                and_(_c.shown_utc_ms == after.shown_utc_ms, _c.n < after.n),
            )
            query = query.where(or_(score > after.score, and_(score == after.score, behind)))
        order = [_c.shown_utc_ms.desc(), _c.n.desc()]
        ordered = query.order_by(*([score] if asked.words else []), *order).limit(limit)
        rows = (await tx.execute(ordered)).all()
        places: dict[int, Kept] = {}
        if asked.words and rows:  # apart: sorting must not carry all captions along
            columns = (_c.n, _c.folded, cast(_c.places, Text).label("places"))
            for row in await tx.execute(select(*columns).where(_c.n.in_([row.n for row in rows]))):
                places[row.n] = _kept(row.places, row.folded)
        return [
            Hit(
                ShelfKey(row.medium, row.medium_id),
                Cursor(row.score, row.shown_utc_ms, row.n),
                row.category_id,
                row.shown_utc_ms,
                places.get(row.n),
            )
            for row in rows
        ]

    async def filed(self, tx: AsyncConnection, seen: Visible) -> dict[str, int]:
        """Return how much of what somebody sees stands in each category itself."""
        query = select(_c.category_id, func.count()).where(_c.category_id.is_not(None), *_visible(seen))
        return {row[0]: row[1] for row in await tx.execute(query.group_by(_c.category_id))}

    async def tags(
        self, tx: AsyncConnection, seen: Visible, *, like: str = "", limit: int = 500
    ) -> list[tuple[Tag, int]]:
        """Return the tags of what somebody sees, with how much of that has them, the most used first.

        With `like` in them, folded, if given. A tag of hidden media alone is not among them.
        """
        uses = func.count(_c.n)
        of_medium = and_(medium_tags.c.medium == _c.medium, medium_tags.c.medium_id == _c.medium_id)
        query = (
            select(tags.c.id, tags.c.name, uses)
            .select_from(tags)
            .join(medium_tags, medium_tags.c.tag_id == tags.c.id)
            .join(shelf, of_medium)
            .where(tags.c.org_id == seen.asked.org_id, *_visible(seen))
            .group_by(tags.c.id, tags.c.name)
            .order_by(uses.desc(), tags.c.name)
            .limit(limit)
        )
        if like:
            query = query.where(tags.c.folded.contains(like, autoescape=True))
        return [(Tag(row[0], row[1]), row[2]) for row in await tx.execute(query)]

    def _conditions(self, tx: AsyncConnection, asked: Asked) -> list[ColumnElement[bool]]:
        conditions = [_c.org_id == asked.org_id, _is_open(asked, shelf), _is_not_held(shelf)]
        if asked.words:
            conditions.append(_fulltext(tx.dialect.name, looked_up(asked.words)))
        if asked.kind is not None:
            conditions.append(_c.medium == asked.kind)
        other = shelf.alias()
        if asked.categories is not None:
            conditions.append(_c.category_id.in_(list(asked.categories)))
        conditions += [
            _c.n.in_(
                select(other.c.n)
                .join(
                    medium_tags,
                    and_(
                        medium_tags.c.medium == other.c.medium, medium_tags.c.medium_id == other.c.medium_id
                    ),
                )
                .where(medium_tags.c.tag_id == tag_id)
            )
            for tag_id in asked.tag_ids
        ]
        if asked.reach is not None:
            conditions.append(asked.reach)
        return conditions

    def _score(self, words: Sequence[str]) -> ColumnElement[int]:
        """Return how well an entry fits, 0 best: each word counts more in its title than anywhere else."""
        total: ColumnElement[int] = literal(0)
        for word in words:
            total = total + case(
                (_c.title.contains(word, autoescape=True), 0),
                (_c.about.contains(word, autoescape=True), 1),
                else_=2,
            )
        return total

    async def _known(self, tx: AsyncConnection, key: ShelfKey) -> tuple[int | None, str]:
        query = select(_c.n, _c.terms).where(_c.medium == key.medium, _c.medium_id == key.id)
        row = (await tx.execute(query.with_for_update())).one_or_none()
        return (None, "") if row is None else (row.n, row.terms)

    async def _unlist(self, tx: AsyncConnection, n: int, terms: str) -> None:
        """Take an entry out of the FTS5 table, which holds no text and so has to be told what it held."""
        if terms:
            statement = (
                "INSERT INTO fulltext_shelf(fulltext_shelf, rowid, terms) VALUES ('delete', :n, :terms)"
            )
            await tx.execute(text(statement), {"n": n, "terms": terms})


def _kept(places: str, lines: str) -> Kept:
    if not lines:  # written by an earlier release, and not read anew yet
        lines = folded_lines(msgspec.json.decode(places, type=list[Place]))
    return Kept(msgspec.json.decode(places, type=list[msgspec.Raw]), lines)


def _visible(seen: Visible) -> list[ColumnElement[bool]]:
    """Return the conditions that somebody sees an entry: of a series, that they see something in it."""
    asked = seen.asked
    in_it = (
        select(series_items.c.medium_id)
        .join(
            ITEM, and_(ITEM.c.medium == series_items.c.medium, ITEM.c.medium_id == series_items.c.medium_id)
        )
        .where(series_items.c.series_id == _c.medium_id, _is_open(asked, ITEM), _is_not_held(ITEM))
    )
    if seen.reach_of_item is not None:
        in_it = in_it.where(seen.reach_of_item)
    conditions = [_c.org_id == asked.org_id, _is_open(asked, shelf), _is_not_held(shelf)]
    conditions.append(or_(_c.medium != "series", in_it.exists()))
    return conditions if asked.reach is None else [*conditions, asked.reach]


def _is_not_held(of: FromClause) -> ColumnElement[bool]:
    held = (
        select(replays.c.id)
        .join(replay_decisions, replay_decisions.c.session_id == replays.c.session_id)
        .where(replays.c.id == of.c.medium_id, replay_decisions.c.held)
    )
    return ~held.exists()


def _is_open(asked: Asked, of: FromClause) -> ColumnElement[bool]:
    """Return the condition that an entry of `of` is shown now (`catalogue.window.window_of`)."""
    columns = of.c
    own = and_(
        or_(columns.from_utc_ms.is_(None), columns.from_utc_ms <= asked.now),
        or_(columns.to_utc_ms.is_(None), columns.to_utc_ms > asked.now),
    )
    by_rule: ColumnElement[bool] = true()
    if asked.replay_days is not None:
        since = asked.now - asked.replay_days * _DAY_MS
        by_rule = or_(columns.ended_utc_ms.is_(None), columns.ended_utc_ms > since)
    return or_(and_(columns.own_window, own), and_(~columns.own_window, by_rule))


def _fulltext(dialect: str, terms: Sequence[Term]) -> ColumnElement[bool]:
    """Return the condition that an entry has all terms: letters and digits, so nothing is escaped."""
    if dialect == "sqlite":
        match = " AND ".join(f'"{term.text}"' + ("*" if term.is_begun else "") for term in terms)
        inside = text("shelf.n IN (SELECT rowid FROM fulltext_shelf WHERE fulltext_shelf MATCH :asked_terms)")
    else:
        match = " & ".join(term.text + (":*" if term.is_begun else "") for term in terms)
        inside = text("to_tsvector('simple', shelf.terms) @@ to_tsquery('simple', :asked_terms)")
    condition: ColumnElement[bool] = inside.bindparams(bindparam("asked_terms", match)).self_group()  # type: ignore[assignment]  # text() is a condition in WHERE, as SQLAlchemy documents
    return condition
