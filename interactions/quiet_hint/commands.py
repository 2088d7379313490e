"""Deciding about the hint."""

import msgspec

from interactions.lesson.idea import require_live
from interactions.quiet_hint.events import HintSnoozed
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Rejected
from lectern.timeline.event import NewEvent
from lectern.timeline.idea import STAFF, Call, ClassState, Command, Decision

LONGEST_SNOOZE_MIN = 240


class SnoozeHint(msgspec.Struct, frozen=True, kw_only=True):
    """Do not show the hint for `minutes`; null: not again in this lesson."""

    minutes: int | None = None


def snooze(state: ClassState, call: Call, data: SnoozeHint) -> Decision:
    """Put the hint off, for all of the staff.

    Raises:
        Conflict: the lesson is not on. Rejected: not 1 to 240 minutes (`minutes_invalid`).
    """
    require_live(state)
    if data.minutes is not None and not 1 <= data.minutes <= LONGEST_SNOOZE_MIN:
        raise Rejected("minutes_invalid", f"Give 1 to {LONGEST_SNOOZE_MIN} minutes.", most=LONGEST_SNOOZE_MIN)
    until = None if data.minutes is None else UtcMs(call.now + data.minutes * 60_000)
    event = HintSnoozed(until_utc_ms=until)
    return Decision((NewEvent(payload=event, actor=call.actor.participant_id),))


COMMANDS = (Command("hint_snooze", SnoozeHint, STAFF, snooze),)
