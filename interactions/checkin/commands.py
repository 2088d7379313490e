"""Deciding about check-in."""

from typing import Annotated

import msgspec

from interactions.checkin.events import (
    CheckinAnswered,
    CheckinClosed,
    CheckinCorrected,
    CheckinExtended,
    CheckinOpened,
    CheckinPlanDropped,
    CheckinPlanned,
    CheckinWithdrawn,
    MakeUpRefused,
    MakeUpRequested,
    Standing,
)
from interactions.checkin.idea import CHECKIN, Round, State
from interactions.checkin.orders import StandingChanges
from interactions.lesson.idea import require_live, takes_part
from interactions.wording import CHECKIN_MESSAGE_CHARS, CHECKIN_REASON_CHARS, wording, wording_or_none
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import LEARNERS, STAFF, Call, ClassState, Command, Decision

SHORTEST_S = 5
LONGEST_S = 24 * 3_600
MAKE_UP_HOURS = 72
"""How long after the lesson people may ask to be counted, unless the installation says otherwise."""
_HOUR_MS = 3_600_000


class OpenCheckin(msgspec.Struct, frozen=True, kw_only=True):
    """Ask who is there, for `seconds`; after `late_after_seconds` an answer is late (null: none is).

    It begins in `in_seconds`, and at a moment that nobody can foresee up to `within_seconds` later. With
    `forced` the question stands in the learners' way until they have answered.
    """

    seconds: int
    message: str | None = None
    late_after_seconds: int | None = None
    forced: bool = False
    in_seconds: int = 0
    within_seconds: int = 0


class OneRound(msgspec.Struct, frozen=True, kw_only=True):
    """Names a round."""

    id: str


class ExtendCheckin(msgspec.Struct, frozen=True, kw_only=True):
    """Give a round so much more time."""

    id: str
    seconds: int


class RequestMakeUp(msgspec.Struct, frozen=True, kw_only=True):
    """Ask to be counted in a round that one missed."""

    id: str
    reason: str


class OneStanding(msgspec.Struct, frozen=True, kw_only=True):
    """Names somebody in a round: a participant, or a person who perhaps never came."""

    id: str
    participant: str | None = None
    person: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class CorrectCheckin(OneStanding, frozen=True, kw_only=True):
    """Say how somebody stands, and why."""

    status: Standing
    reason: str


def open_checkin(state: ClassState, call: Call, data: OpenCheckin) -> Decision:
    """Begin a round, now or by plan; both ends are fixed when it begins."""
    require_live(state)
    late_after_s = data.seconds if data.late_after_seconds is None else data.late_after_seconds
    if not SHORTEST_S <= data.seconds <= LONGEST_S or not 0 <= late_after_s <= data.seconds:
        raise Rejected(
            "duration_invalid",
            f"A check-in lasts {SHORTEST_S} seconds to {LONGEST_S // 3_600} hours; late begins within it.",
            shortest_s=SHORTEST_S,
            longest_s=LONGEST_S,
        )
    message = wording_or_none(data.message, CHECKIN_MESSAGE_CHARS, "message")
    ref = None if message is None else call.new_id()
    texts = {} if ref is None or message is None else {ref: message}
    if data.in_seconds == 0 and data.within_seconds == 0:
        if state.of(CHECKIN).open_round is not None:
            raise Conflict("checkin_already_open", "A check-in is open already. Close it first.")
        opened = _opening(call.new_id(), ref, call.now, data.seconds, late_after_s, forced=data.forced)
        event = NewEvent(payload=opened, actor=call.actor.participant_id, texts=texts)
        return Decision((event,), {"id": opened.id, "starts_utc_ms": call.now})
    planned = CheckinPlanned(
        id=call.new_id(),
        message_ref=ref,
        starts_utc_ms=_planned_start(state, call, data),
        seconds=data.seconds,
        late_after_seconds=late_after_s,
        forced=data.forced,
    )
    event = NewEvent(payload=planned, actor=call.actor.participant_id, texts=texts)
    return Decision((event,), {"id": planned.id, "starts_utc_ms": planned.starts_utc_ms})


def _planned_start(state: ClassState, call: Call, data: OpenCheckin) -> UtcMs:
    if state.of(CHECKIN).plan is not None:
        raise Conflict("checkin_already_planned", "A check-in is planned already. Drop that plan first.")
    if min(data.in_seconds, data.within_seconds) < 0 or data.in_seconds + data.within_seconds > LONGEST_S:
        raise Rejected(
            "start_invalid",
            f"A check-in begins now, or within the next {LONGEST_S // 3_600} hours.",
            longest_s=LONGEST_S,
        )
    chance_ms = call.rng.randrange(data.within_seconds * 1_000 + 1)
    return UtcMs(call.now + data.in_seconds * 1_000 + chance_ms)


def _opening(
    id_: str, ref: str | None, now: UtcMs, seconds: int, late_after_s: int, *, forced: bool
) -> CheckinOpened:
    return CheckinOpened(
        id=id_,
        message_ref=ref,
        late_after_utc_ms=UtcMs(now + late_after_s * 1_000),
        closes_utc_ms=UtcMs(now + seconds * 1_000),
        forced=forced,
    )


def drop_plan(state: ClassState, call: Call, data: OneRound) -> Decision:
    """Let a planned round not happen; one that is gone already changes nothing."""
    plan = state.of(CHECKIN).plan
    if plan is None or plan.id != data.id:
        return Decision()
    dropped = CheckinPlanDropped(id=plan.id)
    return Decision((NewEvent(payload=dropped, actor=call.actor.participant_id),))


def close_checkin(state: ClassState, call: Call, data: OneRound) -> Decision:
    """End a round before its time."""
    require_live(state)
    round_ = _round(state, data.id)
    if not round_.is_open:
        return Decision()
    closed = CheckinClosed(id=round_.id, reason="staff")
    return Decision((NewEvent(payload=closed, actor=call.actor.participant_id),))


def extend_checkin(state: ClassState, call: Call, data: ExtendCheckin) -> Decision:
    """Give more time. Before late has begun, it begins later too; once somebody could be late, late stays."""
    require_live(state)
    round_ = _round(state, data.id)
    if not round_.is_open or call.now >= round_.closes_utc_ms:
        raise Conflict("checkin_closed", "This check-in is closed.")
    more_ms = data.seconds * 1_000
    if data.seconds < 1 or round_.closes_utc_ms + more_ms - round_.opened_utc_ms > LONGEST_S * 1_000:
        raise Rejected(
            "duration_invalid",
            f"A check-in lasts at most {LONGEST_S // 3_600} hours.",
            longest_s=LONGEST_S,
        )
    late_moves = call.now <= round_.late_after_utc_ms
    extended = CheckinExtended(
        id=round_.id,
        late_after_utc_ms=UtcMs(round_.late_after_utc_ms + (more_ms if late_moves else 0)),
        closes_utc_ms=UtcMs(round_.closes_utc_ms + more_ms),
    )
    event = NewEvent(payload=extended, actor=call.actor.participant_id)
    return Decision((event,), {"closes_utc_ms": extended.closes_utc_ms})


def withdraw_checkin(state: ClassState, call: Call, data: OneRound) -> Decision:
    """Take a round back, also after the lesson: it never counted."""
    round_ = _round(state, data.id)
    if round_.state is State.WITHDRAWN:
        return Decision()
    withdrawn = CheckinWithdrawn(id=round_.id, was_open=round_.is_open)
    event = NewEvent(payload=withdrawn, actor=call.actor.participant_id or None)
    return Decision((event,), orders=_afterwards(state))


def answer_checkin(state: ClassState, call: Call, data: OneRound) -> Decision:
    """Say that one is there; a second answer changes nothing. The time decides, not the closing event."""
    round_ = _round(state, data.id)
    mark = round_.marks.get(call.actor.participant_id)
    if mark is not None:
        return Decision(result={"status": mark.standing})
    require_live(state)
    if not round_.is_open or call.now >= round_.closes_utc_ms:
        raise Conflict("checkin_closed", "This check-in is closed.")
    status = round_.status_at(call.now)
    answered = CheckinAnswered(id=round_.id, status=status)
    return Decision((NewEvent(payload=answered, actor=call.actor.participant_id),), {"status": status})


def request_make_up(
    state: ClassState,
    call: Call,
    data: RequestMakeUp,
    *,
    participant: str | None,
    person: str | None,
    window_ms: int,
) -> Decision:
    """Ask to be counted: once a round is closed, until the window after the lesson ends.

    Raises:
        Conflict: the round is still open (`checkin_open`), or it is too late (`make_up_over`).
    """
    checkins = state.of(CHECKIN)
    round_ = _counted(state, data.id)
    who = checkins.key_of(participant, person)
    mark = round_.marks.get(who)
    if mark is not None and mark.standing != "absent":
        return Decision(result={"status": mark.standing, "request": None})
    if who in round_.requests:
        return Decision(result={"status": None, "request": round_.requests[who]})
    if round_.is_open and call.now < round_.closes_utc_ms:
        raise Conflict("checkin_open", "This check-in is still open: simply check in.")
    if checkins.ended_utc_ms is not None and call.now > checkins.ended_utc_ms + window_ms:
        raise Conflict("make_up_over", "The time for making up is over. Ask the presenter or HR.")
    reason, ref = wording(data.reason, CHECKIN_REASON_CHARS, "reason"), call.new_id()
    asked = MakeUpRequested(id=round_.id, participant=participant, person=person, reason_ref=ref)
    event = NewEvent(payload=asked, actor=participant, texts={ref: reason})
    return Decision((event,), {"status": None, "request": "pending"})


def refuse_make_up(state: ClassState, call: Call, data: OneStanding) -> Decision:
    """Do not grant a request; one that is settled already stays as it is."""
    round_ = _counted(state, data.id)
    participant, person = _whom(state, data)
    if round_.requests.get(state.of(CHECKIN).key_of(participant, person)) != "pending":
        return Decision()
    refused = MakeUpRefused(id=round_.id, participant=participant, person=person)
    event = NewEvent(payload=refused, actor=call.actor.participant_id or None)
    return Decision((event,), orders=_afterwards(state))


def correct_checkin(state: ClassState, call: Call, data: CorrectCheckin, by: str | None = None) -> Decision:
    """Set how somebody stands, with the reason; also after the lesson. Granting a request is this, too.

    `by` is who does it from outside the class; the caller's participant is empty then.
    """
    round_ = _counted(state, data.id)
    participant, person = _whom(state, data)
    reason = wording(data.reason, CHECKIN_REASON_CHARS, "reason")
    mark = round_.marks.get(state.of(CHECKIN).key_of(participant, person))
    if mark is not None and mark.standing == data.status:
        return Decision()
    ref = call.new_id()
    corrected = CheckinCorrected(
        id=round_.id,
        participant=participant,
        person=person,
        before=None if mark is None else mark.standing,
        after=data.status,
        reason_ref=ref,
        by=by,
    )
    event = NewEvent(payload=corrected, actor=call.actor.participant_id or None, texts={ref: reason})
    return Decision((event,), orders=_afterwards(state))


def _afterwards(state: ClassState) -> tuple[StandingChanges, ...]:
    """Return what is asked of the attendance before staff changes a standing; nothing during the lesson."""
    return () if state.of(CHECKIN).ended_utc_ms is None else (StandingChanges(),)


def due(state: ClassState, now: UtcMs) -> tuple[tuple[NewEvent, ...], UtcMs | None]:
    """Return what time has brought (a round closes, a planned one begins), and when it brings the next.

    A planned round waits while another is open.
    """
    checkins = state.of(CHECKIN)
    events: list[NewEvent] = []
    closes: UtcMs | None = None
    round_, plan = checkins.open_round, checkins.plan
    if round_ is not None and now >= round_.closes_utc_ms:
        events.append(NewEvent(payload=CheckinClosed(id=round_.id, reason="time")))
    elif round_ is not None:
        closes = round_.closes_utc_ms
    if plan is None:
        return tuple(events), closes
    if closes is not None:
        return tuple(events), min(closes, max(plan.starts_utc_ms, UtcMs(now + 1)))
    if now < plan.starts_utc_ms:
        return tuple(events), plan.starts_utc_ms
    opened = msgspec.structs.replace(
        _opening(plan.id, plan.message_ref, now, plan.seconds, plan.late_after_seconds, forced=plan.forced),
        planned=True,
    )
    events.append(NewEvent(payload=opened, actor=plan.planner))
    return tuple(events), opened.closes_utc_ms


def _round(state: ClassState, id_: str) -> Round:
    round_ = state.of(CHECKIN).rounds.get(id_)
    if round_ is None:
        raise NotFound("checkin_not_found", "There is no such check-in.")
    return round_


def _counted(state: ClassState, id_: str) -> Round:
    round_ = _round(state, id_)
    if round_.state is State.WITHDRAWN:
        raise Conflict("checkin_withdrawn", "This check-in was withdrawn; nothing in it counts.")
    return round_


def _whom(state: ClassState, data: OneStanding) -> tuple[str | None, str | None]:
    """Return participant and person; a participant must have joined, one of both must be named."""
    participant = data.participant or state.of(CHECKIN).participant_of.get(data.person or "")
    if participant is None and data.person is None:
        raise Rejected("person_missing", "Say whose check-in this is about.")
    if participant is not None and not takes_part(state, participant):
        raise NotFound("participant_not_found", "This person is not in the session.")
    return participant, data.person


def commands(make_up_hours: int = MAKE_UP_HOURS) -> tuple[Command, ...]:
    """Return the commands; people may ask for a make-up until `make_up_hours` after the lesson."""

    def request(state: ClassState, call: Call, data: RequestMakeUp) -> Decision:
        return request_make_up(
            state,
            call,
            data,
            participant=call.actor.participant_id,
            person=call.actor.person_id,
            window_ms=make_up_hours * _HOUR_MS,
        )

    return (
        Command("checkin_open", OpenCheckin, STAFF, open_checkin),
        Command("checkin_plan_drop", OneRound, STAFF, drop_plan),
        Command("checkin_close", OneRound, STAFF, close_checkin),
        Command("checkin_extend", ExtendCheckin, STAFF, extend_checkin),
        Command("checkin_withdraw", OneRound, STAFF, withdraw_checkin),
        Command("checkin_answer", OneRound, LEARNERS, answer_checkin),
        Command("checkin_make_up", RequestMakeUp, LEARNERS, request),
        Command("checkin_make_up_refuse", OneStanding, STAFF, refuse_make_up),
        Command("checkin_correct", CorrectCheckin, STAFF, correct_checkin),
    )
