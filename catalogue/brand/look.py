"""The looks of an organisation's microcourses, as they are stored. `LookStore` is what speaks SQL.

An organisation always has one look, whose id is its own; until somebody changes it, it is what nobody has
chosen. Others have names. What a look shows is kept version by version, none of which is ever changed: a
microcourse that was made in one can be made again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Text, delete, exists, func, insert, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.bin.states import BinState
from catalogue.bin.tables import media_bin
from catalogue.brand.tables import brand_clips, brand_given, brand_look_versions, brand_looks
from catalogue.edit_tables import edit_revisions
from catalogue.tables import microcourses
from lectern.db.one_of import one_of
from lectern.db.upsert import insert_new, put
from lectern.kernel.errors import Conflict, NotFound

ACCENT: Final = "#6EA0FF"
MOST_LOOKS: Final = 100


@dataclass(frozen=True, slots=True)
class Look:
    """What a version of a look shows; version 0 is what nobody has chosen. `logo`: PNG, JPEG, or empty."""

    id: str = ""
    version: int = 0
    accent: str = ACCENT
    title_card: bool = True
    outro_words: str = ""
    logo: bytes = b""
    intro_id: str | None = None
    outro_id: str | None = None


@dataclass(frozen=True, slots=True)
class NamedLook:
    """A look in the list; only the organisation's own may have no name. `version` is its latest."""

    id: str
    org_id: str
    name: str = ""
    version: int = 0
    created_by: str = ""
    created_utc_ms: int = 0
    retired_utc_ms: int | None = None


@dataclass(frozen=True, slots=True)
class BrandClip:
    """A clip that was brought; `name` is for people alone."""

    id: str
    org_id: str
    name: str
    size_bytes: int
    duration_ms: int
    width: int
    height: int
    job_id: str
    created_by: str
    created_utc_ms: int

    @property
    def folder(self) -> str:
        """The key of its folder."""
        return f"branding/{self.id}"


class LookStore:
    """Looks and clips, inside the caller's transaction."""

    async def named(
        self, tx: AsyncConnection, org_id: str, look_id: str, *, lock: bool = False, now: int = 0
    ) -> NamedLook:
        """Return a look of an organisation; with `lock` nobody else changes it meanwhile, and one that stands
        nowhere yet does from `now` on.

        Raises:
            NotFound: there is none (`look_not_found`).
        """
        if lock and look_id == org_id:
            await insert_new(tx, brand_looks, [_row(NamedLook(org_id, org_id, created_utc_ms=now))])
        query = select(brand_looks).where(brand_looks.c.id == look_id, brand_looks.c.org_id == org_id)
        row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
        return _one(row, org_id, look_id)

    async def usable(self, tx: AsyncConnection, org_id: str, look_id: str) -> NamedLook:
        """Return a look that microcourses may be made in; until the transaction ends it is not deleted.

        Raises:
            NotFound: there is none. Conflict: it is not used any more (`look_retired`).
        """
        query = select(brand_looks).where(brand_looks.c.id == look_id, brand_looks.c.org_id == org_id)
        row = (await tx.execute(query.with_for_update(read=True))).one_or_none()
        found = _one(row, org_id, look_id)
        if found.retired_utc_ms is not None:
            raise Conflict("look_retired", "This look is not used any more. Choose another one.")
        return found

    async def all(self, tx: AsyncConnection, org_id: str) -> list[NamedLook]:
        """Return an organisation's looks, its own first, the others by name."""
        rows = await tx.execute(select(brand_looks).where(brand_looks.c.org_id == org_id))
        found = {row.id: NamedLook(**row._mapping) for row in rows}
        own = found.pop(org_id, NamedLook(org_id, org_id))
        return [own, *sorted(found.values(), key=lambda look: (look.name.casefold(), look.id))]

    async def many(self, tx: AsyncConnection, look_ids: Collection[str]) -> dict[str, NamedLook]:
        """Return looks by id; an organisation's own that nobody has changed is not among them."""
        if not look_ids:
            return {}
        rows = await tx.execute(select(brand_looks).where(one_of(brand_looks.c.id, look_ids)))
        return {row.id: NamedLook(**row._mapping) for row in rows}

    async def look(self, tx: AsyncConnection, look_id: str, version: int) -> Look:
        """Return what a version of a look shows; of a version that is not there, what nobody has chosen."""
        query = select(brand_look_versions).where(
            brand_look_versions.c.look_id == look_id, brand_look_versions.c.version == version
        )
        row = (await tx.execute(query)).one_or_none()
        if row is None:
            return Look(look_id)
        return Look(
            look_id, row.version, row.accent, row.title_card, row.outro_words, bytes(row.logo or b""),
            row.intro_id, row.outro_id,
        )  # fmt: skip

    async def add(self, tx: AsyncConnection, look: NamedLook) -> None:
        """Add a look to the list."""
        await tx.execute(insert(brand_looks).values(**_row(look)))

    async def change(self, tx: AsyncConnection, look_id: str, **values: Any) -> None:
        """Overwrite columns of a look in the list."""
        await tx.execute(update(brand_looks).where(brand_looks.c.id == look_id).values(**values))

    async def add_version(self, tx: AsyncConnection, org_id: str, look: Look, by: str, now: int) -> Look:
        """Let a look, which is locked, show something else: its next version, which is returned."""
        added = replace(look, version=look.version + 1)
        row = {
            "look_id": added.id,
            "version": added.version,
            "org_id": org_id,
            "accent": added.accent,
            "title_card": added.title_card,
            "outro_words": added.outro_words,
            "logo": added.logo or None,
            "intro_id": added.intro_id,
            "outro_id": added.outro_id,
            "made_by": by,
            "made_utc_ms": now,
        }
        await tx.execute(insert(brand_look_versions).values(**row))
        await self.change(tx, added.id, version=added.version)
        return added

    async def delete(self, tx: AsyncConnection, look_id: str) -> None:
        """Delete a look with its versions; whoever was given it has the organisation's again."""
        await tx.execute(delete(brand_look_versions).where(brand_look_versions.c.look_id == look_id))
        await tx.execute(delete(brand_given).where(brand_given.c.look_id == look_id))
        await tx.execute(delete(brand_looks).where(brand_looks.c.id == look_id))

    async def uses(self, tx: AsyncConnection, org_id: str) -> dict[str, int]:
        """Return how many microcourses stand in each look, by look; of those that have some."""
        query = (
            select(microcourses.c.look_id, func.count().label("many"))
            .where(microcourses.c.org_id == org_id, microcourses.c.look_id.is_not(None))
            .group_by(microcourses.c.look_id)
        )
        return {row.look_id: int(row.many) for row in await tx.execute(query)}

    async def is_used(self, tx: AsyncConnection, org_id: str, look_id: str) -> bool:
        """Tell whether a microcourse, perhaps in the bin, stands in a look, or a draft ever named it."""
        made = select(microcourses.c.id).where(
            microcourses.c.org_id == org_id, microcourses.c.look_id == look_id
        )
        content = type_coerce(edit_revisions.c.content, Text)
        named = select(edit_revisions.c.edit_id).where(
            edit_revisions.c.org_id == org_id, content.contains(f'"look":"{look_id}"', autoescape=True)
        )
        binned = select(media_bin.c.medium_id).where(
            media_bin.c.org_id == org_id,
            media_bin.c.medium == "microcourse",
            media_bin.c.state == BinState.IN,
            type_coerce(media_bin.c.content, Text).contains(f'"look_id":"{look_id}"', autoescape=True),
        )
        is_used = exists(made) | exists(named) | exists(binned)
        return bool((await tx.execute(select(is_used))).scalar_one())

    async def given(self, tx: AsyncConnection, org_id: str) -> dict[str, str]:
        """Return which look is whose by itself: by person; by the organisation's id, where one was chosen."""
        query = select(brand_given.c.subject_id, brand_given.c.look_id).where(brand_given.c.org_id == org_id)
        return {row.subject_id: row.look_id for row in await tx.execute(query)}

    async def given_to(
        self, tx: AsyncConnection, org_id: str, subject_ids: Collection[str]
    ) -> Mapping[str, str]:
        """Return the same of a few, without looks that are not used any more."""
        query = (
            select(brand_given.c.subject_id, brand_given.c.look_id)
            .join(brand_looks, brand_looks.c.id == brand_given.c.look_id)
            .where(
                brand_given.c.org_id == org_id,
                one_of(brand_given.c.subject_id, subject_ids),
                brand_looks.c.retired_utc_ms.is_(None),
            )
        )
        return {row.subject_id: row.look_id for row in await tx.execute(query)}

    async def give(  # noqa: PLR0917 - one row
        self, tx: AsyncConnection, org_id: str, subject_id: str, look_id: str, by: str, now: int
    ) -> None:
        """Let a look be somebody's by itself, or the organisation's; it takes the place of the one before."""
        row = {
            "org_id": org_id,
            "subject_id": subject_id,
            "look_id": look_id,
            "given_by": by,
            "given_utc_ms": now,
        }
        await put(tx, brand_given, row)

    async def take(self, tx: AsyncConnection, org_id: str, subject_ids: Collection[str]) -> None:
        """Let people have the organisation's look again."""
        await tx.execute(
            delete(brand_given).where(
                brand_given.c.org_id == org_id, one_of(brand_given.c.subject_id, subject_ids)
            )
        )

    async def add_clip(self, tx: AsyncConnection, clip: BrandClip) -> None:
        """Add a clip."""
        row: dict[str, Any] = {column.name: getattr(clip, column.name) for column in brand_clips.columns}
        await tx.execute(insert(brand_clips).values(**row))

    async def clips(self, tx: AsyncConnection, org_id: str) -> list[BrandClip]:
        """Return an organisation's clips, the newest first."""
        query = select(brand_clips).where(brand_clips.c.org_id == org_id).order_by(brand_clips.c.id.desc())
        return [BrandClip(**row._mapping) for row in await tx.execute(query)]


def _one(row: Any, org_id: str, look_id: str) -> NamedLook:
    if row is not None:
        return NamedLook(**row._mapping)
    if look_id == org_id:
        return NamedLook(org_id, org_id)
    raise NotFound("look_not_found", "There is no such look, or somebody has deleted it.")


def _row(look: NamedLook) -> dict[str, Any]:
    return {name: getattr(look, name) for name in look.__dataclass_fields__}
