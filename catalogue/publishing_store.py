"""Rules and decisions about replays in SQL. Every method works inside the caller's transaction."""

from collections.abc import Collection
from dataclasses import asdict

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.publishing import UNDECIDED, Decision, ReplayRules, in_force
from catalogue.publishing_tables import replay_decisions, replay_rules
from catalogue.tables import replays
from lectern.db.upsert import put
from lectern.timeline.tables import heads

_decisions = replay_decisions.c


class PublishingStore:
    """What is asked of replays, and which are held."""

    async def wait_for_lesson(self, tx: AsyncConnection, session_id: str) -> None:
        """Let the lesson neither begin nor end while this transaction goes on; wait for what began before.

        Every change of a lesson holds this row first. There may be no other yet: a replay's comes with the
        start.
        """
        query = select(heads.c.session_id).where(heads.c.session_id == session_id)
        await tx.execute(query.with_for_update())

    async def rules(self, tx: AsyncConnection, of_id: str) -> ReplayRules:
        """Return what a session, or an organisation, asks."""
        query = select(replay_rules.c.rules).where(replay_rules.c.of_id == of_id)
        found = (await tx.execute(query)).scalar_one_or_none()
        return ReplayRules() if found is None else msgspec.convert(found, ReplayRules)

    async def rules_in_force(self, tx: AsyncConnection, org_id: str, session_id: str) -> ReplayRules:
        """Return what counts for a session, with nothing left open."""
        return in_force(await self.rules(tx, session_id), await self.rules(tx, org_id))

    async def set_rules(
        self, tx: AsyncConnection, org_id: str, of_id: str, rules: ReplayRules, now: int
    ) -> None:
        """Overwrite what a session, or the organisation itself, asks."""
        row = {"of_id": of_id, "org_id": org_id, "rules": msgspec.to_builtins(rules), "updated_utc_ms": now}
        await put(tx, replay_rules, row)

    async def decision(self, tx: AsyncConnection, session_id: str) -> Decision:
        """Return what was decided upon a session's replay."""
        found = (
            await tx.execute(select(replay_decisions).where(_decisions.session_id == session_id))
        ).first()
        if found is None:
            return UNDECIDED
        return Decision(found.held, found.decided_by, found.decided_utc_ms)

    async def decide(self, tx: AsyncConnection, org_id: str, session_id: str, decision: Decision) -> None:
        """Overwrite what was decided."""
        await put(tx, replay_decisions, {"session_id": session_id, "org_id": org_id, **asdict(decision)})

    async def held(self, tx: AsyncConnection, session_ids: Collection[str]) -> set[str]:
        """Return those of the sessions whose replay is held."""
        if not session_ids:
            return set()
        query = select(_decisions.session_id).where(_decisions.session_id.in_(session_ids), _decisions.held)
        return set((await tx.execute(query)).scalars())

    async def held_since(
        self, tx: AsyncConnection, *, replay_id: str | None = None, session_id: str | None = None
    ) -> int | None:
        """Return when the lesson ended (UTC ms), if its replay, named in either way, is held."""
        which = replays.c.session_id == session_id if replay_id is None else replays.c.id == replay_id
        query = (
            select(replays.c.ended_utc_ms)
            .join(replay_decisions, _decisions.session_id == replays.c.session_id)
            .where(which, _decisions.held)
        )
        return (await tx.execute(query)).scalar_one_or_none()
