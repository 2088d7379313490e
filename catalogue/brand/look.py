"""The look of an organisation's microcourses, as it is stored. `LookStore` is what speaks SQL."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.brand.tables import brand_clips, branding
from lectern.db.upsert import put

ACCENT = "#6EA0FF"


@dataclass(frozen=True, slots=True)
class Look:
    """`logo` is a PNG or JPEG, or empty; `version` counts changes, 0 is the look that nobody has chosen."""

    version: int = 0
    accent: str = ACCENT
    title_card: bool = True
    outro_words: str = ""
    logo: bytes = b""
    intro_id: str | None = None
    outro_id: str | None = None


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

    async def look(self, tx: AsyncConnection, org_id: str) -> Look:
        """Return the look in force."""
        row = (await tx.execute(select(branding).where(branding.c.org_id == org_id))).one_or_none()
        if row is None:
            return Look()
        return Look(
            row.version, row.accent, row.title_card, row.outro_words, bytes(row.logo or b""), row.intro_id,
            row.outro_id,
        )  # fmt: skip

    async def write(self, tx: AsyncConnection, org_id: str, look: Look, by: str, now: int) -> None:
        """Replace the look."""
        await put(
            tx,
            branding,
            {
                "org_id": org_id,
                "version": look.version,
                "accent": look.accent,
                "title_card": look.title_card,
                "outro_words": look.outro_words,
                "logo": look.logo or None,
                "intro_id": look.intro_id,
                "outro_id": look.outro_id,
                "updated_by": by,
                "updated_utc_ms": now,
            },
        )

    async def add_clip(self, tx: AsyncConnection, clip: BrandClip) -> None:
        """Add a clip."""
        row: dict[str, Any] = {column.name: getattr(clip, column.name) for column in brand_clips.columns}
        await tx.execute(insert(brand_clips).values(**row))

    async def clips(self, tx: AsyncConnection, org_id: str) -> list[BrandClip]:
        """Return an organisation's clips, the newest first."""
        query = select(brand_clips).where(brand_clips.c.org_id == org_id).order_by(brand_clips.c.id.desc())
        return [BrandClip(**row._mapping) for row in await tx.execute(query)]
