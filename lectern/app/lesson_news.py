"""What people outside a lesson are to be told of it, noted in the transaction in which it happens.

So is what ends a reminder: whoever comes is reminded no longer, on none of their devices.
"""

from collections.abc import Sequence
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from catalogue.media import Replay
from catalogue.neighbours import BinNews
from interactions.checkin.events import CheckinCorrected, CheckinWithdrawn, MakeUpRefused, MakeUpRequested
from interactions.feedback.events import FeedbackGiven
from interactions.question.events import QuestionAnswered
from lectern.kernel.clock import Clock, UtcMs, utc_ms
from lectern.timeline.event import (
    CANCELLED,
    ParticipantJoined,
    RosterChanged,
    SessionEnded,
    SessionStarted,
    TimelineEvent,
)
from lectern.timeline.store import Head
from notices import calls
from notices.call_book import change
from notices.calls import UNKNOWN, Call
from notices.kinds import Kind
from notices.outbox import Outbox
from notices.store import AboutMedium, NoticeStore
from sessions.lesson.idea import SessionPlanned
from sessions.presence.idea import ConnectionOpened
from sessions.store import SessionStore


class PublishingCalls:
    """`catalogue.neighbours.PublishingNews`, by the call of the lesson: the loop of notices tells it."""

    def __init__(self, notices: NoticeStore, clock: Clock = utc_ms) -> None:
        self._notices = notices
        self._clock = clock

    async def replay_shown(self, tx: AsyncConnection, replay: Replay) -> None:
        """See `PublishingNews`. Once for each version: one that is taken back and shown again is no news."""
        told = partial(calls.shown, replay_id=replay.id, version=replay.version)
        await change(tx, replay.org_id, replay.session_id, told)

    async def replay_held(self, tx: AsyncConnection, replay: Replay) -> None:
        """See `PublishingNews`."""
        await change(tx, replay.org_id, replay.session_id, calls.withheld)
        kinds = (Kind.REPLAY_SHOWN,)
        await self._notices.withdraw(tx, replay.session_id, kinds, self._clock())
        await self._notices.settle_open(tx, replay.session_id, kinds, self._clock())


class CallsOfBin:
    """`catalogue.neighbours.NewsOfBin`, by the outbox and, of a replay, the call of its lesson."""

    def __init__(self, outbox: Outbox, clock: Clock = utc_ms) -> None:
        self._outbox = outbox
        self._clock = clock

    async def put_in(self, tx: AsyncConnection, about: BinNews) -> None:
        """See `NewsOfBin`."""
        if about.key.medium == "replay":
            await change(tx, about.org_id, about.session_id, calls.deleted)
        await self._outbox.store.put_away(tx, about.session_id, _said_of(about), self._clock())

    async def taken_out(self, tx: AsyncConnection, about: BinNews) -> None:
        """See `NewsOfBin`. Nobody is told anew of what they were told before."""
        if about.key.medium == "replay":
            await change(tx, about.org_id, about.session_id, calls.restored)
        now = self._clock()
        expires = self._outbox.expiry(now)
        await self._outbox.store.bring_back(tx, about.session_id, _said_of(about), now, expires)


def _said_of(about: BinNews) -> AboutMedium:
    medium, id_ = about.key
    return AboutMedium([f"{medium}:{id_}", *about.reviews], is_replay=medium == "replay")


class LessonNews:
    """A `Follower` of the timeline: plans, changes, cancellations, ends, answers to questions, arrivals."""

    def __init__(self, sessions: SessionStore, notices: NoticeStore) -> None:
        self._sessions = sessions
        self._notices = notices

    async def follow(self, tx: AsyncConnection, head: Head, events: Sequence[TimelineEvent]) -> None:
        """See `lectern.timeline.engine.Follower`."""
        news = [event for event in events if isinstance(event.payload, _NEWS)]
        if news:
            await change(tx, head.org_id, head.session_id, partial(_after_all, news))
        came = {event.payload.participant for event in events if isinstance(event.payload, ConnectionOpened)}
        persons = await self._sessions.persons_among(tx, came)
        new = [event.payload for event in events if isinstance(event.payload, ParticipantJoined)]
        persons |= {joined.person for joined in new if joined.person is not None}  # not in rows yet
        for event in events:
            if isinstance(event.payload, RosterChanged) and event.payload.removed:
                await self._expected_no_more(tx, head.session_id, event.payload.removed, event.utc_ms)
        if persons:
            now = events[-1].utc_ms
            await self._notices.settle_open(tx, head.session_id, _CALLS_IN, now, person_ids=persons)

    async def _expected_no_more(
        self, tx: AsyncConnection, session_id: str, persons: Sequence[str], now: UtcMs
    ) -> None:
        """Whom the roster names no more is asked for nothing; who runs the lesson still hears of it."""
        session = await self._sessions.get(tx, session_id)
        staff = {session.presenter_person_id, session.host_person_id} if session is not None else set()
        gone = [person for person in persons if person not in staff]
        if gone:
            await self._notices.settle_open(tx, session_id, _ASKED, now, person_ids=gone)


_CALLS_IN = (Kind.COMING, Kind.STARTING)
_ASKED = (Kind.INVITED, Kind.MOVED, *_CALLS_IN, Kind.MISSED, Kind.WATCH_DUE)
_ACTS = (FeedbackGiven, MakeUpRequested, MakeUpRefused, CheckinCorrected, CheckinWithdrawn)
_NEWS = (SessionPlanned, RosterChanged, SessionStarted, SessionEnded, QuestionAnswered, *_ACTS)


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
        case RosterChanged(removed=removed, added=added):
            # Whom it names no more is told nothing new; an older timeline does not say whom it added.
            known = known if removed and not added else calls.expected(known)
        case SessionStarted():
            known = calls.started(known)
        case SessionEnded(reason=reason) if reason == CANCELLED:
            known = calls.cancelled(known)
        case SessionEnded():
            known = calls.ended(known, event.utc_ms)
        case QuestionAnswered(id=id_):
            known = calls.answered(known, id_)
        case payload if isinstance(payload, _ACTS):
            known = calls.acted(known)
    return known
