"""Feedback in SQL: the only file here that speaks it. Every function works in the caller's transaction."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.feedback.commands import TakeIn
from interactions.feedback.form import FORMS
from interactions.feedback.tables import counts as c
from interactions.feedback.tables import texts as t
from interactions.feedback.work_items import OVER, Item, Kind, State
from lectern.db.one_of import one_of
from lectern.db.upsert import insert_new
from lectern.timeline.event import NewEvent
from lectern.timeline.store import Head

_NEVER = "9999-12-31"


class FeedbackClerk:
    """Takes forms in, in the transaction that notes who handed one in (a `Clerk` of the engine)."""

    async def carry_out(self, tx: AsyncConnection, head: Head, order: Any) -> Sequence[NewEvent]:
        """See `Clerk`."""
        assert isinstance(order, TakeIn), "wired in interactions.registry"
        answer = order.answer
        for question, grade in [*answer.grades.items(), (FORMS, 0)]:
            await _count(tx, head, question, grade)
        if answer.text is not None or answer.contact is not None:
            await _put_text(tx, head, answer.text or "", answer.contact)
        await _mingle(tx, head.session_id)
        await _show(tx, head.session_id, order.fewest)
        return ()


async def shown(tx: AsyncConnection, session_id: str) -> Mapping[tuple[str, int], int]:
    """Return how often each grade was given, as far as that shows."""
    rows = await tx.execute(select(c.c.question, c.c.grade, c.c.shown).where(c.c.session_id == session_id))
    return {(row.question, row.grade): row.shown for row in rows}


async def shown_of(
    tx: AsyncConnection, org_id: str, session_ids: Collection[str]
) -> dict[str, dict[tuple[str, int], int]]:
    """Return the same of many sessions of an organisation, by session; at most a few thousand at a time."""
    columns = (c.c.session_id, c.c.question, c.c.grade, c.c.shown)
    rows = await tx.execute(select(*columns).where(c.c.org_id == org_id, one_of(c.c.session_id, session_ids)))
    found: dict[str, dict[tuple[str, int], int]] = {}
    for row in rows:
        found.setdefault(row.session_id, {})[row.question, row.grade] = row.shown
    return found


async def items(
    tx: AsyncConnection,
    org_id: str,
    *,
    sessions: Collection[str] | None = None,
    owner: str | None = None,
    mine: bool = False,
    session: str | None = None,
    kind: str | None = None,
    state: str | None = None,
    after: tuple[str, str] | None = None,
    limit: int = 10_000,
) -> list[Item]:
    """Return what shows of the texts, what is due first at the top.

    With `sessions`, only those of these sessions and those that `owner` is to see to. `mine` leaves only the
    latter. `kind` may be `none`: not sorted yet. `after` is a place in the list (`place_of`).
    """
    due = func.coalesce(t.c.due_on, _NEVER)
    where = _seen(org_id, sessions, owner)
    if mine:
        where.append(t.c.owner_person_id == owner)
    if session is not None:
        where.append(t.c.session_id == session)
    if kind is not None:
        where.append(t.c.kind.is_(None) if kind == "none" else t.c.kind == kind)
    if state is not None:
        where.append(t.c.state == state)
    if after is not None:
        where.append((due > after[0]) | ((due == after[0]) & (t.c.id > after[1])))
    query = select(t).where(*where).order_by(due, t.c.id).limit(limit)
    return [_item(row) for row in await tx.execute(query)]


async def open_items(
    tx: AsyncConnection, org_id: str, *, sessions: Collection[str] | None, owner: str | None
) -> tuple[int, int]:
    """Return how many items that show are still to be done, and how many of them `owner` is to see to."""
    mine = func.coalesce(func.sum(case((t.c.owner_person_id == owner, 1), else_=0)), 0)
    still = t.c.state.not_in([state.value for state in OVER])
    query = select(func.count(), mine).where(*_seen(org_id, sessions, owner), still)
    row = (await tx.execute(query)).one()
    return int(row[0]), int(row[1])


async def item(tx: AsyncConnection, org_id: str, id_: str) -> Item | None:
    """Return one text that shows, locked until the transaction ends where the database can."""
    query = select(t).where(t.c.id == id_, t.c.org_id == org_id, t.c.shown).with_for_update()
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _item(row)


async def put(tx: AsyncConnection, changed: Item) -> None:
    """Write what an item has become."""
    values = {
        name: getattr(changed, name)
        for name in ("contact", "kind", "state", "owner_person_id", "due_on", "note", "version")
    }
    await tx.execute(update(t).where(t.c.id == changed.id).values(**values))


def place_of(found: Item) -> tuple[str, str]:
    """Return where an item stands in the list."""
    return found.due_on or _NEVER, found.id


def _seen(org_id: str, sessions: Collection[str] | None, owner: str | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [t.c.org_id == org_id, t.c.shown]
    if sessions is not None:
        where.append(one_of(t.c.session_id, sessions) | (t.c.owner_person_id == owner))
    return where


async def _count(tx: AsyncConnection, head: Head, question: str, grade: int) -> None:
    key = {"session_id": head.session_id, "question": question, "grade": grade}
    await insert_new(tx, c, [key | {"org_id": head.org_id, "shown": 0, "waiting": 0}])
    this = (c.c.session_id == head.session_id) & (c.c.question == question) & (c.c.grade == grade)
    await tx.execute(update(c).where(this).values(waiting=c.c.waiting + 1))


async def _put_text(tx: AsyncConnection, head: Head, body: str, contact: str | None) -> None:
    """Lay a text down. Its id is random: one that grows with time would say when it came."""
    await tx.execute(
        insert(t).values(
            id=secrets.token_hex(16),
            org_id=head.org_id,
            session_id=head.session_id,
            body=body,
            contact=contact,
            shown=contact is not None,
            kind=None if contact is None else Kind.CALL_BACK,
            state=State.NEW,
            version=1,
        )
    )


async def _mingle(tx: AsyncConnection, session_id: str) -> None:
    """Write all texts and counts of a session anew.

    PostgreSQL shows which transaction wrote a row, and the same one wrote the event of who handed in. After
    this it is the latest one for every row, which says nothing of the others.
    """
    if tx.dialect.name == "postgresql":
        await tx.execute(update(t).where(t.c.session_id == session_id).values(shown=t.c.shown))
        await tx.execute(update(c).where(c.c.session_id == session_id).values(shown=c.c.shown))


async def _show(tx: AsyncConnection, session_id: str, fewest: int) -> None:
    """Let what waits be seen, once it is of enough forms."""
    forms = select(c.c.waiting).where(c.c.session_id == session_id, c.c.question == FORMS)
    if int((await tx.execute(forms)).scalar_one()) < fewest:
        return
    here = c.c.session_id == session_id
    await tx.execute(update(c).where(here).values(shown=c.c.shown + c.c.waiting, waiting=0))
    await tx.execute(update(t).where(t.c.session_id == session_id).values(shown=True))


def _item(row: Any) -> Item:
    values = {name: getattr(row, name) for name in Item.__slots__}
    kind = None if row.kind is None else Kind(row.kind)
    return Item(**values | {"kind": kind, "state": State(row.state)})
