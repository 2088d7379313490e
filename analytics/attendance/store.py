"""Rules, decisions and objections in SQL: the only file of attendance that speaks it.

Every method works inside the caller's transaction.
"""

from collections.abc import Collection, Hashable
from dataclasses import asdict
from typing import Any

import msgspec
from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics.attendance.objections import Objection, State
from analytics.attendance.rates import SignIns
from analytics.attendance.rule import Rule
from analytics.attendance.tables import decisions, objections, rules, sign_ins
from analytics.attendance.verdict import Decision, Verdict
from lectern.db.one_of import one_of
from lectern.db.upsert import put
from lectern.kernel.clock import UtcMs
from lectern.timeline.tables import heads


class CaseStore:
    """What people did about attendance, beside what happened in the lesson."""

    async def rules(self, tx: AsyncConnection, scopes: Collection[str]) -> dict[str, Rule]:
        """Return the rules that were set for these scopes: a session's id, or an organisation's."""
        query = select(rules.c.scope, rules.c.rule).where(one_of(rules.c.scope, scopes))
        return {row.scope: msgspec.convert(row.rule, Rule) for row in await tx.execute(query)}

    async def put_rule(
        self, tx: AsyncConnection, org_id: str, scope: str, rule: Rule, *, by: str, now: UtcMs
    ) -> None:
        """Set the rule of a session, or of an organisation."""
        row = {"scope": scope, "org_id": org_id, "rule": asdict(rule)}
        await put(tx, rules, row | {"changed_by": by, "changed_utc_ms": now})

    async def decisions(
        self, tx: AsyncConnection, session_id: str, subjects: Collection[str] | None = None
    ) -> dict[str, list[tuple[Decision, str | None]]]:
        """Return what staff decided about each subject, the newest last, with the words that still exist."""
        columns = decisions.c
        query = (
            select(decisions)
            .where(columns.session_id == session_id)
            .order_by(columns.decided_utc_ms, columns.id)
        )
        if subjects is not None:
            query = query.where(one_of(columns.subject, subjects))
        found: dict[str, list[tuple[Decision, str | None]]] = {}
        for row in await tx.execute(query):
            verdict = None if row.verdict is None else Verdict(row.verdict)
            decision = Decision(row.id, verdict, row.decided_by, row.decided_utc_ms)
            found.setdefault(row.subject, []).append((decision, row.reason))
        return found

    async def add_decision(
        self,
        tx: AsyncConnection,
        org_id: str,
        session_id: str,
        *,
        subject: str,
        decision: Decision,
        reason: str,
    ) -> None:
        """Keep a decision; earlier ones stay as history."""
        await tx.execute(
            insert(decisions).values(
                id=decision.id,
                org_id=org_id,
                session_id=session_id,
                subject=subject,
                verdict=decision.verdict,
                reason=reason,
                decided_by=decision.by,
                decided_utc_ms=decision.utc_ms,
            )
        )

    async def objections(
        self, tx: AsyncConnection, session_id: str, subjects: Collection[str] | None = None
    ) -> list[Objection]:
        """Return the objections of a session, or of these subjects, in the order in which they came."""
        columns = objections.c
        query = (
            select(objections)
            .where(columns.session_id == session_id)
            .order_by(columns.objected_utc_ms, columns.id)
        )
        if subjects is not None:
            query = query.where(one_of(columns.subject, subjects))
        return [_objection(row) for row in await tx.execute(query)]

    async def lock_objection(self, tx: AsyncConnection, session_id: str, id_: str) -> Objection | None:
        """Return one objection, locked until the transaction ends."""
        query = (
            select(objections)
            .where(objections.c.session_id == session_id, objections.c.id == id_)
            .with_for_update()
        )
        row = (await tx.execute(query)).one_or_none()
        return None if row is None else _objection(row)

    async def add_objection(self, tx: AsyncConnection, org_id: str, objection: Objection) -> None:
        """Keep a new objection."""
        await tx.execute(insert(objections).values(asdict(objection) | {"org_id": org_id}))

    async def settle(
        self, tx: AsyncConnection, id_: str, state: State, *, answer: str | None, by: str, now: UtcMs
    ) -> None:
        """Note what became of an objection."""
        await tx.execute(
            update(objections)
            .where(objections.c.id == id_)
            .values(state=state, answer=answer, answered_by=by, answered_utc_ms=now)
        )

    async def mark(self, tx: AsyncConnection, session_id: str, org_id: str) -> Hashable:
        """Return what is another once anybody decided, objected, answered, erased, or set a rule."""
        d, o = decisions.c, objections.c
        decided = select(d.id, d.reason.is_(None)).where(d.session_id == session_id).order_by(d.id)
        objected = select(o.id, o.state, o.body.is_(None), o.answer.is_(None)).where(
            o.session_id == session_id
        )
        set_ = select(rules.c.scope, rules.c.changed_utc_ms, rules.c.changed_by).where(
            rules.c.scope.in_([session_id, org_id])
        )
        asked = (decided, objected.order_by(o.id), set_.order_by(rules.c.scope))
        found = [await tx.execute(query) for query in asked]
        return tuple(tuple(tuple(row) for row in rows) for rows in found)

    async def sessions_about(self, tx: AsyncConnection, org_id: str, subjects: Collection[str]) -> set[str]:
        """Return the sessions in which anything was decided about these subjects, or objected by them."""
        found: set[str] = set()
        for table in (decisions, objections):
            query = select(table.c.session_id).where(
                table.c.org_id == org_id, one_of(table.c.subject, subjects)
            )
            found |= set((await tx.execute(query.distinct())).scalars())
        return found

    async def erase_words(self, tx: AsyncConnection, org_id: str, subjects: Collection[str]) -> int:
        """Erase why was decided about these subjects, what they objected, and what they were answered."""
        d, o = decisions.c, objections.c
        about = update(decisions).where(
            d.org_id == org_id, one_of(d.subject, subjects), d.reason.is_not(None)
        )
        said = update(objections).where(
            o.org_id == org_id, one_of(o.subject, subjects), or_(o.body.is_not(None), o.answer.is_not(None))
        )
        erased = (await tx.execute(about.values(reason=None))).rowcount
        return int(erased + (await tx.execute(said.values(body=None, answer=None))).rowcount)

    async def erase_written(self, tx: AsyncConnection, org_id: str, by: str) -> tuple[int, list[str]]:
        """Erase the reasons and answers that `by` wrote about others; return their labels in records too."""
        d, o = decisions.c, objections.c
        wrote = d.org_id == org_id, d.decided_by == by
        answered = o.org_id == org_id, o.answered_by == by
        labels = [f"decision.{id_}" for id_ in (await tx.execute(select(d.id).where(*wrote))).scalars()]
        labels += [f"answer.{id_}" for id_ in (await tx.execute(select(o.id).where(*answered))).scalars()]
        reasons = update(decisions).where(*wrote, d.reason.is_not(None)).values(reason=None)
        answers = update(objections).where(*answered, o.answer.is_not(None)).values(answer=None)
        erased = (await tx.execute(reasons)).rowcount + (await tx.execute(answers)).rowcount
        return int(erased), labels

    async def lock_session(self, tx: AsyncConnection, session_id: str) -> None:
        """Make whoever objects, corrects or closes in a session wait for each other."""
        await tx.execute(select(heads.c.seq).where(heads.c.session_id == session_id).with_for_update())

    async def heads(self, tx: AsyncConnection, org_id: str, session_ids: Collection[str]) -> dict[str, int]:
        """Return how far the timelines of these sessions go, of one organisation."""
        query = select(heads.c.session_id, heads.c.seq).where(
            one_of(heads.c.session_id, session_ids), heads.c.org_id == org_id
        )
        return {row.session_id: row.seq for row in await tx.execute(query)}

    async def sign_ins(
        self, tx: AsyncConnection, session_ids: Collection[str]
    ) -> dict[str, tuple[int, SignIns]]:
        """Return what was counted before, with the event up to which it was."""
        query = select(sign_ins).where(one_of(sign_ins.c.session_id, session_ids))
        return {
            row.session_id: (row.seq, SignIns(row.rounds, row.expected, row.signed_in, row.made_up))
            for row in await tx.execute(query)
        }

    async def put_sign_ins(
        self, tx: AsyncConnection, org_id: str, session_id: str, seq: int, counted: SignIns
    ) -> None:
        """Keep what was counted up to event `seq`; can be made again from the timeline."""
        row = {"session_id": session_id, "org_id": org_id, "seq": seq}
        await put(tx, sign_ins, row | asdict(counted))


def _objection(row: Any) -> Objection:
    return Objection(
        id=row.id,
        session_id=row.session_id,
        subject=row.subject,
        state=State(row.state),
        against=row.against,
        body=row.body,
        objected_utc_ms=row.objected_utc_ms,
        answer=row.answer,
        answered_by=row.answered_by,
        answered_utc_ms=row.answered_utc_ms,
    )
