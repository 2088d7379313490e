"""How much of replays people saw in all, live or later: of one person in many, or of many in one.

The number of questions to the database is the same however many they are.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from analytics.attendance.report import AttendanceReports
from analytics.attendance.rule import Rule
from analytics.live.folding import LiveFolding
from analytics.live.presence import LivePresence, share_in_all
from analytics.spans import Spans
from analytics.view_store import ViewStore
from lectern.manifest.clock_map import ClockMap


@dataclass(frozen=True, slots=True)
class AskedReplay:
    """A replay that can be watched; `expects`: its lesson's roster names whoever is asked about."""

    session_id: str
    duration_ms: int
    clock: ClockMap | None
    expects: bool = True


class OwnShares(NamedTuple):
    """What somebody saw (0..1) of replays, by session.

    Of the sessions that are `uncounted` only what they played counts yet: who was there is still being
    counted, so the share can only become greater.
    """

    shares: Mapping[str, float]
    uncounted: frozenset[str]


@dataclass(frozen=True, slots=True)
class LiveAndLater:
    """Puts presence that is kept, rules and viewing together."""

    attending: AttendanceReports
    folding: LiveFolding
    views: ViewStore = field(default_factory=ViewStore)

    async def of_person(self, org_id: str, person_id: str, asked: Collection[AskedReplay]) -> OwnShares:
        """Return what one person saw of replays of one organisation."""
        sessions = [each.session_id for each in asked]
        uncounted = frozenset(await self.folding.uncounted(sessions))
        async with self.attending.database.read() as tx:
            counted = [id_ for id_ in sessions if id_ not in uncounted]
            found = await self.folding.store.of_person(tx, person_id, counted)
            rules = await self.attending.cases.rules(tx, [org_id, *sessions])
            expecting = {each.session_id for each in asked if each.expects}
            there = {id_: each for id_, each in found.items() if each.is_learner or id_ in expecting}
            subjects = {person_id, *(each.participant for each in there.values())}
            played = await self.views.covered_replays(tx, sessions, subjects)

        def put_together() -> dict[str, float]:
            return {
                each.session_id: self._share(
                    each,
                    person_id,
                    there.get(each.session_id),
                    played.get(each.session_id, {}),
                    self._rule(rules, org_id, each.session_id),
                )
                for each in asked
            }

        return OwnShares(await asyncio.to_thread(put_together), uncounted)

    async def of_people(
        self, org_id: str, asked: AskedReplay, person_ids: Collection[str]
    ) -> dict[str, float]:
        """Return what people whom its roster names saw of a replay; its lesson is folded first if need be."""
        session_id = asked.session_id
        await self.folding.catch_up(session_id)
        async with self.attending.database.read() as tx:
            there = await self.folding.store.of_people(tx, session_id, person_ids)
            rules = await self.attending.cases.rules(tx, [org_id, session_id])
            subjects = {*person_ids, *(each.participant for each in there.values())}
            played = (await self.views.covered_replays(tx, [session_id], subjects)).get(session_id, {})
        rule = self._rule(rules, org_id, session_id)

        def put_together() -> dict[str, float]:
            return {id_: self._share(asked, id_, there.get(id_), played, rule) for id_ in person_ids}

        return await asyncio.to_thread(put_together)

    def _rule(self, rules: Mapping[str, Rule], org_id: str, session_id: str) -> Rule:
        return rules.get(session_id) or rules.get(org_id) or self.attending.standard

    def _share(
        self,
        asked: AskedReplay,
        person_id: str,
        presence: LivePresence | None,
        played: Mapping[str, Spans],
        rule: Rule,
    ) -> float:
        subjects = {person_id} if presence is None else {person_id, presence.participant}
        return share_in_all(
            presence,
            [played[subject] for subject in subjects if subject in played],
            away_counts=rule.away_counts,
            clock=asked.clock,
            duration_ms=asked.duration_ms,
        )
