"""Writing deadlines down as the timeline grows."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.breakout.events import BreakoutExtended, BreakoutKept, BreakoutWarned
from interactions.breakout.idea import first_due
from interactions.checkin.events import (
    CheckinClosed,
    CheckinExtended,
    CheckinOpened,
    CheckinPlanDropped,
    CheckinPlanned,
    CheckinWithdrawn,
)
from interactions.deadlines import store
from interactions.deadlines.store import BALLOTS, NOTES, POLL
from interactions.poll.events import PollClosed, PollCounted, PollExtended, PollOpened
from lectern.kernel.clock import UtcMs
from lectern.timeline.event import BreakoutClosed, BreakoutOpened, Event, SessionEnded, TimelineEvent
from lectern.timeline.store import Head

NEVER = UtcMs(2**53)
"""Ballots are counted when their poll closes; only the end of a lesson leaves them to the clockwork."""


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
        case BreakoutOpened() | BreakoutExtended() | BreakoutWarned() | BreakoutClosed() as turn:
            due = {"breakout": _breakout_due(turn, event.utc_ms)}
            if isinstance(turn, BreakoutClosed):
                due[NOTES] = event.utc_ms
        case BreakoutKept():
            due = {NOTES: None}
        case SessionEnded():
            due = {"checkin_start": None, "checkin": None, "breakout": None, NOTES: event.utc_ms}
        case payload:
            due = _of_polls(payload)
    return due


def _of_polls(payload: Event | None) -> dict[str, UtcMs | None]:
    due: dict[str, UtcMs | None] = {}
    match payload:
        case PollOpened(id=id_, closes_utc_ms=closes, anonymous=anonymous):
            if closes is not None:
                due[POLL + id_] = closes
            if anonymous:
                due[BALLOTS + id_] = NEVER
        case PollExtended(id=id_, due_utc_ms=closes):
            due[POLL + id_] = closes
        case PollClosed(id=id_):
            due[POLL + id_] = None
        case PollCounted(id=id_):
            due[BALLOTS + id_] = None
    return due


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
            if isinstance(event.payload, SessionEnded):
                await store.end(tx, head.session_id, event.utc_ms)
            for kind, due in agenda(event).items():
                if due is None:
                    await store.drop(tx, head.session_id, kind)
                else:
                    await store.put(tx, head, kind, due)
