"""Deciding about breakout groups."""

import msgspec

from interactions.breakout.events import (
    BreakoutExtended,
    BreakoutHelp,
    BreakoutReported,
    BreakoutReporter,
    BreakoutShown,
    BreakoutTold,
    BreakoutTutor,
    BreakoutVisited,
    BreakoutVoice,
    BreakoutWarned,
)
from interactions.breakout.idea import BREAKOUT, WARNING_MS, Breakout, Group
from interactions.breakout.placing import (
    Choose,
    Move,
    choose,
    move,
    require_group,
    require_here,
    require_open,
)
from interactions.breakout.plan import (
    CloseBreakout,
    OpenBreakout,
    close_breakout,
    open_breakout,
    require_duration,
)
from interactions.lesson.idea import require_live, standing_of
from interactions.notes.orders import KeepNotes
from interactions.poll.closing import with_the_groups
from interactions.wording import OUTCOME_CHARS, TOLD_CHARS, wording
from lectern.kernel.clock import UtcMs
from lectern.kernel.errors import Conflict, Forbidden, NotFound, Rejected
from lectern.timeline.event import BreakoutClosed, Event, NewEvent
from lectern.timeline.idea import ANYONE, LEARNERS, STAFF, Call, ClassState, Command, Decision


class Extend(msgspec.Struct, frozen=True, kw_only=True):
    """By how much longer the groups go on; where no end was set, they end then."""

    seconds: int


class Tell(msgspec.Struct, frozen=True, kw_only=True):
    """What all groups should read."""

    text: str


class Help(msgspec.Struct, frozen=True, kw_only=True):
    """Call for the host, or take the call back; staff say for which group."""

    on: bool
    group: str | None = None


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Which group to look in on; null goes back to the main room."""

    group: str | None = None


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one's microphone is heard in all groups."""

    on: bool


class Reporter(msgspec.Struct, frozen=True, kw_only=True):
    """Who reports for the group that they are in."""

    participant: str


class Tutor(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody looks after a group: one of the staff, or one of its members."""

    group: str
    participant: str
    on: bool


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A group's result; staff say of which group."""

    text: str
    group: str | None = None


class Show(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the whole class sees the result of a group."""

    id: str
    on: bool


def extend(state: ClassState, call: Call, data: Extend) -> Decision:
    """Give the groups more time."""
    breakout = require_open(state)
    require_duration(data.seconds)
    ends = UtcMs(max(call.now, breakout.ends_utc_ms or 0) + data.seconds * 1_000)
    require_duration((ends - call.now) // 1_000)
    return _one(call, BreakoutExtended(ends_utc_ms=ends))


def tell(state: ClassState, call: Call, data: Tell) -> Decision:
    """Write to all groups at once; the latest message stays in view."""
    require_open(state)
    ref, text = call.new_id(), wording(data.text, TOLD_CHARS, "text")
    told = NewEvent(payload=BreakoutTold(text_ref=ref), actor=call.actor.participant_id, texts={ref: text})
    return Decision((told,))


def ask_help(state: ClassState, call: Call, data: Help) -> Decision:
    """Put a group into the queue of those who wait for the host, or take it out."""
    breakout = require_open(state)
    group = _own_or_named(breakout, call, data.group)
    if data.on == (group.id in breakout.calls):
        return Decision()
    return _one(call, BreakoutHelp(group=group.id, on=data.on))


def visit(state: ClassState, call: Call, data: Visit) -> Decision:
    """Go to a group, for all to see, or back."""
    breakout = require_open(state)
    if data.group is not None:
        require_group(breakout, data.group)
    if breakout.visits.get(call.actor.participant_id) == data.group:
        return Decision()
    return _one(call, BreakoutVisited(group=data.group))


def voice(state: ClassState, call: Call, data: Voice) -> Decision:
    """Speak to all groups at once, or stop."""
    breakout = require_open(state)
    if data.on == (call.actor.participant_id in breakout.voices):
        return Decision()
    return _one(call, BreakoutVoice(on=data.on))


def name_reporter(state: ClassState, call: Call, data: Reporter) -> Decision:
    """Let staff or a tutor name the reporter of a group, or a member take it on where nobody has."""
    breakout = require_open(state)
    group = breakout.group_with(data.participant)
    if group is None:
        raise NotFound("group_not_found", "This person is in no group.")
    names = call.actor.is_staff or call.actor.participant_id in group.tutors
    if not names and data.participant != call.actor.participant_id:
        raise Forbidden("not_allowed", "Only the host or a tutor names somebody else.")
    if group.reporter == data.participant:
        return Decision()
    if not names and group.reporter is not None:
        raise Conflict("reporter_taken", "Somebody reports for this group already.")
    return _one(call, BreakoutReporter(group=group.id, participant=data.participant))


def name_tutor(state: ClassState, call: Call, data: Tutor) -> Decision:
    """Say who looks after a group: a member, or one of the staff, who may have several."""
    group = require_group(require_open(state), data.group)
    who = data.participant
    if data.on == (who in group.tutors):
        return Decision()
    if data.on:
        require_here(state, who)
        if who not in group.members and not standing_of(state, who).is_staff():
            raise Conflict("tutor_elsewhere", "A tutor is one of the staff, or a member of the group.")
    return _one(call, BreakoutTutor(group=group.id, participant=who, on=data.on))


def report(state: ClassState, call: Call, data: Report) -> Decision:
    """Write down a group's result, also after the groups have ended; the last version counts."""
    require_live(state)
    breakout = state.of(BREAKOUT)
    group = _own_or_named(breakout, call, data.group)
    if not call.actor.is_staff and group.reporter != call.actor.participant_id:
        raise Forbidden("not_reporter", "Only the reporter writes down the group's result.")
    ref, text = call.new_id(), wording(data.text, OUTCOME_CHARS, "text")
    reported = BreakoutReported(group=group.id, text_ref=ref)
    return Decision((NewEvent(payload=reported, actor=call.actor.participant_id, texts={ref: text}),))


def show(state: ClassState, call: Call, data: Show) -> Decision:
    """Show a group's result to everybody, or to its group alone again."""
    require_live(state)
    outcome = state.of(BREAKOUT).outcomes.get(data.id)
    if outcome is None:
        raise NotFound("outcome_not_found", "This group has not written down a result.")
    if outcome.is_shown == data.on:
        return Decision()
    return _one(call, BreakoutShown(id=data.id, on=data.on))


def due(state: ClassState, now: UtcMs) -> tuple[tuple[NewEvent, ...], UtcMs | None]:
    """Return what time has brought (the warning, or the end), and when it brings the next thing."""
    breakout = state.of(BREAKOUT)
    ends = breakout.ends_utc_ms
    if not breakout.is_open or ends is None:
        return (), None
    if now >= ends:
        return (*with_the_groups(state), NewEvent(payload=BreakoutClosed(reason="time"))), None
    if breakout.is_last_minute:
        return (), ends
    if now >= ends - WARNING_MS:
        return (NewEvent(payload=BreakoutWarned(ends_utc_ms=ends)),), ends
    return (), UtcMs(ends - WARNING_MS)


def notes_due(state: ClassState) -> tuple[KeepNotes, ...]:
    """Return the order to close the notes of groups that have ended, if there are any."""
    unkept = tuple(state.of(BREAKOUT).unkept)
    return (KeepNotes(unkept),) if unkept else ()


def _own_or_named(breakout: Breakout, call: Call, named: str | None) -> Group:
    """Return the group that staff name, or the one to which a learner belongs."""
    if call.actor.is_staff:
        if named is None:
            raise Rejected("group_missing", "Say which group.")
        return require_group(breakout, named)
    group = breakout.group_with(call.actor.participant_id)
    if group is None or named not in (None, group.id):
        raise NotFound("group_not_found", "You are in no such group.")
    return group


def _one(call: Call, payload: Event) -> Decision:
    return Decision((NewEvent(payload=payload, actor=call.actor.participant_id),))


COMMANDS = (
    Command("breakout_open", OpenBreakout, STAFF, open_breakout),
    Command("breakout_close", CloseBreakout, STAFF, close_breakout),
    Command("breakout_extend", Extend, STAFF, extend),
    Command("breakout_move", Move, STAFF, move),
    Command("breakout_choose", Choose, LEARNERS, choose),
    Command("breakout_tell", Tell, STAFF, tell),
    Command("breakout_help", Help, ANYONE, ask_help),
    Command("breakout_visit", Visit, STAFF, visit),
    Command("breakout_voice", Voice, STAFF, voice),
    Command("breakout_reporter", Reporter, ANYONE, name_reporter),
    Command("breakout_tutor", Tutor, STAFF, name_tutor),
    Command("breakout_report", Report, ANYONE, report),
    Command("breakout_show", Show, STAFF, show),
)
