"""What somebody chose: the language of their mail, and the kinds of notices that come without mail."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from lectern.db.one_of import one_of
from lectern.db.upsert import put
from notices.kinds import KINDS, Kind
from notices.tables import notice_choices as c
from notices.words import Language


@dataclass(frozen=True, slots=True)
class Choices:
    """`language` None: the installation's."""

    language: Language | None = None
    muted: frozenset[Kind] = field(default_factory=frozenset)


NONE = Choices()


async def choices_of(tx: AsyncConnection, person_ids: Collection[str]) -> dict[str, Choices]:
    """Return the choices of those who made any."""
    rows = await tx.execute(select(c).where(one_of(c.c.person_id, person_ids)))
    known = {kind.value for kind in KINDS}
    return {
        row.person_id: Choices(
            None if row.language is None else Language(row.language),
            frozenset(Kind(kind) for kind in row.muted if kind in known),
        )
        for row in rows
    }


async def choose(tx: AsyncConnection, org_id: str, person_id: str, choices: Choices) -> None:
    """Keep somebody's choices. What may not be turned off stays on."""
    muted = sorted(kind.value for kind in choices.muted if KINDS[kind].may_be_muted)
    language = None if choices.language is None else choices.language.value
    await put(tx, c, {"person_id": person_id, "org_id": org_id, "language": language, "muted": muted})


async def mute(tx: AsyncConnection, org_id: str, person_id: str, kind: Kind, *, muted: bool) -> None:
    """Turn the mail of one kind off or on."""
    before = (await choices_of(tx, [person_id])).get(person_id, NONE)
    kinds: Mapping[bool, frozenset[Kind]] = {True: before.muted | {kind}, False: before.muted - {kind}}
    await choose(tx, org_id, person_id, Choices(before.language, kinds[muted]))
