"""What people outside a lesson are to be told of it, noted in the transaction in which it happens."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from interactions.question.events import QuestionAnswered
from lectern.timeline.event import CANCELLED, RosterChanged, SessionEnded, SessionStarted, TimelineEvent
from lectern.timeline.store import Head
from notices import calls
from notices.call_book import change
from notices.calls import UNKNOWN, Call
from sessions.lesson.idea import SessionPlanned


class LessonNews:
    """A `Follower` of the timeline: plans, changes, cancellations, ends, answers to questions."""

    async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
        """See `lectern.timeline.engine.Follower`."""
        news = [event for event in events if isinstance(event.payload, _NEWS)]
        if news:
            await change(tx, head.org_id, head.session_id, partial(_after_all, news))


_NEWS = (SessionPlanned, RosterChanged, SessionStarted, SessionEnded, QuestionAnswered)


def _after_all(news: Sequence[TimelineEvent], call: Call | None) -> Call:
    for event in news:
        call = _after(event, call)
    return UNKNOWN if call is None else call


def _after(event: TimelineEvent, call: Call | None) -> Call:
    """Return the call after an event. Pure."""
    known = call or UNKNOWN
    match event.payload:
        case SessionPlanned(title=title, starts_utc_ms=starts, zone=zone, planned_minutes=minutes, host=host):
            known = calls.planned(
                call, title=title, starts_utc_ms=starts, zone=zone, now=event.utc_ms, minutes=minutes
            )
            known = calls.hosted(known, host)
        case RosterChanged():
            known = calls.expected(known)
        case SessionStarted():
            known = calls.started(known)
        case SessionEnded(reason=reason) if reason == CANCELLED:
            known = calls.cancelled(known)
        case SessionEnded():
            known = calls.ended(known, event.utc_ms)
        case QuestionAnswered(id=id_):
            known = calls.answered(known, id_)
    return known
