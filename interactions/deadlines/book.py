"""Writing deadlines down as the timeline grows."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.checkin.events import CheckinClosed, CheckinOpened
from interactions.deadlines import store
from interactions.deadlines.store import BALLOTS, POLL
from interactions.poll.events import PollClosed, PollCounted, PollExtended, PollOpened
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import BreakoutClosed, BreakoutOpened, Event, SessionEnded, TimelineEvent
from lectern.timeline.store import Head

NEVER = UtcMs(2**53)
"""Ballots are counted when their poll closes; only the end of a lesson leaves them to the clockwork."""


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
        case payload:
            return _of_polls(payload)


def _of_polls(payload: Event | None) -> Mapping[str, UtcMs | None]:
    match payload:
        case PollOpened(id=id_, closes_utc_ms=due, anonymous=anonymous):
            return ({POLL + id_: due} if due is not None else {}) | (
                {BALLOTS + id_: NEVER} if anonymous else {}
            )
        case PollExtended(id=id_, due_utc_ms=due):
            return {POLL + id_: due}
        case PollClosed(id=id_):
            return {POLL + id_: None}
        case PollCounted(id=id_):
            return {BALLOTS + id_: None}
        case _:
            return {}


class DeadlineBook:
    """Keeps the table of deadlines (a `Follower` of the timeline engine)."""

    async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
        """See `Follower`."""
        for event in events:
            if isinstance(event.payload, SessionEnded):
                await store.end(tx, head.session_id, event.utc_ms)
            for kind, due in agenda(event).items():
                if due is None:
                    await store.drop(tx, head.session_id, kind)
                else:
                    await store.put(tx, head, kind, due)
