"""Categories, tags, descriptions and audiences in SQL. Every method works inside the caller's transaction."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.bin.store import in_bin
from catalogue.shelf.arrange import Category, Settings, Tag, Target
from catalogue.shelf.folding import folded
from catalogue.shelf.marking import ShelfKey, mark, mark_filed, mark_tagged
from catalogue.shelf.tables import audiences, categories, medium_shelf, medium_tags, tags
from lectern.db.upsert import insert_new, put
from lectern.kernel.errors import NotFound
from lectern.kernel.ids import new_id

_tagged = medium_tags.c


class ArrangementStore:
    """How an organisation arranges what can be watched, as rows."""

    async def categories(self, tx: AsyncConnection, org_id: str) -> list[Category]:
        """Return the tree, in no order."""
        rows = await tx.execute(select(categories).where(categories.c.org_id == org_id))
        return [Category(**row._mapping) for row in rows]

    async def add_category(self, tx: AsyncConnection, new: Category) -> None:
        """Add a category."""
        await tx.execute(insert(categories).values(**asdict(new)))

    async def change_category(self, tx: AsyncConnection, old: Category, **values: Any) -> None:
        """Overwrite columns of a category; what stands in it (`below`) is found anew."""
        await tx.execute(update(categories).where(categories.c.id == old.id).values(**values))

    async def delete_category(self, tx: AsyncConnection, old: Category) -> None:
        """Delete a category; what stood in it, and the categories in it, stand where it stood."""
        for table, column in ((categories, "parent_id"), (medium_shelf, "category_id")):
            await tx.execute(update(table).where(table.c[column] == old.id).values({column: old.parent_id}))
        await tx.execute(delete(categories).where(categories.c.id == old.id))

    async def filed(self, tx: AsyncConnection, org_id: str) -> dict[str, int]:
        """Return how many media stand in each category itself, whether they are shown or not."""
        binned = in_bin(medium_shelf.c.medium, medium_shelf.c.medium_id)
        query = select(medium_shelf.c.category_id, func.count())
        query = query.where(medium_shelf.c.org_id == org_id, ~binned)
        rows = await tx.execute(query.group_by(medium_shelf.c.category_id))
        return {row[0]: row[1] for row in rows if row[0] is not None}

    async def mark_filed(self, tx: AsyncConnection, org_id: str, category_ids: Sequence[str]) -> None:
        """Have what stands in categories read anew."""
        await mark_filed(tx, org_id, category_ids)

    async def tags(
        self, tx: AsyncConnection, org_id: str, *, like: str = "", limit: int = 500
    ) -> list[tuple[Tag, int]]:
        """Return tags with how many media have them, the most used first; with `like` in them, if given."""
        uses = func.count(_tagged.medium_id)
        binned = in_bin(_tagged.medium, _tagged.medium_id)
        query = (
            select(tags.c.id, tags.c.name, uses)
            .select_from(tags)
            .join(medium_tags, and_(_tagged.tag_id == tags.c.id, ~binned), isouter=True)
            .where(tags.c.org_id == org_id)
            .group_by(tags.c.id, tags.c.name)
            .order_by(uses.desc(), tags.c.name)
            .limit(limit)
        )
        if like:
            query = query.where(tags.c.folded.contains(like, autoescape=True))
        return [(Tag(row[0], row[1]), row[2]) for row in await tx.execute(query)]

    async def tag(self, tx: AsyncConnection, org_id: str, tag_id: str) -> Tag:
        """Return a tag.

        Raises:
            NotFound: there is none (`tag_not_found`).
        """
        query = select(tags.c.id, tags.c.name).where(tags.c.org_id == org_id, tags.c.id == tag_id)
        row = (await tx.execute(query)).one_or_none()
        if row is None:
            raise NotFound("tag_not_found", "There is no such tag any more.")
        return Tag(row.id, row.name)

    async def tag_named(self, tx: AsyncConnection, org_id: str, name: str) -> Tag | None:
        """Return the tag that differs from `name` in nothing but case, accents and width."""
        query = select(tags.c.id, tags.c.name).where(tags.c.org_id == org_id, tags.c.folded == folded(name))
        row = (await tx.execute(query)).one_or_none()
        return None if row is None else Tag(row.id, row.name)

    async def rename_tag(self, tx: AsyncConnection, org_id: str, tag: Tag, name: str) -> None:
        """Give a tag another name; no other may have it."""
        await tx.execute(update(tags).where(tags.c.id == tag.id).values(name=name, folded=folded(name)))
        await mark_tagged(tx, org_id, [tag.id])

    async def merge_tags(self, tx: AsyncConnection, org_id: str, gone: Tag, into: Tag) -> None:
        """Let what has the tag `gone` have the tag `into`."""
        await mark_tagged(tx, org_id, [gone.id])
        has_both = select(_tagged.medium, _tagged.medium_id, _tagged.org_id, _tagged.position).where(
            _tagged.tag_id == gone.id
        )
        rows = [dict(row._mapping) | {"tag_id": into.id} for row in await tx.execute(has_both)]
        await insert_new(tx, medium_tags, rows)
        await self._delete_tag(tx, gone)

    async def delete_tag(self, tx: AsyncConnection, org_id: str, gone: Tag) -> None:
        """Delete a tag from everything that has it."""
        await mark_tagged(tx, org_id, [gone.id])
        await self._delete_tag(tx, gone)

    async def settings(self, tx: AsyncConnection, key: ShelfKey) -> Settings:
        """Return where on the shelf a medium stands, and for whom."""
        row = (await tx.execute(select(medium_shelf).where(*_of(medium_shelf, key)))).one_or_none()
        named = (
            select(tags.c.name)
            .join(medium_tags, _tagged.tag_id == tags.c.id)
            .where(*_of(medium_tags, key))
            .order_by(_tagged.position, tags.c.name)
        )
        targets = await tx.execute(select(audiences).where(*_of(audiences, key)))
        return Settings(
            "" if row is None else row.description,
            None if row is None else row.category_id,
            tuple((await tx.execute(named)).scalars()),
            tuple(
                sorted((Target(each.kind, each.target_id) for each in targets), key=lambda t: (t.kind, t.id))
            ),
        )

    async def set(self, tx: AsyncConnection, org_id: str, key: ShelfKey, settings: Settings) -> None:
        """Overwrite where on the shelf a medium stands, and for whom; tags that are new are made."""
        place = {"medium": key.medium, "medium_id": key.id, "org_id": org_id}
        row = {"category_id": settings.category_id, "description": settings.description}
        await put(tx, medium_shelf, place | row)
        ids = await self._tag_ids(tx, org_id, settings.tags)
        await self._clear(tx, key)
        if ids:
            tagged = [{**place, "tag_id": tag_id, "position": at} for at, tag_id in enumerate(ids)]
            await tx.execute(insert(medium_tags), tagged)
        if settings.targets:
            named = [place | {"kind": each.kind, "target_id": each.id} for each in settings.targets]
            await tx.execute(insert(audiences), named)
        await mark(tx, org_id, [key])

    async def forget(
        self, tx: AsyncConnection, org_id: str, key: ShelfKey, *, keeps_audience: bool = False
    ) -> None:
        """Delete what was set of a medium that is gone; whom it was for may still be asked."""
        await tx.execute(delete(medium_tags).where(*_of(medium_tags, key)))
        if not keeps_audience:
            await tx.execute(delete(audiences).where(*_of(audiences, key)))
        await tx.execute(delete(medium_shelf).where(*_of(medium_shelf, key)))
        await mark(tx, org_id, [key])

    async def tags_of(self, tx: AsyncConnection, keys: Collection[ShelfKey]) -> dict[ShelfKey, list[Tag]]:
        """Return the tags of media, in their order."""
        query = (
            select(_tagged.medium, _tagged.medium_id, tags.c.id, tags.c.name)
            .join(tags, tags.c.id == _tagged.tag_id)
            .where(_tagged.medium_id.in_([key.id for key in keys]))
            .order_by(_tagged.position, tags.c.name)
        )
        found: dict[ShelfKey, list[Tag]] = {}
        for row in await tx.execute(query):
            found.setdefault(ShelfKey(row.medium, row.medium_id), []).append(Tag(row.id, row.name))
        return found

    async def _tag_ids(self, tx: AsyncConnection, org_id: str, names: Sequence[str]) -> list[str]:
        rows = [{"id": new_id(), "org_id": org_id, "name": name, "folded": folded(name)} for name in names]
        await insert_new(tx, tags, rows, unique=["org_id", "folded"])
        wanted = [row["folded"] for row in rows]
        query = select(tags.c.id, tags.c.folded).where(tags.c.org_id == org_id, tags.c.folded.in_(wanted))
        ids = {row.folded: row.id for row in await tx.execute(query)}
        return [ids[name] for name in wanted]

    async def _clear(self, tx: AsyncConnection, key: ShelfKey) -> None:
        for table in (medium_tags, audiences):
            await tx.execute(delete(table).where(*_of(table, key)))

    async def _delete_tag(self, tx: AsyncConnection, gone: Tag) -> None:
        await tx.execute(delete(medium_tags).where(_tagged.tag_id == gone.id))
        await tx.execute(delete(tags).where(tags.c.id == gone.id))


def _of(table: Table, key: ShelfKey) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.medium == key.medium, table.c.medium_id == key.id
