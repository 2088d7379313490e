"""Writing deadlines down as the timeline grows."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.breakout.events import BreakoutExtended, BreakoutWarned
from interactions.breakout.idea import first_due
from interactions.checkin.events import CheckinClosed, CheckinOpened
from interactions.deadlines import store
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import BreakoutClosed, BreakoutOpened, SessionEnded, TimelineEvent
from lectern.timeline.store import Head


def agenda(event: TimelineEvent) -> Mapping[str, UtcMs | None]:
    """Return what `event` makes due, by kind; None is due no more."""
    match event.payload:
        case CheckinOpened(closes_utc_ms=due):
            return {"checkin": due}
        case CheckinClosed():
            return {"checkin": None}
        case SessionEnded():
            return {"checkin": None, "breakout": None}
        case BreakoutOpened() | BreakoutExtended() | BreakoutWarned() | BreakoutClosed() as turn:
            return {"breakout": _breakout_due(turn, event.utc_ms)}
        case _:
            return {}


def _breakout_due(
    turn: BreakoutOpened | BreakoutExtended | BreakoutWarned | BreakoutClosed, now: UtcMs
) -> UtcMs | None:
    if isinstance(turn, BreakoutClosed) or turn.ends_utc_ms is None:
        return None
    return turn.ends_utc_ms if isinstance(turn, BreakoutWarned) else first_due(turn.ends_utc_ms, now)


class DeadlineBook:
    """Keeps the table of deadlines (a `Follower` of the timeline engine)."""

    async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
        """See `Follower`."""
        for event in events:
            for kind, due in agenda(event).items():
                if due is None:
                    await store.drop(tx, head.session_id, kind)
                else:
                    await store.put(tx, head, kind, due)
