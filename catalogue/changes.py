"""What is finished, published, held, withdrawn or deleted, in the order of when: for libraries elsewhere.

Every medium stands at its last change alone: whoever asks from a cursor on gets each one once, as it is now.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.bin.states import DELETED, BinState
from catalogue.bin.tables import media_bin
from catalogue.media import MediumKind
from catalogue.publishing_tables import replay_decisions
from catalogue.review_tables import microcourse_releases
from catalogue.tables import microcourses, replays
from lectern.jobs.states import JobState
from lectern.jobs.tables import jobs
from lectern.kernel.errors import ProtocolViolation

_MOST_DIGITS = 17


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """When a medium changed last. `gone`: it is not (any more) to be shown."""

    utc_ms: int
    medium: MediumKind
    id: str
    gone: bool = False

    def __str__(self) -> str:
        """The cursor of what comes after it."""
        return f"{self.utc_ms}.{self.medium}.{self.id}"


START = Change(0, "microcourse", "")


def read_cursor(words: str) -> Change:
    """Return what `str` of a change wrote.

    Raises:
        ProtocolViolation: it did not (`cursor_invalid`).
    """
    utc_ms, _, rest = words.partition(".")
    medium, _, id_ = rest.partition(".")
    if not (words.isascii() and utc_ms.isdigit() and len(utc_ms) <= _MOST_DIGITS and id_.isalnum()):
        raise _invalid()
    match medium:
        case "microcourse" | "replay":
            return Change(int(utc_ms), medium, id_)
    raise _invalid()


class ChangeStore:
    """Reads changes from what replays, their jobs, decisions and releases say of themselves."""

    async def changes(
        self, tx: AsyncConnection, org_id: str, after: Change, until_utc_ms: int, limit: int
    ) -> list[Change]:
        """Return up to `limit` changes behind `after`, none later than `until_utc_ms`, in their order."""
        found = await self._replays(tx, org_id, after, until_utc_ms, limit)
        found += await self._microcourses(tx, org_id, after, until_utc_ms, limit)
        found += await self._deleted(tx, org_id, after, until_utc_ms, limit)
        return sorted(found)[:limit]

    async def _replays(
        self, tx: AsyncConnection, org_id: str, after: Change, until_utc_ms: int, limit: int
    ) -> list[Change]:
        finished = func.coalesce(jobs.c.finished_ms, 0)
        decided = func.coalesce(replay_decisions.c.decided_utc_ms, 0)
        noted = case((finished > decided, finished), else_=decided)
        back = func.coalesce(_back("replay", replays.c.id), 0)
        changed = case((back > noted, back), else_=noted)
        query = (
            select(replays.c.id, changed.label("changed"), func.coalesce(replay_decisions.c.held, False))
            .join(jobs, jobs.c.id == replays.c.download_job_id)
            .join(replay_decisions, replay_decisions.c.session_id == replays.c.session_id, isouter=True)
            .where(replays.c.org_id == org_id, jobs.c.state == JobState.DONE, changed <= until_utc_ms)
            .where(_behind(after, "replay", changed, replays.c.id))
            .order_by(changed, replays.c.id)
            .limit(limit)
        )
        return [Change(row[1], "replay", row[0], bool(row[2])) for row in await tx.execute(query)]

    async def _microcourses(
        self, tx: AsyncConnection, org_id: str, after: Change, until_utc_ms: int, limit: int
    ) -> list[Change]:
        releases = microcourse_releases.c
        mine = microcourses.c
        noted = func.max(func.coalesce(releases.replaced_utc_ms, releases.published_utc_ms))
        back = func.coalesce(_back("microcourse", mine.id), 0)
        changed = case((back > noted, back), else_=noted)
        query = (
            select(mine.id, changed.label("changed"), mine.live_version)
            .join(microcourse_releases, releases.microcourse_id == mine.id)
            .where(mine.org_id == org_id)
            .group_by(mine.id, mine.live_version)
            .having(and_(changed <= until_utc_ms, _behind(after, "microcourse", changed, mine.id)))
            .order_by(changed, mine.id)
            .limit(limit)
        )
        return [Change(row[1], "microcourse", row[0], row[2] is None) for row in await tx.execute(query)]

    async def _deleted(
        self, tx: AsyncConnection, org_id: str, after: Change, until_utc_ms: int, limit: int
    ) -> list[Change]:
        """Return what was put into the bin: written there in the transaction that took it away."""
        bin_ = media_bin.c
        mine = (bin_.org_id == org_id, bin_.was_told, bin_.state.in_(DELETED))
        found: list[Change] = []
        kinds: tuple[MediumKind, ...] = ("microcourse", "replay")
        for medium in kinds:
            behind = _behind(after, medium, bin_.changed_utc_ms, bin_.medium_id)
            query = (
                select(bin_.medium_id, bin_.changed_utc_ms)
                .where(*mine, bin_.medium == medium, bin_.changed_utc_ms <= until_utc_ms, behind)
                .order_by(bin_.changed_utc_ms, bin_.medium_id)
                .limit(limit)
            )
            found += [Change(row[1], medium, row[0], gone=True) for row in await tx.execute(query)]
        return found


def _back(medium: MediumKind, medium_id: ColumnElement[str]) -> ScalarSelect[int]:
    """When a medium was taken out of the bin, if it ever was."""
    bin_ = media_bin.c
    mine = (bin_.medium == medium, bin_.medium_id == medium_id, bin_.state == BinState.OUT)
    return select(bin_.changed_utc_ms).where(*mine).scalar_subquery()


def _behind(
    after: Change, medium: MediumKind, changed: ColumnElement[Any], id_: ColumnElement[str]
) -> ColumnElement[bool]:
    """Whether a medium of this kind stands behind `after`."""
    if medium == after.medium:
        return or_(changed > after.utc_ms, and_(changed == after.utc_ms, id_ > after.id))
    return changed >= after.utc_ms if medium > after.medium else changed > after.utc_ms


def _invalid() -> ProtocolViolation:
    return ProtocolViolation("cursor_invalid", "This is not a cursor of the list.")
