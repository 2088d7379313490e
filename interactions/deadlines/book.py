"""Writing deadlines down as the timeline grows."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.checkin.events import (
    CheckinClosed,
    CheckinExtended,
    CheckinOpened,
    CheckinPlanDropped,
    CheckinPlanned,
    CheckinWithdrawn,
)
from interactions.deadlines import store
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import BreakoutClosed, BreakoutOpened, SessionEnded, TimelineEvent
from lectern.timeline.store import Head


def agenda(event: TimelineEvent) -> Mapping[str, UtcMs | None]:
    """Return what `event` makes due, by kind; None is due no more."""
    due: dict[str, UtcMs | None] = {}
    match event.payload:
        case CheckinPlanned(starts_utc_ms=starts):
            due = {"checkin_start": starts}
        case CheckinPlanDropped():
            due = {"checkin_start": None}
        case CheckinOpened(closes_utc_ms=closes, planned=True):
            due = {"checkin_start": None, "checkin": closes}
        case CheckinOpened(closes_utc_ms=closes) | CheckinExtended(closes_utc_ms=closes):
            due = {"checkin": closes}
        case CheckinClosed() | CheckinWithdrawn(was_open=True):
            due = {"checkin": None}
        case BreakoutOpened(ends_utc_ms=ends):
            due = {"breakout": ends}
        case BreakoutClosed():
            due = {"breakout": None}
        case SessionEnded():
            due = {"checkin_start": None, "checkin": None, "breakout": None}
    return due


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
