"""The clerk of the ballot box: the only file here that speaks SQL."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.ballots.orders import Ballot, CastBallot, CountBallots, ballot_elsewhere, counted
from interactions.ballots.tables import ballots as t
from lectern.db.upsert import insert_new
from lectern.kernel.ids import new_id
from lectern.timeline.event import NewEvent
from lectern.timeline.store import Head


class BallotClerk:
    """Carries out orders in the transaction of the command that gave them (a `Clerk` of the engine)."""

    async def carry_out(self, tx: AsyncConnection, head: Head, order: Any) -> Sequence[NewEvent]:
        """See `Clerk`.

        Raises:
            Conflict: the ballot cannot be changed from here (`ballot_elsewhere`); nothing has changed then.
        """
        match order:
            case CastBallot():
                await _cast(tx, head, order)
                return ()
            case CountBallots():
                return (counted(order, await _take(tx, order.poll), new_id),)
            case _:
                msg = f"no order for the ballot box: {type(order).__name__}"
                raise TypeError(msg)


def key_of(order: CastBallot) -> str:
    """Return the key of a ballot: nobody finds the secret from it, and it differs from poll to poll."""
    return hashlib.sha256(f"{order.poll}\n{order.secret}".encode()).hexdigest()


async def _cast(tx: AsyncConnection, head: Head, order: CastBallot) -> None:
    key = key_of(order)
    answer = {"picks": order.picks, "text": order.text, "right": order.right}
    known = select(t.c.key).where(t.c.poll_id == order.poll, t.c.key == key)
    if ((await tx.execute(known)).first() is None) is not order.first:
        raise ballot_elsewhere()
    if order.first:
        row = {
            "poll_id": order.poll,
            "key": key,
            "org_id": head.org_id,
            "session_id": head.session_id,
            "answer": answer,
        }
        await insert_new(tx, t, [row])
    else:
        await tx.execute(update(t).where(t.c.poll_id == order.poll, t.c.key == key).values(answer=answer))


async def _take(tx: AsyncConnection, poll: str) -> list[Ballot]:
    rows = (await tx.execute(select(t.c.answer).where(t.c.poll_id == poll).order_by(t.c.key))).scalars().all()
    await tx.execute(delete(t).where(t.c.poll_id == poll))
    return [Ballot(tuple(answer["picks"]), answer["text"], answer["right"]) for answer in rows]
