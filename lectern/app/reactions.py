"""What learners said of lessons, as the analytics compare it."""

from collections.abc import Collection

from accounts.service import Accounts
from analytics.neighbours import Reaction
from interactions.feedback.form import FORMS, figures, recommendation
from interactions.feedback.store import shown_of
from sessions.store import SessionStore

_ASKED_AT_ONCE = 5_000
_POSITIVE = slice(3, 5)
"""Grades 4 and 5, in a row of five."""


class ReactionsByFeedback:
    """`analytics.neighbours.Reactions`, answered by feedback and by who came."""

    def __init__(self, accounts: Accounts, fewest: int) -> None:
        self._database = accounts.database
        self._sessions = SessionStore()
        self._fewest = fewest

    async def of(self, org_id: str, session_ids: Collection[str]) -> dict[str, Reaction]:
        """See `Reactions`."""
        ids = sorted(set(session_ids))
        found: dict[str, Reaction] = {}
        for start in range(0, len(ids), _ASKED_AT_ONCE):
            some = ids[start : start + _ASKED_AT_ONCE]
            async with self._database.read() as tx:
                given = await shown_of(tx, org_id, some)
                came = await self._sessions.how_many_came(tx, given.keys()) if given else {}
            for session_id, counts in given.items():
                graded = figures(counts, self._fewest)
                grades = next(each.counts for each in graded if each.question == "course") or ()
                score = recommendation(graded[-1])
                found[session_id] = Reaction(
                    counts.get((FORMS, 0), 0),
                    came.get(session_id, 0),
                    sum(grades),
                    sum(grades[_POSITIVE]),
                    {each.question: each.mean for each in graded[:-1] if each.mean is not None},
                    None if score is None else round(score.score, 1),
                )
        return found
