"""Writing deadlines down as the timeline grows."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

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
        case BreakoutOpened(ends_utc_ms=due):
            return {"breakout": due}
        case BreakoutClosed():
            return {"breakout": None}
        case SessionEnded():
            return {"checkin": None, "breakout": None}
        case _:
            return {}


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
