"""Deciding about check-in."""

import msgspec

from interactions.checkin.events import CheckinAnswered, CheckinClosed, CheckinOpened
from interactions.checkin.idea import CHECKIN, Round
from interactions.lesson.idea import require_live
from interactions.wording import CHECKIN_MESSAGE_CHARS, wording_or_none
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, NotFound, Rejected
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import LEARNERS, STAFF, Call, ClassState, Command, Decision

SHORTEST_S = 5
LONGEST_S = 24 * 3_600


class OpenCheckin(msgspec.Struct, frozen=True, kw_only=True):
    """Ask who is there, for `seconds`; after `late_after_seconds` an answer is late (null: none is)."""

    seconds: int
    message: str | None = None
    late_after_seconds: int | None = None


class OneRound(msgspec.Struct, frozen=True, kw_only=True):
    """Names a round."""

    id: str


def open_checkin(state: ClassState, call: Call, data: OpenCheckin) -> Decision:
    """Begin a round; both ends are fixed now."""
    require_live(state)
    if state.of(CHECKIN).open_round is not None:
        raise Conflict("checkin_already_open", "A check-in is open already. Close it first.")
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
    opened = CheckinOpened(
        id=call.new_id(),
        message_ref=ref,
        late_after_utc_ms=UtcMs(call.now + late_after_s * 1_000),
        closes_utc_ms=UtcMs(call.now + data.seconds * 1_000),
    )
    texts = {} if ref is None or message is None else {ref: message}
    event = NewEvent(payload=opened, actor=call.actor.participant_id, texts=texts)
    return Decision((event,), {"id": opened.id})


def close_checkin(state: ClassState, call: Call, data: OneRound) -> Decision:
    """End a round before its time."""
    require_live(state)
    round_ = _round(state, data.id)
    if not round_.is_open:
        return Decision()
    closed = CheckinClosed(id=round_.id, reason="staff")
    return Decision((NewEvent(payload=closed, actor=call.actor.participant_id),))


def answer_checkin(state: ClassState, call: Call, data: OneRound) -> Decision:
    """Say that one is there; a second answer changes nothing. The time decides, not the closing event."""
    require_live(state)
    round_ = _round(state, data.id)
    given = round_.answers.get(call.actor.participant_id)
    if given is not None:
        return Decision(result={"status": given.status})
    if not round_.is_open or call.now >= round_.closes_utc_ms:
        raise Conflict("checkin_closed", "This check-in is closed.")
    status = round_.status_at(call.now)
    answered = CheckinAnswered(id=round_.id, status=status)
    return Decision((NewEvent(payload=answered, actor=call.actor.participant_id),), {"status": status})


def due(state: ClassState, now: UtcMs) -> tuple[tuple[NewEvent, ...], UtcMs | None]:
    """Return the closing event that time has brought, and when time brings the next one."""
    round_ = state.of(CHECKIN).open_round
    if round_ is None:
        return (), None
    if now < round_.closes_utc_ms:
        return (), round_.closes_utc_ms
    return (NewEvent(payload=CheckinClosed(id=round_.id, reason="time")),), None


def _round(state: ClassState, id_: str) -> Round:
    round_ = state.of(CHECKIN).rounds.get(id_)
    if round_ is None:
        raise NotFound("checkin_not_found", "There is no such check-in.")
    return round_


COMMANDS = (
    Command("checkin_open", OpenCheckin, STAFF, open_checkin),
    Command("checkin_close", OneRound, STAFF, close_checkin),
    Command("checkin_answer", OneRound, LEARNERS, answer_checkin),
)
